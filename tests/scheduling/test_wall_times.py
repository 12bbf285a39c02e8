"""A government moves the clocks otherwise than was known: visits keep the wall time that the patient was told."""

import uuid
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.core.management import call_command

from clinic.lib.days import local_day, wall_time
from clinic.management.commands import keep_wall_times as command
from clinic.models import Clinic, Clinician, Operation, Room
from patients.models import Message, MessageState
from scheduling.checking.scan import scan
from scheduling.models import Appointment
from scheduling.planning import planner
from scheduling.services.series import book_series
from scheduling.services.wall_times import keep_wall_times, rules_differ_on
from tests import factory
from tests.scheduling.clocks import other_rules
from tests.scheduling.conftest import MONDAY
from tests.scheduling.helpers import choose, take
from treatments.models import TreatmentPlan

pytestmark = pytest.mark.django_db
NAME = "America/St_Johns"
SUMMER_FOR_EVER = "NDT2:30"
"""No winter time any more: from November to March every wall time is an hour earlier in UTC."""
HOUR = timedelta(hours=1)


@pytest.fixture
def course(plan: TreatmentPlan, moira: Clinician) -> list[Appointment]:
    """Ten Tuesdays at 14:00 from 1 December, of a plan with 30 minutes of numbing, as they were known when booked."""
    TreatmentPlan.objects.update(numbing_minutes=30)
    plan.refresh_from_db()
    choices = choose(moira)
    slots = planner.propose(plan, choices, MONDAY).slots
    book_series(key=uuid.uuid4(), plan_id=plan.pk, choices=choices, slots=slots, reasons={}, actor=None, now=MONDAY)
    return list(Appointment.objects.order_by("starts_at"))


@pytest.fixture
def new_rules(tmp_path: Path, course: list[Appointment]) -> Iterator[None]:
    with other_rules(NAME, tmp_path, SUMMER_FOR_EVER):
        yield


def keep() -> tuple[Operation, list[str]]:
    operation, left = keep_wall_times(key=uuid.uuid4(), actor=None, now=MONDAY)
    return operation, [one.why for one in left]


def test_nothing_moves_while_the_rules_are_as_they_were(course: list[Appointment]) -> None:
    operation, left = keep()
    assert (operation.result, left) == ({"moved": 0, "left": 0}, [])
    assert list(Appointment.objects.order_by("starts_at")) == course
    assert {visit.version for visit in Appointment.objects.all()} == {1}


@pytest.mark.usefixtures("new_rules")
def test_visits_ahead_keep_their_wall_time_and_all_four_instants_move(course: list[Appointment]) -> None:
    tz = Clinic.objects.current().tz
    assert wall_time(course[0].starts_at, tz).hour == 15  # what the screens would show without this
    operation, left = keep()
    assert (operation.result, left) == ({"moved": 10, "left": 0}, [])
    for before, visit in zip(course, Appointment.objects.order_by("starts_at"), strict=True):
        assert visit.starts_at == before.starts_at - HOUR
        assert (visit.arrives_at, visit.ends_at, visit.frees_at) == (
            before.arrives_at - HOUR,
            before.ends_at - HOUR,
            before.frees_at - HOUR,
        )
        assert (local_day(visit.starts_at, tz), wall_time(visit.starts_at, tz)) == (before.wall_date, before.wall_time)
        assert visit.version == before.version + 1
    assert keep()[0].result == {"moved": 0, "left": 0}


@pytest.mark.usefixtures("new_rules")
def test_reminders_move_along_and_the_dates_are_told_anew_once() -> None:
    """The calendar file that the patient has names the old instants."""
    keep()
    waiting = Message.objects.filter(state=MessageState.WAITING)
    tz = Clinic.objects.current().tz
    reminders = waiting.filter(kind="reminder_1_day")
    assert reminders.count() == 10
    assert {wall_time(one.due_at, tz).hour for one in reminders} == {14}
    assert waiting.filter(kind="series_summary").count() == 1


@pytest.mark.usefixtures("new_rules")
def test_what_clashes_stays_and_is_told(moira: Clinician, rooms: list[Room], course: list[Appointment]) -> None:
    """A visit of another zone's wall time (the clinic has moved) does not move; the third Tuesday would run into it."""
    third = course[2]
    in_the_way = take(moira, rooms[1], third.wall_date, "12:45", 30)
    start = third.starts_at - HOUR
    Appointment.objects.filter(pk=in_the_way.pk).update(
        arrives_at=start, starts_at=start, ends_at=start + HOUR / 2, frees_at=start + HOUR / 2
    )
    utc = start.replace(tzinfo=None)
    Appointment.objects.filter(pk=in_the_way.pk).update(wall_zone="UTC", wall_date=utc.date(), wall_time=utc.time())
    operation, left = keep()
    assert operation.result == {"moved": 9, "left": 1}
    assert left == ["Something that it needs is taken at this time."]
    third.refresh_from_db()
    assert third.starts_at == start + HOUR


def test_a_wall_time_that_is_skipped_now_is_left_for_a_person(
    tmp_path: Path, moira: Clinician, rooms: list[Room]
) -> None:
    """Under the new rules the clocks go forward over that very time."""
    day = date(2027, 2, 14)
    booked = take(moira, rooms[0], day, "02:30", 45)
    with other_rules(NAME, tmp_path, "NST3:30NDT,M2.2.0,M11.1.0"):
        operation, left = keep()
        assert (operation.result, left) == ({"moved": 0, "left": 1}, ["The clocks skip it."])
    booked.refresh_from_db()
    assert booked.starts_at == factory.at(day, "02:30")


def test_visits_that_have_begun_or_ended_stay(tmp_path: Path, moira: Clinician, rooms: list[Room]) -> None:
    take(moira, rooms[0], date(2026, 11, 20), "10:00", 45)
    take(moira, rooms[0], date(2026, 11, 23), "10:00", 45, status="arrived")
    take(moira, rooms[0], date(2026, 12, 23), "10:00", 45, status="cancelled")
    with other_rules(NAME, tmp_path, SUMMER_FOR_EVER):
        assert keep()[0].result == {"moved": 0, "left": 0}


def test_python_and_the_database_are_compared_before_anything_moves(
    tmp_path: Path, clinic: Clinic, capsys: pytest.CaptureFixture[str]
) -> None:
    """Hours are read by PostgreSQL's rules: with only one of the two updated, visits would stand beside their hours."""
    day = date(2026, 11, 24)
    assert rules_differ_on(clinic.tz, day) is None
    with other_rules(NAME, tmp_path, "NST3:30NDT,M4.2.0,M11.1.0"):
        assert rules_differ_on(Clinic.objects.current().tz, day) == date(2027, 3, 14)
        with pytest.raises(SystemExit):
            call_command("keep_wall_times")
    assert "Python and PostgreSQL do not agree on America/St_Johns from 2027-03-14 on" in capsys.readouterr().err
    assert not Operation.objects.exists()


@pytest.mark.usefixtures("new_rules")
def test_the_command_says_what_moved_and_what_stayed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "rules_differ_on", lambda *_zone_and_day: None)
    monkeypatch.setattr(command.timezone, "now", lambda: MONDAY)
    call_command("keep_wall_times")
    assert capsys.readouterr().out == "Moved: 10. Left: 0.\n"


def test_check_book_knows_what_keep_wall_times_mends(course: list[Appointment]) -> None:
    Appointment.objects.filter(pk=course[0].pk).update(wall_time="13:00")
    assert [rot.check for rot in scan(MONDAY)] == ["not at the wall time that was meant"]
    keep()
    assert [rot for rot in scan(MONDAY) if "wall time" in rot.check] == []
