"""Whom a free time suits: a table of plain values, and what must hold whatever they are."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduling.planning.freetime import to_epoch
from scheduling.planning.waiting import Opening, Person, rank
from scheduling.planning.windows import Held, Rule, neighbours, too_near, window
from tests import factory

NOW = factory.at(date(2026, 11, 24), "14:09")
DAY = date(2026, 11, 25)
"""A Wednesday."""
WEEKLY = Rule(7, 7, 14)
MINUTE = timedelta(minutes=1)


def opening(wall: str = "14:00", minutes: int = 45, **fields: Any) -> Opening:
    start = factory.at(DAY, wall).astimezone(UTC)
    whole = [(to_epoch(start - timedelta(days=1)), to_epoch(start + timedelta(days=1)))]
    values = {
        "clinician_id": 1,
        "starts_at": start,
        "ends_at": start + minutes * MINUTE,
        "zone": factory.ST_JOHNS,
        "shortest": 20,
        "rooms": {1: [whole]},
        "devices": {1: [whole]},
        "names": {1: "Moira", 2: "Dr. Sandhu"},
    }
    return Opening(**(values | fields))


def days(*when: str) -> tuple[date, ...]:
    return tuple(date.fromisoformat(f"2026-{day}") for day in when)


def person(key: int = 1, **fields: Any) -> Person:
    values: dict[str, Any] = {"minutes": 45, "room_kind_id": 1, "since": NOW - timedelta(days=8)}
    return Person(key=key, **(values | fields))


def booked(day: str, wall: str = "14:00") -> datetime:
    return factory.at(date.fromisoformat(f"2026-{day}"), wall)


FITS = {
    "the last day of the window, booked too late": (
        {"rule": Rule(7, 7, 14), "own_days": days("11-11"), "booked_at": booked("12-01"), "from_time": time(12)},
        "Last day of the window",
        "booked 6 days too late; any afternoon",
    ),
    "a day off the best": (
        {"rule": WEEKLY, "own_days": days("11-17"), "from_time": time(13), "notice_hours": 2},
        "Day 8, the best is 7",
        "any day after 13:00; 2 h notice",
    ),
    "the best day, a week sooner": (
        {"rule": WEEKLY, "own_days": days("11-18"), "booked_at": booked("12-02"), "weekdays": frozenset({2})},
        "Day 7, a week sooner",
        "Wednesdays; waits since Mon 16 Nov",
    ),
    "the best day, nothing booked": (
        {"rule": WEEKLY, "own_days": days("11-18"), "clinician_id": 1},
        "Day 7, the best",
        "asked for Moira; waits since Mon 16 Nov",
    ),
    "past the window": (
        {"rule": WEEKLY, "own_days": days("11-09"), "booked_at": booked("12-01")},
        "2 days past the window",
        "waits since Mon 16 Nov",
    ),
    "outside a course, with a rest": ({"minutes": 30}, "Leaves 15 min unused", "waits since Mon 16 Nov"),
    "outside a course, the whole of it": (
        {"booked_at": booked("12-07")},
        "12 days sooner",
        "waits since Mon 16 Nov",
    ),
    "earlier the same day": ({"booked_at": booked("11-25", "17:00")}, "Earlier the same day", "waits since Mon 16 Nov"),
    "nothing booked, any time": ({}, "Nothing is booked yet", "waits since Mon 16 Nov"),
    "an area shared by another course, far enough": (
        {"rule": WEEKLY, "own_days": days("11-18"), "others": (Held(days("11-18")[0], 7, "Legs"),)},
        "Day 7, the best",
        "waits since Mon 16 Nov",
    ),
    "both neighbours far enough": (
        {"rule": WEEKLY, "own_days": days("11-18", "12-02")},
        "Last day of the window",
        "waits since Mon 16 Nov",
    ),
}
UNFIT = {
    "too early after the session before": ({"rule": WEEKLY, "own_days": days("11-20")}, "2 days too early"),
    "too near to the session after": (
        {"rule": WEEKLY, "own_days": days("11-30")},
        "Only 5 days before the next session",
    ),
    "on the day of a session": ({"rule": WEEKLY, "own_days": days("11-25")}, "7 days too early"),
    "another course on the area": (
        {"rule": WEEKLY, "others": (Held(days("11-23")[0], 7, "Legs"),)},
        "Legs treats the same area on Mon 23 Nov",
    ),
    "a course that shares no day": (
        {"rule": WEEKLY, "others": (Held(DAY, 1, "Face", same_area=False),)},
        "Face is on the same day",
    ),
    "an area for others": ({"barred": "Eyelids: Dr. Sandhu only"}, "Eyelids: Dr. Sandhu only"),
    "said no already": ({"answered": "Declined at 14:03"}, "Declined at 14:03"),
    "no session left": ({"nothing_to_book": True}, "Every session has its visit"),
    "too short": ({"minutes": 60}, "Needs 60 min, 45 are free"),
    "booked earlier already": ({"booked_at": booked("11-25", "13:00")}, "Not before the visit that is booked"),
    "wants another clinician": ({"clinician_id": 2}, "Wants Dr. Sandhu only"),
    "another weekday": ({"weekdays": frozenset({1, 3})}, "Tuesdays and Thursdays only"),
    "mornings": ({"until_time": time(12)}, "Mornings only"),
    "later": ({"from_time": time(15)}, "Only after 15:00"),
    "arrives before they can, for the cream": ({"from_time": time(14), "numbing_minutes": 30}, "Only after 14:00"),
    "more notice": ({"notice_hours": 24}, "Needs 24 h notice"),
    "is here otherwise": (
        {"busy": ((factory.at(DAY, "13:30"), factory.at(DAY, "14:15")),)},
        "Has another visit at this time",
    ),
    "no room": ({"room_kind_id": 2}, "No room of the kind is free"),
    "no device": ({"device_kind_id": 2}, "No device of the kind is free"),
}


@pytest.mark.parametrize("name", FITS)
def test_whom_it_suits_and_why(name: str) -> None:
    fields, head, sub = FITS[name]
    (fit,) = rank(opening(), [person(**fields)], NOW).fits
    assert (fit.head.words, fit.sub) == (head, sub)


@pytest.mark.parametrize("name", UNFIT)
def test_whom_it_does_not_suit_and_the_one_reason(name: str) -> None:
    fields, words = UNFIT[name]
    ranking = rank(opening(), [person(**fields)], NOW)
    assert [one.said.words for one in ranking.unfit] == [words]
    assert ranking.fits == ()


def test_the_order_is_window_then_gap_then_wait() -> None:
    last = person(1, rule=WEEKLY, own_days=days("11-11"), since=NOW)
    near = person(2, rule=WEEKLY, own_days=days("11-17"), since=NOW)
    best = person(3, rule=WEEKLY, own_days=days("11-18"), since=NOW)
    # Both windows end on 2 Dec; the one whose best gap it is comes first, then who waits longer.
    off = person(4, rule=Rule(7, 10, 14), own_days=days("11-18"), since=NOW - timedelta(days=30))
    longer = replace(best, key=5, since=NOW - timedelta(days=2))
    outside, before = person(6, since=NOW), person(7, since=NOW - timedelta(days=1))
    ranking = rank(opening(), [outside, off, best, before, near, longer, last], NOW)
    assert [fit.key for fit in ranking.fits] == [1, 2, 5, 3, 4, 7, 6]


def test_of_a_long_time_it_takes_the_start_that_leaves_no_useless_rest() -> None:
    (fit,) = rank(opening("14:00", 60), [person(from_time=time(14, 10))], NOW).fits
    assert fit.starts_at == factory.at(DAY, "14:15")
    (fit,) = rank(opening("14:00", 75), [person()], NOW).fits
    assert (fit.starts_at, fit.unused_minutes) == (factory.at(DAY, "14:00"), 0)


def test_a_start_off_the_grid_counts_where_the_time_begins() -> None:
    (fit,) = rank(opening("14:10", 50), [person()], NOW).fits
    assert fit.starts_at == factory.at(DAY, "14:10")


WALLS = st.sampled_from([None, time(9), time(12), time(14), time(14, 30), time(16)])
PEOPLE = st.lists(
    st.builds(
        Person,
        key=st.integers(1, 6),
        minutes=st.sampled_from([20, 30, 45, 60]),
        numbing_minutes=st.sampled_from([0, 30]),
        turnover_minutes=st.sampled_from([0, 15]),
        room_kind_id=st.integers(1, 2),
        device_kind_id=st.sampled_from([None, 1]),
        since=st.integers(0, 60).map(lambda n: NOW - timedelta(days=n)),
        rule=st.sampled_from([None, WEEKLY, Rule(7, 10, 14), Rule(10, 12, 14)]),
        own_days=st.lists(
            st.sampled_from([-40, -20, -14, -8, -7, -6, 0, 6, 7, 9, 30]).map(lambda n: DAY + timedelta(days=n)),
            max_size=4,
        ).map(tuple),
        others=st.lists(
            st.builds(
                Held,
                day=st.integers(-9, 9).map(lambda n: DAY + timedelta(days=n)),
                least=st.sampled_from([1, 7]),
                words=st.just("Legs"),
            ),
            max_size=1,
        ).map(tuple),
        booked_at=st.none() | st.integers(-1, 20).map(lambda n: factory.at(DAY + timedelta(days=n), "14:30")),
        weekdays=st.frozensets(st.integers(0, 6), max_size=3),
        from_time=WALLS,
        until_time=WALLS,
        notice_hours=st.sampled_from([0, 2, 24]),
        clinician_id=st.sampled_from([None, 1, 2]),
    ),
    max_size=6,
    unique_by=lambda one: one.key,
)


@settings(max_examples=150, deadline=None)
@given(PEOPLE, st.sampled_from([30, 45, 60, 120]))
def test_whatever_they_asked_for_nobody_is_lost_and_no_rule_is_broken(people: list[Person], minutes: int) -> None:
    free = opening(minutes=minutes)
    ranking = rank(free, people, NOW)
    by_key = {one.key: one for one in people}
    assert sorted([fit.key for fit in ranking.fits] + [one.key for one in ranking.unfit]) == sorted(by_key)
    for fit in ranking.fits:
        one = by_key[fit.key]
        end = fit.starts_at + one.minutes * MINUTE
        assert free.starts_at <= fit.starts_at
        assert end <= free.ends_at
        assert one.booked_at is None or fit.starts_at < one.booked_at
        assert fit.arrives_at >= NOW + timedelta(hours=one.notice_hours)
        assert one.clinician_id in {None, 1}
        assert not one.weekdays or DAY.weekday() in one.weekdays
        if one.rule:
            assert all(abs((day - DAY).days) >= one.rule.least for day in one.own_days)
            assert too_near(one.others, DAY) is None
    assert rank(free, reversed(people), NOW).fits == ranking.fits


@settings(max_examples=150, deadline=None)
@given(PEOPLE)
def test_windows_end_in_order_and_are_those_of_the_planner(people: list[Person]) -> None:
    fits = rank(opening(minutes=120), people, NOW).fits
    ends = [fit.window.latest if fit.window and fit.window.latest else date.max for fit in fits]
    assert ends == sorted(ends)
    by_key = {one.key: one for one in people}
    for fit in fits:
        rule = by_key[fit.key].rule
        if rule:
            previous, following = neighbours(sorted(by_key[fit.key].own_days), DAY)
            assert fit.window == window(rule, previous, following, date(2026, 11, 24))
