"""Visits of every kind in a real browser: walked in, entered afterwards, cancelled by the clinic, put back."""

import re
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from playwright.sync_api import Page, Route, expect

from clinic.models import Clinic, Device, DeviceKind, Role, RoomKind, Theme, User
from patients.models import Patient
from scheduling.models import Appointment, VisitType
from scheduling.services.appointments import complete_appointment
from tests import factory
from tests.browser.conftest import Sound
from tests.scheduling.helpers import take
from treatments.models import TreatmentPlan

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime.fromisoformat("2026-11-24T17:39:00+00:00")
"""Tuesday 24 November 2026, 14:09 in St. John's."""
TODAY = date(2026, 11, 24)
SignIn = Callable[[User], User]


@pytest.fixture(autouse=True)
def afternoon() -> Iterator[None]:
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.fixture
def book(clinic: Clinic) -> dict[str, Any]:
    """Two clinicians, one of them busy now; kinds of visit; a course of ten with three weekly visits on a device."""
    moira, anika = factory.make_clinician("Moira Hynes"), factory.make_clinician("Dr. Anika Sandhu")
    rooms = [factory.make_room("Room 1"), factory.make_room("Room 2")]
    for kind, minutes in (("consultation", 30), ("review", 20)):
        VisitType.objects.create(kind=kind, minutes=minutes, room_kind=RoomKind.objects.get())
    patient = factory.make_patient(first_name="Fatima Zahra", last_name="Idrissi-Noseworthy")
    plan = factory.make_plan(patient, clinician=moira)
    laser = Device.objects.create(name="Laser A", kind=DeviceKind.objects.create(key="laser", name="Laser"))
    days = [date(2026, 12, 1), date(2026, 12, 8), date(2026, 12, 15)]
    visits = [
        take(moira, rooms[0], day, "14:00", 45, patient=patient, session=session, device=laser)
        for day, session in zip(days, plan.sessions.order_by("number"), strict=False)
    ]
    take(anika, rooms[1], TODAY, "14:00", 30)
    return {"moira": moira, "anika": anika, "rooms": rooms, "patient": patient, "plan": plan, "visits": visits}


@pytest.fixture
def desk(page: Page, signed_in: SignIn, book: dict[str, Any]) -> Page:
    signed_in(factory.make_user(Role.FRONT_DESK, name="Dana Rideout"))
    return page


def toast(page: Page, words: str) -> Any:
    return page.get_by_role("status").filter(has_text=words)


def test_who_walked_in_is_booked_from_the_patient_page(desk: Page, book: dict[str, Any]) -> None:
    patient: Patient = book["patient"]
    desk.goto(f"/patients/{patient.public_id}/")
    desk.get_by_text("More ways to book").locator("..").click()
    desk.get_by_role("link", name="One visit, or a walk-in").click()
    expect(desk.get_by_role("heading", level=1)).to_have_text("Book a visit")
    desk.get_by_text("Consultation 30 min").click()
    expect(desk.get_by_role("button", name=re.compile("^Here now"))).to_have_count(1)
    desk.get_by_role("button", name="Here now: Tue 24 Nov, 14:00 with Moira Hynes").click()
    expect(desk.get_by_role("heading", level=1)).to_have_text("Tuesday 24 November")
    expect(toast(desk, "Consultation, Tue 24 Nov, 14:00.")).to_be_visible()
    row = desk.locator("tr.day-row").filter(has_text="Idrissi-Noseworthy")
    expect(row).to_contain_text("Consultation")
    desk.keyboard.press("z")
    expect(toast(desk, "Undone")).to_be_visible()
    assert Appointment.objects.get(kind="consultation", patient=patient).status == "undone"


def test_who_walked_in_is_found_from_the_day_by_keyboard(desk: Page, book: dict[str, Any]) -> None:
    desk.goto("/day/")
    desk.get_by_role("link", name="Walk-in").focus()
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("heading", level=1)).to_have_text("Who walked in?")
    desk.wait_for_load_state()
    expect(desk.get_by_label("Find a patient")).to_be_focused()
    desk.keyboard.type("noseworthy")
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("heading", level=1)).to_have_text("Book a visit")
    desk.get_by_role("button", name=re.compile("^Here now")).focus()
    desk.keyboard.press("Enter")
    expect(toast(desk, "Booked for Fatima Zahra Idrissi-Noseworthy: Consultation, Tue 24 Nov, 14:00.")).to_be_visible()


def test_a_name_typed_while_the_page_still_loads_is_looked_for(desk: Page, book: dict[str, Any]) -> None:
    held: list[Route] = []
    desk.route("**/find*.js", lambda route: held.append(route), times=1)
    desk.goto("/patients/?then=visit", wait_until="commit")
    field = desk.get_by_label("Find a patient")
    expect(field).to_be_focused()
    desk.keyboard.type("noseworthy")
    for route in held:
        route.continue_()
    expect(desk.locator("[data-find-result]")).to_have_count(1)
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("heading", level=1)).to_have_text("Book a visit")


