"""What is done with a whole course: each act, each refusal, and its undo."""

import uuid
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from clinic.lib.operations import OperationReused
from clinic.models import Clinician, Operation, Room
from patients.models import Message, MessageState
from scheduling.models import Appointment, AppointmentStatus, SeriesMessage
from scheduling.planning import planner
from scheduling.planning.types import Slot
from scheduling.services.appointments import (
    cancel_appointment,
    complete_appointment,
    miss_appointment,
    move_appointment,
    restore_appointment,
)
from scheduling.services.courses import add_sessions, discontinue_course, drop_sessions, pause_course, resume_course
from scheduling.services.errors import (
    CourseStopped,
    PlanNotOpen,
    ReasonMissing,
    StaleAppointment,
    StaleCourse,
    TooFewSessions,
    TooManySessions,
    UndoRefused,
)
from scheduling.services.series import book_series
from scheduling.services.undo import undo_operation
from tests.scheduling.conftest import MONDAY
from tests.scheduling.helpers import choose, take
from treatments.models import PlanStatus, SessionState, TreatmentPlan

pytestmark = pytest.mark.django_db


def book(plan: TreatmentPlan, moira: Clinician, count: int = 10) -> Operation:
    choices = choose(moira, count=count)
    slots = planner.propose(plan, choices, MONDAY).slots
    values: dict[str, Any] = {"reasons": {}, "actor": None, "now": MONDAY}
    return book_series(key=uuid.uuid4(), plan_id=plan.pk, choices=choices, slots=slots, **values)


def do(act: Any, plan: TreatmentPlan, now: datetime = MONDAY, **asked: Any) -> Operation:
    return act(key=asked.pop("key", uuid.uuid4()), plan_id=plan.pk, actor=None, now=now, **asked)


def pause(plan: TreatmentPlan, **asked: Any) -> Operation:
    return do(pause_course, plan, **{"reason": "Travels until March", "keep_visits": False} | asked)


def stop(plan: TreatmentPlan, **asked: Any) -> Operation:
    return do(discontinue_course, plan, **{"reason": "Moves to Halifax"} | asked)


def undo(operation: Operation) -> Operation:
    return undo_operation(key=uuid.uuid4(), operation_id=operation.pk, actor=None, now=MONDAY)


def states(plan: TreatmentPlan) -> list[str]:
    return list(plan.sessions.order_by("number").values_list("state", flat=True))


def statuses(plan: TreatmentPlan) -> set[str]:
    return set(Appointment.objects.filter(session__plan=plan).values_list("status", flat=True))


def waiting(plan: TreatmentPlan) -> dict[str, int]:
    kinds = Message.objects.filter(patient=plan.patient, state=MessageState.WAITING).values_list("kind", flat=True)
    return {kind: list(kinds).count(kind) for kind in kinds}


def as_it_was(plan: TreatmentPlan) -> tuple[Any, ...]:
    """Return all that an undo has to bring back."""
    plan.refresh_from_db()
    visits = Appointment.objects.filter(session__plan=plan).order_by("starts_at")
    return (
        plan.status,
        plan.status_reason,
        plan.session_count,
        plan.many_sessions_reason,
        [state for state in states(plan) if state != SessionState.DROPPED],
        list(visits.values_list("pk", "status", "session__number", "status_reason", "starts_at")),
    )


def complete_past_visits(plan: TreatmentPlan, moira: Clinician, room: Room, count: int) -> None:
    """Let the first sessions have been held, a week apart, the last of them last Tuesday."""
    for number in range(1, count + 1):
        day = date(2026, 11, 24) - timedelta(weeks=count + 1 - number)
        session = plan.sessions.get(number=number)
        visit = take(moira, room, day, "09:00", 45, patient=plan.patient, session=session)
        complete_appointment(key=uuid.uuid4(), appointment_id=visit.pk, actor=None, now=MONDAY)


def test_a_pause_releases_the_visits_ahead_in_one_act_with_one_mail(plan: TreatmentPlan, moira: Clinician) -> None:
    book(plan, moira)
    operation = pause(plan)
    plan.refresh_from_db()
    assert (plan.status, plan.status_reason) == (PlanStatus.PAUSED, "Travels until March")
    assert statuses(plan) == {AppointmentStatus.CANCELLED}
    assert set(Appointment.objects.values_list("status_reason", flat=True)) == {"Travels until March"}
    assert states(plan) == [SessionState.PLANNED] * 10
    assert operation.result["released"] == 10
    assert waiting(plan) == {"series_summary": 1}
    assert SeriesMessage.objects.filter(plan=plan, is_open=True).count() == 1


