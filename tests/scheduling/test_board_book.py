"""Booking from the board: who is found or opened, what the book says of a time, and what the script is told."""

import json
import uuid
from datetime import date, time, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from clinic.models import Clinician, Role, Room
from patients.models import Patient
from scheduling.models import Appointment, VisitType
from tests import factory
from tests.scheduling.conftest import MONDAY
from tests.scheduling.helpers import take
from tests.scheduling.test_visit_new import words
from treatments.models import TreatmentPlan

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 23)
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
ADDRESS = "/board/book/"


@pytest.fixture(autouse=True)
def monday() -> Any:
    with time_machine.travel(MONDAY, tick=False):
        yield


@pytest.fixture
def desk(client: Client, book: dict[str, Any]) -> Client:
    for kind, minutes in (("consultation", 30), ("review", 20)):
        VisitType.objects.create(kind=kind, minutes=minutes, turnover_minutes=0, room_kind=book["rooms"][0].kind)
    client.force_login(factory.make_user(Role.FRONT_DESK, last_active_at=MONDAY), BACKEND)
    return client


def at(clinician: Clinician, wall: str, day: date = TODAY) -> dict[str, Any]:
    return {"day": day.isoformat(), "time": wall, "clinician": clinician.pk}


def send(client: Client, patient: Patient, what: str, where: dict[str, Any]) -> Any:
    address = f"{ADDRESS}?patient={patient.public_id}"
    return client.post(address, {"operation": uuid.uuid4(), "what": what} | where)


