"""What a course costs, session by session and part by part: the measure of the search, spelled out."""

from collections.abc import Sequence
from datetime import date

from scheduling.planning.context import Context
from scheduling.planning.cost import Price, ideal_cost, late_cost, time_cost, waiting_cost
from scheduling.planning.freetime import to_epoch
from scheduling.planning.stages import clinician_cost, hole_at
from scheduling.planning.types import Slot


def prices(context: Context, slots: Sequence[Slot], anchor: date) -> list[Price]:
    """Return the price of each slot of a new course, in their order. `anchor` is where its first session was wished."""
    before = [held for held in context.own if held.day <= anchor]
    previous = max(before) if before else None
    day, clinician_id = (previous.day, previous.clinician_id) if previous else (None, None)
    found = []
    for stage, slot in enumerate(slots):
        found.append(_alone(context, slot, stage) + _after(context, slot, stage, day, clinician_id, anchor))
        day, clinician_id = context.day_of(slot), slot.clinician_id
    return found


def _alone(context: Context, slot: Slot, stage: int) -> Price:
    weights, choices, firmness = context.weights, context.choices, context.firmness(stage)
    start, day = to_epoch(slot.starts_at), context.day_of(slot)
    strange = bool(choices.weekdays) and day.weekday() not in choices.weekdays
    alone = Price(
        time=time_cost(context.minute_of(slot), context.around_minute, weights),
        day=weights.other_day * firmness if strange else 0,
        trip=weights.trip if context.companions else 0,
    )
    minutes = context.waiting(day, start)
    shared = Price(time=waiting_cost(minutes, weights)) if minutes is not None else alone
    cheaper = min(alone, shared, key=lambda price: price.total)
    return cheaper + Price(
        hole=hole_at(context, slot.clinician_id, start),
        clinician=clinician_cost(context, slot.clinician_id) * firmness,
    )


def _after(
    context: Context, slot: Slot, stage: int, before: date | None, clinician_id: int | None, anchor: date
) -> Price:
    weights = context.weights
    if before is None:
        return Price(gap=weights.gap_day * abs((context.day_of(slot) - anchor).days))
    gap = (context.day_of(slot) - before).days
    return Price(
        gap=ideal_cost(gap, context.rule, weights, context.first_number + stage),
        late=late_cost(gap, context.rule, weights),
        change=weights.change * context.firmness(stage) if slot.clinician_id != clinician_id else 0,
    )
