"""Local days and wall times around every change of the clocks from 2010 to 2030, against what the clocks show."""

from collections import defaultdict
from datetime import date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from clinic.lib.days import NoSuchTime, TwoSuchTimes, day_span, instant, local_day, midnight, wall_time
from clinic.models import Clinic
from scheduling.forms.planner import Unreadable, wall_instant
from scheduling.planning.windows import Rule, window
from scheduling.services.errors import HoursRefused
from scheduling.services.hours_rules import exists
from scheduling.services.reminding import REMINDER_1_DAY, days_before, reminders
from tests.scheduling.clocks import TICK, TRANSITIONS, around

BACK_OVER_MIDNIGHT = {("America/St_Johns", date(2010, 11, 6)), ("America/St_Johns", date(2010, 11, 7))}
"""At 00:01 the clocks went back to 23:01: for an hour it was the day before once more. Never since."""
NEAR = timedelta(hours=6)


def shown(moment: datetime, zone: ZoneInfo) -> dict[datetime, list[datetime]]:
    """Return for each wall time near a transition the instants at which the clocks show it: none, one or two."""
    found = defaultdict(list)
    for one in around(moment, NEAR):
        found[one.astimezone(zone).replace(tzinfo=None)].append(one)
    first, last = min(found), max(found)
    walls = [first + n * TICK for n in range(int((last - first) / TICK) + 1)]
    return {wall: found[wall] for wall in walls}


@pytest.mark.parametrize("name", ["America/St_Johns", "America/Toronto", "Australia/Lord_Howe"])
def test_a_wall_time_is_the_instant_that_the_clocks_show_or_is_refused(name: str) -> None:
    """Skipped ones are refused and repeated ones asked, in the forms and the hours too; every other one is kept."""
    zone, skipped, twice = ZoneInfo(name), 0, 0
    for moment in (moment for zone_name, moment in TRANSITIONS if zone_name == name):
        # until 2011 St. John's changed a minute after midnight: five-minute walls fall between the instants
        for wall, instants in shown(moment.replace(minute=moment.minute // 5 * 5), zone).items():
            asked = (wall.date(), wall.time(), zone)
            if len(instants) == 1:
                assert instant(*asked) == wall_instant(*asked) == instants[0]
                exists(*asked)
                continue
            error, words = (TwoSuchTimes, "twice") if instants else (NoSuchTime, "skip")
            with pytest.raises(error):
                instant(*asked)
            with pytest.raises(Unreadable, match=words):
                wall_instant(*asked)
            with pytest.raises(HoursRefused, match=words):
                exists(*asked)
            skipped, twice = skipped + (not instants), twice + bool(instants)
    width = 6 if name == "Australia/Lord_Howe" else 12
    assert (skipped, twice) == (21 * width, 21 * width)


@pytest.mark.parametrize(("name", "moment"), TRANSITIONS)
def test_every_instant_lies_in_the_span_of_its_local_day_and_in_no_other(name: str, moment: datetime) -> None:
    zone = ZoneInfo(name)
    first = local_day(moment, zone) - timedelta(days=3)
    days = [first + timedelta(days=n) for n in range(7)]
    spans = [day_span(day, zone) for day in days]
    assert all(one[1] == other[0] for one, other in pairwise(spans))
    for one in around(moment, timedelta(hours=26)):
        day = local_day(one, zone)
        inside = [other for other, (since, until) in zip(days, spans, strict=True) if since <= one < until]
        assert inside == [day] or (name, day) in BACK_OVER_MIDNIGHT
        assert instant_or_none(day, one, zone) in {one, None}
    lengths = {until - since for since, until in spans}
    hour = timedelta(minutes=30 if name == "Australia/Lord_Howe" else 60)
    whole = timedelta(days=1)
    assert lengths - {whole} <= {whole - hour, whole + hour}
    assert len(lengths) == 2


def instant_or_none(day: date, moment: datetime, zone: ZoneInfo) -> datetime | None:
    try:
        return instant(day, wall_time(moment, zone), zone)
    except TwoSuchTimes:
        return None


def test_a_day_without_midnight_begins_when_the_clocks_jump() -> None:
    """Cairo skips from 00:00 to 01:00: the day begins at 01:00, and the one before it ends there."""
    cairo, day = ZoneInfo("Africa/Cairo"), date(2024, 4, 26)
    assert wall_time(midnight(day, cairo), cairo).hour == 1
    assert local_day(midnight(day, cairo) - timedelta(seconds=1), cairo) == day - timedelta(days=1)
    assert day_span(day, cairo)[1] - day_span(day, cairo)[0] == timedelta(hours=23)


@pytest.mark.parametrize(("name", "moment"), TRANSITIONS)
def test_due_windows_and_reminders_count_calendar_days_at_the_same_wall_time(name: str, moment: datetime) -> None:
    zone, clinic = ZoneInfo(name), Clinic(name="C", short_name="C", zone=name)
    for back in range(8):
        day = local_day(moment, zone) + timedelta(days=7 - back)
        before = day - timedelta(days=7)
        for hour in (8, 10, 20):
            start = instant(day, datetime.min.time().replace(hour=hour), zone)
            previous = instant(before, datetime.min.time().replace(hour=hour), zone)
            due = window(Rule(7, 7, 14), local_day(previous, zone), None, before)
            assert due.earliest == local_day(start, zone) == day
            assert start - previous in {timedelta(days=7) + timedelta(minutes=n) for n in (-60, -30, 0, 30, 60)}
            for days in (1, 3):
                said = days_before(start, days, zone=zone, since=clinic.send_from, until=clinic.send_until)
                assert local_day(said, zone) == day - timedelta(days=days)
                assert wall_time(said, zone) == wall_time(start, zone)
        late = instant(day, datetime.min.time().replace(hour=22), zone)
        found = reminders(starts_at=late, arrives_at=late, clinic=clinic, now=late - timedelta(days=6))
        assert {wall_time(one.due_at, zone) for one in found if one.kind == REMINDER_1_DAY} == {clinic.send_until}
