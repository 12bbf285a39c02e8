"""A person who is not on file yet, in the facts that a booking needs; the rest is asked for when they come."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from phonenumber_field.formfields import PhoneNumberField

from clinic.lib.days import local_day
from clinic.models import Clinic
from patients.details import Details, e164, problems
from patients.forms import NO_PHONE, KindEmailField, PhoneInput, TypedDateField

CONTROL = {"class": "form-control", "autocomplete": "off"}


class ShortPersonForm(forms.Form):
    """Names, birth date, phone and e-mail. `anyway` says that a likely twin was looked at and is somebody else."""

    operation = forms.UUIDField(widget=forms.HiddenInput)
    first_name = forms.CharField(label=_("First name"), max_length=60, widget=forms.TextInput(CONTROL))
    last_name = forms.CharField(label=_("Last name"), max_length=60, widget=forms.TextInput(CONTROL))
    birth_date = TypedDateField(label=_("Birth date"), widget=forms.TextInput(CONTROL | {"placeholder": "8 May 1974"}))
    phone = PhoneNumberField(
        label=_("Phone"),
        region="CA",
        required=False,
        widget=PhoneInput(CONTROL),
        error_messages={"invalid": NO_PHONE},
    )
    email = KindEmailField(label=_("E-mail"), required=False, max_length=254, widget=forms.EmailInput(CONTROL))
    anyway = forms.BooleanField(required=False)

    def __init__(self, *args: Any, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.now = now

    def clean(self) -> dict[str, Any]:
        found = super().clean() or self.cleaned_data
        if not self.errors:
            clinic = Clinic.objects.current()
            wrong = problems(self.details(), local_day(self.now, clinic.tz), clinic.age_of_majority)
            for field, sentence in wrong.items():
                self.add_error(field if field in self.fields else None, sentence)
        return found

    def details(self) -> Details:
        """Return what was typed as the clinic writes it down. Only after the fields were read."""
        given = self.cleaned_data
        return Details(
            first_name=given["first_name"].strip(),
            last_name=given["last_name"].strip(),
            birth_date=given["birth_date"],
            phone=e164(given["phone"]),
            email=given["email"],
        )
