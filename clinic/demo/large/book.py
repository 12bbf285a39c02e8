"""The book of a large demo in memory: who is busy when, as one whole number a day, a bit for each five minutes.

A day's free starts come from a few shifts, whatever stands in it: a million visits are seated in about a minute.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from heapq import heappop, heappush
from random import Random

from clinic.demo.book import CELL, GRID, cells
from clinic.demo.days import Away, Closed, closures_between

SHIFTS = ((8 * 60, 17 * 60 + 30), (10 * 60 + 30, 20 * 60))
"""Minutes of the day at which the even and the odd clinicians begin and end."""
RESTS = ((12 * 60, 12 * 60 + 45), (15 * 60, 15 * 60 + 45))
WEEK = 7
LONG_AGO = -(10**6)
EVERY_GRID = sum(1 << cell for cell in range(0, 24 * 60 // CELL, GRID // CELL))


@dataclass(frozen=True)
class Place:
    """A free place: the day as its number since the first, the start in minutes, room and device by number."""

    day: int
    start: int
    room: int
    device: int | None


@dataclass(frozen=True)
class Stay:
    """What a visit takes, in minutes."""

    minutes: int
    numbing: int
    turnover: int
    device: bool = False


@dataclass
class LargeBook:
    """The whole book, from `first` to `last`. Days are numbers: 0 is the first."""

    first: date
    last: date
    clinicians: int
    rooms: int
    devices: int
    rng: Random
    closed: list[Closed] = field(default_factory=list)
    away: list[Away] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.days = (self.last - self.first).days + 1
        self.weeks = -(-self.days // WEEK)
        self.closed = closures_between(self.first, self.last)
        self.away = [away for clinician in range(self.clinicians) for away in self._holidays(clinician)]
        shut = {day for row in self.closed for day in self._numbers(row.first, row.last)}
        self.open = [number not in shut and self.weekday(number) < 5 for number in range(self.days)]
        self.free = [self._working(clinician) for clinician in range(self.clinicians)]
        """Free cells of each clinician and day; what works and is not taken."""
        self.room_busy = [[0] * self.days for _ in range(self.rooms)]
        self.device_busy = [[0] * self.days for _ in range(self.devices)]
        self.worked = [self._by_week(row) for row in self.free]
        self.taken = [[0] * self.weeks for _ in range(self.clinicians)]

    def _holidays(self, clinician: int) -> list[Away]:
        """Return a week off about every five months, not the same for all."""
        found = []
        day = self.first + timedelta(days=self.rng.randrange(30, 150))
        while day <= self.last:
            monday = day - timedelta(days=day.weekday())
            found.append(Away(clinician, monday, monday + timedelta(days=6), "Holidays"))
            day = monday + timedelta(days=self.rng.randrange(120, 180))
        return found

    def _numbers(self, first: date, last: date) -> range:
        return range(max(0, (first - self.first).days), min(self.days, (last - self.first).days + 1))

    def _working(self, clinician: int) -> list[int]:
        whole = cells(*SHIFTS[clinician % 2]) & ~cells(*RESTS[clinician % 2])
        row = [whole if is_open else 0 for is_open in self.open]
        for away in self.away:
            if away.clinician == clinician:
                for number in self._numbers(away.first, away.last):
                    row[number] = 0
        return row

    def _by_week(self, row: list[int]) -> list[int]:
        return [sum(cells.bit_count() for cells in row[week * WEEK : (week + 1) * WEEK]) for week in range(self.weeks)]

    def weekday(self, number: int) -> int:
        return (self.first.weekday() + number) % WEEK

    def date_of(self, number: int) -> date:
        return self.first + timedelta(days=number)

    def number_of(self, day: date) -> int:
        return (day - self.first).days

    def fullness(self, clinician: int, week: int) -> float:
        """Return the part of a clinician's working minutes of a week that is taken; 1 where they do not work."""
        worked = self.worked[clinician][week]
        return self.taken[clinician][week] / worked if worked else 1.0

    def seat(self, stay: Stay, clinician: int, days: range, wished: int, around: int) -> Place | None:
        """Return the free place on the day nearest to the wished one, at the start nearest to the wished time."""
        for number in sorted(days, key=lambda day: abs(day - wished)):
            if 0 <= number < self.days:
                found = self._on(number, stay, clinician, around)
                if found is not None:
                    return found
        return None

    def _on(self, number: int, stay: Stay, clinician: int, around: int) -> Place | None:
        length, wanted = stay.minutes // CELL, around // CELL
        starts = self._starts(self.free[clinician][number], length) & EVERY_GRID
        held = (1 << (length + stay.turnover // CELL)) - 1
        while starts:
            start = _nearest(starts, wanted)
            span = held << start
            room = self._first_free(self.room_busy, clinician % self.rooms, number, span)
            device = self._first_free(self.device_busy, 0, number, span) if stay.device else None
            if room is not None and (device is not None or not stay.device):
                return Place(number, start * CELL, room, device)
            starts &= ~(1 << start)
        return None

    @staticmethod
    def _starts(free: int, length: int) -> int:
        """Return the cells from which so many in a row are free."""
        done = 1
        while done < length and free:
            step = min(done, length - done)
            free &= free >> step
            done += step
        return free

    @staticmethod
    def _first_free(busy: list[list[int]], own: int, number: int, span: int) -> int | None:
        count = len(busy)
        for step in range(count):
            which = (own + step) % count
            if not busy[which][number] & span:
                return which
        return None

    def take(self, stay: Stay, clinician: int, place: Place) -> None:
        span = cells(place.start, place.start + stay.minutes)
        longer = cells(place.start, place.start + stay.minutes + stay.turnover)
        self.free[clinician][place.day] &= ~span
        self.room_busy[place.room][place.day] |= longer
        if place.device is not None:
            self.device_busy[place.device][place.day] |= longer
        self.taken[clinician][place.day // WEEK] += span.bit_count()


def _nearest(starts: int, wanted: int) -> int:
    """Return the set bit nearest to a place; of two as near, the earlier."""
    below, above = starts & ((1 << (wanted + 1)) - 1), starts >> wanted
    low = below.bit_length() - 1
    high = wanted + (above & -above).bit_length() - 1 if above else -1
    if low < 0 or high < 0:
        return max(low, high)
    return low if wanted - low <= high - wanted else high


class Waiting:
    """Patients without an open course, each with the day from which the next may begin; who waits longest is next."""

    def __init__(self, places: Iterable[int]) -> None:
        self._heap = [(LONG_AGO, turn, place) for turn, place in enumerate(places)]
        self._turn = len(self._heap)

    def take(self, day: int) -> int | None:
        """Return somebody whose next course may begin on this day, or None."""
        if self._heap and self._heap[0][0] <= day:
            return heappop(self._heap)[2]
        return None

    def back(self, place: int, day: int) -> None:
        """Let somebody begin again from a day on."""
        self._turn += 1
        heappush(self._heap, (day, self._turn, place))
