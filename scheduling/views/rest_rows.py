"""The lines of "the rest of the course" in words: before and after, what each meets, and what can be pressed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clinic.lib.days import clock, day_words, wall_time
from scheduling.forms.planner import clock_choices
from scheduling.forms.rest import Wish
from scheduling.planning.rest import LOSES, Act, How, Plan, Rest, Stand
from scheduling.planning.types import Mark
from scheduling.views.planner_acts import Board
from scheduling.views.planner_rows import LOOKS, Names, Row, Said, gap_words, rows
from scheduling.views.rest_desk import Sheet, mark_of, placed

AXIS = 120
"""The window line is so many units wide."""


@dataclass(frozen=True)
class WindowLine:
    """A session's due window drawn: days as units from the first day of all lines."""

    before: int
    after: int
    band: tuple[int, int] | None


@dataclass(frozen=True)
class RestRow:
    """One visit: where it stood, and its line of the proposal."""

    row: Row
    mark: str
    was_number: int
    was_day: date
    was_time: str
    was_gap: str
    moves: bool
    same_day: bool
    same_who: bool
    window: WindowLine | None = None


@dataclass(frozen=True)
class Way:
    """One of the three ways, with what it would change."""

    how: How
    word: str
    counts: str
    clashes: int
    query: str
    is_here: bool


def rest_rows(rest: Rest, sheet: Sheet, names: Names, *, may_overrule: bool) -> list[RestRow]:
    stands = sheet.plan.stands
    entries = tuple(sheet.entries[stand.visit.pk] for stand in stands)
    board = Board(
        sheet.plan.proposal,
        entries,
        note=sheet.note,
        picking=sheet.picking,
        options=sheet.options,
        pick_problem=sheet.pick_problem,
    )
    choices = rest.context.choices
    made = rows(board, choices, names, may_overrule=may_overrule, errors=dict(sheet.errors))
    windows = _windows(stands, names)
    return [
        RestRow(
            row=row if stand.moves else _staying(row, stand),
            mark=mark_of(stand.visit),
            was_number=stand.was.number,
            was_day=names.day(stand.was.slot.starts_at),
            was_time=names.time(stand.was.slot.starts_at),
            was_gap=gap_words(stand.was.gap),
            moves=stand.moves,
            same_day=names.day(stand.was.slot.starts_at) == row.day,
            same_who=stand.was.slot.clinician_id == stand.line.slot.clinician_id,
            window=window,
        )
        for row, stand, window in zip(made, stands, windows, strict=True)
    ]


def _staying(row: Row, stand: Stand) -> Row:
    """A visit that stays asks for no reason: a gap that grew is a fact, and it says so."""
    said = row.said if stand.line.findings else (Said("ok", "dash", _("Stays")),)
    return replace(row, said=said, asks="", refuses="", error="", why="")


def _windows(stands: Sequence[Stand], names: Names) -> list[WindowLine | None]:
    """Draw all windows on one axis, from the first day that any line knows to the last."""
    days = [names.day(slot.starts_at) for stand in stands for slot in (stand.was.slot, stand.line.slot)]
    bands = [stand.line.window for stand in stands if stand.line.window]
    days += [band.earliest for band in bands] + [band.latest for band in bands if band.latest]
    if not days:
        return []
    first, span = min(days), max(1, (max(days) - min(days)).days)

    def at(day: date) -> int:
        return 4 + (day - first).days * (AXIS - 8) // span

    found: list[WindowLine | None] = []
    for stand in stands:
        band, drawn = stand.line.window, None
        if band and band.latest and band.earliest <= band.latest:
            drawn = (at(band.earliest) - 3, at(band.latest) - at(band.earliest) + 6)
        before, after = (at(names.day(slot.starts_at)) for slot in (stand.was.slot, stand.line.slot))
        found.append(WindowLine(before, after, drawn))
    return found


def ways(rest: Rest, wish: Wish, names: Names) -> list[Way]:
    """Return the three ways, each with what it would change."""
    later = len(rest.later)
    words = {
        How.ONLY: _("Only this one"),
        How.LATER: ngettext("This and the later one", "This and the %(n)d later ones", later) % {"n": later},
        How.RESPACE: _("Re-space the rest") if wish.act != Act.CLINICIAN else _("All, and mend what clashes"),
    }
    return [
        Way(
            how,
            words[how],
            *_counted(rest, wish, how),
            query=wish.query(names.zone, how=how),
            is_here=how == wish.how,
        )
        for how in (How if later else [How.ONLY])
    ]


