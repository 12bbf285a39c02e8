import uuid
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from clinic.models import Clinician, Operation, Role, Room, RoomKind
from patients.models import Message, MessageState, Patient
from patients.services.outbox.sweep import sweep
from scheduling.models import Appointment, AppointmentKind, AppointmentStatus, VisitType
from scheduling.planning.planner import move_options
from scheduling.planning.single import Wanted, choices_on, free_times
from scheduling.planning.types import Slot
from scheduling.services.appointments import (
    cancel_appointment,
    complete_appointment,
    miss_appointment,
    move_appointment,
    restore_appointment,
)
from scheduling.services.errors import OutsideDueWindow, SlotTaken, StaleAppointment, TooManySessions
from scheduling.services.files import FileClosed
from scheduling.services.single import NeedsReason, Reasons, book_visit
from scheduling.services.undo import undo_operation
from tests import factory
from tests.scheduling.conftest import MONDAY
from tests.scheduling.helpers import take
from tests.smtp import Sink
from treatments.models import SessionState, TreatmentPlan

pytestmark = pytest.mark.django_db
DAY = date(2026, 12, 1)


@pytest.fixture
def consultation(rooms: list[Room]) -> VisitType:
    return VisitType.objects.create(
        kind="consultation", minutes=30, turnover_minutes=5, room_kind=RoomKind.objects.get()
    )


@pytest.fixture
def patient(consultation: VisitType) -> Patient:
    return factory.make_patient(first_name="Joanne", last_name="Tizzard")


def book(patient: Patient, clinician: Clinician, day: date, wall: str, **given: Any) -> Operation:
    values: dict[str, Any] = {"kind": AppointmentKind.CONSULTATION, "actor": None, "now": MONDAY}
    return book_visit(
        key=given.pop("key", None) or uuid.uuid4(),
        patient_id=patient.pk,
        slot=Slot(factory.at(day, wall), clinician.pk),
        **(values | given),
    )


def only_visit() -> Appointment:
    return Appointment.objects.get()


def test_a_consultation_takes_its_own_minutes_and_a_free_room(patient: Patient, moira: Clinician) -> None:
    book(patient, moira, DAY, "10:00")
    visit = only_visit()
    assert (visit.kind, visit.session, visit.minutes) == ("consultation", None, 30)
    assert visit.frees_at - visit.ends_at == timedelta(minutes=5)
    assert visit.arrives_at == visit.starts_at
    assert Message.objects.filter(kind__startswith="reminder").count() == 2


def test_the_patient_hears_of_it_once_and_again_only_when_it_changes(
    patient: Patient, moira: Clinician, smtp: Sink
) -> None:
    done = book(patient, moira, DAY, "10:00")
    sweep(now=MONDAY + timedelta(minutes=5))
    assert [mail["Subject"] for mail in smtp.messages] == ["Your appointment"]
    visit = only_visit()
    there = Slot(factory.at(DAY, "11:00"), moira.pk)
    at = MONDAY + timedelta(minutes=10)
    move_appointment(key=uuid.uuid4(), appointment_id=visit.pk, slot=there, actor=None, now=at)
    sweep(now=at + timedelta(minutes=5))
    assert smtp.messages[-1]["Subject"] == "Your appointments have changed"
    cancel_appointment(key=uuid.uuid4(), appointment_id=visit.pk, reason="ill", actor=None, now=at)
    sweep(now=at + timedelta(minutes=9))
    assert smtp.messages[-1]["Subject"] == "Your appointments are cancelled"
    assert len(smtp.messages) == 3
    assert done.result["number"] is None


def test_a_walk_in_books_todays_past_and_an_older_day_needs_a_reason(patient: Patient, moira: Clinician) -> None:
    book(patient, moira, date(2026, 11, 23), "08:30")
    assert only_visit().entry_reason == ""
    assert not Message.objects.exists()
    with pytest.raises(NeedsReason, match="This day has passed"):
        book(patient, moira, date(2026, 11, 20), "08:30")
    book(patient, moira, date(2026, 11, 20), "08:30", reasons=Reasons(entry="the computer was down"))
    old = Appointment.objects.earliest("starts_at")
    assert old.entry_reason == "the computer was down"
    complete_appointment(key=uuid.uuid4(), appointment_id=old.pk, actor=None, now=MONDAY)


def test_a_taken_time_is_refused_in_words(patient: Patient, moira: Clinician, rooms: list[Room]) -> None:
    take(moira, rooms[0], DAY, "10:00", 30, patient=factory.make_patient(first_name="Ann", last_name="Young"))
    with pytest.raises(SlotTaken, match=r"Moira is with Ann Young until 10:30\. Nothing was saved\."):
        book(patient, moira, DAY, "10:15")


def test_one_session_is_booked_by_itself_and_takes_the_number_of_its_date(
    plan: TreatmentPlan, moira: Clinician
) -> None:
    first = book(plan.patient, moira, DAY, "10:00", kind="session", plan_id=plan.pk)
    earlier = book(plan.patient, moira, date(2026, 11, 24), "10:00", kind="session", plan_id=plan.pk)
    assert (first.result["number"], earlier.result["number"]) == (1, 1)
    assert list(Appointment.objects.order_by("starts_at").values_list("session__number", flat=True)) == [1, 2]
    with pytest.raises(OutsideDueWindow):
        book(plan.patient, moira, date(2026, 12, 3), "10:00", kind="session", plan_id=plan.pk)
    clinician = factory.make_user(Role.CLINICIAN)
    book(
        plan.patient,
        moira,
        date(2026, 12, 3),
        "10:00",
        kind="session",
        plan_id=plan.pk,
        reasons=Reasons(early="she travels"),
        actor=clinician,
    )