def told(response: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(response.headers["HX-Trigger"])["board:booked"]
    return found


def test_a_patient_is_found_by_name_and_the_pressed_time_is_kept(desk: Client, moira: Clinician) -> None:
    patient = factory.make_patient(first_name="Beverley", last_name="Hann")
    response = desk.get(ADDRESS, {"q": "hann"} | at(moira, "14:15"))
    assert "Beverley Hann Born 2 September 1986" in words(response)
    assert f"patient={patient.public_id}&amp;day={TODAY}&amp;time=14%3A15" in response.content.decode()
    assert "Nobody on file matches “zzz”" in words(desk.get(ADDRESS, {"q": "zzz"}))


def test_a_free_time_says_its_room_and_is_booked(
    desk: Client, moira: Clinician, plan: TreatmentPlan, rooms: list[Room]
) -> None:
    asked = {"patient": str(plan.patient.public_id)} | at(moira, "14:15")
    assert "Free, in Room 1." in words(desk.get(ADDRESS, asked))
    response = send(desk, plan.patient, "consultation", at(moira, "14:15"))
    visit = Appointment.objects.get()
    assert (response.status_code, visit.wall_time, visit.clinician, visit.room) == (204, time(14, 15), moira, rooms[0])
    assert told(response)["id"] == str(visit.public_id)
    assert told(response)["said"].startswith(f"Booked for {plan.patient.full_name}: Consultation, Mon 23 Nov, 14:15.")


def test_a_taken_time_says_why_and_offers_others_that_book_with_one_press(
    desk: Client, moira: Clinician, anika: Clinician, plan: TreatmentPlan, rooms: list[Room]
) -> None:
    take(moira, rooms[0], TODAY, "14:00", 60)
    asked = {"patient": str(plan.patient.public_id)} | at(moira, "14:15")
    seen = words(desk.get(ADDRESS, asked))
    assert "until 15:00 Free nearby Mon 23 Nov, 14:15 with Dr. Anika Sandhu" in seen
    refused = send(desk, plan.patient, "consultation", at(moira, "14:15"))
    assert (refused.status_code, Appointment.objects.count()) == (422, 1)
    assert "Nothing was saved. Choose another time." in words(refused)
    token = refused.context["near"][0].token
    assert send(desk, plan.patient, "consultation", {"to": token}).status_code == 204
    assert Appointment.objects.get(clinician=anika).wall_time == time(14, 15)


def test_a_session_of_the_plan_keeps_its_window_and_asks_for_a_reason_beyond_it(
    desk: Client, moira: Clinician, plan: TreatmentPlan, rooms: list[Room]
) -> None:
    take(moira, rooms[0], TODAY, "10:00", 45, patient=plan.patient, session=plan.sessions.get(number=1))
    plan.sessions.filter(number=1).update(state="booked")
    what, late = f"plan-{plan.public_id}", TODAY + timedelta(days=22)
    early = send(desk, plan.patient, what, at(moira, "14:00", TODAY + timedelta(days=3)))
    assert early.status_code == 422
    assert "only a clinician may overrule" in words(early)
    asks = send(desk, plan.patient, what, at(moira, "14:00", late))
    assert "Why (optional)" in words(asks)
    booked = send(desk, plan.patient, what, at(moira, "14:00", late) | {"reason": "Was away"})
    assert booked.status_code == 204, booked.context["form"].errors
    visit = Appointment.objects.latest("pk")
    assert (visit.wall_date, visit.late_reason, visit.session and visit.session.number) == (late, "Was away", 2)


def test_the_minutes_may_be_others(desk: Client, moira: Clinician, plan: TreatmentPlan) -> None:
    asked = at(moira, "14:15") | {"minutes": 50, "minutes_of": "consultation"}
    response = send(desk, plan.patient, "consultation", asked)
    assert response.status_code == 204
    assert Appointment.objects.get().minutes == 50


def test_a_file_is_opened_in_place(desk: Client, moira: Clinician) -> None:
    person = {"first_name": "Tess", "last_name": "O’Neill", "birth_date": "8 May 1974", "phone": "709-555-0142"}
    response = desk.post(f"{ADDRESS}?day={TODAY}&time=14:15", {"operation": uuid.uuid4()} | person)
    patient = Patient.objects.get(last_name="O’Neill")
    assert "Tess O’Neill Born 8 May 1974" in words(response)
    assert str(patient.public_id) in response.context["action"]
    assert response.context["form"]["time"].value() == "14:15"


def test_the_same_new_file_pressed_twice_is_one_file_and_no_twin_of_itself(desk: Client, moira: Clinician) -> None:
    person = {"first_name": "Tess", "last_name": "O’Neill", "birth_date": "8 May 1974", "phone": "709-555-0142"}
    pressed = {"operation": uuid.uuid4()} | person
    answers = [desk.post(f"{ADDRESS}?day={TODAY}&time=14:15", pressed) for _ in range(2)]
    patient = Patient.objects.get(last_name="O’Neill")
    assert [str(patient.public_id) in answer.context["action"] for answer in answers] == [True, True]


def test_who_may_be_on_file_already_is_shown_first(desk: Client, moira: Clinician) -> None:
    factory.make_patient(first_name="Tess", last_name="O’Neill", birth_date=date(1974, 5, 8))
    person = {"first_name": "Tess", "last_name": "ONeill", "birth_date": "8 May 1974", "phone": "709-555-0142"}
    response = desk.post(ADDRESS, {"operation": uuid.uuid4()} | person)
    assert "This may be somebody on file. Nothing was saved yet." in words(response)
    assert Patient.objects.filter(last_name="ONeill").count() == 0
    desk.post(ADDRESS, {"operation": uuid.uuid4(), "anyway": "1"} | person)
    assert Patient.objects.filter(last_name="ONeill").count() == 1


def test_what_is_wrong_stands_beside_its_field(desk: Client) -> None:
    response = desk.post(ADDRESS, {"operation": uuid.uuid4(), "first_name": "Tess", "birth_date": "soon"})
    assert response.status_code == 422
    assert {"last_name", "birth_date"} <= set(response.context["form"].errors)


def test_who_may_not_open_files_is_offered_none(client: Client, desk: Client, moira: Clinician) -> None:
    client.force_login(moira.user, BACKEND)
    assert "New patient" not in words(client.get(ADDRESS))
    person = {"first_name": "Tess", "last_name": "O’Neill", "birth_date": "8 May 1974", "phone": "709-555-0142"}
    client.post(ADDRESS, {"operation": uuid.uuid4()} | person)
    assert not Patient.objects.filter(last_name="O’Neill").exists()


@pytest.mark.parametrize("key", ["x", "00000000-0000-0000-0000-000000000000"])
def test_a_patient_that_is_none_is_not_found(desk: Client, key: str) -> None:
    assert desk.get(ADDRESS, {"patient": key}).status_code == 404
    assert reverse("board_book") == ADDRESS
