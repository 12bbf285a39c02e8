"""Free time in one SQL statement: working time minus busy time as multiranges (design 4.9)."""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection

from scheduling.models import HOLDING, Appointment, VisitType
from scheduling.planning.types import Slot
from treatments.models import TreatmentPlan

MINUTE = timedelta(minutes=1)
Span = tuple[int, int]
"""A stretch of free time in seconds since 1970, `[from, until)`."""

# Where spring skips an hour, what ends within it may come out before it begins: `greatest` makes it nothing.
# No appointment is longer than a day: what began a day before the first day cannot reach into it.
TEMPLATE = """
WITH span AS (
    SELECT (%(first)s::timestamp AT TIME ZONE %(zone)s) AS since,
        ((%(last)s::date + 1)::timestamp AT TIME ZONE %(zone)s) AS until
), days AS (
    SELECT day::date, (extract(isodow FROM day) - 1)::int AS weekday FROM {days} day
), near AS (
    {near}
), closed AS (
    SELECT coalesce(range_agg(tstzrange(starts_on::timestamp AT TIME ZONE %(zone)s,
        (ends_on + 1)::timestamp AT TIME ZONE %(zone)s)), '{{}}') AS spans
    FROM scheduling_closure WHERE ends_on >= %(first)s AND starts_on <= %(last)s
), wall AS (
    SELECT clinician_id, kind, (day + starts) AT TIME ZONE %(zone)s AS since,
        (day + ends) AT TIME ZONE %(zone)s AS until
    FROM days JOIN scheduling_weeklyhours weekly USING (weekday)
    WHERE clinician_id = ANY(%(clinicians)s) AND valid_from <= day AND (valid_until IS NULL OR valid_until >= day)
        AND (kind = 'break' OR NOT EXISTS (
            SELECT FROM scheduling_hourschange other
            WHERE other."on" = day AND other.clinician_id = weekly.clinician_id))
    UNION ALL
    SELECT clinician_id, 'work', ("on" + starts) AT TIME ZONE %(zone)s, ("on" + ends) AT TIME ZONE %(zone)s
    FROM scheduling_hourschange
    WHERE clinician_id = ANY(%(clinicians)s) AND "on" BETWEEN %(first)s AND %(last)s AND starts IS NOT NULL
    UNION ALL
    SELECT clinician_id, 'work', (day + %(opens)s::time) AT TIME ZONE %(zone)s,
        (day + %(closes)s::time) AT TIME ZONE %(zone)s
    FROM days, unnest(%(clinicians)s::bigint[]) clinician_id WHERE %(opens)s::time IS NOT NULL
), spans AS (
    SELECT clinician_id, kind, tstzrange(since, greatest(since, until)) AS hours FROM wall
), hours AS (
    SELECT clinician_id, range_agg(hours) FILTER (WHERE kind = 'work') AS work,
        coalesce(range_agg(hours) FILTER (WHERE kind = 'break'), '{{}}') AS breaks
    FROM spans GROUP BY clinician_id
), away AS (
    SELECT clinician_id, range_agg(tstzrange(starts_at, ends_at)) AS spans FROM scheduling_absence, span
    WHERE clinician_id = ANY(%(clinicians)s) AND ends_at > since AND starts_at < until GROUP BY clinician_id
), held AS (
    SELECT clinician_id, room_id, device_id, patient_id, arrives_at, starts_at, ends_at, frees_at
    FROM scheduling_appointment, near
    WHERE starts_at >= since - interval '1 day' AND starts_at < until + interval '1 day'
        AND status = ANY(%(holding)s) AND NOT id = ANY(%(ignoring)s)
), clinician_busy AS (
    SELECT clinician_id, range_agg(tstzrange(starts_at, ends_at)) AS spans FROM held
    WHERE clinician_id = ANY(%(clinicians)s) GROUP BY 1
), room_busy AS (
    SELECT room_id, range_agg(tstzrange(starts_at, frees_at)) AS spans FROM held GROUP BY 1
), device_busy AS (
    SELECT device_id, range_agg(tstzrange(starts_at, frees_at)) AS spans FROM held GROUP BY 1
), patient_busy AS (
    SELECT coalesce(range_agg(tstzrange(arrives_at, ends_at)), '{{}}') AS spans
    FROM held WHERE patient_id = %(patient)s
), whole AS (
    SELECT range_agg(tstzrange(since - interval '1 day', until + interval '1 day')) AS spans FROM near
), free AS (
    SELECT 'clinicians' AS what, clinician_id AS key,
        work - breaks - coalesce(away.spans, '{{}}') - coalesce(clinician_busy.spans, '{{}}') - closed.spans AS spans
    FROM hours LEFT JOIN away USING (clinician_id) LEFT JOIN clinician_busy USING (clinician_id), closed
    UNION ALL
    SELECT 'rooms', room.id, whole.spans - coalesce(room_busy.spans, '{{}}')
    FROM clinic_room room LEFT JOIN room_busy ON room_busy.room_id = room.id, whole
    WHERE room.is_active AND room.kind_id = %(room_kind)s
    UNION ALL
    SELECT 'devices', device.id, whole.spans - coalesce(device_busy.spans, '{{}}')
    FROM clinic_device device LEFT JOIN device_busy ON device_busy.device_id = device.id, whole
    WHERE device.is_active AND device.kind_id = %(device_kind)s
    UNION ALL
    SELECT 'patient', %(patient)s, whole.spans - patient_busy.spans FROM patient_busy, whole
)
SELECT what, key, array_agg(date_part('epoch', lower(stretch))), array_agg(date_part('epoch', upper(stretch)))
FROM free, unnest(spans) stretch GROUP BY what, key ORDER BY what, key
"""
STATEMENT = TEMPLATE.format(
    days="generate_series(%(first)s::date, %(last)s::date, '1 day')", near="SELECT since, until FROM span"
)
"""Of all days in a row."""
ON_DAYS = TEMPLATE.format(
    days="unnest(%(days)s::date[])",
    near="""SELECT day::timestamp AT TIME ZONE %(zone)s AS since, (day + 1)::timestamp AT TIME ZONE %(zone)s AS until
    FROM days""",
)
"""Of single days: the book between them is not read."""


