"""Judge a course line by line: gaps, due windows, what clashes, and what could stand instead."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from django.utils.translation import gettext as _

from clinic.lib.days import day_words
from scheduling.planning import options, wish
from scheduling.planning.checks import closed_words, early, explain, late, place
from scheduling.planning.context import Context
from scheduling.planning.types import Finding, Line, Mark, Option, Proposal, Slot, Window
from scheduling.planning.why import because, is_taken, wished_slot
from scheduling.planning.windows import neighbours, window


def judged(context: Context, slots: Sequence[Slot], first_number: int, *, with_options: bool = True) -> Proposal:
    """Return the proposal that these slots make. Lines stand in the order of time, whatever order they came in."""
    ordered = sorted(slots, key=lambda slot: slot.starts_at)
    placed = [place(context, slot) for slot in ordered]
    final = [free or slot for slot, free in zip(ordered, placed, strict=True)]
    days = [context.day_of(slot) for slot in final]
    wished = [_wished(context, slot, days[:at], final[:at]) for at, slot in enumerate(final)]
    stuck = [slot for slot, free in zip(ordered, placed, strict=True) if free is None]
    book = context.overlapping([*stuck, *(slot for slot in wished if slot and is_taken(context, slot))])
    lines = []
    for at, slot in enumerate(final):
        rest = days[:at] + days[at + 1 :]
        findings = [] if placed[at] else [explain(context, slot, book)]
        too_early = early(context, days[at], days[:at])  # of two sessions too near, the later one is too early
        findings += [too_early] if too_early else []
        line = _line(context, first_number + at, slot, rest, findings)
        other = wished[at]
        why = because(context, slot, other, line.gap, book) if other and not line.findings else ""
        lines.append(replace(line, why=why))
    if with_options:
        lines = [_with_options(context, line, final) if line.stops else line for line in lines]
    return Proposal(tuple(lines), ground=context.facts.ground)


def standing(context: Context, slots: Sequence[Slot], first_number: int) -> Proposal | None:
    """Return these slots as they can be booked, in the order of time, with what needs a reason; None when one cannot.

    The same verdict as `judged`, without its words and free times: for the moments in which the locks are held.
    """
    placed = [place(context, slot) for slot in sorted(slots, key=lambda slot: slot.starts_at)]
    final = [slot for slot in placed if slot]
    if len(final) < len(placed):
        return None
    days = [context.day_of(slot) for slot in final]
    lines = []
    for at, (day, slot) in enumerate(zip(days, final, strict=True)):
        _due, previous = due_window(context, day, days[:at] + days[at + 1 :])
        gap = (day - previous).days if previous else None
        findings = [finding for finding in (early(context, day, days[:at]), late(context, gap)) if finding]
        lines.append(Line(first_number + at, slot, gap, None, tuple(findings)))
    return Proposal(tuple(lines))


def _wished(context: Context, slot: Slot, days: Sequence[date], slots: Sequence[Slot]) -> Slot | None:
    """Return where a line would stand in a free book, seen from the line before it; None when it stands there."""
    if days:
        return wished_slot(context, slot, (days[-1], slots[-1].clinician_id))
    before = [held for held in context.own if held.day < context.day_of(slot)]
    return wished_slot(context, slot, max(before) if before else None)


def due_window(context: Context, day: date, rest: Sequence[date]) -> tuple[Window, date | None]:
    """Return the due window of a session on this day among the other days of its course, and the day before it."""
    previous, following = neighbours(sorted([*rest, *context.own_days]), day)
    return window(context.rule, previous, following, context.today), previous


def _line(context: Context, number: int, slot: Slot, rest: list[date], findings: list[Finding]) -> Line:
    day = context.day_of(slot)
    due, previous = due_window(context, day, rest)
    gap = (day - previous).days if previous else None
    too_late = late(context, gap)
    findings += [too_late] if too_late else []
    moved_from = _moved_from(context, day, previous)
    if moved_from and not findings:
        values = {"day": day_words(moved_from, context.today), "why": _lower(closed_words(context, moved_from))}
        findings.append(Finding(Mark.MOVED, _("Moved from %(day)s: %(why)s") % values))
    return Line(
        number=number,
        slot=slot,
        gap=gap,
        window=due,
        findings=tuple(findings),
        gap_is_ideal=gap is None or gap == context.rule.ideal,
        moved_from=moved_from,
    )


def _lower(words: str) -> str:
    return words[:1].lower() + words[1:]


def _moved_from(context: Context, day: date, previous: date | None) -> date | None:
    """Return the closed day on which this session would have fallen, or None when it stands as wished."""
    if previous:
        wished = wish.wished_day(context, previous)
    else:
        ahead = (context.choices.start_on + timedelta(days=n) for n in range(7))
        wished = next((d for d in ahead if d.weekday() in context.choices.weekdays), context.choices.start_on)
    return wished if wished != day and context.closure_on(wished) else None


def _with_options(context: Context, line: Line, slots: list[Slot]) -> Line:
    others = [slot for slot in slots if slot is not line.slot]
    found: list[Option] = options.best_few(context, others, line.slot)
    return replace(line, options=tuple(found))
