"""Book several courses of one patient in one act: all sessions of all of them, or none."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext as _

from clinic.lib.locks import Taken, in_transaction
from clinic.lib.operations import once
from clinic.models import Operation, User
from scheduling.planning.freetime import Visit
from scheduling.planning.types import Slot
from scheduling.services.errors import SlotTaken, StaleCourse
from scheduling.services.locks import lock_book
from scheduling.services.series import CannotStand, put_in_book
from scheduling.services.taken import JustTaken, refuse_taken
from scheduling.services.visits import touched
from treatments.models import TreatmentPlan


@dataclass(frozen=True)
class Course:
    """A plan (its key), the slots of its next sessions, and by line number why one stands too late or too early."""

    plan_id: int
    slots: tuple[Slot, ...]
    reasons: Mapping[int, str] = field(default_factory=dict)


def book_together(*, key: uuid.UUID, courses: Sequence[Course], actor: User | None, now: datetime) -> Operation:
    """Book the next sessions of these courses of one patient, all or nothing, and make their messages.

    Each course is judged with those before it in the book. No course grows. The result: `count`, and `plans`, their
    public ids; one undo takes all back. Raises SlotTaken, StaleCourse, OutsideDueWindow, PlanNotOpen, OperationReused,
    Busy.
    """
    found = TreatmentPlan.objects.select_related("patient").in_bulk([course.plan_id for course in courses])
    plans = [found[course.plan_id] for course in courses if course.plan_id in found]
    if len(found) != len(courses) or len({plan.patient_id for plan in plans}) != 1 or not all(c.slots for c in courses):
        raise StaleCourse(_("These courses cannot be booked in one act. Nothing was saved. Open the patient again."))
    body = {"courses": [_plain(course) for course in courses]}

    def act(operation: Operation) -> None:
        _lock(plans, [slot.clinician_id for course in courses for slot in course.slots])
        made = []
        for plan, course in zip(plans, courses, strict=True):
            reasons = dict(course.reasons)
            made.append(put_in_book(operation, plan, course.slots, reasons, actor, now, may_grow=False))
        visits = [visit for _plan, of_plan, _added in made for visit in of_plan]
        operation.touched = [touched(visit.pk, visit.version) for visit in visits]
        operation.result = {"count": len(visits), "plans": [str(plan.public_id) for plan, _visits, _added in made]}

    def attempt() -> Operation:
        return once(key=key, kind="book_together", actor=actor, body=body, now=now, act=act)

    try:
        for plan, course in zip(plans, courses, strict=True):
            refuse_taken(course.slots, plan.minutes, unless=key)
        return in_transaction(attempt)
    except (Taken, JustTaken, CannotStand) as error:
        words = _("A time is no longer free. Nothing was saved in any course. Free times stand beside the line.")
        raise SlotTaken(words) from error


def _plain(course: Course) -> list[object]:
    slots = [[slot.starts_at, slot.clinician_id] for slot in course.slots]
    return [course.plan_id, slots, {str(number): why for number, why in course.reasons.items()}]


def _lock(plans: Sequence[TreatmentPlan], clinicians: Sequence[int]) -> None:
    """Lock all that the sessions of these plans may use up, each kind of row once and in the one order."""
    shapes = [Visit.of(plan) for plan in plans]
    device_kinds = {shape.device_kind_id for shape in shapes if shape.needs_device}
    lock_book(
        plans=[plan.pk for plan in plans],
        patients=[shape.patient_id for shape in shapes],
        clinicians=clinicians,
        rooms=Q(kind__in={shape.room_kind_id for shape in shapes}, is_active=True),
        devices=Q(kind__in=device_kinds, is_active=True) if device_kinds else [],
    )
