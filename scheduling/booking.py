"""Reading the book to place one new visit: who could take the patient now, and what is free from a day on."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from django.db.models import Count, Max, Q

from clinic.lib.days import local_day, wall_time
from clinic.models import Clinic
from patients.models import Patient
from scheduling.models import HOLDING
from scheduling.moving import NEAR, FreeDay, FreeTime, free_days, free_time, nearest
from scheduling.planning.single import Here, Verdict, Wanted, choices_on, context_of, free_in, here_now, here_start
from scheduling.planning.types import Choices, Slot
from treatments.models import PlanStatus, SessionState, TreatmentPlan


class Booking:
    """One visit that is to be booked. Reads everything once."""

    is_new = True

    def __init__(self, wanted: Wanted, choices: Choices, now: datetime) -> None:
        self.wanted, self.now = wanted, now
        self.visit = wanted.visit()
        self._starts_at = here_start(wanted, now)
        begun = Slot(min(self._starts_at, now), choices.clinician_id or 0)
        self.context = context_of(wanted, [begun], choices, now)

    @property
    def counts_gaps(self) -> bool:
        return self.wanted.plan is not None

    @cached_property
    def days(self) -> list[FreeDay]:
        return free_days(self.context, free_in(self.context))

    @cached_property
    def _here(self) -> Here:
        return here_now(self.context, self._starts_at)

    @property
    def here(self) -> list[tuple[str, FreeTime]]:
        """Who could take someone who is here now, with the button for it."""
        names = self.context.clinicians
        return [(names[slot.clinician_id].short_name, free_time(self.context, slot)) for slot in self._here.slots]

    @property
    def why_not_here(self) -> str:
        return self._here.why


class Beside:
    """One visit whose time was refused: the free times nearest to that."""

    is_beside = True

    def __init__(self, wanted: Wanted, verdict: Verdict) -> None:
        self.visit, self.counts_gaps = verdict.context.visit, wanted.plan is not None
        self.days = free_days(verdict.context, verdict.beside())


@dataclass(frozen=True)
class OpenCourse:
    """A course that lacks visits: how many, and the last local day that one holds."""

    plan: TreatmentPlan
    to_book: int
    last_day: date | None


def open_courses(patient: Patient) -> list[OpenCourse]:
    """Return the patient's courses that lack visits, the latest first."""
    zone = Clinic.objects.current().tz
    missing = Count("sessions", filter=Q(sessions__state=SessionState.PLANNED), distinct=True)
    held = Max("sessions__appointments__starts_at", filter=Q(sessions__appointments__status__in=HOLDING))
    plans = patient.plans.filter(status=PlanStatus.ACTIVE).alias(missing=missing).filter(missing__gt=0)
    return [
        OpenCourse(plan, plan.to_book, local_day(plan.last_at, zone) if plan.last_at else None)
        for plan in plans.annotate(to_book=missing, last_at=held).order_by("-created_at")
    ]


def free_near(wanted: Wanted, slot: Slot, now: datetime) -> list[FreeTime]:
    """Return the free times nearest to one that cannot be had."""
    zone = Clinic.objects.current().tz
    choices = choices_on(local_day(slot.starts_at, zone), wall_time(slot.starts_at, zone), None)
    context = context_of(wanted, [slot], choices, now)
    return [free_time(context, free) for free in nearest(context, slot)[:NEAR]]
