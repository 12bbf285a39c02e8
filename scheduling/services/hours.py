"""When clinicians work: weekly hours, one day's own hours, absences, closed days.

Each verb locks its clinicians before it reads the book, as a booking does, so one of the two sees the other. A change
that would leave visits where nobody works saves nothing until those visits were `listed` to the person who saves.
"""

import uuid
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clinic.lib.days import local_day
from clinic.lib.locks import Taken, in_transaction
from clinic.lib.operations import once
from clinic.models import Clinic, Clinician, Operation, User
from scheduling.models import Absence, Closure, HoursChange, WeeklyHours
from scheduling.planning.outside import outside_hours
from scheduling.services.errors import HoursRefused, UndoRefused, WouldHit
from scheduling.services.hours_rules import Walls, WeekSpan, check_week, exists, in_order, not_past, not_twice, plain
from scheduling.services.journal import ChangedSince, Journal, put_back
from scheduling.services.locks import lock_book

UNDOABLE = {
    "set_weekly_hours",
    "change_day",
    "remove_change",
    "add_absence",
    "remove_absence",
    "add_closure",
    "remove_closure",
}


def set_weekly_hours(
    *,
    key: uuid.UUID,
    clinician_id: int,
    valid_from: date,
    spans: Sequence[WeekSpan],
    listed: Iterable[int] = (),
    actor: User | None,
    now: datetime,
) -> Operation:
    """Let a clinician work these hours from a local day on.

    Rows that began before that day end the day before it; rows that were to begin on it or later are replaced. What
    was valid before it is never rewritten. Raises HoursRefused, WouldHit, Busy, OperationReused.
    """
    body = {"clinician": clinician_id, "from": valid_from, "spans": sorted(map(plain, spans))}

    def write(journal: Journal, clinic: Clinic) -> dict[str, Any]:
        not_past(valid_from, now, clinic.tz)
        check_week(spans)
        for row in WeeklyHours.objects.filter(clinician_id=clinician_id).order_by("pk"):
            if row.valid_from >= valid_from:
                journal.remove(row)
            elif row.valid_until is None or row.valid_until >= valid_from:
                journal.change(row, valid_until=valid_from - timedelta(days=1))
        for span in sorted(spans):
            journal.add(
                WeeklyHours(
                    clinician_id=clinician_id,
                    kind=span.kind,
                    weekday=span.weekday,
                    starts=span.starts,
                    ends=span.ends,
                    valid_from=valid_from,
                )
            )
        return {"from": valid_from}

    return save_hours("set_weekly_hours", key, body, [clinician_id], listed, actor, now, write)


def change_day(
    *,
    key: uuid.UUID,
    clinician_id: int,
    on: date,
    spans: Sequence[Walls],
    note: str = "",
    listed: Iterable[int] = (),
    actor: User | None,
    now: datetime,
) -> Operation:
    """Let a clinician work other hours on one local day, or (without spans) not at all."""
    body = {"clinician": clinician_id, "on": on, "spans": sorted(map(list, spans)), "note": note}

    def write(journal: Journal, clinic: Clinic) -> dict[str, Any]:
        not_past(on, now, clinic.tz)
        in_order(spans, _("The hours"))
        for wall in [wall for span in spans for wall in span]:
            exists(on, wall, clinic.tz)
        give_day(journal, clinician_id, on, spans, note)
        return {"on": on}

    return save_hours("change_day", key, body, [clinician_id], listed, actor, now, write)


def give_day(journal: Journal, clinician_id: int, on: date, spans: Iterable[Walls], note: str) -> None:
    """Put these spans in the place of the day's own rows; one row without times when there are none."""
    for row in HoursChange.objects.filter(clinician_id=clinician_id, on=on).order_by("pk"):
        journal.remove(row)
    times: list[tuple[time | None, time | None]] = [*sorted(spans)] or [(None, None)]
    for starts, ends in times:
        journal.add(HoursChange(clinician_id=clinician_id, on=on, starts=starts, ends=ends, note=note))


