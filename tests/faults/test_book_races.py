"""Real threads on a real PostgreSQL: one winner, no partial series, no deadlock. Each race has a control.

The figures stand at the end of the run.
"""

import uuid
from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta

import pytest

from scheduling.models import Appointment
from scheduling.planning import planner
from scheduling.planning.types import Choices, SeriesRefused, Slot
from scheduling.services import series
from scheduling.services.series import book_series
from tests import factory
from tests.race import (
    FAULTS,
    RACERS,
    ROUNDS,
    Outcome,
    deadlocks,
    in_workers,
    kinds,
    race,
    race_apart,
    report,
    sized,
    without_constraints,
)
from tests.scheduling.conftest import MONDAY
from tests.scheduling.helpers import choose
from treatments.models import TreatmentPlan

pytestmark = FAULTS
CONTROL_ROUNDS = sized(1, full=3)


def booking(
    plan: TreatmentPlan, choices: Choices, slots: list[Slot], key: uuid.UUID | None = None
) -> Callable[[], object]:
    def act() -> object:
        return book_series(
            key=key or uuid.uuid4(), plan_id=plan.pk, choices=choices, slots=slots, reasons={}, actor=None, now=MONDAY
        )

    return act


def fresh_plans(count: int, clinician: object) -> list[TreatmentPlan]:
    protocol = factory.make_protocol()
    return [factory.make_plan(protocol=protocol, clinician=clinician) for _ in range(count)]


def one_slot_rounds(rounds: int, race: Callable[..., Outcome] = race) -> list[Outcome]:
    """Let the racers, each for a patient of their own, want the same clinician at the same time, once a round."""
    factory.make_clinic()
    moira = factory.make_clinician()
    for _ in range(4):
        factory.make_room()
    outcomes = []
    for n in range(rounds):
        choices = choose(moira, count=1, start_on=date(2026, 12, 1) + timedelta(days=7 * n))
        plans = fresh_plans(RACERS, moira)
        slots = planner.propose(plans[0], choices, MONDAY).slots
        outcomes.append(race([booking(plan, choices, slots) for plan in plans]))
    return outcomes


def test_one_slot_has_one_winner_and_the_others_get_proposals() -> None:
    before = deadlocks()
    outcomes = one_slot_rounds(ROUNDS)
    report("one slot", outcomes, before)
    assert [len(outcome.results) for outcome in outcomes] == [1] * ROUNDS
    refusals = [error for outcome in outcomes for error in outcome.errors]
    assert all(isinstance(error, SeriesRefused) and error.proposal.lines[0].options for error in refusals)
    assert len(refusals) == (RACERS - 1) * ROUNDS
    assert Appointment.objects.count() == ROUNDS
    assert deadlocks() == before


def test_one_slot_has_one_winner_among_processes_too() -> None:
    """The threads of one process share one interpreter: this says what waiting for locks alone costs."""
    before = deadlocks()
    outcomes = one_slot_rounds(ROUNDS, race_apart)
    report("one slot, racers in 8 processes", outcomes, before)
    assert [outcome.winners for outcome in outcomes] == [1] * ROUNDS
    assert kinds(outcomes) == {"SeriesRefused"}
    assert Appointment.objects.count() == ROUNDS
    assert deadlocks() == before


def test_control_without_guards_one_slot_is_booked_many_times(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(series, "lock_for_visits", lambda *_: None)
    before = deadlocks()
    with without_constraints():
        outcomes = one_slot_rounds(CONTROL_ROUNDS)
    report("one slot, no guards", outcomes, before)
    assert all(len(outcome.results) > 1 for outcome in outcomes)


def test_the_constraints_alone_still_let_only_one_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(series, "lock_for_visits", lambda *_: None)
    before = deadlocks()
    outcomes = one_slot_rounds(CONTROL_ROUNDS)
    report("one slot, constraints alone", outcomes, before)
    assert all(len(outcome.results) <= 1 for outcome in outcomes)
    assert Appointment.objects.count() == sum(len(outcome.results) for outcome in outcomes)


def series_rounds(rounds: int, race: Callable[..., Outcome] = race) -> list[Outcome]:
    """Let half want eight sessions at ten, half at eleven, half of each in the opposite order, with two clinicians."""
    factory.make_clinic()
    people = [factory.make_clinician("Moira Hynes"), factory.make_clinician("Anika Sandhu")]
    for _ in range(2):
        factory.make_room()
    outcomes = []
    for n in range(rounds):
        plans = fresh_plans(RACERS, people[0])
        start = date(2026, 12, 1) + timedelta(weeks=8 * n)
        acts = []
        for at, plan in enumerate(plans):
            clinicians = people if at % 2 else people[::-1]
            wall = "10:00" if at < RACERS // 2 else "11:00"
            slots = [Slot(factory.at(start + timedelta(weeks=week), wall), people[week % 2].pk) for week in range(8)]
            choices = choose(clinicians[0], count=8, start_on=start)
            acts.append(booking(plan, choices, slots if at % 2 else slots[::-1]))
        outcomes.append(race(acts))
    return outcomes


def partial_series() -> list[int]:
    held = Counter(Appointment.objects.holding().values_list("session__plan_id", flat=True))
    return [count for count in held.values() if count != 8]


def test_two_series_in_opposite_order_are_booked_whole_or_not_at_all() -> None:
    before = deadlocks()
    outcomes = series_rounds(ROUNDS, in_workers)
    report("two series of 8 in opposite order", outcomes, before)
    assert [outcome.winners for outcome in outcomes] == [2] * ROUNDS
    assert kinds(outcomes) == {"SeriesRefused"}
    assert partial_series() == []
    assert deadlocks() == before


def test_control_without_guards_series_are_booked_over_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(series, "lock_for_visits", lambda *_: None)
    before = deadlocks()
    with without_constraints():
        outcomes = series_rounds(CONTROL_ROUNDS)
    report("two series of 8, no guards", outcomes, before)
    assert any(len(outcome.results) > 2 for outcome in outcomes)


def test_one_key_sent_by_all_books_once() -> None:
    factory.make_clinic()
    moira = factory.make_clinician()
    factory.make_room()
    (plan,) = fresh_plans(1, moira)
    slots = planner.propose(plan, choose(moira), MONDAY).slots
    key = uuid.uuid4()
    outcome = race([booking(plan, choose(moira), slots, key) for _ in range(RACERS)])
    assert outcome.errors == []
    assert {operation.pk for operation in outcome.results} == {key}  # type: ignore[attr-defined]
    assert Appointment.objects.count() == 10
