"""What the shortest path chooses from: for each session the free starts that it could take, and what each costs."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from scheduling.planning.chain import Node, Stages
from scheduling.planning.context import Context
from scheduling.planning.cost import hole_cost, late_cost, time_cost, waiting_cost
from scheduling.planning.freetime import from_epoch
from scheduling.planning.types import Line, Mark, Proposal, Slot
from scheduling.planning.windows import too_near

FIRST_DAYS = 60
"""How many days from the wished start are looked at for the first session."""


@dataclass(frozen=True)
class _Offer:
    """A clinician's cheapest free start of a day. `cost` is the start's own, `firm` grows with a session's firmness."""

    cost: int
    firm: int
    slot: Slot


class Market:
    """The free starts of every day, looked up when first asked for and kept: all sessions choose from the same."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self._offers: dict[int, list[_Offer]] = {}
        self._nodes: dict[tuple[int, int], list[Node]] = {}

    def on(self, day: int, firmness: int) -> list[Node]:
        """Return what a day offers to a session that keeps to the wish so firmly."""
        key = (day, firmness)
        if key not in self._nodes:
            self._nodes[key] = [
                Node(day, offer.slot.clinician_id, offer.cost + offer.firm * firmness, offer.slot)
                for offer in self._offered(day)
            ]
        return self._nodes[key]

    def _offered(self, ordinal: int) -> list[_Offer]:
        if ordinal not in self._offers:
            self._offers[ordinal] = list(self._look(date.fromordinal(ordinal)))
        return self._offers[ordinal]

    def _look(self, day: date) -> Iterator[_Offer]:
        context = self.context
        if not _possible(context, day):
            return
        for clinician_id in context.may_treat():
            alone = cheapest_start(context, day, clinician_id)
            if alone:
                cost = alone[0] + (context.weights.trip if context.companions else 0)
                yield _Offer(cost, firm_cost(context, day, clinician_id), Slot(from_epoch(alone[1]), clinician_id))
            shared = cheapest_shared(context, day, clinician_id) if day in context.trips else None
            if shared:
                firm = clinician_cost(context, clinician_id)
                yield _Offer(shared[0], firm, Slot(from_epoch(shared[1]), clinician_id))


def _possible(context: Context, day: date) -> bool:
    """Say whether a day keeps its distance from the plan's other visits and from other courses on the same area."""
    if not context.today <= day <= context.last or context.closure_on(day):
        return False
    near = any(abs((held - day).days) < context.rule.least for held in context.own_days)
    return not near and not too_near(context.others, day)


def firm_cost(context: Context, day: date, clinician_id: int) -> int:
    """Return what a weekday and a clinician that were not asked for cost."""
    strange = bool(context.choices.weekdays) and day.weekday() not in context.choices.weekdays
    return (context.weights.other_day if strange else 0) + clinician_cost(context, clinician_id)


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


def cheapest_start(context: Context, day: date, clinician_id: int) -> tuple[int, int] | None:
    """Return the cheapest free start of a clinician on a local day and its cost: (cost, seconds since 1970)."""
    best: tuple[int, int, int, int] | None = None
    around = context.around_minute
    for stretch in context.minutes_free(day, clinician_id):
        for minute, start in stretch:
            cost = time_cost(minute, around, context.weights)
            if best and cost >= best[0]:
                break
            if day in context.trips and context.waiting(day, start) is None:
                continue
            hole = hole_at(context, clinician_id, start)
            found = (cost + hole, abs(minute - around), minute, start)
            best = min(best, found) if best else found
            if not hole:
                break
    return (best[0], best[3]) if best else None


def stages_from_scratch(context: Context, anchor: date) -> Stages:
    """Return the stages of a whole new course. `anchor` is the day on which its first session was wished."""
    market = Market(context)
    return Stages(
        count=context.choices.count,
        first=_first_days(context, anchor, max(context.choices.start_on, context.today)),
        nodes=lambda stage, day: market.on(day, context.firmness(stage)),
        rule=context.rule,
        weights=context.weights,
        number=context.first_number,
        previous_clinician=context.previous_clinician(anchor),
    )


def stages_for(context: Context, proposal: Proposal) -> Stages:
    """Return one stage a line. A line that stands keeps its place for nothing and pays to leave it."""
    market, lines = Market(context), proposal.lines
    kept = [_kept(context, line) for line in lines]
    anchor = context.day_of(lines[0].slot)
    return Stages(
        count=len(lines),
        first=_first_days(context, anchor, max(min(context.choices.start_on, anchor), context.today)),
        nodes=_mending(context, market, kept),
        rule=context.rule,
        weights=context.weights,
        number=context.first_number,
        previous_clinician=context.previous_clinician(anchor),
        credit=[max(0, -node.cost) if node else 0 for node in kept],
    )


def _mending(context: Context, market: Market, kept: Sequence[Node | None]) -> Callable[[int, int], list[Node]]:
    known: dict[tuple[int, int], list[Node]] = {}

    def look(stage: int, day: int) -> list[Node]:
        nodes, stands = market.on(day, context.firmness(stage)), kept[stage]
        if stands is None:
            return nodes
        nodes = [replace(node, cost=node.cost + context.weights.moved) for node in nodes]
        return [*nodes, stands] if stands.day == day else nodes

    def nodes(stage: int, day: int) -> list[Node]:
        if (stage, day) not in known:
            known[stage, day] = look(stage, day)
        return known[stage, day]

    return nodes


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
