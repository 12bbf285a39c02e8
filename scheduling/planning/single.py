"""One visit by itself: a consultation, a review, one session of a course, ahead or entered afterwards. Reads only."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from clinic.lib.days import local_day, midnight, wall_time
from clinic.models import Clinic
from patients.models import Patient
from scheduling.models import AppointmentKind, VisitType
from scheduling.planning import options
from scheduling.planning.checks import early, explain, late, not_this_one, place
from scheduling.planning.context import Context
from scheduling.planning.freetime import Visit
from scheduling.planning.judge import due_window, standing
from scheduling.planning.loading import DAYS_OUTSIDE, REACH, load, load_outside, load_standing
from scheduling.planning.types import Choices, Finding, Line, Option, Rhythm, Slot
from treatments.models import TreatmentPlan

MOST_BESIDE = 12
"""Free times beside one that was taken."""


@dataclass(frozen=True)
class Wanted:
    """What is to be booked: of which kind, for whom, and the course when it is a session. `minutes` may be its own."""

    kind: str
    patient: Patient
    plan: TreatmentPlan | None = None
    minutes: int | None = None

    def visit(self) -> Visit:
        """Return what it takes. Raises VisitType.DoesNotExist when the clinic offers no such visit."""
        if self.kind == AppointmentKind.SESSION:
            if self.plan is None:
                raise ValueError("a session belongs to a course")
            return Visit.of(self.plan)
        if self.kind not in VisitType.objects.by_kind():
            raise VisitType.DoesNotExist
        return Visit.outside(VisitType.objects.by_kind()[self.kind], self.patient.pk, self.minutes)


@dataclass(frozen=True)
class Verdict:
    """What one slot meets: the slot as it can be booked, or what stops it; and what needs a reason.

    `barred` says why its clinician may not take it; nothing when they may. `context` is what was read to judge it.
    """

    context: Context
    slot: Slot
    placed: Slot | None
    stops: Finding | None
    too_early: Finding | None
    too_late: Finding | None
    barred: str = ""

    def beside(self) -> list[Option]:
        """Return the free times nearest to a slot that is not free, in the order of time; of one in the past none."""
        if self.slot.starts_at < self.context.now:
            return []
        near = sorted(options.beside(self.context, self.slot)[:MOST_BESIDE], key=lambda free: free.starts_at)
        return [Option(free, _gap(self.context, self.context.day_of(free)), "") for free in near]


def context_of(
    wanted: Wanted, slots: Sequence[Slot], choices: Choices, now: datetime, days_ahead: int | None = None
) -> Context:
    """Return all that judging these slots needs. A slot in the past opens its own local day, no more.

    `days_ahead` bounds how far beyond the slots free time is read.
    """
    zone = Clinic.objects.current().tz
    earliest = min((slot.starts_at for slot in slots), default=now)
    since = midnight(local_day(earliest, zone), zone) if earliest < now else None
    if wanted.plan is None:
        ahead = DAYS_OUTSIDE if days_ahead is None else days_ahead
        return load_outside(
            wanted.visit(), wanted.patient, choices, now=now, slots=slots, since=since, days_ahead=ahead
        )
    more = 0 if days_ahead is None else days_ahead - REACH
    return load(wanted.plan, choices, now=now, slots=slots, since=since, more_days=more)


def choices_on(day: date, around: time, clinician_id: int | None) -> Choices:
    return Choices(
        start_on=day,
        weekdays=frozenset({day.weekday()}),
        around=around,
        clinician_id=clinician_id,
        else_anyone=clinician_id is None,
        rhythm=Rhythm.BETWEEN,
        count=1,
    )


def judge_one(wanted: Wanted, slot: Slot, now: datetime) -> Verdict:
    """Judge one slot under whatever locks the caller holds, and read what is free on the days around it."""
    zone = Clinic.objects.current().tz
    day = local_day(slot.starts_at, zone)
    choices = replace(choices_on(day, wall_time(slot.starts_at, zone), slot.clinician_id), else_anyone=True)
    if slot.starts_at >= now:
        choices = replace(choices, start_on=max(local_day(now, zone), day - timedelta(days=options.DAYS_BESIDE)))
    context = context_of(wanted, [slot], choices, now, options.DAYS_BESIDE)
    placed = place(context, slot)
    stops = None if placed else explain(context, slot, context.overlapping([slot]))
    _due, previous = due_window(context, day, [])
    gap = (day - previous).days if previous else None
    barred = not_this_one(context, slot.clinician_id)
    return Verdict(context, slot, placed, stops, early(context, day, []), late(context, gap), barred)


def stand_one(wanted: Wanted, slot: Slot, now: datetime) -> Line | None:
    """Say whether a slot can be booked, with what needs a reason; None when not. For the moments of the locks."""
    zone = Clinic.objects.current().tz
    since = midnight(local_day(slot.starts_at, zone), zone) if slot.starts_at < now else None
    context = load_standing(wanted.visit(), wanted.patient, wanted.plan, [slot], now=now, since=since)
    stands = standing(context, [slot], 1)
    return stands.lines[0] if stands else None


def free_times(wanted: Wanted, choices: Choices, now: datetime) -> list[Option]:
    """Return free times from the chosen day on, in the order of time, a handful for each day and clinician."""
    return free_in(context_of(wanted, [], choices, now))


def free_in(context: Context) -> list[Option]:
    """Return the free times of a context that lie ahead, with the days since the session before."""
    day = max(context.choices.start_on, context.today)
    found = [
        free
        for ahead in range(options.DAYS_AROUND)
        for clinician_id in context.may_treat()
        for free in _ahead(context, day + timedelta(days=ahead), clinician_id)
    ]
    found.sort(key=lambda slot: (slot.starts_at, slot.clinician_id))
    return [
        Option(slot, _gap(context, context.day_of(slot)), "")
        for slot in found
        if not early(context, context.day_of(slot), [])
    ]


def _ahead(context: Context, day: date, clinician_id: int) -> list[Slot]:
    """Return a handful of free starts of a day; of today only those to come, whatever the context opens."""
    if day != context.today:
        return context.starts(day, clinician_id, at_most=options.STARTS_A_DAY)
    to_come = [slot for slot in context.starts(day, clinician_id) if slot.starts_at >= context.now]
    return to_come[: options.STARTS_A_DAY]


def _gap(context: Context, day: date) -> int | None:
    _due, previous = due_window(context, day, [])
    return (day - previous).days if previous else None


@dataclass(frozen=True)
class Here:
    """Who can take someone who stands at the desk now: a slot for each, or why nobody can."""

    slots: list[Slot]
    why: str


def quarter_begun(now: datetime, clinic: Clinic) -> datetime:
    """Return the possible start that began last: 14:00 at 14:09."""
    past = wall_time(now, clinic.tz).minute % clinic.grid_minutes
    return now - timedelta(minutes=past, seconds=now.second, microseconds=now.microsecond)


def here_start(wanted: Wanted, now: datetime) -> datetime:
    """Return when such a visit would start for someone who is here now: the quarter begun, after the cream."""
    return quarter_begun(now, Clinic.objects.current()) + timedelta(minutes=wanted.visit().numbing_minutes)


def here_now(context: Context, starts_at: datetime) -> Here:
    """Say who is free for a visit that begins now. The context must open today from its first minute."""
    too_early = early(context, local_day(starts_at, context.zone), [])
    if too_early:
        return Here([], too_early.sentence)
    wished = [Slot(starts_at, key) for key in context.may_treat()]
    if not wished:
        return Here([], not_this_one(context, context.choices.clinician_id or 0).rstrip("."))
    placed = [free for slot in wished if (free := place(context, slot))]
    if placed:
        return Here(placed, "")
    return Here([], explain(context, wished[0], context.overlapping(wished[:1])).sentence.rstrip("."))
