"""Reading what planning one course needs: once, under whatever locks the caller holds."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import BooleanField, ExpressionWrapper, Q

from clinic.lib.days import local_day, midnight
from clinic.models import Clinic
from patients.models import Patient
from scheduling.models import HOLDING, Absence, Appointment, Closure, PlanningWeights
from scheduling.planning.context import Context, Own
from scheduling.planning.freetime import Visit, read, to_epoch
from scheduling.planning.types import RHYTHM_DAYS, Choices, Rhythm, Slot
from scheduling.planning.windows import Companion, Held, Rule
from treatments.models import SessionState, TreatmentPlan
from treatments.named import Named, Staff, bookable, named_for

REACH = 45
"""Days beyond the last wished date that are searched: a closed fortnight and a busy month."""
DAYS_OUTSIDE = 21
"""Days ahead that are offered for a visit outside a course."""
ANY_DAY = Rule(0, 0, 10_000)
"""Visits outside a course keep no days between them."""


def first_free_number(plan: TreatmentPlan) -> int:
    """Return the number of the first session that has no visit yet; numbers follow dates, so they come last."""
    held = {SessionState.BOOKED, SessionState.COMPLETED}
    return 1 + sum(session.state in held for session in plan.sessions.all())


def load(
    plan: TreatmentPlan,
    choices: Choices,
    *,
    now: datetime,
    slots: Sequence[Slot] = (),
    ignoring: Sequence[int] = (),
    visit: Visit | None = None,
    since: datetime | None = None,
    more_days: int = 0,
    hours: tuple[time, time] | None = None,
) -> Context:
    """Read everything that planning this course needs. `ignoring` are appointments to look through (a move).

    `visit` is what one visit takes where that differs from the plan; `since` lets a visit be entered afterwards.
    `more_days` looks further ahead; `hours` asks what were free if everybody worked then.
    """
    visit = visit or Visit.of(plan)
    clinic = Clinic.objects.current()
    zone = clinic.tz
    today = local_day(now, zone)
    days = [local_day(slot.starts_at, zone) for slot in slots]
    pace = max(plan.interval_ideal, RHYTHM_DAYS.get(choices.rhythm, 0))
    first = min([today, choices.start_on, *days])
    last = max([choices.start_on, *days]) + timedelta(
        days=(choices.count * pace if not days else 0) + REACH + more_days
    )
    staff = Staff.of(plan)
    clinicians = staff.may
    asked = _asked_for(choices, slots, clinicians)
    own, others, companions = _visits_of(plan, zone, ignoring)
    return Context(
        visit=visit,
        patient=plan.patient,
        choices=choices,
        rule=_rule(plan, choices),
        clinic=clinic,
        now=now,
        first=first,
        last=last,
        free=read(visit, first=first, last=last, clinicians=asked, zone=zone, ignoring=ignoring, hours=hours),
        clinicians=clinicians,
        closures=list(Closure.objects.filter(ends_on__gte=first, starts_on__lte=last)),
        absences=_absences(first, last, zone),
        people=staff.people,
        weights=PlanningWeights.objects.current(),
        named=staff.named,
        since=since,
        own=own,
        first_number=first_free_number(plan),
        others=others,
        companions=[companion for companion in companions if first <= companion.day <= last],
    )


def load_outside(
    visit: Visit,
    patient: Patient,
    choices: Choices,
    *,
    now: datetime,
    slots: Sequence[Slot] = (),
    ignoring: Sequence[int] = (),
    since: datetime | None = None,
    days_ahead: int = DAYS_OUTSIDE,
) -> Context:
    """Read what booking one visit outside any course needs: no due window, no other session to keep away from."""
    clinic = Clinic.objects.current()
    zone = clinic.tz
    days = [choices.start_on, *(local_day(slot.starts_at, zone) for slot in slots)]
    first, last = min(days), max(days) + timedelta(days=days_ahead)
    people = Staff.of(None).people
    return Context(
        visit=visit,
        patient=patient,
        choices=choices,
        rule=ANY_DAY,
        clinic=clinic,
        now=now,
        first=first,
        last=last,
        free=read(visit, first=first, last=last, clinicians=people, zone=zone, ignoring=ignoring),
        clinicians=people,
        closures=list(Closure.objects.filter(ends_on__gte=first, starts_on__lte=last)),
        absences=_absences(first, last, zone),
        people=people,
        weights=PlanningWeights.objects.current(),
        since=since,
        own=[],
        others=[],
    )


def load_standing(
    visit: Visit,
    patient: Patient,
    plan: TreatmentPlan | None,
    slots: Sequence[Slot],
    *,
    now: datetime,
    since: datetime | None = None,
) -> Context:
    """Read what saying whether these slots can stand needs, under their locks, and nothing that would explain why not.

    Free time is read of their clinicians and their days alone.
    """
    clinic = Clinic.objects.current()
    zone = clinic.tz
    days = sorted({local_day(slot.starts_at, zone) for slot in slots})
    people = bookable({slot.clinician_id for slot in slots})
    named = named_for(plan) if plan else Named()
    clinicians = named.among(people)
    own, others, _companions = _visits_of(plan, zone, ()) if plan else ([], [], [])
    first, last = days[0], days[-1]
    return Context(
        visit=visit,
        patient=patient,
        choices=Choices(first, frozenset(), time(), None, True, Rhythm.BETWEEN, len(slots)),
        rule=Rule(plan.interval_min, plan.interval_ideal, plan.interval_max) if plan else ANY_DAY,
        clinic=clinic,
        now=now,
        first=first,
        last=last,
        free=read(visit, first=first, last=last, clinicians=clinicians, zone=zone, days=days),
        clinicians=clinicians,
        closures=[],
        absences=[],
        people=people,
        named=named,
        since=since,
        own=own,
        others=others,
    )


def _asked_for(choices: Choices, slots: Sequence[Slot], clinicians: Iterable[int]) -> list[int]:
    """Return the clinicians whose free time matters: of many, most are often nobody's wish."""
    if choices.clinician_id is None or choices.else_anyone:
        return list(clinicians)
    asked = {choices.clinician_id, *(slot.clinician_id for slot in slots)}
    return [key for key in clinicians if key in asked]


