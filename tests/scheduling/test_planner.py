from datetime import date, time, timedelta

import pytest

from clinic.models import Clinician, Room
from scheduling.models import Absence, Closure, HoursChange
from scheduling.planning import planner
from scheduling.planning.types import Choices, Mark, Proposal, Rhythm
from tests import factory
from tests.scheduling.conftest import MONDAY
from tests.scheduling.helpers import choose, days_of, take, walls_of
from treatments.models import TreatmentPlan

pytestmark = pytest.mark.django_db


def test_a_free_book_gives_the_wished_course(plan: TreatmentPlan, moira: Clinician) -> None:
    proposal = planner.propose(plan, choose(moira), MONDAY)
    assert days_of(proposal) == [date(2026, 12, 1) + timedelta(weeks=n) for n in range(10)]
    assert walls_of(proposal) == {time(14, 0)}
    assert {line.mark for line in proposal.lines} == {Mark.FREE}
    assert [line.gap for line in proposal.lines] == [None] + [7] * 9
    assert [line.number for line in proposal.lines] == list(range(1, 11))


def test_a_closed_day_moves_the_session_and_says_why(plan: TreatmentPlan, moira: Clinician) -> None:
    Closure.objects.create(name="Christmas", starts_on=date(2026, 12, 25), ends_on=date(2027, 1, 1))
    proposal = planner.propose(plan, choose(moira), MONDAY)
    fifth = proposal.lines[4]
    assert days_of(proposal)[4] == date(2027, 1, 5)
    assert fifth.mark == Mark.MOVED
    assert fifth.findings[0].sentence == "Moved from Tue 29 Dec: clinic closed 25 Dec – 1 Jan"
    assert (fifth.gap, fifth.gap_is_ideal) == (14, False)
    assert days_of(proposal)[5] == date(2027, 1, 12)


def test_a_moved_session_stays_on_a_day_of_the_clinician_asked_for(
    plan: TreatmentPlan, moira: Clinician, anika: Clinician
) -> None:
    factory.give_hours(anika, 5, "09:00", "17:00")
    Closure.objects.create(name="Christmas", starts_on=date(2026, 12, 25), ends_on=date(2027, 1, 1))
    proposal = planner.propose(plan, choose(moira), MONDAY)
    assert {day.weekday() for day in days_of(proposal)} == {1}


def test_a_clash_names_the_other_patient_and_offers_the_nearest_free_time(
    plan: TreatmentPlan, moira: Clinician, anika: Clinician, rooms: list[Room]
) -> None:
    other = factory.make_patient(first_name="Joanne", last_name="Tizzard")
    take(moira, rooms[0], date(2026, 12, 15), "13:45", 45, patient=other)
    proposal = planner.propose(plan, choose(moira), MONDAY)
    third = proposal.lines[2]
    assert third.mark == Mark.CLASH
    assert third.findings[0].sentence == "Moira is with Joanne Tizzard until 14:30"
    assert third.options[0].words == "30 min later the same day"
    assert "same time, other clinician" in {option.words for option in third.options}
    assert len(third.options) == 4
    assert proposal.clashes == 1


def test_an_absence_says_who_is_away_and_until_when(plan: TreatmentPlan, moira: Clinician, anika: Clinician) -> None:
    Absence.objects.create(
        clinician=moira,
        starts_at=factory.at(date(2027, 1, 25), "00:00"),
        ends_at=factory.at(date(2027, 1, 28), "00:00"),
    )
    proposal = planner.propose(plan, choose(moira), MONDAY)
    assert proposal.lines[8].findings[0].sentence == "Moira is away 25 – 27 Jan"
    assert proposal.lines[8].options[0].slot.clinician_id == anika.pk


