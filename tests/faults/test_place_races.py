"""Many want one place: overlapping starts, any clinician, swaps, a cancellation, a move. Each with a control.

The figures stand at the end of the run.
"""

import uuid
from collections.abc import Callable, Iterator
from contextlib import nullcontext, suppress
from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest

from clinic.models import Clinician, Room
from scheduling.checking.scan import scan
from scheduling.models import Appointment
from scheduling.planning.types import SeriesRefused, Slot
from scheduling.services import acting, moves, placing, series
from scheduling.services.appointments import cancel_appointment, move_appointment
from scheduling.services.moves import swap_appointments
from scheduling.services.series import book_series
from tests import factory
from tests.faults.careless import compare_nothing
from tests.race import (
    FAULTS,
    RACERS,
    ROUNDS,
    Act,
    Outcome,
    deadlocks,
    in_workers,
    kinds,
    race,
    report,
    sized,
    without_constraints,
)
from tests.scheduling.conftest import MONDAY
from tests.scheduling.helpers import choose, take
from treatments.models import TreatmentPlan

pytestmark = FAULTS
CONTROL_ROUNDS = sized(2, full=5)
Race = Callable[..., Outcome]
TRIES = 4
FIRST, WEEK, MINUTE = date(2026, 12, 1), timedelta(weeks=1), timedelta(minutes=1)
ALL_REASONS = dict.fromkeys(range(1, 61), "Far from the one before")


def ask(act: Any, **asked: Any) -> Any:
    return act(key=uuid.uuid4(), actor=None, now=MONDAY, **asked)


def book(plan: TreatmentPlan, slot: Slot) -> Any:
    choices = choose(None, count=1, start_on=factory.local_day(slot.starts_at))
    return ask(book_series, plan_id=plan.pk, choices=choices, slots=[slot], reasons=ALL_REASONS)


def booking(plan: TreatmentPlan, slot: Slot) -> Act:
    return lambda: book(plan, slot)


def clinic_of(clinicians: int, rooms: int) -> list[Clinician]:
    factory.make_clinic()
    for _ in range(rooms):
        factory.make_room()
    return [factory.make_clinician(f"Clinician {n}") for n in range(clinicians)]


def plans_for(count: int, clinician: Clinician) -> list[TreatmentPlan]:
    protocol = factory.make_protocol()
    # With a reason to be long, so that one who wins often is never refused for the length of the course.
    return [
        factory.make_plan(protocol=protocol, clinician=clinician, many_sessions_reason="Races") for _ in range(count)
    ]


def unguarded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take away every lock of the book; the constraints are taken away by the test."""
    for module in (series, acting, moves):
        for name in ("lock_for_visits", "lock_for_appointments", "lock_for_moves"):
            monkeypatch.setattr(module, name, lambda *_: None, raising=False)
    monkeypatch.setattr(placing, "visits_in_motion", nullcontext)  # there is nothing to defer then


def held_twice() -> int:
    """Count what the second layer finds held twice: it trusts neither locks nor constraints."""
    return sum("held twice" in rot.check or "two visits" in rot.check for rot in scan(MONDAY))


def starts(week: int) -> Iterator[Any]:
    """Yield the wished starts of a week: one minute apart, all within one visit's length of the first."""
    first = factory.at(FIRST + week * WEEK, "10:00")
    yield from (first + (at % 44) * MINUTE for at in range(RACERS))


def overlap_rounds(rounds: int, race: Race = race) -> list[Outcome]:
    """Let every racer want a start a minute after the racer before: all overlap, few are equal."""
    (moira,) = clinic_of(1, 4)
    plans = plans_for(RACERS, moira)
    return [
        race([booking(plan, Slot(start, moira.pk)) for plan, start in zip(plans, starts(week), strict=True)])
        for week in range(rounds)
    ]


