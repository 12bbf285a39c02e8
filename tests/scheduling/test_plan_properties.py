"""Properties of every proposal, over random small clinics, and of the chain against brute force."""

from datetime import date, time, timedelta
from itertools import pairwise, product

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clinic.lib.days import NoSuchTime, TwoSuchTimes, instant, local_day, midnight, wall_time
from scheduling.models import Absence, Appointment, Closure
from scheduling.planning import planner
from scheduling.planning.chain import Node, Stages, best_chain
from scheduling.planning.cost import NEVER, Weights, gap_cost
from scheduling.planning.types import Mark, Rhythm, Slot
from scheduling.planning.windows import Rule
from tests import factory
from tests.scheduling.conftest import MONDAY
from tests.scheduling.helpers import choose, take
from treatments.models import TreatmentPlan

RULE, WEIGHTS = Rule(7, 7, 14), Weights()
DAY_ONE = date(2026, 12, 1)

days = st.integers(0, 60).map(lambda n: DAY_ONE + timedelta(days=n))
quarters = st.integers(8 * 4, 17 * 4).map(lambda n: f"{n // 4:02d}:{n % 4 * 15:02d}")


@st.composite
def books(draw: st.DrawFn) -> dict[str, list]:
    """Return busy times, absences and closures to put into a clinic of two clinicians and two rooms."""
    return {
        "busy": draw(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 1), days, quarters), max_size=12)),
        "away": draw(st.lists(st.tuples(st.integers(0, 1), days, st.integers(1, 9)), max_size=2)),
        "closed": draw(st.lists(st.tuples(days, st.integers(0, 9)), max_size=2)),
        "around": draw(st.sampled_from([time(8, 0), time(12, 30), time(14, 0), time(17, 15)])),
        "weekdays": draw(st.sets(st.integers(0, 4), min_size=1, max_size=3)),
        "rhythm": draw(st.sampled_from(list(Rhythm))),
        "anyone": draw(st.booleans()),
    }


def fill(given: dict[str, list], people: list, rooms: list) -> None:
    held: set[tuple] = set()
    for who, where, day, wall in given["busy"]:
        if not {(who, day), (2 + where, day)} & held:
            held |= {(who, day), (2 + where, day)}
            take(people[who], rooms[where], day, wall, 45)
    for who, day, length in given["away"]:
        if not Absence.objects.filter(clinician=people[who]).exists():
            Absence.objects.create(
                clinician=people[who],
                starts_at=factory.at(day, "00:00"),
                ends_at=factory.at(day + timedelta(days=length), "00:00"),
            )
    for day, length in given["closed"]:
        Closure.objects.create(name="Closed", starts_on=day, ends_on=day + timedelta(days=length))


def legal(plan: TreatmentPlan, slot: Slot) -> list[str]:
    """Return what a slot runs into, looked up row by row, without the planner's own statement."""
    ends = slot.starts_at + timedelta(minutes=plan.minutes)
    frees = ends + timedelta(minutes=plan.turnover_minutes)
    day, wall = local_day(slot.starts_at, factory.ST_JOHNS), wall_time(slot.starts_at, factory.ST_JOHNS)
    found = []
    if Appointment.objects.holding().filter(
        clinician_id=slot.clinician_id, starts_at__lt=ends, ends_at__gt=slot.starts_at
    ):
        found.append("clinician")
    if Appointment.objects.holding().filter(room_id=slot.room_id, starts_at__lt=frees, frees_at__gt=slot.starts_at):
        found.append("room")
    if Absence.objects.filter(clinician_id=slot.clinician_id, starts_at__lt=ends, ends_at__gt=slot.starts_at):
        found.append("absent")
    if Closure.objects.filter(starts_on__lte=day, ends_on__gte=day):
        found.append("closed")
    if day.weekday() > 4 or wall < time(8) or wall_time(ends, factory.ST_JOHNS) > time(18):
        found.append("hours")
    return found


@pytest.mark.django_db
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(given_book=books())
def test_no_mended_line_is_early_overlapping_or_on_closed_absent_or_busy_time(
    given_book: dict,
) -> None:
    from_scratch()
    people = [factory.make_clinician("Moira Hynes"), factory.make_clinician("Anika Sandhu")]
    rooms = [factory.make_room(), factory.make_room()]
    plan = factory.make_plan(clinician=people[0], turnover_minutes=10, numbing_minutes=30)
    fill(given_book, people, rooms)
    choices = choose(
        people[0],
        count=6,
        around=given_book["around"],
        weekdays=given_book["weekdays"],
        rhythm=given_book["rhythm"],
        else_anyone=given_book["anyone"],
    )
    wished = planner.propose(plan, choices, MONDAY)
    mended = planner.mend(plan, choices, wished.slots, MONDAY)
    for proposal in (wished, mended):
        for line in proposal.lines:
            assert bool(legal(plan, line.slot)) == line.stops
            for option in line.options:
                assert legal(plan, option.slot) == []
    dates = [local_day(slot.starts_at, factory.ST_JOHNS) for slot in mended.slots]
    gaps = [(b - a).days for a, b in pairwise(dates)]
    if not mended.shortfall:
        assert mended.clashes == 0
        assert min(gaps) >= plan.interval_min
    assert [line.mark == Mark.LATE for line in mended.lines[1:] if not line.stops] == [
        gap > plan.interval_max for gap, line in zip(gaps, mended.lines[1:], strict=True) if not line.stops
    ]