def fits(spans: list[Span], since: int, until: int) -> bool:
    """Say whether `[since, until)` lies within one free stretch. `spans` is sorted and does not overlap."""
    at = bisect_right(spans, (since, 1 << 62)) - 1
    return at >= 0 and spans[at][0] <= since and until <= spans[at][1]


@dataclass(frozen=True)
class Visit:
    """What a visit takes: whom, how many minutes, and which kinds of room and device."""

    patient_id: int
    minutes: int
    numbing_minutes: int
    turnover_minutes: int
    room_kind_id: int
    device_kind_id: int | None

    @classmethod
    def of(cls, plan: TreatmentPlan) -> "Visit":
        """Return what each session of a plan takes."""
        return cls(
            plan.patient_id,
            plan.minutes,
            plan.numbing_minutes,
            plan.turnover_minutes,
            plan.room_kind_id,
            plan.device_kind_id,
        )

    @classmethod
    def outside(cls, kind: VisitType, patient_id: int, minutes: int | None = None) -> "Visit":
        """Return what a consultation or a review takes; `minutes` may differ from the usual."""
        return cls(patient_id, minutes or kind.minutes, 0, kind.turnover_minutes, kind.room_kind_id, None)

    @classmethod
    def like(cls, booked: Appointment) -> "Visit":
        """Return what a booked visit takes: its own minutes, whatever the catalogue or the course says now."""
        return cls(
            booked.patient_id,
            booked.minutes,
            int((booked.starts_at - booked.arrives_at) / MINUTE),
            int((booked.frees_at - booked.ends_at) / MINUTE),
            booked.room.kind_id,
            booked.device.kind_id if booked.device else None,
        )

    @property
    def needs_device(self) -> bool:
        return self.device_kind_id is not None


