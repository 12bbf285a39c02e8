"""Which visits ahead treat a restricted area with a clinician who is not named for it. Reads only.

They were booked before the area was restricted, or before the names changed: the catalogue changes no booked course.
"""

from datetime import datetime

from scheduling.models import Appointment
from scheduling.models.appointments import AppointmentQuerySet
from scheduling.planning.outside import WAITING
from treatments.models import Area, TreatmentPlan


def visits_with_others(area: Area, now: datetime) -> AppointmentQuerySet:
    """Return the visits from now on that treat this area with somebody not named; none while it is open to all."""
    if not area.restricted:
        return Appointment.objects.none()
    plans = TreatmentPlan.objects.filter(areas__area=area)
    ahead = Appointment.objects.filter(starts_at__gte=now, status__in=WAITING, session__plan__in=plans)
    return ahead.exclude(clinician__in=area.clinicians.all())
