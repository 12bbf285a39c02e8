"""A visit goes on step by step: confirmed, arrived, in treatment, completed; and each step back."""

import uuid
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from clinic.models import Clinician, Operation, Room
from patients.models import Message, MessageState
from scheduling.models import Appointment, AppointmentStatus, ConfirmedHow, VisitType
from scheduling.planning.types import Slot
from scheduling.services import appointments, courses, statuses
from scheduling.services.errors import CourseStopped, ReasonMissing, SlotTaken, StaleAppointment
from scheduling.services.single import book_visit
from scheduling.services.undo import undo_operation
from tests import factory
from tests.scheduling.conftest import MONDAY
from tests.scheduling.helpers import take
from treatments.models import TreatmentPlan

pytestmark = pytest.mark.django_db
DAY = date(2026, 12, 1)
MORNING = factory.at(DAY, "09:30")
STEPS = ("arrived_at", "started_at", "finished_at")


def do(act: Any, visit: Appointment, now: datetime = MORNING, **asked: Any) -> Operation:
    operation = act(**{"key": uuid.uuid4(), "appointment_id": visit.pk, "actor": None, "now": now} | asked)
    visit.refresh_from_db()
    return operation


def undo(operation: Operation, visit: Appointment, now: datetime = MORNING) -> Operation:
    done = undo_operation(key=uuid.uuid4(), operation_id=operation.pk, actor=None, now=now)
    visit.refresh_from_db()
    return done


@pytest.fixture
def visit(plan: TreatmentPlan, moira: Clinician, rooms: list[Room]) -> Appointment:
    """The first session of the course, 10:00 to 10:45 on 1 December, booked on 23 November with its messages."""
    slot = Slot(factory.at(DAY, "10:00"), moira.pk)
    booked = {"kind": "session", "patient_id": plan.patient_id, "plan_id": plan.pk, "slot": slot}
    operation = book_visit(key=uuid.uuid4(), actor=None, now=MONDAY, **booked)
    return Appointment.objects.get(pk=operation.touched[0]["appointment"])


@pytest.fixture
def consultation(moira: Clinician, rooms: list[Room]) -> Appointment:
    """A consultation at noon on 1 December, booked in the morning of that day."""
    VisitType.objects.create(kind="consultation", minutes=30, room_kind=rooms[0].kind)
    slot = Slot(factory.at(DAY, "12:00"), moira.pk)
    patient = factory.make_patient(email="pat@example.org")
    asked = {"kind": "consultation", "patient_id": patient.pk, "slot": slot}
    operation = book_visit(key=uuid.uuid4(), actor=None, now=MORNING, **asked)
    return Appointment.objects.get(pk=operation.touched[0]["appointment"])


def waiting(visit: Appointment) -> set[str]:
    about = Message.objects.filter(of_appointment__appointment=visit, state=MessageState.WAITING)
    return set(about.values_list("kind", flat=True))


def test_a_visit_goes_on_step_by_step_and_each_step_keeps_its_moment(visit: Appointment) -> None:
    said, came, began, over = (MORNING + timedelta(minutes=at) for at in (0, 20, 32, 70))
    do(statuses.confirm_appointment, visit, said, how=ConfirmedHow.PHONE)
    assert (visit.status, visit.confirmed_at, visit.confirmed_how) == ("confirmed", said, "phone")
    do(statuses.arrive_appointment, visit, came)
    assert (visit.status, visit.arrived_at) == ("arrived", came)
    do(statuses.start_appointment, visit, began)
    assert (visit.status, visit.started_at) == ("in_treatment", began)
    do(appointments.complete_appointment, visit, over)
    assert (visit.status, visit.finished_at) == ("completed", over)
    assert visit.session is not None
    assert visit.session.state == "completed"
    assert visit.arrived_at == came
    assert visit.confirmed_at == said


def test_a_visit_steps_back_to_where_it_was_confirmed_or_not(visit: Appointment) -> None:
    for was in ("booked", "confirmed"):
        if was == "confirmed":
            do(statuses.confirm_appointment, visit)
        do(statuses.arrive_appointment, visit)
        do(statuses.start_appointment, visit)
        do(statuses.step_back_appointment, visit)
        assert (visit.status, visit.started_at) == ("arrived", None)
        assert visit.arrived_at == MORNING
        do(statuses.step_back_appointment, visit)
        assert (visit.status, visit.arrived_at) == (was, None)
    do(statuses.step_back_appointment, visit)
    assert (visit.status, visit.confirmed_at, visit.confirmed_how) == ("booked", None, "")
    with pytest.raises(StaleAppointment, match=r"This visit is booked now\. Nothing was saved"):
        do(statuses.step_back_appointment, visit)


def test_a_confirmation_is_taken_back(visit: Appointment) -> None:
    do(statuses.confirm_appointment, visit, MONDAY)
    do(statuses.unconfirm_appointment, visit, MONDAY)
    assert (visit.status, visit.confirmed_at, visit.confirmed_how) == ("booked", None, "")
    with pytest.raises(StaleAppointment):
        do(statuses.unconfirm_appointment, visit, MONDAY)


