"""What comes back (restored, undone) keeps the rules that a booking keeps, and brings back all that went."""

import uuid
from datetime import date, time, timedelta
from typing import Any

import pytest
from django.db.models import F

from clinic.models import Clinician, Operation, Role, Room
from patients.models import Message, MessageState
from scheduling.models import Appointment, AppointmentStatus, HoursChange, WeeklyHours
from scheduling.planning import planner
from scheduling.planning.types import Slot
from scheduling.services import appointments, courses, hours
from scheduling.services.errors import (
    OutsideDueWindow,
    PlanNotOpen,
    StaleAppointment,
    TooManySessions,
    UndoRefused,
)
from scheduling.services.hours_rules import WeekSpan
from scheduling.services.series import book_series
from scheduling.services.single import Reasons, book_visit
from scheduling.services.undo import undo_operation
from tests import factory
from tests.scheduling.conftest import MONDAY
from tests.scheduling.helpers import choose
from treatments.models import PlanStatus, SessionState, TreatmentPlan

pytestmark = pytest.mark.django_db
DAY = date(2026, 12, 1)


def do(act: Any, **asked: Any) -> Operation:
    return act(**{"key": uuid.uuid4(), "actor": None, "now": MONDAY} | asked)


def undo(operation: Operation, **asked: Any) -> Operation:
    return do(undo_operation, operation_id=operation.pk, **asked)


def book(plan: TreatmentPlan, clinician: Clinician, day: date, wall: str = "10:00", **asked: Any) -> Appointment:
    operation = do(
        book_visit,
        kind="session",
        patient_id=plan.patient_id,
        plan_id=plan.pk,
        slot=Slot(factory.at(day, wall), clinician.pk),
        **asked,
    )
    return Appointment.objects.get(pk=operation.touched[0]["appointment"])


def book_course(plan: TreatmentPlan, clinician: Clinician, count: int) -> Operation:
    choices = choose(clinician, count=count)
    slots = planner.propose(plan, choices, MONDAY).slots
    return do(book_series, plan_id=plan.pk, choices=choices, slots=slots, reasons={})


def cancel(visit: Appointment) -> Operation:
    return do(appointments.cancel_appointment, appointment_id=visit.pk, reason="ill")


def restore(visit: Appointment) -> Operation:
    return do(appointments.restore_appointment, appointment_id=visit.pk, reason="well again")


@pytest.mark.parametrize("act", ["cancel_appointment", "complete_appointment", "miss_appointment"])
def test_a_visit_ends_once(act: str, plan: TreatmentPlan, moira: Clinician) -> None:
    """Two people press the same button on two screens: the second is told, nothing is counted or mailed twice."""
    visit = book(plan, moira, DAY)
    later = visit.starts_at + timedelta(hours=1)
    asked = {"appointment_id": visit.pk, "now": later} | ({"reason": "ill"} if act == "cancel_appointment" else {})
    do(getattr(appointments, act), **asked)
    with pytest.raises(StaleAppointment):
        do(getattr(appointments, act), **asked)


@pytest.mark.parametrize("back", ["restore", "undo"])
def test_no_visit_comes_back_onto_a_session_that_was_dropped(back: str, plan: TreatmentPlan, moira: Clinician) -> None:
    book_course(plan, moira, 10)
    last = Appointment.objects.order_by("starts_at").last()
    assert last is not None
    cancelled = cancel(last)
    do(courses.drop_sessions, plan_id=plan.pk, count=1)
    with pytest.raises((TooManySessions, UndoRefused), match="Add a session first"):
        undo(cancelled) if back == "undo" else restore(last)
    assert Appointment.objects.holding().count() == 9
    do(courses.add_sessions, plan_id=plan.pk, count=1)
    restore(last)
    assert set(plan.sessions.values_list("state", flat=True)) == {SessionState.BOOKED}


