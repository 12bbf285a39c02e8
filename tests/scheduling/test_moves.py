"""Several visits move in one act: all or none, judged as they will stand, told once, undone as a whole."""

import uuid
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from clinic.lib.operations import OperationReused
from clinic.models import Clinician, Operation, Role, Room, User
from patients.models import Message
from scheduling.checking.scan import scan
from scheduling.models import Appointment, ConfirmedHow, SeriesMessage
from scheduling.planning import planner
from scheduling.planning.types import Slot
from scheduling.services.appointments import cancel_appointment, move_appointment, restore_appointment
from scheduling.services.errors import OutsideDueWindow, SlotTaken, StaleAppointment, UndoRefused
from scheduling.services.moves import Move, move_series, swap_appointments
from scheduling.services.series import book_series
from scheduling.services.single import Reasons
from scheduling.services.stale import who_changed
from scheduling.services.statuses import confirm_appointment
from scheduling.services.undo import undo_operation
from tests import factory
from tests.scheduling.conftest import MONDAY
from tests.scheduling.helpers import choose, take
from treatments.models import TreatmentPlan

pytestmark = pytest.mark.django_db
DAY, WEEK = timedelta(days=1), timedelta(days=7)


def ask(act: Callable[..., Operation], *, actor: User | None = None, **asked: Any) -> Operation:
    return act(key=uuid.uuid4(), actor=actor, now=MONDAY, **asked)


def booked(plan: TreatmentPlan, moira: Clinician, **chosen: Any) -> list[Appointment]:
    choices = choose(moira, **chosen)
    slots = planner.mend(plan, choices, planner.propose(plan, choices, MONDAY).slots, MONDAY).slots
    ask(book_series, plan_id=plan.pk, choices=choices, slots=slots, reasons={})
    Appointment.objects.update(created_at=MONDAY, updated_at=MONDAY)
    return visits_of(plan)


def visits_of(plan: TreatmentPlan) -> list[Appointment]:
    return list(Appointment.objects.holding().filter(session__plan=plan).order_by("starts_at"))


def later(visits: list[Appointment], by: timedelta) -> list[Move]:
    return [Move(visit.pk, Slot(visit.starts_at + by, visit.clinician_id)) for visit in visits]


def places(*plans: TreatmentPlan) -> list[tuple[Any, ...]]:
    found = Appointment.objects.holding().filter(session__plan__in=plans).order_by("pk")
    return list(found.values_list("pk", "starts_at", "frees_at", "clinician_id", "room_id", "wall_date", "session_id"))


def test_a_course_goes_a_week_on_over_its_own_next_visits(plan: TreatmentPlan, moira: Clinician) -> None:
    visits = booked(plan, moira)
    done = ask(move_series, moves=later(visits, WEEK))
    assert [new.starts_at - old.starts_at for old, new in zip(visits, visits_of(plan), strict=True)] == [WEEK] * 10
    assert [visit.session.number for visit in visits_of(plan)] == list(range(1, 11))  # type: ignore[union-attr]
    assert (done.result["moved"], done.result["renumbered"], len(done.touched)) == (10, [], 10)
    assert scan(MONDAY) == []


def test_visits_far_apart_pass_each_other_and_numbers_follow_the_dates(plan: TreatmentPlan, moira: Clinician) -> None:
    visits = booked(plan, moira, count=3)
    slots = [Slot(visit.starts_at, visit.clinician_id) for visit in visits]
    ask(move_series, moves=[Move(visit.pk, slot) for visit, slot in zip(visits, slots[1:] + slots[:1], strict=True)])
    assert [visit.pk for visit in visits_of(plan)] == [visits[2].pk, visits[0].pk, visits[1].pk]
    assert [visit.session.number for visit in visits_of(plan)] == [1, 2, 3]  # type: ignore[union-attr]
    assert scan(MONDAY) == []


def test_one_taken_time_leaves_all_where_they_were(plan: TreatmentPlan, moira: Clinician, rooms: list[Room]) -> None:
    visits = booked(plan, moira)
    taken = visits[-1].starts_at + WEEK
    take(moira, rooms[0], factory.local_day(taken), "14:10", 30)
    before = places(plan)
    with pytest.raises(SlotTaken, match="Nothing was saved"):
        ask(move_series, moves=later(visits, WEEK))
    assert places(plan) == before
    assert not Operation.objects.filter(kind="move_series").exists()


