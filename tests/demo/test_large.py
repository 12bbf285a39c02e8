"""A demo of another size: within every rule of the book, the same for the same seed, refused where it is nonsense."""

import hashlib
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from itertools import pairwise
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.models import Max, Q

from clinic.demo.large.book import LargeBook, Waiting, _nearest
from clinic.demo.large.build import build_large
from clinic.demo.large.progress import Progress
from clinic.demo.large.size import Size
from clinic.models import Clinician, Device, Room, User
from patients.models import Message, Patient
from scheduling.models import HOLDING, Absence, Appointment, AppointmentStatus, Closure, HoursKind, WeeklyHours
from tests import factory
from treatments.models import PlanStatus, Session, SessionState, TreatmentPlan

pytestmark = pytest.mark.django_db
MONDAY = datetime(2026, 11, 23, 14, 12, tzinfo=UTC)
SMALL = Size(patients=40, clinicians=2, rooms=2, days_back=120, days_ahead=60)


@pytest.fixture
def made(embedded: None) -> None:
    build_large(MONDAY, SMALL, Progress())


def test_it_is_as_large_as_was_asked(made: None) -> None:
    assert (Patient.objects.count(), Clinician.objects.count(), Room.objects.count()) == (40, 2, 2)
    first, last = Appointment.objects.order_by("wall_date").first(), Appointment.objects.order_by("wall_date").last()
    assert first and last
    today = MONDAY.date()
    assert today - timedelta(days=127) <= first.wall_date <= today - timedelta(days=110)
    assert today + timedelta(days=20) <= last.wall_date <= today + timedelta(days=60)
    assert Appointment.objects.count() > 300


def test_a_fuller_book_holds_more(embedded: None) -> None:
    counts = []
    for fill in (0.1, 0.5):
        with transaction.atomic():
            made = build_large(MONDAY, Size(400, 2, 2, 60, 30, fill), Progress())
            counts.append(made.visits)
            transaction.set_rollback(True)
    assert counts[1] > 3 * counts[0]


def test_numbers_follow_dates_and_every_gap_is_legal_or_has_its_reason(made: None) -> None:
    late = 0
    for plan in TreatmentPlan.objects.all():
        held = Appointment.objects.filter(session__plan=plan, status__in=HOLDING).order_by("starts_at")
        rows = list(held.values_list("wall_date", "session__number", "late_reason"))
        assert [number for _, number, _ in rows] == list(range(1, len(rows) + 1))
        for (before, *_), (day, _, reason) in pairwise(rows):
            assert (day - before).days >= plan.interval_min
            assert (day - before).days <= plan.interval_max or reason
            late += bool(reason)
    assert late < 30


def test_every_visit_lies_in_working_time_by_the_wall_clock(made: None) -> None:
    hours = list(WeeklyHours.objects.all())
    closed, away = list(Closure.objects.all()), list(Absence.objects.all())
    assert closed
    assert away
    for visit in Appointment.objects.filter(status__in=HOLDING):
        day, zone = visit.wall_date, factory.ST_JOHNS
        start, end = visit.starts_at.astimezone(zone), visit.ends_at.astimezone(zone)
        assert (start.date(), start.time()) == (day, visit.wall_time)
        assert not any(row.starts_on <= day <= row.ends_on for row in closed)
        own = [row for row in hours if row.clinician_id == visit.clinician_id and row.weekday == day.weekday()]
        assert any(r.starts <= start.time() and end.time() <= r.ends for r in own if r.kind == HoursKind.WORK)
        assert not any(start.time() < r.ends and r.starts < end.time() for r in own if r.kind == HoursKind.BREAK)
        assert not any(
            row.clinician_id == visit.clinician_id and visit.starts_at < row.ends_at and row.starts_at < visit.ends_at
            for row in away
        )


def test_states_say_what_visits_say(made: None) -> None:
    for session in Session.objects.prefetch_related("appointments"):
        held = [visit.status for visit in session.appointments.all() if visit.holds]
        if session.state in {SessionState.PLANNED, SessionState.DROPPED}:
            assert held == []
        else:
            assert [status == "completed" for status in held] == [session.state == SessionState.COMPLETED]
    for plan in TreatmentPlan.objects.filter(status=PlanStatus.FINISHED):
        assert set(plan.sessions.values_list("state", flat=True)) == {SessionState.COMPLETED}
    today = MONDAY.date()
    settled = {AppointmentStatus.COMPLETED, AppointmentStatus.NO_SHOW, AppointmentStatus.CANCELLED}
    assert set(Appointment.objects.filter(wall_date__lt=today).values_list("status", flat=True)) <= settled
    assert not Appointment.objects.filter(wall_date__gte=today, status="completed").exists()


def test_a_patients_courses_come_one_after_another(made: None) -> None:
    spans: dict[int, list[tuple[date, date]]] = {}
    for plan in TreatmentPlan.objects.all():
        days = Appointment.objects.filter(session__plan=plan).values_list("wall_date", flat=True)
        spans.setdefault(plan.patient_id, []).append((min(days), max(days)))
    assert any(len(found) > 1 for found in spans.values())
    for found in spans.values():
        assert all((later - over).days > 28 for (_, over), (later, _) in pairwise(sorted(found)))


