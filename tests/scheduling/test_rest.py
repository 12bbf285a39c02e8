"""The rest of a course: shifted, spaced anew or given to somebody else; what is saved is what was proposed."""

import uuid
from datetime import UTC, date, timedelta
from random import Random
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clinic.models import Clinician, Operation, Role, Room
from patients.models import Message
from scheduling.checking.scan import scan
from scheduling.models import Absence, Appointment, AppointmentStatus, Closure
from scheduling.planning import planner
from scheduling.planning.rest import Act, Places, Rest
from scheduling.planning.types import Mark, Rhythm, Slot
from scheduling.services.appointments import move_appointment
from scheduling.services.errors import OutsideDueWindow, SlotTaken, StaleAppointment, UndoRefused
from scheduling.services.moves import Move
from scheduling.services.resting import Lost, replan_rest
from scheduling.services.series import book_series
from scheduling.services.undo import undo_operation
from tests import factory
from tests.scheduling.conftest import MONDAY
from tests.scheduling.helpers import choose, take
from treatments.models import TreatmentPlan

pytestmark = pytest.mark.django_db
DAY, WEEK = timedelta(days=1), timedelta(days=7)


def booked(plan: TreatmentPlan, moira: Clinician, **chosen: Any) -> list[Appointment]:
    choices = choose(moira, **chosen)
    slots = planner.best(plan, choices, MONDAY).slots
    book_series(key=uuid.uuid4(), plan_id=plan.pk, choices=choices, slots=slots, reasons={}, actor=None, now=MONDAY)
    Appointment.objects.update(created_at=MONDAY, updated_at=MONDAY)
    return visits_of(plan)


def visits_of(plan: TreatmentPlan) -> list[Appointment]:
    held = Appointment.objects.holding().filter(session__plan=plan).select_related("session__plan__patient")
    return list(held.select_related("patient", "room", "device", "clinician").order_by("starts_at"))


def days_of(plan: TreatmentPlan) -> list[date]:
    return [factory.local_day(visit.starts_at) for visit in visits_of(plan)]


def save(rest: Rest, places: Places, *, lost: Lost | None = None, **asked: Any) -> Operation:
    versions = {visit.pk: visit.version for visit in [rest.visit, *rest.later]}
    moves = [Move(stand.visit.pk, stand.line.slot) for stand in rest.judged(places).moved]
    given: dict[str, Any] = {"key": uuid.uuid4(), "actor": None, "now": MONDAY, "versions": versions} | asked
    return replan_rest(plan_id=rest.visit.session.plan_id, lost=lost, moves=moves, **given)  # type: ignore[union-attr]


def cancelled(visit: Appointment, *also: int) -> Lost:
    return Lost(visit.pk, AppointmentStatus.CANCELLED, "Patient is ill", "patient", also)


def everything(plan: TreatmentPlan) -> list[tuple[Any, ...]]:
    found = Appointment.objects.filter(session__plan=plan).order_by("pk")
    return list(
        found.values_list("pk", "status", "starts_at", "clinician_id", "room_id", "session_id", "status_reason")
    )


def test_the_later_ones_go_as_many_days_on_and_as_much_later(plan: TreatmentPlan, moira: Clinician) -> None:
    visits = booked(plan, moira, count=5)
    rest = Rest(visits[2], Act.MOVE, MONDAY)
    to = Slot(factory.at(date(2026, 12, 17), "15:00"), moira.pk)
    places = rest.shifted(to)
    assert [factory.local_day(slot.starts_at) for slot in places.values()] == [
        date(2026, 12, 17),
        date(2026, 12, 24),
        date(2026, 12, 31),
    ]
    assert {slot.starts_at.astimezone(factory.ST_JOHNS).hour for slot in places.values()} == {15}


def test_a_shift_keeps_the_wall_time_across_a_change_of_the_clocks(plan: TreatmentPlan, moira: Clinician) -> None:
    visits = booked(plan, moira, start_on=date(2027, 2, 23), count=4)
    places = Rest(visits[0], Act.MOVE, MONDAY).shifted(Slot(factory.at(date(2027, 2, 25), "14:00"), moira.pk))
    assert {slot.starts_at.astimezone(factory.ST_JOHNS).strftime("%a %H:%M") for slot in places.values()} == {
        "Thu 14:00"
    }
    # The clocks change on 14 March.
    assert {slot.starts_at.astimezone(UTC).hour for slot in places.values()} == {16, 17}


