"""The day sheet: the coming days on paper, for the day on which the computer is down."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from django.template.loader import render_to_string
from django.utils import timezone

from clinic.lib.days import clock, local_day, midnight
from clinic.lib.pdf import pdf_of
from clinic.models import Clinic, Clinician
from scheduling.day.visits import DayVisit, day_visits
from scheduling.models import Closure
from scheduling.models.appointments import AppointmentQuerySet
from scheduling.planning.workday import Hours

DAYS = 7
"""As many days lie on the sheet; one that is printed each morning then bridges a week without the computer."""


@dataclass(frozen=True)
class Line:
    visit: DayVisit
    clinician: str

    @property
    def phone(self) -> str:
        """The number with plain hyphens: paper does not break lines in it, and our typeface lacks the other kind."""
        return self.visit.phone_label.replace("\N{NON-BREAKING HYPHEN}", "-")


@dataclass(frozen=True)
class Sheet:
    """One local day: who works when, and the visits by start. What was cancelled or missed is not on paper."""

    day: date
    closure: Closure | None
    workers: tuple[str, ...]
    lines: tuple[Line, ...]


def sheets(visits: AppointmentQuerySet, *, first: date, days: int, zone: ZoneInfo) -> list[Sheet]:
    """Read the sheets of some local days in three queries, of the visits that the reader may see."""
    last = first + timedelta(days=days - 1)
    hours = Hours.read(first, last, zone)
    staff = {one.pk: one for one in Clinician.objects.all()}
    visits = visits.holding().starting(midnight(first, zone), midnight(last + timedelta(days=1), zone))
    read = day_visits(visits.order_by("starts_at", "clinician__position", "id"))
    of_day = {day: list(group) for day, group in groupby(read, key=lambda one: local_day(one.starts_at, zone))}
    return [
        Sheet(
            day,
            hours.closure_on(day),
            tuple(_workers(day, hours, staff.values())),
            tuple(Line(visit, staff[visit.clinician_id].short_name) for visit in of_day.get(day, [])),
        )
        for day in (first + timedelta(days=n) for n in range(days))
    ]


def _workers(day: date, hours: Hours, staff: Iterable[Clinician]) -> Iterator[str]:
    for one in staff:
        spans = hours.of(one.pk, day).at_work if one.is_active else []
        if spans:
            yield f"{one.name} {', '.join(f'{clock(since)} – {clock(until)}' for since, until in spans)}"


def sheet_pdf(found: list[Sheet], clinic: Clinic, now: datetime) -> bytes:
    """Return the sheets as one PDF, a page or more for each day. Raises NoPdfHere."""
    return pdf_of(sheet_page(found, clinic, now), ["css/sheet.css"])


def sheet_page(found: list[Sheet], clinic: Clinic, now: datetime) -> str:
    """Return the sheets as HTML, in the clinic's time also where no request has set it."""
    with timezone.override(clinic.tz):
        return render_to_string("scheduling/day/sheet.html", {"sheets": found, "clinic": clinic, "now": now})
