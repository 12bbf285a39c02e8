"""From a slot to the columns of an appointment, and the one way in which the state of appointments is changed."""

from collections.abc import Sequence
from datetime import timedelta
from functools import reduce
from operator import or_
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import F, Q
from django.utils import timezone

from clinic.lib.days import local_day, wall_time
from clinic.lib.locks import StateRefused
from scheduling.models import Appointment, AppointmentStatus
from scheduling.planning.freetime import Visit
from scheduling.planning.types import Slot


def times_of(slot: Slot, visit: Visit, zone: ZoneInfo) -> dict[str, Any]:
    """Return the fields of a visit at this slot: arrival is start less numbing, the room is free after the turnover."""
    ends_at = slot.starts_at + timedelta(minutes=visit.minutes)
    return {
        "clinician_id": slot.clinician_id,
        "room_id": slot.room_id,
        "device_id": slot.device_id,
        "arrives_at": slot.starts_at - timedelta(minutes=visit.numbing_minutes),
        "starts_at": slot.starts_at,
        "ends_at": ends_at,
        "frees_at": ends_at + timedelta(minutes=visit.turnover_minutes),
        "wall_date": local_day(slot.starts_at, zone),
        "wall_time": wall_time(slot.starts_at, zone),
        "wall_zone": str(zone),
    }


def touched(pk: int, version: int, before: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return the entry of `Operation.touched` for one appointment."""
    return {"appointment": pk, "version": version, "before": before}


def change_status(visits: Sequence[Appointment], status: AppointmentStatus, **fields: Any) -> None:
    """Change the state of visits by compare-and-set: each must be as it was read here, in state and version.

    One statement for all. Raises StateRefused when somebody changed one meanwhile; the trigger `status_path` refuses a
    way that does not exist.
    """
    if not visits:
        return
    as_read = reduce(or_, (Q(pk=visit.pk, status=visit.status, version=visit.version) for visit in visits))
    values = {"status": status, "updated_at": timezone.now(), **fields}
    if Appointment.objects.filter(as_read).update(**values, version=F("version") + 1) != len(visits):
        raise StateRefused
    for visit in visits:
        visit.version += 1
        for name, value in values.items():
            setattr(visit, name, value)
