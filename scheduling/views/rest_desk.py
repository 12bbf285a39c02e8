"""What a press of a button makes of the lines of "the rest of the course". Reads only: nothing is saved before Save."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clinic.lib.days import clock, day_words, local_day, wall_time
from clinic.lib.fields import read_day
from scheduling.forms.planner import Entry, Unreadable, read_token, wall_instant
from scheduling.forms.rest import Posted, Wish
from scheduling.models import Appointment
from scheduling.planning.rest import LOSES, Act, How, Plan, Rest
from scheduling.planning.types import Option, Slot


@dataclass(frozen=True)
class Sheet:
    """The lines after an act: the plan that they make, what each carries by visit, and what was done in words."""

    plan: Plan
    entries: Mapping[int, Entry]
    said: str = ""
    note: tuple[int, str] | None = None
    picking: int | None = None
    options: tuple[Option, ...] = ()
    pick_problem: str = ""
    typed: tuple[str, str, str] | None = None
    problems: tuple[str, ...] = ()
    focus: str = ""
    errors: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Desk:
    """What an act works on: the rest of the course, the wish, and the lines that came, by visit."""

    rest: Rest
    wish: Wish
    posted: Posted | None
    data: Mapping[str, Any]
    zone: ZoneInfo
    now: datetime

    @property
    def today(self) -> date:
        return local_day(self.now, self.zone)

    @property
    def is_true(self) -> bool:
        """Say whether the lines that came are those of the course as it stands now."""
        shown = set(self.posted.visits) if self.posted else set()
        lines = 0 if self.all_go else len(shown)
        return shown == {mark_of(visit) for visit in self.rest.visits} and lines == len(self._order)

    @property
    def all_go(self) -> bool:
        """Whether the later visits are lost with the first: then no line is left to be worked on."""
        return self.wish.act in LOSES and self.wish.how == How.LATER

    @property
    def _order(self) -> Sequence[Entry]:
        return self.posted.entries if self.posted else ()

    def entries(self) -> dict[int, Entry]:
        """Return what the lines carry, by visit."""
        keys = {mark_of(visit): visit.pk for visit in self.rest.visits}
        posted = None if self.all_go else self.posted
        return {keys[mark]: entry for mark, entry in zip(posted.visits, posted.entries, strict=True)} if posted else {}

    def at(self, number: int) -> int:
        """Return the visit in a numbered line, or raise Unreadable."""
        if self.posted is None:
            raise Unreadable(_("There is no such session here."))
        try:
            index = self.posted.at(number)
        except Unreadable as error:
            raise Unreadable(_("There is no session %(number)d here.") % {"number": number}) from error
        return list(self.entries())[index]

    def sheet(self, entries: Mapping[int, Entry], shortfall: str = "", **fields: Any) -> Sheet:
        plan = self.rest.judged({pk: entry.slot for pk, entry in entries.items()}, shortfall)
        # The room that is free then goes with the line.
        kept = {
            stand.visit.pk: replace(entries[stand.visit.pk], slot=stand.line.slot)
            for stand in plan.stands
            if stand.visit.pk in entries
        }
        return Sheet(plan, kept, **fields)


def mark_of(visit: Appointment) -> str:
    """Name a visit as the form carries it: the book is the same while every visit has its version."""
    return f"{visit.public_id}.{visit.version}"


def proposed(desk: Desk, how: How | None = None, **fields: Any) -> Sheet:
    """The lines as the wish would have them. Where the act sets the first one, that one is pinned."""
    rest, wish = desk.rest, desk.wish
    places, short = placed(rest, wish, how or wish.how)
    pinned = {rest.visit.pk} if wish.act == Act.MOVE else set()
    entries = {pk: Entry(slot, by_hand=pk in pinned) for pk, slot in places.items()}
    return desk.sheet(entries, short, **fields)


def placed(rest: Rest, wish: Wish, how: How) -> tuple[dict[int, Slot], str]:
    """Return where the visits stand in one of the three ways, and what is short."""
    if how == How.ONLY:
        return rest.only(wish.to), ""
    if how == How.LATER:
        return rest.shifted(wish.to), ""
    if wish.act == Act.CLINICIAN:
        return rest.mended(rest.shifted())
    if wish.act == Act.MOVE:
        return rest.respaced(rest.only(wish.to), [rest.visit.pk])
    return rest.respaced()


def perform(desk: Desk, act: str) -> Sheet:
    """Do what the button says."""
    verb, _dash, argument = act.partition("-")
    try:
        return ACTS.get(verb, _look)(desk, argument)
    except Unreadable as error:
        return desk.sheet(desk.entries(), said=str(error), problems=(str(error),))


def _look(desk: Desk, _argument: str) -> Sheet:
    return desk.sheet(desk.entries())


def _plan(desk: Desk, _argument: str) -> Sheet:
    """Space the rest anew around what is pinned."""
    entries = desk.entries()
    pinned = [pk for pk, entry in entries.items() if entry.by_hand]
    places, short = desk.rest.respaced({pk: entry.slot for pk, entry in entries.items()}, pinned)
    return _changed(desk, places, short)


def _fix(desk: Desk, _argument: str) -> Sheet:
    places, short = desk.rest.mended({pk: entry.slot for pk, entry in desk.entries().items()})
    return _changed(desk, places, short)


def _changed(desk: Desk, places: Mapping[int, Slot], short: str) -> Sheet:
    before = desk.entries()
    count = sum(before[pk].slot.starts_at != slot.starts_at for pk, slot in places.items())
    said = ngettext("%(n)d date changed.", "%(n)d dates changed.", count) % {"n": count}
    return desk.sheet({pk: replace(before[pk], slot=slot) for pk, slot in places.items()}, short, said=said)


def _pin(desk: Desk, argument: str) -> Sheet:
    pk, entries = desk.at(_number(argument)), desk.entries()
    entries[pk] = replace(entries[pk], by_hand=not entries[pk].by_hand)
    said = _("It stays when you plan again.") if entries[pk].by_hand else _("It may move when you plan again.")
    return desk.sheet(entries, said=said)


def _shift(desk: Desk, argument: str, step: int) -> Sheet:
    number = _number(argument)
    pk, entries = desk.at(number), desk.entries()
    slot = desk.rest.next_free({key: entry.slot for key, entry in entries.items()}, pk, step)
    if slot is None:
        words = (
            _("No earlier time is free for this session.") if step < 0 else _("No later time is free for this session.")
        )
        return desk.sheet(entries, said=words, note=(number, words))
    return _set(desk, pk, slot)


def _set(desk: Desk, pk: int, slot: Slot, focus: str = "") -> Sheet:
    entries = desk.entries()
    entries[pk] = replace(entries[pk], slot=slot, by_hand=True)
    sheet = desk.sheet(entries)
    line = next(stand.line for stand in sheet.plan.stands if stand.visit.pk == pk)
    values = {
        "number": line.number,
        "day": day_words(local_day(slot.starts_at, desk.zone), desk.today),
        "time": clock(wall_time(slot.starts_at, desk.zone)),
    }
    said = _("Session %(number)d: now %(day)s, %(time)s.") % values
    return replace(sheet, said=said, focus=f"{focus}-{line.number}" if focus else "")


def _use(desk: Desk, argument: str) -> Sheet:
    number, _equals, token = argument.partition("=")
    return _set(desk, desk.at(_number(number)), read_token(token, desk.zone, desk.today).slot, focus="pick")


def _pick(desk: Desk, argument: str, **fields: Any) -> Sheet:
    number = _number(argument)
    pk, entries = desk.at(number), desk.entries()
    found = desk.rest.options({key: entry.slot for key, entry in entries.items()}, pk)
    return desk.sheet(entries, picking=number, options=tuple(found), **fields)


def _take(desk: Desk, argument: str) -> Sheet:
    """Take the day, time and clinician typed under Pick, whatever they meet: the line then says it."""
    pk = desk.at(_number(argument))
    try:
        slot = _typed(desk, desk.entries()[pk].slot)
    except Unreadable as error:
        day, wall, who = (str(desk.data.get(name, "")) for name in ("pick_day", "pick_time", "pick_who"))
        problem = str(error)
        return _pick(desk, argument, pick_problem=problem, said=problem, typed=(day, wall, who))
    return _set(desk, pk, slot, focus="pick")


def _typed(desk: Desk, slot: Slot) -> Slot:
    day, clinician = read_day(str(desk.data.get("pick_day", "")), desk.today), str(desk.data.get("pick_who", ""))
    try:
        wall = time.fromisoformat(str(desk.data.get("pick_time", "")))
    except ValueError as error:
        raise Unreadable(_("Choose a time such as 14:00.")) from error
    if day is None or not desk.today <= day <= desk.today + timedelta(days=730):
        raise Unreadable(_("Enter a day from today on, within the next two years."))
    if not (clinician.isascii() and clinician.isdigit() and len(clinician) <= 9):
        raise Unreadable(_("Choose a clinician."))
    return replace(slot, starts_at=wall_instant(day, wall.replace(tzinfo=None), desk.zone), clinician_id=int(clinician))


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 3):
        raise Unreadable(_("There is no such session here."))
    return int(text)


ACTS: dict[str, Callable[[Desk, str], Sheet]] = {
    "plan": _plan,
    "fix": _fix,
    "pin": _pin,
    "earlier": lambda desk, argument: _shift(desk, argument, -1),
    "later": lambda desk, argument: _shift(desk, argument, 1),
    "pick": _pick,
    "use": _use,
    "take": _take,
}
