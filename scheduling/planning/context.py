"""All that planning one course knows: the plan's neighbours, free time, closures, absences, hours."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cached_property
from heapq import merge
from itertools import islice
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.db import connection

from clinic.lib.days import NoSuchTime, TwoSuchTimes, instant, local_day, midnight, wall_time
from clinic.models import Clinic, Clinician, Room
from patients.models import Patient
from scheduling.models import HOLDING, Closure, HoursChange, HoursKind
from scheduling.planning.cost import NEVER, Weights, gap_cost
from scheduling.planning.facts import Facts
from scheduling.planning.freetime import DAY, FreeTime, Visit, to_epoch
from scheduling.planning.ground import Hours
from scheduling.planning.openings import Openings
from scheduling.planning.stretches import Span
from scheduling.planning.types import Choices, Slot
from scheduling.planning.windows import Companion, Held, Rule
from treatments.named import Named

# Written out: a condition for each of fifteen times, ORed, takes Django and PostgreSQL ten times as long to prepare as
# to run, and of a visit with its patient five columns of forty-five matter. OFFSET 0 keeps the stretches apart: each is
# read by its times, a day of visits. Joined, each went through all visits that the clinician ever had.
OVERLAPPING = """
SELECT DISTINCT ON (starts_at, visit.id) visit.id, clinician_id, patient_id, arrives_at, starts_at, ends_at,
    coalesce(nullif(preferred_name, ''), first_name) || ' ' || last_name
