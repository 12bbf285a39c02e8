"""The form of a treatment of the catalogue. It converts; the limits are in treatments.offer."""

import uuid
from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from clinic.models import DeviceKind, RoomKind
from treatments.models import AftercareText, Area, Concern, Protocol
from treatments.offer import Offer, problems, tidy_aliases

NUMBERS = (
    "sessions_min",
    "sessions_usual",
    "sessions_max",
    "interval_min",
    "interval_ideal",
    "interval_max",
    "minutes",
    "numbing_minutes",
    "turnover_minutes",
    "recovery_days",
)


def _number(label: Any, hint: Any = "") -> forms.IntegerField:  # noqa: ANN401 - words that are translated late
    return forms.IntegerField(
        label=label,
        help_text=hint,
        min_value=0,
        max_value=999,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={"required": _("Enter a number."), "invalid": _("Enter a whole number.")},
    )


class ProtocolForm(forms.Form):
    """A treatment. `version` is the state that the form showed; `operation` the key of this submit."""

    operation = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    name = forms.CharField(
        label=_("Name"), max_length=80, error_messages={"required": _("Enter the name that the desk looks for.")}
    )
    aliases = forms.CharField(
        label=_("Other names"),
        required=False,
        help_text=_("One a line. Searching for any of them finds it."),
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    concerns = forms.ModelMultipleChoiceField(
        Concern.objects.none(), label=_("Concerns"), required=False, widget=forms.CheckboxSelectMultiple
    )
    areas = forms.ModelMultipleChoiceField(
        Area.objects.all(),
        label=_("Areas"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one area.")},
    )
    sessions_min = _number(_("Sessions, fewest"))
    sessions_usual = _number(_("Usual"))
    sessions_max = _number(_("Most"))
    interval_min = _number(_("Days between, at least"))
    interval_ideal = _number(_("Best"))
    interval_max = _number(_("At most"))
    minutes = _number(_("Minutes of a visit"), _("With the clinician: 30 is usual, 60 the most"))
    numbing_minutes = _number(_("Minutes before, for numbing"), _("They are told to arrive so much earlier"))
    turnover_minutes = _number(_("Minutes after, for the room"), _("To clean and make ready"))
    recovery_days = _number(_("Days of rest"), _("Said when booking"))
    massage_from_hours = forms.IntegerField(
        label=_("Massage from, hours after"),
        required=False,
        min_value=1,
        max_value=240,
        help_text=_("Empty: the notes say nothing of massage"),
    )
    room_kind = forms.ModelChoiceField(
        RoomKind.objects.all(),
        label=_("Kind of room"),
        empty_label=None,
        error_messages={"required": _("Choose a kind of room. New kinds are added under Settings.")},
    )
    device_kind = forms.ModelChoiceField(
        DeviceKind.objects.all(), label=_("Kind of device"), required=False, empty_label=_("None")
    )
    shares_day = forms.BooleanField(
        label=_("May share a day with another treatment"),
        required=False,
        help_text=_("Then two courses of one patient are planned as one trip, otherwise on different days."),
    )
    aftercare_version = forms.TypedChoiceField(label=_("Aftercare text"), coerce=int, choices=[])
    limits_reason = forms.CharField(
        label=_("Where these limits come from"),
        max_length=200,
        required=False,
        help_text=_("A label, a study, who decided. Needed above 14 days."),
    )
    is_active = forms.BooleanField(
        label=_("Offered"),
        required=False,
        help_text=_("Switched off, no new course starts with it. Open courses go on."),
    )

    def __init__(self, *args: Any, protocol: Protocol, **kwargs: Any) -> None:
        kwargs["initial"] = initial_of(protocol) | kwargs.get("initial", {})
        super().__init__(*args, **kwargs)
        self.protocol = protocol
        kept = [concern.pk for concern in protocol.concerns.all()] if protocol.pk else []
        self.fields["concerns"].queryset = Concern.objects.filter(Q(is_active=True) | Q(pk__in=kept))  # type: ignore[attr-defined]
        versions = AftercareText.objects.order_by("-version").values_list("version", flat=True).distinct()
        numbers = dict.fromkeys([*versions, protocol.aftercare_version])
        self.fields["aftercare_version"].choices = [  # type: ignore[attr-defined]
            (number, _("Version %(number)d") % {"number": number}) for number in numbers
        ]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not self.errors:
            for field, sentence in problems(self.offer()).items():
                self.add_error(field or None, sentence)
        return cleaned

    def offer(self) -> Offer:
        """Return what was typed, as the service takes it."""
        asked = self.cleaned_data
        device = asked["device_kind"]
        return Offer(
            name=" ".join(asked["name"].split()),
            aliases=tidy_aliases(asked["aliases"]),
            areas=tuple(area.pk for area in asked["areas"]),
            concerns=tuple(concern.pk for concern in asked["concerns"]),
            room_kind_id=asked["room_kind"].pk,
            device_kind_id=device.pk if device else None,
            shares_day=asked["shares_day"],
            massage_from_hours=asked["massage_from_hours"],
            aftercare_version=asked["aftercare_version"],
            limits_reason=asked["limits_reason"].strip(),
            is_active=asked["is_active"],
            **{name: asked[name] for name in NUMBERS},
        )


def initial_of(protocol: Protocol) -> dict[str, Any]:
    """Return what the form of a treatment shows: what is on file, or what a new one starts with."""
    values: dict[str, Any] = {name: getattr(protocol, name) for name in NUMBERS}
    values |= {
        "version": protocol.version,
        "name": protocol.name,
        "aliases": "\n".join(protocol.aliases),
        "shares_day": protocol.shares_day,
        "massage_from_hours": protocol.massage_from_hours,
        "room_kind": protocol.room_kind_id,
        "device_kind": protocol.device_kind_id,
        "aftercare_version": protocol.aftercare_version,
        "limits_reason": protocol.limits_reason,
        "is_active": protocol.is_active,
    }
    if protocol.pk:
        values["areas"] = [area.pk for area in protocol.areas.all()]
        values["concerns"] = [concern.pk for concern in protocol.concerns.all()]
    return values


def new_protocol() -> Protocol:
    """Return a treatment that is not on file, with what the rule book calls usual (domain 1, rows 33 to 38)."""
    latest = AftercareText.objects.order_by("-version").values_list("version", flat=True).first()
    return Protocol(
        sessions_min=4,
        sessions_usual=6,
        sessions_max=10,
        interval_min=7,
        interval_ideal=7,
        interval_max=14,
        minutes=30,
        turnover_minutes=10,
        aftercare_version=latest or 1,
    )
