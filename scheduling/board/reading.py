"""All that lies under the visits of some local days, in one statement: who works when, where, and what is closed."""

import json
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection

from clinic.lib.days import midnight
from clinic.lib.json_rows import typed
from clinic.models import Clinician, Room
from scheduling.models import Absence, Closure, HoursChange, WeeklyHours
from scheduling.planning.workday import Hours, Workday

# JSON, because six kinds of rows in six statements cost more on the way than all of their reading.
STATEMENT = """
SELECT json_build_object(
    'clinicians', (SELECT coalesce(json_agg(one ORDER BY position, id), '[]') FROM (
        SELECT id, user_id, name, short_name, position, is_active FROM clinic_clinician) one),
    'rooms', (SELECT coalesce(json_agg(one ORDER BY position, id), '[]') FROM (
        SELECT id, name, kind_id, position, is_active FROM clinic_room) one),
    'weekly', (SELECT coalesce(json_agg(one ORDER BY starts), '[]') FROM (
        SELECT id, clinician_id, kind, weekday, starts, ends, valid_from, valid_until
        FROM scheduling_weeklyhours
        WHERE weekday = ANY(%(weekdays)s)
            AND valid_from <= %(last)s AND (valid_until IS NULL OR valid_until >= %(first)s)) one),
    'changes', (SELECT coalesce(json_agg(one ORDER BY starts), '[]') FROM (
        SELECT id, clinician_id, "on", starts, ends, note FROM scheduling_hourschange
        WHERE "on" BETWEEN %(first)s AND %(last)s) one),
    'absences', (SELECT coalesce(json_agg(one ORDER BY starts_at), '[]') FROM (
        SELECT id, clinician_id, starts_at, ends_at, reason FROM scheduling_absence
        WHERE ends_at > %(since)s AND starts_at < %(until)s) one),
    'closures', (SELECT coalesce(json_agg(one ORDER BY starts_on), '[]') FROM (
        SELECT id, name, starts_on, ends_on FROM scheduling_closure
        WHERE ends_on >= %(first)s AND starts_on <= %(last)s) one),
    'offers', (SELECT coalesce(json_agg(one ORDER BY since), '[]') FROM (
        SELECT held.clinician_id, held.starts_at AS since, held.ends_at AS ends, offer.starts_at, offer.expires_at,
               coalesce(nullif(patient.preferred_name, ''), patient.first_name) AS called, patient.last_name
        FROM scheduling_offer offer
        JOIN scheduling_offerround held ON held.id = offer.round_id
        JOIN scheduling_waitingentry entry ON entry.id = offer.entry_id
        JOIN patients_patient patient ON patient.id = entry.patient_id
        WHERE offer.state = 'open' AND held.ended_at IS NULL AND offer.expires_at > %(now)s
          AND held.ends_at > %(since)s AND held.starts_at < %(until)s) one)
)::text
"""


@dataclass(frozen=True)
class Ground:
    """What lies under the visits of some local days. The rows are read-only: none was loaded whole."""

    first: date
    last: date
    zone: ZoneInfo
    clinicians: list[Clinician]
    rooms: list[Room]
    closures: list[Closure]
    hours: dict[int, Hours]
    offers: list[dict[str, Any]]
    """What is offered by mail of these days, as `Running.of` reads it, each with its `clinician_id`."""

    def of(self, clinician_id: int, day: date) -> Workday:
        """Return the day of one clinician."""
        return self.hours[clinician_id].of(clinician_id, day)

    def closure_on(self, day: date) -> Closure | None:
        """Return the closure that holds on a day; the longest where several do."""
        found = [row for row in self.closures if row.starts_on <= day <= row.ends_on]
        return max(found, key=lambda row: row.ends_on - row.starts_on, default=None)


def read_ground(first: date, last: date, zone: ZoneInfo, now: datetime | None = None) -> Ground:
    """Read what lies under these local days, both included, and what is offered of them at `now`. One query."""
    values: dict[str, Any] = {
        "first": first,
        "last": last,
        "weekdays": [(first + timedelta(days=n)).weekday() for n in range(min((last - first).days + 1, 7))],
        "since": midnight(first, zone),
        "until": midnight(last + timedelta(days=1), zone),
        "now": now,
    }
    with connection.cursor() as cursor:
        cursor.execute(STATEMENT, values)
        found: dict[str, list[dict[str, Any]]] = json.loads(cursor.fetchone()[0])
    clinicians = [Clinician(**row) for row in found["clinicians"]]
    closures = [Closure(**typed(row, date, "starts_on", "ends_on")) for row in found["closures"]]
    hours = {one.pk: Hours(first, last, zone, closures=closures) for one in clinicians}
    for row in found["weekly"]:
        weekly = WeeklyHours(**typed(typed(row, time, "starts", "ends"), date, "valid_from", "valid_until"))
        hours[weekly.clinician_id].weekly.append(weekly)
    for row in found["changes"]:
        change = HoursChange(**typed(typed(row, time, "starts", "ends"), date, "on"))
        hours[change.clinician_id].changes.append(change)
    for row in found["absences"]:
        hours[row["clinician_id"]].absences.append(Absence(**typed(row, datetime, "starts_at", "ends_at")))
    rooms = [Room(**row) for row in found["rooms"]]
    return Ground(first, last, zone, clinicians, rooms, closures, hours, found["offers"])
