"""`check_book` finds every kind of rot that is planted past services and constraints, and nothing in a clean book."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from clinic.models import Device, DeviceKind, Operation
from patients.models import Message
from scheduling.checking.scan import CHECKS, scan
from scheduling.models import Appointment, AppointmentMessage
from scheduling.planning import planner
from scheduling.services import statuses
from scheduling.services.appointments import cancel_appointment, complete_appointment
from scheduling.services.courses import discontinue_course
from scheduling.services.series import book_series
from scheduling.services.undo import undo_operation
from tests import factory
from tests.scheduling.conftest import MONDAY
from tests.scheduling.helpers import choose, take
from treatments.models import Session, Side, TreatmentPlan

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


class Planted:
    """A booked course of ten and what a test needs to spoil it."""

    def __init__(self) -> None:
        factory.make_clinic()
        self.moira = factory.make_clinician()
        self.room = factory.make_room()
        factory.make_room()
        self.plan = factory.make_plan(clinician=self.moira)
        choices = choose(self.moira)
        slots = planner.mend(self.plan, choices, planner.propose(self.plan, choices, MONDAY).slots, MONDAY).slots
        self.booking = self.ask(book_series, plan_id=self.plan.pk, choices=choices, slots=slots, reasons={})
        Appointment.objects.update(created_at=MONDAY, updated_at=MONDAY)
        TreatmentPlan.objects.update(updated_at=MONDAY)

    def ask(self, act: Callable[..., Operation], **asked: Any) -> Operation:
        return act(key=uuid.uuid4(), actor=None, now=asked.pop("now", MONDAY), **asked)

    @property
    def visits(self) -> list[Appointment]:
        return list(Appointment.objects.filter(session__plan=self.plan).order_by("starts_at"))

    def shift(self, visit: Appointment, **by: int) -> None:
        """Move a visit by so many days or minutes as nobody should: past the services."""
        off = timedelta(**by)
        for name in ("arrives_at", "starts_at", "ends_at", "frees_at"):
            setattr(visit, name, getattr(visit, name) + off)
        visit.wall_date = factory.local_day(visit.starts_at)
        visit.wall_time = visit.starts_at.astimezone(factory.ST_JOHNS).time()
        visit.save()

    def beside(self, visit: Appointment, **fields: Any) -> Appointment:
        """Put a consultation at the same time into the book, with nothing shared but what is said."""
        values = {
            "patient": factory.make_patient(),
            "clinician": factory.make_clinician("Anika Sandhu"),
            "room": factory.make_room(),
        } | fields
        wall = visit.starts_at.astimezone(factory.ST_JOHNS)
        return take(values.pop("clinician"), values.pop("room"), wall.date(), f"{wall:%H:%M}", 30, **values)

    def execute(self, statement: str, *values: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute(statement, values)


@contextmanager
def nothing_guards() -> Iterator[None]:
    """Drop the constraints of the book inside this test's transaction, and let no trigger speak."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(
            "SELECT conname FROM pg_constraint "
            "WHERE conrelid = 'scheduling_appointment'::regclass AND contype IN ('c', 'x')"
        )
        for (name,) in cursor.fetchall():
            cursor.execute(f"ALTER TABLE scheduling_appointment DROP CONSTRAINT {name}")
        yield


def clinician_twice(book: Planted) -> None:
    book.beside(book.visits[3], clinician=book.moira)


def long_visit_behind_short_ones(book: Planted) -> None:
    """The first reaches over a second into a third: neighbours alone would miss the third."""
    first = book.visits[0]
    book.execute(
        "UPDATE scheduling_appointment SET ends_at = ends_at + interval '4 hours', frees_at = frees_at + "
        "interval '4 hours' WHERE id = %s",
        first.pk,
    )
    day = factory.local_day(first.starts_at)
    for wall in ("15:00", "17:00"):
        take(book.moira, factory.make_room(), day, wall, 15)


def room_twice(book: Planted) -> None:
    book.beside(book.visits[3], room=book.visits[3].room)