def test_a_pause_may_keep_the_visits_and_then_tells_nobody(plan: TreatmentPlan, moira: Clinician) -> None:
    pause(plan, keep_visits=True)
    assert waiting(plan) == {}
    resume = do(resume_course, plan)
    book(plan, moira)
    before = waiting(plan)
    assert pause(plan, keep_visits=True).result["released"] == 0
    assert statuses(plan) == {AppointmentStatus.BOOKED}
    assert waiting(plan) == before
    with pytest.raises(UndoRefused, match="changed the course since"):
        undo(resume)


def test_a_paused_course_takes_no_visits_until_it_is_resumed(plan: TreatmentPlan, moira: Clinician) -> None:
    pause(plan)
    with pytest.raises(PlanNotOpen, match="resume it first"):
        book(plan, moira)
    do(resume_course, plan)
    assert book(plan, moira).result["count"] == 10
    plan.refresh_from_db()
    assert plan.status_reason == ""


def test_a_stop_releases_first_and_drops_what_was_not_held(plan: TreatmentPlan, moira: Clinician, rooms: Any) -> None:
    complete_past_visits(plan, moira, rooms[0], 3)
    book(plan, moira, 7)
    operation = stop(plan)
    plan.refresh_from_db()
    assert plan.status == PlanStatus.DISCONTINUED
    assert states(plan) == [SessionState.COMPLETED] * 3 + [SessionState.DROPPED] * 7
    assert statuses(plan) == {AppointmentStatus.COMPLETED, AppointmentStatus.CANCELLED}
    assert operation.result["released"] == 7
    assert plan.session_count == 10
    assert {kind for kind in waiting(plan) if kind.startswith("reminder")} == set()
    assert waiting(plan)["series_summary"] == 1


def test_a_course_is_not_stopped_over_a_visit_that_nobody_settled(
    plan: TreatmentPlan, moira: Clinician, rooms: Any
) -> None:
    visit = take(
        moira, rooms[0], date(2026, 11, 20), "10:00", 45, patient=plan.patient, session=plan.sessions.get(number=1)
    )
    with pytest.raises(StaleCourse, match="The visit of Fri 20 Nov, 10:00 is not settled"):
        stop(plan)
    miss_appointment(key=uuid.uuid4(), appointment_id=visit.pk, actor=None, now=MONDAY)
    stop(plan)
    assert set(states(plan)) == {SessionState.DROPPED}


@pytest.mark.parametrize("act", ["pause", "pause_keeping", "stop", "stop_paused", "add", "drop", "resume"])
def test_undo_brings_back_all(act: str, plan: TreatmentPlan, moira: Clinician, rooms: Any) -> None:
    complete_past_visits(plan, moira, rooms[0], 2)
    book(plan, moira, 4)
    if act in {"resume", "stop_paused"}:
        pause(plan, keep_visits=True)
    before, reminders = as_it_was(plan), waiting(plan)
    operation = {
        "pause": pause,
        "pause_keeping": lambda plan: pause(plan, keep_visits=True),
        "stop": stop,
        "stop_paused": stop,
        "add": lambda plan: do(add_sessions, plan, count=7, reason="A large area"),
        "drop": lambda plan: do(drop_sessions, plan, count=4),
        "resume": lambda plan: do(resume_course, plan),
    }[act](plan)
    assert as_it_was(plan) != before
    undo(operation)
    assert as_it_was(plan) == before
    assert waiting(plan) == reminders
    with pytest.raises(UndoRefused, match="undone already"):
        undo(operation)


def test_undo_of_a_stop_refuses_wholly_when_a_time_was_given_away(plan: TreatmentPlan, moira: Clinician) -> None:
    book(plan, moira)
    operation = stop(plan)
    taken = Appointment.objects.order_by("starts_at")[4]
    take(moira, taken.room, taken.wall_date, f"{taken.wall_time:%H:%M}", 45)
    before = as_it_was(plan)
    with pytest.raises(UndoRefused, match="given to someone else"):
        undo(operation)
    assert as_it_was(plan) == before


def test_undo_of_added_sessions_refuses_once_they_are_booked(plan: TreatmentPlan, moira: Clinician) -> None:
    operation = do(add_sessions, plan, count=2)
    book(plan, moira, 12)
    with pytest.raises(UndoRefused, match="booked by now"):
        undo(operation)
    assert plan.sessions.filter(state=SessionState.BOOKED).count() == 12


