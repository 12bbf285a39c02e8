"""The form of an aftercare text. It converts what was typed into the parts that the note is made of."""

import uuid
from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from clinic.lib.neutral import telling_word
from patients.models import Language
from treatments.models import Protocol

ICONS = {
    "droplet": _("drop"),
    "cup-hot": _("cup"),
    "water": _("water"),
    "hand-index-thumb": _("hand"),
    "sun": _("sun"),
    "moon": _("moon"),
    "capsule": _("capsule"),
    "bicycle": _("bicycle"),
    "telephone": _("phone"),
    "info-circle": _("letter i"),
}
STEPS, COMMON = 6, 5
"""Rows that are offered at least; two more than a text has."""
UNTIL = "{until}"


def _lines(text: str) -> list[str]:
    return [line for raw in text.splitlines() if (line := " ".join(raw.split()))]


class StepForm(forms.Form):
    """One thing to do. Without a title the row is left out."""

    icon = forms.ChoiceField(label=_("Drawing"), choices=list(ICONS.items()), initial="droplet")
    title = forms.CharField(label=_("What to do"), max_length=60, required=False)
    text = forms.CharField(label=_("In a sentence or two"), max_length=240, required=False)
    hours = forms.IntegerField(label=_("Until, hours after"), min_value=1, max_value=24 * 28, required=False)
    massage = forms.BooleanField(label=_("Begins at the treatment’s hour of massage"), required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("title") and not cleaned.get("hours") and not cleaned.get("massage"):
            self.add_error("hours", _("Say until how many hours after the visit: 48 is two days."))
        if not cleaned.get("title") and (cleaned.get("text") or cleaned.get("hours")):
            self.add_error("title", _("Write what to do, or empty the row."))
        return cleaned

    def step(self) -> dict[str, Any] | None:
        asked = self.cleaned_data
        if not asked.get("title"):
            return None
        kept = {name: asked[name] for name in ("icon", "title", "text")}
        return kept | ({"from": "massage"} if asked["massage"] else {"until_hours": asked["hours"]})


class CommonForm(forms.Form):
    """One thing that is common, with how long its bar is drawn."""

    title = forms.CharField(label=_("What is common"), max_length=30, required=False)
    words = forms.CharField(label=_("How long, in words"), max_length=40, required=False)
    days = forms.IntegerField(label=_("Days drawn"), min_value=1, max_value=84, required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("title"):
            for name, words in (("words", _("Write how long: about a week.")), ("days", _("Enter days: 7."))):
                if not cleaned.get(name):
                    self.add_error(name, words)
        return cleaned

    def item(self) -> dict[str, Any] | None:
        asked = self.cleaned_data
        return {name: asked[name] for name in ("title", "words", "days")} if asked.get("title") else None


class AftercareForm(forms.Form):
    """The parts of a text that are no rows. `version` is empty for a new version."""

    operation = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    language = forms.ChoiceField(choices=Language.choices, widget=forms.HiddenInput)
    common_text = forms.CharField(
        label=_("Below the bars"),
        required=False,
        help_text=_("One paragraph a line"),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    same_day = forms.CharField(
        label=_("Call us the same day"),
        help_text=_("One sign a line, in small letters"),
        widget=forms.Textarea(attrs={"rows": 6}),
        error_messages={"required": _("Write at least one sign that must not wait.")},
    )
    emergency = forms.CharField(
        label=_("Call 911"),
        max_length=300,
        help_text=_("Goes on after “Call 911”"),
        error_messages={"required": _("Write when to call 911.")},
    )
    months = forms.CharField(
        label=_("The next 3 months"),
        help_text=_("{until} becomes the day three months after the visit"),
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Write what to watch for: an infection can show up weeks later.")},
    )
    ahead = forms.CharField(label=_("Looking ahead"), required=False, widget=forms.Textarea(attrs={"rows": 3}))

    def clean_months(self) -> str:
        words: str = self.cleaned_data["months"]
        if UNTIL not in words:
            raise forms.ValidationError(_("Keep {until} in it: there the patient reads the day."))
        return words


class TextForms:
    """The whole form: its own fields, the steps, and what is common."""

    def __init__(
        self, data: Mapping[str, Any] | None, start: Mapping[str, Any], *, language: str, version: int | None
    ) -> None:
        bars = [item for item in start["common"] if "days" in item]
        words = [item["text"] for item in start["common"] if "text" in item]
        initial = {
            "language": language,
            "version": version,
            "common_text": "\n".join(words),
            "same_day": "\n".join(start["same_day"]),
            **{name: start[name] for name in ("emergency", "months", "ahead")},
        }
        self.main = AftercareForm(data, initial=initial)
        steps = [
            {**step, "hours": step.get("until_hours"), "massage": step.get("from") == "massage"}
            for step in start["steps"]
        ]
        self.steps = [
            StepForm(data, prefix=f"step{place}", initial=steps[place] if place < len(steps) else None)
            for place in range(max(STEPS, len(steps) + 2))
        ]
        self.common = [
            CommonForm(data, prefix=f"common{place}", initial=bars[place] if place < len(bars) else None)
            for place in range(max(COMMON, len(bars) + 2))
        ]

    def is_valid(self) -> bool:
        every = [form.is_valid() for form in (self.main, *self.steps, *self.common)]
        if all(every) and not any(form.step() for form in self.steps):
            self.main.add_error(None, _("Write at least one thing to do. Nothing was saved."))
        if all(every) and (word := self._telling()):
            words = _("“%(word)s” tells what the clinic does. The notes name no treatment. Nothing was saved.")
            self.main.add_error(None, words % {"word": word})
        return not self.main.errors and all(every)

    def _telling(self) -> str:
        """Return a word that a passer-by should not read on the patient's phone, or ""."""
        forms_ = (self.main, *self.steps, *self.common)
        typed = "\n".join(str(value) for form in forms_ for value in form.cleaned_data.values())
        return telling_word(typed, Protocol.objects.values_list("name", flat=True), hints=False)

    def wrong_rows(self) -> list[forms.BoundField]:
        """Return the fields of rows that need mending, for the list of errors."""
        return [field for form in (*self.steps, *self.common) for field in form if field.errors]

    def content(self) -> dict[str, Any]:
        """Return the parts of the text, as they are stored."""
        asked = self.main.cleaned_data
        bars = [item for form in self.common if (item := form.item())]
        return {
            "steps": [step for form in self.steps if (step := form.step())],
            "common": bars + [{"text": words} for words in _lines(asked["common_text"])],
            "same_day": _lines(asked["same_day"]),
            **{name: asked[name].strip() for name in ("emergency", "months", "ahead")},
        }


class UseForm(forms.Form):
    """Which treatments show a version from now on."""

    operation = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    protocols = forms.ModelMultipleChoiceField(
        Protocol.objects.all(),
        error_messages={"required": _("Nothing was saved. Tick the treatments that show this text.")},
    )
