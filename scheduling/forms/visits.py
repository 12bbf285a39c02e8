"""What the buttons of a visit send: the key of the act, and a reason or a new time where one is needed."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

REASON_LENGTH = 200
REASONS = [
    ("ill", gettext_lazy("Patient is ill")),
    ("time", gettext_lazy("Patient cannot come")),
    ("weather", gettext_lazy("Weather or roads")),
    ("clinic", gettext_lazy("The clinic cancels")),
    ("other", gettext_lazy("Something else")),
]


class ActForm(forms.Form):
    """A button: the form's key makes a double click one act (design 4.4)."""

    operation = forms.UUIDField(
        error_messages={
            "required": gettext_lazy("This button was not complete. Nothing was saved. Load the page again."),
            "invalid": gettext_lazy("This button was not complete. Nothing was saved. Load the page again."),
        }
    )

    def sentence(self) -> str:
        """Return the first thing that is wrong, in a sentence."""
        return str(next(iter(self.errors.values()))[0])


class CancelForm(ActForm):
    """A reason from the short list, in words, or both."""

    why = forms.ChoiceField(
        choices=REASONS,
        required=False,
        error_messages={"invalid_choice": gettext_lazy("Choose a reason from the list. Nothing was saved.")},
    )
    reason = forms.CharField(
        required=False,
        max_length=REASON_LENGTH - 40,
        error_messages={"max_length": gettext_lazy("The reason is too long: 160 letters at most. Nothing was saved.")},
    )

    def clean(self) -> dict[str, Any]:
        found = super().clean() or self.cleaned_data
        why, words = found.get("why", ""), found.get("reason", "")
        if not self.errors and not words and why in {"", "other"}:
            raise forms.ValidationError(_("Say why the visit is cancelled. Nothing was saved."))
        label = "" if why in {"", "other"} else str(dict(REASONS)[why])
        found["reason"] = ": ".join(part for part in (label, words) if part)
        return found