def test_no_way_leads_a_visit_back_onto_a_stopped_course(plan: TreatmentPlan, moira: Clinician) -> None:
    book(plan, moira)
    first, second = Appointment.objects.order_by("starts_at")[:2]
    cancelled = cancel_appointment(key=uuid.uuid4(), appointment_id=first.pk, reason="Ill", actor=None, now=MONDAY)
    stop(plan)
    with pytest.raises(CourseStopped):
        undo(cancelled)
    with pytest.raises(CourseStopped):
        restore_appointment(key=uuid.uuid4(), appointment_id=second.pk, reason="", actor=None, now=MONDAY)
    with pytest.raises(StaleAppointment):
        slot = Slot(second.starts_at + timedelta(days=1), moira.pk)
        move_appointment(key=uuid.uuid4(), appointment_id=second.pk, slot=slot, actor=None, now=MONDAY)
    with pytest.raises(PlanNotOpen):
        book(plan, moira)
    assert statuses(plan) == {AppointmentStatus.CANCELLED}


def test_more_than_fifteen_sessions_need_a_reason_that_is_kept(plan: TreatmentPlan) -> None:
    do(add_sessions, plan, count=5)
    with pytest.raises(TooManySessions, match="17 is more than the 15"):
        do(add_sessions, plan, count=2)
    do(add_sessions, plan, count=2, reason=" Slow to answer ")
    plan.refresh_from_db()
    assert (plan.session_count, plan.many_sessions_reason) == (17, "Slow to answer")
    assert states(plan) == [SessionState.PLANNED] * 17


def test_only_the_last_sessions_without_a_visit_are_dropped(plan: TreatmentPlan, moira: Clinician) -> None:
    book(plan, moira, 8)
    with pytest.raises(TooFewSessions, match="Only 2 sessions have no visit"):
        do(drop_sessions, plan, count=3)
    do(drop_sessions, plan, count=2)
    assert states(plan) == [SessionState.BOOKED] * 8 + [SessionState.DROPPED] * 2
    with pytest.raises(TooFewSessions, match="Every session has a visit"):
        do(drop_sessions, plan, count=1)


def test_fewer_than_four_sessions_are_no_course(plan: TreatmentPlan) -> None:
    with pytest.raises(TooFewSessions, match="4 sessions at least"):
        do(drop_sessions, plan, count=7)
    with pytest.raises(TooFewSessions, match="1 or more"):
        do(drop_sessions, plan, count=0)


def test_dropping_the_rest_finishes_a_course_and_adding_takes_it_up_again(
    plan: TreatmentPlan, moira: Clinician, rooms: Any
) -> None:
    complete_past_visits(plan, moira, rooms[0], 6)
    drop = do(drop_sessions, plan, count=4)
    plan.refresh_from_db()
    assert (plan.status, plan.session_count) == (PlanStatus.FINISHED, 6)
    undo(drop)
    plan.refresh_from_db()
    assert (plan.status, plan.session_count) == (PlanStatus.ACTIVE, 10)
    do(drop_sessions, plan, count=4)
    do(add_sessions, plan, count=1)
    plan.refresh_from_db()
    assert (plan.status, plan.session_count) == (PlanStatus.ACTIVE, 7)
    assert states(plan)[:8] == [SessionState.COMPLETED] * 6 + [SessionState.PLANNED, SessionState.DROPPED]


def test_each_act_says_what_the_course_is_when_it_no_longer_fits(plan: TreatmentPlan) -> None:
    with pytest.raises(StaleCourse, match="under way now"):
        do(resume_course, plan)
    pause(plan)
    with pytest.raises(StaleCourse, match="paused already"):
        pause(plan)
    stop(plan)
    for act, asked in ((pause, {}), (stop, {})):
        with pytest.raises(StaleCourse, match="stopped already"):
            act(plan, **asked)
    for act, asked in ((add_sessions, {"count": 1}), (drop_sessions, {"count": 1}), (resume_course, {})):
        with pytest.raises(StaleCourse, match="stopped already"):
            do(act, plan, **asked)


def test_a_pause_and_a_stop_need_a_reason(plan: TreatmentPlan) -> None:
    for act in (pause, stop):
        with pytest.raises(ReasonMissing):
            act(plan, reason="  ")
    plan.refresh_from_db()
    assert (plan.status, plan.version) == (PlanStatus.ACTIVE, 1)


def test_a_double_click_adds_once_and_a_changed_form_is_refused(plan: TreatmentPlan) -> None:
    key = uuid.uuid4()
    assert do(add_sessions, plan, key=key, count=2).pk == do(add_sessions, plan, key=key, count=2).pk
    plan.refresh_from_db()
    assert plan.session_count == 12
    with pytest.raises(OperationReused):
        do(add_sessions, plan, key=key, count=3)
