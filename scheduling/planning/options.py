"""Free times for one line of a course while the others stay: the few best, all of them, or the next one."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from scheduling.planning.checks import early
from scheduling.planning.context import Context
from scheduling.planning.types import Option, Slot, Window
from scheduling.planning.windows import neighbours, too_near, window

NEAR, DAYS_BESIDE = 4, 8
"""Free times that stand beside a refusal, and how many days away they are looked for."""
FEW = 4
"""Options under a line that clashes: one to take, three behind "other times"."""
DAYS_AROUND = 14
STARTS_A_DAY = 6


def _due(context: Context, others: Sequence[Slot], day: date) -> tuple[Window, date | None]:
    days = sorted([*(context.day_of(slot) for slot in others), *context.own_days])
    previous, following = neighbours(days, day)
    return window(context.rule, previous, following, context.today), previous


def _days(context: Context, due: Window, day: date) -> Iterator[date]:
    """Yield the days of a due window around a day, nearest first, without those that another course forbids."""
    latest = due.latest or day + timedelta(days=DAYS_AROUND)
    for off in sorted(range(-DAYS_AROUND, DAYS_AROUND + 1), key=lambda n: (abs(n), n)):
        near = day + timedelta(days=off)
        if due.earliest <= near <= min(latest, context.last) and not too_near(context.others, near):
            yield near


def best_few(context: Context, others: Sequence[Slot], slot: Slot) -> list[Option]:
    """Return the best free times to put under a line that clashes, the best first."""
    day = context.day_of(slot)
    due, previous = _due(context, others, day)
    found = [
        free
        for near in _days(context, due, day)
        for clinician_id in context.may_treat()
        for free in context.starts(near, clinician_id, at_most=2 if near == day else 1)
    ]
    found.sort(key=lambda free: (_cost(context, free, slot), free.starts_at))
    return [_option(context, free, slot, previous) for free in found[:FEW]]


def beside(context: Context, slot: Slot) -> list[Slot]:
    """Return the few free times nearest to one that was refused, its own day first, within the due window.

    The choices of the context must ask for the hour of that time.
    """
    day, found = context.day_of(slot), list[Slot]()
    due, _previous = _due(context, [], day)
    for away in range(DAYS_BESIDE):
        days = {day + timedelta(days=away), day - timedelta(days=away)}
        for near in sorted(one for one in days if one >= context.today and (not away or due.holds(one))):
            if not early(context, near, []):
                found += [free for who in context.may_treat() for free in context.starts(near, who, at_most=NEAR)]
        if len(found) >= NEAR:
            break
    found.sort(key=lambda free: (abs(free.starts_at - slot.starts_at), free.clinician_id != slot.clinician_id))
    return found


def all_free(context: Context, others: Sequence[Slot], slot: Slot) -> list[Option]:
    """Return free times within the due window in the order of time, a handful for each day and clinician."""
    day = context.day_of(slot)
    due, previous = _due(context, others, day)
    found = [
        free
        for near in _days(context, due, day)
        for clinician_id in context.may_treat()
        for free in context.starts(near, clinician_id, at_most=STARTS_A_DAY)
        if free.starts_at != slot.starts_at or free.clinician_id != slot.clinician_id
    ]
    found.sort(key=lambda free: (free.starts_at, free.clinician_id != slot.clinician_id, free.clinician_id))
    return [_option(context, free, slot, previous) for free in found]


def next_free(context: Context, others: Sequence[Slot], slot: Slot, step: int) -> Slot | None:
    """Return the next free time of the same clinician, earlier (-1) or later (+1), within the due window."""
    day = context.day_of(slot)
    due, _previous = _due(context, others, day)
    days = sorted(_days(context, due, day), reverse=step < 0)
    for near in days:
        free = context.starts(near, slot.clinician_id)
        ahead = [other for other in free if (other.starts_at - slot.starts_at).total_seconds() * step > 0]
        if ahead:
            return min(ahead, key=lambda other: abs(other.starts_at - slot.starts_at))
    return None


def _cost(context: Context, free: Slot, wished: Slot) -> int:
    """Return how far a free time lies from what was wished; a time later the same day beats any other day."""
    weights = context.weights
    day, was = context.day_of(free), context.day_of(wished)
    minutes = abs(context.minute_of(free) - context.minute_of(wished))
    cost = weights.quarter_hour * -(-minutes // 15)
    cost += weights.other_clinician if free.clinician_id != wished.clinician_id else 0
    cost += weights.other_day if day.weekday() not in context.choices.weekdays and day != was else 0
    return cost + weights.gap_day * abs((day - was).days)


def _option(context: Context, free: Slot, wished: Slot, previous: date | None) -> Option:
    day = context.day_of(free)
    return Option(free, (day - previous).days if previous else None, difference(context, free, wished))


def difference(context: Context, free: Slot, wished: Slot) -> str:
    """Say how a free time differs from the wished one."""
    days = (context.day_of(free) - context.day_of(wished)).days
    minutes = context.minute_of(free) - context.minute_of(wished)
    other = free.clinician_id != wished.clinician_id
    if not days and not minutes:
        return _("same time, other clinician") if other else _("same time")
    if not days:
        words = _("%(n)s later the same day") if minutes > 0 else _("%(n)s earlier the same day")
        said = words % {"n": length(abs(minutes))}
    else:
        later = ngettext("%(n)d day later", "%(n)d days later", days)
        earlier = ngettext("%(n)d day earlier", "%(n)d days earlier", -days)
        said = (later if days > 0 else earlier) % {"n": abs(days)}
        said = _("%(said)s, same time") % {"said": said} if not minutes else said
    return _("%(said)s, other clinician") % {"said": said} if other else said


def length(minutes: int) -> str:
    """Return "45 min", "1 h" or "1 h 15 min"."""
    hours, rest = divmod(minutes, 60)
    if not hours:
        return _("%(n)d min") % {"n": rest}
    return _("%(h)d h %(m)d min") % {"h": hours, "m": rest} if rest else _("%(h)d h") % {"h": hours}
