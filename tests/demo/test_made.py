"""What stands in the demo clinic once it is made. It is made once for all tests of this module, which read it."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from io import StringIO
from itertools import pairwise
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.db import transaction

from clinic.demo.build import Demo, build
from clinic.models import Clinic, Clinician, Role, Room, User
from patients.models import Message, Patient
from scheduling.checking.scan import scan
from scheduling.models import HOLDING, Absence, Appointment, Closure, HoursKind, WeeklyHours
from scheduling.services.told import difference
from tests import factory
from treatments.models import Area, PlanStatus, Session, SessionState, TreatmentPlan

pytestmark = pytest.mark.django_db
MONDAY = datetime(2026, 11, 23, 14, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def demo(django_db_setup: None, django_db_blocker: Any) -> Iterator[Demo]:
    """A demo that stands while this module's tests read it, each in a savepoint, and is rolled back after them."""
    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patch, transaction.atomic():
        patch.setenv("PISTOR_EMBEDDED", "1")
        yield build(MONDAY)
        transaction.set_rollback(True)


@pytest.fixture(autouse=True)
def made(demo: Demo, db: None) -> None:
    """See that the demo is there before a test's own savepoint begins."""


def minutes_of(first: time, last: time) -> int:
    return (last.hour - first.hour) * 60 + last.minute - first.minute


def working_minutes(day: date) -> int:
    """Return what all clinicians work on a day, from the rows that the planner reads too."""
    if Closure.objects.filter(starts_on__lte=day, ends_on__gte=day).exists():
        return 0
    noon = factory.at(day, "12:00")
    away = Absence.objects.filter(starts_at__lte=noon, ends_at__gt=noon).values("clinician")
    rows = WeeklyHours.objects.filter(weekday=day.weekday()).exclude(clinician__in=away)
    return sum(minutes_of(row.starts, row.ends) * (1 if row.kind == HoursKind.WORK else -1) for row in rows)


def test_eyelids_are_treated_by_the_two_physicians_alone(demo: Demo) -> None:
    eyelids = Area.objects.get(restricted=True)
    named = set(eyelids.clinicians.values_list("name", flat=True))
    assert named == {"Dr. Anika Sandhu", "Dr. Folake Adeyemi"}
    visits = Appointment.objects.filter(session__plan__areas__area=eyelids)
    assert visits.exists()
    assert set(visits.values_list("clinician__name", flat=True)) <= named
    plans = TreatmentPlan.objects.filter(areas__area=eyelids)
    assert set(plans.values_list("clinician__name", flat=True)) <= named


def test_it_has_the_people_of_a_small_clinic(demo: Demo) -> None:
    assert Clinic.objects.current().name == "Harbourlight Clinic"
    assert (Clinician.objects.count(), Room.objects.count(), Patient.objects.count()) == (4, 3, 400)
    assert Patient.objects.get(file_number=2041).full_name == "Devika Rao"
    assert Patient.objects.filter(first_name="Fatima Zahra", last_name="Idrissi-Noseworthy").exists()
    assert Patient.objects.filter(email="").count() >= 3
    assert Patient.objects.filter(email="puddister.home@example.ca").count() == 2
    assert not Patient.objects.exclude(phone__regex=r"^\+1(709|879|902|506|782)55501\d\d$").exists()
    assert not Patient.objects.exclude(email__regex=r"^$|@example\.(ca|com)$").exists()
    assert Patient.objects.filter(last_name="Penney").count() >= 20
    young = Patient.objects.filter(birth_date__gt=date(2026 - 19, 11, 23))
    assert young.count() == 2
    assert not young.filter(guardian_name="").exists()
    assert Patient.objects.filter(archived_at__isnull=False).count() == 6
    assert not Appointment.objects.filter(patient__archived_at__isnull=False).exists()
    assert Patient.objects.exclude(street="").count() > 300
    assert 150 < Patient.objects.exclude(emergency_phone="").count() < 350
    assert Patient.objects.filter(last_name="Hollett", birth_date=date(1979, 3, 14)).count() == 2
    assert factory.make_patient().file_number == 2042


def test_three_people_sign_in(demo: Demo) -> None:
    for name, role in (("desk", Role.FRONT_DESK), ("clinician", Role.CLINICIAN), ("owner", Role.OWNER)):
        user = User.objects.get(email=f"{name}@demo.example")
        assert user.roles == [role]
        assert user.check_password("pistor-demo")
    assert User.objects.get(email="clinician@demo.example").clinician.name == "Moira Hynes"
    others = User.objects.exclude(email__in=[f"{name}@demo.example" for name in ("desk", "clinician", "owner")])
    assert not any(user.has_usable_password() for user in others)


