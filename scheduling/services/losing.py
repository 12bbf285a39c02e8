"""What a visit that will not be leaves behind: its state, why, and no message that speaks of it. Under its locks."""

from datetime import datetime

from django.utils.translation import gettext as _

from clinic.models import Operation
from scheduling.models import Appointment, AppointmentStatus
from scheduling.services import notices
from scheduling.services.acting import change
from scheduling.services.errors import StaleAppointment


def note_missed(operation: Operation, visit: Appointment, reason: str, now: datetime) -> None:
    """Note that the patient did not come. Raises StaleAppointment for a visit that lies ahead, or is missed already."""
    if visit.starts_at > now:
        raise StaleAppointment(_("This visit lies ahead. Nothing was saved. Cancel it if the patient will not come."))
    change(operation, visit, AppointmentStatus.NO_SHOW, status_reason=reason)
    notices.withdraw_for(appointment=visit, reason=_("Nobody came."), now=now)


def note_cancelled(operation: Operation, visit: Appointment, reason: str, cancelled_by: str, now: datetime) -> None:
    """Cancel a visit. Whether that was late, by the notice that the clinic asks for at this moment, is kept with it."""
    late = visit.is_late_to_cancel(now)
    why = {"status_reason": reason, "cancelled_by": cancelled_by, "cancelled_late": late}
    change(operation, visit, AppointmentStatus.CANCELLED, **why)
    notices.withdraw_for(appointment=visit, reason=_("The visit was cancelled."), now=now)
