"""Give visits other times: judge where they are to go, and write it. One move, a whole series and a swap share this."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from clinic.lib.access import Permission, allows
from clinic.lib.locks import compare_and_set
from clinic.models import Clinic, Operation, Room, User
from scheduling.models import Appointment, AppointmentStatus
from scheduling.planning.checks import early, explain, late, not_this_one, place
from scheduling.planning.context import Context
from scheduling.planning.freetime import Visit
from scheduling.planning.judge import due_window
from scheduling.planning.planner import move_context
from scheduling.planning.types import Slot
from scheduling.services import notices
from scheduling.services.errors import NotNamed, OutsideDueWindow, SlotTaken
from scheduling.services.motion import visits_in_motion
from scheduling.services.numbering import numbers_of, renumber
from scheduling.services.single import Reasons
from scheduling.services.taken import refuse_taken
from scheduling.services.visits import times_of, touched
from treatments.models import SessionState, TreatmentPlan

PLACED = [
    "clinician_id",
    "room_id",
    "device_id",
    "arrives_at",
    "starts_at",
    "ends_at",
    "frees_at",
    "wall_date",
    "wall_time",
    "wall_zone",
    "early_reason",
    "late_reason",
]
"""The columns that a move changes, and that an undo of it puts back."""
TOLD = ["starts_at", "arrives_at", "clinician_id"]
"""What a patient hears of. Another room, or a quarter of an hour more, is told at the desk."""
UNCONFIRMED: dict[str, Any] = {"status": AppointmentStatus.BOOKED, "confirmed_at": None, "confirmed_how": ""}
NONE = Reasons()


@dataclass(frozen=True)
class Step:
    """One visit, read under its lock, the slot it is to have, and why that may stand too early or too late.

    `minutes` is its new length, where that changes. `only_room`: another room of the kind will not do. `agreed`: the
    patient has said yes to this start, so what was confirmed stays so.
    """

    visit: Appointment
    slot: Slot
    reasons: Reasons = NONE
    minutes: int | None = None
    only_room: bool = False
    agreed: bool = False

    @property
    def unsaid(self) -> bool:
        """Whether the patient confirmed a start that will not be: nobody has said yes to the new one."""
        starts_anew = self.slot.starts_at != self.visit.starts_at
        return starts_anew and not self.agreed and self.visit.status == AppointmentStatus.CONFIRMED


@dataclass(frozen=True)
class Placed:
    """A step as it can be written: with a free room, and with the reasons that it needs."""

    step: Step
    slot: Slot
    reasons: Reasons


def move_all(operation: Operation, steps: Sequence[Step], actor: User | None, now: datetime) -> None:
    """Move these visits, all or none: their times, their numbers, their messages. Call under the locks.

    What was confirmed for another start is booked again (`unconfirmed` of the result says how many). Due windows are
    judged as the course will stand. Raises SlotTaken, NotNamed, OutsideDueWindow; Taken and StateRefused come from here
    too, not from COMMIT.
    """
    before = {step.visit.pk: _before(step) for step in steps}
    if unsaid := sum(step.unsaid for step in steps):
        operation.result = operation.result | {"unconfirmed": unsaid}
    waiting = set(before)
    for step in steps:
        lengthen(step.visit, step.minutes)
    with visits_in_motion():
        for of_course in _by_course(steps):
            for placed in list(_judged(of_course, waiting, actor, now)):
                _write(placed)
            waiting -= {step.visit.pk for step in of_course}
    plans = {plan.pk: plan for step in steps if (plan := _plan(step.visit))}
    in_their_courses(operation, list(plans.values()))
    visits = list(Appointment.objects.filter(pk__in=before).select_related("patient").order_by("starts_at"))
    operation.touched = [touched(visit.pk, visit.version, before[visit.pk]) for visit in visits]
    told = [visit for visit in visits if any(getattr(visit, name) != before[visit.pk][name] for name in TOLD)]
    if told:
        _tell(operation, told, plans, now)


def _before(step: Step) -> dict[str, Any]:
    """Return what an undo of this step puts back."""
    return {name: getattr(step.visit, name) for name in [*PLACED, *(UNCONFIRMED if step.unsaid else ())]}


def lengthen(visit: Appointment, minutes: int | None) -> None:
    """Let a visit that was read, not the row, end so many minutes after its start; the turnover stays as long."""
    if minutes is not None:
        turnover = visit.frees_at - visit.ends_at
        visit.ends_at = visit.starts_at + timedelta(minutes=minutes)
        visit.frees_at = visit.ends_at + turnover


def in_their_courses(operation: Operation, plans: Iterable[TreatmentPlan]) -> None:
    """Put the numbers of courses in the order of dates, and keep what moved up: the desk is told (design 4.6)."""
    moved, open_numbers, courses = [], [], list(plans)
    for plan in courses:
        moved += renumber(plan)
        of_plan = plan.sessions.filter(state=SessionState.PLANNED).order_by("number")
        open_numbers += list(of_plan.values_list("number", flat=True))
    if courses:
        operation.result = operation.result | {"renumbered": numbers_of(moved), "to_book": open_numbers}


def _plan(visit: Appointment) -> TreatmentPlan | None:
    return visit.session.plan if visit.session else None


def _by_course(steps: Iterable[Step]) -> list[list[Step]]:
    """Group by course, each visit outside one by itself; those of a course in the order in which they will stand."""
    groups: dict[tuple[str, int], list[Step]] = {}
    for step in sorted(steps, key=lambda step: step.slot.starts_at):
        plan = _plan(step.visit)
        groups.setdefault(("course", plan.pk) if plan else ("visit", step.visit.pk), []).append(step)
    return [groups[key] for key in sorted(groups)]


def _judged(steps: list[Step], ignoring: Collection[int], actor: User | None, now: datetime) -> Iterator[Placed]:
    """Yield each step of one course as it can be written, or raise what stands in its way.

    `ignoring` are the visits that will not be where they are: those of this course, and of others still to be written.
    """
    contexts: dict[Visit, Context] = {}
    slots = [step.slot for step in steps]
    for step in steps:
        shape = Visit.like(step.visit)
        if shape not in contexts:
            contexts[shape], _here = move_context(step.visit, now, to=slots, ignoring=list(ignoring))
    days = [contexts[Visit.like(step.visit)].day_of(step.slot) for step in steps]
    for at, step in enumerate(steps):
        context = contexts[Visit.like(step.visit)]
        slot = _free(context, step, ignoring)
        too_early = early(context, days[at], days[:at])
        if too_early and not (step.reasons.early and allows(actor, Permission.BOOK_TOO_EARLY)):
            words = _("%(why)s. Nothing was saved. Choose a later day; only a clinician may overrule.")
            raise OutsideDueWindow(words % {"why": too_early.sentence})
        _due, previous = due_window(context, days[at], days[:at] + days[at + 1 :])
        too_late = late(context, (days[at] - previous).days if previous else None)
        if too_late and not step.reasons.late:
            words = _("%(why)s. Nothing was saved. Write why, or choose an earlier day.")
            raise OutsideDueWindow(words % {"why": too_late.sentence})
        kept = Reasons(early=step.reasons.early if too_early else "", late=step.reasons.late if too_late else "")
        yield Placed(step, slot, kept)


def lock_and_look(visits: Sequence[Appointment], slots: Sequence[Slot], lock: Callable[[], None]) -> None:
    """Lock for a move, with a look before and after at whether the times are taken. Raises JustTaken."""
    minutes, moving = min(visit.minutes for visit in visits), [visit.pk for visit in visits]
    refuse_taken(slots, minutes, moving)
    lock()
    refuse_taken(slots, minutes, moving)


def refused(steps: Sequence[Step], now: datetime) -> SlotTaken:
    """Return why times that were just taken are not free, looked for after the locks are gone."""
    moving = [step.visit.pk for step in steps]
    for step in steps:
        lengthen(step.visit, step.minutes)
        context, _here = move_context(step.visit, now, to=[step.slot], ignoring=moving)
        try:
            _free(context, step, moving)
        except SlotTaken as taken:
            return taken
    return SlotTaken(_("Someone took this time a moment ago. Nothing was saved. Choose another time."))


def _free(context: Context, step: Step, ignoring: Collection[int]) -> Slot:
    """Return the slot of a step with a free room. Raises what stands in its way; what moves along does not."""
    slot = step.slot
    placed = place(context, slot)
    if placed and step.only_room and placed.room_id != slot.room_id:
        raise SlotTaken(_room_words(slot.room_id, placed.room_id, context))
    if placed is None:
        if barred := not_this_one(context, slot.clinician_id):
            raise NotNamed(barred)
        book = [one for one in context.overlapping([slot]) if one.pk not in ignoring]
        why = explain(context, slot, book).sentence
        raise SlotTaken(_("%(why)s. Nothing was saved. Choose another time.") % {"why": why.rstrip(".")})
    return placed


def _room_words(asked: int | None, other: int | None, context: Context) -> str:
    rooms = {room.pk: room for room in Room.objects.filter(pk__in=[asked, other])}
    room, free = rooms[asked or 0], rooms[other or 0]
    values = {"room": room.name, "free": free.name}
    if room.kind_id != context.visit.room_kind_id or not room.is_active:
        return _("%(room)s is not a room for this visit. Nothing was saved. %(free)s is free.") % values
    return _("%(room)s is taken at this time. Nothing was saved. %(free)s is free.") % values


def _write(placed: Placed) -> None:
    visit = placed.step.visit
    compare_and_set(
        visit,
        same=("status", "version"),
        **times_of(placed.slot, Visit.like(visit), Clinic.objects.current().tz),
        early_reason=placed.reasons.early,
        late_reason=placed.reasons.late,
        **(UNCONFIRMED if placed.step.unsaid else {}),
        version=visit.version + 1,
    )


def _tell(operation: Operation, visits: list[Appointment], plans: dict[int, TreatmentPlan], now: datetime) -> None:
    """Withdraw what was said of the old times, remind of the new ones, and tell once a course."""
    notices.withdraw_for_all(appointments=visits, reason=_("The visit was moved."), now=now)
    notices.remind_all(appointments=visits, now=now)
    for plan in plans.values():
        notices.course_changed(plan=plan, operation=operation, now=now)
    for visit in visits:
        if visit.session_id is None:
            notices.changed(appointment=visit, plan=None, operation=operation, now=now)