def device_twice(book: Planted) -> None:
    device = Device.objects.create(name="Gun", kind=DeviceKind.objects.create(key="gun", name="Gun"))
    first = book.visits[0]
    book.beside(first, device=device)
    book.beside(first, device=device)


def patient_twice(book: Planted) -> None:
    book.beside(book.visits[3], patient=book.plan.patient)


def session_twice(book: Planted) -> None:
    first, second = book.visits[:2]
    book.execute("UPDATE scheduling_appointment SET session_id = %s WHERE id = %s", first.session_id, second.pk)


def arrives_after_it_starts(book: Planted) -> None:
    book.execute(
        "UPDATE scheduling_appointment SET arrives_at = starts_at + interval '1 min' WHERE id = %s", book.visits[0].pk
    )


def state(book: Planted, **columns: Any) -> None:
    """Let the first visit be in a state that its moments do not bear out."""
    Appointment.objects.filter(pk=book.visits[0].pk).update(**columns)


def arrived_at_no_time(book: Planted) -> None:
    state(book, status="arrived")


def in_treatment_since_no_time(book: Planted) -> None:
    state(book, status="in_treatment", arrived_at=MONDAY)


def booked_and_here(book: Planted) -> None:
    state(book, arrived_at=MONDAY)


def booked_and_confirmed(book: Planted) -> None:
    state(book, confirmed_at=MONDAY)


def completed_before_it_began(book: Planted) -> None:
    state(book, status="completed", started_at=MONDAY, finished_at=MONDAY - DAY)


def cancelled_late_and_stands(book: Planted) -> None:
    state(book, cancelled_late=True)


def frees_before_it_ends(book: Planted) -> None:
    book.execute(
        "UPDATE scheduling_appointment SET frees_at = ends_at - interval '1 min' WHERE id = %s", book.visits[0].pk
    )


def other_wall_time(book: Planted) -> None:
    book.execute("UPDATE scheduling_appointment SET wall_time = '09:10' WHERE id = %s", book.visits[0].pk)


def consultation_with_a_session(book: Planted) -> None:
    book.execute("UPDATE scheduling_appointment SET kind = 'consultation' WHERE id = %s", book.visits[0].pk)


def too_early(book: Planted) -> None:
    book.shift(book.visits[4], days=-2)


def too_early_on_an_area(book: Planted) -> None:
    other = factory.make_plan(book.plan.patient, areas=[(book.plan.areas.get().area, Side.MIDLINE)])
    day = factory.local_day(book.visits[-1].starts_at) + 3 * DAY
    take(book.moira, book.room, day, "10:00", 45, patient=other.patient, session=other.sessions.get(number=1))
    other.sessions.filter(number=1).update(state="booked")


def numbers_swapped(book: Planted) -> None:
    first, second = book.visits[:2]
    for visit, session in ((first, second.session_id), (second, first.session_id)):
        book.execute("UPDATE scheduling_appointment SET session_id = %s WHERE id = %s", session, visit.pk)


def booked_session_without_a_visit(book: Planted) -> None:
    book.execute("UPDATE scheduling_appointment SET status = 'undone' WHERE id = %s", book.visits[-1].pk)


def visit_of_a_session_to_book(book: Planted) -> None:
    Session.objects.filter(plan=book.plan, number=2).update(state="planned")


def visit_of_a_dropped_session(book: Planted) -> None:
    Session.objects.filter(plan=book.plan, number=10).update(state="dropped")


def finished_too_soon(book: Planted) -> None:
    book.execute("UPDATE treatments_treatmentplan SET status = 'finished' WHERE id = %s", book.plan.pk)


def counted_wrong(book: Planted) -> None:
    book.execute("UPDATE treatments_treatmentplan SET session_count = 9 WHERE id = %s", book.plan.pk)


def visit_of_somebody_else(book: Planted) -> None:
    book.execute(
        "UPDATE scheduling_appointment SET patient_id = %s WHERE id = %s", factory.make_patient().pk, book.visits[0].pk
    )


