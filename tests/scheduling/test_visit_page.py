"""The page of one visit: whose, what, when, why; putting it back; and what its history says."""

import re
import uuid
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.messages import get_messages
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clinic.models import AccessLog, Clinician, Device, DeviceKind, Operation, Role, Room
from scheduling.models import Appointment, ConfirmedHow
from scheduling.services.statuses import confirm_appointment
from tests import factory
from tests.scheduling.conftest import MONDAY
from tests.scheduling.helpers import take
from treatments.models import TreatmentPlan

pytestmark = pytest.mark.django_db
TUESDAY = date(2026, 12, 1)
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
QUERIES = 12
"""Session and user, the clinic twice, the visit, two for the log of readings, its messages, events and their names,
sessions, its last act."""


@pytest.fixture(autouse=True)
def monday() -> Any:
    with time_machine.travel(MONDAY, tick=True):
        yield


@pytest.fixture
def desk(client: Client, moira: Clinician) -> Client:
    client.force_login(factory.make_user(Role.FRONT_DESK, name="Dana Rideout", last_active_at=MONDAY), BACKEND)
    return client


@pytest.fixture
def course(moira: Clinician, rooms: list[Room], plan: TreatmentPlan) -> list[Appointment]:
    """Ten weekly visits from 1 December, at 14:00, every session booked."""
    sessions = plan.sessions.order_by("number")
    plan.sessions.update(state="booked")
    return [
        take(moira, rooms[0], TUESDAY + timedelta(weeks=at), "14:00", 45, patient=plan.patient, session=session)
        for at, session in enumerate(sessions)
    ]