def test_each_line_says_the_gap_before_and_after_and_what_it_meets(
    plan: TreatmentPlan, moira: Clinician, rooms: list[Room]
) -> None:
    visits = booked(plan, moira, count=4)
    take(moira, rooms[0], date(2026, 12, 17), "14:10", 30)
    rest = Rest(visits[1], Act.MOVE, MONDAY)
    made = rest.judged(rest.shifted(Slot(factory.at(date(2026, 12, 10), "14:00"), moira.pk)))
    assert [(stand.was.number, stand.was.gap, stand.line.number, stand.line.gap) for stand in made.stands] == [
        (2, 7, 2, 9),
        (3, 7, 3, 7),
        (4, 7, 4, 7),
    ]
    assert (len(made.moved), made.clashes) == (3, 1)
    assert made.stands[1].line.mark == Mark.CLASH
    assert made.stands[1].line.options


def test_only_this_one_leaves_the_others_and_says_that_the_next_is_late(plan: TreatmentPlan, moira: Clinician) -> None:
    visits = booked(plan, moira, count=4)
    rest = Rest(visits[1], Act.CANCEL, MONDAY)
    made = rest.judged(rest.only())
    assert [stand.moves for stand in made.stands] == [False, False]
    assert [(stand.was.number, stand.line.number, stand.line.gap) for stand in made.stands] == [(3, 2, 14), (4, 3, 7)]


def test_spaced_anew_the_rest_moves_up_but_not_onto_the_day_that_was_lost(
    plan: TreatmentPlan, moira: Clinician
) -> None:
    visits = booked(plan, moira, count=5)
    TreatmentPlan.objects.filter(pk=plan.pk).update(interval_max=10)
    rest = Rest(visits_of(plan)[1], Act.CANCEL, MONDAY)
    assert rest.judged(rest.only()).stands[0].line.gap == 14
    places, short = rest.respaced()
    made = rest.judged(places)
    days = [factory.local_day(stand.line.slot.starts_at) for stand in made.stands]
    assert (short, made.clashes, made.proposal.late) == ("", 0, 0)
    assert date(2026, 12, 8) < days[0] <= date(2026, 12, 11)
    assert factory.local_day(visits[1].starts_at) == date(2026, 12, 8)


def test_spaced_anew_the_rest_is_not_put_off_for_weeks_for_the_sake_of_its_hour(
    plan: TreatmentPlan, moira: Clinician
) -> None:
    """Until January the usual hour is not free, early mornings are: the course goes on in the mornings."""
    visits = booked(plan, moira, count=5)
    for day in (date(2026, 12, 1) + n * DAY for n in range(35)):
        Absence.objects.create(
            clinician=moira, starts_at=factory.at(day, "08:45"), ends_at=factory.at(day, "18:00"), reason="Course"
        )
    places, _short = Rest(visits[0], Act.CANCEL, MONDAY, clinician_id=moira.pk).respaced()
    first = min(factory.local_day(slot.starts_at) for slot in places.values())
    assert first <= factory.local_day(visits[1].starts_at) + 14 * DAY


def test_a_visit_that_is_fixed_stays_while_the_others_are_spaced(plan: TreatmentPlan, moira: Clinician) -> None:
    visits = booked(plan, moira, count=6, rhythm=Rhythm.TWO_WEEKLY)
    rest = Rest(visits[1], Act.MOVE, MONDAY)
    to = Slot(factory.at(date(2026, 12, 14), "10:00"), moira.pk)
    start = rest.only(to)
    places, short = rest.respaced(start, fixed=[visits[1].pk, visits[4].pk])
    assert (places[visits[1].pk].starts_at, short) == (to.starts_at, "")
    assert places[visits[4].pk].starts_at == visits[4].starts_at


def test_what_is_saved_is_what_was_proposed_and_undo_puts_all_back(plan: TreatmentPlan, moira: Clinician) -> None:
    visits = booked(plan, moira, count=6)
    before = everything(plan)
    rest = Rest(visits[2], Act.CANCEL, MONDAY)
    places, _short = rest.respaced()
    done = save(rest, places, lost=cancelled(visits[2]))
    assert {visit.pk: visit.starts_at for visit in visits_of(plan)} == {
        visit.pk: visit.starts_at for visit in visits[:2]
    } | {pk: slot.starts_at for pk, slot in places.items()}
    assert (done.result["lost"], done.result["moved"]) == (1, 3)
    assert [visit.session.number for visit in visits_of(plan)] == [1, 2, 3, 4, 5]  # type: ignore[union-attr]
    assert scan(MONDAY) == []
    undo_operation(key=uuid.uuid4(), operation_id=done.pk, actor=None, now=MONDAY)
    assert everything(plan) == before
    assert scan(MONDAY) == []


def test_the_patient_gets_one_mail(plan: TreatmentPlan, moira: Clinician) -> None:
    visits = booked(plan, moira, count=4)
    later = MONDAY + DAY
    Message.objects.filter(kind="series_summary").update(state="sent", settled_at=later)
    rest = Rest(visits[1], Act.CANCEL, MONDAY)
    save(rest, rest.respaced()[0], lost=cancelled(visits[1]), now=later)
    assert Message.objects.waiting().filter(kind="series_summary").count() == 1