def test_a_course_without_open_sessions_takes_no_more(plan: TreatmentPlan, moira: Clinician) -> None:
    plan.sessions.update(state=SessionState.COMPLETED)
    with pytest.raises(TooManySessions):
        book(plan.patient, moira, DAY, "10:00", kind="session", plan_id=plan.pk)


def test_undo_of_a_visit_sends_nothing_or_cancels_with_a_mail(patient: Patient, moira: Clinician, smtp: Sink) -> None:
    done = book(patient, moira, DAY, "10:00")
    undone = undo_operation(key=uuid.uuid4(), operation_id=done.pk, actor=None, now=MONDAY)
    assert (undone.result["how"], only_visit().status) == ("undone", AppointmentStatus.UNDONE)
    sweep(now=MONDAY + timedelta(minutes=20))
    assert smtp.messages == []
    again = book(patient, moira, DAY, "10:00")
    sweep(now=MONDAY + timedelta(minutes=20))
    late = undo_operation(key=uuid.uuid4(), operation_id=again.pk, actor=None, now=MONDAY + timedelta(minutes=21))
    assert late.result["how"] == "cancelled"
    sweep(now=MONDAY + timedelta(minutes=40))
    assert [mail["Subject"] for mail in smtp.messages] == ["Your appointment", "Your appointments are cancelled"]


def test_a_missed_visit_can_stand_again_while_its_time_is_free(
    patient: Patient, moira: Clinician, rooms: list[Room]
) -> None:
    book(patient, moira, DAY, "10:00")
    visit = only_visit()
    at = visit.starts_at + timedelta(minutes=20)
    miss_appointment(key=uuid.uuid4(), appointment_id=visit.pk, actor=None, now=at)
    restore_appointment(key=uuid.uuid4(), appointment_id=visit.pk, reason="came late", actor=None, now=at)
    visit.refresh_from_db()
    assert (visit.status, visit.status_reason) == ("booked", "came late")
    with pytest.raises(StaleAppointment, match="This visit is booked now"):
        restore_appointment(key=uuid.uuid4(), appointment_id=visit.pk, reason="", actor=None, now=at)
    cancel_appointment(key=uuid.uuid4(), appointment_id=visit.pk, reason="", actor=None, now=MONDAY)
    take(moira, rooms[0], DAY, "10:15", 30)
    with pytest.raises(SlotTaken):
        restore_appointment(key=uuid.uuid4(), appointment_id=visit.pk, reason="", actor=None, now=MONDAY)


def test_nothing_is_booked_or_put_back_for_an_archived_file(patient: Patient, moira: Clinician) -> None:
    book(patient, moira, DAY, "10:00")
    visit = only_visit()
    cancel_appointment(key=uuid.uuid4(), appointment_id=visit.pk, reason="", actor=None, now=MONDAY)
    Patient.objects.filter(pk=patient.pk).update(archived_at=MONDAY)
    with pytest.raises(FileClosed, match="This file is archived"):
        book(patient, moira, DAY, "11:00")
    with pytest.raises(FileClosed):
        restore_appointment(key=uuid.uuid4(), appointment_id=visit.pk, reason="", actor=None, now=MONDAY)


def test_a_cancelled_session_that_stands_again_takes_its_number_back(plan: TreatmentPlan, moira: Clinician) -> None:
    for week in range(3):
        book(plan.patient, moira, DAY + timedelta(weeks=week), "10:00", kind="session", plan_id=plan.pk)
    second = Appointment.objects.order_by("starts_at")[1]
    done = cancel_appointment(key=uuid.uuid4(), appointment_id=second.pk, reason="ill", actor=None, now=MONDAY)
    assert [number for number, _ in done.result["renumbered"]] == [2]
    assert done.result["to_book"][0] == 3
    restore_appointment(key=uuid.uuid4(), appointment_id=second.pk, reason="well again", actor=None, now=MONDAY)
    numbers = Appointment.objects.holding().order_by("starts_at").values_list("session__number", flat=True)
    assert list(numbers) == [1, 2, 3]


def test_free_times_of_a_consultation_are_free(patient: Patient, moira: Clinician, rooms: list[Room]) -> None:
    take(moira, rooms[0], DAY, "10:00", 30)
    wanted = Wanted("consultation", patient)
    found = free_times(wanted, choices_on(DAY, time(10, 0), moira.pk), MONDAY)
    on_the_day = [o.slot.starts_at for o in found if factory.local_day(o.slot.starts_at) == DAY]
    assert factory.at(DAY, "10:30") in on_the_day
    assert factory.at(DAY, "10:00") not in on_the_day
    book(patient, moira, DAY, "12:00")
    moved = move_options(Appointment.objects.get(patient=patient), MONDAY)
    assert moved
    assert all(isinstance(option.slot.starts_at, datetime) for option in moved)


def test_a_cancellation_knows_who_cancelled(patient: Patient, moira: Clinician) -> None:
    book(patient, moira, DAY, "10:00")
    cancel_appointment(
        key=uuid.uuid4(), appointment_id=only_visit().pk, reason="snow", cancelled_by="clinic", actor=None, now=MONDAY
    )
    assert only_visit().cancelled_by == "clinic"
    assert not Message.objects.filter(state=MessageState.WAITING, kind__startswith="reminder").exists()
