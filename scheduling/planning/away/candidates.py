"""From the book to the problem: which visits an absence hits, and where each could go. Reads only.

Free times are those of the planner (`freetime.py`): all these visits are looked through, the span of the absence is
taken out. Days are those on which the visit would break no window, on either side.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import combinations, groupby

from scheduling.models import AHEAD, Appointment
from scheduling.planning.away.model import Job, Near, Place, Plan, Problem, Score, furnish, most_places, stays
from scheduling.planning.checks import early
from scheduling.planning.context import Context
from scheduling.planning.freetime import Visit, from_epoch, to_epoch
from scheduling.planning.planner import move_context
from scheduling.planning.stretches import Span
from scheduling.planning.types import Slot
from scheduling.planning.windows import Window
from treatments.models import TreatmentPlan

DAYS_AROUND = 14
"""Local days before and after its own on which a place is looked for, where no window is narrower."""
ORDER = Score._fields
SAME_PERSON_FIRST = ("left", "others", "moves", "days", "quarters")


@dataclass(frozen=True)
class Away:
    """Who is away, from one instant to another, and what matters to the desk."""

    clinician_id: int
    since: datetime
    until: datetime
    other_days: bool = True
    """A visit may go to another day."""
    same_person_first: bool = False
    """Waiting for the own clinician comes before the day and the time."""

    @property
    def order(self) -> tuple[str, ...]:
        return SAME_PERSON_FIRST if self.same_person_first else ORDER

    @property
    def span(self) -> Span:
        return to_epoch(self.since), to_epoch(self.until)


@dataclass(frozen=True)
class Reading:
    """The visits in order of time, the problem that they make, and what was read for each (by its key)."""

    visits: tuple[Appointment, ...]
    problem: Problem
    contexts: Mapping[int, Context] = field(default_factory=dict)
    windows: Mapping[int, Window] = field(default_factory=dict)

    def slots(self, plan: Plan) -> dict[int, Slot]:
        """Return by key the slot, room and all, of each visit that is not left over."""
        given = furnish(self.problem, plan) or []
        return {
            job.key: Slot(from_epoch(place.start), place.clinician_id, room.room_id, room.device_id)
            for job, place, room in zip(self.problem.jobs, plan, given, strict=True)
            if not stays(job, place)
        }


def visits_hit(away: Away, now: datetime) -> list[Appointment]:
    """Return the visits ahead of the absent clinician that any minute of the span touches, in order of time."""
    found = Appointment.objects.filter(
        clinician_id=away.clinician_id,
        status__in=AHEAD,
        starts_at__gte=max(now, away.since - timedelta(days=1)),
        starts_at__lt=away.until,
        ends_at__gt=away.since,
    )
    return list(found.select_related("patient", "session__plan__patient", "room", "device").order_by("starts_at", "pk"))


def read_all(
    away: Away, visits: Sequence[Appointment], now: datetime, only: int | None = None, whole: Collection[int] = ()
) -> Reading:
    """Read where each of these visits could go; with `only`, where that one (its key) could, the others as they are.

    Of a visit that could go almost anywhere the nearest days are read, as many as the solver can take; all days of
    those in `whole`.
    """
    slots = [Slot(visit.starts_at, visit.clinician_id) for visit in visits]
    keys = [visit.pk for visit in visits]
    contexts = {
        visit.pk: _context(away, visit, slots, keys, now) for visit in visits if only is None or visit.pk == only
    }
    days = {visit.pk: visit.wall_date for visit in visits}
    jobs, windows = [], {}
    for visit in visits:
        job = _job(visit, days[visit.pk])
        if visit.pk in contexts:
            allowed = _days(away, contexts[visit.pk], visit, days, visits)
            windows[visit.pk] = Window(allowed[0], allowed[-1]) if allowed else Window(days[visit.pk], date.min)
            most = None if visit.pk == only or visit.pk in whole or away.same_person_first else most_places(len(visits))
            job = replace(job, places=tuple(_places(contexts[visit.pk], job, allowed, most)))
        jobs.append(job)
    problem = Problem(
        tuple(jobs),
        {context.visit.room_kind_id: context.free.rooms for context in contexts.values()},
        {
            context.visit.device_kind_id: context.free.devices
            for context in contexts.values()
            if context.visit.device_kind_id is not None
        },
        tuple(_nears(visits, days)),
        away.order,
    )
    return Reading(tuple(visits), problem, contexts, windows)


def _context(away: Away, visit: Appointment, slots: Sequence[Slot], keys: Sequence[int], now: datetime) -> Context:
    context, _slot = move_context(visit, now, to=slots, ignoring=keys)
    free = context.free.clinicians
    free[away.clinician_id] = list(_without(free.get(away.clinician_id, []), away.span))
    return context


def _without(spans: Sequence[Span], gone: Span) -> Iterator[Span]:
    for since, until in spans:
        if since < min(until, gone[0]):
            yield since, min(until, gone[0])
        if max(since, gone[1]) < until:
            yield max(since, gone[1]), until


def _job(visit: Appointment, day: date) -> Job:
    shape = Visit.like(visit)
    return Job(
        key=visit.pk,
        patient_id=visit.patient_id,
        own=Place(to_epoch(visit.starts_at), visit.clinician_id, day.toordinal()),
        before=shape.numbing_minutes * 60,
        length=shape.minutes * 60,
        after=shape.turnover_minutes * 60,
        room_kind=shape.room_kind_id,
        device_kind=shape.device_kind_id,
        room_id=visit.room_id,
        device_id=visit.device_id,
    )


def _places(context: Context, job: Job, days: Sequence[date], most: int | None) -> Iterator[Place]:
    """Yield every start, on these days, at which a clinician, the patient, some room and some device are free.

    The nearest days come first. It ends once there were more than `most`: all on days farther off rank behind those.
    """
    count = 0
    for _off, on_both_sides in groupby(
        sorted(days, key=lambda day: abs(day.toordinal() - job.own.day)),
        key=lambda day: abs(day.toordinal() - job.own.day),
    ):
        for place in (place for day in on_both_sides for place in _on(context, job, day)):
            count += 1
            yield place
        if most is not None and count > most:
            return


def _on(context: Context, job: Job, day: date) -> Iterator[Place]:
    for clinician_id in context.clinicians:
        for stretch in context.minutes_free(day, clinician_id):
            for minute, start in stretch:
                place = Place(start, clinician_id, day.toordinal(), abs(minute - context.around_minute))
                if place != job.own:
                    yield place


# --- Days that break no window ---


def _days(
    away: Away, context: Context, visit: Appointment, days: Mapping[int, date], visits: Sequence[Appointment]
) -> list[date]:
    """Return the local days on which this visit breaks no window: its own where it may stay, others around it."""
    own = days[visit.pk]
    reach = DAYS_AROUND if away.other_days else 0
    around = (own + timedelta(days=n) for n in range(-reach, reach + 1))
    siblings = [days[other.pk] for other in visits if other.pk != visit.pk and _same_course(visit, other)]
    return [
        day
        for day in around
        if context.today <= day <= context.last
        and not early(context, day, [])
        and (day == own or within(context, own, day, siblings))
    ]


def within(context: Context, own: date, day: date, siblings: Sequence[date]) -> bool:
    """Say whether a day keeps the longest gap to both neighbours of the course that do not move themselves.

    The visit stays between them. Its own day it may keep, whatever the gap is there.
    """
    before = max((held for held in context.own_days if held <= own), default=None)
    after = min((held for held in context.own_days if held > own), default=None)
    most = context.rule.most
    if before is not None:
        alone = not any(before <= other <= own for other in siblings)
        if day < before or (alone and (day - before).days > most):
            return False
    if after is not None:
        alone = not any(own <= other <= after for other in siblings)
        if day > after or (alone and (after - day).days > most):
            return False
    return True


def _same_course(one: Appointment, other: Appointment) -> bool:
    return bool(one.session and other.session and one.session.plan_id == other.session.plan_id)


def _nears(visits: Sequence[Appointment], days: Mapping[int, date]) -> Iterator[Near]:
    """Yield which of these visits keep days apart: those of one course, and of two courses of one patient."""
    for (at, one), (other_at, other) in combinations(enumerate(visits), 2):
        if one.patient_id != other.patient_id or not one.session or not other.session:
            continue
        plan, second = one.session.plan, other.session.plan
        if plan.pk == second.pk:
            most = (
                plan.interval_max if _adjacent(plan, days[one.pk], days[other.pk], visits[at + 1 : other_at]) else None
            )
            yield Near(at, other_at, plan.interval_min, most, ordered=True)
        elif TreatmentPlan.objects.on_the_same_area_as(plan).filter(pk=second.pk).exists():
            yield Near(at, other_at, max(plan.interval_min, second.interval_min))
        elif not (plan.shares_day and second.shares_day):
            yield Near(at, other_at, 1)


def _adjacent(plan: TreatmentPlan, first: date, second: date, between: Sequence[Appointment]) -> bool:
    """Say whether no other visit of the course lies between two of them."""
    if any(visit.session and visit.session.plan_id == plan.pk for visit in between):
        return False
    held = Appointment.objects.holding().filter(session__plan=plan, wall_date__gt=first, wall_date__lt=second)
    return not held.exists()
