"""What a press of a button in the series planner makes of the lines. Reads only: nothing is saved before Book."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clinic.lib.days import clock, day_words, local_day, wall_time
from clinic.lib.fields import read_day
from scheduling.forms.planner import Entry, Lines, Unreadable, read_token, wall_instant
from scheduling.planning import planner
from scheduling.planning.loading import first_free_number
from scheduling.planning.types import RHYTHM_DAYS, Choices, Mark, Option, Proposal, Slot, WayKind
from treatments.models import TreatmentPlan


@dataclass(frozen=True)
class Board:
    """The planner after an act: the lines and what goes with each, what was done in words, and where to go on."""

    proposal: Proposal
    entries: tuple[Entry, ...] = ()
    said: str = ""
    hint: str = ""
    note: tuple[int, str] | None = None
    former: tuple[Entry, ...] = ()
    picking: int | None = None
    options: tuple[Option, ...] = ()
    pick_problem: str = ""
    typed: tuple[str, str, str] | None = None
    problems: tuple[str, ...] = ()
    focus: str = ""
    touched: int | None = None

    @property
    def current(self) -> int | None:
        """The line that the strip tells about: the one worked on, else the first that needs a look."""
        if self.picking or self.touched:
            return self.picking or self.touched
        worst = sorted(self.proposal.lines, key=lambda line: list(Mark).index(line.mark))
        return worst[0].number if worst else None


@dataclass(frozen=True)
class Desk:
    """What an act works on: the plan, the choices, the lines that came, and the other fields of the form."""

    plan: TreatmentPlan
    choices: Choices
    lines: Lines
    now: datetime
    zone: ZoneInfo
    left: int
    shown_first: int
    data: Mapping[str, Any]

    @property
    def entries(self) -> tuple[Entry, ...]:
        return self.lines.entries

    @property
    def slots(self) -> list[Slot]:
        return [entry.slot for entry in self.entries]

    @property
    def today(self) -> date:
        return local_day(self.now, self.zone)

    def by_hand(self) -> list[int]:
        """Return the numbers of the lines that a person set."""
        return [number for number, entry in enumerate(self.entries, self.shown_first) if entry.by_hand]

    def at(self, number: int) -> int:
        """Return the index of a session's line, or raise Unreadable when there is none."""
        index = number - self.shown_first
        if not 0 <= index < len(self.entries):
            raise Unreadable(_("There is no session %(number)d here.") % {"number": number})
        return index

    def board(self, proposal: Proposal, **fields: Any) -> Board:
        """Carry marks and reasons over to the lines that kept their time."""
        before = {entry.slot.starts_at: entry for entry in self.entries}
        entries = [
            replace(before.get(line.slot.starts_at, Entry(line.slot)), slot=line.slot) for line in proposal.lines
        ]
        problems = (*self.lines.problems, *fields.pop("problems", ()))
        return Board(proposal, tuple(entries), problems=problems, **fields)


def opened(desk: Desk) -> Board:
    """The course as it is wished, before anybody has touched it."""
    return desk.board(planner.propose(desk.plan, desk.choices, desk.now))


def judged(desk: Desk, **fields: Any) -> Board:
    return desk.board(planner.judge(desk.plan, desk.choices, desk.slots, desk.now), **fields)


def _propose(desk: Desk, _argument: str) -> Board:
    """Make all dates anew. What a person had set is kept beside them, to be put back."""
    made = planner.propose(desk.plan, desk.choices, desk.now)
    count = len(made.lines)
    said = ngettext("%(n)d new date.", "%(n)d new dates.", count) % {"n": count}
    numbers = desk.by_hand()
    board = replace(desk, lines=Lines((), desk.lines.problems)).board(made, said=said)
    if not numbers:
        return board
    gone = _("%(said)s %(sessions)s had been set by hand.") % {"said": said, "sessions": sessions_words(numbers)}
    return replace(board, said=gone, hint=gone, former=desk.entries)


def _choose(desk: Desk, argument: str) -> Board:
    """A choice changed: new dates, unless a person set some. Those stay until new ones are asked for."""
    numbers = desk.by_hand()
    if not numbers:
        return _propose(desk, argument)
    hint = _("%(sessions)s: set by hand, so all dates stay. Propose again makes new ones.") % {
        "sessions": sessions_words(numbers)
    }
    return judged(desk, said=hint, hint=hint)


