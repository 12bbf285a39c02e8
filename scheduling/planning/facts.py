"""The small facts of planning, in one statement: hours, absences, closures, prices, and the visits of one patient."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.db import connection

from clinic.lib.days import midnight
from clinic.lib.json_rows import typed
from scheduling.models import HOLDING, Absence, Closure, HoursChange
from scheduling.models.weights import NAMES, USUAL
from scheduling.planning.cost import Weights
from scheduling.planning.ground import Ground, Hours
from treatments.models import SessionState

SHORTEST = """
SELECT coalesce(min(minutes), 0) FROM (
    SELECT minutes FROM treatments_protocol WHERE is_active UNION ALL SELECT minutes FROM scheduling_visittype) offered
"""
# As TreatmentPlan.objects.on_the_same_area_as finds them: the midline touches both sides.
VISITS = """
SELECT course.id AS plan_id, visit.clinician_id, starts_at, arrives_at, frees_at, course.name, interval_min, shares_day,
    EXISTS (
        SELECT FROM treatments_planarea mine JOIN treatments_planarea theirs USING (area_id)
        WHERE mine.plan_id = %(plan)s AND theirs.plan_id = course.id AND theirs.plan_id <> mine.plan_id
            AND (mine.side = theirs.side OR 'midline' IN (mine.side, theirs.side))
    ) AS is_near
FROM scheduling_appointment visit
JOIN treatments_session session ON session.id = session_id
JOIN treatments_treatmentplan course ON course.id = session.plan_id
WHERE visit.patient_id = %(patient)s AND visit.status = ANY(%(holding)s) AND NOT visit.id = ANY(%(ignoring)s)
    AND %(plan)s::bigint IS NOT NULL
"""
VISITS_ALONE = f"SELECT coalesce(json_agg(one), '[]')::text FROM ({VISITS}) one"  # noqa: S608 - the words above alone
# JSON, because nine kinds of rows in nine statements cost more on the way than all of their reading.
STATEMENT = f"""
SELECT json_build_object(
    'closures', (SELECT coalesce(json_agg(one ORDER BY starts_on), '[]') FROM (
        SELECT id, name, starts_on, ends_on FROM scheduling_closure
        WHERE ends_on >= %(first)s AND starts_on <= %(last)s) one),
    'absences', (SELECT coalesce(json_agg(one ORDER BY starts_at), '[]') FROM (
        SELECT id, clinician_id, starts_at, ends_at, reason FROM scheduling_absence
        WHERE ends_at > %(since)s AND starts_at < %(until)s) one),
    'changes', (SELECT coalesce(json_agg(one ORDER BY "on", starts), '[]') FROM (
        SELECT id, clinician_id, "on", starts, ends FROM scheduling_hourschange
        WHERE clinician_id = ANY(%(clinicians)s) AND "on" BETWEEN %(first)s AND %(last)s) one),
    'hours', (SELECT coalesce(json_agg(json_build_array(
            clinician_id, kind, weekday, starts, ends, valid_from, valid_until)), '[]')
        FROM scheduling_weeklyhours WHERE clinician_id = ANY(%(clinicians)s)
            AND valid_from <= %(last)s AND (valid_until IS NULL OR valid_until >= %(first)s)),
    'weights', (SELECT row_to_json(one) FROM scheduling_planningweights one ORDER BY id LIMIT 1),
    'shortest', ({SHORTEST}),
    'placed', (SELECT count(*) FROM treatments_session WHERE plan_id = %(plan)s AND state = ANY(%(placed)s)),
    'visits', ({VISITS_ALONE})::json
)::text
"""  # noqa: S608 - the words above alone


class Other(NamedTuple):
    """A visit of the patient in any course, as it stands. `is_near`: on an area that the course planned treats too."""

    plan_id: int
    clinician_id: int
    starts_at: datetime
    arrives_at: datetime
    frees_at: datetime
    name: str
    interval_min: int
    shares_day: bool
    is_near: bool


@dataclass(frozen=True)
class Facts:
    """What was read between two local days. Rows are read-only: none was loaded whole. `placed` counts sessions."""

    closures: list[Closure] = field(default_factory=list)
    absences: list[Absence] = field(default_factory=list)
    changes: list[HoursChange] = field(default_factory=list)
    hours: list[Hours] = field(default_factory=list)
    weights: Weights = USUAL
    shortest: int = 0
    placed: int = 0
    visits: list[Other] = field(default_factory=list)
    days: tuple[date, date] | None = None
    """Between which local days, both included."""

    @property
    def ground(self) -> Ground | None:
        """What lies under a course, where that was read."""
        if self.days is None:
            return None
        return Ground(*self.days, tuple(self.closures), tuple(self.absences), tuple(self.hours))


def read_facts(
    plan_id: int | None,
    patient_id: int,
    *,
    first: date,
    last: date,
    clinicians: Iterable[int],
    zone: ZoneInfo,
    ignoring: Sequence[int] = (),
) -> Facts:
    """Read what planning a course, or a visit outside one, needs between two local days, both included. One query.

    Hours are those of these clinicians. The visits are of the patient's courses, wherever they lie; none outside one.
    """
    values = {
        **_of_visits(plan_id, patient_id, ignoring),
        "first": first,
        "last": last,
        "since": midnight(first, zone),
        "until": midnight(last + timedelta(days=1), zone),
        "clinicians": list(clinicians),
        "placed": [SessionState.BOOKED, SessionState.COMPLETED],
    }
    found: dict[str, Any] = json.loads(_text(STATEMENT, values))
    weights = found["weights"]
    return Facts(
        closures=[Closure(**typed(row, date, "starts_on", "ends_on")) for row in found["closures"]],
        absences=[Absence(**typed(row, datetime, "starts_at", "ends_at")) for row in found["absences"]],
        changes=[HoursChange(**typed(typed(row, time, "starts", "ends"), date, "on")) for row in found["changes"]],
        hours=[_hours(*row) for row in found["hours"]],
        weights=Weights(**{name: weights[name] for name in NAMES}) if weights else USUAL,
        shortest=found["shortest"],
        placed=found["placed"],
        visits=_others(found["visits"]),
        days=(first, last),
    )


def read_visits(plan_id: int, patient_id: int) -> list[Other]:
    """Read the visits of the patient's courses alone. One query."""
    return _others(json.loads(_text(VISITS_ALONE, _of_visits(plan_id, patient_id, ()))))


def shortest_visit() -> int:
    """Return the minutes of the shortest visit that the clinic offers; 0 when it offers none. One query."""
    with connection.cursor() as cursor:
        cursor.execute(SHORTEST)
        return int(cursor.fetchone()[0])


def _of_visits(plan_id: int | None, patient_id: int, ignoring: Sequence[int]) -> dict[str, Any]:
    return {"plan": plan_id, "patient": patient_id, "holding": HOLDING, "ignoring": list(ignoring)}


def _text(statement: str, values: dict[str, Any]) -> str:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return str(cursor.fetchone()[0])


def _others(rows: list[dict[str, Any]]) -> list[Other]:
    return [Other(**typed(row, datetime, "starts_at", "arrives_at", "frees_at")) for row in rows]


def _hours(who: int, kind: str, weekday: int, starts: str, ends: str, since: str, until: str | None) -> Hours:
    walls = time.fromisoformat(starts), time.fromisoformat(ends)
    return Hours(who, kind, weekday, *walls, date.fromisoformat(since), date.fromisoformat(until) if until else None)