def test_starts_one_minute_apart_have_one_winner() -> None:
    before = deadlocks()
    outcomes = overlap_rounds(ROUNDS, in_workers)
    report("starts one minute apart", outcomes, before)
    assert [outcome.winners for outcome in outcomes] == [1] * ROUNDS
    assert kinds(outcomes) == {"SeriesRefused"}
    assert held_twice() == 0
    assert deadlocks() == before


def test_control_without_guards_starts_one_minute_apart_overlap(monkeypatch: pytest.MonkeyPatch) -> None:
    unguarded(monkeypatch)
    before = deadlocks()
    with without_constraints():
        outcomes = overlap_rounds(1)
        report("starts one minute apart, no guards", outcomes, before)
        assert held_twice() > 0


def anyone_at(plan: TreatmentPlan, slot: Slot) -> Act:
    """Book this start with whoever is free, as a desk does: refused, it takes the same time of the next who is free."""

    def act() -> object:
        wished = slot
        while True:
            try:
                return book(plan, wished)
            except SeriesRefused as refused:
                (line,) = refused.proposal.lines
                free = [option.slot for option in line.options if option.slot.starts_at == slot.starts_at]
                if not free:
                    raise
                wished = free[0]

    return act


def anyone_rounds(rounds: int, race: Race = race) -> list[Outcome]:
    people = clinic_of(5, 6)
    plans = plans_for(RACERS, people[0])
    outcomes = []
    for week in range(rounds):
        start = factory.at(FIRST + week * WEEK, "10:00")
        outcomes.append(race([anyone_at(plan, Slot(start, people[n % 5].pk)) for n, plan in enumerate(plans)]))
    return outcomes


def test_any_of_five_clinicians_has_exactly_five_winners() -> None:
    before = deadlocks()
    outcomes = anyone_rounds(ROUNDS, in_workers)
    report("any of 5 clinicians", outcomes, before)
    assert [outcome.winners for outcome in outcomes] == [5] * ROUNDS
    assert kinds(outcomes) == {"SeriesRefused"}
    assert held_twice() == 0
    assert deadlocks() == before


