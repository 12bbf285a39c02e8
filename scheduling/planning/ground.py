"""The days on which nothing can be planned, as the strip of the planner shades them. Reads only."""

from dataclasses import dataclass
from datetime import date, timedelta

from clinic.lib.days import midnight
from clinic.models import Clinic
from scheduling.models import Absence, Closure


@dataclass(frozen=True)
class Ground:
    """What lies under a course: closed days of the clinic, and when these clinicians are away."""

    closures: tuple[Closure, ...]
    absences: tuple[Absence, ...]


def ground(first: date, last: date, clinicians: set[int], clinic: Clinic) -> Ground:
    """Return what is closed or away between two local days, both included."""
    since, until = midnight(first, clinic.tz), midnight(last + timedelta(days=1), clinic.tz)
    absences = Absence.objects.filter(clinician_id__in=clinicians, ends_at__gt=since, starts_at__lt=until)
    return Ground(tuple(Closure.objects.filter(ends_on__gte=first, starts_on__lte=last)), tuple(absences))
