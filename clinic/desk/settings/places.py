"""Rooms and devices with their kinds. One that visits hold stays what it is until they are moved."""

from datetime import datetime
from functools import partial
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy, ngettext

from clinic.lib.access import Permission
from clinic.lib.rows import RowRefused
from clinic.lib.shelves import Column, RowForm, Shelf, Tab, use_column, with_use
from clinic.models import Device, DeviceKind, Room, RoomKind

from .ahead import visits_ahead

GROUP = gettext_lazy("Settings")
TABS = (
    Tab("clinic_settings", gettext_lazy("The clinic"), ("clinic_settings",)),
    Tab("room_list", gettext_lazy("Rooms"), ("room_list", "room_new", "room_edit")),
    Tab("room_kind_list", gettext_lazy("Kinds of room"), ("room_kind_",)),
    Tab("device_list", gettext_lazy("Devices"), ("device_list", "device_new", "device_edit")),
    Tab("device_kind_list", gettext_lazy("Kinds of device"), ("device_kind_",)),
    Tab("visit_types", gettext_lazy("Other visits"), ("visit_types",)),
    Tab("planning_settings", gettext_lazy("Planning"), ("planning_settings",)),
    Tab("offer_settings", gettext_lazy("Offers"), ("offer_settings",)),
)
NAME = gettext_lazy("Name")
SWITCHED = gettext_lazy("Switched off, no visit is booked into it. Not while visits that lie ahead hold it.")


class RoomForm(RowForm):
    class Meta:
        model = Room
        fields = ["name", "kind", "is_active"]
        labels = {"name": NAME, "kind": gettext_lazy("Kind"), "is_active": gettext_lazy("In use")}
        help_texts = {
            "kind": gettext_lazy("Each treatment asks for a kind; any free room of it is taken."),
            "is_active": SWITCHED,
        }


class DeviceForm(RowForm):
    class Meta:
        model = Device
        fields = ["name", "kind", "is_active"]
        labels = {"name": NAME, "kind": gettext_lazy("Kind"), "is_active": gettext_lazy("In use")}
        help_texts = {
            "name": gettext_lazy("As it is written on it: Mesogun 2"),
            "kind": gettext_lazy("A treatment may ask for a kind; any free device of it is taken."),
            "is_active": SWITCHED,
        }


class RoomKindForm(RowForm):
    class Meta:
        model = RoomKind
        fields = ["name"]
        labels = {"name": NAME}
        help_texts = {"name": gettext_lazy("Treatment room, consulting room")}


class DeviceKindForm(RowForm):
    class Meta:
        model = DeviceKind
        fields = ["name"]
        labels = {"name": NAME}
        help_texts = {"name": gettext_lazy("Injector, camera")}


def check_place(row: Any, values: dict[str, Any], now: datetime) -> None:  # noqa: ANN401 - a Room or a Device
    """Refuse to switch off, or to make another kind, what visits ahead hold. The row is locked, as booking locks it."""
    if not row.pk:
        return
    off = row.is_active and not values["is_active"]
    other_kind = row.kind_id != values["kind"].pk
    if not off and not other_kind:
        return
    held = visits_ahead(now, **{str(row._meta.model_name): row.pk})
    if held:
        words = ngettext(
            "%(count)d visit that lies ahead holds %(name)s. Nothing was saved. Move or cancel it first.",
            "%(count)d visits that lie ahead hold %(name)s. Nothing was saved. Move or cancel them first.",
            len(held),
        )
        field = "is_active" if off else "kind"
        raise RowRefused({field: words % {"count": len(held), "name": row.name}}, held)


def _kind(row: Any) -> str:  # noqa: ANN401 - a Room or a Device
    return str(row.kind)


def _rooms() -> QuerySet[Any]:
    return Room.objects.select_related("kind")


def _devices() -> QuerySet[Any]:
    return Device.objects.select_related("kind")


_shelf = partial(Shelf, permission=Permission.MANAGE_CLINIC, group=GROUP, tabs=TABS)
ROOMS = _shelf(
    name="room",
    model=Room,
    form=RoomForm,
    icon="door-closed",
    title=gettext_lazy("Rooms"),
    hint=gettext_lazy(
        "In the order of the book. A visit takes the first free room of the kind that its treatment needs."
    ),
    add=gettext_lazy("Add a room"),
    empty=gettext_lazy("No rooms yet"),
    columns=(Column(gettext_lazy("Kind"), _kind),),
    rows=_rooms,
    check=check_place,
    is_ordered=True,
)
DEVICES = _shelf(
    name="device",
    model=Device,
    form=DeviceForm,
    icon="plug",
    title=gettext_lazy("Devices"),
    hint=gettext_lazy("What two visits cannot use at the same time."),
    add=gettext_lazy("Add a device"),
    empty=gettext_lazy("No devices yet"),
    columns=(Column(gettext_lazy("Kind"), _kind),),
    rows=_devices,
    check=check_place,
    is_ordered=True,
)
ROOM_KINDS = _shelf(
    name="room_kind",
    model=RoomKind,
    form=RoomKindForm,
    icon="door-open",
    title=gettext_lazy("Kinds of room"),
    hint=gettext_lazy("Treatments ask for a kind of room, never for one room."),
    add=gettext_lazy("Add a kind of room"),
    empty=gettext_lazy("No kinds of room yet"),
    columns=(use_column(gettext_lazy("Rooms in use")),),
    rows=lambda: with_use(RoomKind, "rooms").order_by("name"),
)
DEVICE_KINDS = _shelf(
    name="device_kind",
    model=DeviceKind,
    form=DeviceKindForm,
    icon="cpu",
    title=gettext_lazy("Kinds of device"),
    hint=gettext_lazy("Treatments ask for a kind of device, or for none."),
    add=gettext_lazy("Add a kind of device"),
    empty=gettext_lazy("No kinds of device yet"),
    columns=(use_column(gettext_lazy("Devices in use")),),
    rows=lambda: with_use(DeviceKind, "devices").order_by("name"),
)
