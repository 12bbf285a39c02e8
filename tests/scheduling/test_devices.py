"""Protocols that need a device: one of its kind is held, never twice, and what is lacking is said until when."""

import uuid
from datetime import date, time
from itertools import combinations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clinic.models import Clinician, Device, DeviceKind, Room, RoomKind
from scheduling.models import Appointment
from scheduling.planning import planner
from scheduling.planning.shortage import first_fit
from scheduling.planning.types import Mark, SeriesRefused, Slot
from scheduling.services.appointments import move_appointment
from scheduling.services.errors import SlotTaken
from scheduling.services.series import book_series
from scheduling.services.single import book_visit
from tests import factory
from tests.scheduling.conftest import MONDAY
from tests.scheduling.helpers import choose, take
from treatments.models import TreatmentPlan

pytestmark = pytest.mark.django_db
DAY = date(2026, 12, 1)


@pytest.fixture
def kind(rooms: list[Room]) -> DeviceKind:
    return DeviceKind.objects.create(key="mesogun", name="Mesogun")


@pytest.fixture
def gun(kind: DeviceKind) -> Device:
    return Device.objects.create(name="Mesogun A", kind=kind, position=1)


def course_of(kind: DeviceKind, clinician: Clinician, **fields: object) -> TreatmentPlan:
    """Make a course of another patient that needs a device of this kind."""
    return factory.make_plan(protocol=factory.make_protocol(device_kind=kind), clinician=clinician, **fields)


def book(plan: TreatmentPlan, clinician: Clinician, count: int = 3) -> None:
    choices = choose(clinician, count=count)
    slots = planner.propose(plan, choices, MONDAY).slots
    book_series(key=uuid.uuid4(), plan_id=plan.pk, choices=choices, slots=slots, reasons={}, actor=None, now=MONDAY)


def test_each_session_gets_a_device_of_the_kind(kind: DeviceKind, gun: Device, moira: Clinician) -> None:
    Device.objects.create(name="Camera 1", kind=DeviceKind.objects.create(key="camera", name="Camera"))
    plan = course_of(kind, moira)
    assert {slot.device_id for slot in planner.propose(plan, choose(moira), MONDAY).slots} == {gun.pk}
    book(plan, moira)
    assert set(Appointment.objects.values_list("device", flat=True)) == {gun.pk}


def test_a_course_without_a_device_kind_takes_none(gun: Device, plan: TreatmentPlan, moira: Clinician) -> None:
    book(plan, moira)
    assert set(Appointment.objects.values_list("device", flat=True)) == {None}


def test_a_second_course_at_the_same_time_gets_the_other_device(
    kind: DeviceKind, gun: Device, moira: Clinician, anika: Clinician
) -> None:
    second = Device.objects.create(name="Mesogun B", kind=kind, position=2)
    book(course_of(kind, moira), moira)
    book(course_of(kind, anika), anika)
    held = Appointment.objects.filter(wall_date=DAY).order_by("clinician__position")
    assert [visit.device for visit in held] == [gun, second]


def test_every_device_taken_is_said_until_when(
    kind: DeviceKind, gun: Device, moira: Clinician, anika: Clinician, rooms: list[Room]
) -> None:
    take(anika, rooms[0], DAY, "13:45", 45, device=gun)
    line = planner.propose(course_of(kind, moira), choose(moira), MONDAY).lines[0]
    assert (line.mark, line.findings[0].sentence) == (Mark.CLASH, "Every device is taken until 14:30")
    assert factory.at(DAY, "14:30") in {option.slot.starts_at for option in line.options}


def test_the_time_said_is_one_at_which_a_visit_fits(
    kind: DeviceKind, gun: Device, moira: Clinician, anika: Clinician, rooms: list[Room]
) -> None:
    take(anika, rooms[0], DAY, "13:45", 45, device=gun)
    take(anika, rooms[0], DAY, "15:00", 60, device=gun)  # the half hour between is too short for 45 minutes
    line = planner.propose(course_of(kind, moira), choose(moira), MONDAY).lines[0]
    assert line.findings[0].sentence == "Every device is taken until 16:00"


