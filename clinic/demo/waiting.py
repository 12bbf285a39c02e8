"""A waiting list that lives: somebody cancelled a while ago, some would come earlier, and one of them is offered it.

Written through the services, as a desk would have done it within the last half hour of a working day.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random

from clinic.lib.days import local_day
from clinic.models import Clinic, User
from patients.models import Patient
from scheduling.models import HOLDING, Appointment, AppointmentKind, AppointmentStatus
from scheduling.planning.waiting_read import Stretch
from scheduling.services.appointments import cancel_appointment
from scheduling.services.offers import start_round
from scheduling.services.reminding import next_civil_hour
from scheduling.services.waiting import Wish, add_entry
from treatments.models import PlanStatus

from . import house
from .keep import new_id

FREED_AGO, OFFERED_AGO = timedelta(minutes=28), timedelta(minutes=8)
FIT, EARLY = 4, 2
WISHES = (
    Wish(from_time=time(12)),
    Wish(from_time=time(9), notice_hours=2),
    Wish(notice_hours=4),
    Wish(note="Works shifts; a text to her sister helps"),
)


@dataclass(frozen=True)
class Next:
    """The next visit of a course, and the local day of the one before it."""

    visit: Appointment
    before: date
    least: int

    def fits(self, freed: Appointment, day: date) -> bool:
        same = self.visit.room.kind_id == freed.room.kind_id and self.visit.device_id is None
        short = self.visit.ends_at - self.visit.starts_at <= freed.ends_at - freed.starts_at
        return same and short and (day - self.before).days >= self.least and self.visit.starts_at > freed.starts_at


def keep_waiting_list(rng: Random, clinic: Clinic, now: datetime) -> None:
    """Cancel a visit of the coming days that suits several, put those on the list, and offer it to the first."""
    desk, comings = User.objects.get(email=house.DESK[0]), _next_visits(clinic, now)
    freed = _to_free(comings, clinic, now)
    if freed is None:
        return
    day = local_day(freed.starts_at, clinic.tz)
    others = [one for one in comings if one.visit.patient_id != freed.patient_id]
    fitting = [one for one in others if one.fits(freed, day)]
    # A visit of a later day that comes earlier says more than one of the same day.
    suits = sorted(fitting, key=lambda one: local_day(one.visit.starts_at, clinic.tz) == day)[:FIT]
    early = [one for one in others if one not in suits and 0 < (day - one.before).days < one.least][:EARLY]
    for place, one in enumerate([*suits, *early]):
        _add(rng, desk, one.visit, WISHES[place % len(WISHES)], now - timedelta(days=place + 1, hours=place))
    _add_talk(rng, desk, clinic, now)
    cancel_appointment(
        key=new_id(rng),
        appointment_id=freed.pk,
        reason="Patient is ill",
        cancelled_by="patient",
        actor=desk,
        now=now - FREED_AGO,
    )
    at = now - OFFERED_AGO
    if suits and next_civil_hour(at, clinic) <= at:
        stretch = Stretch(freed.clinician_id, freed.starts_at, freed.ends_at)
        start_round(key=new_id(rng), stretch=stretch, actor=desk, now=at)


def _next_visits(clinic: Clinic, now: datetime) -> list[Next]:
    """Return the next visit of each course under way that has had one, the soonest first."""
    visits = Appointment.objects.filter(
        kind=AppointmentKind.SESSION, status__in=HOLDING, session__plan__status=PlanStatus.ACTIVE
    )
    found: list[Next] = []
    last: dict[int, date] = {}
    seen: set[int] = set()
    for visit in visits.select_related("session__plan", "room", "patient").order_by("starts_at", "public_id"):
        plan = visit.session.plan  # type: ignore[union-attr]
        if visit.starts_at <= now:
            last[plan.pk] = local_day(visit.starts_at, clinic.tz)
        elif plan.pk not in seen:
            seen.add(plan.pk)
            if plan.pk in last and visit.patient.can_be_mailed and not visit.patient.is_archived:
                found.append(Next(visit, last[plan.pk], plan.interval_min))
    return found


def _to_free(comings: Iterable[Next], clinic: Clinic, now: datetime) -> Appointment | None:
    """Return the visit of the next days whose time suits most of the others; none that the demonstrations need."""
    listed = list(comings)
    soon = [
        one.visit
        for one in listed
        if timedelta(hours=18) < one.visit.starts_at - now < timedelta(days=4)
        and one.visit.status in {AppointmentStatus.BOOKED, AppointmentStatus.CONFIRMED}
    ]

    def suited(visit: Appointment) -> int:
        day = local_day(visit.starts_at, clinic.tz)
        fits = [one for one in listed if one.visit.patient_id != visit.patient_id and one.fits(visit, day)]
        return sum(1 if local_day(one.visit.starts_at, clinic.tz) == day else 3 for one in fits)

    return max(soon, key=lambda visit: (min(suited(visit), 3 * FIT), -visit.starts_at.timestamp()), default=None)


def _add(rng: Random, desk: User, visit: Appointment, wish: Wish, at: datetime) -> None:
    add_entry(
        key=new_id(rng),
        patient_id=visit.patient_id,
        kind=visit.kind,
        plan_id=visit.session.plan_id if visit.session else None,
        appointment_id=visit.pk,
        wish=wish,
        actor=desk,
        now=at,
    )


def _add_talk(rng: Random, desk: User, clinic: Clinic, now: datetime) -> None:
    """Let somebody wait for a consultation that is not booked, in the mornings."""
    coming = Appointment.objects.filter(starts_at__gt=now).values("patient")
    free = Patient.objects.filter(archived_at__isnull=True, plans__isnull=True).exclude(pk__in=coming)
    patient = free.exclude(email="").order_by("public_id").first()
    if patient is not None and patient.age_on(local_day(now, clinic.tz)) >= clinic.age_of_majority:
        add_entry(
            key=new_id(rng),
            patient_id=patient.pk,
            kind=AppointmentKind.CONSULTATION,
            wish=Wish(until_time=time(12)),
            actor=desk,
            now=now - timedelta(days=8),
        )
