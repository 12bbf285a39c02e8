"""What the shell of every page needs: the clinic, the person's theme, and the places they may go."""

import uuid
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from clinic.lib.access import Permission, allows


@dataclass(frozen=True)
class Place:
    """A page that the navigation leads to. `prefixes` begin the names of the addresses that count as being there."""

    name: str
    label: str | Promise
    icon: str
    permission: Permission
    prefixes: tuple[str, ...]


PLACES = (
    Place("board", _("Board"), "calendar3", Permission.SEE_PATIENTS, ("board", "day", "appointment", "call_list")),
    Place(
        "patient_list",
        _("Patients"),
        "people",
        Permission.SEE_PATIENTS,
        ("patient_", "plan_", "series_", "course", "visit_new"),
    ),
    Place("waiting_list", _("Waiting list"), "hourglass-split", Permission.SEE_PATIENTS, ("waiting_",)),
    Place("hours", _("Hours"), "clock", Permission.MANAGE_HOURS, ("hours",)),
    Place("message_list", _("Messages"), "envelope", Permission.SEE_MESSAGES, ("message_",)),
    Place(
        "catalogue",
        _("Catalogue"),
        "journal-text",
        Permission.MANAGE_CATALOGUE,
        ("catalogue", "protocol_", "concern_", "area_", "aftercare_"),
    ),
    Place(
        "clinic_settings",
        _("Settings"),
        "gear",
        Permission.MANAGE_CLINIC,
        ("clinic_settings", "room_", "device_", "visit_types", "planning_settings", "offer_settings"),
    ),
)


def shell(request: HttpRequest) -> dict[str, Any]:
    return {
        "clinic": getattr(request, "clinic", None),
        "theme": getattr(request.user, "theme", "device") if hasattr(request, "user") else "device",
        "nav": _navigation(request),
        "fresh_operation": uuid.uuid4,  # called by the template: each form that it stands in gets a key of its own
    }


def _navigation(request: HttpRequest) -> dict[str, Any]:
    user = getattr(request, "user", None)
    at = getattr(request.resolver_match, "url_name", None) or ""
    items = [
        {"place": place, "href": href, "here": at.startswith(place.prefixes)}
        for place in PLACES
        if allows(user, place.permission) and (href := _address(place.name))
    ]
    find = _address("find") if allows(user, Permission.SIGNED_IN) else ""
    return {"items": items, "find": find}


def _address(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""
