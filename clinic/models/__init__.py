"""The clinic itself: its people, places, profile, and what was done by whom."""

from .people import BoardRows, Clinician, Role, Theme, User
from .places import Device, DeviceKind, Room, RoomKind
from .profile import Clinic
from .trail import AccessLog, Heartbeat, Operation

__all__ = [
    "AccessLog",
    "BoardRows",
    "Clinic",
    "Clinician",
    "Device",
    "DeviceKind",
    "Heartbeat",
    "Operation",
    "Role",
    "Room",
    "RoomKind",
    "Theme",
    "User",
]