def test_a_device_that_is_held_overnight_is_said_with_the_day(
    kind: DeviceKind, gun: Device, moira: Clinician, anika: Clinician, rooms: list[Room]
) -> None:
    visit = take(anika, rooms[0], DAY, "13:45", 45, device=gun)
    Appointment.objects.filter(pk=visit.pk).update(frees_at=factory.at(date(2026, 12, 2), "09:00"))
    line = planner.propose(course_of(kind, moira), choose(moira), MONDAY).lines[0]
    assert line.findings[0].sentence == "Every device is taken until Wed 2 Dec, 09:00"


def test_a_device_that_is_never_free_is_said_with_the_last_day_looked_at(
    kind: DeviceKind, gun: Device, moira: Clinician, anika: Clinician, rooms: list[Room]
) -> None:
    visit = take(anika, rooms[0], DAY, "13:45", 45, device=gun)
    Appointment.objects.filter(pk=visit.pk).update(frees_at=factory.at(date(2028, 1, 1), "09:00"))
    line = planner.propose(course_of(kind, moira), choose(moira, count=1), MONDAY).lines[0]
    assert line.findings[0].sentence == "Every device is taken on every day up to Fri 22 Jan 2027"


@pytest.mark.parametrize("switched_off", [True, False])
def test_no_device_of_the_kind_is_another_sentence(kind: DeviceKind, moira: Clinician, switched_off: bool) -> None:
    if switched_off:
        Device.objects.create(name="Mesogun A", kind=kind, is_active=False)
    line = planner.propose(course_of(kind, moira), choose(moira), MONDAY).lines[0]
    assert line.findings[0].sentence == "No device of the kind that this visit needs is in use"
    assert line.options == ()


def test_rooms_and_devices_are_told_apart(
    kind: DeviceKind, gun: Device, moira: Clinician, anika: Clinician, rooms: list[Room]
) -> None:
    third = factory.make_clinician("Third Person")
    take(anika, rooms[0], DAY, "14:00", 30)
    take(third, rooms[1], DAY, "14:00", 60)
    line = planner.propose(course_of(kind, moira), choose(moira), MONDAY).lines[0]
    assert line.findings[0].sentence == "Every room is taken until 14:30"


def test_rooms_of_another_kind_say_nothing_about_when_one_is_free(
    plan: TreatmentPlan, moira: Clinician, anika: Clinician, rooms: list[Room]
) -> None:
    office = factory.make_room("Office", kind=RoomKind.objects.create(key="office", name="Office"))
    take(anika, rooms[0], DAY, "14:00", 60)
    take(factory.make_clinician("Third Person"), rooms[1], DAY, "14:00", 60)
    take(factory.make_clinician("Fourth Person"), office, DAY, "14:00", 15)
    line = planner.propose(plan, choose(moira), MONDAY).lines[0]
    assert line.findings[0].sentence == "Every room is taken until 15:00"


def test_a_single_visit_says_it_too(
    kind: DeviceKind, gun: Device, moira: Clinician, anika: Clinician, rooms: list[Room]
) -> None:
    take(anika, rooms[0], DAY, "10:00", 30, device=gun)
    plan = course_of(kind, moira)
    with pytest.raises(SlotTaken, match=r"Every device is taken until 10:30\. Nothing was saved\."):
        book_visit(
            key=uuid.uuid4(),
            kind="session",
            patient_id=plan.patient_id,
            plan_id=plan.pk,
            slot=Slot(factory.at(DAY, "10:00"), moira.pk),
            actor=None,
            now=MONDAY,
        )


