"""When: hours, absences, closures, appointments, and which message speaks of which appointment."""

from .appointments import AHEAD, HOLDING, Appointment, AppointmentKind, AppointmentStatus, CancelledBy, ConfirmedHow
from .away import AwayPlan, AwayState
from .calls import Call, CallOutcome
from .hours import Absence, Closure, HoursChange, HoursKind, WeeklyHours
from .links import AppointmentMessage, SeriesMessage
from .visits import PlannerDraft, VisitType
from .waiting import (
    Offer,
    OfferBy,
    OfferRound,
    OfferRules,
    OfferState,
    RoundEnd,
    WaitingEntry,
    WaitingStatus,
)
from .weights import PlanningWeights

__all__ = [
    "AHEAD",
    "HOLDING",
    "Absence",
    "Appointment",
    "AppointmentKind",
    "AppointmentMessage",
    "AppointmentStatus",
    "AwayPlan",
    "AwayState",
    "Call",
    "CallOutcome",
    "CancelledBy",
    "Closure",
    "ConfirmedHow",
    "HoursChange",
    "HoursKind",
    "Offer",
    "OfferBy",
    "OfferRound",
    "OfferRules",
    "OfferState",
    "PlannerDraft",
    "PlanningWeights",
    "RoundEnd",
    "SeriesMessage",
    "VisitType",
    "WaitingEntry",
    "WaitingStatus",
    "WeeklyHours",
]
