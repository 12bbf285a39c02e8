"""What lies under a course: closed days, who is away, and who works when in the week. Reads only."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from clinic.lib.days import midnight
from scheduling.models import Absence, Closure

BEFORE, AFTER = timedelta(days=6), timedelta(days=77)
"""How far beyond the days that are planned is read: the strip begins on a Monday and shows eleven weeks at least."""


class Hours(NamedTuple):
    """A row of weekly hours. A clinic has hundreds: as models they took longer to make than to read."""

    clinician_id: int
    kind: str
    weekday: int
    starts: time
    ends: time
    valid_from: date
    valid_until: date | None

    def covers(self, day: date) -> bool:
        """Say whether the row holds on a local day."""
        return self.valid_from <= day and (self.valid_until is None or day <= self.valid_until)


@dataclass(frozen=True)
class Ground:
    """What is closed, who is away and who works when between two local days, both included. Of whom: who reads says."""

    first: date
    last: date
    closures: tuple[Closure, ...]
    absences: tuple[Absence, ...]
    hours: tuple[Hours, ...] = ()

    def within(self, first: date, last: date, clinicians: AbstractSet[int], zone: ZoneInfo) -> "Ground":
        """Return what is closed between two local days, and when these clinicians are away; read anew if need be."""
        if first < self.first or self.last < last:
            return ground(first, last, clinicians, zone)
        since, until = midnight(first, zone), midnight(last + timedelta(days=1), zone)
        closures = (one for one in self.closures if one.ends_on >= first and one.starts_on <= last)
        away = (one for one in self.absences if one.ends_at > since and one.starts_at < until)
        return Ground(first, last, tuple(closures), tuple(one for one in away if one.clinician_id in clinicians))


def ground(first: date, last: date, clinicians: AbstractSet[int], zone: ZoneInfo) -> Ground:
    """Read what is closed between two local days, both included, and when these clinicians are away."""
    since, until = midnight(first, zone), midnight(last + timedelta(days=1), zone)
    absences = Absence.objects.filter(clinician_id__in=clinicians, ends_at__gt=since, starts_at__lt=until)
    closures = Closure.objects.filter(ends_on__gte=first, starts_on__lte=last)
    return Ground(first, last, tuple(closures), tuple(absences))
