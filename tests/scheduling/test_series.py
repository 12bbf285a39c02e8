import uuid
from datetime import date, timedelta

import pytest
from django.db import IntegrityError, InternalError, connection, transaction
from django.test.utils import CaptureQueriesContext

from clinic.lib.operations import OperationReused
from clinic.models import Clinician, Role, Room
from patients.models import Message, MessageState
from scheduling.models import Appointment, AppointmentStatus, Closure, SeriesMessage
from scheduling.planning import planner
from scheduling.planning.types import Mark, SeriesRefused
from scheduling.services.appointments import (
    cancel_appointment,
    complete_appointment,
    miss_appointment,
    move_appointment,
)
from scheduling.services.errors import (
    OutsideDueWindow,
    PlanNotOpen,
    SlotTaken,
    StaleAppointment,
    TooManySessions,
    UndoRefused,
)
from scheduling.services.series import book_series
from scheduling.services.undo import undo_operation
from tests import factory
from tests.scheduling.conftest import MONDAY
from tests.scheduling.helpers import choose, take
from treatments.models import PlanStatus, SessionState, TreatmentPlan

pytestmark = pytest.mark.django_db


QUERIES = 26


def book(plan: TreatmentPlan, moira: Clinician, **given: object) -> object:
    choices = choose(moira, **{k: v for k, v in given.items() if k in {"count", "start_on"}})
    values = {"key": uuid.uuid4(), "reasons": {}, "actor": None, "now": MONDAY} | {
        k: v for k, v in given.items() if k not in {"count", "start_on", "slots"}
    }
    slots = given.get("slots") or planner.propose(plan, choices, MONDAY).slots
    return book_series(plan_id=plan.pk, choices=choices, slots=slots, **values)


def numbers(plan: TreatmentPlan) -> list[tuple[int, date, str]]:
    visits = Appointment.objects.holding().filter(session__plan=plan).select_related("session")
    return [(v.session.number, v.wall_date, v.status) for v in visits.order_by("starts_at")]


def states(plan: TreatmentPlan) -> list[str]:
    return list(plan.sessions.order_by("number").values_list("state", flat=True))


def test_ten_sessions_are_booked_in_one_act_with_their_messages(plan: TreatmentPlan, moira: Clinician) -> None:
    operation = book(plan, moira)
    assert operation.result["count"] == 10
    assert [n for n, _, _ in numbers(plan)] == list(range(1, 11))
    assert set(states(plan)) == {SessionState.BOOKED}
    assert SeriesMessage.objects.filter(plan=plan, is_open=True).count() == 1
    assert Message.objects.filter(kind__startswith="reminder", state=MessageState.WAITING).count() == 20
    first = Appointment.objects.order_by("starts_at").first()
    assert (str(first.wall_time), first.wall_zone) == ("14:00:00", "America/St_Johns")


def test_a_series_takes_as_many_questions_for_fifteen_sessions_as_for_four(moira: Clinician, rooms: list[Room]) -> None:
    counts = []
    for sessions, who in ((4, moira), (15, factory.make_clinician("Anika Sandhu"))):
        plan, key = factory.make_plan(clinician=who, session_count=sessions), uuid.uuid4()
        choices = choose(who, count=sessions, start_on=date(2026, 12, 1))
        slots = planner.propose(plan, choices, MONDAY).slots
        with CaptureQueriesContext(connection) as caught:
            book_series(key=key, plan_id=plan.pk, choices=choices, slots=slots, reasons={}, actor=None, now=MONDAY)
        counts.append(sum("SAVEPOINT" not in query["sql"] for query in caught))
    assert counts == [QUERIES, QUERIES]


def test_the_same_key_gives_the_first_answer_and_books_nothing_more(plan: TreatmentPlan, moira: Clinician) -> None:
    key = uuid.uuid4()
    slots = planner.propose(plan, choose(moira), MONDAY).slots
    first = book(plan, moira, key=key, slots=slots)
    again = book(plan, moira, key=key, slots=slots)
    assert again.result == first.result
    assert Appointment.objects.count() == 10
    with pytest.raises(OperationReused):
        book(plan, moira, key=key, slots=slots[:5])


