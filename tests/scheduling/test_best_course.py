"""The best course is the best: against brute force on a thousand small clinics, a quarter of them in `make test`."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from random import Random

import pytest

from scheduling.planning import wish
from scheduling.planning.chain import Node, best_chain
from scheduling.planning.price import prices
from scheduling.planning.stages import stages_for, stages_from_scratch
from scheduling.planning.types import Finding, Line, Mark, Proposal, Slot
from tests.figures import say
from tests.race import sized
from tests.scheduling.small_clinic import DAY_ONE, SmallClinic, large_clinic, small_clinic

SMALL, MENDED, LARGE = sized(250, full=1000), sized(40, full=125), 8


def anchor(clinic: SmallClinic) -> int:
    return (wish.first_day(clinic.context) - DAY_ONE).days


def previous(clinic: SmallClinic, day: int) -> tuple[int, int] | None:
    before = [held for held in clinic.own if held.day <= DAY_ONE + timedelta(days=day)]
    return ((before[-1].day - DAY_ONE).days, before[-1].clinician_id) if before else None


Chosen = tuple[int, int, int]
"""Day, clinician and minute of a session."""


def courses(clinic: SmallClinic, wished: int) -> Iterator[tuple[int, list[Chosen]]]:
    """Yield every legal course, also those that end before all sessions are placed, each with its cost."""
    starts = {day: clinic.starts(day) for day in range(clinic.days)}

    def onward(taken: list[Chosen], cost: int) -> Iterator[tuple[int, list[Chosen]]]:
        yield cost, taken
        if len(taken) == clinic.choices.count:
            return
        number = clinic.first_number + len(taken)
        before = (taken[-1][0], taken[-1][1]) if taken else previous(clinic, wished)
        for day in range(clinic.days) if not taken else range(taken[-1][0] + clinic.rule.least, clinic.days):
            for who, minute in starts[day]:
                if before:
                    step = clinic.between(number, day - before[0], who != before[1])
                else:
                    step = clinic.weights.gap_day * abs(day - wished)
                if step is not None:
                    price = cost + step + clinic.alone(number, day, who, minute)
                    yield from onward([*taken, (day, who, minute)], price)

    return onward([], 0)


def by_brute_force(clinic: SmallClinic, wished: int) -> tuple[int, int]:
    """Return how many sessions the longest course has, and what the cheapest of that length costs."""
    best: dict[int, int] = {}
    for cost, taken in courses(clinic, wished):
        best[len(taken)] = min(cost, best.get(len(taken), cost))
    return max(best), best[max(best)]


def found(clinic: SmallClinic) -> list[Slot]:
    context = clinic.context
    return [node.slot for node in best_chain(stages_from_scratch(context, DAY_ONE + timedelta(days=anchor(clinic))))]


def priced(clinic: SmallClinic, slots: list[Slot]) -> int:
    return sum(price.total for price in prices(clinic.context, slots, DAY_ONE + timedelta(days=anchor(clinic))))


def by_greed(clinic: SmallClinic) -> list[Slot]:
    """Take the cheapest next session each time, as a person with a paper diary does."""
    taken: list[Chosen] = []
    wished = anchor(clinic)
    starts = {day: clinic.starts(day) for day in range(clinic.days)}
    for stage in range(clinic.choices.count):
        before = (taken[-1][0], taken[-1][1]) if taken else previous(clinic, wished)
        options = []
        for day in range(clinic.days):
            for who, minute in starts[day]:
                step = (
                    clinic.between(clinic.first_number + stage, day - before[0], who != before[1])
                    if before
                    else clinic.weights.gap_day * abs(day - wished)
                )
                if step is not None:
                    price = step + clinic.alone(clinic.first_number + stage, day, who, minute)
                    options.append((price, day, who, minute))
        if not options:
            break
        taken.append(min(options)[1:])
    return [clinic.slot(*one) for one in taken]


def assert_legal(clinic: SmallClinic, slots: list[Slot]) -> None:
    days = [(slot.starts_at.date() - DAY_ONE).days for slot in slots]
    for day, slot in zip(days, slots, strict=True):
        assert (slot.clinician_id, slot.starts_at.hour * 60 + slot.starts_at.minute) in clinic.starts(day)
    assert all(later - sooner >= clinic.rule.least for sooner, later in pairwise(days))


@pytest.mark.faults
def test_random_small_clinics_cost_what_brute_force_finds() -> None:
    short = greed = 0
    for seed in range(SMALL):
        clinic = small_clinic(Random(seed))
        length, cost = by_brute_force(clinic, anchor(clinic))
        slots, greedy = found(clinic), by_greed(clinic)
        assert (len(slots), priced(clinic, slots)) == (length, cost), f"seed {seed}"
        assert_legal(clinic, slots)
        short += length < clinic.choices.count
        greed += len(greedy) < length or priced(clinic, greedy) > cost
    say(
        f"best course: {SMALL} small clinics cost what brute force finds; {short} of them have no whole course, "
        f"in {greed} the cheapest next session each time ends dearer or sooner"
    )
    assert 0.1 < short / SMALL < 0.7
    assert greed > 50


def test_on_large_clinics_the_best_course_is_never_dearer_than_a_greedy_one() -> None:
    saved = []
    for seed in range(LARGE):
        clinic = large_clinic(Random(seed))
        slots, greedy = found(clinic), by_greed(clinic)
        assert_legal(clinic, slots)
        assert len(slots) >= len(greedy), f"seed {seed}"
        if len(slots) == len(greedy):
            assert priced(clinic, slots) <= priced(clinic, greedy), f"seed {seed}"
            saved.append(priced(clinic, greedy) - priced(clinic, slots))
    say(f"best course: on {LARGE} large clinics greed costs {sum(saved) / len(saved):.0f} more on average")
    assert max(saved) > 0


def a_proposal(clinic: SmallClinic, random: Random) -> Proposal:
    """Return a course as a desk may have left it: some lines stand, some clash, one may be late."""
    lines, day = [], 0
    for stage in range(clinic.choices.count):
        gap = random.choice([clinic.rule.least, clinic.rule.ideal, clinic.rule.most, clinic.rule.most + 2])
        day += gap if stage else random.randint(0, 3)
        starts = clinic.starts(day)
        chosen = random.choice(starts) if starts and random.random() < 0.7 else None
        stands = chosen is not None
        slot = clinic.slot(day, *(chosen or (random.choice(clinic.clinicians), 9 * 60)))
        late = (Finding(Mark.LATE, ""),) if stage and gap > clinic.rule.most else ()
        findings = late if stands else (Finding(Mark.CLASH, ""),)
        lines.append(Line(clinic.first_number + stage, slot, gap if stage else None, None, findings))
    return Proposal(tuple(lines))


def mended_price(clinic: SmallClinic, proposal: Proposal, taken: list[Chosen], wished: int) -> int | None:
    """Return what a mended course costs, reckoned line by line; None when it is not legal."""
    cost, before = 0, previous(clinic, wished)
    for stage, (line, (day, who, minute)) in enumerate(zip(proposal.lines, taken, strict=False)):
        number = clinic.first_number + stage
        slot = clinic.slot(day, who, minute)
        if line.stops:
            cost += clinic.alone(number, day, who, minute)
        elif slot != line.slot:
            cost += clinic.alone(number, day, who, minute) + clinic.weights.moved
        elif line.mark == Mark.LATE and line.gap:
            cost -= clinic.weights.late_day * (line.gap - clinic.rule.most)
        if before is None:
            cost += clinic.weights.gap_day * abs(day - wished)
        else:
            step = clinic.between(number, day - before[0], who != before[1])
            if step is None:
                return None
            cost += step
        before = (day, who)
    return cost


@pytest.mark.faults
def test_mending_costs_what_brute_force_finds() -> None:
    whole = 0
    for seed in range(MENDED):
        random = Random(seed)
        clinic = small_clinic(random)
        proposal = a_proposal(clinic, random)
        wished = (clinic.context.day_of(proposal.lines[0].slot) - DAY_ONE).days
        legal = [taken for _, taken in courses(clinic, wished) if len(taken) == clinic.choices.count]
        priced_all = [mended_price(clinic, proposal, taken, wished) for taken in legal]
        chain = best_chain(stages_for(clinic.context, proposal))
        if not legal:
            assert len(chain) < clinic.choices.count, f"seed {seed}"
            continue
        whole += 1
        assert mended_price(clinic, proposal, [chosen(node) for node in chain], wished) == min(
            cost for cost in priced_all if cost is not None
        ), f"seed {seed}"
    assert whole > 20


def chosen(node: Node) -> Chosen:
    start = node.slot.starts_at
    return (start.date() - DAY_ONE).days, node.clinician_id, start.hour * 60 + start.minute
