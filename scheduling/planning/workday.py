"""A clinician's local day: the work that the week or the day itself says, its breaks, and what takes it away."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.db import connection

from clinic.lib.days import day_span, local_day, midnight, wall_time
from scheduling.models import Absence, Closure, HoursChange, HoursKind, WeeklyHours

Walls = tuple[time, time]
"""From one wall time until another. Until midnight is `time.max`."""

# Four small tables, one question: the day's page asks it all day long.
STATEMENT = """\
SELECT 'weekly', id, clinician_id, kind, weekday, starts, ends, valid_from AS first, valid_until, NULL::timestamptz
        AS since, NULL::timestamptz
    FROM scheduling_weeklyhours WHERE weekday = ANY(%(weekdays)s)
        AND valid_from <= %(last)s AND coalesce(valid_until, %(first)s) >= %(first)s
UNION ALL SELECT 'change', id, clinician_id, note, NULL, starts, ends, "on", NULL, NULL, NULL
    FROM scheduling_hourschange WHERE "on" BETWEEN %(first)s AND %(last)s
UNION ALL SELECT 'absence', id, clinician_id, reason, NULL, NULL, NULL, NULL, NULL, starts_at, ends_at
    FROM scheduling_absence WHERE ends_at > %(since)s AND starts_at < %(until)s
UNION ALL SELECT 'closure', id, NULL, name, NULL, NULL, NULL, starts_on, ends_on, NULL, NULL
    FROM scheduling_closure WHERE ends_on >= %(first)s AND starts_on <= %(last)s
ORDER BY starts, first, since, 2
"""


class _Row(NamedTuple):
    """One row of the statement; what a kind does not have is None."""

    what: str
    pk: int
    clinician_id: int
    word: str
    weekday: int
    starts: time
    ends: time
    first: date
    last: date | None
    since: datetime
    until: datetime


@dataclass(frozen=True)
class Workday:
    """What one clinician's day looks like. `changes` are the day's own rows, where it has some."""

    day: date
    work: tuple[Walls, ...] = ()
    breaks: tuple[Walls, ...] = ()
    changes: tuple[HoursChange, ...] = ()
    away: tuple[Walls, ...] = ()
    absences: tuple[Absence, ...] = ()
    closure: Closure | None = None

    @property
    def at_work(self) -> list[Walls]:
        """When the clinician is there: work without what absences and closed days take away; breaks stay in it."""
        return [] if self.closure else without(self.work, self.away)

    @property
    def rests(self) -> list[Walls]:
        """The breaks of the hours at which the clinician is there."""
        return [
            rest for rest in self.breaks if any(since < rest[1] and rest[0] < until for since, until in self.at_work)
        ]

    @property
    def is_gone(self) -> bool:
        """Say whether an absence leaves nothing of the day's work."""
        return bool(self.work and self.absences and not self.closure and not self.at_work)


def without(spans: Iterable[Walls], taken: Iterable[Walls]) -> list[Walls]:
    """Return what is left of spans of a day when others are taken out of them."""
    left = sorted(spans)
    for since, until in taken:
        parts = [part for a, b in left for part in ((a, min(b, since)), (max(a, until), b))]
        left = [(a, b) for a, b in parts if a < b]
    return left


def united(spans: Iterable[Walls]) -> list[Walls]:
    """Return spans of a day in order, those that touch or overlap as one."""
    found: list[Walls] = []
    for since, until in sorted(spans):
        if found and since <= found[-1][1]:
            found[-1] = (found[-1][0], max(until, found[-1][1]))
        else:
            found.append((since, until))
    return found


@dataclass
class Hours:
    """All rows that say who works on some local days, each kind read once."""

    first: date
    last: date
    zone: ZoneInfo
    weekly: list[WeeklyHours] = field(default_factory=list)
    changes: list[HoursChange] = field(default_factory=list)
    absences: list[Absence] = field(default_factory=list)
    closures: list[Closure] = field(default_factory=list)

    @classmethod
    def read(cls, first: date, last: date, zone: ZoneInfo) -> "Hours":
        """Read the hours of everybody between two local days, both included. One query."""
        days = [first + timedelta(days=n) for n in range(min((last - first).days + 1, 7))]
        hours = cls(first, last, zone)
        asked: dict[str, Any] = {
            "first": first,
            "last": last,
            "weekdays": [day.weekday() for day in days],
            "since": midnight(first, zone),
            "until": midnight(last + timedelta(days=1), zone),
        }
        with connection.cursor() as cursor:
            cursor.execute(STATEMENT, asked)
            for row in cursor.fetchall():
                hours.keep(_Row(*row))
        return hours

    def keep(self, row: "_Row") -> None:
        """Keep one row of the statement among its kind."""
        who = row.clinician_id
        if row.what == "weekly":
            times = {"weekday": row.weekday, "starts": row.starts, "ends": row.ends}
            valid = {"valid_from": row.first, "valid_until": row.last}
            self.weekly.append(WeeklyHours(pk=row.pk, clinician_id=who, kind=row.word, **times, **valid))
        elif row.what == "change":
            own = {"on": row.first, "starts": row.starts, "ends": row.ends, "note": row.word}
            self.changes.append(HoursChange(pk=row.pk, clinician_id=who, **own))
        elif row.what == "absence":
            gone = {"starts_at": row.since, "ends_at": row.until, "reason": row.word}
            self.absences.append(Absence(pk=row.pk, clinician_id=who, **gone))
        else:
            self.closures.append(Closure(pk=row.pk, name=row.word, starts_on=row.first, ends_on=row.last or row.first))

    def closure_on(self, day: date) -> Closure | None:
        """Return the closure that holds on a day; the longest where several do."""
        found = [row for row in self.closures if row.starts_on <= day <= row.ends_on]
        return max(found, key=lambda row: row.ends_on - row.starts_on, default=None)

    def of(self, clinician_id: int, day: date) -> Workday:
        """Return the day of one clinician."""
        weekly = [row for row in self.weekly if row.clinician_id == clinician_id and row.covers(day)]
        changes = [row for row in self.changes if row.clinician_id == clinician_id and row.on == day]
        since, until = day_span(day, self.zone)
        absences = [
            row
            for row in self.absences
            if row.clinician_id == clinician_id and row.starts_at < until and since < row.ends_at
        ]
        if changes:
            work = [(row.starts, row.ends) for row in changes if row.starts and row.ends]
        else:
            work = [(row.starts, row.ends) for row in weekly if row.kind == HoursKind.WORK]
        return Workday(
            day,
            tuple(sorted(work)),
            tuple(sorted((row.starts, row.ends) for row in weekly if row.kind == HoursKind.BREAK)),
            tuple(changes),
            tuple(self._walls(row, day) for row in absences),
            tuple(absences),
            self.closure_on(day),
        )

    def _walls(self, absence: Absence, day: date) -> Walls:
        starts, ends = local_day(absence.starts_at, self.zone), local_day(absence.ends_at, self.zone)
        return (
            time.min if starts < day else wall_time(absence.starts_at, self.zone),
            time.max if ends > day else wall_time(absence.ends_at, self.zone),
        )