def test_control_without_guards_five_clinicians_are_booked_more_than_five_times(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    unguarded(monkeypatch)
    before = deadlocks()
    with without_constraints():
        outcomes = anyone_rounds(1)
    report("any of 5 clinicians, no guards", outcomes, before)
    assert any(outcome.winners > 5 for outcome in outcomes)


def swap_rounds(rounds: int, race: Race = race) -> list[Outcome]:
    """Let half swap A with B, half B with A, all at one moment; two clinicians, two rooms, two courses."""
    one, other = clinic_of(2, 2)
    plans = [plans_for(1, one)[0], plans_for(1, other)[0]]
    for plan, clinician in zip(plans, (one, other), strict=True):
        book(plan, Slot(factory.at(FIRST, "10:00"), clinician.pk))
    a, b = Appointment.objects.order_by("pk")
    acts = [partial(ask, swap_appointments, appointment_id=x.pk, other_id=y.pk) for x, y in ((a, b), (b, a))]
    return [race(acts * (RACERS // 2)) for _ in range(rounds)]


def test_swaps_of_two_visits_both_ways_leave_each_its_own_place() -> None:
    before = deadlocks()
    outcomes = swap_rounds(ROUNDS, in_workers)
    report("swap A-B against B-A", outcomes, before)
    assert all(outcome.winners >= 1 for outcome in outcomes)
    assert kinds(outcomes) <= {"StaleAppointment"}
    swapped = sum(outcome.winners for outcome in outcomes)
    visits = list(Appointment.objects.order_by("pk"))
    assert [visit.version for visit in visits] == [1 + swapped] * 2
    assert [visit.clinician_id == visits[0].session.plan.clinician_id for visit in visits] == (  # type: ignore[union-attr]
        [True, False] if swapped % 2 == 0 else [False, True]
    )
    assert held_twice() == 0
    assert deadlocks() == before


def test_control_without_guards_swaps_leave_two_visits_in_one_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the locks and the compare-and-set each writes what it read, whatever came between."""
    unguarded(monkeypatch)
    compare_nothing(monkeypatch)
    before, twice = deadlocks(), 0
    with without_constraints():
        outcomes = swap_rounds(CONTROL_ROUNDS)
        report("swap A-B against B-A, no guards", outcomes, before)
        twice = held_twice()
        lost = sum(outcome.winners for outcome in outcomes) + 1 - Appointment.objects.order_by("pk")[0].version
    assert twice or lost > 0, "of what was said to be done, some was written over"


def waiting_for(plan: TreatmentPlan, slot: Slot) -> Act:
    """Want a time again and again, as somebody does who hears that it may become free."""

    def act() -> object:
        for _try in range(TRIES - 1):
            with suppress(SeriesRefused):
                return book(plan, slot)
        return book(plan, slot)

    return act


def cancel_rounds(rounds: int, race: Race = race) -> Iterator[tuple[Outcome, int]]:
    """Let one cancel while half the racers want just that time; yield who got it, and how many hold it then."""
    (moira,) = clinic_of(1, 4)
    holder, after, *waiting = plans_for(RACERS // 2 + 2, moira)
    for week in range(rounds):
        slot = Slot(factory.at(FIRST + week * WEEK, "10:00"), moira.pk)
        book(holder, slot)
        visit = Appointment.objects.holding().get(session__plan=holder, starts_at=slot.starts_at)
        acts = [waiting_for(plan, slot) for plan in waiting]
        outcome = race([partial(ask, cancel_appointment, appointment_id=visit.pk, reason="Ill"), *acts])
        holders = Appointment.objects.holding().filter(starts_at=slot.starts_at).count()
        yield outcome, holders
        if not holders:
            book(after, slot)  # free at once for whoever comes next


def test_a_cancelled_time_goes_to_one_of_those_who_wait_or_to_none() -> None:
    before = deadlocks()
    found = list(cancel_rounds(ROUNDS, in_workers))
    outcomes = [outcome for outcome, _holders in found]
    report(f"cancel against {RACERS // 2} waiting", outcomes, before)
    assert all(holders == outcome.winners - 1 <= 1 for outcome, holders in found)
    assert kinds(outcomes) == {"SeriesRefused"}
    assert held_twice() == 0
    assert deadlocks() == before


def test_control_without_guards_a_cancelled_time_goes_to_several(monkeypatch: pytest.MonkeyPatch) -> None:
    unguarded(monkeypatch)
    with without_constraints():
        assert any(holders > 1 for _outcome, holders in cancel_rounds(20))


def move_rounds(rounds: int, race: Race = race) -> list[Outcome]:
    """Let half move a visit of another day to one time, and half book it."""
    (moira,) = clinic_of(1, 4)
    rooms, bookers = list(Room.objects.all()), plans_for(RACERS // 2, moira)
    found = []
    for week in range(rounds):
        target = Slot(factory.at(FIRST + week * WEEK, "17:00"), moira.pk)
        acts = [booking(plan, target) for plan in bookers]
        for n in range(RACERS // 2):
            day, place = divmod(n, 8)
            clock = f"{8 + place}:00"
            visit = take(moira, rooms[0], FIRST + week * WEEK + timedelta(days=day), clock.zfill(5), 45)
            acts.append(partial(ask, move_appointment, appointment_id=visit.pk, slot=target))
        found.append(race(acts))
    return found


def test_a_move_and_bookings_for_one_time_have_one_winner() -> None:
    before = deadlocks()
    outcomes = move_rounds(ROUNDS, in_workers)
    report("move against book", outcomes, before)
    assert [outcome.winners for outcome in outcomes] == [1] * ROUNDS
    assert kinds(outcomes) <= {"SeriesRefused", "SlotTaken"}
    assert held_twice() == 0
    assert deadlocks() == before


def test_control_without_guards_a_move_and_a_booking_share_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    unguarded(monkeypatch)
    before = deadlocks()
    with without_constraints():
        outcomes = move_rounds(1)
        report("move against book, no guards", outcomes, before)
        assert held_twice() > 0
