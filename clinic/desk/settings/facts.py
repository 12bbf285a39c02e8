"""The clinic's own facts: their form, the rules for them, and the service that writes them."""

import uuid
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from itertools import chain
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django import forms
from django.db.models import Model
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from phonenumber_field.formfields import PhoneNumberField
from phonenumber_field.phonenumber import PhoneNumber

from clinic.lib.locks import in_transaction, lock_rows
from clinic.lib.neutral import telling_word
from clinic.lib.operations import body_hash, once
from clinic.lib.phones import phone_words
from clinic.lib.rows import RowChanged, RowRefused
from clinic.models import Clinic, Operation, User
from treatments.models import Area, Concern, Protocol

from .ahead import visits_ahead

GRID = [5, 10, 15, 20, 30]
REGIONS = ("Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")


@cache
def zones() -> list[str]:
    """Return the zones of places, as the world's list has them."""
    return sorted(name for name in available_timezones() if name.startswith(tuple(f"{region}/" for region in REGIONS)))


class PhoneInput(forms.TextInput):
    """A phone number as people read it."""

    input_type = "tel"

    def format_value(self, value: PhoneNumber | str | None) -> str:
        return phone_words(value)


def _clock(label: Any, hint: Any = "") -> forms.TimeField:  # noqa: ANN401 - words that are translated late
    return forms.TimeField(
        label=label,
        help_text=hint,
        widget=forms.TimeInput(format="%H:%M", attrs={"autocomplete": "off", "placeholder": "08:00"}),
        error_messages={"invalid": gettext_lazy("Write the hour and the minutes: 08:00.")},
    )


def _count(label: Any, hint: Any, least: int, most: int) -> forms.IntegerField:  # noqa: ANN401
    said = gettext_lazy("Enter %(least)d to %(most)d.")
    words = {name: said % {"least": least, "most": most} for name in ("min_value", "max_value", "invalid")}
    return forms.IntegerField(
        label=label,
        help_text=hint,
        min_value=least,
        max_value=most,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages=words,
    )


