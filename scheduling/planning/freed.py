"""Which times became free: what acts of the last days gave back, where it is still free. Read from the book, not kept.

An act's own journal (`Operation.touched`) says where a visit stood before it, or which absence it took away; the book
says what of that is free now. A week's hours and closures that were changed free too much to be listed here.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from clinic.lib.days import NoSuchTime, TwoSuchTimes, instant, local_day
from clinic.models import Clinic, Operation
from scheduling.models import HOLDING, Appointment, AppointmentStatus
from scheduling.planning.facts import shortest_visit
from scheduling.planning.freetime import to_epoch
from scheduling.planning.waiting_read import Stretch, clinicians_free, stretch_of
from treatments.named import bookable

DAYS_BACK = 3
"""How long ago an act may lie whose freed time is still listed."""
DAYS_AHEAD = 14
MOST_ACTS = 500
VISIT_ACTS = (
    "cancel_appointment",
    "move_appointment",
    "move_series",
    "swap_appointments",
    "pause_course",
    "discontinue_course",
    "undo_operation",
    "move_to_earlier",
)
HOUR_ACTS = ("remove_absence", "change_day", "undo_hours")


@dataclass(frozen=True)
class Freed:
    """A time that became free: when, and by what."""

    stretch: Stretch
    freed_at: datetime
    why: str


@dataclass(frozen=True)
class _Gave:
    """What one act gave back, before it is known whether it is free now."""

    clinician_id: int
    starts_at: datetime
    ends_at: datetime
    at: datetime
    why: str


def freed_times(now: datetime) -> list[Freed]:
    """Return the freed times of the coming days that are still free, the next first. Five statements."""
    clinic, zone = Clinic.objects.current(), Clinic.objects.current().tz
    today = local_day(now, zone)
    last = today + timedelta(days=DAYS_AHEAD)
    acts = list(
        Operation.objects.filter(
            at__gte=now - timedelta(days=DAYS_BACK), at__lte=now, kind__in=(*VISIT_ACTS, *HOUR_ACTS)
        ).order_by("-at")[:MOST_ACTS]
    )
    people = bookable()
    names = {key: one.short_name for key, one in people.items()}
    until = now + timedelta(days=DAYS_AHEAD)
    given = [*_by_visits(acts), *_by_hours(acts, zone, names)]
    given = [one for one in given if one.clinician_id in people and one.ends_at > now and one.starts_at < until]
    if not given:
        return []
    free = clinicians_free({one.clinician_id for one in given}, today, last, zone)
    least = max(shortest_visit(), clinic.grid_minutes) * 60
    found: dict[tuple[int, datetime], Freed] = {}
    for one in given:  # the latest act first: it says why
        for since, end in free.get(one.clinician_id, []):
            start = max(since, to_epoch(one.starts_at), _next_start(now, clinic))
            stop = min(end, to_epoch(one.ends_at))
            if stop - start >= least and not _covered(found.values(), one.clinician_id, start, stop):
                stretch = stretch_of(one.clinician_id, (start, stop))
                found[one.clinician_id, stretch.starts_at] = Freed(stretch, one.at, one.why)
    return sorted(found.values(), key=lambda one: (one.stretch.starts_at, one.stretch.clinician_id))


def _next_start(now: datetime, clinic: Clinic) -> int:
    step = clinic.grid_minutes * 60
    return -(-to_epoch(now) // step) * step


def _covered(found: Iterable[Freed], clinician_id: int, start: int, stop: int) -> bool:
    return any(
        one.stretch.clinician_id == clinician_id
        and to_epoch(one.stretch.starts_at) < stop
        and start < to_epoch(one.stretch.ends_at)
        for one in found
    )


def _by_visits(acts: Iterable[Operation]) -> Iterator[_Gave]:
    """Yield where visits stood that do not stand there any more."""
    touched = [
        (act, entry) for act in acts if act.kind in VISIT_ACTS for entry in act.touched if "appointment" in entry
    ]
    visits = Appointment.objects.select_related("patient").in_bulk({entry["appointment"] for _act, entry in touched})
    for act, entry in touched:
        visit, before = visits.get(entry["appointment"]), entry.get("before") or {}
        if visit is None:
            continue
        if "starts_at" in before:
            starts, ends = datetime.fromisoformat(before["starts_at"]), datetime.fromisoformat(before["ends_at"])
            words = _("%(name)s comes at another time")
            yield _Gave(before["clinician_id"], starts, ends, act.at, words % {"name": visit.patient.full_name})
        elif visit.status not in HOLDING:
            yield _Gave(visit.clinician_id, visit.starts_at, visit.ends_at, act.at, _why_gone(visit))


def _why_gone(visit: Appointment) -> str:
    values = {"name": visit.patient.full_name, "why": visit.status_reason}
    if visit.status == AppointmentStatus.UNDONE:
        return _("the booking for %(name)s was undone") % values
    if visit.status_reason:
        return _("%(name)s cancelled: %(why)s") % values
    return _("%(name)s does not come") % values


def _by_hours(acts: Iterable[Operation], zone: ZoneInfo, names: dict[int, str]) -> Iterator[_Gave]:
    """Yield when somebody works who was away, or who did not work on that day."""
    for act in acts:
        for entry in act.touched if act.kind in HOUR_ACTS else ():
            kind, before, after = entry.get("row"), entry.get("before"), entry.get("after")
            if kind == "scheduling.absence" and before and not after:
                starts, ends = datetime.fromisoformat(before["starts_at"]), datetime.fromisoformat(before["ends_at"])
                who = names.get(before["clinician_id"], "")
                yield _Gave(before["clinician_id"], starts, ends, act.at, _("%(name)s is not away") % {"name": who})
            if kind == "scheduling.hourschange" and after and not before and (span := _day_hours(after, zone)):
                who = names.get(after["clinician_id"], "")
                yield _Gave(after["clinician_id"], *span, act.at, _("%(name)s works other hours") % {"name": who})


def _day_hours(row: dict[str, Any], zone: ZoneInfo) -> tuple[datetime, datetime] | None:
    if not row["starts"] or not row["ends"]:
        return None
    day = date.fromisoformat(row["on"])
    try:
        starts = instant(day, time.fromisoformat(row["starts"]), zone)
        return starts, instant(day, time.fromisoformat(row["ends"]), zone)
    except (NoSuchTime, TwoSuchTimes):
        return None