def test_a_time_taken_meanwhile_saves_nothing_and_comes_back_with_proposals(
    plan: TreatmentPlan, moira: Clinician, rooms: list[Room]
) -> None:
    slots = planner.propose(plan, choose(moira), MONDAY).slots
    take(moira, rooms[0], date(2027, 1, 5), "14:15", 30)
    with pytest.raises(SeriesRefused) as refused:
        book(plan, moira, slots=slots)
    assert Appointment.objects.filter(session__isnull=False).count() == 0
    assert Message.objects.count() == 0
    sixth = refused.value.proposal.lines[5]
    assert (sixth.mark, bool(sixth.options)) == (Mark.CLASH, True)


def test_too_early_needs_a_clinician_and_a_reason(plan: TreatmentPlan, moira: Clinician) -> None:
    slots = planner.propose(plan, choose(moira), MONDAY).slots
    slots[1] = slots[1].at(slots[1].starts_at - timedelta(days=1))
    desk, clinician = factory.make_user(Role.FRONT_DESK), factory.make_user(Role.CLINICIAN)
    reasons = {2: "she travels"}
    with pytest.raises(OutsideDueWindow):
        book(plan, moira, slots=slots, actor=desk, reasons=reasons)
    with pytest.raises(OutsideDueWindow):
        book(plan, moira, slots=slots, actor=clinician)
    book(plan, moira, slots=slots, actor=clinician, reasons=reasons)
    assert Appointment.objects.exclude(early_reason="").get().session.number == 2


def test_too_late_is_booked_by_the_desk_with_a_reason(plan: TreatmentPlan, moira: Clinician) -> None:
    slots = planner.propose(plan, choose(moira), MONDAY).slots
    slots = [slots[0], *(slot.at(slot.starts_at + timedelta(days=14)) for slot in slots[1:])]
    desk = factory.make_user(Role.FRONT_DESK)
    with pytest.raises(OutsideDueWindow):
        book(plan, moira, slots=slots, actor=desk)
    book(plan, moira, slots=slots, actor=desk, reasons={2: "in hospital"})
    assert Appointment.objects.get(late_reason="in hospital").session.number == 2


def test_a_paused_course_takes_no_visits(plan: TreatmentPlan, moira: Clinician) -> None:
    slots = planner.propose(plan, choose(moira), MONDAY).slots
    TreatmentPlan.objects.filter(pk=plan.pk).update(status=PlanStatus.PAUSED)
    with pytest.raises(PlanNotOpen):
        book(plan, moira, slots=slots)


def test_more_sessions_lengthen_the_course_up_to_fifteen_and_undo_shortens_it(
    plan: TreatmentPlan, moira: Clinician
) -> None:
    operation = book(plan, moira, count=12)
    plan.refresh_from_db()
    assert (plan.session_count, plan.sessions.count()) == (12, 12)
    undo_operation(key=uuid.uuid4(), operation_id=operation.pk, actor=None, now=MONDAY)
    plan.refresh_from_db()
    assert plan.session_count == 10
    assert states(plan) == [SessionState.PLANNED] * 10 + [SessionState.DROPPED] * 2
    with pytest.raises(TooManySessions):
        book(plan, moira, count=16)


def test_undo_within_the_hold_sets_all_aside_and_sends_nothing(plan: TreatmentPlan, moira: Clinician) -> None:
    operation = book(plan, moira)
    undone = undo_operation(key=uuid.uuid4(), operation_id=operation.pk, actor=None, now=MONDAY + timedelta(minutes=1))
    assert undone.result["how"] == "undone"
    assert set(Appointment.objects.values_list("status", flat=True)) == {AppointmentStatus.UNDONE}
    assert not Message.objects.waiting().exists()
    assert set(states(plan)) == {SessionState.PLANNED}
    with pytest.raises(UndoRefused):
        undo_operation(key=uuid.uuid4(), operation_id=operation.pk, actor=None, now=MONDAY)
    book(plan, moira)
    assert Appointment.objects.holding().count() == 10


