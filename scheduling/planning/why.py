"""Why a session stands where it does: what was in the way of the wished time, and what the other one keeps."""

from collections.abc import Sequence
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clinic.lib.days import NoSuchTime, TwoSuchTimes, clock, instant, wall_time
from scheduling.planning import wish
from scheduling.planning.checks import explain, place
from scheduling.planning.context import Context, Taken
from scheduling.planning.freetime import to_epoch
from scheduling.planning.options import difference, length
from scheduling.planning.types import Slot


def wished_slot(context: Context, slot: Slot, previous: tuple[date, int] | None) -> Slot | None:
    """Return where this session would stand in a free book, after the day and clinician of the one before.

    None when it stands there, and when the clocks skip or repeat that time.
    """
    day = wish.wished_day(context, previous[0]) if previous else wish.first_day(context)
    who = context.choices.clinician_id or (previous[1] if previous else slot.clinician_id)
    try:
        wished = Slot(instant(day, context.choices.around, context.zone), who)
    except (NoSuchTime, TwoSuchTimes):
        return None
    return None if (wished.starts_at, who) == (slot.starts_at, slot.clinician_id) else wished


def is_taken(context: Context, wished: Slot) -> bool:
    return place(context, wished) is None


def because(context: Context, slot: Slot, wished: Slot, gap: int | None, book: Sequence[Taken]) -> str:
    """Say why a session stands at `slot`, not where it was wished. `book` are the visits around the wished time."""
    trip = context.trips.get(context.day_of(slot))
    if trip:
        return _("On the same trip as %(name)s") % {"name": trip.words}
    words = {"why": _obstacle(context, slot, wished, book), "instead": difference(context, slot, wished), "n": gap}
    if gap is None:
        return _("%(why)s; %(instead)s") % words
    if gap == context.rule.ideal:
        kept = ngettext(
            "%(why)s; %(instead)s keeps the gap at %(n)d day", "%(why)s; %(instead)s keeps the gap at %(n)d days", gap
        )
        return kept % words
    made = ngettext(
        "%(why)s; %(instead)s makes the gap %(n)d day", "%(why)s; %(instead)s makes the gap %(n)d days", gap
    )
    return made % words


def _obstacle(context: Context, slot: Slot, wished: Slot, book: Sequence[Taken]) -> str:
    if is_taken(context, wished):
        return explain(context, wished, book).sentence.rstrip(".")
    left = _useless(context, wished)
    if left and not _useless(context, slot):
        values = {"time": clock(wall_time(wished.starts_at, context.zone)), "length": length(left)}
        return _("%(time)s would leave %(length)s that no visit fits into") % values
    return _("The sessions after it find better times so")


def _useless(context: Context, slot: Slot) -> int:
    """Return the minutes of the shorter stretch left beside a visit that is of no use; 0 when there is none."""
    beside = (seconds // 60 for seconds in context.free.left_beside(slot.clinician_id, to_epoch(slot.starts_at)))
    return min((minutes for minutes in beside if 0 < minutes < context.shortest), default=0)
