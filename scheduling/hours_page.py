"""What the hours screens read: the week of each clinician, what comes, and the visits that stand outside."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _

from clinic.lib.days import clock, day_words, local_day, midnight, span_words, wall_time
from clinic.models import Clinician, User
from scheduling.day_list import Row
from scheduling.models import Absence, Appointment, Closure, HoursChange, HoursKind, WeeklyHours
from scheduling.planning.outside import outside_hours
from scheduling.planning.workday import Hours, Walls, Workday
from scheduling.services.hours_rules import WeekSpan

BAR_WIDTH = 120
OPENS, CLOSES = 8, 18
"""The axis of the bars, in hours, unless somebody works earlier or later."""


def spans_text(spans: Iterable[Walls]) -> str:
    """Return "08:30 – 12:00, 13:00 – 17:00"."""
    return ", ".join(f"{clock(since)} – {clock(until)}" for since, until in spans)


def minute_of(wall: time) -> int:
    return 24 * 60 if wall == time.max else wall.hour * 60 + wall.minute


@dataclass(frozen=True)
class Bar:
    """A stretch of a day as a rectangle. `look` is the end of its class: work, break or away-bar."""

    x: float
    width: float
    look: str


@dataclass(frozen=True)
class Cell:
    """One day of one clinician in the table of the week."""

    workday: Workday
    is_today: bool
    axis: tuple[int, int]

    @property
    def spans(self) -> list[str]:
        return [spans_text([span]) for span in self.workday.at_work]

    @property
    def rests(self) -> str:
        return spans_text(self.workday.rests)

    @property
    def is_changed(self) -> bool:
        return bool(self.workday.changes)

    @property
    def note(self) -> str:
        return next((row.note for row in self.workday.changes if row.note), "")

    @property
    def away(self) -> str:
        """The absence of the day in words, where there is one: "Away: Course"."""
        absences = self.workday.absences
        if not absences or self.workday.closure:
            return ""
        reason = next((row.reason for row in absences if row.reason), "")
        return _("Away: %(why)s") % {"why": reason} if reason else _("Away")

    @property
    def bars(self) -> list[Bar]:
        """Work, what of it is taken away, and the breaks, in the order in which they are drawn."""
        day = self.workday
        if day.closure:
            return []
        bars = [self._bar(span, "work") for span in day.at_work]
        bars += [self._bar(span, "break") for span in day.rests]
        lost = [(max(a, c), min(b, d)) for a, b in day.away for c, d in day.work if max(a, c) < min(b, d)]
        return bars + [self._bar(span, "away-bar") for span in lost]

    def _bar(self, span: Walls, look: str) -> Bar:
        first, last = self.axis
        scale = BAR_WIDTH / ((last - first) * 60)
        since, until = (minute_of(wall) - first * 60 for wall in span)
        return Bar(round(since * scale, 1), round((until - since) * scale, 1), look)


@dataclass(frozen=True)
class Week:
    """Seven local days of everybody who treats."""

    monday: date
    today: date
    zone: ZoneInfo
    clinicians: Sequence[Clinician]

    @property
    def days(self) -> list[date]:
        return [self.monday + timedelta(days=n) for n in range(7)]

    @cached_property
    def hours(self) -> Hours:
        return Hours.read(self.days[0], self.days[-1], self.zone)

    @cached_property
    def rows(self) -> list[tuple[Clinician, list[Cell]]]:
        found = [(one, [self.hours.of(one.pk, day) for day in self.days]) for one in self.clinicians]
        walls = [wall for _one, days in found for day in days for span in day.work for wall in span]
        first = min([OPENS, *(minute_of(wall) // 60 for wall in walls)])
        last = max([CLOSES, *(-(-minute_of(wall) // 60) for wall in walls)])
        return [(one, [Cell(day, day.day == self.today, (first, last)) for day in days]) for one, days in found]


@dataclass(frozen=True)
class ChangedDay:
    """A day with hours of its own, in words."""

    clinician: Clinician
    on: date
    words: str
    note: str


def changed_days(today: date, clinicians: Iterable[int]) -> list[ChangedDay]:
    """Return the days from today on that have hours of their own, the nearest first."""
    rows = HoursChange.objects.filter(on__gte=today, clinician_id__in=clinicians)
    grouped: dict[tuple[date, int], list[HoursChange]] = defaultdict(list)
    for row in rows.select_related("clinician").order_by("on", "clinician__position", "clinician_id", "starts"):
        grouped[row.on, row.clinician_id].append(row)
    found = []
    for (day, _key), own in grouped.items():
        spans = [(row.starts, row.ends) for row in own if row.starts and row.ends]
        words = spans_text(spans) if spans else _("does not work")
        found.append(ChangedDay(own[0].clinician, day, words, own[0].note))
    return found


def away_words(absence: Absence, zone: ZoneInfo, today: date) -> str:
    """Return "7 – 9 Dec" for whole days, "Tue 1 Dec, 10:00 – 12:00" for hours of one, else both ends in full."""
    first, last = local_day(absence.starts_at, zone), local_day(absence.ends_at - timedelta(seconds=1), zone)
    starts, ends = wall_time(absence.starts_at, zone), wall_time(absence.ends_at, zone)
    if starts == time.min and absence.ends_at == midnight(last + timedelta(days=1), zone):
        return day_words(first, today) if first == last else span_words(first, last, today)
    until = clock(ends) if ends != time.min else "24:00"
    if first == last:
        return f"{day_words(first, today)}, {clock(starts)} – {until}"
    return f"{day_words(first, today)}, {clock(starts)} – {day_words(last, today)}, {until}"


def absences_ahead(now: datetime, zone: ZoneInfo, clinicians: Iterable[int]) -> list[tuple[Absence, str]]:
    """Return the absences that are not over, with their days in words."""
    rows = Absence.objects.filter(ends_at__gt=now, clinician_id__in=clinicians).select_related("clinician")
    today = local_day(now, zone)
    return [(row, away_words(row, zone, today)) for row in rows.order_by("starts_at", "pk")]


def closures_of(today: date) -> list[Closure]:
    """Return the closures of this year and the next: those ahead first, then those that are over."""
    since, until = date(today.year, 1, 1), date(today.year + 1, 12, 31)
    found = Closure.objects.filter(ends_on__gte=since, starts_on__lte=until)
    return sorted(found, key=lambda closure: (closure.ends_on < today, closure.starts_on))


# --- Visits outside the hours ---


@dataclass(frozen=True)
class OutsideRow(Row):
    """A visit where nobody works, and why nobody does. `cause`: "absence:7" or "closure:3"; empty for mere hours."""

    why: str = ""
    cause: str = ""


def rows_of(user: User, keys: Iterable[int], now: datetime, notice_hours: int) -> list[Row]:
    """Return these visits as a person may see them, the next one first."""
    visits = Appointment.objects.visible_to(user).filter(pk__in=list(keys)).with_names()
    return [Row(visit, now, notice_hours) for visit in visits.order_by("starts_at", "clinician__position", "pk")]


def outside_rows(user: User, now: datetime, zone: ZoneInfo, notice_hours: int) -> list[OutsideRow]:
    """Return every visit ahead that stands outside the hours, with the reason in words."""
    rows = rows_of(user, outside_hours(now=now, zone=zone), now, notice_hours)
    if not rows:
        return []
    days = [local_day(row.visit.starts_at, zone) for row in rows]
    hours = Hours.read(days[0], days[-1], zone)
    return [
        OutsideRow(row.visit, now, notice_hours, _why(row.visit, workday), _cause(row.visit, workday))
        for row, day in zip(rows, days, strict=True)
        for workday in [hours.of(row.visit.clinician_id, day)]
    ]


def _cause(visit: Appointment, day: Workday) -> str:
    if day.closure:
        return f"closure:{day.closure.pk}"
    absence = _absence_at(visit, day)
    return f"absence:{absence.pk}" if absence else ""


def _absence_at(visit: Appointment, day: Workday) -> Absence | None:
    overlapping = (one for one in day.absences if one.starts_at < visit.ends_at and visit.starts_at < one.ends_at)
    return next(overlapping, None)


def _why(visit: Appointment, day: Workday) -> str:
    if day.closure:
        return _("Closed: %(name)s") % {"name": day.closure.name}
    name = visit.clinician.short_name
    if absence := _absence_at(visit, day):
        values = {"name": name, "why": absence.reason}
        return _("%(name)s is away: %(why)s") % values if absence.reason else _("%(name)s is away") % values
    if not day.work:
        return _("%(name)s does not work") % {"name": name}
    walls = {"name": name, "spans": spans_text(day.work)}
    if day.breaks:
        return _("%(name)s works %(spans)s, break %(rests)s") % {**walls, "rests": spans_text(day.breaks)}
    return _("%(name)s works %(spans)s") % walls


# --- The weekly hours of one clinician ---


def spans_on(clinician: Clinician, day: date) -> list[WeekSpan]:
    """Return the weekly hours that hold on the days of the week from a local day on."""
    rows = WeeklyHours.objects.filter(clinician=clinician, valid_from__lte=day).exclude(valid_until__lt=day)
    return [WeekSpan(row.weekday, row.starts, row.ends, HoursKind(row.kind)) for row in rows]


@dataclass(frozen=True)
class Period:
    """Weekly hours that held, hold or will hold, from one day until another (None: until further notice)."""

    first: date
    last: date | None
    is_now: bool
    days: list[tuple[str, str, str]]
    """Weekday, its hours, its breaks."""


def periods(clinician: Clinician, today: date) -> list[Period]:
    """Return the hours that hold now and those planned, in order; each span of validity is one."""
    rows = WeeklyHours.objects.filter(clinician=clinician).exclude(valid_until__lt=today)
    grouped: dict[tuple[date, date | None], list[WeeklyHours]] = defaultdict(list)
    for row in rows.order_by("valid_from", "weekday", "starts"):
        grouped[row.valid_from, row.valid_until].append(row)
    found = []
    for (first, last), own in grouped.items():
        days = []
        for weekday in sorted({row.weekday for row in own}):
            work, rests = (
                spans_text((row.starts, row.ends) for row in own if row.weekday == weekday and row.kind == kind)
                for kind in (HoursKind.WORK, HoursKind.BREAK)
            )
            days.append((str(WEEKDAYS[weekday]), work, rests))
        found.append(Period(first, last, first <= today, days))
    return found