def test_who_begins_without_having_been_noted_arrived_with_that(visit: Appointment) -> None:
    done = do(statuses.start_appointment, visit)
    assert (visit.status, visit.arrived_at, visit.started_at) == ("in_treatment", MORNING, MORNING)
    undo(done, visit)
    assert (visit.status, visit.arrived_at, visit.started_at) == ("booked", None, None)


def test_a_completed_visit_is_in_treatment_again_and_its_session_open(visit: Appointment) -> None:
    """Closed in one press at noon, so nobody noted when it began: then it began when it was to begin."""
    do(appointments.complete_appointment, visit, factory.at(DAY, "12:00"))
    assert waiting(visit) == {"visit_notes"}
    with pytest.raises(ReasonMissing, match=r"Write why this is taken back\. Nothing was saved"):
        do(statuses.step_back_appointment, visit)
    done = do(statuses.step_back_appointment, visit, factory.at(DAY, "12:01"), reason="the wrong row")
    assert (visit.status, visit.status_reason, visit.finished_at) == ("in_treatment", "the wrong row", None)
    assert (visit.arrived_at, visit.started_at) == (visit.arrives_at, visit.starts_at)
    assert visit.session is not None
    assert visit.session.state == "booked"
    assert waiting(visit) == set()
    undo(done, visit, factory.at(DAY, "12:02"))
    visit.session.refresh_from_db()
    assert (visit.status, visit.status_reason, visit.session.state) == ("completed", "", "completed")
    assert (visit.arrived_at, visit.finished_at) == (None, factory.at(DAY, "12:00"))
    assert waiting(visit) == {"visit_notes"}


@pytest.mark.parametrize("how", ["no_show", "cancelled"])
def test_what_did_not_take_place_stands_again_with_a_reason(how: str, visit: Appointment) -> None:
    do(statuses.confirm_appointment, visit, MONDAY)
    noon = factory.at(DAY, "12:00")
    if how == "cancelled":
        do(appointments.cancel_appointment, visit, noon, reason="ill", cancelled_by="patient")
    else:
        do(appointments.miss_appointment, visit, noon, reason="does not answer")
        assert visit.status_reason == "does not answer"
    with pytest.raises(ReasonMissing):
        do(statuses.step_back_appointment, visit, noon)
    done = do(statuses.step_back_appointment, visit, noon, reason="came late")
    assert (visit.status, visit.status_reason, visit.cancelled_by) == ("booked", "came late", "")
    assert (visit.confirmed_at, visit.cancelled_late) == (None, False)
    undo(done, visit, noon)
    assert (visit.status, visit.confirmed_at) == (how, MONDAY)


def test_a_step_back_onto_a_time_that_is_taken_says_who_has_it(visit: Appointment, moira: Clinician) -> None:
    do(appointments.cancel_appointment, visit, reason="ill")
    take(moira, visit.room, DAY, "10:15", 30)
    with pytest.raises(SlotTaken, match=r"Moira has another visit at this time\. Nothing was saved"):
        do(statuses.step_back_appointment, visit, reason="comes")


def test_arrivals_are_noted_on_the_local_day_of_the_visit_alone(visit: Appointment) -> None:
    """In St. John's, 1 December begins at 03:30 UTC."""
    midnight = datetime.fromisoformat("2026-12-01T03:30:00+00:00")
    for act in (statuses.arrive_appointment, statuses.start_appointment):
        with pytest.raises(StaleAppointment, match=r"This visit is on Tue 1 Dec\. Nothing was saved"):
            do(act, visit, midnight - timedelta(seconds=1))
        with pytest.raises(StaleAppointment, match=r"This visit was on Tue 1 Dec\. Nothing was saved"):
            do(act, visit, midnight + timedelta(days=1))
    do(statuses.arrive_appointment, visit, midnight)
    do(statuses.start_appointment, visit, midnight + timedelta(days=1))  # who is here is treated, be it late
    assert visit.status == "in_treatment"


def test_a_visit_over_midnight_has_two_days(moira: Clinician, rooms: list[Room]) -> None:
    visit = take(moira, rooms[0], DAY, "23:30", 60)
    do(statuses.arrive_appointment, visit, factory.at(DAY + timedelta(days=1), "00:10"))
    assert visit.status == "arrived"


def test_who_was_here_early_is_completed_early(visit: Appointment) -> None:
    with pytest.raises(StaleAppointment, match="lies ahead"):
        do(appointments.complete_appointment, visit, factory.at(DAY, "08:00"))
    do(statuses.start_appointment, visit, factory.at(DAY, "08:00"))
    do(appointments.complete_appointment, visit, factory.at(DAY, "08:40"))
    assert visit.status == "completed"