def remove_change(
    *, key: uuid.UUID, clinician_id: int, on: date, listed: Iterable[int] = (), actor: User | None, now: datetime
) -> Operation:
    """Let the week's hours hold again on a day that had its own."""

    def write(journal: Journal, clinic: Clinic) -> dict[str, Any]:
        not_past(on, now, clinic.tz)
        rows = list(HoursChange.objects.filter(clinician_id=clinician_id, on=on).order_by("pk"))
        if not rows:
            raise HoursRefused(_("This day has no hours of its own any more. Nothing was changed."))
        for row in rows:
            journal.remove(row)
        return {"on": on}

    body = {"clinician": clinician_id, "on": on}
    return save_hours("remove_change", key, body, [clinician_id], listed, actor, now, write)


def add_absence(
    *,
    key: uuid.UUID,
    clinician_id: int,
    starts_at: datetime,
    ends_at: datetime,
    reason: str = "",
    listed: Iterable[int] = (),
    actor: User | None,
    now: datetime,
) -> Operation:
    """Note that a clinician is away from one instant to another."""
    body = {"clinician": clinician_id, "starts": starts_at, "ends": ends_at, "reason": reason}

    def write(journal: Journal, clinic: Clinic) -> dict[str, Any]:
        if ends_at <= starts_at:
            raise HoursRefused(_("The absence ends before it begins. Nothing was saved. Mend the days or times."))
        if ends_at <= now:
            raise HoursRefused(_("This absence is over already. Nothing was saved. Enter one that ends later."))
        absence = Absence(clinician_id=clinician_id, starts_at=starts_at, ends_at=ends_at, reason=reason)
        not_twice(absence, clinic, now)
        journal.add(absence)
        return {"absence": absence.pk}

    return save_hours("add_absence", key, body, [clinician_id], listed, actor, now, write)


def remove_absence(*, key: uuid.UUID, absence_id: int, actor: User | None, now: datetime) -> Operation:
    """Take an absence away; one that has begun ends now, so that what has been stays on record."""
    found = Absence.objects.filter(pk=absence_id).values_list("clinician_id", flat=True).first()

    def write(journal: Journal, _clinic: Clinic) -> dict[str, Any]:
        row = Absence.objects.filter(pk=absence_id, ends_at__gt=now).first()
        if row is None:
            raise HoursRefused(_("This absence is over or was removed already. Nothing was changed."))
        until = now.replace(second=0, microsecond=0)
        if row.starts_at < until:
            journal.change(row, ends_at=until)
            return {"ended": until}
        journal.remove(row)
        return {"ended": None}

    clinicians = [found] if found else []
    return save_hours("remove_absence", key, {"absence": absence_id}, clinicians, (), actor, now, write)


def add_closure(
    *,
    key: uuid.UUID,
    name: str,
    starts_on: date,
    ends_on: date,
    listed: Iterable[int] = (),
    actor: User | None,
    now: datetime,
) -> Operation:
    """Close the whole clinic from one local day to another, both included."""

    def write(journal: Journal, clinic: Clinic) -> dict[str, Any]:
        if ends_on < starts_on:
            raise HoursRefused(_("The last day lies before the first. Nothing was saved. Mend the days."))
        not_past(ends_on, now, clinic.tz)
        closure = Closure(name=name, starts_on=starts_on, ends_on=ends_on)
        journal.add(closure)
        return {"closure": closure.pk}

    body = {"name": name, "starts": starts_on, "ends": ends_on}
    return save_hours("add_closure", key, body, None, listed, actor, now, write)


def remove_closure(*, key: uuid.UUID, closure_id: int, actor: User | None, now: datetime) -> Operation:
    """Open the clinic again; a closure that has begun ends yesterday."""

    def write(journal: Journal, clinic: Clinic) -> dict[str, Any]:
        today = local_day(now, clinic.tz)
        row = Closure.objects.filter(pk=closure_id, ends_on__gte=today).first()
        if row is None:
            raise HoursRefused(_("This closure is over or was removed already. Nothing was changed."))
        if row.starts_on < today:
            journal.change(row, ends_on=today - timedelta(days=1))
        else:
            journal.remove(row)
        return {}

    return save_hours("remove_closure", key, {"closure": closure_id}, None, (), actor, now, write)


