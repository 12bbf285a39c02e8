"""Patients in a real browser: register with a mistake, find by keyboard, plan, look; axe finds nothing."""

import re
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from clinic.models import Role, User
from patients.models import Patient
from scheduling.models import Appointment
from tests import factory
from treatments.catalogue import load_catalogue
from treatments.models import Session, SessionState, TreatmentPlan

pytestmark = pytest.mark.django_db(transaction=True)
SignIn = Callable[[User], User]
Check = Callable[[Page], None]


@pytest.fixture
def desk(page: Page, signed_in: SignIn) -> Page:
    signed_in(factory.make_user(Role.FRONT_DESK, name="Dana Rideout"))
    return page


def make_course() -> TreatmentPlan:
    """Make a patient with a course under way: one visit done, one tomorrow, the rest to book."""
    patient = factory.make_patient(first_name="Fatima Zahra", last_name="Idrissi-Noseworthy", note="Needs the ramp.")
    plan = factory.make_plan(patient, session_count=12)
    moira, room = factory.make_clinician(), factory.make_room()
    for number, days, status in ((1, -6, "completed"), (2, 1, "confirmed")):
        starts = factory.at(factory.now().astimezone(factory.ST_JOHNS).date() + timedelta(days=days), "13:45")
        Session.objects.filter(plan=plan, number=number).update(
            state=SessionState.COMPLETED if status == "completed" else SessionState.BOOKED
        )
        Appointment.objects.create(
            patient=patient,
            session=plan.sessions.get(number=number),
            clinician=moira,
            room=room,
            arrives_at=starts - timedelta(minutes=30),
            starts_at=starts,
            ends_at=starts + timedelta(minutes=45),
            frees_at=starts + timedelta(minutes=55),
            wall_date=starts.date(),
            wall_time=starts.time(),
            wall_zone="America/St_Johns",
            status=status,
        )
    return plan


def test_a_patient_is_registered_after_a_mistake_was_mended(desk: Page, assert_no_violations: Check) -> None:
    desk.goto("/patients/")
    desk.get_by_role("link", name="Register", exact=True).click()
    desk.get_by_label("First name").fill("Margaret")
    desk.get_by_label("Last name").fill("Penny")
    desk.get_by_label("Birth date").fill("8 May 1974")
    desk.get_by_label("Mobile phone").fill("709 555 0118")
    desk.get_by_label("E-mail", exact=False).first.fill("m.penny@example")
    desk.get_by_role("button", name="Register and book").click()
    summary = desk.get_by_role("alert")
    expect(summary).to_be_focused()
    expect(summary).to_contain_text("One thing to mend. Nothing was saved yet.")
    assert_no_violations(desk)
    summary.get_by_role("link").click()
    expect(desk.locator("#id_email")).to_be_focused()
    expect(desk.locator("#id_email")).to_have_attribute("aria-invalid", "true")
    desk.locator("#id_email").fill("m.penny@example.ca")
    desk.keyboard.press("Control+Enter")
    expect(desk.get_by_role("heading", name="Choose a treatment")).to_be_visible()
    assert Patient.objects.get().phone.as_e164 == "+17095550118"


def test_a_likely_twin_is_shown_while_typing(desk: Page, assert_no_violations: Check) -> None:
    twin = factory.make_patient(first_name="Marguerite", last_name="Penney", birth_date=date(1974, 5, 8))
    desk.goto("/patients/new/")
    desk.get_by_label("First name").fill("Margaret")
    desk.get_by_label("Last name").fill("Penny")
    desk.get_by_label("Birth date").fill("8 May 1974")
    desk.keyboard.press("Tab")
    expect(desk.get_by_text("Is this Marguerite Penney?")).to_be_visible()
    assert_no_violations(desk)
    desk.get_by_role("link", name=f"It is them: open file {twin.file_label}").click()
    expect(desk.get_by_role("heading", name="Marguerite Penney")).to_be_visible()


def test_somebody_is_found_by_keyboard_alone(desk: Page, assert_no_violations: Check) -> None:
    first = factory.make_patient(first_name="Marguerite", last_name="Penney")
    factory.make_patient(first_name="Marcel", last_name="Pennell")
    factory.make_patient(first_name="Gerald", last_name="Stone")
    desk.goto("/patients/")
    expect(desk.locator("[data-find]")).to_be_focused()
    desk.keyboard.type("penn mar")
    links = desk.locator("[data-find-result]")
    expect(links).to_have_count(2)
    assert_no_violations(desk)
    desk.keyboard.press("ArrowDown")
    expect(links.nth(0)).to_be_focused()
    desk.keyboard.press("ArrowDown")
    expect(links.nth(1)).to_be_focused()
    desk.keyboard.press("ArrowUp")
    desk.keyboard.press("ArrowUp")
    expect(desk.locator("[data-find]")).to_be_focused()
    desk.keyboard.type("g")  # "penn marg": Enter comes before the answer does
    desk.keyboard.press("Enter")
    expect(desk).to_have_url(re.compile(str(first.public_id)))