def test_nobody_confirms_a_visit_that_is_over(visit: Appointment) -> None:
    with pytest.raises(StaleAppointment, match=r"The time of this visit is over\. Nothing was saved"):
        do(statuses.confirm_appointment, visit, visit.ends_at)


ACTS = {
    "confirm": (statuses.confirm_appointment, {"booked"}),
    "unconfirm": (statuses.unconfirm_appointment, {"confirmed"}),
    "arrive": (statuses.arrive_appointment, {"booked", "confirmed"}),
    "start": (statuses.start_appointment, {"booked", "confirmed", "arrived"}),
}


@pytest.mark.parametrize("status", AppointmentStatus.values)
@pytest.mark.parametrize("act", ACTS)
def test_each_act_leads_on_from_its_own_states_alone(act: str, status: str, visit: Appointment) -> None:
    """A path of the trigger may lead there all the same: from completed to in treatment, from arrived to confirmed."""
    call, states = ACTS[act]
    for through in {"in_treatment": ["arrived"]}.get(status, []):
        Appointment.objects.filter(pk=visit.pk).update(status=through)
    Appointment.objects.filter(pk=visit.pk).update(status=status)
    if status in states:
        do(call, visit)
        return
    with pytest.raises(StaleAppointment):
        do(call, visit)
    visit.refresh_from_db()
    assert visit.status == status


def test_a_confirmed_visit_is_reminded_all_the_same(visit: Appointment) -> None:
    before = waiting(visit)
    assert before == {"reminder_3_days", "reminder_1_day"}
    done = do(statuses.confirm_appointment, visit, MONDAY)
    assert waiting(visit) == before
    undo(done, visit, MONDAY)
    assert waiting(visit) == before
    assert not Message.objects.exclude(state=MessageState.WAITING).exists()


def test_who_is_here_is_told_nothing_more_and_who_left_again_is(consultation: Appointment) -> None:
    assert waiting(consultation) == {"visit_summary"}
    arrived = do(statuses.arrive_appointment, consultation)
    assert waiting(consultation) == set()
    undo(arrived, consultation)
    assert waiting(consultation) == {"visit_summary"}
    do(statuses.arrive_appointment, consultation)
    back = do(statuses.step_back_appointment, consultation)
    assert waiting(consultation) == {"visit_summary"}
    undo(back, consultation)
    assert (consultation.status, waiting(consultation)) == ("arrived", set())


@pytest.mark.parametrize("act", ["confirm", "unconfirm", "arrive", "start", "step back"])
def test_every_step_is_undone(act: str, visit: Appointment) -> None:
    if act in {"unconfirm", "step back"}:
        do(statuses.confirm_appointment, visit)
    if act == "step back":
        do(statuses.arrive_appointment, visit)
    columns = ("status", "confirmed_at", "confirmed_how", "status_reason", *STEPS)
    before = [getattr(visit, name) for name in columns]
    call = ACTS[act][0] if act in ACTS else statuses.step_back_appointment
    done = do(call, visit)
    assert [getattr(visit, name) for name in columns] != before
    undo(done, visit)
    assert [getattr(visit, name) for name in columns] == before


def test_a_button_pressed_twice_is_one_act(visit: Appointment) -> None:
    key = uuid.uuid4()
    first = do(statuses.arrive_appointment, visit, key=key)
    again = do(statuses.arrive_appointment, visit, MORNING + timedelta(minutes=5), key=key)
    assert (first.pk, visit.arrived_at, visit.version) == (again.pk, MORNING, 2)


def test_a_cancellation_keeps_whether_it_was_late(visit: Appointment, consultation: Appointment) -> None:
    """The clinic asks for 24 hours: what it asks for tomorrow changes nothing about today."""
    day_before = visit.starts_at - timedelta(hours=24)
    do(appointments.cancel_appointment, visit, day_before, reason="ill")
    assert visit.cancelled_late is False
    done = do(appointments.cancel_appointment, consultation, MORNING, reason="ill")
    assert consultation.cancelled_late is True
    undo(done, consultation)
    assert consultation.cancelled_late is False


def test_visits_of_a_course_that_is_stopped_keep_whether_that_was_late(visit: Appointment, plan: TreatmentPlan) -> None:
    asked = {"plan_id": plan.pk, "reason": "moves away", "actor": None, "now": MORNING}
    courses.discontinue_course(key=uuid.uuid4(), **asked)
    visit.refresh_from_db()
    assert (visit.status, visit.cancelled_late) == ("cancelled", True)


def test_no_completed_visit_of_a_stopped_course_is_reopened(visit: Appointment, plan: TreatmentPlan) -> None:
    do(appointments.complete_appointment, visit, visit.ends_at)
    courses.discontinue_course(key=uuid.uuid4(), plan_id=plan.pk, reason="moves", actor=None, now=visit.ends_at)
    with pytest.raises(CourseStopped):
        do(statuses.step_back_appointment, visit, visit.ends_at, reason="the wrong row")
