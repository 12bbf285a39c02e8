"""Courses that drift: past the longest gap, overdue with nothing booked, paused too long, one session to go.

Days are local days since the last completed session, today included. One statement reads the open courses by their
index, of each the last completed session and its visit by theirs, and draws the columns from them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection

from clinic.lib.days import local_day
from scheduling.models import AHEAD

PAUSED_DAYS = 28
"""A course that is paused for longer asks for a call."""
SHOWN = 6
"""Rows of a column; how many there are in all is counted."""


class Column(StrEnum):
    PAST = "past"
    OVERDUE = "overdue"
    PAUSED = "paused"
    LAST = "last"


# Numbers follow dates: the completed session with the highest number is the last one. It is looked up once for all.
COURSES = """
WITH course AS MATERIALIZED (
    SELECT plan.id, plan.public_id, plan.name, plan.session_count, plan.interval_ideal, plan.interval_max, plan.status,
        plan.status_reason, plan.patient_id, done.number, done.day
    FROM treatments_treatmentplan plan
    CROSS JOIN LATERAL (
        SELECT session.number, (visit.starts_at AT TIME ZONE %(zone)s)::date AS day
        FROM treatments_session session
        JOIN scheduling_appointment visit ON visit.session_id = session.id AND visit.status = 'completed'
        WHERE session.plan_id = plan.id AND session.state = 'completed'
        ORDER BY session.number DESC LIMIT 1
    ) done
    WHERE plan.status IN ('active', 'paused')
)
"""
COLUMN = """
(SELECT '{column}', plan.public_id, plan.name, session_count, interval_max, plan.status_reason, number, day,
    patient.public_id, coalesce(nullif(patient.preferred_name, ''), patient.first_name) || ' ' || patient.last_name,
    patient.phone, next.public_id, next.starts_at, count(*) OVER ()
FROM course plan
JOIN patients_patient patient ON patient.id = plan.patient_id AND patient.archived_at IS NULL
LEFT JOIN LATERAL (
    SELECT visit.public_id, visit.starts_at
    FROM treatments_session session
    JOIN scheduling_appointment visit ON visit.session_id = session.id AND visit.status = ANY(%(ahead)s)
    WHERE session.plan_id = plan.id AND session.state = 'booked'
    ORDER BY visit.starts_at LIMIT 1
) next ON true
WHERE plan.status = {status} AND {condition}
ORDER BY {order}, plan.id LIMIT %({shown})s)
"""
OPEN = "EXISTS (SELECT FROM treatments_session s WHERE s.plan_id = plan.id AND s.state IN ('planned', 'booked'))"
LEFT = "(SELECT count(*) FROM treatments_session s WHERE s.plan_id = plan.id AND s.state IN ('planned', 'booked'))"
REVIEW = (
    "EXISTS (SELECT FROM scheduling_appointment review WHERE review.patient_id = plan.patient_id"
    " AND review.kind = 'review' AND review.starts_at > %(now)s AND review.status = ANY(%(ahead)s))"
)
COLUMNS: dict[Column, tuple[str, str, str]] = {
    Column.PAST: ("'active'", f"%(today)s - day > plan.interval_max AND {OPEN}", "day"),
    Column.OVERDUE: (
        "'active'",
        f"%(today)s - day BETWEEN plan.interval_ideal AND plan.interval_max AND next.starts_at IS NULL AND {OPEN}",
        "day + plan.interval_max",
    ),
    Column.PAUSED: ("'paused'", "%(today)s - day > %(paused)s", "day"),
    Column.LAST: ("'active'", f"{LEFT} = 1 AND NOT {REVIEW}", "day"),
}


@dataclass(frozen=True)
class Drifting:
    """One course that drifts. `days` since the last completed session; `window_ends` is its last allowed day."""

    plan: UUID
    name: str
    number: int
    count: int
    most: int
    reason: str
    days: int
    window_ends: date
    patient: UUID
    patient_name: str
    phone: str
    next_visit: UUID | None
    next_at: datetime | None


@dataclass(frozen=True)
class Board:
    """The courses of one column, the most pressing first, and how many there are in all."""

    column: Column
    rows: tuple[Drifting, ...]
    total: int

    @property
    def rest(self) -> int:
        return self.total - len(self.rows)


def drifting(now: datetime, zone: ZoneInfo, whole: str = "") -> list[Board]:
    """Return the four columns, the one that `whole` names with all its rows. One statement."""
    values: dict[str, Any] = {
        "zone": str(zone),
        "today": local_day(now, zone),
        "now": now,
        "ahead": [str(one) for one in AHEAD],
        "paused": PAUSED_DAYS,
        "some": SHOWN,
        "all": None,
    }
    parts = []
    for one, (status, condition, order) in COLUMNS.items():
        shown = "all" if one == whole else "some"
        parts.append(COLUMN.format(column=one, status=status, condition=condition, order=order, shown=shown))
    with connection.cursor() as cursor:
        cursor.execute(COURSES + "UNION ALL".join(parts), values)
        found = cursor.fetchall()
    return [_board(one, [row[1:] for row in found if row[0] == one], values) for one in Column]


def _board(which: Column, rows: list[tuple[Any, ...]], values: Mapping[str, Any]) -> Board:
    return Board(which, tuple(_row(row, values) for row in rows), rows[0][-1] if rows else 0)


def _row(row: tuple[Any, ...], values: Mapping[str, Any]) -> Drifting:
    plan, name, count, most, reason, number, day, patient, patient_name, phone, visit, next_at, _total = row
    return Drifting(
        plan=plan,
        name=name,
        number=number,
        count=count,
        most=most,
        reason=reason,
        days=(values["today"] - day).days,
        window_ends=day + timedelta(days=most),
        patient=patient,
        patient_name=patient_name,
        phone=phone,
        next_visit=visit,
        next_at=next_at,
    )