def test_a_cancelled_session_is_reached_from_what_happened(desk: Page, book: dict[str, Any]) -> None:
    Appointment.objects.filter(pk=book["visits"][1].pk).update(status="cancelled", status_reason="ill", version=2)
    desk.goto(f"/patients/{book['patient'].public_id}/")
    desk.get_by_role("link", name="Session 2 cancelled").click()
    expect(desk.get_by_role("heading", name="Put it back")).to_be_visible()


def test_a_choice_changes_the_times_and_keeps_the_focus(desk: Page, book: dict[str, Any]) -> None:
    desk.goto(f"/patients/{book['patient'].public_id}/visits/new/")
    desk.locator("#what-consultation").focus()
    desk.keyboard.press("ArrowRight")
    expect(desk.get_by_label("Minutes")).to_have_value("20")
    expect(desk.locator("#what-review")).to_be_focused()
    assert "what=review" in desk.url
    desk.get_by_label("From the day").fill("3 Dec")
    desk.keyboard.press("Enter")
    expect(desk.locator(".move-days li").nth(1)).to_contain_text("Thu 3 Dec")
    desk.keyboard.press("Escape")
    desk.get_by_label("Minutes").fill("999")
    desk.keyboard.press("Tab")
    expect(desk.get_by_text("Enter 5 to 240 minutes.")).to_be_visible()


def test_an_older_day_asks_why_by_keyboard_and_keeps_what_was_typed(
    desk: Page, book: dict[str, Any], complaints: Any, assert_no_violations: Callable[[Page], None]
) -> None:
    complaints.expect("400")
    patient: Patient = factory.make_patient(first_name="Joanne", last_name="Tizzard")
    desk.goto(f"/patients/{patient.public_id}/visits/new/")
    other = desk.locator(".move-other")
    other.get_by_label("Day", exact=True).fill("2026-11-20")
    other.get_by_label("Time", exact=True).fill("10:30")
    other.get_by_label("With", exact=True).select_option(label="Moira Hynes")
    other.get_by_label("With", exact=True).focus()
    for key in ("Tab", "Enter"):
        desk.keyboard.press(key)
    expect(desk.get_by_role("alert")).to_contain_text("This day has passed. Nothing was saved. Write why")
    expect(desk.get_by_role("alert")).to_be_focused()
    assert_no_violations(desk)
    expect(other.get_by_label("Day", exact=True)).to_have_value("Fri 20 Nov")
    expect(other.get_by_label("Time", exact=True)).to_have_value("10:30")
    other.get_by_label("Why").focus()
    desk.keyboard.type("The computer was down")
    desk.keyboard.press("Enter")
    expect(toast(desk, "Consultation, Fri 20 Nov, 10:30.")).to_be_visible()
    expect(desk.get_by_role("heading", level=1)).to_have_text("Joanne Tizzard")
    expect(desk.locator(".timeline")).to_contain_text("entered afterwards: The computer was down")


def test_the_clinic_cancels_and_the_visit_is_put_back(
    desk: Page, book: dict[str, Any], assert_no_violations: Callable[[Page], None]
) -> None:
    second: Appointment = book["visits"][1]
    desk.goto("/day/2026-12-08/")
    desk.get_by_role("link", name="14:00, the visit of Fatima Zahra Idrissi-Noseworthy").click()
    expect(desk.get_by_role("heading", level=1)).to_have_text("Session 2 of 10")
    expect(desk.locator(".vi")).to_contain_text("Laser A")
    desk.keyboard.press("c")
    dialog = desk.get_by_role("dialog")
    expect(dialog).to_contain_text("Cancel session 2 of Fatima Zahra Idrissi-Noseworthy?")
    dialog.get_by_label("The clinic cancels").check()
    expect(dialog.get_by_label("The clinic", exact=True)).to_be_checked()
    assert_no_violations(desk)
    dialog.get_by_role("button", name="Cancel session 2").click()
    told = toast(desk, "The later visit moves up: session 2 is now Tue 15 Dec. Sessions 3 to 10 are to book.")
    expect(told).to_be_visible()
    expect(told.get_by_role("link", name="Book them")).to_be_visible()
    assert_no_violations(desk)
    expect(desk.locator(".vi-facts")).to_contain_text("the clinic")
    desk.get_by_label("Why").focus()
    desk.keyboard.type("It was another patient")
    desk.keyboard.press("Enter")
    expect(toast(desk, "stands again: Tue 8 Dec, 14:00. The later visit moves down: session 3 is now")).to_be_visible()
    second.refresh_from_db()
    assert (second.status, second.cancelled_by, second.session and second.session.number) == ("booked", "", 2)
    desk.get_by_role("button", name="Undo Z").click()
    expect(toast(desk, "Undone")).to_be_visible()
    second.refresh_from_db()
    assert second.status == "cancelled"


