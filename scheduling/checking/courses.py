"""Do visits, sessions and courses say the same, and is every course spaced as its rule wants, or with a reason?"""

from scheduling.checking.check import Check

# A reason on either of two visits that stand too near speaks for both: which of them came second is not known.
EARLY = """
WITH days AS (
    SELECT visit.id, visit.starts_at, plan.interval_min,
        (visit.starts_at AT TIME ZONE %(zone)s)::date
            - lag((visit.starts_at AT TIME ZONE %(zone)s)::date) OVER of_plan AS gap,
        visit.early_reason = '' AND lag(visit.early_reason) OVER of_plan = '' AS unexplained
    FROM scheduling_appointment visit
    JOIN treatments_session session ON session.id = visit.session_id
    JOIN treatments_treatmentplan plan ON plan.id = session.plan_id
    WHERE visit.status = ANY(%(holding)s)
    WINDOW of_plan AS (PARTITION BY session.plan_id ORDER BY visit.starts_at, visit.id)
)
SELECT 'visit', id, starts_at, gap || ' days after the one before, at least ' || interval_min
FROM days WHERE gap < interval_min AND unexplained
"""
# The gap belongs to the area; the midline touches both sides. Only courses that still take visits keep it.
EARLY_ON_AREA = """
WITH pairs AS (
    SELECT DISTINCT one.id AS one, other.id AS other, greatest(one.interval_min, other.interval_min) AS least
    FROM treatments_treatmentplan one
    JOIN treatments_treatmentplan other ON other.patient_id = one.patient_id AND other.id > one.id
    JOIN treatments_planarea here ON here.plan_id = one.id
    JOIN treatments_planarea there ON there.plan_id = other.id AND there.area_id = here.area_id
        AND (there.side = here.side OR 'midline' IN (here.side, there.side))
    WHERE one.status IN ('active', 'paused') AND other.status IN ('active', 'paused')
), days AS MATERIALIZED (
    SELECT visit.id, session.plan_id, visit.starts_at, (visit.starts_at AT TIME ZONE %(zone)s)::date AS day
    FROM scheduling_appointment visit JOIN treatments_session session ON session.id = visit.session_id
    WHERE visit.status = ANY(%(holding)s) AND visit.early_reason = ''
        AND session.plan_id IN (SELECT one FROM pairs UNION SELECT other FROM pairs)
)
SELECT 'visit', later.id, later.starts_at,
    later.day - earlier.day || ' days from visit ' || earlier.id || ' on the same area, at least ' || least
FROM pairs
JOIN days a ON a.plan_id = one JOIN days b ON b.plan_id = other AND abs(b.day - a.day) < least,
LATERAL (SELECT a.* UNION ALL SELECT b.*) earlier, LATERAL (SELECT a.* UNION ALL SELECT b.*) later
WHERE (earlier.starts_at, earlier.id) < (later.starts_at, later.id)
"""
NUMBERS = """
WITH visits AS (
    SELECT visit.id, visit.starts_at, session.number,
        row_number() OVER (PARTITION BY session.plan_id ORDER BY visit.starts_at, visit.id) AS place
    FROM scheduling_appointment visit JOIN treatments_session session ON session.id = visit.session_id
    WHERE visit.status = ANY(%(holding)s)
)
SELECT 'visit', id, starts_at, 'bears number ' || number || ', its date earns ' || place
FROM visits WHERE number <> place
"""
SESSIONS = """
WITH held AS (
    SELECT session_id, CASE WHEN bool_or(status = 'completed') THEN 'completed' ELSE 'booked' END AS state
    FROM scheduling_appointment WHERE status = ANY(%(holding)s) AND session_id IS NOT NULL GROUP BY session_id
)
SELECT 'session', session.id, NULL::timestamptz,
    'is ' || session.state || ', its visit says ' || coalesce(held.state, 'none stands')
FROM treatments_session session LEFT JOIN held ON held.session_id = session.id
WHERE session.state <> coalesce(held.state, 'planned') AND NOT (session.state = 'dropped' AND held.state IS NULL)
"""
COURSES = """
WITH sessions AS (
    SELECT plan_id, bool_and(state = 'completed') AS all_held, count(*) AS sessions
    FROM treatments_session WHERE state <> 'dropped' GROUP BY plan_id
)
SELECT 'course', plan.id, NULL::timestamptz, 'is ' || plan.status || ' with ' || plan.session_count ||
    ' sessions; there are ' || sessions || CASE WHEN all_held THEN ', all held' ELSE ', not all held' END
FROM treatments_treatmentplan plan JOIN sessions ON sessions.plan_id = plan.id
WHERE (plan.status = 'finished') <> all_held AND plan.status IN ('active', 'finished')
    OR plan.session_count <> sessions AND plan.status <> 'discontinued'
"""
WHOSE = """
SELECT 'visit', visit.id, visit.starts_at, 'is of patient ' || visit.patient_id || ', its course of ' || plan.patient_id
FROM scheduling_appointment visit
JOIN treatments_session session ON session.id = visit.session_id
JOIN treatments_treatmentplan plan ON plan.id = session.plan_id
WHERE visit.patient_id <> plan.patient_id
"""
ARCHIVED = """
SELECT 'visit', visit.id, visit.starts_at, 'lies ahead for patient ' || visit.patient_id || ', whose file is away'
FROM scheduling_appointment visit JOIN patients_patient patient ON patient.id = visit.patient_id
WHERE visit.status = ANY(%(holding)s) AND visit.status <> 'completed' AND visit.ends_at > %(now)s
    AND (patient.archived_at IS NOT NULL OR patient.merged_into_id IS NOT NULL)
"""
STOPPED = """
SELECT 'visit', visit.id, visit.starts_at, 'stands on course ' || plan.id || ', which was stopped'
FROM scheduling_appointment visit
JOIN treatments_session session ON session.id = visit.session_id
JOIN treatments_treatmentplan plan ON plan.id = session.plan_id
WHERE plan.status = 'discontinued' AND visit.status = ANY(%(holding)s) AND visit.status <> 'completed'
"""
# A pause may keep the visits that stood. What was made after the course was changed last was made during the pause.
PAUSED = """
SELECT 'visit', visit.id, visit.starts_at, 'was booked on course ' || plan.id || ' while it was paused'
FROM treatments_treatmentplan plan
JOIN treatments_session session ON session.plan_id = plan.id
JOIN scheduling_appointment visit ON visit.session_id = session.id
WHERE plan.status = 'paused' AND visit.status IN ('booked', 'confirmed') AND visit.created_at > plan.updated_at
"""
CHECKS = [
    Check("too early without a reason", EARLY),
    Check("too early for the area without a reason", EARLY_ON_AREA),
    Check("number not in the order of dates", NUMBERS),
    Check("session and visit disagree", SESSIONS),
    Check("course and sessions disagree", COURSES),
    Check("visit and course of two patients", WHOSE),
    Check("visit on a file that is away", ARCHIVED),
    Check("visit on a stopped course", STOPPED),
    Check("visit booked on a paused course", PAUSED),
]
