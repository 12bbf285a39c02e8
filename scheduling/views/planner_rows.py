"""The lines of the series planner in words: what each meets, what could stand instead, which reason it asks for."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clinic.lib.days import clock, day_words, local_day, span_words, wall_time
from clinic.models import Clinician, Room
from scheduling.forms.planner import Entry
from scheduling.planning.types import Choices, Finding, Line, Mark, Option, Slot
from scheduling.views.planner_acts import Board

LOOKS = {
    Mark.CLASH: ("bad", "exclamation-octagon-fill"),
    Mark.CLOSED: ("bad", "slash-circle-fill"),
    Mark.EARLY: ("bad", "exclamation-octagon-fill"),
    Mark.LATE: ("warn", "exclamation-triangle-fill"),
    Mark.MOVED: ("info", "arrow-return-right"),
    Mark.FREE: ("ok", "check2"),
}
"""How a mark is drawn: its level and icon (LOOK.md, Colour)."""


@dataclass(frozen=True)
class Names:
    """Names of those who could be meant, read once."""

    clinicians: dict[int, Clinician]
    rooms: dict[int, Room]
    zone: ZoneInfo
    today: date

    def clinician(self, key: int) -> str:
        return self.clinicians[key].name if key in self.clinicians else _("Not known")

    def short(self, key: int) -> str:
        return self.clinicians[key].short_name if key in self.clinicians else _("Not known")

    def room(self, key: int | None) -> str:
        return self.rooms[key].name if key in self.rooms else "–"

    def day(self, moment: datetime) -> date:
        return local_day(moment, self.zone)

    def time(self, moment: datetime) -> str:
        return clock(wall_time(moment, self.zone))


@dataclass(frozen=True)
class Said:
    """A finding as it is drawn."""

    level: str
    icon: str
    sentence: str


@dataclass(frozen=True)
class Choice:
    """A free time with a button that takes it."""

    act: str
    day: str
    time: str
    who: str
    short: str
    room: str
    gap: str
    words: str

    @property
    def label(self) -> str:
        return _("%(day)s, %(time)s with %(who)s") % {"day": self.day, "time": self.time, "who": self.who}


@dataclass(frozen=True)
class PickDay:
    """The free times of one day under Pick: the line's own clinician first, then each other."""

    day: str
    gap: str
    people: tuple[tuple[str, tuple[Choice, ...]], ...]


@dataclass(frozen=True)
class Row:
    """One line of the table, and what stands under it."""

    number: int
    token: str
    day: date
    shows_year: bool
    time: str
    clinician: str
    room: str
    is_first: bool
    gap: str
    gap_off: bool
    said: tuple[Said, ...]
    level: str
    best: Choice | None = None
    stuck: str = ""
    may_fall: str = ""
    others: tuple[Choice, ...] = ()
    note: str = ""
    asks: str = ""
    refuses: str = ""
    why: str = ""
    reason: str = ""
    error: str = ""
    picking: bool = False
    pick_days: tuple[PickDay, ...] = ()
    pick_problem: str = ""
    by_hand: bool = False

    @property
    def has_more(self) -> bool:
        """Whether something stands under the line and belongs to it."""
        return bool(self.note or self.asks or self.refuses or self.picking or self.best or self.stuck)


def gap_words(gap: int | None) -> str:
    return _("first") if gap is None else ngettext("%(n)d day", "%(n)d days", gap) % {"n": gap}


def rows(
    board: Board, choices: Choices, names: Names, *, may_overrule: bool, errors: dict[int, str] | None = None
) -> list[Row]:
    """Write the lines out. `errors` are the sentences for reason fields that Book found empty."""
    usual_room = _usual([line.slot.room_id for line in board.proposal.lines])
    made, year = [], names.today.year
    for line, entry in zip(board.proposal.lines, board.entries, strict=True):
        day = names.day(line.slot.starts_at)
        made.append(
            Row(
                number=line.number,
                token=entry.token(names.zone),
                day=day,
                shows_year=day.year != year,
                time=names.time(line.slot.starts_at),
                clinician=names.clinician(line.slot.clinician_id),
                room=names.room(line.slot.room_id),
                is_first=line.gap is None,
                gap=gap_words(line.gap),
                gap_off=not line.gap_is_ideal,
                said=_said(line, choices, names, usual_room),
                level=_level(line),
                by_hand=entry.by_hand,
                why="" if entry.by_hand else line.why,
                **_mending(line, board, names),
                **_reasons(line, entry, may_overrule, (errors or {}).get(line.number, "")),
            )
        )
        year = day.year
    return made


def _usual(rooms: Sequence[int | None]) -> int | None:
    """Return the room of most lines; None when there is no such room, and then no line stands out."""
    found = Counter(room for room in rooms if room is not None).most_common(1)
    return found[0][0] if found and found[0][1] * 2 > len(rooms) else None


