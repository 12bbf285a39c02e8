"""What the acts on a whole course send: the key of the act, and a reason or a number where one is needed."""

from django import forms
from django.utils.translation import gettext_lazy as _

from scheduling.forms.visits import REASON_LENGTH, ActForm
from scheduling.models import CancelledBy

MOST_AT_ONCE = 30
HOW_MANY = {
    "required": _("Enter how many sessions. Nothing was saved."),
    "invalid": _("Enter a number of sessions, such as 2. Nothing was saved."),
    "min_value": _("Enter 1 or more. Nothing was saved."),
    "max_value": _("Enter 30 at most. Nothing was saved."),
}
TOO_LONG = _("The reason is too long: 200 letters at most. Nothing was saved.")


def _count() -> forms.IntegerField:
    return forms.IntegerField(min_value=1, max_value=MOST_AT_ONCE, error_messages=HOW_MANY)


class StopForm(ActForm):
    reason = forms.CharField(
        max_length=REASON_LENGTH,
        error_messages={"required": _("Say why. Nothing was saved."), "max_length": TOO_LONG},
    )
    by = forms.ChoiceField(
        choices=CancelledBy.choices,
        required=False,  # not asked where no visit lies ahead
        error_messages={"invalid_choice": _("Choose who cancels. Nothing was saved.")},
    )


class PauseForm(StopForm):
    visits = forms.ChoiceField(
        choices=[("release", _("Cancel them")), ("keep", _("Keep them"))],
        error_messages={
            "required": _("Say what becomes of the visits ahead. Nothing was saved."),
            "invalid_choice": _("Say what becomes of the visits ahead. Nothing was saved."),
        },
    )


class AddForm(ActForm):
    count = _count()
    reason = forms.CharField(required=False, max_length=REASON_LENGTH, error_messages={"max_length": TOO_LONG})


class DropForm(ActForm):
    count = _count()
