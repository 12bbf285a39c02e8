"""When: hours, absences, closures, appointments, and which message speaks of which appointment."""

from .appointments import AHEAD, HOLDING, Appointment, AppointmentKind, AppointmentStatus
from .hours import Absence, Closure, HoursKind, WeeklyHours
from .links import AppointmentMessage, SeriesMessage

__all__ = [
    "AHEAD",
    "HOLDING",
    "Absence",
    "Appointment",
    "AppointmentKind",
    "AppointmentMessage",
    "AppointmentStatus",
    "Closure",
    "HoursKind",
    "SeriesMessage",
    "WeeklyHours",
]
