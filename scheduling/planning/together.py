"""Several courses of one patient proposed together: one trip where their protocols allow it, else apart. Reads only.

Each course is the best one given where the others stand (`companions` to join, `others` to keep away from). They are
planned in turn, again and again, while the whole gets cheaper: never dearer than one after the other.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from scheduling.planning import options, wish
from scheduling.planning.chain import best_chain
from scheduling.planning.context import Context
from scheduling.planning.cost import late_cost
from scheduling.planning.freetime import FreeTime, Span, to_epoch
from scheduling.planning.judge import judged
from scheduling.planning.loading import load
from scheduling.planning.price import prices
from scheduling.planning.stages import stages_with
from scheduling.planning.types import Choices, Proposal, Slot
from scheduling.planning.windows import Companion, Held
from treatments.models import TreatmentPlan

ROUNDS = 4
"""How often each course is planned anew at most; two or three settle it."""


@dataclass(frozen=True)
class Together:
    """Proposals in the order of the plans asked for, and on how many days the patient comes in all."""

    proposals: tuple[Proposal, ...]
    trips: int


@dataclass(frozen=True)
class Asked:
    """A course with the lines that a page holds for it."""

    plan: TreatmentPlan
    choices: Choices
    slots: tuple[Slot, ...]


@dataclass
class _Course:
    plan: TreatmentPlan
    context: Context
    near: frozenset[int]
    """The plans on the same area."""
    slots: list[Slot]

    @property
    def days(self) -> list[date]:
        return [self.context.day_of(slot) for slot in self.slots]


def propose_together(asked: Sequence[tuple[TreatmentPlan, Choices]], now: datetime) -> Together:
    """Return a proposal for each of these plans of one patient, which fit together."""
    courses = [_course(plan, choices, now) for plan, choices in asked]
    for at in range(len(courses)):
        _place(courses[at], courses[:at])
    best, cost = [course.slots for course in courses], _cost(courses)
    for _round in range(ROUNDS):
        for course in courses:
            _place(course, [other for other in courses if other is not course])
        if _cost(courses) >= cost:
            break
        best, cost = [course.slots for course in courses], _cost(courses)
    for course, slots in zip(courses, best, strict=True):
        course.slots = slots
    return _together(courses)


def judge_together(asked: Sequence[Asked], now: datetime) -> Together:
    """Return these lines as they stand, each course beside the lines of the others, which count as taken."""
    return _together(_as_asked(asked, now))


def shift_together(asked: Sequence[Asked], at: int, line: int, step: int, now: datetime) -> Slot | None:
    """Return the same clinician's next free time, earlier (-1) or later (+1), for one line of one course."""
    courses = _as_asked(asked, now)
    course = courses[at]
    slots = sorted(course.slots, key=lambda slot: slot.starts_at)
    context = _beside(course, [other for other in courses if other is not course])
    return options.next_free(context, [slot for n, slot in enumerate(slots) if n != line], slots[line], step)


def _as_asked(asked: Sequence[Asked], now: datetime) -> list[_Course]:
    courses = []
    for one in asked:
        course = _course(one.plan, one.choices, now, one.slots)
        course.slots = list(one.slots)
        courses.append(course)
    return courses


def _together(courses: Sequence[_Course]) -> Together:
    days = {day for course in courses for day in course.days}
    return Together(tuple(_proposal(course, courses) for course in courses), len(days))


def _course(plan: TreatmentPlan, choices: Choices, now: datetime, slots: Sequence[Slot] = ()) -> _Course:
    near = frozenset(TreatmentPlan.objects.on_the_same_area_as(plan).values_list("pk", flat=True))
    return _Course(plan, load(plan, choices, now=now, slots=slots), near, [])


def _place(course: _Course, others: Sequence[_Course]) -> None:
    context = _beside(course, others)
    chain = best_chain(stages_with(context, wish.first_day(context), {}))
    course.slots = [node.slot for node in chain]


def _beside(course: _Course, others: Sequence[_Course]) -> Context:
    """Return a course's context with the sessions of the others where they stand now."""
    held, companions = list(course.context.others), list(course.context.companions)
    for other in others:
        for slot, day in zip(other.slots, other.days, strict=True):
            if other.plan.pk in course.near:
                least = max(course.plan.interval_min, other.plan.interval_min)
                held.append(Held(day, least, other.plan.name))
            elif course.plan.shares_day and other.plan.shares_day:
                companions.append(_companion(other, slot, day))
            else:
                held.append(Held(day, 1, other.plan.name, same_area=False))
    free = course.context.free
    for other in others:
        free = _less(free, other)
    return replace(course.context, others=held, companions=companions, free=free)


def _less(free: FreeTime, other: _Course) -> FreeTime:
    """Return free time without what the sessions of another course are to hold."""
    visit = other.context.visit
    clinicians, rooms, devices, patient = dict(free.clinicians), dict(free.rooms), dict(free.devices), free.patient
    for slot in other.slots:
        start = to_epoch(slot.starts_at)
        ends, frees = start + visit.minutes * 60, start + (visit.minutes + visit.turnover_minutes) * 60
        patient = _cut(patient, (start - visit.numbing_minutes * 60, ends))
        for spans, key, span in (
            (clinicians, slot.clinician_id, (start, ends)),
            (rooms, slot.room_id, (start, frees)),
            (devices, slot.device_id, (start, frees)),
        ):
            if key in spans:
                spans[key] = _cut(spans[key], span)
    return replace(free, clinicians=clinicians, rooms=rooms, devices=devices, patient=patient)


def _cut(spans: Sequence[Span], gone: Span) -> list[Span]:
    """Return free stretches without one that is taken."""
    found = []
    for since, until in spans:
        if since < min(until, gone[0]):
            found.append((since, min(until, gone[0])))
        if max(since, gone[1]) < until:
            found.append((max(since, gone[1]), until))
    return found


def _companion(other: _Course, slot: Slot, day: date) -> Companion:
    visit, start = other.context.visit, to_epoch(slot.starts_at)
    until = start + (visit.minutes + visit.turnover_minutes) * 60
    return Companion(day, start - visit.numbing_minutes * 60, until, other.plan.name)


def _cost(courses: Sequence[_Course]) -> tuple[int, int]:
    """Return how many sessions have no place, and what the others cost, each beside the rest."""
    missing = sum(course.context.choices.count - len(course.slots) for course in courses)
    total = 0
    for course in courses:
        context = _beside(course, [other for other in courses if other is not course])
        anchor = wish.first_day(context)
        total += sum(price.total for price in prices(context, course.slots, anchor))
        if course.slots:  # as the search: a course is not put off for weeks for the sake of its usual hour
            total += late_cost(abs((min(course.days) - anchor).days), context.rule, context.weights)
    return missing, total


def _proposal(course: _Course, courses: Sequence[_Course]) -> Proposal:
    context = _beside(course, [other for other in courses if other is not course])
    return judged(context, course.slots, context.first_number)