def from_scratch() -> None:
    """Empty the book between examples: hypothesis runs them all inside one test."""
    for model in (Appointment, Absence, Closure):
        model.objects.all().delete()
    for clinician in list(factory.Clinician.objects.all()):
        clinician.is_active = False
        clinician.save()
    factory.Room.objects.update(is_active=False)
    factory.make_clinic()


@pytest.mark.django_db
@pytest.mark.parametrize("change", [date(2027, 3, 14), date(2027, 11, 7)])
@given(wall=st.integers(8 * 4, 17 * 4), weekday=st.integers(0, 4), weeks=st.integers(1, 6))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_weekly_series_keeps_its_wall_time_across_both_clock_changes(
    change: date, wall: int, weekday: int, weeks: int
) -> None:
    from_scratch()
    moira = factory.make_clinician()
    factory.make_room()
    plan = factory.make_plan(clinician=moira)
    around = time(wall // 4, wall % 4 * 15)
    choices = choose(moira, start_on=change - timedelta(weeks=weeks), weekdays={weekday}, around=around, count=8)
    proposal = planner.propose(plan, choices, MONDAY)
    assert {wall_time(slot.starts_at, factory.ST_JOHNS) for slot in proposal.slots} == {around}
    assert {line.gap for line in proposal.lines} == {None, 7}
    assert {line.mark for line in proposal.lines} == {Mark.FREE}
    hours = {b.starts_at - a.starts_at for a, b in pairwise(proposal.slots)}
    assert timedelta(days=7) in hours
    assert hours & {timedelta(days=7, hours=1), timedelta(days=6, hours=23)}


@pytest.mark.parametrize(
    ("day", "wall", "error"),
    [(date(2027, 3, 14), time(2, 30), NoSuchTime), (date(2027, 11, 7), time(1, 30), TwoSuchTimes)],
)
def test_a_time_that_is_skipped_or_repeated_is_refused(day: date, wall: time, error: type[Exception]) -> None:
    with pytest.raises(error):
        instant(day, wall, factory.ST_JOHNS)
    assert midnight(day + timedelta(days=1), factory.ST_JOHNS) - midnight(day, factory.ST_JOHNS) in {
        timedelta(hours=23),
        timedelta(hours=25),
    }


def node(day: int, clinician: int, cost: int) -> Node:
    return Node(day, clinician, cost, Slot(MONDAY + timedelta(days=day), clinician))


stages = st.lists(
    st.lists(st.builds(node, st.integers(0, 60), st.integers(1, 3), st.integers(0, 50)), min_size=1, max_size=6),
    min_size=1,
    max_size=5,
)


def total(chain: tuple[Node, ...], previous: int | None) -> int:
    cost = sum(n.cost for n in chain)
    before = previous
    for at, n in enumerate(chain):
        if before is not None:
            cost += gap_cost(n.day - before, RULE, WEIGHTS, at + 1)
        if at and chain[at - 1].clinician_id != n.clinician_id:
            cost += WEIGHTS.change * WEIGHTS.firmness(at + 1)
        before = n.day
    return cost


@given(stages=stages, previous=st.none() | st.integers(-20, 10))
@settings(max_examples=400, deadline=None)
def test_the_chain_costs_what_brute_force_finds(stages: list[list[Node]], previous: int | None) -> None:
    costs = {day: 0 if previous is None else gap_cost(day - previous, RULE, WEIGHTS, 1) for day in range(61)}
    chain = best_chain(
        Stages(
            count=len(stages),
            first=sorted(((day, cost) for day, cost in costs.items() if cost < NEVER), key=lambda pair: pair[1]),
            nodes=lambda stage, day: [node for node in stages[stage] if node.day == day],
            rule=RULE,
            weights=WEIGHTS,
        )
    )
    best = min((total(chain, previous) for chain in product(*stages)), default=NEVER)
    if best >= NEVER:
        assert len(chain) < len(stages)
    else:
        assert total(tuple(chain), previous) == best
