"""Today of a new demo, as its desk would have kept it up to this moment: done, missed, in treatment, waiting.

The book itself is the same at every hour (`build`); this goes on from there through the clinic's own services.
"""

import uuid
from datetime import datetime, timedelta

from clinic.lib.days import day_span, local_day
from clinic.models import Clinic, User
from scheduling.models import AHEAD, Appointment
from scheduling.services.appointments import complete_appointment, miss_appointment
from scheduling.services.statuses import arrive_appointment, start_appointment

MISSED = 8
"""Of so many visits that are over, nobody came to one."""
OVERRUN, EARLY = timedelta(minutes=10), timedelta(minutes=5)


def keep_today(now: datetime) -> int:
    """Bring the visits of this local day to where they would be by now; return how many were touched."""
    zone = Clinic.objects.current().tz
    since, until = day_span(local_day(now, zone), zone)
    desk = User.objects.filter(roles__contains=["front_desk"]).first()
    visits = Appointment.objects.filter(status__in=AHEAD).starting(since, until).order_by("starts_at", "pk")
    return sum(_go_on(visit, at, desk, now) for at, visit in enumerate(visits))


def _go_on(visit: Appointment, at: int, desk: User | None, now: datetime) -> bool:
    if visit.ends_at + OVERRUN <= now:
        act, moment = (miss_appointment if at % MISSED == MISSED - 1 else complete_appointment), visit.ends_at
    elif visit.starts_at <= now:
        act, moment = start_appointment, visit.starts_at
    elif visit.arrives_at - EARLY <= now:
        act, moment = arrive_appointment, min(now, visit.arrives_at)
    else:
        return False
    act(key=uuid.uuid4(), appointment_id=visit.pk, actor=desk, now=moment)
    return True
