"""Reading what planning one course needs: once, under whatever locks the caller holds."""

from collections.abc import Iterable, Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from clinic.lib.days import local_day
from clinic.models import Clinic
from patients.models import Patient
from scheduling.planning.context import Context, Own
from scheduling.planning.facts import Other, read_facts, read_visits
from scheduling.planning.freetime import Visit, read, to_epoch
from scheduling.planning.ground import AFTER, BEFORE
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
    drawn = {"first": first - BEFORE, "last": last + AFTER}
    facts = read_facts(plan.pk, plan.patient_id, **drawn, clinicians=clinicians, zone=zone, ignoring=ignoring)
    own, others, companions = _visits_of(plan, facts.visits, zone)
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
        facts=facts,
        people=staff.people,
        named=staff.named,
        since=since,
        own=own,
        first_number=1 + facts.placed,
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
        facts=read_facts(None, patient.pk, first=first, last=last, clinicians=people, zone=zone),
        people=people,
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
    visits = read_visits(plan.pk, plan.patient_id) if plan else []
    own, others, _companions = _visits_of(plan, visits, zone) if plan else ([], [], [])
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


def _visits_of(
    plan: TreatmentPlan, visits: Iterable[Other], zone: ZoneInfo
) -> tuple[list[Own], list[Held], list[Companion]]:
    """Return the visits of the course, those of other courses to keep away from, and those to share a trip with.

    The gap belongs to the area. On other areas two courses share a trip where both protocols allow it, else they are
    given on different days.
    """
    own, held, companions = [], [], []
    for visit in visits:
        day = local_day(visit.starts_at, zone)
        if visit.plan_id == plan.pk:
            own.append(Own(day, visit.clinician_id))
        elif visit.is_near:
            held.append(Held(day, max(visit.interval_min, plan.interval_min), visit.name))
        elif plan.shares_day and visit.shares_day:
            companions.append(Companion(day, to_epoch(visit.arrives_at), to_epoch(visit.frees_at), visit.name))
        else:
            held.append(Held(day, 1, visit.name, same_area=False))
    return own, held, companions