def test_undo_refuses_wholly_when_a_visit_was_changed_since(plan: TreatmentPlan, moira: Clinician) -> None:
    operation = book(plan, moira)
    visit = Appointment.objects.order_by("starts_at")[3]
    cancel_appointment(key=uuid.uuid4(), appointment_id=visit.pk, reason="ill", actor=None, now=MONDAY)
    with pytest.raises(UndoRefused):
        undo_operation(key=uuid.uuid4(), operation_id=operation.pk, actor=None, now=MONDAY)
    assert Appointment.objects.holding().count() == 9


def test_once_the_mail_has_left_undo_becomes_cancel_with_its_mail(plan: TreatmentPlan, moira: Clinician) -> None:
    operation = book(plan, moira)
    link = SeriesMessage.objects.get()
    link.told = [[v.pk, v.starts_at.isoformat()] for v in Appointment.objects.all()]
    link.is_open = False
    link.save()
    Message.objects.filter(pk=link.message_id).update(state=MessageState.SENT, settled_at=MONDAY)
    later = MONDAY + timedelta(minutes=20)
    undone = undo_operation(key=uuid.uuid4(), operation_id=operation.pk, actor=None, now=later)
    assert undone.result["how"] == "cancelled"
    assert set(Appointment.objects.values_list("status", flat=True)) == {AppointmentStatus.CANCELLED}
    assert SeriesMessage.objects.filter(is_open=True).count() == 1


def test_numbers_follow_dates_when_a_visit_is_cancelled(plan: TreatmentPlan, moira: Clinician) -> None:
    book(plan, moira)
    third = Appointment.objects.order_by("starts_at")[2]
    cancel_appointment(key=uuid.uuid4(), appointment_id=third.pk, reason="ill", actor=None, now=MONDAY)
    assert [(n, day) for n, day, _ in numbers(plan)][1:4] == [
        (2, date(2026, 12, 8)),
        (3, date(2026, 12, 22)),
        (4, date(2026, 12, 29)),
    ]
    assert states(plan)[-2:] == [SessionState.BOOKED, SessionState.PLANNED]


def test_a_missed_visit_slides_the_later_ones_and_can_be_taken_back(plan: TreatmentPlan, moira: Clinician) -> None:
    book(plan, moira)
    first = Appointment.objects.order_by("starts_at")[0]
    missed = miss_appointment(
        key=uuid.uuid4(), appointment_id=first.pk, actor=None, now=first.starts_at + timedelta(minutes=20)
    )
    assert numbers(plan)[0][:2] == (1, date(2026, 12, 8))
    undo_operation(key=uuid.uuid4(), operation_id=missed.pk, actor=None, now=first.starts_at + timedelta(minutes=21))
    assert numbers(plan)[0] == (1, date(2026, 12, 1), "booked")
    assert states(plan).count(SessionState.PLANNED) == 0


def test_completing_completes_the_session_and_the_course_ends_with_its_last(
    plan: TreatmentPlan, moira: Clinician
) -> None:
    book(plan, moira)
    visits = list(Appointment.objects.order_by("starts_at"))
    with pytest.raises(StaleAppointment):
        complete_appointment(key=uuid.uuid4(), appointment_id=visits[0].pk, actor=None, now=MONDAY)
    for visit in visits:
        last = complete_appointment(key=uuid.uuid4(), appointment_id=visit.pk, actor=None, now=visit.ends_at)
    plan.refresh_from_db()
    assert plan.status == PlanStatus.FINISHED
    assert Message.objects.filter(kind="visit_notes").count() == 10
    undo_operation(key=uuid.uuid4(), operation_id=last.pk, actor=None, now=visits[-1].ends_at)
    plan.refresh_from_db()
    assert plan.status == PlanStatus.ACTIVE
    assert states(plan)[-1] == SessionState.BOOKED


