"""What: the catalogue of protocols, and each patient's course."""

from .catalogue import AftercareText, Area, Concern, Protocol
from .plans import PlanArea, PlanStatus, Session, SessionState, Side, TreatmentPlan

__all__ = [
    "AftercareText",
    "Area",
    "Concern",
    "PlanArea",
    "PlanStatus",
    "Protocol",
    "Session",
    "SessionState",
    "Side",
    "TreatmentPlan",
]
