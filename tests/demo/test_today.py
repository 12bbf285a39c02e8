"""Today of a new demo: at any hour the desk finds a day that somebody has kept."""

from datetime import date

import pytest

from clinic.demo.today import keep_today
from clinic.models import Clinician, Room
from scheduling.models import Appointment
from tests import factory
from tests.scheduling.helpers import take

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 23)


def test_what_is_over_is_closed_what_runs_runs_and_who_comes_waits() -> None:
    factory.make_clinic()
    moira: Clinician = factory.make_clinician()
    room: Room = factory.make_room()
    walls = [f"{hour:02d}:{minute}" for hour in range(8, 12) for minute in ("00", "30")]
    visits = [take(moira, room, TODAY, wall, 30) for wall in [*walls, "12:15", "12:50", "15:00"]]
    tomorrow = take(moira, room, date(2026, 11, 24), "08:00", 30)
    assert keep_today(factory.at(TODAY, "12:46")) == len(visits) - 1
    found = list(Appointment.objects.order_by("starts_at").values_list("status", flat=True))
    assert found == [*["completed"] * 7, "no_show", "in_treatment", "arrived", "booked", "booked"]
    tomorrow.refresh_from_db()
    assert tomorrow.status == "booked"
