"""Every line that does not stand where it was wished says why, and what it keeps."""

from datetime import date, time

import pytest

from clinic.models import Clinician, Room
from scheduling.models import Absence
from scheduling.planning import planner
from tests import factory
from tests.scheduling.conftest import MONDAY
from tests.scheduling.helpers import choose, take
from treatments.models import TreatmentPlan

pytestmark = pytest.mark.django_db


def whys(plan: TreatmentPlan, **choices: object) -> list[str]:
    chosen = choose(choices.pop("clinician"), **{"count": 4} | choices)  # type: ignore[arg-type]
    wished = planner.propose(plan, chosen, MONDAY)
    return [line.why for line in planner.mend(plan, chosen, wished.slots, MONDAY).lines]


def test_a_course_that_stands_as_wished_says_nothing(plan: TreatmentPlan, moira: Clinician) -> None:
    assert whys(plan, clinician=moira) == ["", "", "", ""]


def test_a_taken_time_is_named_with_the_next_one(plan: TreatmentPlan, moira: Clinician, rooms: list[Room]) -> None:
    joanne = factory.make_patient(first_name="Joanne", last_name="Tizzard")
    take(moira, rooms[0], date(2026, 12, 8), "13:45", 45, patient=joanne)
    why = whys(plan, clinician=moira)[1]
    assert why == "Moira is with Joanne Tizzard until 14:30; 30 min later the same day keeps the gap at 7 days"


def test_an_absence_is_named_with_the_day_and_the_gap_that_it_makes(plan: TreatmentPlan, moira: Clinician) -> None:
    Absence.objects.create(
        clinician=moira,
        starts_at=factory.at(date(2026, 12, 15), "00:00"),
        ends_at=factory.at(date(2026, 12, 16), "00:00"),
    )
    why = whys(plan, clinician=moira, else_anyone=False)
    assert why[2] == "Moira is away 15 Dec; 1 day later, same time makes the gap 8 days"
    assert why[3] == ""


def test_where_nobody_is_asked_for_the_course_keeps_to_one_clinician(
    plan: TreatmentPlan, moira: Clinician, anika: Clinician, rooms: list[Room]
) -> None:
    take(moira, rooms[0], date(2026, 12, 8), "14:00", 30)
    chosen = choose(None, count=4)
    proposal = planner.propose(plan, chosen, MONDAY)
    assert {line.slot.clinician_id for line in proposal.lines} == {anika.pk}
    assert {line.slot.starts_at.astimezone(factory.ST_JOHNS).time() for line in proposal.lines} == {time(14)}