def file_put_away(book: Planted) -> None:
    book.execute(
        "UPDATE patients_patient SET archived_at = now(), archived_reason = 'x' WHERE id = %s", book.plan.patient_id
    )


def course_stopped(book: Planted) -> None:
    book.execute("UPDATE treatments_treatmentplan SET status = 'discontinued' WHERE id = %s", book.plan.pk)


def booked_while_paused(book: Planted) -> None:
    book.execute(
        "UPDATE treatments_treatmentplan SET status = 'paused', updated_at = %s WHERE id = %s",
        MONDAY - DAY,
        book.plan.pk,
    )


def reminder_about_nothing(book: Planted) -> None:
    AppointmentMessage.objects.first().delete()  # type: ignore[union-attr]


def summary_about_nothing(book: Planted) -> None:
    book.execute("DELETE FROM scheduling_seriesmessage")


def reminder_of_a_cancelled_visit(book: Planted) -> None:
    first = book.visits[-1]
    book.execute("UPDATE scheduling_appointment SET status = 'cancelled' WHERE id = %s", first.pk)
    Session.objects.filter(pk=first.session_id).update(state="planned")


def notes_of_a_visit_that_was_not(book: Planted) -> None:
    message = Message.objects.create(patient=book.plan.patient, kind="visit_notes", due_at=MONDAY)
    AppointmentMessage.objects.create(message=message, appointment=book.visits[0], kind="visit_notes", version=1)


def reminder_to_somebody_else(book: Planted) -> None:
    Message.objects.filter(kind="reminder_1_day").update(patient=factory.make_patient())


def reminder_twice(book: Planted) -> None:
    first = AppointmentMessage.objects.filter(kind="reminder_1_day").first()
    assert first
    message = Message.objects.create(patient=book.plan.patient, kind=first.kind, due_at=first.message.due_at)
    AppointmentMessage.objects.create(message=message, appointment=first.appointment, kind=first.kind, version=7)


def moved_without_its_reminders(book: Planted) -> None:
    book.shift(book.visits[-1], days=3)


def reminder_gone(book: Planted) -> None:
    Message.objects.filter(kind="reminder_3_days").update(state="withdrawn", settled_at=MONDAY)


def untold_course(book: Planted) -> None:
    book.execute("DELETE FROM scheduling_seriesmessage")
    Message.objects.filter(kind="series_summary").delete()


PLANTED: list[tuple[Callable[[Planted], None], str]] = [
    (clinician_twice, "clinician held twice"),
    (long_visit_behind_short_ones, "clinician held twice"),
    (room_twice, "room held twice"),
    (device_twice, "device held twice"),
    (patient_twice, "patient held twice"),
    (session_twice, "session with two visits"),
    (arrives_after_it_starts, "times out of order"),
    (frees_before_it_ends, "times out of order"),
    (arrived_at_no_time, "state and moments disagree"),
    (in_treatment_since_no_time, "state and moments disagree"),
    (booked_and_here, "state and moments disagree"),
    (booked_and_confirmed, "state and moments disagree"),
    (completed_before_it_began, "state and moments disagree"),
    (cancelled_late_and_stands, "state and moments disagree"),
    (other_wall_time, "not at the wall time that was meant"),
    (consultation_with_a_session, "kind and session disagree"),
    (too_early, "too early without a reason"),
    (too_early_on_an_area, "too early for the area without a reason"),
    (numbers_swapped, "number not in the order of dates"),
    (booked_session_without_a_visit, "session and visit disagree"),
    (visit_of_a_session_to_book, "session and visit disagree"),
    (visit_of_a_dropped_session, "session and visit disagree"),
    (finished_too_soon, "course and sessions disagree"),
    (counted_wrong, "course and sessions disagree"),
    (visit_of_somebody_else, "visit and course of two patients"),
    (file_put_away, "visit on a file that is away"),
    (course_stopped, "visit on a stopped course"),
    (booked_while_paused, "visit booked on a paused course"),
    (reminder_about_nothing, "message about nothing"),
    (summary_about_nothing, "message about nothing"),
    (reminder_of_a_cancelled_visit, "message about a visit that does not stand"),
    (notes_of_a_visit_that_was_not, "message about a visit that does not stand"),
    (reminder_to_somebody_else, "message to somebody else"),
    (reminder_twice, "message waits twice"),
    (moved_without_its_reminders, "reminder on the wrong day"),
    (reminder_gone, "reminder missing"),
    (untold_course, "course that nobody was told of"),
]


