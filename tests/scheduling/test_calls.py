"""The call list: who has not confirmed, and one click for what came of the call."""

import re
import uuid
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clinic.models import Clinician, Operation, Role, Room
from scheduling.models import Appointment, AppointmentStatus, Call, CallOutcome, ConfirmedHow
from scheduling.services.calls import note_call
from scheduling.services.errors import StaleAppointment
from scheduling.services.undo import undo_operation
from tests import factory
from tests.scheduling.conftest import MONDAY
from tests.scheduling.helpers import take
from treatments.models import TreatmentPlan

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("time_on_monday")]
TUESDAY, FRIDAY = date(2026, 11, 24), date(2026, 11, 27)
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@pytest.fixture
def desk(client: Client, book: object) -> Client:
    client.force_login(factory.make_user(Role.FRONT_DESK, last_active_at=MONDAY), BACKEND)
    return client


@pytest.fixture
def visit(moira: Clinician, rooms: list[Room], plan: TreatmentPlan) -> Appointment:
    return take(moira, rooms[0], TUESDAY, "10:00", 45, patient=plan.patient, session=plan.sessions.get(number=1))


def call(visit: Appointment, outcome: CallOutcome, now: datetime = MONDAY, **more: Any) -> Operation:
    asked = {"key": uuid.uuid4(), "appointment_id": visit.pk, "outcome": outcome, "actor": None, "now": now}
    operation = note_call(**asked | more)
    visit.refresh_from_db()
    return operation


