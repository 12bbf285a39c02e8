"""From a slot to the columns of an appointment: the four instants and the wall time that was meant."""

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from clinic.lib.days import local_day, wall_time
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
