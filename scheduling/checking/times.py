"""Is anything held twice, and are the four instants of a visit in order? Read without the constraints' indexes."""

from scheduling.checking.check import Check

# The greatest end so far of those that started before: a long visit is seen behind short ones that lie within it.
OVERLAPS = """
WITH held AS (
    SELECT id, {key} AS holder, {since} AS since, {until} AS until, starts_at,
        max({until}) OVER (PARTITION BY {key} ORDER BY {since}, id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
            AS taken_until
    FROM scheduling_appointment WHERE status = ANY(%(holding)s) AND {key} IS NOT NULL
)
SELECT 'visit', held.id, held.starts_at, 'holds {what} ' || holder || ' at one time with visit ' || (
    SELECT min(other.id) FROM scheduling_appointment other
    WHERE other.{key} = held.holder AND other.id <> held.id AND other.status = ANY(%(holding)s)
        AND other.{since} < held.until AND other.{until} > held.since)
FROM held WHERE taken_until > since
"""
SESSION_TWICE = """
SELECT 'session', session_id, min(starts_at), 'has visits ' || string_agg(id::text, ', ' ORDER BY id)
FROM scheduling_appointment WHERE status = ANY(%(holding)s) AND session_id IS NOT NULL
GROUP BY session_id HAVING count(*) > 1
"""
ORDER = """
SELECT 'visit', id, starts_at, 'arrives ' || arrives_at || ', starts ' || starts_at || ', ends ' || ends_at ||
    ', frees ' || frees_at
FROM scheduling_appointment
WHERE (arrives_at <= starts_at AND starts_at < ends_at AND ends_at <= frees_at) IS NOT TRUE
"""
WALL = """
SELECT 'visit', id, starts_at, 'was meant for ' || wall_date || ' ' || wall_time || ' in ' || wall_zone
FROM scheduling_appointment
WHERE status = ANY(%(holding)s) AND (starts_at AT TIME ZONE wall_zone) <> wall_date + wall_time
"""
KIND = """
SELECT 'visit', id, starts_at, 'is a ' || kind || ' with session ' || coalesce(session_id::text, 'none')
FROM scheduling_appointment WHERE (kind = 'session') <> (session_id IS NOT NULL)
"""

MOMENTS = """
SELECT 'visit', id, starts_at, 'is ' || status || ', confirmed ' || coalesce(confirmed_at::text, 'never') ||
    ', arrived ' || coalesce(arrived_at::text, 'never') || ', began ' || coalesce(started_at::text, 'never') ||
    ', completed ' || coalesce(finished_at::text, 'never')
FROM scheduling_appointment
WHERE (status IN ('arrived', 'in_treatment') AND arrived_at IS NULL)
    OR (status = 'in_treatment' AND started_at IS NULL)
    OR (status IN ('booked', 'confirmed') AND coalesce(arrived_at, started_at, finished_at) IS NOT NULL)
    OR (status IN ('arrived', 'in_treatment') AND finished_at IS NOT NULL)
    OR (status = 'booked' AND confirmed_at IS NOT NULL)
    OR (status <> 'cancelled' AND cancelled_late)
    OR arrived_at > started_at OR started_at > finished_at OR arrived_at > finished_at
"""
"""Of visits that were entered past the services, such as a demo's, the moments of what is over may be unknown."""


def _overlaps(what: str, since: str, until: str) -> Check:
    statement = OVERLAPS.format(key=f"{what}_id", what=what, since=since, until=until)
    return Check(f"{what} held twice", statement)


CHECKS = [
    _overlaps("clinician", "starts_at", "ends_at"),
    _overlaps("room", "starts_at", "frees_at"),
    _overlaps("device", "starts_at", "frees_at"),
    _overlaps("patient", "arrives_at", "ends_at"),
    Check("session with two visits", SESSION_TWICE),
    Check("times out of order", ORDER),
    Check("not at the wall time that was meant", WALL),
    Check("kind and session disagree", KIND),
    Check("state and moments disagree", MOMENTS),
]