@pytest.mark.parametrize("back", ["restore", "undo"])
def test_a_visit_whose_session_was_given_to_another_says_so(back: str, plan: TreatmentPlan, moira: Clinician) -> None:
    book_course(plan, moira, 10)
    last = Appointment.objects.order_by("starts_at").last()
    assert last is not None
    cancelled = cancel(last)
    book(plan, moira, last.wall_date + timedelta(days=7))
    with pytest.raises((TooManySessions, UndoRefused), match="Every session of the course has its visit"):
        undo(cancelled) if back == "undo" else restore(last)


@pytest.mark.parametrize("back", ["restore", "undo"])
def test_nothing_comes_back_too_near_to_what_was_booked_meanwhile(
    back: str, plan: TreatmentPlan, moira: Clinician
) -> None:
    visit = book(plan, moira, DAY)
    cancelled = cancel(visit)
    other = book(plan, moira, DAY + timedelta(days=2))
    with pytest.raises((OutsideDueWindow, UndoRefused), match="only 2 days apart"):
        undo(cancelled) if back == "undo" else restore(visit)
    assert list(Appointment.objects.holding()) == [other]
    cancel(other)
    restore(visit)


def test_a_move_is_not_taken_back_too_near_to_what_was_booked_meanwhile(plan: TreatmentPlan, moira: Clinician) -> None:
    visit = book(plan, moira, DAY + timedelta(days=14))
    moved = do(appointments.move_appointment, appointment_id=visit.pk, slot=Slot(factory.at(DAY, "10:00"), moira.pk))
    book(plan, moira, DAY + timedelta(days=9))
    with pytest.raises(UndoRefused, match="only 5 days apart"):
        undo(moved)


def test_undo_of_a_move_brings_the_reason_back(plan: TreatmentPlan, moira: Clinician) -> None:
    doctor = factory.make_user(Role.CLINICIAN)
    book(plan, moira, DAY)
    early = book(plan, moira, DAY + timedelta(days=3), reasons=Reasons(early="Travels"), actor=doctor)
    to = Slot(factory.at(DAY + timedelta(days=8), "10:00"), moira.pk)
    moved = do(appointments.move_appointment, appointment_id=early.pk, slot=to)
    undo(moved)
    early.refresh_from_db()
    assert (early.wall_date, early.early_reason) == (DAY + timedelta(days=3), "Travels")


@pytest.mark.parametrize("back", ["restore", "undo"])
def test_a_paused_course_takes_no_visit_ahead_back(back: str, plan: TreatmentPlan, moira: Clinician) -> None:
    visit = book(plan, moira, DAY)
    cancelled = cancel(visit)
    do(courses.pause_course, plan_id=plan.pk, reason="Travels", keep_visits=True)
    with pytest.raises((PlanNotOpen, UndoRefused), match="resume it first"):
        undo(cancelled) if back == "undo" else restore(visit)
    do(courses.resume_course, plan_id=plan.pk)
    restore(visit)


def test_a_past_no_show_is_put_right_while_the_course_is_paused(plan: TreatmentPlan, moira: Clinician) -> None:
    visit = book(plan, moira, DAY)
    later = visit.starts_at + timedelta(hours=1)
    do(appointments.miss_appointment, appointment_id=visit.pk, now=later)
    do(courses.pause_course, plan_id=plan.pk, reason="Travels", keep_visits=True, now=later)
    do(appointments.restore_appointment, appointment_id=visit.pk, reason="came late", now=later)
    assert Appointment.objects.get().status == AppointmentStatus.BOOKED


@pytest.mark.parametrize("was", ["confirmed", "arrived"])
@pytest.mark.parametrize("act", ["cancel_appointment", "complete_appointment", "miss_appointment"])
def test_undo_brings_back_that_a_visit_was_confirmed_or_had_begun(
    was: str, act: str, plan: TreatmentPlan, moira: Clinician
) -> None:
    if (was, act) == ("arrived", "miss_appointment"):
        return  # who has arrived was not missed
    visit = book(plan, moira, DAY)
    Appointment.objects.update(status=was, version=F("version") + 1)
    asked = {"reason": "ill"} if act == "cancel_appointment" else {}
    done = do(getattr(appointments, act), appointment_id=visit.pk, now=visit.starts_at, **asked)
    undo(done, now=visit.starts_at)
    assert Appointment.objects.get().status == was


