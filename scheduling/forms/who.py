"""Choosing a clinician: those who may treat are offered, and of the others it is said why not."""

from collections.abc import Iterable

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinic.models import Clinician
from treatments.named import Staff

ANYONE = "any"
GONE = {"invalid_choice": gettext_lazy("This clinician takes no visits now. Choose another.")}


class _OfStaff(forms.ChoiceField):
    """A choice of somebody. `offer` says who may treat; asked for somebody else, it says why they do not."""

    staff = Staff()

    def validate(self, value: str) -> None:
        key = str(value or "").removesuffix("+")
        known = key.isascii() and key.isdigit() and len(key) <= 9
        why = self.staff.why_not(int(key)) if known and not self.valid_value(value) else ""
        if why:
            raise ValidationError(_("%(why)s. Choose another.") % {"why": why})
        super().validate(value)


class WhoField(_OfStaff):
    """A clinician with or without others instead of them, or anyone."""

    def offer(self, staff: Staff) -> None:
        self.staff, self.choices = staff, who_choices(staff.may.values())


class ClinicianField(_OfStaff, forms.TypedChoiceField):
    """One clinician."""

    def offer(self, staff: Staff) -> None:
        self.staff, self.choices = staff, [(one.pk, one.name) for one in staff.may.values()]


def read_who(value: str) -> tuple[int | None, bool]:
    """Return the clinician wished, and whether anyone else may do."""
    if value == ANYONE:
        return None, True
    return int(value.removesuffix("+")), value.endswith("+")


def who_choices(clinicians: Iterable[Clinician]) -> list[tuple[str, str]]:
    """Return "Moira, else anyone" for each clinician, then each alone, then anyone."""
    people = list(clinicians)
    return [
        *((f"{one.pk}+", _("%(name)s, else anyone") % {"name": one.short_name}) for one in people),
        (ANYONE, _("Anyone")),
        *((str(one.pk), _("Only %(name)s") % {"name": one.short_name}) for one in people),
    ]
