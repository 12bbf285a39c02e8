"""What somebody wishes of the hours: how the service is asked, what speaks against it, how the plain hours change."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from scheduling.services import hours as services
from scheduling.services.errors import HoursRefused
from scheduling.services.hours_rules import WeekSpan
from tests import factory
from tests.scheduling.plain import hours as plain
from tests.scheduling.plain.book import Book
from tests.scheduling.plain.ground import DAYS, WEEKS
from tests.scheduling.plain.hours import Refused

Asked = tuple[Callable[..., Any], Refused, Callable[[], None], dict[str, Any]]
"""The service, why it must refuse, what changes in the plain hours, and how it is asked."""


@dataclass
class Wish:
    book: Book
    clinician: int
    days: int
    variant: int
    listed: bool

    @property
    def today(self) -> date:
        return self.book.day(self.book.now)

    @property
    def day(self) -> date:
        return self.today + timedelta(days=self.days)

    @property
    def shown(self) -> set[int]:
        """Visits that were on the screen of whoever saves."""
        return {visit["key"] for visit in self.book.standing()} if self.listed else set()

    @property
    def over(self) -> Refused:
        return {HoursRefused} if self.day < self.today else set()

    def of(self, what: str) -> Asked | None:
        asks = {
            "away": self.away,
            "back": self.back,
            "closed": self.closed,
            "open": self.open,
            "day": self.own_day,
            "as usual": self.as_usual,
            "week": self.week,
        }
        return asks[what]()

    def away(self) -> Asked:
        start = factory.at(self.day, "00:00")
        end = factory.at(self.day + timedelta(days=self.variant), "10:15")
        hours, who = self.book.hours, self.clinician
        return (
            services.add_absence,
            plain.absence_refused(hours, who, start, end, self.book.now),
            lambda: hours.add("away", clinician=who, until=end, **{"from": start}),
            {"clinician_id": who, "starts_at": start, "ends_at": end, "listed": self.shown},
        )

    def back(self) -> Asked | None:
        keys = self.book.hours.some("away")
        if not keys:
            return None
        key = keys[self.variant % len(keys)]
        refused: Refused = {HoursRefused} if self.book.hours.rows[key]["until"] <= self.book.now else set()
        change = lambda: plain.absence_ends(self.book.hours, key, self.book.now)  # noqa: E731
        return services.remove_absence, refused, change, {"absence_id": self.book.hours.pk(key)}

    def closed(self) -> Asked:
        last = self.day + timedelta(days=self.variant)
        return (
            services.add_closure,
            {HoursRefused} if last < self.today else set(),
            lambda: self.book.hours.add("closed", until=last, **{"from": self.day}),
            {"name": "Closed", "starts_on": self.day, "ends_on": last, "listed": self.shown},
        )

    def open(self) -> Asked | None:
        keys = self.book.hours.some("closed")
        if not keys:
            return None
        key = keys[self.variant % len(keys)]
        refused: Refused = {HoursRefused} if self.book.hours.rows[key]["until"] < self.today else set()
        change = lambda: plain.closure_ends(self.book.hours, key, self.today)  # noqa: E731
        return services.remove_closure, refused, change, {"closure_id": self.book.hours.pk(key)}

    def own_day(self) -> Asked:
        spans = DAYS[self.variant % len(DAYS)]
        return (
            services.change_day,
            self.over,
            lambda: plain.new_day(self.book.hours, self.clinician, self.day, spans),
            {"clinician_id": self.clinician, "on": self.day, "spans": spans, "listed": self.shown},
        )

    def as_usual(self) -> Asked | None:
        own = [self.book.hours.rows[key] for key in self.book.hours.some("day")]
        if not own:
            return None
        row = own[self.variant % len(own)]
        refused: Refused = {HoursRefused} if row["on"] < self.today else set()

        def change() -> None:
            for key in self.book.hours.some("day", clinician=row["clinician"], on=row["on"]):
                del self.book.hours.rows[key]

        asked = {"clinician_id": row["clinician"], "on": row["on"], "listed": self.shown}
        return services.remove_change, refused, change, asked

    def week(self) -> Asked:
        spans = WEEKS[self.variant]
        return (
            services.set_weekly_hours,
            self.over,
            lambda: plain.new_week(self.book.hours, self.clinician, self.day, spans),
            {
                "clinician_id": self.clinician,
                "valid_from": self.day,
                "spans": [WeekSpan(day, start, end, "break" if rest else "work") for day, start, end, rest in spans],
                "listed": self.shown,
            },
        )