def sessions_words(numbers: Sequence[int]) -> str:
    words = ngettext("Session %(numbers)s", "Sessions %(numbers)s", len(numbers))
    return words % {"numbers": ", ".join(map(str, numbers))}


def _restore(desk: Desk, _argument: str) -> Board:
    return judged(desk, said=_("Your dates are back."), focus="opt-go")


def _fewer(desk: Desk, _argument: str) -> Board:
    kept = replace(desk, lines=replace(desk.lines, entries=desk.entries[: max(1, len(desk.entries) - 1)]))
    return judged(kept, said=_count_words(len(kept.entries)))


def _more(desk: Desk, _argument: str) -> Board:
    """Add one session after the last, in the rhythm; the lines that stand stay as they are."""
    if len(desk.entries) >= desk.left:
        return judged(desk)
    last = max(desk.slots, key=lambda slot: slot.starts_at)
    pace = RHYTHM_DAYS.get(desk.choices.rhythm, desk.plan.interval_ideal)
    pace = min(max(pace, desk.plan.interval_min), desk.plan.interval_max)
    after = replace(desk.choices, count=1, start_on=local_day(last.starts_at, desk.zone) + timedelta(days=pace))
    added = planner.propose(desk.plan, after, desk.now)
    entries = desk.entries + tuple(Entry(slot) for slot in added.slots)
    return judged(replace(desk, lines=replace(desk.lines, entries=entries)), said=_count_words(len(entries)))


def _count_words(count: int) -> str:
    return ngettext("%(n)d session.", "%(n)d sessions.", count) % {"n": count}


def _fix(desk: Desk, _argument: str) -> Board:
    mended = planner.mend(desk.plan, desk.choices, desk.slots, desk.now)
    before = {(slot.starts_at, slot.clinician_id) for slot in desk.slots}
    after = {(slot.starts_at, slot.clinician_id) for slot in mended.slots}
    changed = len(after - before)
    said = ngettext("%(n)d date changed.", "%(n)d dates changed.", changed) % {"n": changed}
    board = desk.board(mended, said=said, focus="fix" if mended.clashes else "book")
    entries = enumerate(desk.entries, desk.shown_first)
    moved = [n for n, one in entries if one.by_hand and (one.slot.starts_at, one.slot.clinician_id) not in after]
    if not moved:
        return board
    words = ngettext(
        "%(sessions)s was set by hand and had to move.", "%(sessions)s were set by hand and had to move.", len(moved)
    )
    hint = words % {"sessions": sessions_words(moved)}
    return replace(board, said=f"{said} {hint}", hint=hint, former=desk.entries)


def _lift(desk: Desk, argument: str) -> Board:
    """Take one of the ways out that were offered."""
    if argument not in {WayKind.CLINICIAN, WayKind.GAP}:
        raise Unreadable(_("There is no such way out here."))
    made = planner.lift(desk.plan, desk.choices, desk.slots, WayKind(argument), desk.now)
    said = (
        _("The whole course fits now.") if not made.clashes else _("The book has changed: that is not enough any more.")
    )
    return desk.board(made, said=said, hint=said, focus="fix" if made.clashes else "book")


def _shift(desk: Desk, argument: str, step: int) -> Board:
    index = desk.at(_number(argument))
    number = first_free_number(desk.plan) + index
    moved = planner.shift(desk.plan, desk.choices, desk.slots, number, step, desk.now)
    before = {slot.starts_at for slot in desk.slots}
    new = next((slot for slot in moved.slots if slot.starts_at not in before), None)
    if new is None:
        words = (
            _("No earlier time is free for this session.") if step < 0 else _("No later time is free for this session.")
        )
        return desk.board(moved, said=words, note=(number, words), touched=number)
    return _set(desk, index, new, moved)


