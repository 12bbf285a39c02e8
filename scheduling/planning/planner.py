"""Plan a whole course: the wished dates, what each meets, and how what clashes is mended. Reads only.

Every function takes the plan, the desk's choices and the time, and returns a `Proposal` whose lines are in the order of
their dates, numbered from the first session that has no visit yet (design 4.7 and 4.8).
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta
from functools import partial

from django.utils.translation import gettext as _

from clinic.lib.days import day_words, local_day, wall_time
from clinic.models import Clinic
from scheduling.models import Appointment, WeeklyHours
from scheduling.planning import options, wish
from scheduling.planning.chain import best_chain
from scheduling.planning.context import Context
from scheduling.planning.freetime import Visit
from scheduling.planning.judge import judged
from scheduling.planning.loading import REACH, load, load_outside
from scheduling.planning.stages import stages_for, stages_from_scratch
from scheduling.planning.types import Choices, Option, Proposal, Rhythm, Slot, WayKind
from scheduling.planning.ways import Reload, way_out, ways_out
from treatments.models import SessionState, TreatmentPlan
from treatments.named import Staff

USUAL_START = time(10, 0)
"""Where a course starts from when neither the patient nor the plan has a usual time."""


def default_choices(plan: TreatmentPlan, now: datetime, staff: Staff | None = None) -> Choices:
    """Return what the planner opens with: the plan's habits, from the first day the next session may fall.

    A clinician who takes no visits now, or may not treat the course, is nobody's habit. `staff` is who may, where it
    is known already.
    """
    staff = staff or Staff.of(plan)
    own = plan.clinician_id if plan.clinician_id in staff.may else None
    zone = Clinic.objects.current().tz
    tomorrow = local_day(now, zone) + timedelta(days=1)
    last = (
        Appointment.objects.holding()
        .filter(session__plan=plan)
        .order_by("-starts_at")
        .values_list("starts_at", flat=True)
    ).first()
    start_on = max(tomorrow, local_day(last, zone) + timedelta(days=plan.interval_ideal)) if last else tomorrow
    weekdays = frozenset(plan.usual_weekdays) or _first_working_day([own] if own else staff.may, start_on.weekday())
    rhythm = {7: Rhythm.WEEKLY, 14: Rhythm.TWO_WEEKLY}.get(plan.interval_ideal, Rhythm.BETWEEN)
    return Choices(
        start_on=start_on,
        weekdays=weekdays,
        around=plan.usual_time or USUAL_START,
        clinician_id=own,
        else_anyone=True,
        rhythm=rhythm,
        count=max(1, plan.sessions.filter(state=SessionState.PLANNED).count()),
    )


def _first_working_day(clinicians: Iterable[int], weekday: int) -> frozenset[int]:
    """Return the weekday, from this one on, on which one of these clinicians works."""
    hours = WeeklyHours.objects.filter(kind="work", clinician_id__in=list(clinicians))
    works = set(hours.values_list("weekday", flat=True))
    return frozenset({min(works, key=lambda day: (day - weekday) % 7)}) if works else frozenset({weekday})


def propose(plan: TreatmentPlan, choices: Choices, now: datetime) -> Proposal:
    """Return the course as it was wished: same days, same time, same clinician; closed days already moved.

    Where nobody is asked for by name, or visits of another course could be shared, it is the best course that the book
    allows: there is no such plain wish.
    """
    context = load(plan, choices, now=now)
    if choices.clinician_id is None or context.companions:
        return _best(context, partial(load, plan, now=now))
    return judged(context, wish.slots(context), context.first_number)


def best(plan: TreatmentPlan, choices: Choices, now: datetime) -> Proposal:
    """Return the cheapest course that the book allows (design 4.8), or the longest that does and what is short."""
    return _best(load(plan, choices, now=now), partial(load, plan, now=now))


def _best(context: Context, reload: Reload) -> Proposal:
    chain = best_chain(stages_from_scratch(context, wish.first_day(context)))
    found = [node.slot for node in chain]
    if len(found) == context.choices.count:
        return judged(context, found, context.first_number)
    return _completed(context, found, wish.slots(context), reload)


def judge(plan: TreatmentPlan, choices: Choices, slots: Sequence[Slot], now: datetime) -> Proposal:
    """Return these times as they stand, each with what it meets; free times are looked for a fortnight around each."""
    context = load(plan, choices, now=now, slots=slots, more_days=options.DAYS_AROUND - REACH)
    return judged(context, slots, context.first_number)


def shift(
    plan: TreatmentPlan, choices: Choices, slots: Sequence[Slot], number: int, step: int, now: datetime
) -> Proposal:
    """Move one line to the same clinician's next free time, earlier (-1) or later (+1), within its due window."""
    context = load(plan, choices, now=now, slots=slots)
    proposal = judged(context, slots, context.first_number, with_options=False)
    line = next((line for line in proposal.lines if line.number == number), None)
    changed = list(proposal.slots)
    if line:
        at = proposal.lines.index(line)
        near = options.next_free(context, [s for i, s in enumerate(changed) if i != at], line.slot, step)
        changed[at] = near or line.slot
    return judged(context, changed, context.first_number)


