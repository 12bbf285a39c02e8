"""What a consultation and a review take: minutes, and the kind of room."""

import uuid
from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from clinic.lib.locks import in_transaction, lock_rows
from clinic.lib.operations import once
from clinic.models import Operation, RoomKind, User
from scheduling.models import AppointmentKind, VisitType

KINDS = (AppointmentKind.CONSULTATION, AppointmentKind.REVIEW)
NAMES = ("minutes", "turnover_minutes", "room_kind")


class VisitTypeForm(forms.ModelForm):
    minutes = forms.IntegerField(
        label=_("Minutes of a visit"),
        min_value=5,
        max_value=240,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages=dict.fromkeys(("min_value", "max_value", "invalid"), _("Enter 5 to 240 minutes.")),
    )
    turnover_minutes = forms.IntegerField(
        label=_("Minutes after, for the room"),
        min_value=0,
        max_value=60,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages=dict.fromkeys(("min_value", "max_value", "invalid"), _("Enter 0 to 60 minutes.")),
    )
    room_kind = forms.ModelChoiceField(RoomKind.objects.all(), label=_("Kind of room"), empty_label=None)

    class Meta:
        model = VisitType
        fields = ["minutes", "turnover_minutes", "room_kind"]

    def _post_clean(self) -> None:
        """Leave the instance as it is on file: the service writes, under its lock."""


def forms_of(data: Any = None) -> list[VisitTypeForm]:  # noqa: ANN401 - a QueryDict, or nothing
    """Return a form for each kind of visit outside a course; one that nobody set yet starts with the usual."""
    on_file = {row.kind: row for row in VisitType.objects.all()}
    return [
        VisitTypeForm(data, prefix=kind.value, instance=on_file.get(kind.value) or VisitType(kind=kind))
        for kind in KINDS
    ]


def write_visit_types(*, key: uuid.UUID, values: dict[str, dict[str, Any]], actor: User | None, now: datetime) -> None:
    """Write what each kind of visit takes from now on. Booked visits keep their minutes and their room."""
    plain = {
        kind: [asked["minutes"], asked["turnover_minutes"], asked["room_kind"].pk] for kind, asked in values.items()
    }

    def act(operation: Operation) -> None:
        lock_rows(VisitType, VisitType.objects.values_list("pk", flat=True))
        before = {row.kind: [row.minutes, row.turnover_minutes, row.room_kind_id] for row in VisitType.objects.all()}
        for kind, asked in values.items():
            VisitType.objects.update_or_create(kind=kind, defaults=asked)
        operation.touched = [{"visit types": plain, "before": before}]

    in_transaction(
        lambda: once(key=key, kind="write_visit_types", actor=actor, body={"kinds": plain}, now=now, act=act)
    )