def found() -> list[str]:
    return [rot.check for rot in scan(MONDAY)]


@pytest.mark.parametrize(("plant", "check"), PLANTED, ids=[plant.__name__ for plant, _check in PLANTED])
def test_rot_that_is_planted_is_found(plant: Callable[[Planted], None], check: str) -> None:
    book = Planted()
    assert found() == []
    with nothing_guards():
        plant(book)
        assert check in found()


def test_a_long_visit_is_seen_behind_those_that_lie_within_it() -> None:
    book = Planted()
    with nothing_guards():
        long_visit_behind_short_ones(book)
        assert found().count("clinician held twice") == 2


def test_every_check_has_rot_that_it_finds() -> None:
    assert {check for _plant, check in PLANTED} == {check.name for check in CHECKS}


def test_a_reason_on_either_visit_lifts_what_is_too_early() -> None:
    book = Planted()
    with nothing_guards():
        too_early(book)
        for at in (3, 4):
            visit = book.visits[at]
            Appointment.objects.filter(pk=visit.pk).update(early_reason="Flies on Monday")
            assert "too early without a reason" not in found()
            Appointment.objects.filter(pk=visit.pk).update(early_reason="")
        assert "too early without a reason" in found()


def test_what_the_services_do_leaves_nothing_behind() -> None:
    book = Planted()
    cancelled = book.ask(cancel_appointment, appointment_id=book.visits[2].pk, reason="Ill")
    assert found() == []
    book.ask(undo_operation, operation_id=cancelled.pk)
    assert found() == []
    book.ask(cancel_appointment, appointment_id=book.visits[0].pk, reason="Ill")
    stopped = book.ask(discontinue_course, plan_id=book.plan.pk, reason="Moves away")
    assert found() == []
    book.ask(undo_operation, operation_id=stopped.pk)
    assert found() == []


def test_a_visit_that_goes_on_and_back_leaves_nothing_behind() -> None:
    book = Planted()
    visit = book.visits[0]
    asked = {"appointment_id": visit.pk, "now": visit.starts_at}
    steps = [statuses.confirm_appointment, statuses.arrive_appointment, statuses.start_appointment]
    for act in [*steps, complete_appointment]:
        book.ask(act, **asked)
        assert "state and moments disagree" not in found()
    for _ in range(4):
        book.ask(statuses.step_back_appointment, reason="The wrong row", **asked)
        assert "state and moments disagree" not in found()


def said() -> tuple[list[str], int]:
    out, code = StringIO(), 0
    try:
        call_command("check_book", stdout=out)
    except SystemExit as ended:
        code = int(str(ended.code))
    return out.getvalue().splitlines(), code


def test_the_command_prints_nothing_but_0_for_a_clean_book() -> None:
    Planted()
    assert said() == (["0"], 0)


def test_the_command_prints_each_row_and_ends_with_1() -> None:
    book = Planted()
    with nothing_guards():
        counted_wrong(book)
        lines, code = said()
    assert f"course and sessions disagree: course {book.plan.pk} is active with 9 sessions" in lines[0]
    assert (lines[-1], code) == ("1", 1)


def test_a_visit_ahead_shows_its_local_day_and_time() -> None:
    book = Planted()
    with nothing_guards():
        other_wall_time(book)
        lines, _code = said()
    assert any("2026-12-01 14:00" in line for line in lines)
