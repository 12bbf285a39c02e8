"""What the page "Swap with another visit" asks for and sends."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy

from scheduling.forms.visits import NOT_COMPLETE, REASON_LENGTH, ActForm

TOO_LONG = gettext_lazy("The reason is too long: 200 letters at most. Nothing was saved.")


@dataclass(frozen=True)
class Among:
    """Which visits are looked through: of the day or of the whole week, of the own clinician or of all."""

    week: bool = False
    same_clinician: bool = False

    def days(self, day: date) -> tuple[date, date]:
        """Return the first and last local day: the visit's own, or Monday to Sunday around it."""
        monday = day - timedelta(days=day.weekday())
        return (monday, monday + timedelta(days=6)) if self.week else (day, day)

    def query(self, other: UUID | None = None) -> str:
        """Return the part of the address that says this, with the other visit when it is chosen."""
        asked = {"within": "week" if self.week else "day", "who": "same" if self.same_clinician else "any"}
        return urlencode(asked | ({"with": str(other)} if other else {}))


def read_among(data: Mapping[str, str]) -> Among:
    """Return what an address asks for; the day and everybody where it says nothing."""
    return Among(week=data.get("within") == "week", same_clinician=data.get("who") == "same")


def read_other(data: Mapping[str, str]) -> UUID | None:
    """Return the other visit that an address names, or None."""
    try:
        return UUID(data.get("with", ""))
    except ValueError:
        return None


class SwapForm(ActForm):
    """Save: both visits as they were shown, and why one comes to stand too early or too late."""

    other_version = forms.IntegerField(required=False, error_messages={"invalid": NOT_COMPLETE})
    reason = forms.CharField(required=False, max_length=REASON_LENGTH, error_messages={"max_length": TOO_LONG})
    other_reason = forms.CharField(required=False, max_length=REASON_LENGTH, error_messages={"max_length": TOO_LONG})