def _rule(plan: TreatmentPlan, choices: Choices) -> Rule:
    """Return the days between sessions; the rhythm asked for is the ideal, kept within what the plan allows."""
    wished = RHYTHM_DAYS.get(choices.rhythm, plan.interval_ideal)
    ideal = min(max(wished, plan.interval_min), plan.interval_max)
    return Rule(plan.interval_min, ideal, plan.interval_max)


def _absences(first: date, last: date, zone: ZoneInfo) -> list[Absence]:
    since, until = midnight(first, zone), midnight(last + timedelta(days=1), zone)
    return list(Absence.objects.filter(ends_at__gt=since, starts_at__lt=until))


def _visits_of(
    plan: TreatmentPlan, zone: ZoneInfo, ignoring: Sequence[int]
) -> tuple[list[Own], list[Held], list[Companion]]:
    """Return the visits of the course, those of other courses to keep away from, and those to share a trip with.

    The gap belongs to the area. On other areas two courses share a trip where both protocols allow it, else they are
    given on different days.
    """
    near = Q(session__plan__in=TreatmentPlan.objects.on_the_same_area_as(plan))
    visits = (
        Appointment.objects.filter(patient_id=plan.patient_id, session__isnull=False, status__in=HOLDING)
        .exclude(pk__in=ignoring)
        .annotate(near=ExpressionWrapper(near, BooleanField()))
        .values_list(
            *("session__plan_id", "clinician_id", "starts_at", "arrives_at", "frees_at", "near"),
            *("session__plan__name", "session__plan__interval_min", "session__plan__shares_day"),
        )
    )
    own, held, companions = [], [], []
    for plan_id, clinician_id, starts_at, arrives_at, frees_at, is_near, name, least, shares in visits:
        day = local_day(starts_at, zone)
        if plan_id == plan.pk:
            own.append(Own(day, clinician_id))
        elif is_near:
            held.append(Held(day, max(least, plan.interval_min), name))
        elif plan.shares_day and shares:
            companions.append(Companion(day, to_epoch(arrives_at), to_epoch(frees_at), name))
        else:
            held.append(Held(day, 1, name, same_area=False))
    return own, held, companions
