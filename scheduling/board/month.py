"""A month at a glance: how full each clinician's day is, the hours that are left, and the first free time of each."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property

from django.db.models import Count, F, Sum
from django.utils import formats
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clinic.lib.days import clock, day_span, day_words, local_day, wall_time
from clinic.models import Clinic, Clinician, User
from scheduling.board.asked import Asked
from scheduling.board.columns import initials, worked_minutes
from scheduling.board.reading import Ground, read_ground
from scheduling.models import Appointment
from scheduling.planning.freetime import Visit, from_epoch, read
from scheduling.planning.workday import Workday

HOUR = 60
FULL_BELOW = 30
"""Minutes: a day with less left is full."""
BAR, PITCH = 8, 12
"""Height of a bar, and from one bar to the next, in the units of the drawing."""
LENGTHS = (30, 45, 60)
AHEAD_DAYS = 42
NOON = time(12)
HALVES = (True, False)
"""Before noon, and after."""
NONE = '<line class="mo-none" x1="0" y1="{y}" x2="100" y2="{y}" />'
BARS = (
    '<rect class="meter-ground" x="0" y="{y}" width="100" height="8" rx="2" ry="3" />'
    '<rect class="meter-bar" x="0" y="{y}" width="{full}" height="8" rx="2" ry="3" />'
)


@dataclass(frozen=True)
class Bar:
    """How much of a clinician's day is booked, in percent; None when they are not at work. `y` is its place."""

    name: str
    y: int
    full: int | None

    @property
    def drawn(self) -> str:
        if self.full is None:
            return NONE.format(y=self.y + BAR // 2)
        return BARS.format(y=self.y, full=self.full)


@dataclass(frozen=True)
class Cell:
    """One day of the month's sheet."""

    day: date
    today: date
    in_month: bool
    visits: int
    bars: tuple[Bar, ...]
    free_minutes: int
    note: str
    closed: str
    says_closed: bool = False

    @property
    def is_today(self) -> bool:
        return self.day == self.today

    @property
    def is_empty(self) -> bool:
        """Say whether nobody works and nothing is booked, such as on a Sunday."""
        return not self.visits and all(bar.full is None for bar in self.bars)

    @property
    def drawn(self) -> SafeString:
        """The bars as shapes. A month has hundreds: in a template they took as long as all else of the page."""
        return SafeString("".join(bar.drawn for bar in self.bars))

    @property
    def is_full(self) -> bool:
        return not self.is_empty and self.free_minutes < FULL_BELOW

    @property
    def label(self) -> str:
        """Return the number of the day, with its month where that begins or is another one."""
        named = self.day.day == 1 or (not self.in_month and self.day.weekday() == 0)
        return formats.date_format(self.day, "j M") if named else str(self.day.day)

    @property
    def free_words(self) -> str:
        if self.is_empty:
            return ""
        if self.is_full:
            return _("full")
        hours = round(self.free_minutes / HOUR)
        return _("%(n)d h free") % {"n": hours} if hours else _("%(n)d min free") % {"n": self.free_minutes}

    @property
    def words(self) -> str:
        """Return the whole cell for who does not see it."""
        day = formats.date_format(self.day, "l j F")
        if self.closed:
            return _("%(day)s: closed, %(why)s") % {"day": day, "why": self.closed}
        visits = ngettext("%(n)d visit", "%(n)d visits", self.visits) % {"n": self.visits}
        each = ", ".join(f"{bar.name} {_('not at work') if bar.full is None else f'{bar.full} %'}" for bar in self.bars)
        facts = [part for part in (visits, self.free_words, self.note) if part]
        return f"{day}: {', '.join(facts)}; {each}" if each else f"{day}: {', '.join(facts)}"


@dataclass(frozen=True)
class FirstFree:
    """Where a clinician has time first: `times` are words ("soonest") with a moment."""

    clinician: Clinician
    initials: str
    times: tuple[tuple[str, date, str], ...]


@dataclass
class Month:
    """The sheet of one month in whole weeks, read in three queries whatever it holds."""

    asked: Asked
    clinic: Clinic
    user: User
    now: datetime
    minutes: int = 45

    @property
    def today(self) -> date:
        return local_day(self.now, self.clinic.tz)

    @property
    def shows_today(self) -> bool:
        return self.asked.day.replace(day=1) <= self.today.replace(day=1) <= self.asked.day.replace(day=1)

    @property
    def title(self) -> str:
        return formats.date_format(self.asked.day, "F Y")

    @cached_property
    def ground(self) -> Ground:
        return read_ground(self.asked.first, self.asked.last, self.clinic.tz)

    @cached_property
    def clinicians(self) -> list[Clinician]:
        return [one for one in self.ground.clinicians if one.is_active]

    @cached_property
    def _booked(self) -> dict[tuple[date, int], tuple[int, int]]:
        """How many visits, and minutes of them, each clinician has on each day."""
        since, until = day_span(self.asked.first, self.clinic.tz)[0], day_span(self.asked.last, self.clinic.tz)[1]
        # By the instants, which have an index: by their local days, the whole book was read.
        visits = Appointment.objects.visible_to(self.user).holding().filter(starts_at__gte=since, starts_at__lt=until)
        found = visits.values_list("wall_date", "clinician_id").annotate(
            count=Count("pk"), length=Sum(F("ends_at") - F("starts_at"))
        )
        return {(day, who): (count, int(length.total_seconds() // 60)) for day, who, count, length in found.order_by()}

    @cached_property
    def weeks(self) -> list[list[Cell]]:
        cells = [self._cell(day) for day in self.asked.days]
        return [cells[at : at + 7] for at in range(0, len(cells), 7)]

    def _cell(self, day: date) -> Cell:
        closure = self.ground.closure_on(day)
        days = {one.pk: self.ground.of(one.pk, day) for one in self.clinicians}
        bars, free = [], 0
        for at, one in enumerate(self.clinicians):
            there, booked = worked_minutes(days[one.pk]), self._booked.get((day, one.pk), (0, 0))[1]
            free += max(0, there - booked)
            full = min(100, round(100 * booked / there)) if there else (100 if booked else None)
            bars.append(Bar(one.short_name, at * PITCH, full))
        count = sum(visits for (on, _who), (visits, _length) in self._booked.items() if on == day)
        return Cell(
            day,
            self.today,
            (day.year, day.month) == (self.asked.day.year, self.asked.day.month),
            count,
            tuple(bars),
            free if day >= self.today else 0,
            "" if closure else self._note(days),
            self._closed(day),
            # Said once a row: a closure of ten days is one closure.
            says_closed=day.weekday() == 0 or self._closed(day) != self._closed(day - timedelta(days=1)),
        )

    def _closed(self, day: date) -> str:
        closure = self.ground.closure_on(day)
        return closure.name if closure else ""

    def _note(self, days: dict[int, Workday]) -> str:
        """Return who is away for the whole of a day on which they would work."""
        gone = [one.short_name for one in self.clinicians if days[one.pk].is_gone]
        return _("%(names)s away") % {"names": ", ".join(gone)} if gone else ""

    @property
    def names(self) -> str:
        return ", ".join(one.short_name for one in self.clinicians)

    @property
    def height(self) -> int:
        return max(PITCH, len(self.clinicians) * PITCH) - (PITCH - BAR)

    @property
    def sum_words(self) -> str:
        """Return "515 visits booked · 133 h free" for the days of the month from today on."""
        cells = [cell for week in self.weeks for cell in week if cell.in_month]
        visits = sum(cell.visits for cell in cells)
        words = ngettext("%(n)d visit", "%(n)d visits", visits) % {"n": visits}
        free = sum(cell.free_minutes for cell in cells) // HOUR
        return f"{words} · {_('%(n)d h free') % {'n': free}}" if free else words

    # --- Where there is time first ---
    @cached_property
    def first_free(self) -> list[FirstFree]:
        """Return the soonest free time of each clinician, and the first in an afternoon and in a morning."""
        people = [one.pk for one in self.clinicians]
        shape = Visit(0, self.minutes, 0, 0, 0, None)
        last = self.today + timedelta(days=AHEAD_DAYS)
        free = read(shape, first=self.today, last=last, clinicians=people, zone=self.clinic.tz)
        return [
            FirstFree(one, initials(one), tuple(self._times(self._starts(free.clinicians.get(one.pk, [])))))
            for one in self.clinicians
        ]

    def _starts(self, spans: list[tuple[int, int]]) -> Iterator[datetime]:
        """Yield the starts of the grid in free stretches that hold the wanted length, from now on."""
        step, length = timedelta(minutes=self.clinic.grid_minutes), timedelta(minutes=self.minutes)
        for since, until in spans:
            start, end = from_epoch(since), from_epoch(until)
            start += timedelta(minutes=-wall_time(start, self.clinic.tz).minute % self.clinic.grid_minutes)
            while start + length <= end:
                if start >= self.now:
                    yield start
                start += step

    def _times(self, starts: Iterator[datetime]) -> Iterator[tuple[str, date, str]]:
        zone, today = self.clinic.tz, self.today
        found: dict[bool, datetime] = {}
        for start in starts:
            found.setdefault(wall_time(start, zone) < NOON, start)
            if len(found) == len(HALVES):
                break
        before, after = (found.get(half) for half in HALVES)
        soonest = min(found.values(), default=None)
        named = [(_("soonest"), soonest), (_("morning"), before), (_("afternoon"), after)]
        for word, one in named:
            if one and (word == named[0][0] or one != soonest):
                day = local_day(one, zone)
                yield word, day, f"{day_words(day, today)}, {clock(wall_time(one, zone))}"
