"""What: the catalogue of protocols, and each patient's course."""

from .catalogue import AftercareText, Area, Concern, Protocol
from .plans import Complexity, PlanArea, PlanStatus, Session, SessionState, Side, Size, TreatmentPlan

__all__ = [
    "AftercareText",
    "Area",
    "Complexity",
    "Concern",
    "PlanArea",
    "PlanStatus",
    "Protocol",
    "Session",
    "SessionState",
    "Side",
    "Size",
    "TreatmentPlan",
]
