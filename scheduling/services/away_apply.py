"""Apply a plan for an absence: every visit moves, or none, in one Operation; who cannot is named."""

import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clinic.lib.locks import StateRefused, Taken, in_transaction
from clinic.lib.operations import once
from clinic.models import Clinic, Operation, User
from scheduling.away_rows import Kept, read_rows, write_rows
from scheduling.models import Absence, Appointment, AwayPlan, AwayState
from scheduling.services.away_gone import gone
from scheduling.services.errors import AwayRefused, BookingError, StaleAppointment
from scheduling.services.hours_rules import not_twice
from scheduling.services.journal import Journal
from scheduling.services.locks import lock_book, lock_for_moves
from scheduling.services.placing import NONE, Step, lock_and_look, move_all
from scheduling.services.single import Reasons
from scheduling.services.taken import JustTaken
from treatments.named import listed


def apply_plan(
    *, key: uuid.UUID, plan_id: int, version: int, note_absence: bool, actor: User | None, now: datetime
) -> Operation:
    """Move every visit of a plan as it stands, all or none, and note the absence where that is asked for.

    One Operation, undone as a whole by `undo_operation`; each patient whose time changed is told once. `version` is the
    plan that was looked at. Raises AwayRefused (naming the rows that can no longer stand), OperationReused, Busy.
    """
    body = {"plan": plan_id, "version": version, "absence": note_absence}

    def act(operation: Operation) -> None:
        plan = AwayPlan.objects.select_for_update(no_key=True).get(pk=plan_id)
        if plan.operation_id or plan.version != version:
            raise AwayRefused(_("This plan was changed meanwhile. Nothing was saved. Look at it again."))
        rows = [row for row in read_rows(plan.rows) if not row.is_left]
        if not rows and not note_absence:
            raise AwayRefused(_("No visit of this plan moves. Nothing was saved. Plan again, or call the patients."))
        if rows:
            _lock(rows)
            move_all(operation, list(_steps(plan, rows)), actor, now)
        journal = Journal()
        if note_absence:
            _note_absence(plan, journal, now)
        operation.touched += journal.entries
        operation.result |= _result(plan)
        AwayPlan.objects.filter(pk=plan_id).update(operation=operation, state=AwayState.APPLIED)

    return _once(key, body, plan_id, actor, now, act)


def _lock(rows: Sequence[Kept]) -> None:
    found = _visits(rows)
    slots = [row.slot for row in rows if row.slot]
    if found:
        lock_and_look(found, slots, lambda: lock_for_moves(found, [slot.clinician_id for slot in slots]))


def _visits(rows: Iterable[Kept]) -> list[Appointment]:
    found = Appointment.objects.filter(pk__in=[row.visit for row in rows]).order_by("pk")
    return list(found.select_related("patient", "session__plan__patient", "room", "device"))


def _steps(plan: AwayPlan, rows: Sequence[Kept]) -> list[Step]:
    """Return the moves, unless a visit is no longer where the plan found it."""
    visits = {visit.pk: visit for visit in _visits(rows)}
    if any(row.visit not in visits or not row.still(visits[row.visit]) for row in rows):
        raise StaleAppointment(_("Someone changed one of these visits meanwhile. Nothing was saved."))
    away = _("%(name)s is away") % {"name": plan.clinician.short_name}
    return [Step(visits[row.visit], row.slot, _reasons(row, visits[row.visit], away)) for row in rows if row.slot]


def _reasons(row: Kept, visit: Appointment, away: str) -> Reasons:
    """Only where the day stays may a gap be too long already: the reason never lets a visit go further."""
    return Reasons(late=visit.late_reason or away) if row.day == row.was_day else NONE


def _note_absence(plan: AwayPlan, journal: Journal, now: datetime) -> None:
    lock_book(clinicians=[plan.clinician_id])  # held already, where visits of theirs move
    absence = Absence(clinician_id=plan.clinician_id, starts_at=plan.starts_at, ends_at=plan.ends_at)
    not_twice(absence, Clinic.objects.current(), now)
    journal.add(absence)


def _result(plan: AwayPlan) -> dict[str, Any]:
    rows = read_rows(plan.rows)
    return {
        "moved": sum(not row.is_left and not row.keeps_time for row in rows),
        "kept_time": sum(row.keeps_time for row in rows),
        "left": sum(row.is_left for row in rows),
    }


def _once(
    key: uuid.UUID,
    body: dict[str, Any],
    plan_id: int,
    actor: User | None,
    now: datetime,
    act: Callable[[Operation], None],
) -> Operation:
    def attempt() -> Operation:
        return once(key=key, kind="apply_away_plan", actor=actor, body=body, now=now, act=act)

    try:
        return in_transaction(attempt)
    except AwayRefused:
        raise
    except (JustTaken, Taken, StateRefused, BookingError) as error:
        raise _refusal(plan_id, error, now) from error


def _refusal(plan_id: int, error: Exception, now: datetime) -> AwayRefused:
    """Say which rows can no longer stand, looked for after the locks are gone, and mark them."""
    plan = AwayPlan.objects.get(pk=plan_id)
    rows = read_rows(plan.rows)
    names = gone([row for row in rows if not row.is_left], now)
    if not names:
        words = _("Someone changed the book at this very moment. Nothing was saved. Apply once more.")
        return AwayRefused(error.sentence if isinstance(error, BookingError) else words)
    marked = write_rows(replace(row, gone=row.visit in names) for row in rows)
    AwayPlan.objects.filter(pk=plan_id, operation=None, version=plan.version).update(
        rows=marked, version=F("version") + 1
    )
    words = ngettext(
        "%(who)s cannot go where the plan says any more: the book was changed meanwhile. Nothing was saved. "
        "Plan this one again; the others keep what they have here.",
        "%(who)s cannot go where the plan says any more: the book was changed meanwhile. Nothing was saved. "
        "Plan these again; the others keep what they have here.",
        len(names),
    )
    return AwayRefused(words % {"who": listed(list(names.values()))}, list(names))
