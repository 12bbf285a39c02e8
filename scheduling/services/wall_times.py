"""Keep the wall time of visits when the rules of a zone change after they were booked.

The patient was told "Tuesday 10:00". When a government moves the clocks otherwise than was known, the instant that was
stored is another wall time: the visit keeps what was told, and its instant moves.
"""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from clinic.lib.days import NoSuchTime, TwoSuchTimes, instant
from clinic.lib.locks import in_transaction
from clinic.lib.operations import once
from clinic.models import Clinician, Device, Operation, Room, User
from scheduling.models import AHEAD, HOLDING, Appointment
from scheduling.services import notices
from scheduling.services.locks import lock_book
from scheduling.services.motion import visits_in_motion
from scheduling.services.visits import touched
from treatments.models import TreatmentPlan

INSTANTS = ["arrives_at", "starts_at", "ends_at", "frees_at"]
YEARS_COMPARED = 3
HELD = {
    "clinician_id": ("starts_at", "ends_at"),
    "room_id": ("starts_at", "frees_at"),
    "device_id": ("starts_at", "frees_at"),
    "patient_id": ("arrives_at", "ends_at"),
}


@dataclass(frozen=True)
class Left:
    """A visit that no longer stands at its wall time and was left where it is, and why: a person has to move it."""

    visit: Appointment
    why: str


def keep_wall_times(*, key: uuid.UUID, actor: User | None, now: datetime) -> tuple[Operation, list[Left]]:
    """Move every visit ahead whose instant is no longer its wall time, in one act, and remind and tell anew.

    Those that would clash, or whose wall time is skipped or shown twice now, stay where they are and are returned.
    The operation's result: `moved` and `left` (counts). Raises Busy, OperationReused.
    """
    left: list[Left] = []

    def act(operation: Operation) -> None:
        _lock()
        moved, stay = _sort_out(now)
        left[:] = stay
        _write(moved)
        _tell(operation, moved, now)
        operation.touched = [touched(visit.pk, visit.version) for visit in moved]
        operation.result = {"moved": len(moved), "left": len(stay)}

    def attempt() -> Operation:
        return once(key=key, kind="keep_wall_times", actor=actor, body={}, now=now, act=act)

    return in_transaction(attempt), left


def _lock() -> None:
    """Lock the courses and patients of all visits ahead, then everything that can be held: nothing moves meanwhile.

    A visit that is booked before the last lock is held stands by the new rules already.
    """
    held = Appointment.objects.filter(status__in=AHEAD)
    lock_book(
        plans=set(held.values_list("session__plan_id", flat=True)),
        patients=set(held.values_list("patient_id", flat=True)),
        clinicians=Clinician.objects.values_list("pk", flat=True),
        rooms=Room.objects.values_list("pk", flat=True),
        devices=Device.objects.values_list("pk", flat=True),
    )


def _sort_out(now: datetime) -> tuple[list[Appointment], list[Left]]:
    """Return the visits that can have their wall time back, with their new instants, and those that cannot."""
    visits = list(Appointment.objects.filter(status__in=HOLDING, ends_at__gt=now).select_related("patient", "session"))
    shifts, left = {}, []
    for visit in visits:
        if visit.status not in AHEAD or visit.starts_at <= now:
            continue
        try:
            start = instant(visit.wall_date, visit.wall_time, ZoneInfo(visit.wall_zone))
        except (NoSuchTime, TwoSuchTimes) as error:
            if visit.starts_at.astimezone(ZoneInfo(visit.wall_zone)).replace(tzinfo=None) != _wall(visit):
                twice = isinstance(error, TwoSuchTimes)
                left.append(Left(visit, _("The clocks show it twice.") if twice else _("The clocks skip it.")))
            continue
        if start != visit.starts_at:
            shifts[visit.pk] = start - visit.starts_at
            _shift(visit, shifts[visit.pk])
    while clashing := _clashing(shifts, visits):
        for visit in clashing:  # one that stays may be in the way of another: look again
            _shift(visit, -shifts.pop(visit.pk))
            left.append(Left(visit, _("Something that it needs is taken at this time.")))
    return [visit for visit in visits if visit.pk in shifts], left


def _wall(visit: Appointment) -> datetime:
    return datetime.combine(visit.wall_date, visit.wall_time)


def _shift(visit: Appointment, by: timedelta) -> None:
    for name in INSTANTS:
        setattr(visit, name, getattr(visit, name) + by)


def _clashing(moved: Collection[int], visits: list[Appointment]) -> list[Appointment]:
    """Return which of the moved visits (their keys) overlap another one in anything that both hold."""
    found: dict[int, Appointment] = {}
    for what, (since, until) in HELD.items():
        holder: dict[int, Appointment] = {}  # who holds it longest so far
        for visit in sorted(visits, key=lambda visit: getattr(visit, since)):
            held = getattr(visit, what)
            before = holder.get(held) if held is not None else None
            if before is not None and getattr(visit, since) < getattr(before, until):
                found |= {one.pk: one for one in (before, visit) if one.pk in moved}
            if held is not None and (before is None or getattr(visit, until) > getattr(before, until)):
                holder[held] = visit
    return list(found.values())


def _write(moved: list[Appointment]) -> None:
    for visit in moved:
        visit.version += 1
        visit.updated_at = timezone.now()
    with visits_in_motion():
        Appointment.objects.bulk_update(moved, [*INSTANTS, "version", "updated_at"], batch_size=500)


def _tell(operation: Operation, moved: list[Appointment], now: datetime) -> None:
    """Remind by the new instants; the calendar file that the patient has names the old ones."""
    notices.withdraw_for_all(appointments=moved, reason=_("The rules of the clocks changed."), now=now)
    notices.remind_all(appointments=moved, now=now)
    courses = {visit.session.plan_id for visit in moved if visit.session}
    for plan in TreatmentPlan.objects.filter(pk__in=courses).select_related("patient").order_by("pk"):
        notices.course_changed(plan=plan, operation=operation, now=now)
    for visit in moved:
        if visit.session_id is None:
            notices.changed(appointment=visit, plan=None, operation=operation, now=now)


def rules_differ_on(zone: ZoneInfo, today: date) -> date | None:
    """Return the first local day on which Python and PostgreSQL do not agree on a zone's noon, or None.

    Each brings rules of its own: hours are read by the database's, visits are written by Python's.
    """
    days = [today + timedelta(days=n) for n in range(YEARS_COMPARED * 366)]
    statement = "SELECT extract(epoch FROM (day + time '12:00') AT TIME ZONE %s)::bigint FROM unnest(%s::date[]) day"
    with connection.cursor() as cursor:
        cursor.execute(statement, [str(zone), days])
        theirs = [datetime.fromtimestamp(seconds, UTC) for (seconds,) in cursor.fetchall()]
    ours = (datetime.combine(day, time(12), tzinfo=zone).astimezone(UTC) for day in days)
    return next((day for day, one, other in zip(days, ours, theirs, strict=True) if one != other), None)
