"""What the planner's form says: the choices above, the lines as they stand, the act. Nothing of it is trusted."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from clinic.lib.days import NoSuchTime, TwoSuchTimes, clock, instant
from clinic.lib.fields import DayField
from scheduling.forms.who import ANYONE, GONE, WhoField, read_who
from scheduling.planning.types import RHYTHM_WORDS, Choices, Rhythm, Slot
from treatments.named import Staff

AHEAD = timedelta(days=730)
"""Nobody plans a course further ahead: a year typed wrong is told, not searched."""
REASON_LENGTH = 200
WEEKDAYS = [
    (0, gettext_lazy("Mo"), gettext_lazy("Mon")),
    (1, gettext_lazy("Tu"), gettext_lazy("Tue")),
    (2, gettext_lazy("We"), gettext_lazy("Wed")),
    (3, gettext_lazy("Th"), gettext_lazy("Thu")),
    (4, gettext_lazy("Fr"), gettext_lazy("Fri")),
    (5, gettext_lazy("Sa"), gettext_lazy("Sat")),
    (6, gettext_lazy("Su"), gettext_lazy("Sun")),
]


class Unreadable(ValueError):
    """A line or a time that cannot be understood; its text is a sentence for the desk."""


@dataclass(frozen=True)
class Entry:
    """One line as the form carries it: its slot, whether a person set it, and the reason typed under it."""

    slot: Slot
    by_hand: bool = False
    reason: str = ""

    def token(self, zone: ZoneInfo) -> str:
        """Write the line for a hidden field: wall time, never UTC (design 4.10)."""
        slot = self.slot
        parts = (slot.clinician_id, slot.room_id or "", slot.device_id or "", "hand" if self.by_hand else "")
        return ",".join([f"{slot.starts_at.astimezone(zone):%Y-%m-%dT%H:%M}", *map(str, parts)])


def wall_instant(day: date, wall: time, zone: ZoneInfo) -> datetime:
    """Return the instant of a wall time, or say why there is none, or why there are two."""
    values = {"time": clock(wall), "day": day.isoformat()}
    try:
        return instant(day, wall, zone)
    except NoSuchTime as error:
        raise Unreadable(_("The clocks skip %(time)s on %(day)s. Choose another time.") % values) from error
    except TwoSuchTimes as error:
        raise Unreadable(_("The clocks show %(time)s twice on %(day)s. Choose another time.") % values) from error


def read_token(token: str, zone: ZoneInfo, today: date) -> Entry:
    """Read what `Entry.token` wrote, or raise Unreadable."""
    try:
        wall, clinician, room, device, hand = token.split(",")
        moment = datetime.strptime(wall, "%Y-%m-%dT%H:%M")  # noqa: DTZ007 - a wall time; `wall_instant` gives it its zone
        who, place, tool = _key(clinician), _key(room) if room else None, _key(device) if device else None
    except ValueError as error:
        raise Unreadable(_("A line could not be read.")) from error
    if not today - AHEAD <= moment.date() <= today + AHEAD + AHEAD:
        raise Unreadable(_("A line lies too far away."))
    return Entry(Slot(wall_instant(moment.date(), moment.time(), zone), who, place, tool), by_hand=hand == "hand")


def _key(text: str) -> int:
    """Read a row's number; one too large for the database is none."""
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise ValueError(text)
    return int(text)


@dataclass(frozen=True)
class Lines:
    """The lines that came, in their order, and a sentence for each that could not be read."""

    entries: tuple[Entry, ...]
    problems: tuple[str, ...] = ()


def read_lines(data: Mapping[str, Any], name: str, *, zone: ZoneInfo, today: date, first: int, at_most: int) -> Lines:
    """Read the hidden lines of a form, with the reasons under them; the sessions are numbered from `first`."""
    tokens = data.getlist(name) if hasattr(data, "getlist") else list(data.get(name, []))
    entries, problems = [], []
    for number, token in enumerate(tokens[:at_most], first):
        try:
            entry = read_token(token, zone, today)
        except Unreadable as error:
            values = {"number": number, "why": str(error)}
            problems.append(_("Session %(number)d was left out: %(why)s The others are kept.") % values)
            continue
        reason = str(data.get(f"reason-{number}", "")).replace("\x00", "").strip()[:REASON_LENGTH]
        entries.append(Entry(entry.slot, entry.by_hand, reason))
    return Lines(tuple(entries), tuple(problems))


