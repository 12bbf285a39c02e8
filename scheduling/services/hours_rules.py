"""What hours, breaks and absences must keep, each refusal in a sentence."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from clinic.lib.days import NoSuchTime, TwoSuchTimes, clock, day_words, instant, local_day
from clinic.models import Clinic
from scheduling.models import Absence, HoursKind
from scheduling.services.errors import HoursRefused

Walls = tuple[time, time]


@dataclass(frozen=True, order=True)
class WeekSpan:
    """On a weekday (0 is Monday), from one wall time until another: work or a break."""

    weekday: int
    starts: time
    ends: time
    kind: str = HoursKind.WORK


def plain(span: WeekSpan) -> list[Any]:
    return [span.weekday, str(span.kind), clock(span.starts), clock(span.ends)]


def not_past(day: date, now: datetime, zone: ZoneInfo) -> None:
    if day < local_day(now, zone):
        raise HoursRefused(
            _("This day has passed: past hours stay as they were. Nothing was saved. Enter a later day.")
        )


def exists(day: date, wall: time, zone: ZoneInfo) -> None:
    values = {"time": clock(wall), "day": day_words(day, day)}
    try:
        instant(day, wall, zone)
    except NoSuchTime as error:
        raise HoursRefused(
            _("The clocks skip %(time)s on %(day)s. Nothing was saved. Choose another time.") % values
        ) from error
    except TwoSuchTimes as error:
        raise HoursRefused(
            _("The clocks show %(time)s twice on %(day)s. Nothing was saved. Choose another time.") % values
        ) from error


def in_order(spans: Iterable[Walls], what: str) -> None:
    ordered = sorted(spans)
    if any(ends <= starts for starts, ends in ordered):
        raise HoursRefused(_("%(what)s end before they begin. Nothing was saved. Mend the times.") % {"what": what})
    if any(after[0] < before[1] for before, after in pairwise(ordered)):
        raise HoursRefused(_("%(what)s overlap. Nothing was saved. Mend the times.") % {"what": what})


def check_week(spans: Sequence[WeekSpan]) -> None:
    """Refuse hours that overlap on a weekday, and breaks outside work."""
    for weekday in range(7):
        work, breaks = (
            sorted((span.starts, span.ends) for span in spans if span.weekday == weekday and span.kind == kind)
            for kind in (HoursKind.WORK, HoursKind.BREAK)
        )
        in_order(work, _("The hours of a day"))
        in_order(breaks, _("The breaks of a day"))
        if not all(any(since <= rest[0] and rest[1] <= until for since, until in work) for rest in breaks):
            raise HoursRefused(_("A break lies outside the hours of its day. Nothing was saved. Mend the times."))


def not_twice(absence: Absence, clinic: Clinic, now: datetime) -> None:
    """Say which absence is in the way; the constraint `absence_once` is the judge of what comes between."""
    other = (
        Absence.objects.filter(
            clinician_id=absence.clinician_id, starts_at__lt=absence.ends_at, ends_at__gt=absence.starts_at
        )
        .select_related("clinician")
        .first()
    )
    if other:
        today = local_day(now, clinic.tz)
        values = {
            "name": other.clinician.short_name,
            "first": day_words(local_day(other.starts_at, clinic.tz), today),
            "last": day_words(local_day(other.ends_at - timedelta(seconds=1), clinic.tz), today),
        }
        words = _("%(name)s is away from %(first)s to %(last)s already. Nothing was saved. Change the days.")
        raise HoursRefused(words % values)
