"""Rooms and devices of the kind that a visit needs: why none can take it, and until when."""

from collections.abc import Iterable

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinic.lib.days import clock, day_words, local_day, wall_time
from scheduling.planning.context import Context
from scheduling.planning.freetime import from_epoch, to_epoch
from scheduling.planning.stretches import Span
from scheduling.planning.types import Slot

WORDS = {
    "room": (
        gettext_lazy("No room of the kind that this visit needs is in use"),
        gettext_lazy("Every room is taken until %(until)s"),
        gettext_lazy("Every room is taken on every day up to %(day)s"),
    ),
    "device": (
        gettext_lazy("No device of the kind that this visit needs is in use"),
        gettext_lazy("Every device is taken until %(until)s"),
        gettext_lazy("Every device is taken on every day up to %(day)s"),
    ),
}


def shortage(context: Context, slot: Slot) -> str:
    """Say which of the two is lacking at a time, and from when one can hold such a visit; nothing when neither is."""
    free, start = context.free, to_epoch(slot.starts_at)
    if free.room_for(start) is None:
        return _lacking(context, "room", free.rooms.values(), start)
    if context.visit.needs_device and free.device_for(start) is None:
        return _lacking(context, "device", free.devices.values(), start)
    return ""


def _lacking(context: Context, what: str, resources: Iterable[list[Span]], start: int) -> str:
    none, until, ever = WORDS[what]
    every = list(resources)
    if not every:
        return str(none)
    length = (context.visit.minutes + context.visit.turnover_minutes) * 60
    found = first_fit(every, start, length)
    if found is None:
        return ever % {"day": day_words(context.last, context.today)}
    return until % {"until": _moment(context, start, found)}


def first_fit(resources: Iterable[list[Span]], start: int, length: int) -> int | None:
    """Return the first second from `start` on at which one of these is free for so long, or None."""
    fits = (max(since, start) for spans in resources for since, until in spans if max(since, start) + length <= until)
    return min(fits, default=None)


def _moment(context: Context, start: int, found: int) -> str:
    """Return "14:30", with the day in front when it is another one."""
    moment = from_epoch(found)
    wall, day = clock(wall_time(moment, context.zone)), local_day(moment, context.zone)
    if day == local_day(from_epoch(start), context.zone):
        return wall
    return _("%(day)s, %(time)s") % {"day": day_words(day, context.today), "time": wall}