def _level(line: Line) -> str:
    return "" if line.mark in {Mark.FREE, Mark.MOVED} else LOOKS[line.mark][0]


def _said(line: Line, choices: Choices, names: Names, usual_room: int | None) -> tuple[Said, ...]:
    findings = line.findings or (Finding(Mark.FREE, _free_words(line.slot, choices, names, usual_room)),)
    return tuple(Said(*LOOKS[finding.mark], finding.sentence) for finding in findings)


def _free_words(slot: Slot, choices: Choices, names: Names, usual_room: int | None) -> str:
    """Say "Free", and what differs from the rest of the course."""
    if choices.clinician_id is not None and slot.clinician_id != choices.clinician_id:
        return _("Free, with %(name)s") % {"name": names.short(slot.clinician_id)}
    if usual_room is not None and slot.room_id != usual_room:
        return _("Free, in %(room)s") % {"room": names.room(slot.room_id)}
    return _("Free")


def _mending(line: Line, board: Board, names: Names) -> dict[str, Any]:
    found = [_choice(line, option, names) for option in line.options]
    picking = board.picking == line.number
    return {
        "best": found[0] if found else None,
        "others": tuple(found[1:]),
        "stuck": "" if found or not line.stops else _stuck_words(line, names),
        "may_fall": _may_fall(line, names),
        "note": board.note[1] if board.note and board.note[0] == line.number else "",
        "picking": picking,
        "pick_days": _pick_days(line, board.options, names) if picking else (),
        "pick_problem": board.pick_problem if picking else "",
    }


def _window_words(line: Line, names: Names) -> str:
    """Return the days on which a session may fall: "29 Dec – 5 Jan", or nothing when no neighbour bounds them."""
    window = line.window
    if window is None or window.latest is None or window.latest < window.earliest:
        return ""
    return span_words(window.earliest, window.latest, names.today)


def _may_fall(line: Line, names: Names) -> str:
    days = _window_words(line, names)
    return _("May fall %(days)s") % {"days": days} if days else ""


def _stuck_words(line: Line, names: Names) -> str:
    days = _window_words(line, names)
    if not days:
        return _("No time is free near this day. Fix looks further, or pick another day.")
    return _("No time is free %(days)s. Fix moves its neighbours too, or pick another day.") % {"days": days}


def _choice(line: Line, option: Option, names: Names) -> Choice:
    slot, day = option.slot, names.day(option.slot.starts_at)
    return Choice(
        act=f"use-{line.number}={Entry(slot).token(names.zone)}",
        day=_beside(line, day, names),
        time=names.time(slot.starts_at),
        who=names.clinician(slot.clinician_id),
        short=names.short(slot.clinician_id),
        room=names.room(slot.room_id),
        gap="" if option.gap is None else gap_words(option.gap),
        words=option.words,
    )


def _beside(line: Line, day: date, names: Names) -> str:
    """Write a day that stands under its line: the year only where it differs from the line's."""
    same = day.year == names.day(line.slot.starts_at).year
    return day_words(day, day if same else names.today)


def _pick_days(line: Line, options: Iterable[Option], names: Names) -> tuple[PickDay, ...]:
    own = line.slot.clinician_id
    ordered = sorted(options, key=lambda option: (names.day(option.slot.starts_at), _own_first(option, own)))
    made = []
    for day, group in groupby(ordered, key=lambda option: names.day(option.slot.starts_at)):
        of_day = list(group)
        people = tuple(
            (names.short(who), tuple(_choice(line, option, names) for option in theirs))
            for who, theirs in groupby(of_day, key=lambda option: option.slot.clinician_id)
        )
        gap = of_day[0].gap
        made.append(PickDay(_beside(line, day, names), gap_words(gap), people))
    return tuple(made)


def _own_first(option: Option, own: int) -> tuple[bool, int, datetime]:
    return option.slot.clinician_id != own, option.slot.clinician_id, option.slot.starts_at


def _reasons(line: Line, entry: Entry, may_overrule: bool, error: str) -> dict[str, Any]:
    """Say which reason a line asks for, or why this person cannot book it so."""
    marks = {finding.mark for finding in line.findings}
    if line.stops:
        return {}
    if Mark.EARLY in marks:
        if may_overrule:
            return {"asks": _("Why so near?"), "reason": entry.reason, "error": error}
        return {"refuses": _("Choose another day. Only a clinician may book it so near, with a reason.")}
    if Mark.LATE in marks:
        return {"asks": _("Why so late?"), "reason": entry.reason, "error": error}
    return {}


def reason_errors(board: Board, *, may_overrule: bool) -> dict[int, str]:
    """Return a sentence for each line that asks for a reason and has none."""
    errors = {}
    for line, entry in zip(board.proposal.lines, board.entries, strict=True):
        asked = _reasons(line, entry, may_overrule, "")
        if asked.get("asks") and not entry.reason:
            errors[line.number] = _("Write why. Nothing was saved.")
    return errors
