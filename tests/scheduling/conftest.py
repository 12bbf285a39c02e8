from collections.abc import Iterator
from datetime import datetime

import pytest
import time_machine

from clinic.models import Clinician, Room
from tests import factory
from treatments.models import TreatmentPlan

MONDAY = datetime.fromisoformat("2026-11-23T12:30:00+00:00")
"""Monday 23 November 2026, 9:00 in St. John's: "now" of these tests."""


@pytest.fixture
def book(db: None) -> dict[str, object]:
    """A clinic with two clinicians, two rooms, and a plan of ten weekly sessions of 45 minutes for one patient."""
    factory.make_clinic()
    moira = factory.make_clinician("Moira Hynes")
    anika = factory.make_clinician("Dr. Anika Sandhu", short_name="Dr. Sandhu")
    rooms = [factory.make_room("Room 1"), factory.make_room("Room 2")]
    plan = factory.make_plan(clinician=moira)
    return {"moira": moira, "anika": anika, "rooms": rooms, "plan": plan}


@pytest.fixture
def moira(book: dict[str, object]) -> Clinician:
    return book["moira"]  # type: ignore[return-value]


@pytest.fixture
def anika(book: dict[str, object]) -> Clinician:
    return book["anika"]  # type: ignore[return-value]


@pytest.fixture
def rooms(book: dict[str, object]) -> list[Room]:
    return book["rooms"]  # type: ignore[return-value]


@pytest.fixture
def plan(book: dict[str, object]) -> TreatmentPlan:
    return book["plan"]  # type: ignore[return-value]


@pytest.fixture
def time_on_monday() -> Iterator[None]:
    """Let the pages see the "now" of these tests."""
    with time_machine.travel(MONDAY, tick=False):
        yield
