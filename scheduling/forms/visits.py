"""What the buttons of a visit send: the key of the act, and a reason or a new time where one is needed."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinic.lib.days import local_day
from clinic.lib.fields import ClockField, DayField, PlainSelect
from scheduling.forms.planner import AHEAD, Unreadable, read_token, wall_instant
from scheduling.forms.who import GONE, ClinicianField
from scheduling.models import Appointment, CallOutcome, CancelledBy, ConfirmedHow
from scheduling.planning.single import Verdict
from scheduling.planning.types import Slot
from treatments.named import Staff

REASON_LENGTH = 200
NO_DAY = gettext_lazy("Enter a day such as 1 Dec.")
REASONS = [
    ("ill", gettext_lazy("Patient is ill")),
    ("time", gettext_lazy("Patient cannot come")),
    ("weather", gettext_lazy("Weather or roads")),
    ("clinic", gettext_lazy("The clinic cancels")),
    ("other", gettext_lazy("Something else")),
]


NOT_COMPLETE = gettext_lazy("This button was not complete. Nothing was saved. Load the page again.")


class ActForm(forms.Form):
    """A button: the form's key makes a double click one act (design 4.4).

    `version` is the visit's as the page showed it: an act on one that was changed since is refused.
    """

    operation = forms.UUIDField(error_messages={"required": NOT_COMPLETE, "invalid": NOT_COMPLETE})
    version = forms.IntegerField(required=False, error_messages={"invalid": NOT_COMPLETE})

    def sentence(self) -> str:
        """Return the first thing that is wrong, in a sentence."""
        return str(next(iter(self.errors.values()))[0])


class ConfirmForm(ActForm):
    """How the patient said that they will come; at the desk, when the form does not say."""

    how = forms.TypedChoiceField(
        choices=ConfirmedHow.choices,
        coerce=ConfirmedHow,
        required=False,
        empty_value=ConfirmedHow.DESK,
        error_messages={"invalid_choice": NOT_COMPLETE},
    )


class CallForm(ActForm):
    """What came of a call."""

    outcome = forms.TypedChoiceField(
        choices=CallOutcome.choices,
        coerce=CallOutcome,
        error_messages={"required": NOT_COMPLETE, "invalid_choice": NOT_COMPLETE},
    )


class ReasonForm(ActForm):
    """A button with a few words of why; whether they are needed is for the act to say."""

    reason = forms.CharField(
        required=False,
        max_length=REASON_LENGTH,
        error_messages={"max_length": gettext_lazy("The reason is too long: 200 letters at most. Nothing was saved.")},
    )


class CancelForm(ActForm):
    """A reason from the short list, in words, or both; and who cancels: "The clinic cancels" says that by itself."""

    by = forms.ChoiceField(
        choices=CancelledBy.choices,
        required=False,
        error_messages={"invalid_choice": gettext_lazy("Choose who cancels. Nothing was saved.")},
    )
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
        if why == "clinic":
            found["by"] = CancelledBy.CLINIC
        return found


class RestoreForm(ActForm):
    """Why a missed, cancelled or completed visit stands again."""

    reason = forms.CharField(
        label=gettext_lazy("Why"),
        max_length=REASON_LENGTH,
        widget=forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"}),
        error_messages={
            "required": gettext_lazy("Write why the visit stands again. Nothing was saved."),
            "max_length": gettext_lazy("The reason is too long: 200 letters at most. Nothing was saved."),
        },
    )


class TimeForm(ActForm):
    """Where to: a free time's button (`to`), or a day, a time and a clinician. `slot` is what either says."""

    may_be_past = False

    to = forms.CharField(required=False, max_length=80)
    day = DayField(label=gettext_lazy("Day"), required=False, error_messages={"invalid": NO_DAY})
    time = ClockField(
        label=gettext_lazy("Time"),
        required=False,
        error_messages={"invalid": gettext_lazy("Enter a time such as 14:00.")},
    )
    clinician = ClinicianField(
        label=gettext_lazy("With"),
        required=False,
        coerce=int,
        empty_value=None,
        widget=PlainSelect(attrs={"class": "form-select"}),
        error_messages=GONE,
    )
    reason = forms.CharField(
        label=gettext_lazy("Why (optional)"),
        required=False,
        max_length=REASON_LENGTH,
        widget=forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"}),
    )

    def __init__(
        self,
        data: Mapping[str, Any] | None,
        *,
        initial: Mapping[str, Any],
        staff: Staff,
        zone: ZoneInfo,
        now: datetime,
    ) -> None:
        super().__init__(data, initial=dict(initial))
        self.zone, self.now = zone, now
        self.fields["clinician"].offer(staff)  # type: ignore[attr-defined]

    @property
    def typed(self) -> list[forms.BoundField]:
        """The fields of "another time", in their order."""
        return [self[name] for name in ("day", "time", "clinician", "reason") if name in self.fields]

    def clean(self) -> dict[str, Any]:
        found = super().clean() or self.cleaned_data
        if self.errors:
            return found
        today = local_day(self.now, self.zone)
        try:
            found["slot"] = read_token(found["to"], self.zone, today).slot if found["to"] else self._typed(found, today)
        except Unreadable as error:
            words = (
                _("%(why)s Nothing was saved. Choose another time.") if found["to"] else _("%(why)s Nothing was saved.")
            )
            raise forms.ValidationError(words % {"why": error}) from error
        return found

    def _typed(self, found: dict[str, Any], today: date) -> Slot:
        if not (found.get("day") and found.get("time") and found.get("clinician")):
            raise Unreadable(_("Choose a day, a time and a clinician."))
        if not (today - AHEAD if self.may_be_past else today) <= found["day"] <= today + AHEAD:
            if self.may_be_past:
                raise Unreadable(_("Enter a day within two years of today."))
            raise Unreadable(_("Enter a day from today on, within the next two years."))
        return Slot(wall_instant(found["day"], found["time"], self.zone), found["clinician"])