def test_a_move_stays_in_the_due_window_and_its_reminders_move_along(plan: TreatmentPlan, moira: Clinician) -> None:
    book(plan, moira)
    visit = Appointment.objects.order_by("starts_at")[9]
    there = planner.move_options(visit, MONDAY)[-1].slot
    moved = move_appointment(key=uuid.uuid4(), appointment_id=visit.pk, slot=there, actor=None, now=MONDAY)
    visit.refresh_from_db()
    assert visit.starts_at == there.starts_at
    due = Message.objects.waiting().filter(of_appointment__appointment=visit, kind__startswith="reminder")
    assert {m.due_at.date() for m in due} == {
        visit.wall_date - timedelta(days=3),
        visit.wall_date - timedelta(days=1),
    }
    undo_operation(key=uuid.uuid4(), operation_id=moved.pk, actor=None, now=MONDAY)
    visit.refresh_from_db()
    assert visit.wall_date == date(2027, 2, 2)


def test_a_move_to_a_taken_closed_or_early_time_is_refused_with_words(
    plan: TreatmentPlan, moira: Clinician, rooms: list[Room]
) -> None:
    book(plan, moira)
    second = Appointment.objects.order_by("starts_at")[1]
    slot = planner.move_options(second, MONDAY)[0].slot
    other = take(moira, rooms[0], date(2026, 12, 9), "10:00", 30)
    Closure.objects.create(name="Storm", starts_on=date(2026, 12, 10), ends_on=date(2026, 12, 10))

    def move(day: date, wall: str) -> None:
        there = slot.at(factory.at(day, wall))
        move_appointment(key=uuid.uuid4(), appointment_id=second.pk, slot=there, actor=None, now=MONDAY)

    with pytest.raises(SlotTaken, match=f"Moira is with {other.patient.full_name} until 10:30. Nothing was saved"):
        move(date(2026, 12, 9), "10:15")
    with pytest.raises(SlotTaken, match="Clinic closed 10 Dec"):
        move(date(2026, 12, 10), "10:15")
    with pytest.raises(OutsideDueWindow, match="Only 6 days"):
        move(date(2026, 12, 9), "14:00")


def test_an_ended_visit_cannot_be_ended_otherwise(plan: TreatmentPlan, moira: Clinician) -> None:
    book(plan, moira)
    visit = Appointment.objects.order_by("starts_at")[0]
    cancel_appointment(key=uuid.uuid4(), appointment_id=visit.pk, reason="", actor=None, now=MONDAY)
    with pytest.raises(StaleAppointment, match="This visit is cancelled now"):
        complete_appointment(key=uuid.uuid4(), appointment_id=visit.pk, actor=None, now=visit.ends_at)


def test_the_database_refuses_what_no_service_would_do(
    plan: TreatmentPlan, moira: Clinician, anika: Clinician, rooms: list[Room]
) -> None:
    visit = take(moira, rooms[0], date(2026, 12, 1), "10:00", 30)
    refused = [
        lambda: take(moira, rooms[1], date(2026, 12, 1), "10:15", 30),
        lambda: take(anika, rooms[0], date(2026, 12, 1), "10:15", 30),
        lambda: take(anika, rooms[1], date(2026, 12, 1), "10:15", 30, patient=visit.patient),
        lambda: take(moira, rooms[0], date(2026, 12, 1), "12:00", 0),
    ]
    for act in refused:
        with pytest.raises(IntegrityError), transaction.atomic():
            act()
    take(moira, rooms[0], date(2026, 12, 1), "10:30", 30)
    Appointment.objects.filter(pk=visit.pk).update(status="cancelled")
    with pytest.raises(InternalError), transaction.atomic():
        Appointment.objects.filter(pk=visit.pk).update(status="completed")
