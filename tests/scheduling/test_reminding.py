"""When reminders are due, for any visit across both clock changes of 2027 in St. John's."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinic.models import Clinic
from scheduling.services.reminding import (
    DAYS_BEFORE,
    REMINDER_1_DAY,
    REMINDER_3_DAYS,
    days_before,
    next_civil_hour,
    reminders,
)
from tests import factory

CLINIC = Clinic(name="C", short_name="C")
ZONE = factory.ST_JOHNS
SPRING, AUTUMN = date(2027, 3, 14), date(2027, 11, 7)
near_a_change = st.one_of(
    st.integers(-6, 6).map(lambda n: SPRING + timedelta(days=n)),
    st.integers(-6, 6).map(lambda n: AUTUMN + timedelta(days=n)),
)
working = st.integers(6 * 4, 22 * 4).map(lambda quarter: time(quarter // 4, quarter % 4 * 15))
numbing = st.sampled_from([0, 30, 45]).map(lambda n: timedelta(minutes=n))
lead = st.timedeltas(timedelta(minutes=1), timedelta(days=20))


def wall(moment: datetime) -> datetime:
    return moment.astimezone(ZONE).replace(tzinfo=None)


@given(day=near_a_change, clock=working, early=numbing, ahead=lead)
@settings(max_examples=400, deadline=None)
def test_reminders_keep_the_wall_clock_within_civil_hours(
    day: date, clock: time, early: timedelta, ahead: timedelta
) -> None:
    starts = datetime.combine(day, clock, tzinfo=ZONE).astimezone(UTC)
    now = starts - ahead
    found = reminders(starts_at=starts, arrives_at=starts - early, clinic=CLINIC, now=now)
    for reminder in found:
        due = wall(reminder.due_at)
        assert due.date() == day - timedelta(days=DAYS_BEFORE[reminder.kind])
        assert CLINIC.send_from <= due.time() <= CLINIC.send_until
        assert due.time() == clock or clock < CLINIC.send_from or clock > CLINIC.send_until
        assert now < reminder.due_at < reminder.not_after <= starts - early
    kinds = {reminder.kind for reminder in found}
    days_ahead = (day - wall(now).date()).days
    assert (REMINDER_3_DAYS in kinds) == (days_ahead >= 4)
    if days_ahead >= 2:
        assert REMINDER_1_DAY in kinds


@given(day=near_a_change, hour=st.integers(0, 23), minute=st.integers(0, 59))
@settings(max_examples=300, deadline=None)
def test_the_next_hour_to_write_at_is_civil_and_less_than_a_day_off(day: date, hour: int, minute: int) -> None:
    now = datetime.combine(day, time(hour, minute), tzinfo=ZONE).astimezone(UTC)
    then = next_civil_hour(now, CLINIC)
    assert now <= then < now + timedelta(hours=13)
    assert CLINIC.send_from <= wall(then).time() <= CLINIC.send_until
    assert next_civil_hour(then, CLINIC) == then


@pytest.mark.parametrize(
    ("starts", "due", "hours"),
    [
        ("2027-03-15T10:00", "2027-03-14T10:00", 24),
        ("2027-03-14T10:00", "2027-03-13T10:00", 23),  # the clocks go forward that night
        ("2027-11-07T10:00", "2027-11-06T10:00", 25),  # and back
        ("2027-06-10T06:30", "2027-06-09T08:00", 22.5),
        ("2027-06-10T21:45", "2027-06-09T20:30", 25.25),
    ],
)
def test_a_day_before_is_a_calendar_day(starts: str, due: str, hours: float) -> None:
    moment = datetime.fromisoformat(starts).replace(tzinfo=ZONE).astimezone(UTC)
    found = days_before(moment, 1, zone=ZONE, since=CLINIC.send_from, until=CLINIC.send_until)
    assert wall(found) == datetime.fromisoformat(due)
    assert moment - found == timedelta(hours=hours)