def words(response: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", response.content.decode()))


def said(response: Any) -> str:
    return [str(message) for message in get_messages(response.wsgi_request)][-1]


def press(client: Client, name: str, visit: Appointment, **data: Any) -> Any:
    return client.post(reverse(name, args=[visit.public_id]), {"operation": str(uuid.uuid4()), **data})


def shown(client: Client, visit: Appointment) -> str:
    return words(client.get(reverse("appointment", args=[visit.public_id])))


def undo(client: Client) -> str:
    operation = Operation.objects.exclude(kind="undo_operation").latest("at")
    return said(client.post(reverse("operation_undo", args=[operation.pk]), {"operation": str(uuid.uuid4())}))


def test_a_visit_says_whose_it_is_and_all_that_it_takes(
    desk: Client,
    moira: Clinician,
    rooms: list[Room],
    plan: TreatmentPlan,
) -> None:
    laser = Device.objects.create(name="Laser A", kind=DeviceKind.objects.create(key="laser", name="Laser"))
    start = factory.at(TUESDAY, "14:00")
    visit = take(
        moira,
        rooms[0],
        TUESDAY,
        "14:00",
        45,
        patient=plan.patient,
        session=plan.sessions.get(number=3),
        device=laser,
        early_reason="she travels",
    )
    Appointment.objects.filter(pk=visit.pk).update(
        arrives_at=start - timedelta(minutes=30), frees_at=start + timedelta(minutes=55)
    )
    page = shown(desk, visit)
    for part in (
        "Session 3 of 10",
        plan.patient.full_name,
        f"Born 2 September 1986 · File {plan.patient.file_label}",
        "in 8 days",
        "Tue 1 Dec, 14:00",
        "13:30 arrives for the cream",
        "14:45 ends, after 45 min",
        "14:55 room free again",
        "Course Cellulite reduction",
        "With Moira Hynes",
        "Room Room 1",
        "Device Laser A",
        "Earlier than the rule she travels",
        "Session 3 booked for Tue 1 Dec, 14:00",
    ):
        assert part in page
    assert AccessLog.objects.filter(page="visit", subject=f"patient:{plan.patient.public_id}").count() == 1


def test_a_consultation_has_its_own_word_and_a_name_that_is_undone_is_not_there(
    desk: Client,
    moira: Clinician,
    rooms: list[Room],
) -> None:
    visit = take(moira, rooms[0], TUESDAY, "14:00", 30)
    page = shown(desk, visit)
    assert "Consultation" in page
    assert "Course" not in page
    assert "Session" not in page
    Appointment.objects.filter(pk=visit.pk).update(status="undone")
    assert desk.get(reverse("appointment", args=[visit.public_id])).status_code == 404


def test_after_a_cancellation_the_desk_is_told_which_visits_moved_up(desk: Client, course: list[Appointment]) -> None:
    answer = press(desk, "appointment_cancel", course[3], why="ill")
    name = course[3].patient.full_name
    assert said(answer).startswith(
        f"Cancelled: {name}, Tue 22 Dec, 14:00. The patient hears of it in 3 minutes. "
        "The later visits move up: session 4 is now Tue 29 Dec, and 5 more follow. Session 10 is to book. "
    )
    assert f'<a href="{reverse("series_planner", args=[course[3].session.plan.public_id])}">Book it</a>' in said(answer)
    assert "Now session 4" in shown(desk, course[4])
    assert undo(desk).startswith("Undone.")
    assert "Now session 5" in shown(desk, course[4])


def test_one_later_visit_is_spoken_of_as_one(desk: Client, course: list[Appointment]) -> None:
    answer = press(desk, "appointment_cancel", course[8], why="ill")
    assert "The later visit moves up: session 9 is now Tue 2 Feb 2027. Session 10 is to book." in said(answer)
    last = press(desk, "appointment_cancel", course[9], why="ill")
    assert "moves up" not in said(last)
    assert "Sessions 9 to 10 are to book." in said(last)
    assert "Book them" in said(last)


def test_a_move_past_another_visit_says_that_the_numbers_follow(
    desk: Client,
    course: list[Appointment],
    moira: Clinician,
) -> None:
    desk.force_login(moira.user, BACKEND)
    data = {"day": "2026-12-10", "time": "10:00", "clinician": moira.pk, "reason": "she travels"}
    answer = press(desk, "appointment_move", course[0], **data)
    assert "The numbers follow the dates: session 1 is now Tue 8 Dec, and 1 more follows." in said(answer)
    assert "to book" not in said(answer)


@pytest.mark.parametrize(
    ("data", "by"),
    [
        ({"why": "ill", "by": "patient"}, "patient"),
        ({"why": "other", "reason": "flood", "by": "clinic"}, "clinic"),
        ({"why": "clinic", "by": "patient"}, "clinic"),
        ({"why": "clinic"}, "clinic"),
        ({"why": "ill"}, ""),
    ],
)
def test_who_cancelled_is_kept(desk: Client, course: list[Appointment], data: dict[str, str], by: str) -> None:
    press(desk, "appointment_cancel", course[0], **data)
    course[0].refresh_from_db()
    assert course[0].cancelled_by == by
    wrong = press(desk, "appointment_cancel", course[1], why="ill", by="weather")
    assert said(wrong) == "Choose who cancels. Nothing was saved."


def test_too_little_notice_is_said_before_and_after(
    desk: Client,
    moira: Clinician,
    rooms: list[Room],
) -> None:
    soon = take(moira, rooms[0], date(2026, 11, 24), "08:45", 30)
    later = take(moira, rooms[0], date(2026, 11, 24), "10:00", 30)
    page = desk.get(reverse("appointment", args=[soon.public_id])).content.decode()
    assert 'data-late="1"' in page
    assert "It is less than 24 hours ahead." in words(desk.get(reverse("appointment", args=[soon.public_id])))
    assert 'data-late=""' in desk.get(reverse("appointment", args=[later.public_id])).content.decode()
    for visit, late in ((soon, True), (later, False)):
        press(desk, "appointment_cancel", visit, why="ill", by="patient")
        told = shown(desk, visit)
        assert ("Cancelled by the patient less than 24 hours ahead" in told) is late
        assert "Why Patient is ill" in told
        assert "Consultation cancelled by the patient · Patient is ill · Dana Rideout" in told


def test_put_back_asks_why_says_what_follows_and_can_be_undone(desk: Client, course: list[Appointment]) -> None:
    press(desk, "appointment_cancel", course[3], why="clinic")
    missing = press(desk, "appointment_restore", course[3])
    assert missing.status_code == 400
    assert "Write why the visit stands again." in words(missing)
    answer = press(desk, "appointment_restore", course[3], reason="the flood was next door")
    assert answer.url == reverse("appointment", args=[course[3].public_id])
    name = course[3].patient.full_name
    assert said(answer) == (
        f"{name} stands again: Tue 22 Dec, 14:00. "
        "The later visits move down: session 5 is now Tue 29 Dec, and 5 more follow."
    )
    page = shown(desk, course[3])
    assert "Stands again the flood was next door" in page
    assert "Session 4 stands again the flood was next door · Dana Rideout" in page
    assert "Undo the last" in page
    assert undo(desk).startswith("Undone.")
    course[3].refresh_from_db()
    assert (course[3].status, course[3].status_reason) == ("cancelled", "The clinic cancels")


def test_put_back_is_refused_in_words_when_its_time_was_given_away(
    desk: Client,
    course: list[Appointment],
    moira: Clinician,
    rooms: list[Room],
) -> None:
    press(desk, "appointment_cancel", course[3], why="ill")
    take(moira, rooms[1], date(2026, 12, 22), "14:15", 30)
    answer = press(desk, "appointment_restore", course[3], reason="well again")
    assert answer.status_code == 400
    assert "Moira has another visit at this time. Nothing was saved. Book another time instead." in words(answer)
    assert 'value="well again"' in answer.content.decode()
    booked = press(desk, "appointment_restore", course[0], reason="x")
    assert said(booked) == "This visit is booked now. Nothing was saved. Look at the day again."


def test_put_back_says_what_else_is_in_the_way(
    desk: Client, course: list[Appointment], anika: Clinician, rooms: list[Room]
) -> None:
    for visit in course[1:4]:
        press(desk, "appointment_cancel", visit, why="ill")
    take(anika, rooms[0], date(2026, 12, 8), "14:15", 30)
    answer = press(desk, "appointment_restore", course[1], reason="x")
    assert f"{rooms[0].name} is taken at this time. Nothing was saved. Book another" in words(answer)
    take(anika, rooms[1], date(2026, 12, 15), "14:15", 30, patient=course[2].patient)
    answer = press(desk, "appointment_restore", course[2], reason="x")
    assert f"{course[2].patient.full_name} has another visit at this time. Nothing was saved." in words(answer)
    plan = course[3].session.plan  # type: ignore[union-attr]
    desk.post(reverse("course_drop", args=[plan.public_id]), {"operation": str(uuid.uuid4()), "count": "3"})
    answer = press(desk, "appointment_restore", course[3], reason="x")
    assert "Every session of the course has its visit. Nothing was saved. Add a session first." in words(answer)


def test_a_double_press_puts_back_once(desk: Client, course: list[Appointment]) -> None:
    press(desk, "appointment_cancel", course[0], why="ill")
    key = str(uuid.uuid4())
    first, second = (press(desk, "appointment_restore", course[0], reason="x", operation=key) for _ in range(2))
    assert said(first) == said(second)
    assert Operation.objects.filter(kind="restore_appointment").count() == 1
    other = press(desk, "appointment_restore", course[0], reason="y", operation=key)
    assert said(other).startswith("This button was used before.")
    press(desk, "appointment_cancel", course[0], why="ill")
    incomplete = press(desk, "appointment_restore", course[0], reason="y", operation="")
    assert "This button was not complete" in words(incomplete)


def test_what_a_role_may_not_do_is_not_offered(client: Client, course: list[Appointment]) -> None:
    client.force_login(factory.make_user(Role.OWNER), BACKEND)
    page = client.get(reverse("appointment", args=[course[0].public_id])).content.decode()
    for word in ("Move", "Cancel", "Put it back", "Undo the last"):
        assert f">{word}" not in page
    Appointment.objects.filter(pk=course[0].pk).update(status="no_show")
    assert "Put it back" not in shown(client, course[0])


def test_the_number_of_queries_is_fixed(desk: Client, course: list[Appointment]) -> None:
    counts = []
    for at in range(3):
        with CaptureQueriesContext(connection) as caught:
            assert shown(desk, course[0])
        counts.append(len(caught))
        with time_machine.travel(MONDAY + timedelta(minutes=at), tick=False):
            press(desk, "appointment_cancel", course[0], why="ill")
            press(desk, "appointment_restore", course[0], reason="again")
        list(get_messages(desk.get(reverse("day")).wsgi_request))
    assert counts[1:] == [QUERIES, QUERIES], counts


def test_the_page_offers_the_next_step_and_sends_the_version_that_it_showed(
    desk: Client, moira: Clinician, rooms: list[Room]
) -> None:
    visit = take(moira, rooms[0], MONDAY.date(), "09:15", 30)
    page = desk.get(reverse("appointment", args=[visit.public_id])).content.decode()
    assert re.search(r'btn-primary"\s+data-key="a">Arrived<kbd>A</kbd>', page)
    for name in ("arrive", "start", "confirm"):
        assert f'action="/appointments/{visit.public_id}/{name}/"' in page
    assert page.count('name="version" value="1"') >= 3
    press(desk, "appointment_arrive", visit, version=1)
    answer = press(desk, "appointment_start", visit, version=1)
    assert said(answer).startswith("Dana Rideout marked this visit arrived at 09:00. Nothing was saved.")
    press(desk, "appointment_start", visit, version=2)
    page = desk.get(reverse("appointment", args=[visit.public_id])).content.decode()
    assert re.search(r'btn-primary"\s+data-key="d">Complete<kbd>D</kbd>', page)
    assert "Arrived 09:00 In treatment 09:00" in shown(desk, visit)


def test_the_history_tells_each_step_and_each_step_back_with_who_and_why(
    desk: Client, course: list[Appointment]
) -> None:
    visit = course[0]
    at = factory.at(TUESDAY, "13:50")
    desk.logout()
    dana = factory.make_user(Role.FRONT_DESK, name="Anna Kieley", last_active_at=at)
    with time_machine.travel(at, tick=True):
        desk.force_login(dana, BACKEND)
        press(desk, "appointment_confirm", visit, how="phone")
        press(desk, "appointment_arrive", visit)
        press(desk, "appointment_step_back", visit)
        press(desk, "appointment_start", visit)
        press(desk, "appointment_step_back", visit)
        press(desk, "appointment_start", visit)
        press(desk, "appointment_complete", visit)
        press(desk, "appointment_step_back", visit, reason="the wrong row")
        press(desk, "appointment_complete", visit)
        page = shown(desk, visit)
    told = [
        "Session 1 completed Anna Kieley",
        "Session 1: not completed after all the wrong row · Anna Kieley",
        "Session 1 completed Anna Kieley",
        "Session 1 began Anna Kieley",
        "Session 1: not begun after all Anna Kieley",
        "Session 1 began Anna Kieley",
        "Session 1: not arrived after all Anna Kieley",
        "Arrived for Session 1 Anna Kieley",
        "Session 1 confirmed by phone · Anna Kieley",
    ]
    at_line = 0
    for line in reversed(told):  # a test is one transaction: its events bear one moment, and stand as they came
        at_line = page.index(line, at_line) + 1
    assert "Stands again the wrong row" in page


def test_a_confirmation_by_the_link_and_short_notice_are_told(
    desk: Client, moira: Clinician, rooms: list[Room]
) -> None:
    visit = take(moira, rooms[0], date(2026, 11, 24), "08:45", 30)
    asked = {"appointment_id": visit.pk, "actor": None, "now": MONDAY}
    confirm_appointment(key=uuid.uuid4(), how=ConfirmedHow.LINK, **asked)
    page = shown(desk, visit)
    assert "Consultation confirmed by the link in the mail" in page
    assert "Confirmed by the link in the mail Mon 23 Nov, 09:00" in page
    press(desk, "appointment_cancel", visit, why="ill", by="patient")
    assert "by the patient · Patient is ill · Dana Rideout · short notice" in shown(desk, visit)


def test_a_move_of_what_was_confirmed_is_told_with_what_became_of_the_yes(
    desk: Client, moira: Clinician, rooms: list[Room]
) -> None:
    visit = take(moira, rooms[0], date(2026, 11, 24), "10:00", 30)
    press(desk, "appointment_confirm", visit)
    answer = press(desk, "appointment_move", visit, day="2026-11-24", time="11:00", clinician=moira.pk)
    assert "The old time was confirmed, the new one is not yet." in said(answer)
    page = shown(desk, visit)
    assert "Consultation moved to Tue 24 Nov, 11:00 from Tue 24 Nov, 10:00 · not confirmed any more" in page
    undo(desk)
    page = shown(desk, visit)
    assert "Consultation moved to Tue 24 Nov, 10:00 from Tue 24 Nov, 11:00 · confirmed as before" in page


def test_a_completed_visit_goes_on_on_its_day_and_is_put_back_later(
    desk: Client, course: list[Appointment], moira: Clinician, rooms: list[Room]
) -> None:
    today = take(moira, rooms[0], date(2026, 11, 23), "08:15", 30, status="completed")
    friday = take(moira, rooms[0], date(2026, 11, 20), "08:15", 30, status="completed")
    pages = [desk.get(reverse("appointment", args=[one.public_id])).content.decode() for one in (today, friday)]
    assert [
        f'formaction="/appointments/{one.public_id}/step-back/"' in page
        for one, page in zip((today, friday), pages, strict=True)
    ] == [True, False]
    assert ["In treatment again" in page for page in pages] == [True, False]
    Appointment.objects.filter(pk=course[0].pk).update(status="completed")
    answer = press(desk, "appointment_step_back", course[0], reason="goes on")
    assert said(answer) == f"{course[0].patient.full_name}: in treatment again."