def mend(plan: TreatmentPlan, choices: Choices, slots: Sequence[Slot], now: datetime) -> Proposal:
    """Move every line that cannot stand to the best free time, the others only where the course would break."""
    reload = partial(load, plan, now=now, slots=slots)
    context = reload(choices)
    proposal = judged(context, slots, context.first_number, with_options=False)
    if not proposal.lines:
        return proposal
    chain = best_chain(stages_for(context, proposal))
    return _completed(context, [node.slot for node in chain], proposal.slots, reload)


def _completed(context: Context, found: list[Slot], wished: list[Slot], reload: Reload) -> Proposal:
    """Return the course found. What it lacks stays as it was wished; the first such line and the ways out are said."""
    result = judged(context, found + wished[len(found) :], context.first_number)
    if len(found) == len(wished):
        return result
    shortfall = _shortfall(context, context.first_number + len(found))
    return replace(result, shortfall=shortfall, ways=ways_out(context, result, reload))


def lift(plan: TreatmentPlan, choices: Choices, slots: Sequence[Slot], kind: WayKind, now: datetime) -> Proposal:
    """Return the whole course with one rule lifted; the lines as they stand when that is not enough."""
    reload = partial(load, plan, now=now, slots=slots)
    context = reload(choices)
    proposal = judged(context, slots, context.first_number, with_options=False)
    way = way_out(context, proposal, reload, kind)
    return judge(plan, choices, way.slots if way else slots, now)


def _shortfall(context: Context, number: int) -> str:
    return _(
        "Session %(number)d finds no free time up to %(day)s, so the whole course does not fit as it was asked for."
    ) % {
        "number": number,
        "day": day_words(context.last, context.today),
    }


def pick_list(plan: TreatmentPlan, choices: Choices, slots: Sequence[Slot], number: int, now: datetime) -> list[Option]:
    """Return free times for one line within its due window, in the order of time."""
    context = load(plan, choices, now=now, slots=slots)
    proposal = judged(context, slots, context.first_number, with_options=False)
    line = next((line for line in proposal.lines if line.number == number), None)
    if line is None:
        return []
    return options.all_free(context, [other.slot for other in proposal.lines if other is not line], line.slot)


def move_options(appointment: Appointment, now: datetime, ignoring: Sequence[int] = ()) -> list[Option]:
    """Return free times to which one booked visit may move, in the order of time. `ignoring` move along."""
    context, slot = move_context(appointment, now, ignoring=ignoring)
    return options.all_free(context, [], slot)


def move_context(
    appointment: Appointment, now: datetime, to: Sequence[Slot] = (), ignoring: Sequence[int] = ()
) -> tuple[Context, Slot]:
    """Return the context of moving one visit, which looks through the visit's own time, and its present slot.

    `ignoring` are other visits that are moved along: their times count as free too.
    """
    zone = Clinic.objects.current().tz
    slot = Slot(appointment.starts_at, appointment.clinician_id, appointment.room_id, appointment.device_id)
    choices = Choices(
        start_on=local_day(appointment.starts_at, zone),
        weekdays=frozenset({local_day(appointment.starts_at, zone).weekday()}),
        around=wall_time(appointment.starts_at, zone),
        clinician_id=appointment.clinician_id,
        else_anyone=True,
        rhythm=Rhythm.BETWEEN,
        count=1,
    )
    slots, through = [slot, *to], [appointment.pk, *ignoring]
    visit = Visit.like(appointment)
    if appointment.session is None:
        outside = load_outside(visit, appointment.patient, choices, now=now, slots=slots, ignoring=through)
        return outside, slot
    return load(appointment.session.plan, choices, now=now, slots=slots, ignoring=through, visit=visit), slot