def test_a_move_changes_to_another_device_of_the_kind_when_its_own_is_taken(
    kind: DeviceKind, gun: Device, moira: Clinician, anika: Clinician, rooms: list[Room]
) -> None:
    second = Device.objects.create(name="Mesogun B", kind=kind, position=2)
    plan = course_of(kind, moira)
    book(plan, moira, count=1)
    visit = Appointment.objects.get()
    assert visit.device == gun
    blocker = take(anika, rooms[1], DAY, "16:00", 45, device=gun)

    def move(wall: str) -> Device | None:
        slot = Slot(factory.at(DAY, wall), moira.pk, visit.room_id, visit.device_id)
        move_appointment(key=uuid.uuid4(), appointment_id=visit.pk, slot=slot, actor=None, now=MONDAY)
        visit.refresh_from_db()
        return visit.device

    assert move("15:00") == gun  # its own while that is free
    assert move("16:00") == second
    assert move("15:00") == second
    Appointment.objects.filter(pk=blocker.pk).delete()
    Device.objects.filter(pk=second.pk).update(is_active=False)
    assert move("16:00") == gun


def test_the_only_device_taken_meanwhile_refuses_the_series(
    kind: DeviceKind, gun: Device, moira: Clinician, anika: Clinician, rooms: list[Room]
) -> None:
    plan, choices = course_of(kind, moira), choose(moira, count=3)
    slots = planner.propose(plan, choices, MONDAY).slots
    take(anika, rooms[1], date(2026, 12, 8), "14:00", 45, device=gun)
    with pytest.raises(SeriesRefused) as refused:
        book_series(key=uuid.uuid4(), plan_id=plan.pk, choices=choices, slots=slots, reasons={}, actor=None, now=MONDAY)
    assert [line.stops for line in refused.value.proposal.lines] == [False, True, False]
    assert refused.value.proposal.lines[1].findings[0].sentence == "Every device is taken until 14:45"


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    asked=st.lists(
        st.tuples(st.integers(0, 2), st.integers(0, 4), st.integers(36, 60), st.integers(0, 20)),
        min_size=2,
        max_size=4,
    )
)
def test_courses_on_the_only_device_never_overlap(
    kind: DeviceKind, gun: Device, asked: list[tuple[int, int, int, int]]
) -> None:
    """Whoever is asked for, whenever: each course is proposed, mended, booked; then every pair is compared."""
    Appointment.objects.all().delete()
    Clinician.objects.update(is_active=False)
    people = [factory.make_clinician(f"Clinician {n}") for n in range(3)]
    for who, weekday, quarter, turnover in asked:
        plan = course_of(kind, people[who], turnover_minutes=turnover)
        choices = choose(people[who], count=3, weekdays={weekday}, around=time(*divmod(quarter * 15, 60)))
        slots = planner.mend(plan, choices, planner.propose(plan, choices, MONDAY).slots, MONDAY).slots
        book_series(
            key=uuid.uuid4(),
            plan_id=plan.pk,
            choices=choices,
            slots=slots,
            reasons=dict.fromkeys(range(1, 4), "busy"),
            actor=None,
            now=MONDAY,
        )
    held = list(Appointment.objects.all())
    assert len(held) == 3 * len(asked)
    assert {visit.device_id for visit in held} == {gun.pk}
    for one, other in combinations(held, 2):
        assert one.frees_at <= other.starts_at or other.frees_at <= one.starts_at


@given(
    spans=st.lists(
        st.lists(st.tuples(st.integers(0, 40), st.integers(1, 9)), max_size=4).map(
            lambda pairs: [(since, since + length) for since, length in pairs]
        ),
        max_size=3,
    ),
    start=st.integers(0, 40),
    length=st.integers(1, 8),
)
def test_the_first_fit_is_what_trying_every_second_finds(
    spans: list[list[tuple[int, int]]], start: int, length: int
) -> None:
    def fits(at: int) -> bool:
        return any(since <= at and at + length <= until for of_one in spans for since, until in of_one)

    slow = next((at for at in range(start, 60) if fits(at)), None)
    assert first_fit(spans, start, length) == slow
