"""Each part of what a course costs, alone: what it is, and that the search weighs it."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest

from scheduling.planning.chain import best_chain
from scheduling.planning.context import Own
from scheduling.planning.cost import NEVER, Price, Weights, gap_cost, hole_cost, time_cost
from scheduling.planning.price import prices
from scheduling.planning.stages import cheapest_start, stages_from_scratch
from scheduling.planning.types import Choices, Rhythm, Slot
from scheduling.planning.windows import Rule
from tests.scheduling.small_clinic import DAY_ONE, SmallClinic, open_clinic

W = Weights()
TUESDAYS = Choices(DAY_ONE + timedelta(days=1), frozenset({1}), time(14), 1, True, Rhythm.WEEKLY, 4)
FIRST = DAY_ONE + timedelta(days=1)


def at(day: date, wall: str, clinician: int = 1) -> Slot:
    return Slot(datetime.combine(day, time.fromisoformat(wall), tzinfo=UTC), clinician)


def weekly(*walls: str, gaps: tuple[int, ...] = (7, 7, 7), who: tuple[int, ...] = (1, 1, 1, 1)) -> list[Slot]:
    day, slots = FIRST, []
    for wall, gap, clinician in zip(walls or ["14:00"] * 4, (0, *gaps), who, strict=True):
        day += timedelta(days=gap)
        slots.append(at(day, wall, clinician))
    return slots


def priced(slots: list[Slot], clinic: SmallClinic | None = None) -> list[Price]:
    return prices((clinic or open_clinic(TUESDAYS)).context, slots, FIRST)


def test_a_course_as_wished_costs_nothing() -> None:
    assert sum(priced(weekly()), Price()) == Price()


@pytest.mark.parametrize(("minute", "quarters"), [(840, 0), (841, 1), (855, 1), (825, 1), (810, 2), (900, 4)])
def test_time_costs_each_quarter_that_has_begun(minute: int, quarters: int) -> None:
    assert time_cost(minute, 840, W) == quarters * W.quarter_hour


@pytest.mark.parametrize(("before", "after", "holes"), [(0, 0, 0), (30, 45, 0), (10, 0, 1), (0, 29, 1), (15, 15, 2)])
def test_a_hole_is_a_stretch_shorter_than_any_visit(before: int, after: int, holes: int) -> None:
    assert hole_cost(before, after, 30, W) == holes * W.hole


def test_the_gap_costs_its_distance_from_the_ideal_and_is_refused_when_too_early() -> None:
    rule = Rule(7, 10, 14)
    assert [gap_cost(gap, rule, W, 9) for gap in (7, 9, 10, 13, 14)] == [6, 2, 0, 6, 8]
    assert gap_cost(6, rule, W, 9) == NEVER
    assert gap_cost(15, rule, W, 9) == 10 + W.late_day


def test_the_first_sessions_keep_to_the_wish_more_firmly() -> None:
    rule = Rule(7, 7, 14)
    assert [gap_cost(8, rule, W, number) for number in (1, 2, 3, 4)] == [4, 4, 4, 2]
    moved = (
        [price.gap for price in priced(weekly(gaps=(8, 7, 7)))],
        [price.gap for price in priced(weekly(gaps=(7, 7, 8)))],
    )
    assert moved == ([0, 4, 0, 0], [0, 0, 0, 2])


def test_another_weekday_another_clinician_and_a_change_are_three_things() -> None:
    late = priced(weekly(gaps=(7, 7, 8), who=(1, 1, 1, 2)))[3]
    assert late == Price(day=W.other_day, gap=W.gap_day, clinician=W.other_clinician, change=W.change)
    again = priced(weekly(who=(2, 2, 2, 2)))
    assert [price.change for price in again] == [0, 0, 0, 0]
    assert [price.clinician for price in again] == [16, 16, 16, 8]


def test_a_change_counts_from_the_visit_before_the_first_one_too() -> None:
    clinic = open_clinic(TUESDAYS)
    clinic.own, clinic.first_number = [Own(FIRST - timedelta(days=7), 2)], 2
    assert priced(weekly(), clinic)[0].change == W.change * W.early_factor


def test_lateness_outweighs_everything_else_of_a_session() -> None:
    assert priced(weekly(gaps=(7, 7, 16)))[3].late == 2 * W.late_day
    assert W.late_day > 32 * W.quarter_hour + W.other_day + W.other_clinician + W.change + 2 * W.hole


def test_a_start_that_leaves_no_hole_wins_when_it_is_near() -> None:
    clinic = open_clinic(TUESDAYS, weights=replace(W, hole=5))
    clinic.free["clinicians"][1][1] -= set(range(13 * 60, 13 * 60 + 45))
    cost, start = cheapest_start(clinic.context, FIRST, 1) or (0, 0)
    assert datetime.fromtimestamp(start, UTC).time() == time(13, 45)
    assert cost == W.quarter_hour


def test_the_search_pays_for_a_change_only_where_it_must() -> None:
    clinic = open_clinic(replace(TUESDAYS, clinician_id=None))
    clinic.free["clinicians"][1][8] = set()
    nobody_asked = best_chain(stages_from_scratch(clinic.context, FIRST))
    assert {node.clinician_id for node in nobody_asked} == {2}
    clinic = open_clinic(TUESDAYS)
    clinic.free["clinicians"][1][8] = set()
    asked = best_chain(stages_from_scratch(clinic.context, FIRST))
    assert [node.clinician_id for node in asked] == [1, 2, 1, 1]
    total = sum(price.total for price in priced([node.slot for node in asked], clinic))
    assert total == W.early_factor * (W.other_clinician + 2 * W.change), "two changes in the first three sessions"