def _set(desk: Desk, index: int, slot: Slot, made: Proposal | None = None, focus: str = "") -> Board:
    """Put a slot into a line; it keeps its reason and is now set by hand."""
    entries = list(desk.entries)
    entries[index] = replace(entries[index], slot=slot, by_hand=True)
    after = replace(desk, lines=replace(desk.lines, entries=tuple(entries)))
    proposal = made or planner.judge(desk.plan, desk.choices, after.slots, desk.now)
    line = next((line for line in proposal.lines if line.slot.starts_at == slot.starts_at), proposal.lines[index])
    values = {
        "number": line.number,
        "day": day_words(local_day(slot.starts_at, desk.zone), desk.today),
        "time": clock(wall_time(slot.starts_at, desk.zone)),
    }
    said = _("Session %(number)d: now %(day)s, %(time)s.") % values
    return after.board(proposal, said=said, focus=f"{focus}-{line.number}" if focus else "", touched=line.number)


def _use(desk: Desk, argument: str) -> Board:
    number, _equals, token = argument.partition("=")
    index = desk.at(_number(number))
    return _set(desk, index, read_token(token, desk.zone, desk.today).slot, focus="pick")


def _pick(desk: Desk, argument: str) -> Board:
    return _picking(desk, _number(argument))


def _picking(desk: Desk, number: int, problem: str = "") -> Board:
    number = first_free_number(desk.plan) + desk.at(number)
    options = planner.pick_list(desk.plan, desk.choices, desk.slots, number, desk.now)
    return judged(desk, picking=number, options=tuple(options), pick_problem=problem, said=problem)


def _take(desk: Desk, argument: str) -> Board:
    """Take the day, time and clinician typed under Pick, whatever they meet: the line then says it."""
    number = _number(argument)
    index = desk.at(number)
    try:
        slot = _typed(desk, desk.entries[index].slot)
    except Unreadable as error:
        board = _picking(desk, number, str(error))
        day, wall, who = (str(desk.data.get(name, "")) for name in ("pick_day", "pick_time", "pick_who"))
        return replace(board, typed=(day, wall, who), focus=f"take-{number}")
    return _set(desk, index, slot, focus="pick")


def _typed(desk: Desk, slot: Slot) -> Slot:
    day = read_day(str(desk.data.get("pick_day", "")), desk.today)
    try:
        wall = time.fromisoformat(str(desk.data.get("pick_time", "")))
    except ValueError as error:
        raise Unreadable(_("Choose a time such as 14:00.")) from error
    if day is None:
        raise Unreadable(_("Enter a day such as 15 Dec 2026."))
    if not desk.today <= day <= desk.today + timedelta(days=1100):
        raise Unreadable(_("Enter a day from today on, within three years."))
    clinician = str(desk.data.get("pick_who", ""))
    if not (clinician.isascii() and clinician.isdigit() and len(clinician) <= 9):
        raise Unreadable(_("Choose a clinician."))
    return replace(slot, starts_at=wall_instant(day, wall.replace(tzinfo=None), desk.zone), clinician_id=int(clinician))


def _close(desk: Desk, argument: str) -> Board:
    return judged(desk, focus=f"pick-{argument}", touched=_number(argument))


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 3):
        raise Unreadable(_("There is no such session here."))
    return int(text)


ACTS: dict[str, Callable[[Desk, str], Board]] = {
    "propose": _propose,
    "choose": _choose,
    "restore": _restore,
    "fewer": _fewer,
    "more": _more,
    "fix": _fix,
    "lift": _lift,
    "earlier": lambda desk, argument: _shift(desk, argument, -1),
    "later": lambda desk, argument: _shift(desk, argument, 1),
    "pick": _pick,
    "use": _use,
    "take": _take,
    "close": _close,
}


def perform(desk: Desk, act: str) -> Board:
    """Do what the button says. Without lines there is nothing to work on: then they are proposed anew."""
    verb, _dash, argument = act.partition("-")
    if not desk.entries:
        made = _propose(desk, "")
        return replace(made, problems=(*made.problems, _("No dates came with this page, so these are new ones.")))
    if verb not in ACTS:
        return judged(desk)
    try:
        return ACTS[verb](desk, argument)
    except Unreadable as error:
        board = judged(desk)
        return replace(board, said=str(error), problems=(*board.problems, str(error)))