def test_this_and_the_later_ones_cancelled_is_one_act(plan: TreatmentPlan, moira: Clinician) -> None:
    visits = booked(plan, moira, count=5)
    before = everything(plan)
    rest = Rest(visits[2], Act.CANCEL, MONDAY)
    assert rest.shifted() == {}
    done = save(rest, {}, lost=cancelled(visits[2], *(visit.pk for visit in rest.later)))
    assert (len(visits_of(plan)), done.result["lost"], done.result["to_book"][0]) == (2, 3, 3)
    undo_operation(key=uuid.uuid4(), operation_id=done.pk, actor=None, now=MONDAY)
    assert everything(plan) == before


def test_a_no_show_and_the_rest_spaced_anew(plan: TreatmentPlan, moira: Clinician) -> None:
    visits = booked(plan, moira, count=5)
    after = visits[1].starts_at + timedelta(hours=2)
    rest = Rest(visits[1], Act.NO_SHOW, after)
    places, _short = rest.respaced()
    lost = Lost(visits[1].pk, AppointmentStatus.NO_SHOW, "Not reached")
    save(rest, places, lost=lost, now=after)
    visits[1].refresh_from_db()
    assert (visits[1].status, visits[1].status_reason) == ("no_show", "Not reached")
    assert days_of(plan)[1] == factory.local_day(rest.judged(places).stands[0].line.slot.starts_at)


def test_a_visit_ahead_is_no_no_show(plan: TreatmentPlan, moira: Clinician) -> None:
    visits = booked(plan, moira, count=3)
    rest = Rest(visits[1], Act.NO_SHOW, MONDAY)
    with pytest.raises(StaleAppointment, match="lies ahead"):
        save(rest, rest.only(), lost=Lost(visits[1].pk, AppointmentStatus.NO_SHOW))
    assert [visit.status for visit in visits_of(plan)] == ["booked"] * 3


def test_a_visit_that_somebody_changed_meanwhile_leaves_all(plan: TreatmentPlan, moira: Clinician) -> None:
    visits = booked(plan, moira, count=4)
    rest = Rest(visits[1], Act.CANCEL, MONDAY)
    places, _short = rest.respaced()
    versions = {visit.pk: visit.version for visit in visits}
    slot = Slot(visits[3].starts_at + DAY, moira.pk)
    dana = factory.make_user(Role.FRONT_DESK, name="Dana Rideout")
    move_appointment(key=uuid.uuid4(), appointment_id=visits[3].pk, slot=slot, actor=dana, now=MONDAY)
    before = everything(plan)
    with pytest.raises(StaleAppointment, match="Dana Rideout moved this visit"):
        save(rest, places, lost=cancelled(visits[1]), versions=versions)
    assert everything(plan) == before
    assert not Operation.objects.filter(kind="replan_after_loss").exists()


def test_a_time_that_was_taken_meanwhile_leaves_all(plan: TreatmentPlan, moira: Clinician, rooms: list[Room]) -> None:
    visits = booked(plan, moira, count=4)
    rest = Rest(visits[1], Act.CANCEL, MONDAY)
    places, _short = rest.respaced()
    taken = rest.judged(places).moved[0].line.slot
    take(
        moira, rooms[1], factory.local_day(taken.starts_at), f"{taken.starts_at.astimezone(factory.ST_JOHNS):%H:%M}", 30
    )
    before = everything(plan)
    moves = [Move(pk, slot) for pk, slot in places.items()]
    with pytest.raises(SlotTaken, match="Nothing was saved"):
        replan_rest(
            key=uuid.uuid4(),
            plan_id=plan.pk,
            lost=cancelled(visits[1]),
            moves=moves,
            versions={},
            actor=None,
            now=MONDAY,
        )
    assert everything(plan) == before


def test_too_early_for_a_visit_that_stays_is_refused(plan: TreatmentPlan, moira: Clinician) -> None:
    visits = booked(plan, moira, count=4)
    rest = Rest(visits[1], Act.MOVE, MONDAY)
    places = rest.only(Slot(visits[1].starts_at + 2 * DAY, moira.pk))
    made = rest.judged(places)
    assert [stand.line.mark for stand in made.stands] == [Mark.EARLY, Mark.FREE, Mark.FREE]
    with pytest.raises(OutsideDueWindow, match="Only 5 days"):
        save(rest, places)


