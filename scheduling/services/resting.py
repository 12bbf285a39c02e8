"""Move, cancel or miss one visit of a course, and put the rest where it was proposed: one act, one mail, one undo."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from clinic.lib.locks import StateRefused, Taken, in_transaction
from clinic.lib.operations import once
from clinic.models import Operation, User
from scheduling.models import AHEAD, Appointment, AppointmentStatus
from scheduling.services import notices
from scheduling.services.acting import WITH_COURSE, refuse_stale
from scheduling.services.errors import SlotTaken, StaleAppointment
from scheduling.services.locks import lock_for_moves
from scheduling.services.losing import note_cancelled, note_missed
from scheduling.services.moves import Move, plain
from scheduling.services.placing import Step, in_their_courses, lock_and_look, move_all, refused
from scheduling.services.taken import JustTaken
from treatments.models import TreatmentPlan


@dataclass(frozen=True)
class Lost:
    """The visit that will not be: cancelled or a no-show, why, and by whom (CancelledBy)."""

    appointment_id: int
    status: AppointmentStatus
    reason: str = ""
    cancelled_by: str = ""
    also: tuple[int, ...] = ()
    """Later visits that are cancelled with it."""

    @property
    def keys(self) -> tuple[int, ...]:
        return (self.appointment_id, *self.also)


def replan_rest(
    *,
    key: uuid.UUID,
    plan_id: int,
    lost: Lost | None,
    moves: Sequence[Move],
    versions: Mapping[int, int],
    actor: User | None,
    now: datetime,
) -> Operation:
    """Lose one visit of a course, if one is lost, and move these others, all or none, in one transaction.

    `versions` are those of the visits that the proposal was made from, moved or not: when one was changed since,
    nothing is saved. The result: `moved`, `lost` (how many), `renumbered`, `to_book`. Undone as a whole by
    `undo_operation`. Raises SlotTaken, OutsideDueWindow, StaleAppointment, NotNamed, OperationReused, Busy.
    """
    body: dict[str, Any] = {"plan": plan_id, "moves": sorted(map(plain, moves))}
    if lost:
        body["lost"] = [*lost.keys, lost.status, lost.reason, lost.cancelled_by]
    wanted = {move.appointment_id: move for move in moves}
    keys = {*wanted, *versions, *(lost.keys if lost else ())}

    def act(operation: Operation) -> None:
        slots, found = [move.slot for move in moves], _visits(plan_id, keys)
        if not found or len(wanted) != len(moves):
            raise _not_there()
        lock_and_look(found, slots, lambda: lock_for_moves(found, [slot.clinician_id for slot in slots]))
        _replan(operation, _unchanged(plan_id, keys, versions, now), lost, wanted, actor, now)

    def attempt() -> Operation:
        kind = "replan_after_loss" if lost else "replan_rest"
        return once(key=key, kind=kind, actor=actor, body=body, now=now, act=act)

    try:
        return in_transaction(attempt)
    except JustTaken as error:
        raise refused(_steps(_visits(plan_id, wanted), wanted), now) from error
    except Taken as error:
        raise SlotTaken(_("Someone took one of these times. Nothing was saved. Choose other times.")) from error
    except StateRefused as error:
        raise _not_there() from error


def _replan(
    operation: Operation,
    visits: list[Appointment],
    lost: Lost | None,
    wanted: Mapping[int, Move],
    actor: User | None,
    now: datetime,
) -> None:
    gone = _lose(operation, visits, lost, now) if lost else []
    steps = _steps(visits, wanted)
    if len(steps) != len(wanted) or any(step.visit.status not in AHEAD for step in steps) or not (steps or gone):
        raise _not_there()
    operation.result = {"moved": len(steps), "lost": len(gone)}
    if steps:
        move_all(operation, steps, actor, now)  # tells the patient as well
    else:
        plan = visits[0].session.plan  # type: ignore[union-attr]  # read through its course
        in_their_courses(operation, [plan])
        notices.course_changed(plan=plan, operation=operation, now=now)
    operation.touched = [*gone, *(operation.touched if steps else [])]


def _lose(operation: Operation, visits: Sequence[Appointment], lost: Lost, now: datetime) -> list[dict[str, Any]]:
    """Note what is lost, and return its entries of `touched`."""
    by_key = {visit.pk: visit for visit in visits}
    found: list[dict[str, Any]] = []
    for at, key in enumerate(lost.keys):
        if key not in by_key:
            raise _not_there()
        if at == 0 and lost.status == AppointmentStatus.NO_SHOW:
            note_missed(operation, by_key[key], lost.reason, now)
        else:
            note_cancelled(operation, by_key[key], lost.reason, lost.cancelled_by, now)
        found += operation.touched
    return found


def _unchanged(plan_id: int, keys: Collection[int], versions: Mapping[int, int], now: datetime) -> list[Appointment]:
    """Return the visits as they are under the locks. Raises StaleAppointment when one is not as the page showed it."""
    visits = _visits(plan_id, keys)
    if len(visits) != len(keys):
        raise _not_there()
    for visit in visits:
        refuse_stale(visit, versions.get(visit.pk), now)
    plan = TreatmentPlan.objects.select_related("patient").get(pk=plan_id)
    for visit in visits:
        visit.session.plan = plan  # type: ignore[union-attr]
    return visits


def _visits(plan_id: int, keys: Collection[int]) -> list[Appointment]:
    found = Appointment.objects.filter(pk__in=list(keys), session__plan_id=plan_id)
    return list(found.select_related(*WITH_COURSE).order_by("pk"))


def _steps(visits: Sequence[Appointment], wanted: Mapping[int, Move]) -> list[Step]:
    return [Step(visit, wanted[visit.pk].slot, wanted[visit.pk].reasons) for visit in visits if visit.pk in wanted]


def _not_there() -> StaleAppointment:
    words = _("Someone changed a visit of this course meanwhile. Nothing was saved. Look at the dates again.")
    return StaleAppointment(words)
