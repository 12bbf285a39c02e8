"""Free time: working time minus busy time, read in one SQL statement (design 4.9)."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection

from clinic.lib.days import day_span, midnight
from scheduling.models import HOLDING, Appointment, VisitType
from scheduling.planning.stretches import (
    NOTHING,
    SECOND,
    SENT_FROM,
    Edges,
    Span,
    Stretches,
    fits,
    gaps,
    in_seconds,
    instants,
    spans,
    times,
)
from scheduling.planning.types import Slot
from treatments.models import TreatmentPlan

MINUTE = timedelta(minutes=1)
DAY = 24 * 3600
"""Seconds of a day on which the clocks do not change."""
FEW = 4
"""The visits of so many clinicians are found one by one; of more, the book is read through by its times."""

# Where spring skips an hour, what ends within it may come out before it begins: it is left out. On a day
# of 24 hours a wall time is midnight and so much later, which is far cheaper to reckon than to ask the zone each time.
# Until midnight is kept as the microsecond before it: hours end at whole seconds.
# No appointment is longer than a day: what began a day before the first day cannot reach into it.
COMMON = """
WITH days AS MATERIALIZED (
    SELECT *, until - since = interval '24 hours' AS is_plain FROM (
        SELECT day::date, (extract(isodow FROM day) - 1)::int AS weekday,
            day AT TIME ZONE %(zone)s AS since, (day + interval '1 day') AT TIME ZONE %(zone)s AS until
        FROM {days} day) bounds
), changed AS (
    SELECT DISTINCT clinician_id, "on" AS day FROM scheduling_hourschange
    WHERE clinician_id = ANY(%(clinicians)s) AND "on" BETWEEN %(first)s AND %(last)s
), wall AS (
    SELECT clinician_id, kind, days.*, starts, ends
    FROM days JOIN scheduling_weeklyhours USING (weekday) LEFT JOIN changed USING (clinician_id, day)
    WHERE clinician_id = ANY(%(clinicians)s) AND valid_from <= day AND (valid_until IS NULL OR valid_until >= day)
        AND (kind = 'break' OR changed.day IS NULL)
    UNION ALL
    SELECT clinician_id, 'work', days.*, starts, ends
    FROM scheduling_hourschange JOIN days ON "on" = day
    WHERE clinician_id = ANY(%(clinicians)s) AND starts IS NOT NULL
    UNION ALL
    SELECT clinician_id, 'work', days.*, %(opens)s::time, %(closes)s::time
    FROM days, unnest(%(clinicians)s::bigint[]) clinician_id WHERE %(opens)s::time IS NOT NULL
), hours AS (
    SELECT clinician_id, kind,
        CASE WHEN is_plain THEN since + starts::interval ELSE (day + starts) AT TIME ZONE %(zone)s END AS since,
        CASE WHEN is_plain THEN since + ends::interval ELSE (day + ends) AT TIME ZONE %(zone)s END AS until
    FROM (SELECT clinician_id, kind, day, since, is_plain, starts, ends::time(0) AS ends FROM wall) whole
), held AS NOT MATERIALIZED (
    SELECT clinician_id, room_id, device_id, patient_id, arrives_at, starts_at, ends_at, frees_at
    FROM scheduling_appointment, {near}
    WHERE starts_at >= near.since - interval '1 day' AND starts_at < near.until + interval '1 day'
        AND status = ANY(%(holding)s) AND NOT id = ANY(%(ignoring)s)
)
"""


def _stretches(what: str, key: str, since: str, until: str, source: str) -> str:
    """Return a SELECT of one row a resource: all its stretches, as the bytes of two lists of instants.

    Bytes, because reading thirty thousand numbers as text takes longer than finding them; and instants as they are
    kept, because reckoning seconds takes as long as all the rest.
    """
    sent = ", ".join(f"string_agg(timestamptz_send({end}), '')" for end in (since, until))
    return f"SELECT '{what}', {key}, {sent} FROM {source} GROUP BY 2"  # noqa: S608 - the words below alone


PLACES = """
SELECT 'room', id, NULL, NULL FROM clinic_room WHERE is_active AND kind_id = %(room_kind)s
UNION ALL SELECT 'device', id, NULL, NULL FROM clinic_device WHERE is_active AND kind_id = %(device_kind)s
"""
TEMPLATE = COMMON + " UNION ALL ".join(
    [
        *(
            _stretches(*words)
            for words in (
                ("hours", "clinician_id", "since", "until", "hours WHERE kind = 'work' AND since < until"),
                ("clinicians", "clinician_id", "since", "until", "hours WHERE kind = 'break' AND since < until"),
                (
                    *("clinicians", "clinician_id", "starts_at", "ends_at"),
                    "held WHERE %(few)s::bigint[] IS NULL OR clinician_id = ANY(%(few)s::bigint[])",
                ),
                (
                    *("clinicians", "clinician_id", "starts_at", "ends_at"),
                    "scheduling_absence WHERE clinician_id = ANY(%(clinicians)s)"
                    " AND ends_at > %(since)s AND starts_at < %(until)s",
                ),
                (
                    *("closed", "0", "starts_on::timestamp AT TIME ZONE %(zone)s"),
                    "(ends_on + 1)::timestamp AT TIME ZONE %(zone)s",
                    "scheduling_closure WHERE ends_on >= %(first)s AND starts_on <= %(last)s",
                ),
                # Those of another kind are sent as well: to join them away takes longer.
                ("rooms", "room_id", "starts_at", "frees_at", "held"),
                ("devices", "device_id", "starts_at", "frees_at", "held WHERE %(device_kind)s IS NOT NULL"),
                ("patient", "patient_id", "arrives_at", "ends_at", "held WHERE patient_id = %(patient)s"),
            )
        ),
        PLACES,
    ]
)
STATEMENT = TEMPLATE.format(
    days="generate_series(%(first)s::timestamp, %(last)s::timestamp, '1 day')",
    near="(VALUES (%(since)s, %(until)s)) near (since, until)",
)
"""Of all days in a row."""
ON_DAYS = TEMPLATE.format(days="unnest(%(days)s::timestamp[])", near="days near")
"""Of single days: the book between them is not read."""


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
    rooms: Mapping[int, list[Span]] = field(default_factory=dict)
    devices: Mapping[int, list[Span]] = field(default_factory=dict)
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

    def _free_of(self, resources: Mapping[int, list[Span]], start: int, wanted: int | None) -> int | None:
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
    single = None if days is None else sorted(set(days))
    since, until = midnight(first, zone), midnight(last + timedelta(days=1), zone)
    people = list(clinicians)
    asked: dict[str, Any] = {
        "first": first,
        "last": last,
        "since": since,
        "until": until,
        "zone": str(zone),
        "clinicians": people,
        "few": people if len(people) <= FEW else None,
        "holding": HOLDING,
        "ignoring": list(ignoring),
        "opens": opens,
        "closes": closes,
        "room_kind": visit.room_kind_id,
        "device_kind": visit.device_kind_id,
        "patient": visit.patient_id,
        "days": single or [],
    }
    found: dict[str, dict[int, list[Edges]]] = {}
    with connection.cursor() as cursor:
        cursor.execute(STATEMENT if single is None else ON_DAYS, asked)
        for what, key, begins, ends in cursor.fetchall():
            found.setdefault(what, {}).setdefault(key, []).append((instants(begins), instants(ends)))
    whole = (_sent(since) - DAY * SECOND, _sent(until) + DAY * SECOND)
    return _left(visit, found, whole, NOTHING if single is None else _unread(single, zone, whole))


def _unread(days: Iterable[date], zone: ZoneInfo, whole: Span) -> Edges:
    """Return what lies between single days, further from each than a day."""
    spans = [day_span(day, zone) for day in days]
    near = times([_sent(begins) - DAY * SECOND for begins, _ in spans]), times([_sent(ends) for _, ends in spans])
    return gaps(whole, (near[0], near[1] + DAY * SECOND))


def _left(visit: Visit, found: dict[str, dict[int, list[Edges]]], whole: Span, unread: Edges) -> FreeTime:
    """Return what the stretches found leave free: clinicians within their hours, all else in what was read."""
    closed, taken = found.get("closed", {}).get(0, []), found.get("clinicians", {})
    patient = found.get("patient", {}).get(visit.patient_id, [])
    free = FreeTime(visit, patient=spans(in_seconds(gaps(whole, *patient, unread))))
    for key, hours in found.get("hours", {}).items():
        off = gaps(whole, *hours)
        free.clinicians[key] = spans(in_seconds(gaps(whole, off, *taken.get(key, []), *closed)))
    free.rooms, free.devices = (_places(what, found, whole, unread) for what in ("room", "device"))
    return free


def _places(what: str, found: dict[str, dict[int, list[Edges]]], whole: Span, unread: Edges) -> Stretches:
    """Return what is free of all rooms, or of all devices, of the kind."""
    held = found.get(f"{what}s", {})
    return Stretches({key: in_seconds(gaps(whole, *held.get(key, []), unread)) for key in sorted(found.get(what, {}))})


def _sent(moment: datetime) -> int:
    return (to_epoch(moment) - SENT_FROM) * SECOND