def test_hours_and_breaks_are_said_in_words(plan: TreatmentPlan, moira: Clinician) -> None:
    factory.give_hours(moira, 1, "12:00", "13:00", kind="break")
    lunch = planner.propose(plan, choose(moira, around=time(12, 30)), MONDAY)
    assert lunch.lines[0].findings[0].sentence == "Moira has a break from 12:00 to 13:00"
    night = planner.propose(plan, choose(moira, around=time(17, 45)), MONDAY)
    assert night.lines[0].findings[0].sentence == "Moira works 08:00 – 18:00 on Tuesdays"
    sunday = planner.propose(plan, choose(moira, weekdays={6}), MONDAY)
    assert sunday.lines[0].findings[0].sentence == "Moira does not work Sundays"


def test_one_day_may_have_other_hours(plan: TreatmentPlan, moira: Clinician) -> None:
    HoursChange.objects.create(clinician=moira, on=date(2026, 12, 1))
    HoursChange.objects.create(clinician=moira, on=date(2026, 12, 8), starts=time(9), ends=time(12))
    HoursChange.objects.create(clinician=moira, on=date(2026, 12, 19), starts=time(9), ends=time(12))
    proposal = planner.propose(plan, choose(moira), MONDAY)
    assert proposal.lines[0].findings[0].sentence == "Moira does not work on Tue 1 Dec"
    assert proposal.lines[1].findings[0].sentence == "Moira works 09:00 – 12:00 on Tue 8 Dec"
    saturday = planner.judge(
        plan, choose(moira), [proposal.slots[2].at(factory.at(date(2026, 12, 19), "10:00"))], MONDAY
    )
    assert saturday.lines[0].mark == Mark.FREE


def test_fix_mends_every_clash_and_keeps_the_rest(
    plan: TreatmentPlan, moira: Clinician, anika: Clinician, rooms: list[Room]
) -> None:
    take(moira, rooms[0], date(2026, 12, 15), "14:00", 30)
    Absence.objects.create(
        clinician=moira,
        starts_at=factory.at(date(2027, 1, 26), "00:00"),
        ends_at=factory.at(date(2027, 1, 27), "00:00"),
    )
    choices = choose(moira)
    proposal = planner.propose(plan, choices, MONDAY)
    assert proposal.clashes == 2
    mended = planner.mend(plan, choices, proposal.slots, MONDAY)
    assert mended.clashes == 0
    assert mended.early == 0
    same = [a == b for a, b in zip(proposal.slots, mended.slots, strict=True)]
    assert same.count(False) == 2


def test_fix_leaves_a_late_line_that_a_person_set(plan: TreatmentPlan, moira: Clinician, rooms: list[Room]) -> None:
    take(moira, rooms[0], date(2026, 12, 8), "14:00", 30)
    choices = choose(moira, count=4)
    slots = planner.propose(plan, choices, MONDAY).slots
    slots[3] = slots[3].at(slots[3].starts_at + timedelta(days=14))
    mended = planner.mend(plan, choices, slots, MONDAY)
    assert mended.clashes == 0
    assert mended.slots[3] == slots[3]


def test_a_room_that_is_taken_is_swapped_for_a_free_one(
    plan: TreatmentPlan, moira: Clinician, anika: Clinician, rooms: list[Room]
) -> None:
    take(anika, rooms[0], date(2026, 12, 1), "14:00", 30)
    proposal = planner.propose(plan, choose(moira), MONDAY)
    assert proposal.lines[0].slot.room_id == rooms[1].pk
    take(factory.make_clinician("Third Person"), rooms[1], date(2026, 12, 1), "14:00", 30)
    proposal = planner.propose(plan, choose(moira), MONDAY)
    assert proposal.lines[0].findings[0].sentence == "Every room is taken until 14:30"


