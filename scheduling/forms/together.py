"""What the page that plans several courses together asks for, and the lines that it carries for each."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinic.lib.fields import ClockField, DayField
from scheduling.forms.planner import AHEAD, REASON_LENGTH, WEEKDAYS, Entry, Lines, Unreadable, read_token
from scheduling.planning.types import Choices

MOST_LINES = 40


class SharedForm(forms.Form):
    """The days, the hour and the first day that hold for all courses of the page; whatever is left out is as usual."""

    start_on = DayField(
        label=gettext_lazy("Start from"),
        required=False,
        error_messages={"invalid": gettext_lazy("Enter a day such as 1 Dec 2026.")},
    )
    weekdays = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Days"),
        coerce=int,
        required=False,
        choices=[(number, word) for number, word, _name in WEEKDAYS],
        error_messages={"invalid_choice": gettext_lazy("Choose days of the week.")},
    )
    around = ClockField(label=gettext_lazy("Around"), required=False)

    def __init__(self, data: QueryDict, *, today: date) -> None:
        super().__init__(data)
        self.today = today

    def clean_start_on(self) -> date | None:
        day = self.cleaned_data["start_on"]
        if day and day < self.today:
            raise forms.ValidationError(_("This day has passed. Enter today or a later one."))
        if day and day > self.today + AHEAD:
            raise forms.ValidationError(_("Enter a day within the next two years."))
        return day

    def over(self, opening: Choices) -> Choices:
        """Return what is asked for over what a course would open with. A course begins no sooner than it may."""
        given = self.cleaned_data if self.is_valid() else {}
        return replace(
            opening,
            start_on=max(opening.start_on, given.get("start_on") or opening.start_on),
            weekdays=frozenset(given.get("weekdays") or opening.weekdays),
            around=given.get("around") or opening.around,
        )


def field_of(name: str, plan_id: int, number: int | None = None) -> str:
    """Return how a field of one course is called: "line-7", or "reason-7-3" of its third session."""
    return f"{name}-{plan_id}" if number is None else f"{name}-{plan_id}-{number}"


def read_course(data: QueryDict, plan_id: int, first: int, zone: ZoneInfo, today: date) -> Lines:
    """Read the lines of one course with their reasons; one that cannot be read is left out, and said."""
    entries, problems = [], []
    for number, token in enumerate(data.getlist(field_of("line", plan_id))[:MOST_LINES], first):
        try:
            entry = read_token(token, zone, today)
        except Unreadable as error:
            values = {"number": number, "why": str(error)}
            problems.append(_("Session %(number)d was left out: %(why)s The others are kept.") % values)
            continue
        entries.append(Entry(entry.slot, entry.by_hand, _reason(data, field_of("reason", plan_id, number))))
    return Lines(tuple(entries), tuple(problems))


def _reason(data: Mapping[str, Any], name: str) -> str:
    return str(data.get(name, "")).replace("\x00", "").strip()[:REASON_LENGTH]


def read_act(text: str, plans: Sequence[int]) -> tuple[int, str, str] | None:
    """Read a line's button, "7:use-3=token": the place of its course on the page, the verb, and the rest."""
    plan, _colon, rest = text.partition(":")
    verb, _dash, argument = rest.partition("-")
    at = next((at for at, key in enumerate(plans) if str(key) == plan), None)
    return None if at is None else (at, verb, argument)
