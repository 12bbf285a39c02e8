"""The wished course: same weekday, same wall time, same clinician; only what falls on a closed day is moved."""

from datetime import UTC, date, datetime, timedelta

from clinic.lib.days import NoSuchTime, TwoSuchTimes, instant
from scheduling.planning.checks import place
from scheduling.planning.context import Context
from scheduling.planning.types import Slot

CLOSED_DAYS = 60
"""How far a first session looks past closed days before it stays where it was wished."""


def slots(context: Context) -> list[Slot]:
    """Return one slot for each session asked for. Wall time is kept across clock changes (design 4.10)."""
    found: list[Slot] = []
    day = first_day(context)
    for _number in range(context.choices.count):
        found.append(_at(context, day, found[-1] if found else None))
        day = next_day(context, day)
    return found


def first_day(context: Context) -> date:
    """Return the day of the first session: the first usual weekday on which the clinic is open, not too early."""
    start = context.choices.start_on
    before = [day for day in context.own_days if day < start]
    if before:
        start = max(start, before[-1] + timedelta(days=context.rule.least))
    days = [start + timedelta(days=ahead) for ahead in range(CLOSED_DAYS)]
    weekdays = context.choices.weekdays
    return next((day for day in days if day.weekday() in weekdays and not context.closure_on(day)), start)


def wished_day(context: Context, previous: date) -> date:
    """Return the day on which the next session would fall were the clinic never closed."""
    return _nearest_first(context, previous)[0]


def next_day(context: Context, previous: date) -> date:
    """Return the day of the next session: the wished one, or the nearest open day in the window."""
    nearest_first = _nearest_first(context, previous)
    treats = context.may_treat()
    # The clinician asked for comes first: another's Saturday must not draw the whole course to Saturdays.
    for clinicians in (treats[:1], treats):
        found = next((day for day in nearest_first if context.is_open(day, clinicians)), None)
        if found:
            return found
    return nearest_first[0]


def _nearest_first(context: Context, previous: date) -> list[date]:
    """Return the days of the window, the cheapest first: near the ideal gap, on a usual weekday.

    A usual weekday outweighs three days.
    """
    weights = context.weights
    usual = context.choices.weekdays

    def cost(day: date) -> tuple[int, bool, date]:
        off = abs((day - previous).days - context.rule.ideal)
        strange = bool(usual) and day.weekday() not in usual
        return weights.gap_day * off + (weights.other_day if strange else 0), strange, day

    window = (previous + timedelta(days=gap) for gap in range(context.rule.least, context.rule.most + 1))
    return sorted(window, key=cost)


def _at(context: Context, day: date, last: Slot | None) -> Slot:
    try:
        start = instant(day, context.choices.around, context.zone)
    except (NoSuchTime, TwoSuchTimes):
        # The clocks change over the wished time: take the nearest minute that exists once that day.
        minute = context.nearest_minute(day)
        start = datetime.fromtimestamp(context.grid_of(day)[minute], UTC)
    wished = context.choices.clinician_id
    if wished is not None:
        slot = Slot(start, wished, last.room_id if last else None)
        return place(context, slot) or slot
    anyone = sorted(context.clinicians, key=lambda key: last is None or key != last.clinician_id)
    tries = [Slot(start, key, last.room_id if last else None) for key in anyone]
    placed = (place(context, slot) for slot in tries)
    return next((slot for slot in placed if slot), tries[0] if tries else Slot(start, 0))
