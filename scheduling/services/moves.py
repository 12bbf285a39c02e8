"""Move several visits in one act: the rest of a course to other days, or two visits that exchange their times."""

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from clinic.lib.locks import StateRefused, Taken, in_transaction
from clinic.lib.operations import once
from clinic.models import Operation, User
from scheduling.models import AHEAD, Appointment
from scheduling.planning.swapping import place_of
from scheduling.planning.types import Slot
from scheduling.services.acting import refuse_stale
from scheduling.services.errors import SlotTaken, StaleAppointment
from scheduling.services.locks import lock_for_moves
from scheduling.services.placing import NONE, Step, lock_and_look, move_all, refused
from scheduling.services.single import Reasons
from scheduling.services.taken import JustTaken


@dataclass(frozen=True)
class Move:
    """A visit (its key) and the slot it is to have."""

    appointment_id: int
    slot: Slot
    reasons: Reasons = NONE


def move_series(*, key: uuid.UUID, moves: Sequence[Move], actor: User | None, now: datetime) -> Operation:
    """Move these visits, of one course or of several, all or none; patients are told once a course.

    What moves does not stand in its own way: a course may go a day on. Due windows are judged as all will stand. The
    result: `moved` (how many), `renumbered`, `to_book`. Undone as a whole by `undo_operation`. Raises SlotTaken,
    OutsideDueWindow, StaleAppointment, OperationReused, Busy.
    """
    body = {"moves": sorted(map(plain, moves))}
    wanted = {move.appointment_id: move for move in moves}
    if not moves or len(wanted) != len(moves):
        raise StaleAppointment(
            _("No visit to move was chosen, or one twice. Nothing was saved. Look at the page again.")
        )

    def act(operation: Operation) -> None:
        slots, found = [move.slot for move in moves], list(_visits(wanted))
        if found:
            lock_and_look(found, slots, lambda: lock_for_moves(found, [slot.clinician_id for slot in slots]))
        _move(operation, steps(), len(wanted), actor, now)

    def steps() -> list[Step]:
        return [Step(visit, wanted[visit.pk].slot, wanted[visit.pk].reasons) for visit in _visits(wanted)]

    try:
        return _once(key, "move_series", body, actor, now, act)
    except JustTaken as error:
        raise refused(steps(), now) from error


def swap_appointments(
    *,
    key: uuid.UUID,
    appointment_id: int,
    other_id: int,
    reasons: Mapping[int, Reasons] = {},
    versions: Mapping[int, int] = {},
    actor: User | None,
    now: datetime,
) -> Operation:
    """Let two visits exchange their starts, clinicians, rooms and devices; each keeps its own length.

    `reasons` by visit (its key) where one comes to stand too early or too late; `versions` as a page showed them: who
    changed one since is named. Raises StaleAppointment when one of them was moved meanwhile; SlotTaken,
    OutsideDueWindow, OperationReused, Busy.
    """
    pair = (appointment_id, other_id)

    def act(operation: Operation) -> None:
        found = list(_visits(pair))
        seen = {visit.pk: visit.version for visit in found}
        lock_for_moves(found, [])
        visits = list(_visits(pair))
        for visit in visits:
            refuse_stale(visit, versions.get(visit.pk), now)
        if len(visits) != len(set(pair)) or {visit.pk: visit.version for visit in visits} != seen:
            raise StaleAppointment(
                _("Someone changed one of these visits a moment ago. Nothing was saved. Look at the day again.")
            )
        steps = [
            Step(visit, place_of(other), reasons.get(visit.pk, NONE))
            for visit, other in zip(visits, reversed(visits), strict=True)
        ]
        _move(operation, steps, 2, actor, now)

    body = {"pair": sorted(pair), "reasons": {str(pk): [why.early, why.late] for pk, why in reasons.items()}}
    return _once(key, "swap_appointments", body, actor, now, act)


def plain(move: Move) -> list[Any]:
    """Return a move as the hash of what was asked takes it."""
    slot, why = move.slot, move.reasons
    return [move.appointment_id, slot.starts_at, slot.clinician_id, why.early, why.late]


def _visits(keys: Iterable[int]) -> QuerySet[Appointment]:
    found = Appointment.objects.filter(pk__in=list(keys)).order_by("pk")
    return found.select_related("patient", "session__plan__patient", "room", "device")


def _move(operation: Operation, steps: list[Step], count: int, actor: User | None, now: datetime) -> None:
    if len(steps) != count or any(step.visit.status not in AHEAD for step in steps):
        raise StaleAppointment(_("Only visits that lie ahead can be moved. Nothing was saved. Look at the day again."))
    operation.result = {"moved": count}
    move_all(operation, steps, actor, now)


def _once(
    key: uuid.UUID,
    kind: str,
    body: dict[str, Any],
    actor: User | None,
    now: datetime,
    act: Callable[[Operation], None],
) -> Operation:
    def attempt() -> Operation:
        return once(key=key, kind=kind, actor=actor, body=body, now=now, act=act)

    try:
        return in_transaction(attempt)
    except Taken as error:
        raise SlotTaken(_("Someone took one of these times. Nothing was saved. Choose other times.")) from error
    except StateRefused as error:
        words = _("Someone changed one of these visits meanwhile. Nothing was saved. Look at the day again.")
        raise StaleAppointment(words) from error