class ChoicesForm(forms.Form):
    """The choices above the lines. A choice that cannot be read keeps its words, with a sentence beside it."""

    start_on = DayField(
        label=gettext_lazy("Start from"),
        error_messages={
            "required": gettext_lazy("Enter the day to start from."),
            "invalid": gettext_lazy("Enter a day such as 1 Dec 2026."),
        },
    )
    weekdays = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Days"),
        coerce=int,
        choices=[(number, word) for number, word, _name in WEEKDAYS],
        error_messages={
            "required": gettext_lazy("Choose one day at least."),
            "invalid_choice": gettext_lazy("Choose days of the week."),
        },
    )
    around = forms.TimeField(
        label=gettext_lazy("Around"),
        input_formats=["%H:%M"],
        error_messages={
            "required": gettext_lazy("Choose a time."),
            "invalid": gettext_lazy("Choose a time such as 14:00."),
        },
    )
    who = WhoField(label=gettext_lazy("With"), error_messages=GONE)
    rhythm = forms.ChoiceField(
        label=gettext_lazy("Rhythm"),
        choices=list(RHYTHM_WORDS.items()),
        error_messages={"invalid_choice": gettext_lazy("Choose a rhythm.")},
    )
    count = forms.IntegerField(label=gettext_lazy("Sessions"))

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        opening: Callable[[], Choices],
        staff: Staff,
        today: date,
        left: int,
    ) -> None:
        # What the planner opens with is read from the book: a form that is posted whole does not ask for it.
        super().__init__(data, initial=_initial(opening()) if data is None else None)
        self.opening, self.today, self.left = opening, today, left
        self.fields["who"].offer(staff)  # type: ignore[attr-defined]

    def clean_start_on(self) -> date:
        day = self.cleaned_data["start_on"]
        if day < self.today:
            raise forms.ValidationError(_("This day has passed. Enter today or a later one."))
        if day > self.today + AHEAD:
            raise forms.ValidationError(_("Enter a day within the next two years."))
        return day

    def clean_count(self) -> int:
        count = self.cleaned_data["count"]
        if 1 <= count <= self.left:
            return count
        words = ngettext(
            "This plan has %(n)d session left to book.", "This plan has %(n)d sessions left to book.", self.left
        )
        raise forms.ValidationError(words % {"n": self.left})

    def choices(self) -> Choices:
        """Return the choices; what could not be read is as the planner opened."""
        if not self.is_bound:
            return self.opening()
        if not self.is_valid():
            return self._over(self.opening())
        given = self.cleaned_data
        clinician_id, else_anyone = read_who(given["who"])
        return Choices(
            start_on=given["start_on"],
            weekdays=frozenset(given["weekdays"]),
            around=given["around"],
            clinician_id=clinician_id,
            else_anyone=else_anyone,
            rhythm=Rhythm(given["rhythm"]),
            count=given["count"],
        )

    def _over(self, opening: Choices) -> Choices:
        """Return what could be read over these choices."""
        given = self.cleaned_data
        clinician_id, else_anyone = read_who(given["who"]) if given.get("who") else (opening.clinician_id, True)
        return Choices(
            start_on=given.get("start_on", opening.start_on),
            weekdays=frozenset(given["weekdays"]) if given.get("weekdays") else opening.weekdays,
            around=given.get("around", opening.around),
            clinician_id=clinician_id,
            else_anyone=else_anyone,
            rhythm=Rhythm(given["rhythm"]) if given.get("rhythm") else opening.rhythm,
            count=given.get("count", min(opening.count, self.left)),
        )

    def errors_by_field(self) -> dict[str, str]:
        """Return the first sentence for each field, empty where all is well: the page keeps a place for each."""
        errors = self.errors if self.is_bound else {}
        return {name: str(errors[name][0]) if name in errors else "" for name in self.fields}


def _initial(opening: Choices) -> dict[str, Any]:
    return {
        "start_on": opening.start_on,
        "weekdays": sorted(opening.weekdays),
        "around": opening.around,
        "who": who_value(opening),
        "rhythm": opening.rhythm,
        "count": opening.count,
    }


def who_value(choices: Choices) -> str:
    if choices.clinician_id is None:
        return ANYONE
    return f"{choices.clinician_id}+" if choices.else_anyone else str(choices.clinician_id)


def clock_choices(around: time, opens: time, closes: time, grid_minutes: int) -> list[tuple[str, str]]:
    """Return the times at which a visit may start between two wall times, and the chosen one wherever it lies."""
    times = {clock(around)}
    for minute in range(opens.hour * 60 + opens.minute, closes.hour * 60 + closes.minute):
        if minute % grid_minutes == 0:
            times.add(f"{minute // 60:02d}:{minute % 60:02d}")
    return [(text, text) for text in sorted(times)]
