"""Who acts on a card that is no longer true is told who changed the visit, what and when; and nothing is saved."""

import uuid
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse

from clinic.models import Clinician, Operation, Role, Room, User
from scheduling.models import Appointment, ConfirmedHow
from scheduling.planning.types import Slot
from scheduling.services import appointments, courses, statuses
from scheduling.services.errors import StaleAppointment
from scheduling.services.single import book_visit
from scheduling.services.stale import who_changed
from scheduling.services.undo import undo_operation
from tests import factory
from tests.scheduling.conftest import MONDAY
from treatments.models import TreatmentPlan

pytestmark = pytest.mark.django_db
DAY = date(2026, 12, 1)
BEFORE, TWO, LATER = factory.at(DAY, "13:55"), factory.at(DAY, "14:02"), factory.at(DAY, "14:05")
AFTER = "Nothing was saved. Look at the visit as it is now."
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@pytest.fixture
def dana(db: None) -> User:
    return factory.make_user(Role.FRONT_DESK, name="Dana Rideout")


@pytest.fixture
def visit(plan: TreatmentPlan, moira: Clinician, rooms: list[Room]) -> Appointment:
    return booked(plan, moira, "14:00")


def booked(plan: TreatmentPlan, who: Clinician, wall: str, day: date = DAY) -> Appointment:
    slot = Slot(factory.at(day, wall), who.pk)
    asked = {"kind": "session", "patient_id": plan.patient_id, "plan_id": plan.pk, "slot": slot}
    done = book_visit(key=uuid.uuid4(), actor=None, now=MONDAY, **asked)
    return Appointment.objects.get(pk=done.touched[0]["appointment"])


def do(act: Any, visit: Appointment, actor: User | None, now: Any = TWO, **asked: Any) -> Operation:
    return act(key=uuid.uuid4(), appointment_id=visit.pk, actor=actor, now=now, **asked)


CHANGES: dict[str, tuple[Any, dict[str, Any], str]] = {
    "confirmed": (statuses.confirm_appointment, {}, "Dana Rideout marked this visit confirmed at 14:02."),
    "arrived": (statuses.arrive_appointment, {}, "Dana Rideout marked this visit arrived at 14:02."),
    "began": (statuses.start_appointment, {}, "Dana Rideout marked this visit in treatment at 14:02."),
    "completed": (appointments.complete_appointment, {}, "Dana Rideout marked this visit completed at 14:02."),
    "missed": (appointments.miss_appointment, {}, "Dana Rideout marked this visit a no-show at 14:02."),
    "cancelled": (appointments.cancel_appointment, {"reason": "ill"}, "Dana Rideout cancelled this visit at 14:02."),
}


@pytest.mark.parametrize("what", CHANGES)
def test_who_changed_it_what_and_when_is_named_and_nothing_is_saved(what: str, visit: Appointment, dana: User) -> None:
    act, asked, sentence = CHANGES[what]
    do(act, visit, dana, **asked)
    kept = Appointment.objects.values().get(pk=visit.pk)
    with pytest.raises(StaleAppointment) as refused:
        do(appointments.cancel_appointment, visit, None, LATER, reason="cannot come", version=visit.version)
    assert refused.value.sentence == f"{sentence} {AFTER}"
    assert Appointment.objects.values().get(pk=visit.pk) == kept
    assert not Operation.objects.filter(at=LATER).exists()


@pytest.mark.parametrize(
    ("where", "sentence"),
    [
        ({"wall": "16:00"}, "moved this visit to Tue 1 Dec, 16:00 at 13:55."),
        ({"who": "anika"}, "gave this visit to another clinician at 13:55."),
    ],
)
def test_a_move_is_named_with_where_to(
    where: dict[str, str], sentence: str, visit: Appointment, dana: User, anika: Clinician
) -> None:
    who = anika.pk if where.get("who") else visit.clinician_id
    do(appointments.move_appointment, visit, dana, BEFORE, slot=Slot(factory.at(DAY, where.get("wall", "14:00")), who))
    with pytest.raises(StaleAppointment, match=f"Dana Rideout {sentence}"):
        do(statuses.arrive_appointment, visit, None, version=visit.version)


@pytest.mark.parametrize(
    ("column", "sentence"),
    [("room", "put this visit into another room"), ("patient", "put this visit into another file")],
)
def test_what_came_past_the_services_is_told_by_the_history(
    column: str, sentence: str, visit: Appointment, rooms: list[Room]
) -> None:
    other = rooms[1] if column == "room" else factory.make_patient()
    Appointment.objects.filter(pk=visit.pk).update(**{column: other, "version": 2})
    assert f"Somebody {sentence} " in who_changed(Appointment.objects.get(), now=TWO, since=1)
    longer = visit.ends_at + timedelta(minutes=5)
    Appointment.objects.filter(pk=visit.pk).update(ends_at=longer, frees_at=longer, version=3)
    assert "Somebody made this visit longer or shorter " in who_changed(Appointment.objects.get(), now=TWO, since=2)


