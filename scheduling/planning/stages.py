"""What the shortest path chooses from: for each session the free starts that it could take, and what each costs."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import cached_property

from scheduling.planning.chain import Node, Stages
from scheduling.planning.context import Context
from scheduling.planning.cost import NEVER, hole_cost, late_cost, time_cost, waiting_cost
from scheduling.planning.freetime import from_epoch
from scheduling.planning.types import Line, Mark, Proposal, Slot
from scheduling.planning.windows import too_near

FIRST_DAYS = 60
"""How many days from the wished start are looked at for the first session."""


class Market:
    """The free starts of every day, looked up when first asked for and kept: all sessions choose from the same."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self._nodes: dict[tuple[int, int], list[Node]] = {}
        self._alone: dict[tuple[int, int], int] = {}
        self._least: dict[tuple[int, int], int] = {}
        self._trip = context.weights.trip if context.companions else 0

    def on(self, day: int, firmness: int) -> list[Node]:
        """Return what a day offers to a session that keeps to the wish so firmly.

        A clinician so much dearer than the cheapest that changing to that one and back costs less is left out.
        """
        key = (day, firmness)
        if key not in self._nodes:
            within = self.least(day, firmness) + 2 * self.context.weights.change * firmness
            whom = self._whom(date.fromordinal(day))
            self._nodes[key] = [node for who in whom for node in self._of(day, firmness, who, within)]
        return self._nodes[key]

    def least(self, day: int, firmness: int) -> int:
        """Return what the cheapest start of a day costs; NEVER when there is none."""
        key = (day, firmness)
        if key not in self._least:
            self._least[key] = self._cheapest(day, firmness)
        return self._least[key]

    def _cheapest(self, ordinal: int, firmness: int) -> int:
        day, least = date.fromordinal(ordinal), NEVER
        if not _possible(self.context, day):
            return least
        shares = day in self.context.trips
        for other, clinicians in self._by_cost.items():
            fixed = (other + weekday_cost(self.context, day)) * firmness + self._trip
            if fixed < least:
                least = min(least, fixed + self._cheapest_alone(day, other))
            if shares:
                found = (cheapest_shared(self.context, day, clinician_id) for clinician_id in clinicians)
                least = min([least, *(one[0] + other * firmness for one in found if one)])
        return least

    @cached_property
    def _by_cost(self) -> dict[int, list[int]]:
        """The clinicians by what it costs that they are not the one asked for."""
        found: dict[int, list[int]] = {}
        for clinician_id in self.context.may_treat():
            found.setdefault(clinician_cost(self.context, clinician_id), []).append(clinician_id)
        return found

    def _cheapest_alone(self, day: date, other: int) -> int:
        """Return what the cheapest start with one of these clinicians costs by its time; one as wished is enough."""
        key = (day.toordinal(), other)
        if key not in self._alone:
            least = NEVER
            for clinician_id in self._by_cost[other]:
                found = cheapest_start(self.context, day, clinician_id, least - 1)
                least = found[0] if found else least
                if not least:
                    break
            self._alone[key] = least
        return self._alone[key]

    def _whom(self, day: date) -> list[int]:
        return self.context.may_treat() if _possible(self.context, day) else []

    def _of(self, ordinal: int, firmness: int, clinician_id: int, within: int) -> Iterator[Node]:
        """Yield the cheapest start of a clinician on a day, and the cheapest that shares a trip, within a cost."""
        context, day = self.context, date.fromordinal(ordinal)
        firm = clinician_cost(context, clinician_id) * firmness
        other = firm + weekday_cost(context, day) * firmness + self._trip
        alone = cheapest_start(context, day, clinician_id, within - other)
        if alone:
            yield Node(ordinal, clinician_id, alone[0] + other, Slot(from_epoch(alone[1]), clinician_id))
        shared = cheapest_shared(context, day, clinician_id) if day in context.trips else None
        if shared and shared[0] + firm <= within:
            yield Node(ordinal, clinician_id, shared[0] + firm, Slot(from_epoch(shared[1]), clinician_id))


