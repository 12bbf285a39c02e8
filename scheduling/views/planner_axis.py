"""The measure of the strip calendar: which day lies where, in one strip or, for a very long course, in two."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import ceil
from zoneinfo import ZoneInfo

from clinic.lib.days import local_day, midnight

WIDTH, LEFT, RIGHT = 1192.0, 6.2, 14.0
"""Units of the drawing; a node at either end stays whole."""
DAY = 15.6
"""How wide a day is. A course longer than eleven weeks makes it narrower."""
LONGEST = 31 * 7
"""Days that one strip shows well: fifteen sessions, one every two weeks. More take a second strip."""


@dataclass(frozen=True)
class Piece:
    """What a span of days covers of one strip."""

    row: int
    left: float
    right: float

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def middle(self) -> float:
        return (self.left + self.right) / 2


@dataclass(frozen=True)
class Axis:
    """Local days on one strip or two, from a Monday on."""

    start: date
    day: float
    rows: int
    per_row: int

    @classmethod
    def over(cls, first: date, last: date) -> "Axis":
        """Return the axis that shows both days: as wide as can be, and never wider than usual."""
        start = first - timedelta(days=first.weekday())
        count = (last - start).days + 1
        if count <= LONGEST:
            day = min(DAY, (WIDTH - LEFT - RIGHT) / count)
            return cls(start, day, 1, ceil((WIDTH - LEFT) / day))
        half = ceil(count / 14) * 7
        return cls(start, (WIDTH - LEFT) / half, 2, half)

    @property
    def count(self) -> int:
        """Days that are seen; the last one may be cut."""
        return self.rows * self.per_row

    @property
    def last(self) -> date:
        return self.start + timedelta(days=self.count - 1)

    def at(self, day: date) -> int:
        return (day - self.start).days

    def at_instant(self, moment: datetime, zone: ZoneInfo) -> float:
        """Return where an instant lies, in days from the start: noon is half a day."""
        day = local_day(moment, zone)
        since, until = midnight(day, zone), midnight(day + timedelta(days=1), zone)
        return self.at(day) + (moment - since) / (until - since)

    def point(self, day: date) -> tuple[int, float]:
        """Return the strip and the place of the middle of a day."""
        at = self.at(day)
        row = min(at // self.per_row, self.rows - 1)
        return row, LEFT + (at - row * self.per_row + 0.5) * self.day

    def pieces(self, since: float, until: float) -> Iterator[Piece]:
        """Yield what days from `since` up to `until` cover, cut at the ends of each strip."""
        for row in range(self.rows):
            begin = row * self.per_row
            low, high = max(since, begin), min(until, begin + self.per_row)
            left, right = LEFT + (low - begin) * self.day, min(WIDTH, LEFT + (high - begin) * self.day)
            if low < high and left < right:
                yield Piece(row, left, right)