def test_on_another_day_the_day_is_named(visit: Appointment, dana: User) -> None:
    do(statuses.confirm_appointment, visit, dana, factory.at(DAY - timedelta(days=1), "17:00"))
    told = who_changed(Appointment.objects.get(), now=TWO, since=1)
    assert told.startswith("Dana Rideout marked this visit confirmed on Mon 30 Nov at 17:00.")


def test_a_link_and_a_program_are_named_as_what_they_are(visit: Appointment) -> None:
    do(statuses.confirm_appointment, visit, None, how=ConfirmedHow.LINK)
    assert who_changed(Appointment.objects.get(), now=TWO, since=1).startswith("The patient marked this visit")
    do(statuses.arrive_appointment, visit, None)
    assert who_changed(Appointment.objects.get(), now=TWO, since=1).startswith("The program marked this visit")


def test_the_name_outlives_the_account(visit: Appointment, dana: User) -> None:
    do(statuses.arrive_appointment, visit, dana)
    Operation.objects.update(user=None)
    assert who_changed(Appointment.objects.get(), now=TWO, since=1).startswith("Dana Rideout marked")


def test_the_last_of_several_changes_is_named_and_a_step_back_too(visit: Appointment, dana: User) -> None:
    anna = factory.make_user(Role.CLINICIAN, name="Anna Kieley")
    do(statuses.start_appointment, visit, dana)
    do(statuses.step_back_appointment, visit, anna, LATER)
    assert who_changed(Appointment.objects.get(), now=LATER, since=1).startswith(
        "Anna Kieley marked this visit arrived at 14:05."
    )
    assert who_changed(Appointment.objects.get(), now=LATER, since=3) == ""


def test_a_visit_released_with_its_course_names_who_stopped_it(
    visit: Appointment, plan: TreatmentPlan, dana: User
) -> None:
    courses.discontinue_course(key=uuid.uuid4(), plan_id=plan.pk, reason="moves", actor=dana, now=BEFORE)
    told = who_changed(Appointment.objects.get(), now=TWO, since=1)
    assert told.startswith("Dana Rideout cancelled this visit at 13:55.")


def test_a_number_that_followed_the_dates_stops_nobody(
    plan: TreatmentPlan, moira: Clinician, rooms: list[Room], dana: User
) -> None:
    """Cancelling one visit gives the later ones other numbers: their cards say the same time, patient and state."""
    first, second = booked(plan, moira, "14:00"), booked(plan, moira, "14:00", DAY + timedelta(weeks=1))
    do(appointments.cancel_appointment, first, dana, BEFORE, reason="ill")
    fresh = Appointment.objects.get(pk=second.pk)
    assert fresh.version > second.version
    assert who_changed(fresh, now=TWO, since=second.version) == ""
    do(statuses.confirm_appointment, second, dana, version=second.version)
    told = who_changed(Appointment.objects.get(pk=second.pk), now=TWO, since=second.version)
    assert told.startswith("Dana Rideout marked this visit confirmed at 14:02.")


def test_what_was_taken_back_stops_nobody(visit: Appointment, dana: User) -> None:
    done = do(statuses.arrive_appointment, visit, dana)
    undo_operation(key=uuid.uuid4(), operation_id=done.pk, actor=dana, now=TWO)
    assert who_changed(Appointment.objects.get(), now=TWO, since=1) == ""
    do(statuses.arrive_appointment, visit, None, LATER, version=1)
    assert Appointment.objects.get().status == "arrived"


def test_a_visit_that_nobody_changed_names_nobody(visit: Appointment) -> None:
    assert who_changed(visit, now=TWO) == ""
    do(statuses.arrive_appointment, visit, None, version=visit.version)


# What a page, and what a script is told


@pytest.fixture
def desk(client: Client, dana: User) -> Client:
    dana.last_active_at = BEFORE
    dana.save()
    with time_machine.travel(BEFORE, tick=False):
        client.force_login(dana, BACKEND)
    return client


def press(client: Client, name: str, visit: Appointment, *, json: bool = False, **sent: Any) -> Any:
    headers = {"Accept": "application/json"} if json else {}
    data = {"operation": str(uuid.uuid4()), **sent}
    return client.post(reverse(name, args=[visit.public_id]), data, headers=headers)


@pytest.mark.parametrize("name", ["confirm", "unconfirm", "arrive", "start", "complete", "no_show", "step_back"])
def test_every_button_is_refused_on_a_stale_page(name: str, visit: Appointment, desk: Client, dana: User) -> None:
    do(appointments.cancel_appointment, visit, dana, TWO, reason="ill")
    sent = {"version": visit.version, "reason": "comes"}
    with time_machine.travel(LATER, tick=False):
        for address in (f"appointment_{name}", "appointment_restore", "appointment_move"):
            more = {"day": "2026-12-02", "time": "14:00", "clinician": visit.clinician_id}
            answer = press(desk, address, visit, **sent, **more if address == "appointment_move" else {})
            if address == "appointment_restore":
                assert "Dana Rideout cancelled this visit at 14:02." in answer.content.decode()
                continue
            said = [str(message) for message in get_messages(answer.wsgi_request)][-1]
            moved = "Only a visit that lies ahead can be moved."
            assert said.startswith(moved if address == "appointment_move" else "Dana Rideout cancelled this visit")
    assert Operation.objects.filter(at=LATER).count() == 0


