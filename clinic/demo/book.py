"""The demo's book in memory: who is busy when, in cells of five minutes, so that a free start is one AND away.

Plain values, no database: the rules of design 4.1 are kept here and checked again by the constraints on saving.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, time, timedelta

from .days import Away, Closed
from .house import CLINICIANS, Span

CELL = 5
GRID = 15
"""Minutes between possible starts."""
DAY_COST = 240
"""Minutes of distance from the usual time that one day of distance weighs."""


def minute_of(wall: time) -> int:
    return wall.hour * 60 + wall.minute


def cells(start: int, end: int) -> int:
    """Return the bits of `[start, end)`, minutes of the day."""
    first, last = start // CELL, -(-end // CELL)
    return ((1 << (last - first)) - 1) << first


@dataclass(frozen=True)
class Need:
    """What one visit uses up."""

    patient: int
    minutes: int
    numbing: int = 0
    turnover: int = 0
    room_kind: int = 0
    device: bool = False
    not_in: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Seat:
    """A place in the book: clinician and room by place in their lists, the start in minutes of the local day."""

    clinician: int
    room: int
    day: date
    start: int
    device: int | None = None


@dataclass
class Book:
    """Who is busy when. `rooms` names the kind of each room, `devices` counts those of the one kind."""

    today: date
    closed: Sequence[Closed]
    away: Sequence[Away]
    rooms: Sequence[int]
    devices: int = 0
    _busy: dict[tuple[str, int, date], int] = field(default_factory=dict)
    _working: dict[tuple[int, date], int] = field(default_factory=dict)

    def working(self, clinician: int, day: date) -> int:
        """Return the cells in which a clinician works on a day: hours less break, closures and absences."""
        key = clinician, day
        if key not in self._working:
            self._working[key] = self._reckon(clinician, day)
        return self._working[key]

    def _reckon(self, clinician: int, day: date) -> int:
        person = CLINICIANS[clinician]
        off = any(row.holds(day) for row in self.closed) or any(
            row.clinician == clinician and row.first <= day <= row.last for row in self.away
        )
        if off or day.weekday() not in person.works:
            return 0
        hours = self._span(person.works[day.weekday()])
        rest = person.rests.get(day.weekday())
        return hours & ~(self._span(rest) if rest else 0)

    @staticmethod
    def _span(span: Span) -> int:
        return cells(minute_of(span[0]), minute_of(span[1]))

    def room_for(self, need: Need, clinician: int, day: date, start: int) -> int | None:
        """Return the first room of the kind in which everything is free at this start, or None."""
        end = start + need.minutes
        held = cells(start, end)
        if held & ~self.working(clinician, day) or held & self._busy.get(("clinician", clinician, day), 0):
            return None
        if cells(start - need.numbing, end) & self._busy.get(("patient", need.patient, day), 0):
            return None
        span = cells(start, end + need.turnover)
        if need.device and self.device_for(day, span) is None:
            return None
        order = sorted(range(len(self.rooms)), key=lambda room: (room != clinician % len(self.rooms), room))
        for room in order:
            if self.rooms[room] == need.room_kind and not span & self._busy.get(("room", room, day), 0):
                return room
        return None

    def device_for(self, day: date, span: int) -> int | None:
        """Return the first device that is free in these cells, or None."""
        free = (device for device in range(self.devices) if not span & self._busy.get(("device", device, day), 0))
        return next(free, None)

    def find(
        self, need: Need, clinicians: Iterable[int], days: Iterable[date], wished: date, around: int
    ) -> Seat | None:
        """Return the free start nearest to the wished day and time; each further clinician counts as an hour off."""
        starts = []
        for rank, clinician in enumerate(clinicians):
            for day in days:
                if self.working(clinician, day):
                    far = DAY_COST * abs((day - wished).days) + 60 * rank
                    starts += [
                        (far + abs(start - around), rank, day, start, clinician) for start in range(510, 1200, GRID)
                    ]
        for _cost, _rank, day, start, clinician in sorted(starts):
            room = self.room_for(need, clinician, day, start)
            if room is not None:
                span = cells(start, start + need.minutes + need.turnover)
                return Seat(clinician, room, day, start, self.device_for(day, span) if need.device else None)
        return None

    def take(self, need: Need, seat: Seat) -> None:
        self._mark(need, seat, taken=True)

    def free(self, need: Need, seat: Seat) -> None:
        self._mark(need, seat, taken=False)

    def _mark(self, need: Need, seat: Seat, *, taken: bool) -> None:
        end = seat.start + need.minutes
        held = [
            ("clinician", seat.clinician, seat.start, end),
            ("room", seat.room, seat.start, end + need.turnover),
            ("patient", need.patient, seat.start - need.numbing, end),
        ]
        if seat.device is not None:
            held.append(("device", seat.device, seat.start, end + need.turnover))
        for what, who, start, until in held:
            key, bits = (what, who, seat.day), cells(start, until)
            busy = self._busy.get(key, 0)
            self._busy[key] = busy | bits if taken else busy & ~bits

    def share(self, first: date, last: date) -> float:
        """Return the part of the working minutes of these days that visits take."""
        worked = taken = 0
        day = first
        while day <= last:
            for clinician in range(len(CLINICIANS)):
                working = self.working(clinician, day)
                worked += working.bit_count()
                taken += (working & self._busy.get(("clinician", clinician, day), 0)).bit_count()
            day += timedelta(days=1)
        return taken / worked if worked else 0.0


def span_of_days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=step) for step in range((last - first).days + 1)]
