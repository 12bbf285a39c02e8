"""What is painted on a column of the board: from when until when, or the whole day; away, at work or not."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinic.lib.days import midnight
from clinic.lib.fields import ClockField
from scheduling.forms.hours import NARROW, HoursForm, day_field
from scheduling.forms.planner import Unreadable, wall_instant
from scheduling.planning.workday import Walls

AWAY, WORKS, OFF, BREAK = "away", "works", "off", "break"
CHOOSE = {"required": gettext_lazy("Choose one."), "invalid_choice": gettext_lazy("Choose one.")}
REASONS = [gettext_lazy("Ill"), gettext_lazy("Vacation"), gettext_lazy("Course"), gettext_lazy("Family")]
"""Offered while typing; any other words will do."""


class PaintForm(HoursForm):
    """A span of one day of one clinician, and what it is. `span` is what it says, in wall times of that day.

    An absence may last longer: until `until` on the day `last`; `starts_at` and `ends_at` are its instants.
    """

    what = forms.ChoiceField(
        label=gettext_lazy("What"),
        choices=[
            (AWAY, gettext_lazy("Away")),
            (WORKS, gettext_lazy("Works as well")),
            (OFF, gettext_lazy("Does not work")),
            (BREAK, gettext_lazy("Break")),
        ],
        widget=forms.RadioSelect,
        error_messages=CHOOSE,
    )
    whole = forms.BooleanField(label=gettext_lazy("The whole day"), required=False)
    since = ClockField(label=gettext_lazy("From"), required=False, widget=NARROW)
    until = ClockField(label=gettext_lazy("Until"), required=False, widget=NARROW)
    last = day_field(gettext_lazy("Last day"), required=False)
    reason = forms.CharField(
        label=gettext_lazy("Why"),
        required=False,
        max_length=80,
        widget=forms.TextInput(attrs={"class": "form-control", "autocomplete": "off", "list": "hours-reasons"}),
    )

    def __init__(
        self, data: Mapping[str, Any] | None, *, on: date, today: date, zone: ZoneInfo, initial: Mapping[str, Any]
    ) -> None:
        super().__init__(data, today=today, initial=dict(initial), auto_id="hours-%s")
        self.on, self.zone = on, zone

    @property
    def reasons(self) -> list[Any]:
        return REASONS

    def clean(self) -> dict[str, Any]:
        found = super().clean() or self.cleaned_data
        is_away, is_whole = found.get("what") == AWAY, bool(found.get("whole"))
        for name, is_shown in (("last", is_away), ("since", not is_whole), ("until", not is_whole)):
            if not is_shown:  # what the panel does not show is no matter
                found[name] = None
                self.errors.pop(name, None)
        last = found["last"] = found.get("last") or self.on
        if is_away:
            self._read_last(last)
        elif self.on < self.today:
            self.add_error("what", _("This day has passed: past hours stay as they were."))
        if is_whole:
            found["span"] = time.min, time.max
            self._may_be_whole(found.get("what"))
        else:
            self._read_span(found, is_long=is_away and last > self.on)
        if is_away and not self.errors:
            found["starts_at"] = self._instant("since", self.on, whole=midnight(self.on, self.zone))
            found["ends_at"] = self._instant("until", last, whole=midnight(last + timedelta(days=1), self.zone))
        return found

    def _read_last(self, last: date) -> None:
        if last < self.on:
            self.add_error("last", _("Enter this day or a later one."))
        elif "last" not in self.errors:
            self.keep_ahead("last")

    def _may_be_whole(self, what: str | None) -> None:
        if what == BREAK:
            self.add_error("whole", _("A break has a beginning and an end. Enter both, or choose “Does not work”."))
        elif what == WORKS:
            self.add_error("whole", _("Enter from when until when."))

    def _read_span(self, found: dict[str, Any], *, is_long: bool) -> None:
        since, until = found.get("since"), found.get("until")
        for name, wall in (("since", since), ("until", until)):
            if wall is None and name not in self.errors:
                self.add_error(name, _("Enter a time, or choose the whole day."))
        if since is None or until is None:
            return
        if until <= since and not is_long:
            self.add_error("until", _("Enter a time after %(time)s.") % {"time": f"{since:%H:%M}"})
        span: Walls = since, until
        found["span"] = span

    def _instant(self, name: str, day: date, *, whole: datetime) -> datetime | None:
        """Return the instant of the time typed, or of a whole day's end; None with a sentence beside the field."""
        wall = None if self.cleaned_data.get("whole") else self.cleaned_data.get(name)
        try:
            return wall_instant(day, wall, self.zone) if wall else whole
        except Unreadable as error:
            self.add_error(name, str(error))
            return None