def test_a_visit_is_not_put_back_where_somebody_else_is(
    desk: Page, book: dict[str, Any], complaints: Any, assert_no_violations: Callable[[Page], None]
) -> None:
    complaints.expect("400")
    visit: Appointment = book["visits"][2]
    Appointment.objects.filter(pk=visit.pk).update(status="cancelled", status_reason="Patient is ill", version=2)
    take(book["moira"], book["rooms"][1], date(2026, 12, 15), "14:15", 30)
    desk.goto(f"/appointments/{visit.public_id}/")
    desk.get_by_label("Why").fill("Well again")
    desk.get_by_role("button", name="Put it back").click()
    expect(desk.locator(".vi-restore")).to_contain_text(
        "Moira has another visit at this time. Nothing was saved. Book another time instead."
    )
    expect(desk.get_by_label("Why")).to_have_value("Well again")
    assert_no_violations(desk)
    visit.refresh_from_db()
    assert visit.status == "cancelled"


def test_a_no_show_and_back_from_the_page_of_the_visit(desk: Page, book: dict[str, Any]) -> None:
    visit = take(book["moira"], book["rooms"][0], TODAY, "13:00", 30, patient=book["patient"])
    desk.goto(f"/appointments/{visit.public_id}/")
    desk.get_by_role("button", name="No-show").click()
    expect(toast(desk, "noted as a no-show")).to_be_visible()
    expect(desk.locator(".vi .status")).to_have_text("No-show")
    desk.get_by_label("Why").fill("Came at half past")
    desk.get_by_role("button", name="Put it back").click()
    expect(desk.locator(".vi .status")).to_have_text("Booked")
    desk.get_by_role("button", name="Complete").click()
    expect(desk.locator(".vi .status")).to_have_text("Completed")
    desk.get_by_role("button", name="Undo the last").click()
    expect(desk.locator(".vi .status")).to_have_text("Booked")


def test_a_visit_goes_on_and_back_by_single_keys_and_a_stale_page_says_who(
    desk: Page, book: dict[str, Any], assert_no_violations: Callable[[Page], None]
) -> None:
    visit = take(book["moira"], book["rooms"][0], TODAY, "13:30", 30, patient=book["patient"])
    desk.goto(f"/appointments/{visit.public_id}/")
    status = desk.locator(".vi .status")
    for key, word in (
        ("a", "Arrived"),
        ("s", "In treatment"),
        ("u", "Arrived"),
        ("s", "In treatment"),
        ("d", "Completed"),
    ):
        desk.keyboard.press(key)
        expect(status).to_have_text(word)
    assert_no_violations(desk)
    desk.keyboard.press("u")
    expect(desk.get_by_label("Why")).to_be_focused()
    desk.keyboard.type("The wrong row")
    desk.get_by_role("button", name="In treatment again").click()
    expect(status).to_have_text("In treatment")
    complete_appointment(
        key=uuid4(), appointment_id=visit.pk, actor=book["moira"].user, now=visit.starts_at + timedelta(minutes=45)
    )
    desk.keyboard.press("d")
    expect(desk.get_by_text("marked this visit completed")).to_be_visible()
    expect(status).to_have_text("Completed")
    for width in (1440, 390):
        desk.set_viewport_size({"width": width, "height": 900})
        assert_no_violations(desk)


def test_a_consultation_moves_from_the_patient_page(desk: Page, book: dict[str, Any]) -> None:
    patient = factory.make_patient(first_name="Joanne", last_name="Tizzard")
    take(book["moira"], book["rooms"][0], date(2026, 11, 26), "11:00", 30, patient=patient)
    desk.goto(f"/patients/{patient.public_id}/")
    expect(desk.locator(".next")).to_contain_text("Consultation")
    desk.keyboard.press("m")
    expect(desk.get_by_role("heading", level=1)).to_have_text("Move the consultation")
    desk.get_by_role("button", name="Fri 27 Nov, 11:00 with Moira Hynes").click()
    expect(toast(desk, "now Fri 27 Nov, 11:00")).to_be_visible()


@pytest.mark.parametrize("theme", [Theme.LIGHT, Theme.DARK])
def test_the_pages_of_a_visit_fit_and_break_no_rule(
    page: Page,
    signed_in: SignIn,
    book: dict[str, Any],
    sound: Sound,
    theme: Theme,
) -> None:
    signed_in(factory.make_user(Role.FRONT_DESK, name="Dana Rideout", theme=theme))
    visit: Appointment = book["visits"][0]
    Appointment.objects.filter(pk=book["visits"][1].pk).update(
        status="cancelled", cancelled_by="patient", status_reason="Weather or roads: the bridge is closed", version=2
    )
    plan: TreatmentPlan = book["plan"]
    moved = take(book["moira"], book["rooms"][0], date(2026, 11, 26), "11:00", 30)
    for name, address in {
        "visit": f"/appointments/{visit.public_id}/",
        "cancelled": f"/appointments/{book['visits'][1].public_id}/",
        "new": f"/patients/{plan.patient.public_id}/visits/new/",
        "session": f"/patients/{plan.patient.public_id}/visits/new/?what=plan-{plan.public_id}",
        "move": f"/appointments/{moved.public_id}/move/",
        "patient": f"/patients/{plan.patient.public_id}/",
        "day": "/day/2026-12-01/",
    }.items():
        response = sound(page, theme, address)
        assert response and response.status == 200, name
