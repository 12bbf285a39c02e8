"""What the hours screens send: a week, one day, an absence, a closure. Days and times as people type them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.forms.boundfield import BoundField
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinic.lib.days import clock, midnight
from clinic.lib.fields import SHORT, ClockField, DayField
from scheduling.forms.planner import AHEAD, Unreadable, wall_instant
from scheduling.forms.visits import ActForm
from scheduling.models import HoursKind
from scheduling.planning.workday import Walls
from scheduling.services.hours_rules import WeekSpan

BEHIND = timedelta(days=366)
"""An absence that began longer ago was typed wrong."""
PARTS = [
    ("work1", HoursKind.WORK, gettext_lazy("works")),
    ("work2", HoursKind.WORK, gettext_lazy("works again")),
    ("break1", HoursKind.BREAK, gettext_lazy("break")),
    ("break2", HoursKind.BREAK, gettext_lazy("second break")),
]
NARROW = forms.TextInput(SHORT | {"class": "form-control hours-clock"})


def day_field(label: Any, *, required: bool = True, needed: Any = "") -> DayField:  # noqa: ANN401 - lazy words
    return DayField(
        label=label,
        required=required,
        nearest=True,
        error_messages={"required": needed, "invalid": gettext_lazy("Enter a day such as 1 Dec 2026.")},
    )


@dataclass(frozen=True)
class SpanFields:
    """From and until of one span of a form."""

    label: str
    kind: str
    since: BoundField
    until: BoundField


@dataclass(frozen=True)
class WeekRow:
    """A weekday of the form: its spans, and what is wrong in it."""

    name: str
    spans: list[SpanFields]

    @property
    def errors(self) -> list[str]:
        fields = [field for span in self.spans for field in (span.since, span.until)]
        return list(dict.fromkeys(str(error) for field in fields for error in field.errors))

    @property
    def id(self) -> str:
        return f"{self.spans[0].since.auto_id}_row"


class HoursForm(ActForm):
    """A form about one day or more from today on."""

    def __init__(self, data: Mapping[str, Any] | None, *, today: date, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.today = today

    def keep_ahead(self, name: str, *, behind: timedelta = timedelta(0)) -> None:
        """Refuse a day that has passed, or lies so far off that it was typed wrong."""
        day = self.cleaned_data.get(name)
        if day and day < self.today - behind:
            self.add_error(name, _("This day has passed. Enter today or a later one."))
        elif day and day > self.today + AHEAD:
            self.add_error(name, _("Enter a day within the next two years."))

    def add_span(self, name: str, label: str) -> None:
        for end, word in (("from", _("from")), ("until", _("until"))):
            self.fields[f"{name}_{end}"] = ClockField(label=f"{label} {word}", required=False, widget=NARROW)

    def span(self, name: str) -> Walls | None:
        """Return a span when it has both ends in order; say what is missing when it has one."""
        since, until = (self.cleaned_data.get(f"{name}_{end}") for end in ("from", "until"))
        bad = any(f"{name}_{end}" in self.errors for end in ("from", "until"))
        if bad or (since is None and until is None):
            return None
        if since is None or until is None:
            missing = "from" if since is None else "until"
            self.add_error(f"{name}_{missing}", _("Enter both times, or neither."))
        elif until <= since:
            self.add_error(f"{name}_until", _("Enter a time after %(time)s.") % {"time": clock(since)})
        else:
            return since, until
        return None


class WeekForm(HoursForm):
    """The weekly hours: for each weekday two spans of work and two breaks at most."""

    valid_from = day_field(gettext_lazy("From the day"), needed=gettext_lazy("Enter the day from which they hold."))

    def __init__(self, data: Mapping[str, Any] | None, *, today: date, spans: Iterable[WeekSpan] = ()) -> None:
        super().__init__(data, today=today, initial={"valid_from": today + timedelta(days=1)} | _initial(spans))
        for weekday, name in WEEKDAYS.items():
            for part, _kind, word in PARTS:
                self.add_span(f"d{weekday}_{part}", f"{name}, {word}")

    @property
    def rows(self) -> list[WeekRow]:
        return [
            WeekRow(
                str(name),
                [
                    SpanFields(str(word), kind, self[f"d{weekday}_{part}_from"], self[f"d{weekday}_{part}_until"])
                    for part, kind, word in PARTS
                ],
            )
            for weekday, name in WEEKDAYS.items()
        ]

    def clean(self) -> dict[str, Any]:
        found = super().clean() or self.cleaned_data
        self.keep_ahead("valid_from")
        spans = []
        for weekday in WEEKDAYS:
            spans += self._weekday(weekday)
        found["spans"] = spans
        return found

    def _weekday(self, weekday: int) -> list[WeekSpan]:
        """Return the spans of a weekday, each refusal beside the time that makes it."""
        named = {part: self.span(f"d{weekday}_{part}") for part, _kind, _word in PARTS}
        for first, second in (("work1", "work2"), ("break1", "break2")):
            one, other = named[first], named[second]
            if one and other and one[0] < other[1] and other[0] < one[1]:
                words = _("This overlaps %(from)s – %(until)s.") % {"from": clock(one[0]), "until": clock(one[1])}
                self.add_error(f"d{weekday}_{second}_from", words)
        work = [span for part in ("work1", "work2") if (span := named[part])]
        for part in ("break1", "break2"):
            rest = named[part]
            if rest and not any(since <= rest[0] and rest[1] <= until for since, until in work):
                self.add_error(f"d{weekday}_{part}_from", _("The break lies outside the hours of this day."))
        return [WeekSpan(weekday, *span, kind) for part, kind, _word in PARTS if (span := named[part])]


def _initial(spans: Iterable[WeekSpan]) -> dict[str, Any]:
    """Return the opening values of the fields of a week; of more than two spans a day the first two."""
    found: dict[str, Any] = {}
    for span in sorted(spans):
        name = "work" if span.kind == HoursKind.WORK else "break"
        for number in (1, 2):
            field = f"d{span.weekday}_{name}{number}"
            if f"{field}_from" not in found:
                found |= {f"{field}_from": span.starts, f"{field}_until": span.ends}
                break
    return found


class ChangeForm(HoursForm):
    """One day: other hours, or none."""

    on = day_field(gettext_lazy("Day"), needed=gettext_lazy("Enter the day."))
    works = forms.ChoiceField(
        label=gettext_lazy("On this day"),
        choices=[("other", gettext_lazy("Works other hours")), ("none", gettext_lazy("Does not work"))],
        initial="other",
        error_messages={"required": gettext_lazy("Choose one."), "invalid_choice": gettext_lazy("Choose one.")},
    )
    note = forms.CharField(
        label=gettext_lazy("Why"),
        required=False,
        max_length=80,
        widget=forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"}),
    )

    def __init__(self, data: Mapping[str, Any] | None, *, today: date, initial: Mapping[str, Any]) -> None:
        super().__init__(data, today=today, initial=dict(initial))
        self.add_span("work1", _("Works"))
        self.add_span("work2", _("Works again"))

    @property
    def spans(self) -> list[SpanFields]:
        return [
            SpanFields(_("Works"), HoursKind.WORK, self["work1_from"], self["work1_until"]),
            SpanFields(_("And again"), HoursKind.WORK, self["work2_from"], self["work2_until"]),
        ]

    def clean(self) -> dict[str, Any]:
        found = super().clean() or self.cleaned_data
        self.keep_ahead("on")
        found["spans"] = []
        if found.get("works") != "other":
            return found
        spans = [span for name in ("work1", "work2") if (span := self.span(name))]
        if not spans and not self.errors:
            self.add_error("work1_from", _("Enter the hours, or choose “Does not work”."))
        if len(spans) == 2 and spans[0][0] < spans[1][1] and spans[1][0] < spans[0][1]:
            self.add_error("work2_from", _("The two spans overlap."))
        found["spans"] = spans
        return found


class AbsenceForm(HoursForm):
    """From a day to a day, whole or from one wall time to another. `starts_at` and `ends_at` are what they say."""

    first = day_field(gettext_lazy("First day"), needed=gettext_lazy("Enter the first day."))
    first_time = ClockField(label=gettext_lazy("From"), required=False, widget=NARROW)
    last = day_field(gettext_lazy("Last day"), required=False)
    last_time = ClockField(label=gettext_lazy("Until"), required=False, widget=NARROW)
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        required=False,
        max_length=80,
        widget=forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"}),
    )

    def __init__(self, data: Mapping[str, Any] | None, *, today: date, zone: ZoneInfo) -> None:
        super().__init__(data, today=today)
        self.zone = zone

    def clean(self) -> dict[str, Any]:
        found = super().clean() or self.cleaned_data
        self.keep_ahead("first", behind=BEHIND)
        self.keep_ahead("last")
        first, last = found.get("first"), found.get("last") or found.get("first")
        if self.errors or first is None or last is None:
            return found
        if last < self.today:
            self.add_error("first", _("This day has passed. Enter the last day too: today or a later one."))
        elif last < first:
            self.add_error("last", _("Enter the first day or a later one."))
        else:
            found["starts_at"] = self._instant("first_time", first, first)
            found["ends_at"] = self._instant("last_time", last, last + timedelta(days=1))
            if not self.errors and found["ends_at"] <= found["starts_at"]:
                self.add_error("last_time", _("Enter a time after the one it begins at."))
        return found

    def _instant(self, name: str, day: date, whole: date) -> datetime | None:
        """Return the instant of the time typed, or a whole day's midnight; None with a sentence beside the field."""
        wall = self.cleaned_data.get(name)
        try:
            return wall_instant(day, wall, self.zone) if wall else midnight(whole, self.zone)
        except Unreadable as error:
            self.add_error(name, str(error))
            return None


class ClosureForm(HoursForm):
    """The clinic is closed, from a day to a day."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=80,
        widget=forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"}),
        error_messages={"required": gettext_lazy("Enter a name, such as Christmas.")},
    )
    starts_on = day_field(gettext_lazy("First day closed"), needed=gettext_lazy("Enter the first day."))
    ends_on = day_field(gettext_lazy("Last day closed"), required=False)

    def clean(self) -> dict[str, Any]:
        found = super().clean() or self.cleaned_data
        self.keep_ahead("starts_on")
        self.keep_ahead("ends_on")
        first = found.get("starts_on")
        found["ends_on"] = found.get("ends_on") or first
        if first and found["ends_on"] and found["ends_on"] < first:
            self.add_error("ends_on", _("Enter the first day or a later one."))
        return found
