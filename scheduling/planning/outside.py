"""Which visits ahead stand where nobody works: outside the hours, in an absence, on a closed day. One statement."""

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import connection

from scheduling.models import AppointmentStatus

WAITING = [AppointmentStatus.BOOKED, AppointmentStatus.CONFIRMED, AppointmentStatus.ARRIVED]
"""Statuses of a visit whose clinician is still to come: who is treated already stands nowhere wrong."""

# The hours are read only for the days on which a clinician has a visit, as multiranges like those of free time.
STATEMENT = """
WITH visits AS MATERIALIZED (
    SELECT id, clinician_id, starts_at, ends_at, (starts_at AT TIME ZONE %(zone)s)::date AS day
    FROM scheduling_appointment
    WHERE starts_at >= %(now)s AND status = ANY(%(waiting)s)
        AND (%(clinicians)s::bigint[] IS NULL OR clinician_id = ANY(%(clinicians)s))
), days AS (
    SELECT DISTINCT clinician_id, day, (extract(isodow FROM day) - 1)::int AS weekday FROM visits
), reach AS (
    SELECT min(starts_at) AS since, max(ends_at) AS until, min(day) AS first, max(day) AS last FROM visits
), closed AS (
    SELECT coalesce(range_agg(tstzrange(starts_on::timestamp AT TIME ZONE %(zone)s,
        (ends_on + 1)::timestamp AT TIME ZONE %(zone)s)), '{}') AS spans
    FROM scheduling_closure, reach WHERE ends_on >= first AND starts_on <= last
), wall AS (
    SELECT clinician_id, day, kind, (day + starts) AT TIME ZONE %(zone)s AS since,
        (day + ends) AT TIME ZONE %(zone)s AS until
    FROM days JOIN scheduling_weeklyhours weekly USING (clinician_id, weekday)
    WHERE valid_from <= day AND (valid_until IS NULL OR valid_until >= day)
        AND (kind = 'break' OR NOT EXISTS (
            SELECT FROM scheduling_hourschange other
            WHERE other."on" = day AND other.clinician_id = weekly.clinician_id))
    UNION ALL
    SELECT clinician_id, day, 'work', (day + starts) AT TIME ZONE %(zone)s, (day + ends) AT TIME ZONE %(zone)s
    FROM days JOIN scheduling_hourschange other USING (clinician_id)
    WHERE other."on" = day AND starts IS NOT NULL
), hours AS (
    SELECT clinician_id, day,
        coalesce(range_agg(tstzrange(since, greatest(since, until))) FILTER (WHERE kind = 'work'), '{}')
        - coalesce(range_agg(tstzrange(since, greatest(since, until))) FILTER (WHERE kind = 'break'), '{}') AS spans
    FROM wall GROUP BY clinician_id, day
), away AS (
    SELECT clinician_id, range_agg(tstzrange(starts_at, ends_at)) AS spans
    FROM scheduling_absence absence, reach WHERE absence.ends_at > since AND absence.starts_at < until
    GROUP BY clinician_id
)
SELECT visits.id FROM visits CROSS JOIN closed
    LEFT JOIN hours USING (clinician_id, day) LEFT JOIN away USING (clinician_id)
WHERE tstzrange(visits.starts_at, visits.ends_at) && (closed.spans + coalesce(away.spans, '{}'))
    OR NOT tstzrange(visits.starts_at, visits.ends_at) <@ coalesce(hours.spans, '{}')
"""


def outside_hours(*, now: datetime, zone: ZoneInfo, clinicians: Iterable[int] | None = None) -> set[int]:
    """Return the visits (their keys) from now on that stand outside their clinician's hours; of these clinicians only.

    A visit stands outside when any minute of it lies in no work, in a break, in an absence or on a closed day.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            STATEMENT,
            {
                "now": now,
                "zone": str(zone),
                "waiting": [str(status) for status in WAITING],
                "clinicians": None if clinicians is None else list(clinicians),
            },
        )
        return {key for (key,) in cursor.fetchall()}