class ClinicForm(forms.ModelForm):
    """All that the clinic says about itself. `seen` is a fingerprint of what the form showed."""

    operation = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    seen = forms.CharField(widget=forms.HiddenInput, required=False)
    phone = PhoneNumberField(
        label=gettext_lazy("Phone"),
        region="CA",
        required=False,
        widget=PhoneInput,
        help_text=gettext_lazy("In every message, so that people can call"),
        error_messages={"invalid": gettext_lazy("This is no phone number. With its area code: 709-555-0100")},
    )
    zone = forms.CharField(
        label=gettext_lazy("Time zone"),
        widget=forms.TextInput(attrs={"list": "zones", "autocomplete": "off", "spellcheck": "false"}),
        help_text=gettext_lazy("Type a city: St_Johns"),
    )
    grid_minutes = forms.TypedChoiceField(
        label=gettext_lazy("Visits start every"),
        coerce=int,
        choices=[(minutes, gettext_lazy("%(count)d minutes") % {"count": minutes}) for minutes in GRID],
    )
    notice_hours = _count(
        gettext_lazy("Hours of notice to cancel"), gettext_lazy("Messages ask for so many"), 0, 24 * 14
    )
    late_minutes = _count(gettext_lazy("Late after, minutes"), gettext_lazy("A patient who is not there yet"), 1, 120)
    age_of_majority = _count(gettext_lazy("Age of majority"), gettext_lazy("Below it a guardian is asked for"), 14, 25)
    quiet_minutes = _count(
        gettext_lazy("A change rests, minutes"), gettext_lazy("So that an undo needs no message"), 0, 120
    )
    hold_minutes = _count(
        gettext_lazy("Held at most, minutes"), gettext_lazy("However often it changes meanwhile"), 0, 240
    )
    send_from = _clock(gettext_lazy("Messages from"))
    send_until = _clock(gettext_lazy("Messages until"), gettext_lazy("Outside these hours none leaves"))

    class Meta:
        model = Clinic
        fields = [
            "name",
            "short_name",
            "address",
            "phone",
            "sender_email",
            "zone",
            "zone_word",
            "zone_mark",
            "grid_minutes",
            "notice_hours",
            "late_minutes",
            "age_of_majority",
            "quiet_minutes",
            "hold_minutes",
            "send_from",
            "send_until",
        ]
        labels = {
            "name": gettext_lazy("Name"),
            "short_name": gettext_lazy("Name in messages"),
            "address": gettext_lazy("Mailing address"),
            "sender_email": gettext_lazy("Messages come from"),
            "zone_word": gettext_lazy("Zone, in words"),
            "zone_mark": gettext_lazy("Zone, in short"),
        }
        help_texts = {
            "name": gettext_lazy("On the screens of the clinic"),
            "short_name": gettext_lazy("Neutral: someone who sees a phone must not learn what the clinic does"),
            "address": gettext_lazy("The law asks for it in every message"),
            "sender_email": gettext_lazy("The address that patients see and answer to"),
            "zone_word": gettext_lazy("In messages: Newfoundland time"),
            "zone_mark": gettext_lazy("Beside a time: NT"),
        }
        error_messages = {
            "name": {"required": gettext_lazy("Enter the clinic’s name.")},
            "short_name": {"required": gettext_lazy("Enter a name that messages can carry.")},
            "zone_word": {"required": gettext_lazy("Write how people call the zone.")},
            "zone_mark": {"required": gettext_lazy("Write the zone’s mark, such as NT.")},
            "sender_email": {"invalid": gettext_lazy("This is no e-mail address. It looks like hello@example.ca")},
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["seen"].initial = fingerprint_of(self.instance)
        self.fields["zone"].initial = self.initial["zone"] = str(self.instance.zone)
        for name in ("name", "short_name", "address", "phone", "sender_email"):
            self.fields[name].widget.attrs["autocomplete"] = "off"

    @cached_property
    def zones(self) -> list[str]:
        return zones()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for field, sentence in problems(cleaned).items():
            if field not in self.errors:
                self.add_error(field, sentence)
        return cleaned

    def values(self) -> dict[str, Any]:
        """Return what was typed, as the service takes it."""
        return {name: self.cleaned_data[name] for name in self.Meta.fields}

    def _post_clean(self) -> None:
        """Leave the instance as it is on file: the service writes, under its lock."""


def telling_names() -> Iterator[str]:
    """Return the clinic's own terms: treatments and their other names, concerns, places on the body."""
    aliases = Protocol.objects.values_list("aliases", flat=True)
    names = (model.objects.values_list("name", flat=True) for model in (Protocol, Concern, Area))
    return chain(*names, *aliases)


def problems(values: dict[str, Any]) -> dict[str, str]:
    """Return what keeps these facts from being saved, by field. Only what was given is looked at."""
    found: dict[str, str] = {}
    if word := telling_word(values.get("short_name", ""), telling_names()):
        said = _("“%(word)s” tells what the clinic does. Choose a neutral name, such as Harbourlight Clinic.")
        found["short_name"] = said % {"word": word}
    zone = values.get("zone")
    if zone and zone not in zones():
        found["zone"] = _("There is no zone “%(zone)s”. Choose one of the list: America/St_Johns.") % {"zone": zone}
    since, until = values.get("send_from"), values.get("send_until")
    if since and until and since >= until:
        found["send_until"] = _("Messages must end after they begin: later than %(time)s.") % {"time": f"{since:%H:%M}"}
    rest, most = values.get("quiet_minutes"), values.get("hold_minutes")
    if rest is not None and most is not None and rest > most:
        said = _("A change is held at least as long as it rests: enter %(count)d or more.")
        found["hold_minutes"] = said % {"count": rest}
    return found


def _plain(value: Any) -> Any:  # noqa: ANN401 - whatever a column holds
    if isinstance(value, PhoneNumber):
        return value.as_e164
    return value if isinstance(value, bool | int) else str(value or "")


def fingerprint_of(clinic: Clinic) -> str:
    return body_hash({name: _plain(getattr(clinic, name)) for name in ClinicForm.Meta.fields})


def write_clinic(*, key: uuid.UUID, values: dict[str, Any], seen: str, actor: User | None, now: datetime) -> Clinic:
    """Change the clinic's facts, if they still are what the form showed. Raises RowRefused, RowChanged."""
    found = problems(values)
    if found:
        raise RowRefused(found)

    def act(operation: Operation) -> None:
        lock_rows(Clinic, [1])
        clinic = Clinic.objects.anew()
        if seen != fingerprint_of(clinic):
            raise RowChanged(clinic)
        if values["zone"] != str(clinic.zone):
            _refuse_while_visits_lie_ahead(clinic, now)
        before = {name: _plain(getattr(clinic, name)) for name in values}
        for name, value in values.items():
            setattr(clinic, name, ZoneInfo(value) if name == "zone" else value)
        clinic.save()
        operation.touched = [{"clinic": 1, "before": before}]

    def save() -> Model:
        body = {name: _plain(value) for name, value in values.items()}
        once(key=key, kind="write_clinic", actor=actor, body=body, now=now, act=act)
        return Clinic.objects.anew()

    return in_transaction(save)  # type: ignore[return-value]


def _refuse_while_visits_lie_ahead(clinic: Clinic, now: datetime) -> None:
    ahead = visits_ahead(now)
    if ahead:
        words = ngettext(
            "%(count)d visit lies ahead, told in %(zone)s. Nothing was saved: in another zone it would begin at "
            "another time by the clock. Change the zone when no visit lies ahead.",
            "%(count)d visits lie ahead, told in %(zone)s. Nothing was saved: in another zone they would begin at "
            "other times by the clock. Change the zone when no visit lies ahead.",
            len(ahead),
        )
        raise RowRefused({"zone": words % {"count": len(ahead), "zone": clinic.zone_word}}, ahead)