def _possible(context: Context, day: date) -> bool:
    """Say whether a day keeps its distance from the plan's other visits and from other courses on the same area."""
    if not context.today <= day <= context.last or context.closure_on(day):
        return False
    near = any(abs((held - day).days) < context.rule.least for held in context.own_days)
    return not near and not too_near(context.others, day)


def weekday_cost(context: Context, day: date) -> int:
    """Return what a weekday that was not asked for costs, before firmness."""
    strange = bool(context.choices.weekdays) and day.weekday() not in context.choices.weekdays
    return context.weights.other_day if strange else 0


def clinician_cost(context: Context, clinician_id: int) -> int:
    asked = context.choices.clinician_id
    return context.weights.other_clinician if asked is not None and clinician_id != asked else 0


def hole_at(context: Context, clinician_id: int, start: int) -> int:
    """Return what the stretches left free beside a visit at this start cost."""
    before, after = context.free.left_beside(clinician_id, start)
    return hole_cost(before // 60, after // 60, context.shortest, context.weights)


def cheapest_shared(context: Context, day: date, clinician_id: int) -> tuple[int, int] | None:
    """Return the cheapest free start on one trip with a visit of another course: (cost, seconds since 1970).

    The patient is there anyway: the weekday and the hour cost nothing, the waiting between the two visits does.
    """
    found = []
    for stretch in context.minutes_free(day, clinician_id):
        for _minute, start in stretch:
            minutes = context.waiting(day, start)
            if minutes is not None:
                cost = waiting_cost(minutes, context.weights) + hole_at(context, clinician_id, start)
                found.append((cost, start))
    return min(found, default=None)


def cheapest_start(context: Context, day: date, clinician_id: int, within: int = NEVER) -> tuple[int, int] | None:
    """Return the cheapest free start of a clinician on a local day and its cost: (cost, seconds since 1970).

    None also when none costs as little as `within`.
    """
    if within < 0:
        return None
    wished = context.wished_start(day)
    if wished and context.free.clinician_free(clinician_id, wished) and not hole_at(context, clinician_id, wished):
        return 0, wished
    best: tuple[int, int, int, int] | None = None
    around, weights, shares = context.around_minute, context.weights, day in context.trips
    near = within // weights.quarter_hour * 15 if weights.quarter_hour and within < NEVER >> 1 else None
    for stretch in context.minutes_free(day, clinician_id, near):
        for minute, start in stretch:
            cost = time_cost(minute, around, weights)
            if cost > within or (best and cost >= best[0]):
                break
            if shares and context.waiting(day, start) is None:
                continue
            hole = hole_at(context, clinician_id, start)
            found = (cost + hole, abs(minute - around), minute, start)
            best = min(best, found) if best else found
            if not hole:
                break
    return (best[0], best[3]) if best and best[0] <= within else None


def stages_from_scratch(context: Context, anchor: date) -> Stages:
    """Return the stages of a whole new course. `anchor` is the day on which its first session was wished."""
    market = Market(context)
    firmness = [context.firmness(stage) for stage in range(context.choices.count)]
    return Stages(
        count=context.choices.count,
        first=_first_days(context, anchor, max(context.choices.start_on, context.today)),
        nodes=lambda stage, day: market.on(day, firmness[stage]),
        least=lambda stage, day: market.least(day, firmness[stage]),
        rule=context.rule,
        weights=context.weights,
        number=context.first_number,
        previous_clinician=context.previous_clinician(anchor),
    )


def stages_for(context: Context, proposal: Proposal) -> Stages:
    """Return one stage a line. A line that stands keeps its place for nothing and pays to leave it."""
    lines = proposal.lines
    mending = _Mending(context, [_kept(context, line) for line in lines])
    anchor = context.day_of(lines[0].slot)
    return Stages(
        count=len(lines),
        first=_first_days(context, anchor, max(min(context.choices.start_on, anchor), context.today)),
        nodes=mending.on,
        least=mending.least,
        rule=context.rule,
        weights=context.weights,
        number=context.first_number,
        previous_clinician=context.previous_clinician(anchor),
    )


def stages_with(context: Context, anchor: date, fixed: Mapping[int, Slot]) -> Stages:
    """Return the stages of a new course in which some sessions (by their place in it, from 0) have their slot already.

    None falls before the day from which the choices start, but those that are fixed. The first of them is not put off
    for the sake of the usual hour: days beyond the longest gap from the anchor are paid for as late ones.
    """
    market = Market(context)
    placed = {at: Node(context.day_of(slot).toordinal(), slot.clinician_id, 0, slot) for at, slot in fixed.items()}
    firmness = [context.firmness(stage) for stage in range(context.choices.count)]
    first = _not_put_off(context, anchor, _first_days(context, anchor, max(context.choices.start_on, context.today)))

    def on(stage: int, day: int) -> list[Node]:
        if stage in placed:
            return [placed[stage]] if placed[stage].day == day else []
        return market.on(day, firmness[stage])

    def least(stage: int, day: int) -> int:
        if stage in placed:
            return 0 if placed[stage].day == day else NEVER
        return market.least(day, firmness[stage])

    return Stages(
        count=context.choices.count,
        first=[(placed[0].day, 0)] if 0 in placed else first,
        nodes=on,
        least=least,
        rule=context.rule,
        weights=context.weights,
        number=context.first_number,
        previous_clinician=context.previous_clinician(anchor),
    )


class _Mending:
    """What the lines of a course choose from: the free starts, dearer to those that stand, and the place of each."""

    def __init__(self, context: Context, kept: Sequence[Node | None]) -> None:
        self._market, self._kept = Market(context), kept
        self._firmness = [context.firmness(stage) for stage in range(len(kept))]
        self._moved = context.weights.moved
        self._known: dict[tuple[int, int], list[Node]] = {}

    def on(self, stage: int, day: int) -> list[Node]:
        if (stage, day) not in self._known:
            self._known[stage, day] = self._look(stage, day)
        return self._known[stage, day]

    def _look(self, stage: int, day: int) -> list[Node]:
        nodes, stands = self._market.on(day, self._firmness[stage]), self._kept[stage]
        if stands is None:
            return nodes
        nodes = [replace(node, cost=node.cost + self._moved) for node in nodes]
        return [*nodes, stands] if stands.day == day else nodes

    def least(self, stage: int, day: int) -> int:
        least, stands = self._market.least(day, self._firmness[stage]), self._kept[stage]
        if stands is None:
            return least
        elsewhere = least + self._moved if least < NEVER else NEVER
        return min(elsewhere, stands.cost) if stands.day == day else elsewhere


def _kept(context: Context, line: Line) -> Node | None:
    """Return the place of a line that stands. A late one that a person gives a reason for is not pulled back."""
    if line.stops or line.mark == Mark.EARLY:
        return None
    paid = late_cost(line.gap, context.rule, context.weights) if line.gap and line.mark == Mark.LATE else 0
    return Node(context.day_of(line.slot).toordinal(), line.slot.clinician_id, -paid, line.slot)


def _first_days(context: Context, anchor: date, earliest: date) -> list[tuple[int, int]]:
    """Return the days of the first session with what each costs, the cheapest first.

    After another visit of the course the gap sets the price, otherwise the distance from where it was wished.
    """
    days = [earliest + timedelta(days=ahead) for ahead in range((anchor - earliest).days + FIRST_DAYS)]
    before = [day for day in context.own_days if day <= anchor]
    if before:
        priced = [(day, context.gap_cost((day - before[-1]).days, 0)) for day in days]
    else:
        priced = [(day, context.weights.gap_day * abs((day - anchor).days)) for day in days]
    possible = [(day.toordinal(), cost) for day, cost in priced if cost is not None]
    return sorted(possible, key=lambda pair: (pair[1], pair[0]))


def _not_put_off(context: Context, anchor: date, days: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the days of a first session, dearer where they lie further from the anchor than the longest gap."""
    priced = [
        (day, cost + late_cost(abs(day - anchor.toordinal()), context.rule, context.weights)) for day, cost in days
    ]
    return sorted(priced, key=lambda pair: (pair[1], pair[0]))
