"""Reading the book to place one visit: where it may fall, what is free there, which reasons a time asks for."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property
from itertools import groupby

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clinic.lib.days import clock, day_words, local_day, span_words, wall_time
from scheduling.forms.planner import Entry
from scheduling.models import Appointment
from scheduling.planning.checks import early, late
from scheduling.planning.context import Context
from scheduling.planning.judge import due_window
from scheduling.planning.options import NEAR, beside
from scheduling.planning.planner import move_context, move_options
from scheduling.planning.types import Option, Slot
from scheduling.planning.windows import neighbours
from scheduling.services.placing import lengthen


@dataclass(frozen=True)
class FreeTime:
    """A button: its wall time, what it sends, and the whole of it in words."""

    clock: str
    token: str
    label: str


@dataclass(frozen=True)
class FreeDay:
    """The free times of one local day, by clinician: the visit's own first."""

    day: date
    gap: int | None
    is_same: bool
    people: tuple[tuple[str, tuple[FreeTime, ...]], ...]


def free_days(context: Context, options: Iterable[Option], own: Slot | None = None) -> list[FreeDay]:
    """Group free times by local day and clinician; those of the visit's own clinician come first."""

    def order(option: Option) -> tuple[date, bool, int, datetime]:
        slot = option.slot
        other = own is not None and slot.clinician_id != own.clinician_id
        return context.day_of(slot), other, slot.clinician_id, slot.starts_at

    found = []
    for day, of_day in groupby(sorted(options, key=order), key=lambda option: context.day_of(option.slot)):
        listed = list(of_day)
        people = tuple(
            (context.clinicians[key].short_name, tuple(free_time(context, option.slot) for option in theirs))
            for key, theirs in groupby(listed, key=lambda option: option.slot.clinician_id)
        )
        found.append(FreeDay(day, listed[0].gap, own is not None and day == context.day_of(own), people))
    return found


def free_time(context: Context, slot: Slot) -> FreeTime:
    wall = clock(wall_time(slot.starts_at, context.zone))
    values = {
        "day": day_words(context.day_of(slot), context.today),
        "time": wall,
        "who": context.clinicians[slot.clinician_id].name,
    }
    return FreeTime(wall, Entry(slot).token(context.zone), _("%(day)s, %(time)s with %(who)s") % values)


class Move:
    """One visit that is to be moved, alone or with the later ones of its course (`along`). Reads everything once."""

    def __init__(self, visit: Appointment, now: datetime, along: Sequence[int] = ()) -> None:
        self.visit, self.now, self.along = visit, now, along
        self.context, self.slot = move_context(visit, now, ignoring=along)
        self.day = self.context.day_of(self.slot)
        self.window, self.previous = due_window(self.context, self.day, [])

    @cached_property
    def following(self) -> date | None:
        return neighbours(self.context.own_days, self.day)[1]

    @property
    def window_words(self) -> str:
        """Return "24 Nov – 1 Dec", "on Tue 24 Nov only", "from Tue 24 Nov on", or that no day is left."""
        if not self.counts_gaps:
            return _("on any day")
        today, (first, last) = self.context.today, (self.window.earliest, self.window.latest)
        if last is None:
            return _("from %(day)s on") % {"day": day_words(first, today)}
        if last < first:
            return _("on no day from today on")
        if last == first:
            return _("on %(day)s only") % {"day": day_words(first, today)}
        return span_words(first, last, today)

    @property
    def why_words(self) -> str:
        """Say what bounds the window: the session before, and the one after."""
        rule, today, parts = self.context.rule, self.context.today, []
        if self.previous:
            least = f"{rule.least} – {rule.most}" if rule.least != rule.most else str(rule.most)
            values = {"n": least, "day": day_words(self.previous, today)}
            parts.append(_("%(n)s days after %(day)s") % values)
        if self.following:
            words = ngettext("at least %(n)d day before %(day)s", "at least %(n)d days before %(day)s", rule.least)
            parts.append(words % {"n": rule.least, "day": day_words(self.following, today)})
        return ", ".join(parts) or _("the first session of the course")

    @property
    def counts_gaps(self) -> bool:
        """Say whether days between visits matter: not for one outside a course."""
        return self.visit.session_id is not None

    @cached_property
    def days(self) -> list[FreeDay]:
        """The free times within the window, day by day."""
        return free_days(self.context, move_options(self.visit, self.now, self.along), self.slot)


def reasons_asked(visit: Appointment, slot: Slot, now: datetime) -> tuple[bool, bool]:
    """Say whether a time is too early, and whether it is too late, so that a reason is kept only where it belongs."""
    context, _here = move_context(visit, now, to=[slot])
    day = local_day(slot.starts_at, context.zone)
    _window, previous = due_window(context, day, [])
    return bool(early(context, day, [])), bool(late(context, (day - previous).days if previous else None))


def nearby(visit: Appointment, slot: Slot, now: datetime, minutes: int | None = None) -> list[Slot]:
    """Return the free times nearest to one that was refused, its own day first, within the due window."""
    lengthen(visit, minutes)
    context, _here = move_context(visit, now, to=[slot])
    here = (visit.starts_at, visit.clinician_id)
    return [free for free in nearest(context, slot) if (free.starts_at, free.clinician_id) != here][:NEAR]


def nearest(context: Context, slot: Slot) -> list[Slot]:
    """Return the free times of a context nearest to a slot, its own day first, within the due window."""
    wished = replace(context.choices, around=wall_time(slot.starts_at, context.zone))
    return beside(replace(context, choices=wished), slot)[: NEAR + 1]