FROM unnest(%(since)s::timestamptz[], %(until)s::timestamptz[]) near (since, until)
CROSS JOIN LATERAL (
    SELECT id, clinician_id, patient_id, arrives_at, starts_at, ends_at FROM scheduling_appointment
    WHERE starts_at > since - interval '1 day' AND starts_at < until AND frees_at > since
        AND (clinician_id = ANY(%(clinicians)s) OR patient_id = %(patient)s) AND status = ANY(%(holding)s)
    OFFSET 0
) visit
JOIN patients_patient patient ON patient.id = patient_id
ORDER BY starts_at, visit.id
"""


class Taken(NamedTuple):
    """A visit that holds a clinician or the patient, and the full name of whose it is."""

    pk: int
    clinician_id: int
    patient_id: int
    arrives_at: datetime
    starts_at: datetime
    ends_at: datetime
    name: str


class Own(NamedTuple):
    """A visit of the course that stands: its local day and whose it is."""

    day: date
    clinician_id: int


@dataclass
class Context:
    """One course being planned. Everything is read when made, under whatever locks the caller holds."""

    visit: Visit
    patient: Patient
    choices: Choices
    rule: Rule
    clinic: Clinic
    now: datetime
    first: date
    last: date
    free: FreeTime
    clinicians: dict[int, Clinician]
    """Those who may take the visit: of a course with restricted areas the named ones alone."""
    own: list[Own]
    """What this plan's other visits hold."""
    others: list[Held]
    """Local days of the same patient's other plans that this one keeps away from."""
    companions: list[Companion] = field(default_factory=list)
    """Visits of the same patient's other plans that this one may share a trip with."""
    people: dict[int, Clinician] = field(default_factory=dict)
    """Everybody who can be booked, whether or not for this visit: sentences name them."""
    named: Named = field(default_factory=Named)
    first_number: int = 1
    """The number of the first session without a visit."""
    facts: Facts = field(default_factory=Facts)
    """Hours, closures, absences and prices; empty where only what stands is judged."""
    since: datetime | None = None
    """No visit may start before: now, unless one is entered afterwards."""
    _grids: dict[date, dict[int, int]] = field(default_factory=dict)
    _spans: dict[date, Span] = field(default_factory=dict)
    _midnights: dict[date, int] = field(default_factory=dict, init=False)
    _wished: dict[date, int | None] = field(default_factory=dict, init=False)

    @cached_property
    def zone(self) -> ZoneInfo:
        return self.clinic.tz

    @property
    def earliest(self) -> datetime:
        return self.since or self.now

    @cached_property
    def today(self) -> date:
        return local_day(self.now, self.zone)

    @cached_property
    def shortest(self) -> int:
        """Minutes of the shortest visit that the clinic offers: less free time than that is of no use."""
        return self.facts.shortest

    @cached_property
    def weights(self) -> Weights:
        return self.facts.weights

    @cached_property
    def own_days(self) -> list[date]:
        return sorted(held.day for held in self.own)

    @cached_property
    def trips(self) -> dict[date, Companion]:
        """Return by local day the visit that a session could be joined to."""
        return {companion.day: companion for companion in self.companions}

    def waiting(self, day: date, start: int) -> int | None:
        """Return the minutes between a start (seconds since 1970) and the visit to share a trip with; None if none."""
        trip = self.trips.get(day)
        if trip is None:
            return None
        return trip.waiting(start - self.visit.numbing_minutes * 60, start + self.visit.minutes * 60)

    def previous_clinician(self, day: date) -> int | None:
        """Return who had the last visit of the course up to a local day."""
        before = [held for held in self.own if held.day <= day]
        return max(before).clinician_id if before else None

    def firmness(self, stage: int) -> int:
        """Return how firmly the nth session to be placed, from 0, keeps to the wish."""
        return self.weights.firmness(self.first_number + stage)

    def gap_cost(self, gap: int, stage: int) -> int | None:
        """Return what a gap before the nth session to be placed costs; None when it must not be."""
        cost = gap_cost(gap, self.rule, self.weights, self.first_number + stage)
        return cost if cost < NEVER else None

    @cached_property
    def around_minute(self) -> int:
        return self.choices.around.hour * 60 + self.choices.around.minute

    @cached_property
    def openings(self) -> Openings:
        return Openings(self.free, to_epoch(self.earliest))

    def day_of(self, slot: Slot) -> date:
        return local_day(slot.starts_at, self.zone)

    def closure_on(self, day: date) -> Closure | None:
        return next((closure for closure in self.facts.closures if closure.starts_on <= day <= closure.ends_on), None)

    def grid_of(self, day: date) -> dict[int, int]:
        """Return minute of the local day -> instant in seconds, without the minutes that the clocks skip or repeat."""
        if day not in self._grids:
            self._grids[day] = dict(self._grid(day))
        return self._grids[day]

    def _grid(self, day: date) -> Iterator[tuple[int, int]]:
        for minute in sorted({*range(0, 24 * 60, self.clinic.grid_minutes), self.around_minute}):
            try:
                yield minute, to_epoch(instant(day, time(*divmod(minute, 60)), self.zone))
            except (NoSuchTime, TwoSuchTimes):
                continue

    def nearest_minute(self, day: date) -> int:
        """Return the minute nearest to the wished one that the clocks show once on a local day."""
        return min(self.grid_of(day), key=lambda minute: (abs(minute - self.around_minute), minute))

    def wished_start(self, day: date) -> int | None:
        """Return the usual time on a local day in seconds since 1970, where patient, room and device are free; or None.

        None also when the clocks skip or repeat that time, and on a day with a visit to share a trip with.
        """
        if day not in self._wished:
            since, until = self._day_span(day)
            start = since + self.around_minute * 60
            plain = until - since == DAY and day not in self.trips
            self._wished[day] = start if plain and self.openings.shared_at(start) else None
        return self._wished[day]

    def minutes_free(
        self, day: date, clinician_id: int, near: int | None = None
    ) -> Iterator[Iterator[tuple[int, int]]]:
        """Yield for each free stretch of a clinician on a local day its possible starts, the nearest to the wish first.

        A start is (minute of the local day, seconds since 1970). Those further from the usual time than `near` minutes
        may be left out.
        """
        begins, until = self._day_span(day)
        since, plain = begins, until - begins == DAY
        if plain and near is not None:
            around = begins + self.around_minute * 60
            since, until = max(since, around - near * 60), min(until, around + near * 60 + 1)
        for first, last in self.openings.between(clinician_id, since, until):
            if plain:
                low, high = -(-(first - begins) // 60), (last - begins) // 60
                yield ((minute, begins + minute * 60) for minute in self._outward(low, high))
            else:
                within = [(minute, start) for minute, start in self.grid_of(day).items() if first <= start <= last]
                yield iter(sorted(within, key=lambda pair: (abs(pair[0] - self.around_minute), pair[0])))

    def _outward(self, low: int, high: int) -> Iterator[int]:
        """Yield the possible minutes of a stretch, both ends included, those nearest to the wished one first."""
        grid, around = self.clinic.grid_minutes, self.around_minute
        if low <= around <= high:
            yield around
        down = range(min(high, around - 1) // grid * grid, low - 1, -grid)
        up = range(-(-max(low, around + 1) // grid) * grid, high + 1, grid)
        if not down or not up:
            yield from down or up
        else:
            yield from merge(down, up, key=lambda minute: (abs(minute - around), minute))

    def _day_span(self, day: date) -> Span:
        if day not in self._spans:
            self._spans[day] = (self._midnight(day), self._midnight(day + timedelta(days=1)))
        return self._spans[day]

    def _midnight(self, day: date) -> int:
        if day not in self._midnights:
            self._midnights[day] = to_epoch(midnight(day, self.zone))
        return self._midnights[day]

    def minute_of(self, slot: Slot) -> int:
        wall = wall_time(slot.starts_at, self.zone)
        return wall.hour * 60 + wall.minute

    def may_treat(self) -> list[int]:
        """Return the clinicians whom the choices admit and who may take the visit, the wished one first."""
        wished = self.choices.clinician_id
        if wished is None:
            return list(self.clinicians)
        others = [key for key in self.clinicians if key != wished] if self.choices.else_anyone else []
        return [wished, *others] if wished in self.clinicians else others

    def starts(self, day: date, clinician_id: int, *, at_most: int | None = None) -> list[Slot]:
        """Return free slots of a clinician on a local day, those nearest to the wished time first."""
        around = self.around_minute
        minutes = merge(*self.minutes_free(day, clinician_id), key=lambda found: (abs(found[0] - around), found[0]))
        placed = (self.free.place(clinician_id, start) for _, start in islice(minutes, at_most))
        return [slot for slot in placed if slot]

    @cached_property
    def rooms(self) -> dict[int, Room]:
        return {room.pk: room for room in Room.objects.filter(kind_id=self.visit.room_kind_id)}

    @cached_property
    def _changes(self) -> dict[tuple[int, date], list[HoursChange]]:
        found: dict[tuple[int, date], list[HoursChange]] = {}
        for row in self.facts.changes:
            found.setdefault((row.clinician_id, row.on), []).append(row)
        return found

    def has_own_hours(self, clinician_id: int, day: date) -> bool:
        """Say whether a clinician works other hours on a local day than the week says, or not at all."""
        return (clinician_id, day) in self._changes

    def work_on(self, clinician_id: int, day: date) -> list[tuple[time, time]]:
        """Return the wall times at which a clinician works on a local day: that day's own, else the week's."""
        if self.has_own_hours(clinician_id, day):
            changed = self._changes[clinician_id, day]
            return sorted((row.starts, row.ends) for row in changed if row.starts and row.ends)
        return self._weekly(clinician_id, day, HoursKind.WORK)

    def breaks_on(self, clinician_id: int, day: date) -> list[tuple[time, time]]:
        return self._weekly(clinician_id, day, HoursKind.BREAK)

    def _weekly(self, clinician_id: int, day: date, kind: str) -> list[tuple[time, time]]:
        rows = self._hours_of.get((clinician_id, kind, day.weekday()), ())
        return sorted((row.starts, row.ends) for row in rows if row.covers(day))

    @cached_property
    def _hours_of(self) -> dict[tuple[int, str, int], list[Hours]]:
        found: dict[tuple[int, str, int], list[Hours]] = {}
        for row in self.facts.hours:
            found.setdefault((row.clinician_id, row.kind, row.weekday), []).append(row)
        return found

    def is_open(self, day: date, clinicians: Sequence[int]) -> bool:
        """Say whether the clinic is open on a local day and one of these clinicians works then."""
        return not self.closure_on(day) and any(self.work_on(key, day) for key in clinicians)

    def overlapping(self, slots: Sequence[Slot]) -> list[Taken]:
        """Return what holds the clinicians of these slots, or the patient, at any of their times; in one query."""
        if not slots:
            return []
        before = timedelta(minutes=self.visit.numbing_minutes)
        after = timedelta(minutes=self.visit.minutes + self.visit.turnover_minutes)
        asked: dict[str, Any] = {
            "since": [slot.starts_at - before for slot in slots],
            "until": [slot.starts_at + after for slot in slots],
            "clinicians": list({slot.clinician_id for slot in slots}),
            "patient": self.patient.pk,
            "holding": HOLDING,
        }
        with connection.cursor() as cursor:
            cursor.execute(OVERLAPPING, asked)
            return [Taken(*row) for row in cursor.fetchall()]
