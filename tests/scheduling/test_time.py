"""Free time, touching visits, closed days and series on the days on which the clocks change, in four zones."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, connection, transaction

from clinic.lib.days import local_day, midnight, wall_time
from clinic.models import Clinician, DeviceKind, Room
from scheduling.models import Absence, Appointment, Closure, WeeklyHours
from scheduling.planning import planner
from scheduling.planning.freetime import FreeTime, Visit, read
from scheduling.planning.types import Mark
from tests import factory
from tests.scheduling.clocks import TICK, TRANSITIONS, ZONES, around, transitions_of
from tests.scheduling.helpers import choose

pytestmark = pytest.mark.django_db
WHOLE_DAY = time(0), time(23, 55)
BREAK = time(1, 30), time(2, 15)
MINUTE = timedelta(minutes=1)
EXAMPLES = [pair for pair in TRANSITIONS if pair[1].year in {2010, 2026}]
CHANGING = [name for name in ZONES if name != "UTC"]


def meant(day: date, wall: time, zone: ZoneInfo) -> datetime:
    """Return the instant of a wall time of the hours: of two the later one, of none the one by the old offset.

    So the database reads them. Nothing but hours is read so: a visit is an instant from the moment it is asked for.
    """
    first = datetime.combine(day, wall, tzinfo=zone)
    second = first.replace(fold=1)
    return max(first.astimezone(UTC), second.astimezone(UTC)) if exists_twice(first, zone) else first.astimezone(UTC)


def exists_twice(first: datetime, zone: ZoneInfo) -> bool:
    offsets = {first.utcoffset(), first.replace(fold=1).utcoffset()}
    return len(offsets) == 2 and first.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == first.replace(
        tzinfo=None
    )


@pytest.fixture
def ground(moira: Clinician, rooms: list[Room]) -> Visit:
    """A clinician who works every day around the clock, with a break over the hour at which clocks change."""
    WeeklyHours.objects.all().delete()
    for weekday in range(7):
        for kind, (starts, ends) in (("work", WHOLE_DAY), ("break", BREAK)):
            WeeklyHours.objects.create(
                clinician=moira, weekday=weekday, kind=kind, starts=starts, ends=ends, valid_from=date(2009, 1, 1)
            )
    return Visit(factory.make_patient().pk, 45, 15, 10, rooms[0].kind_id, None)


def put(clinician: Clinician, room: Room, start: datetime, minutes: int, **fields: object) -> Appointment:
    end = start + minutes * MINUTE
    values = {"arrives_at": start, "starts_at": start, "ends_at": end, "frees_at": end} | fields
    return Appointment.objects.create(
        kind="consultation",
        patient=values.pop("patient", None) or factory.make_patient(),
        clinician=clinician,
        room=room,
        wall_date=start.date(),
        wall_time=start.time(),
        wall_zone="UTC",
        **values,
    )


@pytest.mark.parametrize("name", CHANGING)
def test_free_time_is_what_a_slow_look_at_every_five_minutes_finds(
    name: str, moira: Clinician, rooms: list[Room], ground: Visit
) -> None:
    """Around every change: a visit that ends with it, one that begins two hours later, an absence, a closed day."""
    for moment in transitions_of(name):
        with transaction.atomic():
            slow_look(ZoneInfo(name), moment.replace(minute=moment.minute // 5 * 5), moira, rooms[0], ground)
            transaction.set_rollback(True)


def slow_look(zone: ZoneInfo, moment: datetime, moira: Clinician, room: Room, ground: Visit) -> None:
    day = local_day(moment, zone)
    put(moira, room, moment - timedelta(minutes=45), 45)
    put(moira, room, moment + timedelta(hours=2), 30)
    gone = moment + timedelta(hours=3), moment + timedelta(hours=4)
    Absence.objects.create(clinician=moira, starts_at=gone[0], ends_at=gone[1])
    Closure.objects.create(name="Closed", starts_on=day + timedelta(days=1), ends_on=day + timedelta(days=1))
    free = read(ground, first=day - timedelta(days=2), last=day + timedelta(days=2), clinicians=[moira.pk], zone=zone)
    days = [day + timedelta(days=n) for n in range(-2, 4)]
    work, rest, begins = (
        [(meant(at, starts, zone), meant(at, ends, zone)) for at in days]
        for starts, ends in (WHOLE_DAY, BREAK, (time(0), time(0)))
    )
    closed = begins[3][0], begins[4][0]  # from the midnight of tomorrow to the one after
    held = [(visit.starts_at, visit.ends_at) for visit in Appointment.objects.all()]

    def there(one: datetime) -> bool:
        return any(a <= one < b for a, b in work) and not any(a <= one < b for a, b in [*rest, *held, gone, closed])

    ticks = {one: there(one) for one in around(moment, timedelta(hours=30))}
    for start in around(moment, timedelta(hours=28)):
        slow = all(ticks[start + n * TICK] for n in range(9))
        assert free.clinician_free(moira.pk, int(start.timestamp())) == slow, start.astimezone(zone)


@pytest.mark.parametrize("what", ["clinician", "room", "device", "patient"])
def test_a_visit_that_ends_when_another_begins_does_not_clash_and_a_minute_more_does(
    what: str, moira: Clinician, anika: Clinician, rooms: list[Room]
) -> None:
    """`[)`: in Python and in the constraints alike, at the very instant at which the clocks change."""
    kind = DeviceKind.objects.create(key="laser", name="Laser")
    devices = [kind.devices.create(name=f"Laser {n}") for n in (1, 2)]
    patients = [factory.make_patient(), factory.make_patient()]
    one = {"clinician": moira, "room": rooms[0], "device": devices[0], "patient": patients[0]}
    other = {"clinician": anika, "room": rooms[1], "device": devices[1], "patient": patients[1], what: one[what]}
    for name, moment in EXAMPLES:
        with transaction.atomic():
            put(start=moment - 30 * MINUTE, minutes=30, **one)
            with pytest.raises(IntegrityError, match=f"appointment_{what}_once"), transaction.atomic():
                put(start=moment - MINUTE, minutes=30, **other)
            free = read_all(patients[0].pk, rooms[0].kind_id, kind.pk, moment, ZoneInfo(name))
            spans = {
                "patient": free.patient,
                "room": free.rooms.get(rooms[0].pk),
                "device": free.devices.get(devices[0].pk),
            }
            assert what == "clinician" or any(since == int(moment.timestamp()) for since, _until in spans[what])
            put(start=moment, minutes=30, **other)
            transaction.set_rollback(True)


def read_all(patient: int, room_kind: int, device_kind: int, moment: datetime, zone: ZoneInfo) -> FreeTime:
    day = local_day(moment, zone)
    return read(Visit(patient, 30, 0, 0, room_kind, device_kind), first=day, last=day, clinicians=[], zone=zone)


@pytest.mark.parametrize("name", CHANGING)
def test_a_series_repeats_by_wall_clock_across_the_change(name: str, moira: Clinician, rooms: list[Room]) -> None:
    zone = ZoneInfo(name)
    factory.make_clinic(zone=name)
    WeeklyHours.objects.update(valid_from=date(2009, 1, 1))
    plan = factory.make_plan(clinician=moira)
    for moment in (moment for zone_name, moment in EXAMPLES if zone_name == name):
        start = local_day(moment, zone) - timedelta(days=19)
        choices = choose(moira, start_on=start, weekdays={1}, around=time(9, 45), count=5)
        proposal = planner.propose(plan, choices, midnight(start, zone) - timedelta(days=1))
        assert {wall_time(slot.starts_at, zone) for slot in proposal.slots} == {time(9, 45)}
        assert {line.mark for line in proposal.lines} == {Mark.FREE}
        gaps = {b.starts_at - a.starts_at - timedelta(days=7) for a, b in pairwise(proposal.slots)}
        assert set(map(abs, gaps)) == {timedelta(0), timedelta(minutes=30 if name == "Australia/Lord_Howe" else 60)}


def test_python_and_the_database_choose_differently_between_two_such_times() -> None:
    """Why `instant` refuses both: whoever lets one of them choose books an hour off (reliability 5)."""
    day, zone = date(2026, 11, 1), ZoneInfo("America/St_Johns")
    first = datetime.combine(day, time(1, 30), tzinfo=zone).astimezone(UTC)
    with connection.cursor() as cursor:
        cursor.execute("SELECT (%s::date + time '01:30') AT TIME ZONE %s", [day, str(zone)])
        assert cursor.fetchone()[0] == first + timedelta(hours=1) == meant(day, time(1, 30), zone)


def test_only_hours_and_days_are_turned_into_instants_by_the_database() -> None:
    """A visit's wall time is read by Python alone, which refuses what is ambiguous: here is every file that may not."""
    base = Path(__file__).parents[2]
    files = [path for app in ("clinic", "patients", "treatments", "scheduling") for path in (base / app).rglob("*.py")]
    found = {str(path.relative_to(base)) for path in files if "AT TIME ZONE" in path.read_text()}
    assert found == {
        "scheduling/checking/courses.py",  # the day of an instant
        "scheduling/checking/messages.py",  # the wall time of an instant
        "scheduling/checking/times.py",  # the wall time of an instant
        "scheduling/planning/drifting.py",  # the day of an instant
        "scheduling/planning/freetime.py",  # hours and closed days
        "scheduling/planning/outside.py",  # hours and closed days
        "scheduling/services/wall_times.py",  # noon, to compare the rules of the two
    }
