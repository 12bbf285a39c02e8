"""What lies ahead in the book and would be touched by a change of the clinic."""

from datetime import datetime

from django.db.models import Q
from django.urls import reverse

from clinic.lib.days import clock, day_words, local_day, wall_time
from clinic.lib.rows import Ahead
from clinic.models import Clinic
from scheduling.models import Appointment


def visits_ahead(now: datetime, **held: int) -> list[Ahead]:
    """Return the visits that hold these things from now on, soonest first."""
    zone = Clinic.objects.current().tz
    today = local_day(now, zone)
    visits = Appointment.objects.holding().filter(Q(frees_at__gt=now), **held).select_related("patient")
    found = []
    for visit in visits.order_by("starts_at"):
        day = local_day(visit.starts_at, zone)
        when = f"{day_words(day, today)} {clock(wall_time(visit.starts_at, zone))}"
        found.append(Ahead(when, visit.patient.full_name, reverse("day", kwargs={"on": day})))
    return found
