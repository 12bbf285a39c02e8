"""The clinic's calendar in the demo: statutory days of Newfoundland, the winter closure, who is away."""

from dataclasses import dataclass
from datetime import date, timedelta

TUESDAY = 1
PAST_WEEKS = 6
AHEAD_WEEKS = 12
MEMORY_DAYS = 330
"""How far back the oldest visit of the demo may lie."""


@dataclass(frozen=True)
class Closed:
    name: str
    first: date
    last: date

    def holds(self, day: date) -> bool:
        return self.first <= day <= self.last


@dataclass(frozen=True)
class Away:
    """A clinician, by place in the list, away on whole local days, both included."""

    clinician: int
    first: date
    last: date
    reason: str


def easter(year: int) -> date:
    """Return Easter Sunday by the rule of Meeus, Jones and Butcher."""
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    step = (32 + 2 * e + 2 * i - h - k) % 7
    m = (a + 11 * h + 19 * step) // 433
    month, day = divmod(h + step - 7 * m + 114, 31)
    return date(year, month, day + 1)


def nth_monday(year: int, month: int, n: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=-first.weekday() % 7 + 7 * (n - 1))


def _of_year(year: int) -> list[Closed]:
    one_day = [
        ("New Year’s Day", date(year, 1, 1)),
        ("Good Friday", easter(year) - timedelta(days=2)),
        ("Memorial Day and Canada Day", date(year, 7, 1)),
        ("Labour Day", nth_monday(year, 9, 1)),
        ("Day for Truth and Reconciliation", date(year, 9, 30)),
        ("Thanksgiving", nth_monday(year, 10, 2)),
        ("Remembrance Day", date(year, 11, 11)),
        ("Christmas Day", date(year, 12, 25)),
        ("Boxing Day", date(year, 12, 26)),
    ]
    winter = Closed("Christmas closure", date(year, 12, 25), date(year + 1, 1, 1))
    return [Closed(name, day, day) for name, day in one_day] + [winter]


def closures(today: date) -> list[Closed]:
    """Return the closed days of this and next year, and those of last year that past visits had to heed."""
    found = [closed for year in (today.year - 1, today.year, today.year + 1) for closed in _of_year(year)]
    since = min(date(today.year, 1, 1), today - timedelta(days=MEMORY_DAYS))
    return sorted((closed for closed in found if closed.last >= since), key=lambda closed: (closed.first, closed.last))


def closures_between(first: date, last: date) -> list[Closed]:
    """Return the closed days that touch a stretch of days, in their order."""
    found = [closed for year in range(first.year - 1, last.year + 1) for closed in _of_year(year)]
    touching = [closed for closed in found if closed.last >= first and closed.first <= last]
    return sorted(touching, key=lambda closed: (closed.first, closed.last))


@dataclass(frozen=True)
class Tuesdays:
    """The Tuesdays on which a course at 14:00 with Moira is free, but for two: one taken, one in her absence."""

    free: tuple[date, ...]
    taken: date
    away: date


def tuesdays(today: date, closed: list[Closed]) -> Tuesdays:
    """Choose for the two clashes the third and the eighth open Tuesday of those at least a week ahead."""
    first = today + timedelta(days=(TUESDAY - today.weekday() - 1) % 7 + 1)
    coming = [first + timedelta(weeks=week) for week in range(AHEAD_WEEKS + 2)]
    is_open = [day for day in coming if not any(row.holds(day) for row in closed)]
    later = [day for day in is_open if day >= today + timedelta(weeks=1)]
    return Tuesdays(tuple(is_open), taken=later[2], away=later[7])


def absences(today: date, closed: list[Closed]) -> list[Away]:
    """Return Moira's three days about nine weeks ahead, and Étienne's course in three weeks."""
    middle = tuesdays(today, closed).away
    course = today + timedelta(days=21 + (3 - today.weekday()) % 7)
    return [
        Away(0, middle - timedelta(days=1), middle + timedelta(days=1), "Family wedding"),
        Away(2, course, course + timedelta(days=1), "Course"),
    ]
