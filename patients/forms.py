"""Forms about people. They convert and explain; the rules are in patients.details."""

import uuid
from datetime import date
from typing import Any

from django import forms
from django.utils import formats, timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from phonenumber_field.formfields import PhoneNumberField
from phonenumber_field.phonenumber import PhoneNumber

from clinic.lib.days import age_on
from clinic.lib.phones import phone_words
from clinic.lib.typed import typed_date
from clinic.models import Clinic
from patients.details import EARLIEST_BIRTH, PHONES, Details, e164, problems, tidy_postcode
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


NO_PHONE = _("This is no phone number. With its area code: 709-555-0118")
WAYS = [
    ("", _("As it was")),
    (_("at the desk"), _("At the desk")),
    (_("on the phone"), _("On the phone")),
    (_("in writing"), _("In writing")),
]
"""How a patient told a choice. What is stored are the words themselves: they must outlive this list."""


def _phone_field(label: Any) -> PhoneNumberField:  # noqa: ANN401 - a lazy translation
    return PhoneNumberField(
        label=label, region="CA", required=False, widget=PhoneInput, error_messages={"invalid": NO_PHONE}
    )


class PatientForm(forms.ModelForm):
    """A person's details. `version` is the state that the form showed; `operation` the key of this submit."""

    operation = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    way = forms.ChoiceField(
        label=_("How they told it"),
        choices=WAYS,
        required=False,
        help_text=_("Kept with today's date when a choice changes."),
    )
    birth_date = TypedDateField(
        label=_("Birth date"),
        help_text=_("8 May 1974 or 1974-05-08"),
        error_messages={"required": _("Enter the birth date: it tells people of one name apart.")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "text"}),
    )
    phone = _phone_field(_("Mobile phone"))
    emergency_phone = _phone_field(_("Their phone"))
    guardian_phone = _phone_field(_("Guardian's phone"))
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
            "street",
            "town",
            "province",
            "postal_code",
            "emergency_name",
            "emergency_phone",
            "emergency_relation",
            "guardian_name",
            "guardian_phone",
            "guardian_relation",
        ]
        labels = {
            "first_name": _("First name"),
            "last_name": _("Last name"),
            "preferred_name": _("Goes by"),
            "language": _("Language of messages"),
            "reminders_by_email": _("Reminders by e-mail"),
            "marketing_ok": _("News and offers"),
            "note": _("Good to know"),
            "street": _("Street"),
            "town": _("Town"),
            "province": _("Province"),
            "postal_code": _("Postal code"),
            "emergency_name": _("Whom to call"),
            "emergency_relation": _("Who that is"),
            "guardian_name": _("Guardian's name"),
            "guardian_relation": _("Who that is"),
        }
        help_texts = {
            "first_name": _("As on the health card"),
            "preferred_name": _("Used in every message"),
            "reminders_by_email": _("3 days and 1 day before. Without e-mail they go on the call list."),
            "marketing_ok": _("Only if they say yes. They can stop it any time, with one click."),
            "note": _("For the desk: days that suit, the ramp. Nothing about health."),
            "emergency_relation": _("Husband, daughter, neighbour"),
            "guardian_relation": _("Mother, father, foster parent"),
        }
        error_messages = {
            "first_name": {"required": _("Enter the first name.")},
            "last_name": {"required": _("Enter the last name.")},
        }
        widgets = {"note": forms.Textarea(attrs={"rows": 3})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["version"].initial = self.instance.version
        for field in self.fields.values():
            if isinstance(field.widget, forms.TextInput):
                # The browser would offer the person at the desk their own name and address.
                field.widget.attrs["autocomplete"] = "off"
        if not self.instance.pk:
            self.fields["way"].choices = WAYS[1:]  # type: ignore[attr-defined]
            self.fields["way"].widget.attrs["required"] = True
        if self.is_minor:
            for name in ("guardian_name", "guardian_phone"):
                self.fields[name].widget.attrs["required"] = True

    @property
    def birth_date_now(self) -> date | None:
        """The birth date as it is typed, or as it is on file while nothing is."""
        value = self.data.get("birth_date") if self.is_bound else self.initial.get("birth_date")
        return value if isinstance(value, date) else typed_date(value or "")

    @property
    def is_minor(self) -> bool:
        """Whether the birth date, as it is typed, says that a guardian is needed."""
        return self.age is not None and self.age < self.age_of_majority

    @property
    def age(self) -> int | None:
        """The age that follows from the birth date as it is typed; None while that is no day of a life."""
        born, today = self.birth_date_now, timezone.localdate()
        return age_on(born, today) if born is not None and EARLIEST_BIRTH <= born <= today else None

    @property
    def asks_for_guardian(self) -> bool:
        """Whether the guardian is shown: of a minor, and where one is on file."""
        return self.is_minor or any(self[name].value() for name in ("guardian_name", "guardian_phone"))

    @cached_property
    def age_of_majority(self) -> int:
        return Clinic.objects.current().age_of_majority

    def clean_postal_code(self) -> str:
        return tidy_postcode(self.cleaned_data["postal_code"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not self.errors:
            for field, sentence in problems(self.details(), timezone.localdate(), self.age_of_majority).items():
                self.add_error(field, sentence)
        return cleaned

    def details(self) -> Details:
        """Return what was typed, as the services take it."""
        values = {name: self.cleaned_data[name] for name in self.Meta.fields}
        return Details(**values | {name: e164(values[name]) for name in PHONES})

    def _post_clean(self) -> None:
        """Leave the instance as it is on file: the service writes, and validates under its lock."""
