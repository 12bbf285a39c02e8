"""When a reminder of a visit is due: calendar days back at the visit's wall-clock time, in civil hours (design 9)."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from clinic.models import Clinic

REMINDER_3_DAYS = "reminder_3_days"
REMINDER_1_DAY = "reminder_1_day"
FEWEST_DAYS_AHEAD = {REMINDER_3_DAYS: 4, REMINDER_1_DAY: 1}
"""Booked with fewer days ahead than this, the reminder would follow too close on the booking (domain 7)."""
DAYS_BEFORE = {REMINDER_3_DAYS: 3, REMINDER_1_DAY: 1}


@dataclass(frozen=True)
class Reminder:
    kind: str
    due_at: datetime
    not_after: datetime


def days_before(starts_at: datetime, days: int, *, zone: ZoneInfo, since: time, until: time) -> datetime:
    """Return the same wall time so many local days earlier, moved into the hours at which the clinic writes."""
    wall = starts_at.astimezone(zone)
    clock = min(max(wall.time(), since), until)
    return datetime.combine(wall.date() - timedelta(days=days), clock, tzinfo=zone).astimezone(starts_at.tzinfo)


def reminders(*, starts_at: datetime, arrives_at: datetime, clinic: Clinic, now: datetime) -> list[Reminder]:
    """Return the reminders that a visit booked (or moved) at `now` still gets.

    Each is useless once the next one is due; the last once the patient should have arrived. None is made whose time had
    passed: who books for tomorrow at noon knows it.
    """
    zone = clinic.tz
    ahead = (starts_at.astimezone(zone).date() - now.astimezone(zone).date()).days
    due = {
        kind: days_before(starts_at, days, zone=zone, since=clinic.send_from, until=clinic.send_until)
        for kind, days in DAYS_BEFORE.items()
    }
    useless = {REMINDER_3_DAYS: due[REMINDER_1_DAY], REMINDER_1_DAY: arrives_at}
    return [
        Reminder(kind, due[kind], useless[kind])
        for kind in DAYS_BEFORE
        if ahead >= FEWEST_DAYS_AHEAD[kind] and now < due[kind] < useless[kind]
    ]


def next_civil_hour(now: datetime, clinic: Clinic) -> datetime:
    """Return `now` when the clinic writes at this hour, otherwise the moment at which it next does."""
    wall = now.astimezone(clinic.tz)
    if clinic.send_from <= wall.time() <= clinic.send_until:
        return now
    day = wall.date() + timedelta(days=wall.time() > clinic.send_until)
    return datetime.combine(day, clinic.send_from, tzinfo=clinic.tz).astimezone(now.tzinfo)