def test_an_undo_refuses_when_one_of_them_was_changed_since(plan: TreatmentPlan, moira: Clinician) -> None:
    visits = booked(plan, moira, count=4)
    rest = Rest(visits[1], Act.MOVE, MONDAY)
    done = save(rest, rest.shifted(Slot(visits[1].starts_at + WEEK, moira.pk)))
    fresh = visits_of(plan)[3]
    slot = Slot(fresh.starts_at + DAY, moira.pk)
    move_appointment(key=uuid.uuid4(), appointment_id=fresh.pk, slot=slot, actor=None, now=MONDAY)
    with pytest.raises(UndoRefused, match="changed a visit since"):
        undo_operation(key=uuid.uuid4(), operation_id=done.pk, actor=None, now=MONDAY)


def test_another_clinician_takes_over_where_free_and_the_rest_moves_near(
    plan: TreatmentPlan, moira: Clinician, anika: Clinician, rooms: list[Room]
) -> None:
    visits = booked(plan, moira, count=4)
    take(anika, rooms[1], factory.local_day(visits[2].starts_at), "13:30", 120)
    rest = Rest(visits[1], Act.CLINICIAN, MONDAY, clinician_id=anika.pk)
    made = rest.judged(rest.shifted())
    assert [stand.line.slot.clinician_id for stand in made.stands] == [anika.pk] * 3
    assert [stand.line.mark for stand in made.stands] == [Mark.FREE, Mark.CLASH, Mark.FREE]
    assert {option.slot.clinician_id for option in made.stands[1].line.options} == {anika.pk}
    places, short = rest.respaced(rest.shifted())
    mended = rest.judged(places)
    assert (short, mended.clashes) == ("", 0)
    assert [mended.stands[at].line.slot.starts_at for at in (0, 2)] == [visits[1].starts_at, visits[3].starts_at]
    save(rest, places)
    assert [visit.clinician_id for visit in visits_of(plan)] == [moira.pk, anika.pk, anika.pk, anika.pk]


def test_a_lost_visit_without_any_later_ones(plan: TreatmentPlan, moira: Clinician) -> None:
    visits = booked(plan, moira, count=2)
    rest = Rest(visits[1], Act.CANCEL, MONDAY)
    assert (rest.respaced(), rest.judged({}).stands) == (({}, ""), ())


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10**6), at=st.integers(0, 5), act=st.sampled_from(["move", "cancel", "clinician"]))
def test_in_any_clinic_what_is_saved_was_proposed_and_breaks_no_window(
    plan: TreatmentPlan, moira: Clinician, anika: Clinician, rooms: list[Room], seed: int, at: int, act: str
) -> None:
    """Random visits of others, closures and absences; then one visit is moved, lost or given away, and undone."""
    random = Random(seed)
    with transaction.atomic():
        for day in range(0, 70, 5):
            on = date(2026, 12, 1) + timedelta(days=day)
            take(
                random.choice([moira, anika]), random.choice(rooms), on, random.choice(["09:00", "13:30", "15:00"]), 60
            )
        closed = date(2026, 12, 8) + timedelta(days=random.randrange(30))
        Closure.objects.create(starts_on=closed, ends_on=closed + DAY, name="Storm")
        visits = booked(plan, moira, count=6)
        before = everything(plan)
        rest = Rest(visits[at], Act(act), MONDAY, clinician_id=anika.pk if act == "clinician" else None)
        start = rest.shifted() if act == "clinician" else None
        fixed: list[int] = []
        if act == "move":
            options = planner.move_options(visits[at], MONDAY)
            to = random.choice(options).slot if options else rest.here[visits[at].pk]
            start, fixed = rest.only(to), [visits[at].pk]
        places, _short = rest.respaced(start, fixed)
        made = rest.judged(places)
        wrong = [stand.line for stand in made.moved if stand.line.stops or stand.line.mark in {Mark.EARLY, Mark.LATE}]
        lost = cancelled(visits[at]) if act == "cancel" else None
        if wrong or not (lost or made.moved):
            transaction.set_rollback(True)
            return
        done = save(rest, places, lost=lost)
        stands = {visit.pk: (visit.starts_at, visit.clinician_id) for visit in visits_of(plan)}
        assert all(stands[pk] == (slot.starts_at, slot.clinician_id) for pk, slot in places.items())
        numbers = [(stand.visit.pk, stand.line.number) for stand in made.stands]
        assert [(visit.pk, visit.session.number) for visit in visits_of(plan)[at:]] == numbers  # type: ignore[union-attr]
        # The visits of others were put into the book past all services: nobody made reminders for them.
        wrong_now = [rot for rot in scan(MONDAY) if rot.check != "reminder missing" or rot.key in stands]
        assert wrong_now == []
        undo_operation(key=uuid.uuid4(), operation_id=done.pk, actor=None, now=MONDAY)
        assert everything(plan) == before
        transaction.set_rollback(True)