def undo_hours(*, key: uuid.UUID, operation_id: uuid.UUID, actor: User | None, now: datetime) -> Operation:
    """Put the rows of one of the acts above back as they were.

    Raises UndoRefused when they were changed since, or when visits were booked since that would stand outside.
    """

    def act(operation: Operation) -> None:
        done = Operation.objects.select_for_update(no_key=True).get(pk=operation_id)
        if done.kind not in UNDOABLE:
            raise UndoRefused(_("This act cannot be undone here. Nothing was changed. Open its page instead."))
        if done.undone_by_id:
            raise UndoRefused(_("This was undone already. Nothing more was changed. Look at the page again."))
        clinicians, journal = done.result.get("clinicians"), Journal()
        _refuse_after_others(done, clinicians)
        hit = _hit(clinicians, now, lambda _clinic: put_back(done.touched, journal))
        if hit:
            words = ngettext(
                "%(n)d visit was booked there since. Nothing was undone. Move it first, or change the hours again.",
                "%(n)d visits were booked there since. Nothing was undone. Move them first, or change the hours again.",
                len(hit),
            )
            raise UndoRefused(words % {"n": len(hit)})
        done.undone_by = operation
        done.save(update_fields=["undone_by"])
        operation.touched = journal.entries

    def attempt() -> Operation:
        return once(key=key, kind="undo_hours", actor=actor, body={"operation": str(operation_id)}, now=now, act=act)

    try:
        return in_transaction(attempt)
    except (ChangedSince, Taken) as error:
        raise UndoRefused(_("The hours were changed since. Nothing was undone. Change them again instead.")) from error


def _refuse_after_others(done: Operation, clinicians: list[int] | None) -> None:
    """Raise ChangedSince when the same day, or the weeks from the same day on, were given other hours since.

    The rows that the act removed would otherwise come back beside them.
    """
    lock_book(clinicians=clinicians or [])
    left = [entry["pk"] for entry in done.touched if entry["after"]]
    valid = Q(valid_until__isnull=True) | Q(valid_until__gte=done.result.get("from"))
    others: QuerySet[HoursChange] | QuerySet[WeeklyHours] = HoursChange.objects.filter(on=done.result.get("on"))
    if done.kind == "set_weekly_hours":
        others = WeeklyHours.objects.filter(valid)
    if others.filter(clinician__in=clinicians or []).exclude(pk__in=left).exists():
        raise ChangedSince


Write = Callable[[Journal, Clinic], dict[str, Any]]


def save_hours(
    kind: str,
    key: uuid.UUID,
    body: dict[str, Any],
    clinicians: list[int] | None,
    listed: Iterable[int],
    actor: User | None,
    now: datetime,
    write: Write,
) -> Operation:
    """Write under the locks of these clinicians (None: of all), unless it hits visits that were not listed."""
    shown = set(listed)

    def act(operation: Operation) -> None:
        journal = Journal()
        result: dict[str, Any] = {}
        hit = _hit(clinicians, now, lambda clinic: result.update(write(journal, clinic)))
        if hit - shown:
            raise WouldHit(sorted(hit))
        operation.result = {**result, "clinicians": clinicians, "hit": len(hit)}
        operation.touched = journal.entries

    def attempt() -> Operation:
        return once(key=key, kind=kind, actor=actor, body=body, now=now, act=act)

    try:
        return in_transaction(attempt)
    except Taken as error:
        words = _("This absence overlaps another one of the same clinician. Nothing was saved. Look at both.")
        raise HoursRefused(words) from error


def _hit(clinicians: list[int] | None, now: datetime, change: Callable[[Clinic], object]) -> set[int]:
    """Lock, make a change, and return the visits that stand outside the hours because of it."""
    active = Clinician.objects.filter(is_active=True).values_list("pk", flat=True)
    lock_book(clinicians=active if clinicians is None else clinicians)
    clinic = Clinic.objects.current()
    before = outside_hours(now=now, zone=clinic.tz, clinicians=clinicians)
    change(clinic)
    return outside_hours(now=now, zone=clinic.tz, clinicians=clinicians) - before
