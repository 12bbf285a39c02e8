"""When no whole course exists: the one rule that would have to give so that it does, and what that costs.

Each rule is lifted alone, and the same search is asked again. Two clinical rules are never lifted: the shortest gap,
and who may treat an area.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import time
from itertools import pairwise

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clinic.lib.days import clock, day_words, wall_time
from scheduling.planning.chain import best_chain
from scheduling.planning.checks import place
from scheduling.planning.context import Context
from scheduling.planning.stages import stages_for
from scheduling.planning.types import Proposal, Slot, Way, WayKind

WIDER_DAYS = 90
"""How many more days between two sessions, and after the last one, are looked at."""

Reload = Callable[..., Context]
"""Reads the same course again: with other choices, more days (`more_days`), or the clinic's widest hours (`hours`)."""


def ways_out(context: Context, proposal: Proposal, reload: Reload) -> tuple[Way, ...]:
    """Return which single rules could give so that the whole course fits, in the order in which a desk would ask."""
    found = (_way(context, proposal, kind, lift()) for kind, lift in _lifts(context, reload).items())
    return tuple(way for way in found if way)


def way_out(context: Context, proposal: Proposal, reload: Reload, kind: WayKind) -> Way | None:
    """Return the course with this one rule lifted, or None when that is not enough."""
    lift = _lifts(context, reload).get(kind)
    return _way(context, proposal, kind, lift()) if lift else None


def _lifts(context: Context, reload: Reload) -> dict[WayKind, Callable[[], Context]]:
    """Return by rule how to read the course without it."""
    choices = context.choices
    lifts: dict[WayKind, Callable[[], Context]] = {}
    if choices.clinician_id and not choices.else_anyone and len(context.clinicians) > 1:
        lifts[WayKind.CLINICIAN] = lambda: reload(replace(choices, else_anyone=True))
    hours = widest_hours(context)
    if hours:
        lifts[WayKind.HOURS] = lambda: reload(choices, hours=hours)
    rule = replace(context.rule, most=context.rule.most + WIDER_DAYS)
    lifts[WayKind.GAP] = lambda: replace(reload(choices, more_days=WIDER_DAYS), rule=rule)
    return lifts


def widest_hours(context: Context) -> tuple[time, time] | None:
    """Return from when until when anybody of the clinic works on any day; None when nobody does."""
    work = [row for row in context.facts.hours if row.kind == "work"]
    return (min(row.starts for row in work), max(row.ends for row in work)) if work else None


def _way(context: Context, proposal: Proposal, kind: WayKind, lifted: Context) -> Way | None:
    chain = best_chain(stages_for(lifted, proposal))
    if len(chain) < len(proposal.lines):
        return None
    slots = [node.slot for node in chain]
    sentence, price = SAID[kind](context, slots)
    return Way(kind, sentence, price, tuple(slots)) if price else None


def _with_others(context: Context, slots: Sequence[Slot]) -> tuple[str, int]:
    """Say how many sessions go to others: the price is their number."""
    others = [slot.clinician_id for slot in slots if slot.clinician_id != context.choices.clinician_id]
    names = ", ".join(context.clinicians[key].short_name for key in dict.fromkeys(others))
    words = ngettext(
        "With another clinician the whole course fits: %(n)d session with %(names)s.",
        "With another clinician the whole course fits: %(n)d sessions with %(names)s.",
        len(others),
    )
    return words % {"n": len(others), "names": names}, len(others)


def _beyond_hours(context: Context, slots: Sequence[Slot]) -> tuple[str, int]:
    """Say when somebody would have to work beside their hours: the price is how often."""
    beside = [slot for slot in slots if place(context, slot) is None]
    if not beside:
        return "", 0
    first = beside[0]
    values = {
        "name": context.clinicians[first.clinician_id].short_name,
        "day": day_words(context.day_of(first), context.today),
        "time": clock(wall_time(first.starts_at, context.zone)),
        "n": len(beside) - 1,
    }
    if len(beside) == 1:
        return _("In other hours the whole course fits: %(name)s would work on %(day)s at %(time)s.") % values, 1
    words = ngettext(
        "In other hours the whole course fits: %(name)s would work on %(day)s at %(time)s, and there is %(n)d more.",
        "In other hours the whole course fits: %(name)s would work on %(day)s at %(time)s, and there are %(n)d more.",
        len(beside) - 1,
    )
    return words % values, len(beside)


def _wider_gaps(context: Context, slots: Sequence[Slot]) -> tuple[str, int]:
    """Say where the course would wait too long: the price is the days beyond the longest gap."""
    before = [held.day for held in context.own]
    days = [*sorted(before)[-1:], *(context.day_of(slot) for slot in slots)]
    first = context.first_number + len(slots) + 1 - len(days)
    gaps = [(number, (later - sooner).days) for number, (sooner, later) in enumerate(pairwise(days), first)]
    wide = [(number, gap) for number, gap in gaps if gap > context.rule.most]
    price = sum(gap - context.rule.most for _, gap in wide)
    if not wide:
        return "", 0
    number, gap = max(wide, key=lambda pair: pair[1])
    values = {"n": gap, "number": number, "most": context.rule.most}
    words = ngettext(
        "With a wider gap the whole course fits: %(n)d day before session %(number)d, where %(most)d are the most.",
        "With a wider gap the whole course fits: %(n)d days before session %(number)d, where %(most)d are the most.",
        gap,
    )
    return words % values, price


SAID: dict[WayKind, Callable[[Context, Sequence[Slot]], tuple[str, int]]] = {
    WayKind.CLINICIAN: _with_others,
    WayKind.HOURS: _beyond_hours,
    WayKind.GAP: _wider_gaps,
}
