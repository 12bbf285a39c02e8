"""Note what came of calling a patient about a visit."""

import uuid
from datetime import datetime

from clinic.models import Operation, User
from scheduling.models import Appointment, AppointmentStatus, Call, CallOutcome, ConfirmedHow
from scheduling.services.acting import act_on_visit, change, stale
from treatments.models import TreatmentPlan


def note_call(
    *,
    key: uuid.UUID,
    appointment_id: int,
    outcome: CallOutcome,
    version: int | None = None,
    actor: User | None,
    now: datetime,
) -> Operation:
    """Note a call about a visit that is booked and not confirmed; "will come" confirms it, by phone.

    Raises StaleAppointment when the visit is not waiting to be confirmed any more, or its time is over.
    """

    def act(operation: Operation, visit: Appointment, _plan: TreatmentPlan | None) -> None:
        if visit.status != AppointmentStatus.BOOKED or visit.ends_at <= now:
            raise stale(visit.pk)
        Call.objects.create(appointment=visit, operation=operation, outcome=outcome)
        if outcome == CallOutcome.WILL_COME:
            change(operation, visit, AppointmentStatus.CONFIRMED, confirmed_at=now, confirmed_how=ConfirmedHow.PHONE)

    return act_on_visit(
        key=key,
        kind="note_call",
        appointment_id=appointment_id,
        body={"outcome": outcome},
        version=version,
        actor=actor,
        now=now,
        act=act,
    )