def test_the_list_works_without_a_script(desk: Page, browser: Browser, live_server: LiveServer) -> None:
    factory.make_patient(first_name="Marguerite", last_name="Penney")
    factory.make_patient(first_name="Gerald", last_name="Stone")
    context = browser.new_context(java_script_enabled=False, base_url=live_server.url)
    context.add_cookies(desk.context.cookies())  # type: ignore[arg-type] - what one context gives another takes
    page = context.new_page()
    page.goto("/patients/")
    page.locator("[data-find]").fill("penney")
    page.get_by_role("button", name="Find").click()
    expect(page.locator("[data-find-result]")).to_have_count(1)
    context.close()


def test_a_course_is_planned_with_two_clicks(desk: Page, assert_no_violations: Check) -> None:
    load_catalogue()
    patient = factory.make_patient(first_name="Devika", last_name="Rao")
    desk.goto(f"/patients/{patient.public_id}/")
    desk.keyboard.press("b")
    expect(desk.get_by_role("heading", name="Choose a treatment")).to_be_visible()
    assert_no_violations(desk)
    desk.keyboard.type("cellulite removal")
    expect(desk.locator("[data-find-result]")).to_have_count(1)
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("heading", name="Cellulite reduction")).to_be_visible()
    assert_no_violations(desk)
    desk.get_by_role("button", name="Continue to dates").click()
    desk.wait_for_url(re.compile("/plans/.*/book/"))
    assert TreatmentPlan.objects.get().sessions.count() == 10


def test_a_side_is_toggled_and_a_limit_explained(desk: Page, assert_no_violations: Check) -> None:
    load_catalogue()
    patient = factory.make_patient()
    desk.goto(f"/patients/{patient.public_id}/plans/new/?protocol=cellulite")
    desk.get_by_role("checkbox", name="Thigh, Right").uncheck(force=True)
    desk.get_by_label("Days between, at least").fill("5")
    desk.get_by_role("button", name="Continue to dates").click()
    expect(desk.get_by_role("alert")).to_contain_text("5 days is too close: Cellulite reduction needs 7.")
    expect(desk.get_by_role("checkbox", name="Thigh, Right")).not_to_be_checked()
    assert_no_violations(desk)


@pytest.mark.parametrize("width", [1440, 1024, 390])
def test_the_patient_page_has_no_violation_and_no_sideways_scroll(
    desk: Page, assert_no_violations: Check, width: int
) -> None:
    plan = make_course()
    desk.set_viewport_size({"width": width, "height": 900})
    desk.goto(f"/patients/{plan.patient.public_id}/")
    expect(desk.get_by_text("Next visit, tomorrow")).to_be_visible()
    assert_no_violations(desk)
    assert desk.evaluate("() => document.documentElement.scrollWidth") <= width


def test_the_next_visit_is_cancelled_from_the_page(desk: Page, assert_no_violations: Check) -> None:
    plan = make_course()
    desk.goto(f"/patients/{plan.patient.public_id}/")
    desk.keyboard.press("c")
    dialog = desk.get_by_role("dialog")
    expect(dialog.get_by_label("Patient is ill")).to_be_focused()
    assert_no_violations(desk)
    dialog.get_by_label("Patient is ill").check()
    dialog.get_by_role("button", name="Cancel session 2").click()
    expect(desk).to_have_url(re.compile(str(plan.patient.public_id)))
    expect(desk.get_by_text("11 sessions are to book")).to_be_visible()
    assert Appointment.objects.filter(status="cancelled", status_reason="Patient is ill").count() == 1


def test_two_at_one_file_see_each_others_words(desk: Page, assert_no_violations: Check) -> None:
    patient = factory.make_patient()
    desk.goto(f"/patients/{patient.public_id}/edit/")
    desk.get_by_label("Goes by").fill("Maggie")
    Patient.objects.filter(pk=patient.pk).update(note="Mornings only", version=2)
    desk.get_by_role("button", name="Save details").click()
    expect(desk.get_by_text("This file was changed while you wrote")).to_be_visible()
    expect(desk.get_by_label("Goes by")).to_have_value("Maggie")
    expect(desk.get_by_label("Good to know")).to_have_value("Mornings only")
    assert_no_violations(desk)
    desk.get_by_role("button", name="Save details").click()
    expect(desk.get_by_text("is up to date")).to_be_visible()
    patient.refresh_from_db()
    assert (patient.preferred_name, patient.note) == ("Maggie", "Mornings only")
