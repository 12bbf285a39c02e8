"""The stages of the shortest path: for each session, the free starts that it could take and what each costs."""

from dataclasses import replace
from datetime import date, timedelta

from scheduling.planning.chain import Node, gap_cost
from scheduling.planning.context import Context
from scheduling.planning.types import Line, Mark, Proposal, Slot
from scheduling.planning.windows import too_near

AROUND = 28
"""Days around where a line stands that it may be mended to."""
MOST_PAID = 10_000


def stages_for(context: Context, proposal: Proposal) -> list[list[Node]]:
    """Return one stage a line. A line that stands keeps its place for nothing and pays to leave it."""
    cheapest: dict[tuple[date, int], Slot | None] = {}
    stages = [_stage(context, line, cheapest) for line in proposal.lines]
    return [_drawn_to_its_day(context, proposal.lines[0], stages[0]), *stages[1:]] if stages else []


def _drawn_to_its_day(context: Context, line: Line, stage: list[Node]) -> list[Node]:
    """Let the first session pay for each day away from where it was wished: no gap holds it."""
    if any(day <= context.day_of(line.slot) for day in context.own_days):
        return stage
    here = context.day_of(line.slot).toordinal()
    return [replace(node, cost=node.cost + context.weights.gap_day * abs(node.day - here)) for node in stage]


def _stage(context: Context, line: Line, cheapest: dict[tuple[date, int], Slot | None]) -> list[Node]:
    here = context.day_of(line.slot)
    stands = not line.stops and line.mark != Mark.EARLY
    nodes = []
    if stands:
        # A late line that a person set, and will give a reason for, is not pulled back: its lateness is paid.
        paid = gap_cost(line.gap, context.rule, context.weights) if line.gap and line.mark == Mark.LATE else 0
        nodes.append(Node(here.toordinal(), line.slot.clinician_id, -min(paid, MOST_PAID), line.slot))
    first = max(min(context.choices.start_on, here), context.today, here - timedelta(days=AROUND))
    last = min(context.last, here + timedelta(days=AROUND))
    for ahead in range((last - first).days + 1):
        day = first + timedelta(days=ahead)
        if not _possible(context, day):
            continue
        for clinician_id in context.may_treat():
            key = (day, clinician_id)
            if key not in cheapest:
                cheapest[key] = next(iter(context.starts(day, clinician_id, at_most=1)), None)
            slot = cheapest[key]
            if slot:
                cost = node_cost(context, day, slot) + (context.weights.moved if stands else 0)
                nodes.append(Node(day.toordinal(), clinician_id, cost, slot))
    return nodes


def _possible(context: Context, day: date) -> bool:
    """Say whether a day keeps its distance from the plan's other visits and from other courses on the same area."""
    near = any(abs((held - day).days) < context.rule.least for held in context.own_days)
    return not near and not context.closure_on(day) and not too_near(context.others, day)


def node_cost(context: Context, day: date, slot: Slot) -> int:
    """Return what a start costs by itself: minutes from the usual time, another weekday, another clinician."""
    weights = context.weights
    quarters = -(-abs(context.minute_of(slot) - context.around_minute) // 15)
    cost = weights.quarter_hour * quarters
    if context.choices.weekdays and day.weekday() not in context.choices.weekdays:
        cost += weights.other_day
    if context.choices.clinician_id is not None and slot.clinician_id != context.choices.clinician_id:
        cost += weights.other_clinician
    return cost