def test_messages_stand_as_the_services_write_them(made: None) -> None:
    midnight = factory.at(MONDAY.date(), "00:00")
    waiting = Message.objects.filter(state="waiting")
    assert waiting.exists()
    assert not waiting.filter(Q(due_at__lt=midnight) | Q(of_appointment__appointment__starts_at__lt=midnight)).exists()
    assert not Message.objects.filter(of_appointment=None, of_series=None).exists()
    old = Appointment.objects.filter(starts_at__lt=midnight - timedelta(days=40), status="completed")
    assert old.exists()
    assert not old.filter(message_links=None).exists()


def test_history_keys_and_who_was_seen_are_as_row_by_row(made: None) -> None:
    for model in (Patient, TreatmentPlan, Session, Appointment):
        events = model.pgh_event_model.objects  # type: ignore[attr-defined]
        assert set(events.values_list("pgh_obj_id", flat=True)) == set(model.objects.values_list("pk", flat=True))
    last = Max("appointments__starts_at", filter=Q(appointments__status="completed"))
    assert all(patient.seen_at == patient.last for patient in Patient.objects.annotate(last=last))
    highest = Patient.objects.aggregate(most=Max("file_number"))["most"]
    later = factory.make_patient()
    assert later.file_number > highest
    assert later.pk > Patient.objects.exclude(pk=later.pk).aggregate(most=Max("pk"))["most"]


def digest(now: datetime, size: Size) -> str:
    """Return a hash of the book that this size makes, and leave nothing of it."""
    with transaction.atomic():
        build_large(now, size, Progress())
        rows = [
            list(Patient.objects.order_by("file_number").values_list("public_id", "last_name", "phone", "seen_at")),
            list(Appointment.objects.order_by("public_id").values_list("public_id", "starts_at", "status")),
            list(TreatmentPlan.objects.order_by("public_id").values_list("public_id", "status", "created_at")),
            list(Message.objects.order_by("due_at", "patient__file_number", "kind").values_list("due_at", "kind")),
        ]
        transaction.set_rollback(True)
    return hashlib.sha256(repr(rows).encode()).hexdigest()


def test_the_same_seed_makes_the_same_clinic_at_any_hour_and_another_seed_another(embedded: None) -> None:
    size = Size(patients=30, clinicians=1, rooms=1, days_back=60, days_ahead=30)
    first = digest(MONDAY, size)
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('scheduling_appointment_id_seq'), nextval('patients_patient_id_seq')")
    assert digest(MONDAY + timedelta(hours=7), size) == first
    assert digest(MONDAY, Size(30, 1, 1, 60, 30, seed=7)) != first


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"patients": 0}, "--patients goes from 10 to 5000000"),
        ({"clinicians": 0}, "--clinicians goes from 1 to 200"),
        ({"rooms": 500}, "--rooms goes from 1 to 200"),
        ({"days_back": -1}, "--days-back goes from 0"),
        ({"days_ahead": 4000}, "--days-ahead goes from 0 to 365"),
        ({"fill": 70.0}, "--fill goes from 0.05 to 1"),
        ({"days_back": 0, "days_ahead": 0}, "a week at least"),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_sentence(embedded: None, options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(CommandError, match=sentence):
        call_command("demo", **options)
    assert not User.objects.exists()


def test_it_goes_only_where_the_small_one_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PISTOR_EMBEDDED", raising=False)
    with pytest.raises(CommandError, match="embedded database"):
        call_command("demo", patients=40)
    assert not Patient.objects.exists()


def test_the_command_tells_each_part_in_a_line(embedded: None) -> None:
    said = StringIO()
    call_command("demo", patients=30, clinicians=1, days_back=30, days_ahead=20, stdout=said)
    assert "days planned" in said.getvalue()
    assert "30 patients, " in said.getvalue()
    assert "\r" not in said.getvalue()
    assert Room.objects.count() == 1
    assert Device.objects.count() == 2


def test_on_a_terminal_a_bar_shows_count_and_share() -> None:
    class Terminal(StringIO):
        def isatty(self) -> bool:
            return True

    said = Terminal()
    progress = Progress(said)
    progress.start("patients", 200)
    progress._drawn = 0.0
    progress.to(50)
    progress.end()
    assert " 25%  50 of 200 patients" in said.getvalue()
    assert said.getvalue().endswith("\n")


# --- The book in memory ---
def test_the_nearest_start_is_found_on_either_side() -> None:
    starts = (1 << 100) | (1 << 108) | (1 << 130)
    assert [_nearest(starts, wanted) for wanted in (0, 103, 104, 105, 125, 200)] == [100, 100, 100, 108, 130, 130]


def test_starts_are_those_from_which_all_cells_are_free() -> None:
    free = 0b1110_1111_1100
    assert LargeBook._starts(free, 1) == free
    assert LargeBook._starts(free, 3) == 0b0010_0011_1100
    assert LargeBook._starts(free, 6) == 0b0000_0000_0100
    assert LargeBook._starts(free, 7) == 0


def test_who_waits_longest_comes_next_and_nobody_before_their_day() -> None:
    waiting = Waiting([5, 6])
    assert [waiting.take(0), waiting.take(0), waiting.take(0)] == [5, 6, None]
    waiting.back(6, 40)
    waiting.back(5, 30)
    assert [waiting.take(29), waiting.take(41), waiting.take(41)] == [None, 5, 6]


def test_the_second_look_at_the_book_finds_nothing(made: None) -> None:
    said = StringIO()
    with time_machine.travel(MONDAY, tick=False):
        call_command("check_book", stdout=said)
    assert said.getvalue() == "0\n"
