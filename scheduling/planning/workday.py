"""A clinician's local day: the work that the week or the day itself says, its breaks, and what takes it away."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from zoneinfo import ZoneInfo

from clinic.lib.days import day_span, local_day, midnight, wall_time
from scheduling.models import Absence, Closure, HoursChange, HoursKind, WeeklyHours

Walls = tuple[time, time]
"""From one wall time until another. Until midnight is `time.max`."""


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
        """Read the hours of everybody between two local days, both included. Four queries."""
        since, until = midnight(first, zone), midnight(last + timedelta(days=1), zone)
        rows = WeeklyHours.objects.filter(valid_from__lte=last).exclude(valid_until__lt=first)
        return cls(
            first,
            last,
            zone,
            list(rows.order_by("starts")),
            list(HoursChange.objects.filter(on__range=(first, last)).order_by("starts")),
            list(Absence.objects.filter(ends_at__gt=since, starts_at__lt=until).select_related("clinician")),
            list(Closure.objects.filter(ends_on__gte=first, starts_on__lte=last)),
        )

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
