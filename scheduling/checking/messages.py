"""Does every message that waits speak of something that stands, and does every visit ahead have its reminders?"""

from scheduling.checking.check import Check

NO_SUBJECT = """
SELECT 'message', message.id, message.due_at, message.kind || ' speaks of nothing'
FROM patients_message message
LEFT JOIN scheduling_appointmentmessage visit ON visit.message_id = message.id
LEFT JOIN scheduling_seriesmessage series ON series.message_id = message.id
WHERE message.state IN ('waiting', 'claimed') AND (
    message.kind = ANY(%(of_visits)s) AND visit.id IS NULL OR message.kind = ANY(%(of_courses)s) AND series.id IS NULL)
"""
GONE = """
SELECT 'message', message.id, message.due_at, link.kind || ' waits, but visit ' || visit.id || ' is ' || visit.status
FROM patients_message message
JOIN scheduling_appointmentmessage link ON link.message_id = message.id
JOIN scheduling_appointment visit ON visit.id = link.appointment_id
WHERE message.state IN ('waiting', 'claimed') AND (
    link.kind = ANY(%(reminders)s) AND visit.status IN ('completed', 'no_show', 'cancelled', 'undone')
    OR link.kind = %(notes)s AND visit.status <> 'completed')
"""
WHOSE = """
SELECT 'message', message.id, message.due_at,
    link.kind || ' goes to patient ' || message.patient_id || ', visit ' || visit.id || ' is of ' || visit.patient_id
FROM patients_message message
JOIN scheduling_appointmentmessage link ON link.message_id = message.id
JOIN scheduling_appointment visit ON visit.id = link.appointment_id
WHERE message.state IN ('waiting', 'claimed') AND message.patient_id <> visit.patient_id
"""
TWICE = """
SELECT 'visit', link.appointment_id, min(message.due_at), count(*) || ' messages ' || link.kind || ' wait'
FROM patients_message message JOIN scheduling_appointmentmessage link ON link.message_id = message.id
WHERE message.state IN ('waiting', 'claimed') GROUP BY link.appointment_id, link.kind HAVING count(*) > 1
"""
# A mail that met closed hours is put off to the next civil hour: later than it was due, never after the visit's day.
WRONG_DAY = """
SELECT 'message', message.id, message.due_at, link.kind || ' does not fit visit ' || visit.id
FROM patients_message message
JOIN scheduling_appointmentmessage link ON link.message_id = message.id
JOIN scheduling_appointment visit ON visit.id = link.appointment_id
JOIN unnest(%(reminders)s::text[], %(days_before)s::int[]) AS wanted(kind, days) ON wanted.kind = link.kind
WHERE message.state IN ('waiting', 'claimed') AND link.again = 0
    AND NOT (message.due_at AT TIME ZONE %(zone)s)::date BETWEEN
        (visit.starts_at AT TIME ZONE %(zone)s)::date - days AND (visit.starts_at AT TIME ZONE %(zone)s)::date
"""
# Demanded is what is still to come, of a visit whose last change lay enough days ahead of it (reminding.py).
MISSING = """
WITH ahead AS (
    SELECT id, starts_at, arrives_at, (starts_at AT TIME ZONE %(zone)s)::date AS day,
        least(greatest((starts_at AT TIME ZONE %(zone)s)::time, %(send_from)s::time), %(send_until)s::time) AS clock,
        (least(greatest(created_at, updated_at), %(now)s) AT TIME ZONE %(zone)s)::date AS changed_on
    FROM scheduling_appointment WHERE starts_at > %(now)s AND status IN ('booked', 'confirmed')
), demanded AS (
    SELECT ahead.id, starts_at, kind, (day - days + clock) AT TIME ZONE %(zone)s AS due_at
    FROM ahead
    JOIN unnest(%(reminders)s::text[], %(days_before)s::int[], %(days_ahead)s::int[]) AS wanted(kind, days, fewest)
        ON day - changed_on >= fewest AND (day - days + clock) AT TIME ZONE %(zone)s > %(now)s
        AND (day - days + clock) AT TIME ZONE %(zone)s < arrives_at
), waiting AS (
    SELECT link.appointment_id, link.kind
    FROM patients_message message JOIN scheduling_appointmentmessage link ON link.message_id = message.id
    WHERE message.state IN ('waiting', 'claimed')
)
SELECT 'visit', demanded.id, demanded.starts_at, demanded.kind || ' is missing, due ' || demanded.due_at
FROM demanded LEFT JOIN waiting ON waiting.appointment_id = demanded.id AND waiting.kind = demanded.kind
WHERE waiting.kind IS NULL
"""
UNTOLD = """
SELECT 'course', session.plan_id, min(visit.starts_at), 'has visits ahead, and no message told its dates'
FROM scheduling_appointment visit JOIN treatments_session session ON session.id = visit.session_id
WHERE visit.starts_at > %(now)s AND visit.status IN ('booked', 'confirmed')
    AND NOT EXISTS (SELECT FROM scheduling_seriesmessage series WHERE series.plan_id = session.plan_id)
GROUP BY session.plan_id
"""
CHECKS = [
    Check("message about nothing", NO_SUBJECT),
    Check("message about a visit that does not stand", GONE),
    Check("message to somebody else", WHOSE),
    Check("message waits twice", TWICE),
    Check("reminder on the wrong day", WRONG_DAY),
    Check("reminder missing", MISSING),
    Check("course that nobody was told of", UNTOLD),
]
