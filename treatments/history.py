"""What was changed about a treatment of the catalogue, by whom and when: told from the history the database keeps."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from clinic.models import DeviceKind, RoomKind, User
from treatments.models import Protocol
from treatments.offer import Offer

SHOWN = 8


@dataclass(frozen=True)
class Entry:
    """One change: when, by whom, and what became of what."""

    at: datetime
    who: str
    words: list[str]


class Told:
    """Writes values of a treatment in words. Kinds of rooms and devices are read once."""

    def __init__(self, labels: Mapping[str, str | Promise]) -> None:
        self.labels = labels
        self._kinds: dict[str, dict[int, str]] = {}

    def label(self, name: str) -> str:
        return str(self.labels[name.removesuffix("_id")])

    def value(self, name: str, value: Any) -> str:  # noqa: ANN401 - whatever a column holds
        if isinstance(value, bool):
            return _("yes") if value else _("no")
        if name in {"room_kind_id", "device_kind_id"} and value is not None:
            model: Any = RoomKind if name == "room_kind_id" else DeviceKind
            kinds = self._kinds.setdefault(name, dict(model.objects.values_list("pk", "name")))
            return kinds.get(value, "")
        if isinstance(value, list):
            return ", ".join(value) or _("none")
        return _("none") if value in (None, "") else str(value)


def history_of(protocol: Protocol, told: Told) -> list[Entry]:
    """Return the latest changes, the newest first."""
    events = list(protocol.events.select_related("pgh_context").order_by("-pgh_id")[: SHOWN + 1])  # type: ignore[attr-defined]
    keys = {event.pgh_context.metadata.get("user") for event in events if event.pgh_context}
    names = dict(User.objects.filter(pk__in=keys - {None}).values_list("pk", "name"))
    found = []
    for event, before in zip(events, [*events[1:], None], strict=True):
        who = names.get(event.pgh_context.metadata.get("user"), "") if event.pgh_context else ""
        if event.pgh_label == "insert":
            found.append(Entry(event.pgh_created_at, who, [_("Added to the catalogue")]))
        elif before is not None:
            found.append(Entry(event.pgh_created_at, who, _words(event, before, told)))
    return found[:SHOWN]


def _words(event: Any, before: Any, told: Told) -> list[str]:  # noqa: ANN401 - models that pghistory makes
    now, was = Offer.of(event).columns(), Offer.of(before).columns()
    words = _("%(label)s: %(now)s, was %(was)s")
    changed = [
        words % {"label": told.label(name), "now": told.value(name, now[name]), "was": told.value(name, was[name])}
        for name in now
        if now[name] != was[name]
    ]
    return changed or [_("Areas or concerns")]
