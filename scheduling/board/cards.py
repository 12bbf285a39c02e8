"""A visit as a card of the board: plain words for a script that puts them into the page as text."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property, lru_cache
from typing import Any

from django.utils import formats
from django.utils.translation import gettext as _

from clinic.lib.access import Permission
from clinic.lib.days import clock, day_words, local_day
from scheduling.acts import verbs_of
from scheduling.board.asked import Asked, By, View
from scheduling.day.flags import Flag, Measures, flags_of
from scheduling.day.visits import DayVisit

NATIONAL = 12
"""Letters of a North American number in E.164: +1 and ten digits."""


@dataclass(frozen=True)
class Cards:
    """Makes the cards of one board. `discreet` leaves out who the patients are."""

    asked: Asked
    measures: Measures
    short_names: dict[int, str]
    granted: Collection[Permission] = ()

    @property
    def discreet(self) -> bool:
        return self.asked.hides_names

    def card(self, visit: DayVisit) -> dict[str, Any]:
        """Return one visit; its times are wall times of the clinic."""
        zone = self.measures.zone
        starts, ends = visit.starts_at.astimezone(zone), visit.ends_at.astimezone(zone)
        found = {
            "id": visit.public_id,
            "v": visit.version,
            "s": visit.status,
            "col": self._column(visit, starts.date()),
            "on": starts.date().isoformat(),
            "from": clock(starts.time()),
            "until": clock(ends.time()) if ends.date() == starts.date() else "24:00",
            "minutes": int((visit.ends_at - visit.starts_at).total_seconds() // 60),
            "here": clock(visit.arrives_at.astimezone(zone).time()),
            "name": visit.initials if self.discreet else visit.patient_name,
            "what": visit.what,
            "of": self._of % {"number": visit.number, "count": visit.session_count} if visit.number else "",
            "who": self.short_names.get(visit.clinician_id, ""),
            "c": visit.clinician_id,
            "r": visit.room_id,
            "room": visit.room_name,
            "device": visit.device_name or "",
            "acts": verbs_of(visit, self.measures.now, zone, self.granted),
            "flags": [_plain(flag) for flag in flags_of(visit, self.measures)],
        }
        return found if self.discreet else found | self._identity(visit, starts.date())

    def _column(self, visit: DayVisit, day: date) -> str:
        if self.asked.view == View.WEEK:
            return f"d{day.isoformat()}"
        return f"r{visit.room_id}" if self.asked.by == By.ROOMS else f"c{visit.clinician_id}"

    # What is the same of every card is worked out once.
    @cached_property
    def _of(self) -> str:
        return _("%(number)d of %(count)d")

    @cached_property
    def _late_from(self) -> datetime:
        """Visits before this instant are cancelled late."""
        return self.measures.now + timedelta(hours=self.measures.notice_hours)

    @cached_property
    def _days(self) -> dict[date, str]:
        return {}

    def _day(self, day: date) -> str:
        if day not in self._days:
            self._days[day] = day_words(day, self.today)
        return self._days[day]

    @cached_property
    def today(self) -> date:
        return local_day(self.measures.now, self.measures.zone)

    def _identity(self, visit: DayVisit, day: date) -> dict[str, Any]:
        return {
            "born": born_words(visit.birth_date),
            "file": visit.file_label,
            "phone": phone_text(visit),
            "patient": visit.patient_public_id,
            "why": visit.status_reason,
            "when": self._day(day),
            "late": visit.starts_at < self._late_from,
            "mail": bool(visit.email),
        }


def _plain(flag: Flag) -> list[str]:
    return [flag.key, flag.icon, flag.tone, flag.word, flag.sentence]


@lru_cache(maxsize=4096)
def _born(birth_date: date) -> str:
    return formats.date_format(birth_date, "j M Y")


def born_words(birth_date: date) -> str:
    """Return "14 Mar 1979"."""
    return _born(birth_date)


def phone_text(visit: DayVisit) -> str:
    """Return "709-555-0164". A number of this continent is cut by hand: reading one costs more than the whole card."""
    digits = visit.phone
    if digits.startswith("+1") and len(digits) == NATIONAL and digits[2:].isdigit():
        return f"{digits[2:5]}-{digits[5:8]}-{digits[8:]}"
    return visit.phone_label