def test_a_script_is_told_in_json(visit: Appointment, desk: Client, dana: User) -> None:
    with time_machine.travel(TWO, tick=False):
        answer = press(desk, "appointment_arrive", visit, json=True, version=1)
        done = Operation.objects.latest("at")
        name = visit.patient.full_name
        undo = reverse("operation_undo", args=[done.pk])
        said = f"{name}: arrived."
        assert (answer.status_code, answer.json()) == (
            200,
            {"ok": True, "said": said, "html": said, "undo_url": undo, "version": 2},
        )
        assert not list(get_messages(answer.wsgi_request))  # no toast waits for the next page
        stale = press(desk, "appointment_cancel", visit, json=True, version=1, why="ill")
        sentence = f"Dana Rideout marked this visit arrived at 14:02. {AFTER}"
        assert (stale.status_code, stale.json()) == (409, {"ok": False, "said": sentence, "html": sentence})
        back = desk.post(undo, {"operation": str(uuid.uuid4())}, headers={"Accept": "application/json"})
        assert back.json() == {
            "ok": True,
            "said": "Undone. All is as it was before.",
            "html": "Undone. All is as it was before.",
            "undo_url": None,
            "version": 3,
        }


@pytest.mark.parametrize(
    ("name", "sent", "status", "words"),
    [
        ("appointment_arrive", {"operation": "x"}, 422, "This button was not complete."),
        ("appointment_arrive", {"version": "x"}, 422, "This button was not complete."),
        ("appointment_confirm", {"how": "pigeon"}, 422, "This button was not complete."),
        ("appointment_cancel", {"why": "other"}, 422, "Say why the visit is cancelled."),
        ("appointment_no_show", {"reason": "x" * 201}, 422, "The reason is too long"),
        ("appointment_move", {}, 422, "Choose a day, a time and a clinician."),
        ("appointment_unconfirm", {}, 409, "This visit is booked now."),
        ("appointment_restore", {"reason": "comes"}, 409, "This visit is booked now."),
        ("appointment_restore", {}, 422, "Write why the visit stands again."),
        ("appointment_complete", {}, 409, "This visit lies ahead."),
    ],
)
def test_a_script_learns_whether_it_was_the_form_or_the_book(
    name: str, sent: dict[str, str], status: int, words: str, visit: Appointment, desk: Client
) -> None:
    with time_machine.travel(BEFORE, tick=False):
        answer = press(desk, name, visit, json=True, **sent)
    assert answer.status_code == status
    assert answer.json()["ok"] is False
    assert answer.json()["said"].startswith(words)


def test_a_move_and_what_is_put_back_answer_a_script_too(
    visit: Appointment, desk: Client, moira: Clinician, anika: Clinician
) -> None:
    other = booked(factory.make_plan(clinician=anika), anika, "16:00")
    to = {"day": "2026-12-01", "time": "16:00", "clinician": anika.pk, "version": 1}
    with time_machine.travel(BEFORE, tick=False):
        taken = press(desk, "appointment_move", visit, json=True, **to)
        assert taken.status_code == 409
        assert taken.json()["said"].startswith("Dr. Sandhu is with")
        moved = press(desk, "appointment_move", visit, json=True, **to | {"time": "15:00"})
        assert (moved.status_code, moved.json()["version"]) == (200, 2)
        press(desk, "appointment_cancel", other, json=True, why="ill")
        put_back = press(desk, "appointment_restore", other, json=True, reason="comes", version=2)
        assert put_back.json()["said"].startswith(f"{other.patient.full_name} stands again")


def test_what_a_script_shows_as_html_is_escaped(
    plan: TreatmentPlan, moira: Clinician, rooms: list[Room], desk: Client
) -> None:
    """After a cancellation the sentence has a link of ours; a name is never one of ours."""
    plan.patient.last_name = "<b>Gallant"
    plan.patient.save()
    visit = booked(plan, moira, "14:00")
    with time_machine.travel(BEFORE, tick=False):
        answer = press(desk, "appointment_cancel", visit, json=True, why="ill").json()
    assert "&lt;b&gt;Gallant" in answer["html"]
    assert "<b>" not in answer["html"]
    assert 'href="/plans/' in answer["html"]
    assert answer["said"].endswith("are to book. Book them")


def test_a_browser_is_told_by_the_page_it_came_from(visit: Appointment, desk: Client) -> None:
    with time_machine.travel(TWO, tick=False):
        for accept in ("text/html,application/xhtml+xml,*/*;q=0.8", "*/*", ""):
            answer = desk.post(
                reverse("appointment_arrive", args=[visit.public_id]),
                {"operation": str(uuid.uuid4()), "next": "/day/"},
                headers={"Accept": accept} if accept else {},
            )
            assert (answer.status_code, answer.url) == (302, "/day/")
