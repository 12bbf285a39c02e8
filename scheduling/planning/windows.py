"""The due window: the local days on which a session may fall, between both its neighbours (design 4.5).

Calendar days in the clinic's zone, never hours: 10:00 to 10:00 a week later is 7 days across a clock change too.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from scheduling.planning.types import Window


@dataclass(frozen=True)
class Rule:
    """Local days between two sessions: at least (the largest of the plan's and every product's), best, at most."""

    least: int
    ideal: int
    most: int


def window(rule: Rule, previous: date | None, following: date | None, first_possible: date) -> Window:
    """Return the due window of a session between two neighbours, never before `first_possible`."""
    earliest = max(first_possible, previous + timedelta(days=rule.least)) if previous else first_possible
    latest = previous + timedelta(days=rule.most) if previous else None
    if following:
        before = following - timedelta(days=rule.least)
        latest = min(latest, before) if latest else before
    return Window(earliest, latest)


@dataclass(frozen=True)
class Held:
    """A local day that another plan of the patient holds, with the days to keep around it, and the plan's name.

    Days are kept for the sake of the area (design 4.5), or because one of the two is not given on one day with another.
    """

    day: date
    least: int
    words: str
    same_area: bool = True


@dataclass(frozen=True)
class Companion:
    """A visit of another course that may be shared: both on one trip. Instants in seconds since 1970."""

    day: date
    arrives: int
    frees: int
    words: str

    def waiting(self, arrives: int, ends: int) -> int | None:
        """Return the minutes between this visit and one that arrives and ends then; None when they overlap."""
        if self.frees <= arrives:
            return (arrives - self.frees) // 60
        return (self.arrives - ends) // 60 if ends <= self.arrives else None


def neighbours(days: list[date], day: date) -> tuple[date | None, date | None]:
    """Return the nearest other days before and after; a second visit on the same day counts as the one before."""
    at = bisect_left(days, day)
    after = bisect_right(days, day)
    previous = days[at - 1] if at else None
    following = days[after] if after < len(days) else None
    return previous, following


def too_near(held: Iterable[Held], day: date) -> Held | None:
    """Return what is held too near to this day, the nearest of several, or None."""
    near = [other for other in held if abs((other.day - day).days) < other.least]
    return min(near, key=lambda other: (abs((other.day - day).days), other.day), default=None)
