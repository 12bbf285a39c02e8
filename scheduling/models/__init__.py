"""When: hours, absences, closures, appointments, and which message speaks of which appointment."""

from .appointments import AHEAD, HOLDING, Appointment, AppointmentKind, AppointmentStatus, CancelledBy, ConfirmedHow
from .calls import Call, CallOutcome
from .hours import Absence, Closure, HoursChange, HoursKind, WeeklyHours
from .links import AppointmentMessage, SeriesMessage
from .visits import PlannerDraft, VisitType
from .weights import PlanningWeights

__all__ = [
    "AHEAD",
    "HOLDING",
    "Absence",
    "Appointment",
    "AppointmentKind",
    "AppointmentMessage",
    "AppointmentStatus",
    "Call",
    "CallOutcome",
    "CancelledBy",
    "Closure",
    "ConfirmedHow",
    "HoursChange",
    "HoursKind",
    "PlannerDraft",
    "PlanningWeights",
    "SeriesMessage",
    "VisitType",
    "WeeklyHours",
]