def _counted(rest: Rest, wish: Wish, how: How) -> tuple[str, int]:
    if wish.act in LOSES and how == How.LATER:
        count = len(rest.later) + 1
        return ngettext("%(n)d cancelled", "%(n)d cancelled", count) % {"n": count}, 0
    places, short = placed(rest, wish, how)
    plan = rest.judged(places, short, with_options=False)
    moved, clashes = len(plan.moved), plan.clashes
    if wish.act == Act.CLINICIAN:
        said = ngettext("%(n)d changes", "%(n)d change", moved) % {"n": moved}
    else:
        said = ngettext("%(n)d moves", "%(n)d move", moved) % {"n": moved} if moved else _("no other moves")
    clash = ngettext("%(n)d clashes", "%(n)d clash", clashes) % {"n": clashes}
    return f"{said}, {clash}" if clashes else said, clashes


@dataclass(frozen=True)
class Foot:
    """The sum of the lines, whether they can be saved, and the words of the button."""

    counts: tuple[Said, ...]
    why_not: str
    fix_words: str
    save_words: str


def foot(rest: Rest, wish: Wish, plan: Plan, *, may_overrule: bool) -> Foot:
    early = 0 if may_overrule else sum(_is_early(stand) for stand in plan.moved)
    return Foot(_counts(plan), _why_not(wish, plan, early), _fix_words(plan.clashes + early), _save(rest, wish, plan))


def _is_early(stand: Stand) -> bool:
    return not stand.line.stops and stand.line.mark == Mark.EARLY


def _counts(plan: Plan) -> tuple[Said, ...]:
    moved, stays = len(plan.moved), len(plan.stands) - len(plan.moved)
    late = sum(stand.line.found(Mark.LATE) is not None for stand in plan.stands)
    early = sum(_is_early(stand) for stand in plan.moved)
    found = [
        (Mark.FREE, stays, ngettext("%(n)d stays", "%(n)d stay", stays)),
        (Mark.MOVED, moved, ngettext("%(n)d moves", "%(n)d move", moved)),
        (Mark.LATE, late, ngettext("%(n)d late", "%(n)d late", late)),
        (Mark.EARLY, early, ngettext("%(n)d too early", "%(n)d too early", early)),
        (Mark.CLASH, plan.clashes, ngettext("%(n)d clashes", "%(n)d clash", plan.clashes)),
    ]
    return tuple(Said(*LOOKS[mark], words % {"n": count}) for mark, count, words in found if count)


def _why_not(wish: Wish, plan: Plan, early: int) -> str:
    if plan.clashes:
        words = ngettext("%(n)d line clashes: mend it first.", "%(n)d lines clash: mend them first.", plan.clashes)
        return words % {"n": plan.clashes}
    if early:
        words = ngettext(
            "%(n)d line is too early: mend it first.", "%(n)d lines are too early: mend them first.", early
        )
        return words % {"n": early}
    if not plan.moved and wish.act not in LOSES:
        return _("Nothing would change. Choose another time, or another way.")
    return ""


def _fix_words(count: int) -> str:
    return ngettext("Mend the line", "Mend %(n)d lines", count) % {"n": count} if count else ""


def _save(rest: Rest, wish: Wish, plan: Plan) -> str:
    moved = len(plan.moved)
    if wish.act in LOSES and wish.how == How.LATER:
        count = len(rest.later) + (wish.act == Act.CANCEL)
        words = (
            ngettext("Cancel %(n)d visit", "Cancel %(n)d visits", count)
            if wish.act == Act.CANCEL
            else ngettext("No-show, cancel %(n)d", "No-show, cancel %(n)d", count)
        )
        return words % {"n": count}
    if wish.act == Act.CANCEL:
        return (
            ngettext("Cancel it, move %(n)d", "Cancel it, move %(n)d", moved) % {"n": moved}
            if moved
            else _("Cancel it")
        )
    if wish.act == Act.NO_SHOW:
        return (
            ngettext("No-show, move %(n)d", "No-show, move %(n)d", moved) % {"n": moved}
            if moved
            else _("Note the no-show")
        )
    if wish.act == Act.CLINICIAN:
        return ngettext("Change %(n)d visit", "Change %(n)d visits", moved) % {"n": moved}
    return ngettext("Move %(n)d visit", "Move %(n)d visits", moved) % {"n": moved}


def pick_fields(rest: Rest, sheet: Sheet, names: Names) -> dict[str, object]:
    """Return what stands in the fields under Pick: what was typed, or the line's own day, time and clinician."""
    line = next((stand.line for stand in sheet.plan.stands if stand.line.number == sheet.picking), None)
    if line is None:
        return {}
    starts_at = line.slot.starts_at
    day = names.day(starts_at)
    own = (day_words(day, names.today), names.time(starts_at), str(line.slot.clinician_id))
    typed_day, wall, who = sheet.typed or own
    work = [row for row in rest.context.facts.hours if row.kind == "work"]
    shown = wall_time(starts_at, names.zone)
    opens, closes = min((row.starts for row in work), default=shown), max((row.ends for row in work), default=shown)
    times = clock_choices(shown, opens, closes, rest.context.clinic.grid_minutes)
    return {"day": typed_day, "iso": day.isoformat(), "time": wall or clock(shown), "who": who, "times": times}