def test_too_early_and_too_late_are_said_with_the_rule(plan: TreatmentPlan, moira: Clinician) -> None:
    choices = choose(moira, count=4)
    slots = planner.propose(plan, choices, MONDAY).slots
    slots[1] = slots[1].at(slots[1].starts_at - timedelta(days=1))
    slots[3] = slots[3].at(slots[3].starts_at + timedelta(days=8))
    proposal = planner.judge(plan, choices, slots, MONDAY)
    assert [line.mark for line in proposal.lines] == [Mark.FREE, Mark.EARLY, Mark.FREE, Mark.LATE]
    assert proposal.lines[1].findings[0].sentence == "Only 6 days from the session beside it; this course needs 7"
    assert proposal.lines[3].findings[0].sentence == "15 days since the session before, at most 14"


def test_another_course_on_the_same_area_keeps_its_distance(
    plan: TreatmentPlan, moira: Clinician, rooms: list[Room]
) -> None:
    legs = factory.make_plan(
        plan.patient, factory.make_protocol(name="Legs"), areas=[(plan.areas.get().area, "midline")]
    )
    take(moira, rooms[0], date(2026, 12, 3), "09:00", 45, patient=plan.patient, session=legs.sessions.first())
    proposal = planner.propose(plan, choose(moira), MONDAY)
    assert proposal.lines[0].mark == Mark.EARLY
    assert proposal.lines[0].findings[0].sentence == "Legs treats the same area on Thu 3 Dec: 2 days apart, 7 needed"


def test_later_and_earlier_take_the_next_free_time_of_the_day(
    plan: TreatmentPlan, moira: Clinician, rooms: list[Room]
) -> None:
    take(moira, rooms[0], date(2026, 12, 8), "15:00", 30)
    choices = choose(moira)
    slots = planner.propose(plan, choices, MONDAY).slots
    later = planner.shift(plan, choices, slots, 2, 1, MONDAY)
    assert later.slots[1].starts_at == factory.at(date(2026, 12, 8), "14:15")
    again = planner.shift(plan, choices, later.slots, 2, 1, MONDAY)
    assert again.slots[1].starts_at == factory.at(date(2026, 12, 8), "15:30")
    earlier = planner.shift(plan, choices, slots, 2, -1, MONDAY)
    assert earlier.slots[1].starts_at == factory.at(date(2026, 12, 8), "13:45")


def test_pick_lists_only_times_inside_the_due_window(plan: TreatmentPlan, moira: Clinician) -> None:
    choices = choose(moira, count=3)
    slots = planner.propose(plan, choices, MONDAY).slots
    listed = planner.pick_list(plan, choices, slots, 2, MONDAY)
    assert listed
    assert {factory.local_day(option.slot.starts_at) for option in listed} == {date(2026, 12, 8)}
    last = planner.pick_list(plan, choices, slots, 3, MONDAY)
    days = {factory.local_day(option.slot.starts_at) for option in last}
    assert (min(days), max(days)) == (date(2026, 12, 15), date(2026, 12, 22))


def test_a_course_that_finds_no_time_says_which_session(plan: TreatmentPlan, moira: Clinician) -> None:
    Absence.objects.create(
        clinician=moira,
        starts_at=factory.at(date(2026, 12, 20), "00:00"),
        ends_at=factory.at(date(2028, 1, 1), "00:00"),
    )
    choices = choose(moira, else_anyone=False)
    proposal = planner.mend(plan, choices, planner.propose(plan, choices, MONDAY).slots, MONDAY)
    assert proposal.shortfall.startswith("Session 4 finds no free time up to")
    assert len(proposal.lines) == 10


def test_the_planner_opens_with_the_plans_habits(plan: TreatmentPlan, moira: Clinician) -> None:
    plan.usual_weekdays, plan.usual_time = [1, 3], time(13, 30)
    plan.save()
    choices = planner.default_choices(plan, MONDAY)
    assert choices == Choices(date(2026, 11, 24), frozenset({1, 3}), time(13, 30), moira.pk, True, Rhythm.WEEKLY, 10)
    assert isinstance(planner.propose(plan, choices, MONDAY), Proposal)
