"""The gap belongs to the area: courses of one patient that treat one place keep their distance from each other."""

from datetime import date, time, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clinic.models import Clinician, Room
from scheduling.models import Absence, Appointment, Closure
from scheduling.planning import planner
from scheduling.planning.types import Mark
from tests import factory
from tests.scheduling.conftest import MONDAY
from tests.scheduling.helpers import choose, days_of, take
from treatments.models import Area, PlanArea, PlanStatus, Session, Side, TreatmentPlan

pytestmark = pytest.mark.django_db
DAY = date(2026, 12, 1)
LEFT, RIGHT, MIDLINE = Side.LEFT, Side.RIGHT, Side.MIDLINE


def beside(plan: TreatmentPlan, *places: tuple[Area, Side], **fields: object) -> TreatmentPlan:
    """Make another course of the same patient that treats these places."""
    return factory.make_plan(plan.patient, factory.make_protocol(name="Legs"), areas=list(places), **fields)


def hold(course: TreatmentPlan, clinician: Clinician, room: Room, day: date, wall: str = "09:00", **more: str) -> None:
    session = course.sessions.filter(appointments=None).first()
    take(clinician, room, day, wall, 30, patient=course.patient, session=session, **more)


@pytest.mark.parametrize(
    ("here", "there", "meet"),
    [
        (LEFT, LEFT, True),
        (LEFT, RIGHT, False),
        (RIGHT, LEFT, False),
        (LEFT, MIDLINE, True),
        (MIDLINE, RIGHT, True),
        (MIDLINE, MIDLINE, True),
    ],
)
def test_sides_meet_where_the_needle_goes_to_the_same_skin(
    plan: TreatmentPlan, moira: Clinician, rooms: list[Room], here: Side, there: Side, meet: bool
) -> None:
    plan.areas.update(side=here)
    legs = beside(plan, (plan.areas.get().area, there))
    hold(legs, moira, rooms[0], date(2026, 12, 3))
    line = planner.propose(plan, choose(moira), MONDAY).lines[0]
    assert (line.mark == Mark.EARLY) is meet
    if meet:
        said = "Legs treats the same area on Thu 3 Dec: 2 days apart, 7 needed"
        assert line.findings[0].sentence == said


def test_another_place_is_another_matter(plan: TreatmentPlan, moira: Clinician, rooms: list[Room]) -> None:
    face = beside(plan, (Area.objects.create(key="face", name="Face"), LEFT))
    hold(face, moira, rooms[0], date(2026, 12, 3))
    assert planner.propose(plan, choose(moira), MONDAY).lines[0].mark == Mark.FREE


def test_the_larger_minimum_counts_whichever_course_has_it(
    plan: TreatmentPlan, moira: Clinician, rooms: list[Room]
) -> None:
    area = plan.areas.get().area
    legs = beside(plan, (area, LEFT), interval_min=12, interval_ideal=12)
    hold(legs, moira, rooms[0], date(2026, 11, 24))
    said = "Legs treats the same area on Tue 24 Nov: 7 days apart, 12 needed"
    assert planner.propose(plan, choose(moira), MONDAY).lines[0].findings[0].sentence == said
    hold(plan, moira, rooms[0], date(2026, 12, 14))
    line = planner.propose(legs, choose(moira, start_on=date(2026, 12, 21), weekdays={0}), MONDAY).lines[0]
    assert line.findings[0].sentence == f"{plan.name} treats the same area on Mon 14 Dec: 7 days apart, 12 needed"


def test_of_two_courses_too_near_the_nearest_is_named(plan: TreatmentPlan, moira: Clinician, rooms: list[Room]) -> None:
    area = plan.areas.get().area
    far = beside(plan, (area, LEFT), name="Scars")
    near = beside(plan, (area, LEFT), name="Legs")
    hold(far, moira, rooms[0], date(2026, 11, 26))
    hold(near, moira, rooms[0], date(2026, 12, 2))
    said = planner.propose(plan, choose(moira), MONDAY).lines[0].findings[0].sentence
    assert said == "Legs treats the same area on Wed 2 Dec: 1 day apart, 7 needed"