@dataclass
class FreeTime:
    """What is free between two local days, for each clinician, room of the kind, device of the kind and the patient."""

    visit: Visit
    clinicians: dict[int, list[Span]] = field(default_factory=dict)
    rooms: dict[int, list[Span]] = field(default_factory=dict)
    devices: dict[int, list[Span]] = field(default_factory=dict)
    patient: list[Span] = field(default_factory=list)

    def left_beside(self, clinician_id: int, start: int) -> tuple[int, int]:
        """Return the seconds that stay free of a clinician right before and right after a visit that starts here."""
        spans = self.clinicians.get(clinician_id, [])
        at = bisect_right(spans, (start, 1 << 62)) - 1
        if at < 0:
            return 0, 0
        return start - spans[at][0], spans[at][1] - start - self.visit.minutes * 60

    def clinician_free(self, clinician_id: int, start: int) -> bool:
        return fits(self.clinicians.get(clinician_id, []), start, start + self.visit.minutes * 60)

    def patient_free(self, start: int) -> bool:
        return fits(self.patient, start - self.visit.numbing_minutes * 60, start + self.visit.minutes * 60)

    def _free_of(self, resources: dict[int, list[Span]], start: int, wanted: int | None) -> int | None:
        until = start + (self.visit.minutes + self.visit.turnover_minutes) * 60
        if wanted is not None and fits(resources.get(wanted, []), start, until):
            return wanted
        return next((key for key, spans in resources.items() if fits(spans, start, until)), None)

    def room_for(self, start: int, wanted: int | None = None) -> int | None:
        """Return a free room, the wanted one when it is free; None when all are taken."""
        return self._free_of(self.rooms, start, wanted)

    def device_for(self, start: int, wanted: int | None = None) -> int | None:
        return self._free_of(self.devices, start, wanted)

    def place(self, clinician_id: int, start: int, like: Slot | None = None) -> Slot | None:
        """Return the slot at this start when everything it uses up is free, else None."""
        if not self.clinician_free(clinician_id, start) or not self.patient_free(start):
            return None
        room = self.room_for(start, like.room_id if like else None)
        device = self.device_for(start, like.device_id if like else None) if self.visit.needs_device else None
        if room is None or (self.visit.needs_device and device is None):
            return None
        return Slot(from_epoch(start), clinician_id, room, device)


def from_epoch(seconds: int) -> datetime:
    return EPOCH + timedelta(seconds=seconds)


def to_epoch(moment: datetime) -> int:
    return int((moment - EPOCH).total_seconds())


EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def read(
    visit: Visit,
    *,
    first: date,
    last: date,
    clinicians: Iterable[int],
    zone: ZoneInfo,
    ignoring: Iterable[int] = (),
    hours: tuple[time, time] | None = None,
    days: Iterable[date] | None = None,
) -> FreeTime:
    """Read what is free for a visit between two local days, both included. One statement.

    With `hours` everybody is taken to work then on every day, beside their own hours: what if they did? With `days`
    only these are read; what lies between them does not count as free.
    """
    opens, closes = (wall.isoformat() for wall in hours) if hours else (None, None)
    free = FreeTime(visit)
    asked: dict[str, Any] = {
        "first": first,
        "last": last,
        "zone": str(zone),
        "clinicians": list(clinicians),
        "holding": HOLDING,
        "ignoring": list(ignoring),
        "opens": opens,
        "closes": closes,
        "room_kind": visit.room_kind_id,
        "device_kind": visit.device_kind_id,
        "patient": visit.patient_id,
        "days": sorted(days or ()),
    }
    with connection.cursor() as cursor:
        cursor.execute(STATEMENT if days is None else ON_DAYS, asked)
        for what, key, since, until in cursor.fetchall():
            spans = sorted(zip(map(int, since), map(int, until), strict=True))
            if what == "patient":
                free.patient = spans
            else:
                getattr(free, what)[key] = spans
    return free
