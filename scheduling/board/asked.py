"""What a person asked the board for, read from its address: which days, by whom or by room, and of whom."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from urllib.parse import urlencode

from django.http import Http404, QueryDict
from django.urls import reverse

YEARS = range(2000, 2101)
"""Days further off were typed wrong."""
WEEK = timedelta(days=7)


class View(StrEnum):
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class By(StrEnum):
    CLINICIANS = "clinicians"
    ROOMS = "rooms"


@dataclass(frozen=True)
class Asked:
    """A board: the view, a day within it, its columns, the one clinician of a week, and what it hides.

    `hides_off` leaves out what did not take place: no-shows and cancellations. `paints` is the mode in which hours
    are changed; rooms have none.
    """

    view: View
    day: date
    by: By = By.CLINICIANS
    clinician_id: int | None = None
    hides_names: bool = False
    hides_off: bool = False
    paints: bool = False

    @classmethod
    def read(cls, view: View, day: date, query: QueryDict) -> "Asked":
        """Read the address. Raises Http404 for a day that is none, and for columns that nobody offered."""
        if day.year not in YEARS:
            raise Http404
        by, who = query.get("by") or By.CLINICIANS, query.get("clinician", "")
        if by not in list(By) or (who and not (who.isascii() and who.isdigit() and len(who) <= 9)):
            raise Http404
        hides_names, hides_off = query.get("names") == "off", query.get("off") == "hide"
        paints = query.get("hours") == "1" and by != By.ROOMS
        return cls(view, day, By(by), int(who) if who else None, hides_names, hides_off, paints)

    @property
    def first(self) -> date:
        """The first local day that is shown: Monday of the week, of the week of the 1st for a month."""
        if self.view == View.DAY:
            return self.day
        start = self.day if self.view == View.WEEK else self.day.replace(day=1)
        return start - timedelta(days=start.weekday())

    @property
    def last(self) -> date:
        """The last local day that is shown."""
        if self.view == View.DAY:
            return self.day
        if self.view == View.WEEK:
            return self.first + timedelta(days=6)
        next_month = (self.day.replace(day=1) + timedelta(days=32)).replace(day=1)
        end = next_month - timedelta(days=1)
        return end + timedelta(days=6 - end.weekday())

    @property
    def days(self) -> list[date]:
        return [self.first + timedelta(days=step) for step in range((self.last - self.first).days + 1)]

    def step(self, way: int) -> date:
        """Return the day that the arrow before (-1) or after (1) leads to."""
        if self.view == View.DAY:
            return self.day + timedelta(days=way)
        if self.view == View.WEEK:
            return self.day + way * WEEK
        first = self.day.replace(day=1)
        return (first - timedelta(days=1)).replace(day=1) if way < 0 else (first + timedelta(days=32)).replace(day=1)

    def url(self, **other: object) -> str:
        """Return the address of this board, or of one that differs in `other`: view, day (None is today), by, …"""
        view, day = other.get("view", self.view), other.get("day", self.day)
        name = "board" if view == View.DAY else f"board_{view}"
        path = reverse(name, args=[day]) if day else reverse(name)
        return path + self._query(view, other)

    def feed_url(self) -> str:
        return reverse(f"board_{self.view}_feed", args=[self.day]) + self._query(self.view, {})

    def _query(self, view: object, other: dict[str, object]) -> str:
        by, who = other.get("by", self.by), other.get("clinician_id", self.clinician_id)
        hides, off = other.get("hides_names", self.hides_names), other.get("hides_off", self.hides_off)
        paints = other.get("paints", self.paints) and by != By.ROOMS and view != View.MONTH
        asked = {
            "by": by if view == View.DAY and by != By.CLINICIANS else None,
            "clinician": who if view == View.WEEK else None,
            "names": "off" if hides else None,
            "off": "hide" if off else None,
            "hours": "1" if paints else None,
        }
        kept = {name: value for name, value in asked.items() if value is not None}
        return f"?{urlencode(kept)}" if kept else ""
