"""Form fields for days and times as people type them: "Tue 1 Dec", "2026-12-01", 9:30. A day shows itself in words."""

import re
from datetime import date, time
from typing import Any

from django import forms
from django.forms.utils import flatatt
from django.utils import formats, timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy

from clinic.lib.days import clock, day_words
from clinic.lib.typed import typed_date, typed_day

CHOSEN = mark_safe(" selected")
LONGEST = 40
"""A day that takes more letters was not meant as one."""
CLOCK = re.compile(r"(\d{1,2})(?:[:.h ]?(\d{2}))?")
SHORT = {"class": "form-control", "autocomplete": "off", "inputmode": "text", "maxlength": "8"}


def read_day(text: str, today: date, *, nearest: bool = False) -> date | None:
    """Read "Tue 1 Dec 2026", "2026-12-01" or "1 Dec"; None when it is no day.

    Without its year a day is the next one of that name, or with `nearest` the one nearest to today; then
    "yesterday" and "fri" are days too.
    """
    words = text.strip()[:LONGEST]
    weekday, _space, rest = words.partition(" ")
    read = typed_day if nearest else _coming
    day = read(words, today)
    return read(rest, today) if day is None and rest and weekday.rstrip(".,").isalpha() else day


def _coming(words: str, today: date) -> date | None:
    if day := typed_date(words):
        return day
    this_year = typed_date(f"{words} {today.year}")
    passed = this_year is not None and this_year < today
    return typed_date(f"{words} {today.year + 1}") if passed else this_year


def typeable(day: date, today: date, *, nearest: bool = False) -> str:
    """Return the shortest words that `read_day` reads as that day again: "Tue 1 Dec", "Tue 3 Nov 2026"."""
    words = day_words(day, today)
    return words if read_day(words, today, nearest=nearest) == day else formats.date_format(day, "D j M Y")


class PlainSelect(forms.Select):
    """A list without groups, written in one go: a template for each of ninety choices took 7 ms."""

    def render(
        self,
        name: str,
        value: Any,  # noqa: ANN401 - as Django's
        attrs: dict[str, Any] | None = None,
        renderer: Any = None,  # noqa: ANN401, ARG002 - as Django's
    ) -> SafeString:
        chosen = set(self.format_value(value))
        options = format_html_join(
            "\n",
            '<option value="{}"{}>{}</option>',
            ((key, CHOSEN if str(key) in chosen else "", word) for key, word in self.choices),
        )
        given = {"name": name} | self.build_attrs(self.attrs, attrs)
        return format_html("<select{}>{}</select>", flatatt(given), options)


class DayInput(forms.TextInput):
    """A day in words, with the browser's calendar behind the icon beside it."""

    template_name = "includes/day_input.html"
    nearest = False

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"class": "form-control", "autocomplete": "off"} | (attrs or {}))

    def format_value(self, value: Any) -> str | None:  # noqa: ANN401 - as Django's
        if isinstance(value, date):
            return typeable(value, timezone.localdate(), nearest=self.nearest)
        return super().format_value(value)

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:  # noqa: ANN401
        context = super().get_context(name, value, attrs)
        context["iso"] = value.isoformat() if isinstance(value, date) else ""
        return context


class DayField(forms.DateField):
    """A day, typed in any of the usual ways; `nearest` where a day that has passed may be meant."""

    widget = DayInput

    def __init__(self, *, nearest: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.nearest = self.widget.nearest = nearest

    def to_python(self, value: str | date | None) -> date | None:
        if value in self.empty_values or isinstance(value, date):
            return super().to_python(value)
        day = read_day(str(value), timezone.localdate(), nearest=self.nearest)
        if day is None:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return day

    def prepare_value(self, value: Any) -> Any:  # noqa: ANN401 - as Django's
        """Show what was typed as the day it was read as, so that a wrong guess is seen."""
        if isinstance(value, str):
            return read_day(value, timezone.localdate(), nearest=self.nearest) or value
        return value


class ClockField(forms.Field):
    """A wall time as people type it: 9, 9:30, 09.30, 930."""

    widget = forms.TextInput(attrs=SHORT)
    default_error_messages = {"invalid": gettext_lazy("Enter a time such as 8:30.")}

    def to_python(self, value: Any) -> time | None:  # noqa: ANN401 - as Django's
        text = str(value or "").strip()
        if not text:
            return None
        found = CLOCK.fullmatch(text) if text.isascii() else None
        try:
            return time(int(found[1]), int(found[2] or 0)) if found else self._refuse()
        except ValueError:
            return self._refuse()

    def _refuse(self) -> time:
        raise forms.ValidationError(self.error_messages["invalid"], code="invalid")

    def prepare_value(self, value: Any) -> Any:  # noqa: ANN401 - as Django's
        return clock(value) if isinstance(value, time) else value
