"""The clinic of the demo: its name, the people who work there, their hours, its rooms."""

from dataclasses import dataclass, field
from datetime import date, time

CLINIC = {
    "name": "Harbourlight Clinic",
    "short_name": "Harbourlight Clinic",
    "address": "12 Gannet Lane, St. John’s NL  A1C 0X0",
    "phone": "+17095550100",
    "sender_email": "hello@harbourlight.example",
    "zone": "America/St_Johns",
}
PASSWORD = "pistor-demo"  # noqa: S105 - printed beside the address of every demo, and made only here
ROOMS = ["Room 1", "Room 2", "Room 3"]
DEVICE_KIND = ("mesogun", "Mesogun")
DEVICES = ["Mesogun A", "Mesogun B"]
WITH_DEVICE = "meso-lift"
"""The protocol that asks for a device; the others need none."""
TALKS = {"consultation": 30, "review": 20}
TALK_TURNOVER = 5
DESK = ("desk@demo.example", "Dana Rideout")
OWNER = ("owner@demo.example", "Ruth Noseworthy")
MOIRA, ANIKA, ETIENNE, FOLAKE = range(4)
PHYSICIANS = frozenset({ANIKA, FOLAKE})
"""Who may treat the restricted areas (domain 1, row 13)."""

Span = tuple[time, time]


def _span(words: str) -> Span:
    starts, ends = words.split("-")
    return time.fromisoformat(starts), time.fromisoformat(ends)


@dataclass(frozen=True)
class Person:
    """A clinician. `works` and `rests` give each weekday (0 is Monday) its hours and its break."""

    name: str
    short_name: str
    email: str
    licence: str
    works: dict[int, Span] = field(default_factory=dict)
    rests: dict[int, Span] = field(default_factory=dict)


def _person(name: str, short: str, email: str, licence: str, works: dict[int, str], rests: dict[int, str]) -> Person:
    return Person(
        name,
        short,
        email,
        licence,
        {day: _span(words) for day, words in works.items()},
        {day: _span(words) for day, words in rests.items()},
    )


CLINICIANS = [
    _person(
        "Moira Hynes",
        "Moira",
        "clinician@demo.example",
        "RN-DEMO-0412",
        {0: "08:30-17:00", 1: "08:30-17:00", 2: "08:30-17:00", 3: "08:30-17:00", 4: "08:30-15:00"},
        {0: "12:15-13:00", 1: "12:15-13:00", 2: "12:15-13:00", 3: "12:15-13:00", 4: "12:00-12:30"},
    ),
    _person(
        "Dr. Anika Sandhu",
        "Dr. Sandhu",
        "anika.sandhu@demo.example",
        "MD-DEMO-1187",
        {1: "09:00-17:30", 3: "09:00-17:30"},
        {1: "12:30-13:15", 3: "12:00-13:00"},
    ),
    _person(
        "Étienne Cormier",
        "Étienne",
        "etienne.cormier@demo.example",
        "NP-DEMO-0733",
        {1: "10:00-18:00", 2: "10:00-18:00", 3: "11:00-20:00"},
        {1: "12:45-13:30", 2: "12:45-13:30", 3: "15:00-15:45"},
    ),
    _person(
        "Dr. Folake Adeyemi",
        "Dr. Adeyemi",
        "folake.adeyemi@demo.example",
        "MD-DEMO-2041",
        {0: "09:00-16:30", 2: "09:15-17:15", 4: "09:15-17:15"},
        {0: "12:00-13:00", 2: "12:00-12:30", 4: "12:00-12:30"},
    ),
]
HOURS_SINCE = date(2024, 1, 1)