def test_courses_stand_at_every_stage(demo: Demo) -> None:
    assert set(TreatmentPlan.objects.values_list("status", flat=True)) == set(PlanStatus.values)
    active = TreatmentPlan.objects.filter(status=PlanStatus.ACTIVE)
    done, booked = SessionState.COMPLETED, SessionState.BOOKED
    assert active.exclude(sessions__state__in=[done, booked]).exists(), "just made, nothing booked"
    assert active.filter(sessions__state=done).filter(sessions__state=booked).exists(), "half through"
    assert active.filter(sessions__state=done).exclude(sessions__state=booked).exists(), "late, nothing booked"
    assert active.filter(sessions__appointments__status="no_show").exists(), "a visit was missed"
    assert not TreatmentPlan.objects.filter(patient__file_number=2041).exists(), "Devika has none yet"
    for status in Appointment.objects.filter(wall_date__lt=date(2026, 11, 23)).values_list("status", flat=True):
        assert status in {"completed", "no_show", "cancelled"}


def test_sessions_say_what_their_visits_say(demo: Demo) -> None:
    assert scan(MONDAY) == []
    for session in Session.objects.prefetch_related("appointments").select_related("plan"):
        held = [visit for visit in session.appointments.all() if visit.holds]
        if session.state in {SessionState.PLANNED, SessionState.DROPPED}:
            assert held == []
        else:
            assert [visit.status == "completed" for visit in held] == [session.state == SessionState.COMPLETED]
    for plan in TreatmentPlan.objects.filter(status=PlanStatus.FINISHED):
        assert set(plan.sessions.values_list("state", flat=True)) == {SessionState.COMPLETED}


def test_numbers_follow_dates_and_nothing_is_too_early(demo: Demo) -> None:
    late = 0
    for plan in TreatmentPlan.objects.all():
        held = Appointment.objects.filter(session__plan=plan, status__in=HOLDING).order_by("starts_at")
        rows = list(held.values_list("wall_date", "session__number", "late_reason"))
        assert [number for _, number, _ in rows] == list(range(1, len(rows) + 1))
        for (before, *_), (day, _, reason) in pairwise(rows):
            gap = (day - before).days
            assert gap >= plan.interval_min
            assert gap <= plan.interval_max or reason
            late += gap > plan.interval_max
    assert late < 200


def test_courses_of_one_patient_that_run_together_treat_other_areas(demo: Demo) -> None:
    for plan in TreatmentPlan.objects.open():
        assert not TreatmentPlan.objects.sharing_an_area_with(plan).exists()


def test_seven_tenths_of_the_next_four_weeks_are_taken(demo: Demo, capsys: pytest.CaptureFixture[str]) -> None:
    days = [date(2026, 11, 23) + timedelta(days=step) for step in range(28)]
    working = sum(working_minutes(day) for day in days)
    taken = sum(visit.minutes for visit in Appointment.objects.holding().filter(wall_date__in=days))
    with capsys.disabled():
        print(f"\n{taken} of {working} working minutes of the next four weeks are taken: {taken / working:.0%}")  # noqa: T201
    assert 0.6 <= taken / working <= 0.8
    assert taken / working == pytest.approx(demo.fullness, abs=0.001)


def test_messages_wait_only_for_visits_ahead(demo: Demo) -> None:
    midnight = factory.at(date(2026, 11, 23), "00:00")
    waiting = Message.objects.filter(state="waiting")
    assert waiting.count() > 500
    assert not waiting.filter(of_appointment__appointment__starts_at__lt=midnight).exists()
    assert not waiting.filter(due_at__lt=midnight).exists()


def test_the_past_month_was_told(demo: Demo) -> None:
    midnight = factory.at(date(2026, 11, 23), "00:00")
    settled = Message.objects.exclude(state="waiting")
    assert settled.filter(state="sent").count() > 500
    assert set(settled.values_list("state", flat=True)) == {"sent", "failed", "expired", "withdrawn"}
    assert not settled.filter(due_at__gte=midnight).exists()
    assert Message.objects.needing_a_person(midnight, since=midnight - timedelta(days=7)).exists()
    assert not settled.filter(state="sent", channel="email", body="").exists()
    for plan in TreatmentPlan.objects.filter(sessions__state=SessionState.BOOKED).distinct():
        assert difference(plan, midnight).is_nothing or not plan.patient.email


def test_the_second_look_at_the_book_finds_nothing(demo: Demo) -> None:
    said = StringIO()
    with time_machine.travel(MONDAY, tick=False):
        call_command("check_book", stdout=said)
    assert said.getvalue() == "0\n"