class MoveForm(TimeForm):
    """Where a visit moves to; it opens at where the visit is."""

    def __init__(
        self,
        data: Mapping[str, Any] | None,
        *,
        visit: Appointment,
        staff: Staff,
        zone: ZoneInfo,
        now: datetime,
    ) -> None:
        wall = visit.starts_at.astimezone(zone)
        opens = {"day": wall.date(), "time": wall.time(), "clinician": visit.clinician_id}
        super().__init__(data, initial=opens, staff=staff, zone=zone, now=now)
        if visit.session is None:
            del self.fields["reason"]  # no rule of a course asks for one


class BookForm(TimeForm):
    """When a new visit is; a day that has passed is entered afterwards."""

    may_be_past = True
    refused: Verdict | None = None
    """What the book says of the time, when something else holds it."""

    day = DayField(label=gettext_lazy("Day"), required=False, nearest=True, error_messages={"invalid": NO_DAY})


class PlaceForm(ActForm):
    """Where a card of the board was put: an ISO day and time, whose column, and where they changed, room and length."""

    day = forms.DateField(input_formats=["%Y-%m-%d"], error_messages=dict.fromkeys(["required", "invalid"], NO_DAY))
    time = forms.TimeField(
        input_formats=["%H:%M"],
        error_messages=dict.fromkeys(["required", "invalid"], gettext_lazy("Enter a time such as 14:00.")),
    )
    clinician = forms.IntegerField(error_messages=dict.fromkeys(["required", "invalid"], NOT_COMPLETE))
    room = forms.IntegerField(required=False, error_messages={"invalid": NOT_COMPLETE})
    minutes = forms.IntegerField(
        required=False,
        min_value=5,
        max_value=240,
        error_messages=dict.fromkeys(["min_value", "max_value", "invalid"], gettext_lazy("Enter 5 to 240 minutes.")),
    )
    reason = forms.CharField(
        required=False,
        max_length=REASON_LENGTH,
        error_messages={"max_length": gettext_lazy("The reason is too long: 200 letters at most. Nothing was saved.")},
    )

    def __init__(self, data: Mapping[str, Any], *, zone: ZoneInfo, device_id: int | None = None) -> None:
        super().__init__(data)
        self.zone, self.device_id = zone, device_id

    def clean(self) -> dict[str, Any]:
        found = super().clean() or self.cleaned_data
        if self.errors:
            return found
        try:
            starts_at = wall_instant(found["day"], found["time"], self.zone)
        except Unreadable as error:
            raise forms.ValidationError(_("%(why)s Nothing was saved.") % {"why": error}) from error
        found["slot"] = Slot(starts_at, found["clinician"], found["room"], self.device_id)
        return found
