"""Forms about people. They convert and explain; the rules are in patients.details."""

import uuid
from datetime import date
from typing import Any

from django import forms
from django.utils import formats, timezone
from django.utils.translation import gettext_lazy as _
from phonenumber_field.formfields import PhoneNumberField
from phonenumber_field.phonenumber import PhoneNumber

from clinic.lib.phones import phone_words
from clinic.lib.typed import typed_date
from patients.details import Details, e164, problems
from patients.models import Patient

NOT_AN_ENDING = _("After the @ it needs an ending: example.ca")


class TypedDateField(forms.Field):
    """A date in any usual form: 8 May 1974, 1974-05-08, 08/05/1974 (the day first)."""

    default_error_messages = {"invalid": _("Write the day, the month and the year in four digits: 8 May 1974.")}

    def to_python(self, value: str | date | None) -> date | None:
        if value in self.empty_values or isinstance(value, date):
            return value or None  # type: ignore[return-value]
        day = typed_date(str(value))
        if day is None:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return day

    def prepare_value(self, value: str | date | None) -> str | None:
        return formats.date_format(value, "j F Y") if isinstance(value, date) else value

    def has_changed(self, initial: date | None, data: str | None) -> bool:
        return typed_date(data or "") != initial


class PhoneInput(forms.TextInput):
    """A phone number as people read it; a foreign one keeps its country, so that saving it again changes nothing."""

    input_type = "tel"

    def format_value(self, value: PhoneNumber | str | None) -> str:
        return phone_words(value)


class KindEmailField(forms.EmailField):
    """An e-mail field that says what is missing."""

    def run_validators(self, value: str) -> None:
        name, at, place = value.rpartition("@")
        if value and not at:
            raise forms.ValidationError(_("An e-mail has an @ in the middle: name@example.ca"), code="no_at")
        if value and not name:
            raise forms.ValidationError(_("Something must stand before the @: name@example.ca"), code="no_name")
        if value and "." not in place.strip("."):
            raise forms.ValidationError(NOT_AN_ENDING, code="no_ending")
        super().run_validators(value)


class PatientForm(forms.ModelForm):
    """A person's details. `version` is the state that the form showed; `operation` the key of this submit."""

    operation = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    birth_date = TypedDateField(
        label=_("Birth date"),
        help_text=_("8 May 1974 or 1974-05-08"),
        error_messages={"required": _("Enter the birth date: it tells people of one name apart.")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "text"}),
    )
    phone = PhoneNumberField(
        label=_("Mobile phone"),
        region="CA",
        required=False,
        widget=PhoneInput,
        error_messages={"invalid": _("This is no phone number. With its area code: 709-555-0118")},
    )
    email = KindEmailField(
        label=_("E-mail"),
        required=False,
        max_length=254,
        error_messages={"invalid": _("This is no e-mail address. It looks like name@example.ca")},
    )

    class Meta:
        model = Patient
        fields = [
            "first_name",
            "last_name",
            "preferred_name",
            "birth_date",
            "phone",
            "email",
            "language",
            "reminders_by_email",
            "marketing_ok",
            "note",
        ]
        labels = {
            "first_name": _("First name"),
            "last_name": _("Last name"),
            "preferred_name": _("Goes by"),
            "language": _("Language of messages"),
            "reminders_by_email": _("Reminders by e-mail"),
            "marketing_ok": _("News and offers"),
            "note": _("Good to know"),
        }
        help_texts = {
            "first_name": _("As on the health card"),
            "preferred_name": _("Used in every message"),
            "reminders_by_email": _("3 days and 1 day before. Without e-mail they go on the call list."),
            "marketing_ok": _("Only if they say yes. They can stop it any time, with one click."),
            "note": _("For the desk: days that suit, the ramp. Nothing about health."),
        }
        error_messages = {
            "first_name": {"required": _("Enter the first name.")},
            "last_name": {"required": _("Enter the last name.")},
        }
        widgets = {"note": forms.Textarea(attrs={"rows": 3})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["version"].initial = self.instance.version
        for name in ("first_name", "last_name", "preferred_name", "phone", "email"):
            # The browser would offer the person at the desk their own name.
            self.fields[name].widget.attrs["autocomplete"] = "off"

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not self.errors:
            for field, sentence in problems(self.details(), timezone.localdate()).items():
                self.add_error(field, sentence)
        return cleaned

    def details(self) -> Details:
        """Return what was typed, as the services take it."""
        values = {name: self.cleaned_data[name] for name in self.Meta.fields}
        return Details(**values | {"phone": e164(values["phone"])})

    def _post_clean(self) -> None:
        """Leave the instance as it is on file: the service writes, and validates under its lock."""