def words(response: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", response.content.decode()))


def test_will_come_confirms_the_visit_by_phone_and_undo_takes_both_back(visit: Appointment) -> None:
    operation = call(visit, CallOutcome.WILL_COME)
    assert (visit.status, visit.confirmed_how) == (AppointmentStatus.CONFIRMED, ConfirmedHow.PHONE)
    undo_operation(key=uuid.uuid4(), operation_id=operation.pk, actor=None, now=MONDAY)
    visit.refresh_from_db()
    assert visit.status == AppointmentStatus.BOOKED
    assert not Call.objects.standing().exists()


def test_no_answer_leaves_the_visit_as_it_is_and_can_be_undone(visit: Appointment) -> None:
    operation = call(visit, CallOutcome.NO_ANSWER)
    assert (visit.status, visit.version) == (AppointmentStatus.BOOKED, 1)
    assert Call.objects.standing().get().outcome == CallOutcome.NO_ANSWER
    undo_operation(key=uuid.uuid4(), operation_id=operation.pk, actor=None, now=MONDAY)
    assert not Call.objects.standing().exists()


def test_the_same_click_twice_is_one_call(visit: Appointment) -> None:
    key = uuid.uuid4()
    assert call(visit, CallOutcome.NO_ANSWER, key=key).pk == call(visit, CallOutcome.NO_ANSWER, key=key).pk
    assert Call.objects.count() == 1


@pytest.mark.parametrize("status", [status for status in AppointmentStatus if status != AppointmentStatus.BOOKED])
def test_a_visit_that_does_not_wait_for_a_word_takes_no_call(visit: Appointment, status: AppointmentStatus) -> None:
    Appointment.objects.filter(pk=visit.pk).update(status=status)
    with pytest.raises(StaleAppointment):
        call(visit, CallOutcome.NO_ANSWER)
    assert not Call.objects.exists()


def test_a_visit_that_is_over_takes_no_call(visit: Appointment) -> None:
    with pytest.raises(StaleAppointment):
        call(visit, CallOutcome.NO_ANSWER, now=visit.ends_at)


def test_the_list_opens_at_the_next_day_that_has_visits(desk: Client, moira: Clinician, rooms: list[Room]) -> None:
    take(moira, rooms[0], FRIDAY, "11:00", 30)
    page = desk.get(reverse("call_list"))
    assert page.context["list"].day == FRIDAY
    assert "Friday 27 November" in words(page)


def test_who_was_never_called_comes_first_and_the_rest_by_time(
    desk: Client, moira: Clinician, anika: Clinician, rooms: list[Room]
) -> None:
    early = take(moira, rooms[0], TUESDAY, "09:00", 30)
    late = take(anika, rooms[1], TUESDAY, "15:00", 30)
    done = take(moira, rooms[0], TUESDAY, "16:00", 30, status="confirmed")
    take(moira, rooms[0], TUESDAY, "12:00", 30, status="cancelled")
    call(early, CallOutcome.LEFT_MESSAGE)
    listed = desk.get(reverse("call_list")).context["list"]
    assert [line.visit.pk for line in listed.lines] == [late.pk, early.pk]
    assert (listed.confirmed, listed.visits) == (1, 3)
    assert done.pk not in [line.visit.pk for line in listed.lines]


def test_one_click_notes_the_call_and_the_row_leaves_the_list(desk: Client, visit: Appointment) -> None:
    sent = {"operation": str(uuid.uuid4()), "outcome": "will_come", "version": 1, "next": reverse("call_list")}
    page = desk.post(reverse("appointment_call", args=[visit.public_id]), sent, follow=True)
    assert f"{visit.patient.full_name} will come: confirmed by phone." in words(page)
    assert "Everybody has confirmed" in words(page)


def test_a_click_on_a_row_that_another_desk_changed_names_who_it_was(desk: Client, visit: Appointment) -> None:
    call(visit, CallOutcome.WILL_COME, actor=factory.make_user(Role.FRONT_DESK, name="Dana Rideout"))
    sent = {"operation": str(uuid.uuid4()), "outcome": "no_answer", "version": 1, "next": reverse("call_list")}
    page = desk.post(reverse("appointment_call", args=[visit.public_id]), sent, follow=True)
    assert "Dana Rideout" in words(page)
    assert Call.objects.count() == 1


def test_an_outcome_that_is_none_is_refused(desk: Client, visit: Appointment) -> None:
    sent = {"operation": str(uuid.uuid4()), "outcome": "perhaps", "next": reverse("call_list")}
    page = desk.post(reverse("appointment_call", args=[visit.public_id]), sent, follow=True)
    assert "This button was not complete. Nothing was saved." in words(page)


def test_a_call_is_never_changed_nor_removed(visit: Appointment) -> None:
    call(visit, CallOutcome.NO_ANSWER)
    with connection.cursor() as cursor, pytest.raises(Exception, match="append_only"):
        cursor.execute("DELETE FROM scheduling_call")


def test_ten_calls_cost_as_many_queries_as_one(desk: Client, moira: Clinician, rooms: list[Room]) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as found:
            desk.get(reverse("call_list", args=[TUESDAY]))
        return len(found)

    call(take(moira, rooms[0], TUESDAY, "08:30", 15), CallOutcome.NO_ANSWER)
    one = asked()
    for number in range(9):
        call(take(moira, rooms[0], TUESDAY, f"{9 + number:02d}:00", 15), CallOutcome.NO_ANSWER)
    assert asked() == one


def test_a_call_that_reached_nobody_is_told_with_the_visit_and_with_its_patient(
    desk: Client, visit: Appointment
) -> None:
    taken_back = call(visit, CallOutcome.LEFT_MESSAGE, MONDAY - timedelta(hours=2))
    undo_operation(key=uuid.uuid4(), operation_id=taken_back.pk, actor=None, now=MONDAY)
    call(visit, CallOutcome.NO_ANSWER, MONDAY - timedelta(hours=1), actor=factory.make_user(name="Anna Kieley"))
    call(visit, CallOutcome.WILL_COME)
    for page in (
        reverse("appointment", args=[visit.public_id]),
        reverse("patient_page", args=[visit.patient.public_id]),
        reverse("course", args=[visit.session.plan.public_id]),  # type: ignore[union-attr]
    ):
        told = words(desk.get(page))
        assert "Called about Session 1 no answer · Anna Kieley" in told, page
        assert told.count("Called about") == 1


def test_a_day_without_visits_counts_nothing(desk: Client) -> None:
    told = words(desk.get(reverse("call_list", args=[date(2026, 11, 29)])))
    assert "No visits on this day" in told
    assert "0 of 0" not in told