def test_undo_of_a_resume_pauses_again_even_when_the_course_was_finished_by_it(
    plan: TreatmentPlan, moira: Clinician
) -> None:
    visit = book(plan, moira, DAY)
    do(courses.drop_sessions, plan_id=plan.pk, count=6)
    others = [book(plan, moira, DAY + timedelta(weeks=week)) for week in (1, 2, 3)]
    do(courses.pause_course, plan_id=plan.pk, reason="Travels", keep_visits=True)
    for one in [visit, *others]:
        do(appointments.complete_appointment, appointment_id=one.pk, now=one.starts_at)
    resumed = do(courses.resume_course, plan_id=plan.pk, now=others[-1].starts_at)
    assert resumed.result["status"] == PlanStatus.FINISHED
    undo(resumed)
    plan.refresh_from_db()
    assert plan.status == PlanStatus.PAUSED


def test_undo_of_a_longer_course_never_leaves_fewer_sessions_than_a_course_has(moira: Clinician, rooms: Any) -> None:
    plan = factory.make_plan(clinician=moira, session_count=4)
    far = book(plan, moira, DAY + timedelta(days=90))
    longer = book_course(plan, moira, 5)
    cancel(far)
    do(courses.drop_sessions, plan_id=plan.pk, count=1)
    with pytest.raises(UndoRefused, match="4 sessions at least"):
        undo(longer)
    plan.refresh_from_db()
    assert plan.session_count == 5


def test_notes_go_out_when_a_completion_comes_back(plan: TreatmentPlan, moira: Clinician) -> None:
    visit = book(plan, moira, DAY)
    done = visit.starts_at
    do(appointments.complete_appointment, appointment_id=visit.pk, now=done)
    mistaken = do(appointments.restore_appointment, appointment_id=visit.pk, reason="wrong row", now=done)
    undo(mistaken, now=done)
    waiting = Message.objects.filter(kind="visit_notes", state=MessageState.WAITING)
    assert waiting.count() == 1


def test_a_course_that_is_over_still_keeps_its_days_on_its_areas(
    plan: TreatmentPlan, moira: Clinician, rooms: list[Room]
) -> None:
    """The gap belongs to the area, whatever became of the course (design 4.5)."""
    visit = book(plan, moira, DAY)
    do(appointments.complete_appointment, appointment_id=visit.pk, now=visit.starts_at)
    do(courses.discontinue_course, plan_id=plan.pk, reason="Changes the formula", now=visit.starts_at)
    new = factory.make_plan(plan.patient, plan.protocol, clinician=moira)
    with pytest.raises(OutsideDueWindow, match="treats the same area"):
        book(new, moira, DAY + timedelta(days=3), now=visit.starts_at)


def test_undo_refuses_a_day_that_was_given_hours_again(moira: Clinician) -> None:
    asked = {"clinician_id": moira.pk, "on": DAY}
    do(hours.change_day, spans=[], **asked)
    removed = do(hours.remove_change, **asked)
    do(hours.change_day, spans=[(time(9), time(10))], **asked)
    with pytest.raises(UndoRefused, match="changed since"):
        do(hours.undo_hours, operation_id=removed.pk)
    do(hours.change_day, spans=[], **asked)
    with pytest.raises(UndoRefused, match="changed since"):
        do(hours.undo_hours, operation_id=removed.pk)
    assert HoursChange.objects.count() == 1


def test_undo_refuses_a_week_that_was_given_hours_again(moira: Clinician) -> None:
    WeeklyHours.objects.all().delete()
    monday = WeekSpan(0, time(9), time(12))
    do(hours.set_weekly_hours, clinician_id=moira.pk, valid_from=DAY, spans=[monday])
    emptied = do(hours.set_weekly_hours, clinician_id=moira.pk, valid_from=DAY, spans=[])
    do(hours.set_weekly_hours, clinician_id=moira.pk, valid_from=DAY + timedelta(days=1), spans=[monday])
    with pytest.raises(UndoRefused, match="changed since"):
        do(hours.undo_hours, operation_id=emptied.pk)
    assert WeeklyHours.objects.count() == 1