@pytest.mark.parametrize("status", [PlanStatus.FINISHED, PlanStatus.DISCONTINUED, PlanStatus.PAUSED])
def test_what_was_treated_last_week_counts_when_its_course_has_ended(
    plan: TreatmentPlan, moira: Clinician, rooms: list[Room], status: PlanStatus
) -> None:
    legs = beside(plan, (plan.areas.get().area, LEFT))
    hold(legs, moira, rooms[0], date(2026, 11, 20), status="completed")
    TreatmentPlan.objects.filter(pk=legs.pk).update(status=status)
    line = planner.propose(plan, choose(moira, start_on=date(2026, 11, 24)), MONDAY).lines[0]
    said = "Legs treated the same area on Fri 20 Nov: 4 days apart, 7 needed"
    assert [finding.sentence for finding in line.findings] == [said]
    assert not TreatmentPlan.objects.sharing_an_area_with(plan).filter(status=PlanStatus.FINISHED).exists()


def test_a_missed_or_cancelled_visit_treated_nothing(plan: TreatmentPlan, moira: Clinician, rooms: list[Room]) -> None:
    legs = beside(plan, (plan.areas.get().area, LEFT))
    hold(legs, moira, rooms[0], date(2026, 12, 2), status="cancelled")
    hold(legs, moira, rooms[0], date(2026, 12, 3), status="no_show")
    assert planner.propose(plan, choose(moira), MONDAY).lines[0].mark == Mark.FREE


# --- Every proposal against a slow check -------------------------------------------------------------------------

places = st.lists(st.tuples(st.integers(0, 1), st.sampled_from(list(Side))), min_size=1, max_size=3, unique=True)
others = st.lists(
    st.tuples(places, st.integers(7, 14), st.lists(st.integers(-10, 60), min_size=1, max_size=4, unique=True)),
    min_size=1,
    max_size=2,
)


def slow_distance(plan: TreatmentPlan, day: date) -> int:
    """Return how many days more than needed lie between a day and any visit on a place that the plan treats.

    Looked up one row after another, without the planner's own queries.
    """
    mine = {(row.area_id, row.side) for row in PlanArea.objects.filter(plan=plan)}
    spare = [1000]
    for other in TreatmentPlan.objects.filter(patient=plan.patient).exclude(pk=plan.pk):
        theirs = {(row.area_id, row.side) for row in PlanArea.objects.filter(plan=other)}
        meets = any(a == b and (x == y or MIDLINE in (x, y)) for a, x in mine for b, y in theirs)
        for session in Session.objects.filter(plan=other):
            for visit in Appointment.objects.holding().filter(session=session):
                days = abs((factory.local_day(visit.starts_at) - day).days)
                spare += [days - max(plan.interval_min, other.interval_min)] if meets else []
    return min(spare)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(mine=places, least=st.integers(7, 10), theirs=others, weekday=st.integers(0, 4), anyone=st.booleans())
def test_no_proposed_or_mended_line_stands_too_near_to_another_course(
    mine: list[tuple[int, Side]], least: int, theirs: list, weekday: int, anyone: bool
) -> None:
    for model in (Appointment, Absence, Closure):
        model.objects.all().delete()
    Clinician.objects.update(is_active=False)
    Room.objects.update(is_active=False)
    factory.make_clinic()
    moira, other, room = factory.make_clinician(), factory.make_clinician(), factory.make_room()
    factory.make_room()
    areas = [Area.objects.get_or_create(key=key, defaults={"name": key})[0] for key in ("thigh", "knee")]
    plan = factory.make_plan(
        clinician=moira,
        areas=[(areas[n], side) for n, side in mine],
        interval_min=least,
        interval_ideal=least,
    )
    busy: set[date] = set()
    for where, gap, offsets in theirs:
        course = beside(plan, *((areas[n], side) for n, side in where), interval_min=gap, interval_ideal=gap)
        for offset in offsets:
            day = DAY + timedelta(days=offset)
            if day not in busy:
                busy.add(day)
                hold(course, other, room, day, "08:00")
    choices = choose(moira, count=4, weekdays={weekday}, around=time(15, 0), else_anyone=anyone)
    wished = planner.propose(plan, choices, MONDAY)
    for line in wished.lines:
        near = slow_distance(plan, factory.local_day(line.slot.starts_at)) < 0
        said = any("the same area on" in finding.sentence for finding in line.findings)
        assert said is near
    mended = planner.mend(plan, choices, wished.slots, MONDAY)
    if not mended.shortfall:
        assert [day for day in days_of(mended) if slow_distance(plan, day) < 0] == []
    for line in mended.lines:
        for option in [*line.options, *planner.pick_list(plan, choices, mended.slots, line.number, MONDAY)[:5]]:
            assert slow_distance(plan, factory.local_day(option.slot.starts_at)) >= 0
