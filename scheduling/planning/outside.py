"""Which visits ahead stand where nobody works: outside the hours, in an absence, on a closed day. One statement."""

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import connection

from scheduling.models import AppointmentStatus

WAITING = [AppointmentStatus.BOOKED, AppointmentStatus.CONFIRMED, AppointmentStatus.ARRIVED]
"""Statuses of a visit whose clinician is still to come: who is treated already stands nowhere wrong."""

# Free hours are one multirange a clinician, over the days that have visits: no wall time is worked out for a visit.
STATEMENT = """
WITH visits AS MATERIALIZED (
    SELECT id, clinician_id, tstzrange(starts_at, ends_at) AS span
    FROM scheduling_appointment
    WHERE starts_at >= %(now)s AND starts_at < %(until)s AND status = ANY(%(waiting)s)
        AND (%(clinicians)s::bigint[] IS NULL OR clinician_id = ANY(%(clinicians)s))
), reach AS (
    SELECT (min(lower(span)) AT TIME ZONE %(zone)s)::date AS first,
        (max(upper(span)) AT TIME ZONE %(zone)s)::date AS last, min(lower(span)) AS since, max(upper(span)) AS until
    FROM visits
), days AS (
    SELECT day::date, (extract(isodow FROM day) - 1)::int AS weekday
    FROM reach, generate_series(first, last, '1 day') day
), closed AS (
    SELECT coalesce(range_agg(tstzrange(starts_on::timestamp AT TIME ZONE %(zone)s,
        (ends_on + 1)::timestamp AT TIME ZONE %(zone)s)), '{}') AS spans
    FROM scheduling_closure, reach WHERE ends_on >= first AND starts_on <= last
), wall AS (
    SELECT clinician_id, kind, (day + starts) AT TIME ZONE %(zone)s AS since,
        (day + ends) AT TIME ZONE %(zone)s AS until
    FROM days JOIN scheduling_weeklyhours weekly USING (weekday)
    WHERE valid_from <= day AND (valid_until IS NULL OR valid_until >= day)
        AND (%(clinicians)s::bigint[] IS NULL OR clinician_id = ANY(%(clinicians)s))
        AND (kind = 'break' OR NOT EXISTS (
            SELECT FROM scheduling_hourschange other
            WHERE other."on" = day AND other.clinician_id = weekly.clinician_id))
    UNION ALL
    SELECT clinician_id, 'work', ("on" + starts) AT TIME ZONE %(zone)s, ("on" + ends) AT TIME ZONE %(zone)s
    FROM scheduling_hourschange, reach WHERE "on" BETWEEN first AND last AND starts IS NOT NULL
), hours AS (
    SELECT clinician_id,
        coalesce(range_agg(tstzrange(since, greatest(since, until))) FILTER (WHERE kind = 'work'), '{}') AS work,
        coalesce(range_agg(tstzrange(since, greatest(since, until))) FILTER (WHERE kind = 'break'), '{}') AS breaks
    FROM wall GROUP BY clinician_id
), away AS (
    SELECT clinician_id, range_agg(tstzrange(starts_at, ends_at)) AS spans
    FROM scheduling_absence absence, reach WHERE absence.ends_at > since AND absence.starts_at < until
    GROUP BY clinician_id
), free AS MATERIALIZED (
    SELECT clinician_id, work - breaks - coalesce(away.spans, '{}') - closed.spans AS spans
    FROM hours LEFT JOIN away USING (clinician_id), closed
)
SELECT visits.id FROM visits LEFT JOIN free USING (clinician_id)
WHERE free.spans IS NULL OR NOT visits.span <@ free.spans
"""


def outside_hours(
    *, now: datetime, zone: ZoneInfo, clinicians: Iterable[int] | None = None, until: datetime | None = None
) -> set[int]:
    """Return the visits (their keys) from now on that stand outside their clinician's hours.

    Of these clinicians only, and of those that start before `until` only, where that is asked.

    A visit stands outside when any minute of it lies in no work, in a break, in an absence or on a closed day.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            STATEMENT,
            {
                "now": now,
                "until": until or "infinity",
                "zone": str(zone),
                "waiting": [str(status) for status in WAITING],
                "clinicians": None if clinicians is None else list(clinicians),
            },
        )
        return {key for (key,) in cursor.fetchall()}