def test_due_windows_are_judged_as_the_course_will_stand(plan: TreatmentPlan, moira: Clinician) -> None:
    """The middle one alone may not come nearer to the next; together they may. Part of them may not."""
    visits = booked(plan, moira, count=4)
    with pytest.raises(OutsideDueWindow, match="Only 6 days"):
        ask(move_series, moves=later(visits[1:3], DAY))
    ask(move_series, moves=later(visits[1:], DAY))
    gaps = [(b.starts_at - a.starts_at) // DAY for a, b in zip(visits_of(plan), visits_of(plan)[1:], strict=False)]
    assert gaps == [8, 7, 7]


def test_too_early_needs_a_clinicians_reason_and_too_late_any(plan: TreatmentPlan, moira: Clinician) -> None:
    visits = booked(plan, moira, count=3)
    early = [Move(move.appointment_id, move.slot, Reasons(early="Flies home")) for move in later(visits[2:], -DAY)]
    with pytest.raises(OutsideDueWindow, match="only a clinician"):
        ask(move_series, moves=early, actor=factory.make_user(Role.FRONT_DESK))
    ask(move_series, moves=early, actor=factory.make_user(Role.CLINICIAN))
    assert visits_of(plan)[2].early_reason == "Flies home"
    (move,) = later(visits_of(plan)[2:], 10 * DAY)
    with pytest.raises(OutsideDueWindow, match="Write why"):
        ask(move_series, moves=[move])
    ask(move_series, moves=[Move(move.appointment_id, move.slot, Reasons(early="x", late="Was ill"))])
    assert (visits_of(plan)[2].early_reason, visits_of(plan)[2].late_reason) == ("", "Was ill")


def test_the_patient_is_told_once_and_reminded_of_the_new_days(plan: TreatmentPlan, moira: Clinician) -> None:
    visits = booked(plan, moira)
    ask(move_series, moves=later(visits, WEEK))
    assert SeriesMessage.objects.filter(plan=plan).count() == 1
    waiting = Message.objects.waiting().filter(kind="reminder_1_day").order_by("due_at")
    days = [factory.local_day(due_at) for due_at in waiting.values_list("due_at", flat=True)]
    assert days == [factory.local_day(visit.starts_at) - DAY for visit in visits_of(plan)]


def test_undo_puts_the_whole_course_back(plan: TreatmentPlan, moira: Clinician) -> None:
    visits = booked(plan, moira)
    before = places(plan)
    done = ask(move_series, moves=later(visits, WEEK))
    undone = ask(undo_operation, operation_id=done.pk)
    assert places(plan) == before
    assert (undone.result["how"], undone.result["count"]) == ("undone", 10)
    assert scan(MONDAY) == []


def confirm(visit: Appointment) -> None:
    ask(confirm_appointment, appointment_id=visit.pk, how=ConfirmedHow.PHONE)
    visit.refresh_from_db()


def answer_of(visit: Appointment) -> tuple[str, datetime | None, str]:
    visit.refresh_from_db()
    return visit.status, visit.confirmed_at, visit.confirmed_how


def test_a_yes_was_to_the_old_time_and_undo_gives_it_back(plan: TreatmentPlan, moira: Clinician) -> None:
    visits = booked(plan, moira)
    confirm(visits[2])
    done = ask(move_series, moves=later(visits, WEEK))
    assert answer_of(visits[2]) == ("booked", None, "")
    assert done.result["unconfirmed"] == 1
    ask(undo_operation, operation_id=done.pk)
    assert answer_of(visits[2]) == ("confirmed", MONDAY, "phone")
    assert {answer_of(visit) for visit in visits if visit != visits[2]} == {("booked", None, "")}


@pytest.mark.parametrize("how", [{"minutes": 60}, {"to": "anika"}, {"room": 1, "only_room": True}])
def test_a_yes_stays_while_the_start_stays(
    how: dict[str, Any], plan: TreatmentPlan, moira: Clinician, anika: Clinician, rooms: list[Room]
) -> None:
    visit = booked(plan, moira)[2]
    confirm(visit)
    who = anika if how.pop("to", "") else moira
    slot = Slot(visit.starts_at, who.pk, rooms[how.pop("room", 0)].pk)
    done = ask(move_appointment, appointment_id=visit.pk, slot=slot, **how)
    assert answer_of(visit) == ("confirmed", MONDAY, "phone")
    ask(undo_operation, operation_id=done.pk)
    assert answer_of(visit) == ("confirmed", MONDAY, "phone")


def test_what_is_moved_while_confirmed_is_told_as_a_move(plan: TreatmentPlan, moira: Clinician) -> None:
    visit = booked(plan, moira)[0]
    confirm(visit)
    seen = visit.version
    slot = Slot(visit.starts_at + timedelta(hours=1), moira.pk)
    ask(move_appointment, appointment_id=visit.pk, slot=slot)
    visit.refresh_from_db()
    assert "moved this visit to Tue 1 Dec, 15:00" in who_changed(visit, now=MONDAY, since=seen)


def test_undo_refuses_when_one_of_them_was_changed_since(plan: TreatmentPlan, moira: Clinician) -> None:
    visits = booked(plan, moira, count=3)
    done = ask(move_series, moves=later(visits, WEEK))
    ask(cancel_appointment, appointment_id=visits[1].pk, reason="Ill")
    with pytest.raises(UndoRefused, match="changed a visit since"):
        ask(undo_operation, operation_id=done.pk)


@pytest.mark.parametrize("moves", [[], ["one", "one"]])
def test_none_or_one_twice_is_refused(moves: list[str], plan: TreatmentPlan, moira: Clinician) -> None:
    (one,) = later(booked(plan, moira, count=1), WEEK)
    with pytest.raises(StaleAppointment):
        ask(move_series, moves=[one for _ in moves])


def test_what_has_begun_is_not_moved(plan: TreatmentPlan, moira: Clinician) -> None:
    visits = booked(plan, moira, count=2)
    Appointment.objects.filter(pk=visits[0].pk).update(status="arrived")
    before = places(plan)
    with pytest.raises(StaleAppointment, match="lie ahead"):
        ask(move_series, moves=later(visits, WEEK))
    assert places(plan) == before


def test_one_key_moves_once_and_with_other_moves_is_refused(plan: TreatmentPlan, moira: Clinician) -> None:
    visits, key = booked(plan, moira, count=2), uuid.uuid4()
    asked = {"key": key, "actor": None, "now": MONDAY}
    first = move_series(moves=later(visits, WEEK), **asked)  # type: ignore[arg-type]
    after = places(plan)
    assert move_series(moves=later(visits, WEEK), **asked) == first  # type: ignore[arg-type]
    with pytest.raises(OperationReused):
        move_series(moves=later(visits, 2 * WEEK), **asked)  # type: ignore[arg-type]
    assert places(plan) == after


class Two:
    """Two courses, each with visits of its own, at one time with two clinicians in two rooms."""

    def __init__(self, plan: TreatmentPlan, moira: Clinician, anika: Clinician) -> None:
        self.one, self.other = plan, factory.make_plan(clinician=anika)
        self.a = booked(self.one, moira, count=3)[1]
        self.b = booked(self.other, anika, count=3)[1]


@pytest.fixture
def two(plan: TreatmentPlan, moira: Clinician, anika: Clinician) -> Two:
    return Two(plan, moira, anika)


def place(visit: Appointment) -> tuple[Any, ...]:
    visit.refresh_from_db()
    return visit.starts_at, visit.clinician_id, visit.room_id


def test_two_visits_at_one_time_exchange_clinician_and_room(two: Two) -> None:
    was = place(two.a), place(two.b)
    assert was[0][0] == was[1][0]
    ask(swap_appointments, appointment_id=two.a.pk, other_id=two.b.pk)
    assert (place(two.b), place(two.a)) == was
    assert scan(MONDAY) == []


def test_a_swap_is_undone_as_a_whole_and_both_patients_are_told(two: Two) -> None:
    SeriesMessage.objects.update(is_open=False)
    was = place(two.a), place(two.b)
    done = ask(swap_appointments, appointment_id=two.b.pk, other_id=two.a.pk)
    told = SeriesMessage.objects.filter(operation=done).values_list("plan", flat=True)
    assert set(told) == {two.one.pk, two.other.pk}
    ask(undo_operation, operation_id=done.pk)
    assert (place(two.a), place(two.b)) == was
    assert scan(MONDAY) == []


def test_each_keeps_its_own_length_when_they_swap(two: Two) -> None:
    day = factory.local_day(two.a.starts_at)
    short = take(two.a.clinician, two.a.room, day, "16:00", 20)
    ask(swap_appointments, appointment_id=two.a.pk, other_id=short.pk)
    two.a.refresh_from_db()
    short.refresh_from_db()
    assert (two.a.minutes, short.minutes) == (45, 20)
    assert (two.a.starts_at, short.starts_at) == (factory.at(day, "16:00"), factory.at(day, "14:00"))


def test_a_longer_visit_does_not_fit_into_a_short_gap(two: Two) -> None:
    day = factory.local_day(two.a.starts_at)
    short = take(two.a.clinician, two.a.room, day, "16:00", 20)
    take(two.a.clinician, two.a.room, day, "16:30", 20)
    with pytest.raises(SlotTaken, match="Moira is with"):
        ask(swap_appointments, appointment_id=two.a.pk, other_id=short.pk)


def test_a_swap_that_breaks_a_due_window_needs_its_reason(two: Two) -> None:
    third = visits_of(two.other)[2]
    slot = Slot(third.starts_at + timedelta(hours=2), third.clinician_id)
    ask(cancel_appointment, appointment_id=two.b.pk, reason="Ill")
    ask(move_appointment, appointment_id=third.pk, slot=slot, late_reason="Was ill")
    with pytest.raises(OutsideDueWindow, match="Only 0 days"):
        ask(swap_appointments, appointment_id=two.a.pk, other_id=third.pk)
    reasons = {two.a.pk: Reasons(early="Flies home")}
    actor = factory.make_user(Role.CLINICIAN)
    ask(swap_appointments, appointment_id=two.a.pk, other_id=third.pk, reasons=reasons, actor=actor)
    assert scan(MONDAY) == []


def test_a_visit_is_not_swapped_with_itself_or_with_one_that_is_gone(two: Two) -> None:
    with pytest.raises(StaleAppointment):
        ask(swap_appointments, appointment_id=two.a.pk, other_id=two.a.pk)
    ask(cancel_appointment, appointment_id=two.b.pk, reason="Ill")
    with pytest.raises(StaleAppointment):
        ask(swap_appointments, appointment_id=two.a.pk, other_id=two.b.pk)


def cancelled_and_another_booked_near(plan: TreatmentPlan, moira: Clinician) -> tuple[Appointment, Operation]:
    """Cancel the second of three visits; move the third to two days after where the second was."""
    visits = booked(plan, moira, count=3)
    cancelled = ask(cancel_appointment, appointment_id=visits[1].pk, reason="Ill")
    slot = Slot(visits[1].starts_at + 2 * DAY, moira.pk)
    ask(move_appointment, appointment_id=visits[2].pk, slot=slot)
    return visits[1], cancelled


def test_a_visit_is_not_put_back_too_near_to_one_booked_since(plan: TreatmentPlan, moira: Clinician) -> None:
    visit, cancelled = cancelled_and_another_booked_near(plan, moira)
    with pytest.raises(UndoRefused, match="only 2 days apart; 7 are needed"):
        ask(undo_operation, operation_id=cancelled.pk)
    with pytest.raises(OutsideDueWindow, match="8 – 10 Dec would be only 2 days apart"):
        ask(restore_appointment, appointment_id=visit.pk, reason="Came after all")
    assert len(visits_of(plan)) == 2
    assert scan(MONDAY) == []


def test_with_a_reason_beside_it_a_visit_is_put_back(plan: TreatmentPlan, moira: Clinician) -> None:
    _visit, cancelled = cancelled_and_another_booked_near(plan, moira)
    Appointment.objects.filter(pk=visits_of(plan)[1].pk).update(early_reason="Flies home")
    ask(undo_operation, operation_id=cancelled.pk)
    assert len(visits_of(plan)) == 3


def test_undo_of_a_move_gives_the_reasons_back(plan: TreatmentPlan, moira: Clinician) -> None:
    visits = booked(plan, moira, count=2)
    Appointment.objects.filter(pk=visits[1].pk).update(late_reason="Was ill")
    done = ask(move_appointment, appointment_id=visits[1].pk, slot=Slot(visits[1].starts_at + DAY, moira.pk))
    assert visits_of(plan)[1].late_reason == ""
    ask(undo_operation, operation_id=done.pk)
    assert visits_of(plan)[1].late_reason == "Was ill"
    assert date(2026, 12, 8) == factory.local_day(visits_of(plan)[1].starts_at)
