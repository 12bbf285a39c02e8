"""A course in a real browser: its acts by mouse and by keyboard, refusals, widths, themes; the suggestion."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from clinic.models import Role, User
from patients.models import Patient
from scheduling.models import Appointment
from tests import factory
from tests.scheduling.helpers import take
from treatments.catalogue import load_catalogue
from treatments.models import PlanStatus, Session, SessionState, TreatmentPlan

pytestmark = pytest.mark.django_db(transaction=True)
SignIn = Callable[[User], User]
Check = Callable[[Page], None]


@pytest.fixture
def desk(page: Page, signed_in: SignIn) -> Page:
    signed_in(factory.make_user(Role.FRONT_DESK, name="Dana Rideout"))
    return page


@pytest.fixture
def plan(clinic: object) -> TreatmentPlan:
    """Fifteen sessions of a person with a long name: two held after a missed visit, three ahead, ten to book."""
    moira, room = factory.make_clinician(), factory.make_room()
    patient = factory.make_patient(first_name="Fatima Zahra", last_name="Idrissi-Noseworthy")
    plan = factory.make_plan(patient, clinician=moira, session_count=15, size="l", complexity="high")
    today = factory.local_day(factory.now())
    for number in range(1, 6):
        done = number <= 2
        state = SessionState.COMPLETED if done else SessionState.BOOKED
        Session.objects.filter(plan=plan, number=number).update(state=state)
        day = today + timedelta(weeks=number - 2, days=-1 if done else 1)
        status = "completed" if done else "booked"
        session = plan.sessions.get(number=number)
        take(moira, room, day, "14:00", 45, patient=patient, session=session, status=status)
    missed = plan.sessions.get(number=2)
    reason = {"status": "cancelled", "status_reason": "The road was closed by snow"}
    take(moira, room, today - timedelta(days=4), "09:00", 45, patient=patient, session=missed, **reason)
    return plan


def now_is(plan: TreatmentPlan) -> tuple[str, int, int]:
    """Return how the course stands, how many sessions it has, and how many visits lie ahead."""
    plan.refresh_from_db()
    return plan.status, plan.session_count, Appointment.objects.filter(status="booked").count()


def test_a_course_is_paused_resumed_and_stopped_by_mouse(
    desk: Page, plan: TreatmentPlan, assert_no_violations: Check
) -> None:
    desk.goto(f"/patients/{plan.patient.public_id}/")
    desk.get_by_role("link", name="Open plan").click()
    expect(desk.get_by_role("heading", level=1)).to_have_text("Cellulite reduction")
    expect(desk.get_by_text("The road was closed by snow").first).to_be_visible()
    desk.get_by_text("Pause", exact=True).click()
    desk.get_by_label("Why it rests").fill("Travels until March")
    assert_no_violations(desk)
    desk.get_by_text("Keep them").click()
    desk.get_by_role("button", name="Pause the course").click()
    expect(desk.get_by_role("status").get_by_text("Cellulite reduction is paused.")).to_be_visible()
    assert now_is(plan) == (PlanStatus.PAUSED, 15, 3)
    assert_no_violations(desk)
    desk.get_by_role("button", name="Resume").click()
    expect(desk.get_by_role("link", name="Book the rest, 10")).to_be_visible()
    desk.locator("summary", has_text="Stop the course").click()
    desk.get_by_label("Why it stops").fill("Moves to Halifax")
    desk.get_by_role("group", name="Who cancels").get_by_text("The clinic").click()
    assert_no_violations(desk)
    desk.get_by_role("button", name="Stop the course").click()
    expect(desk.get_by_text("Stopped: Moves to Halifax")).to_be_visible()
    assert now_is(plan) == (PlanStatus.DISCONTINUED, 15, 0)
    assert Appointment.objects.filter(cancelled_by="clinic").count() == 3
    assert_no_violations(desk)
    desk.get_by_role("button", name="Undo").click()
    expect(desk.get_by_role("link", name="Book the rest, 10")).to_be_visible()
    assert now_is(plan) == (PlanStatus.ACTIVE, 15, 3)


def test_a_course_is_paused_and_resumed_by_keyboard_alone(desk: Page, plan: TreatmentPlan) -> None:
    desk.goto(f"/plans/{plan.public_id}/")
    summary = desk.locator("summary", has_text="Pause")
    for _press in range(60):
        desk.keyboard.press("Tab")
        if summary.evaluate("element => element === document.activeElement"):
            break
    expect(summary).to_be_focused()
    desk.keyboard.press("Enter")
    desk.keyboard.press("Tab")
    expect(desk.get_by_label("Why it rests")).to_be_focused()
    desk.keyboard.type("Is ill")
    desk.keyboard.press("Enter")
    expect(desk.get_by_text("Paused: Is ill.")).to_be_visible()
    assert now_is(plan) == (PlanStatus.PAUSED, 15, 0)
    desk.keyboard.press("r")
    expect(desk.get_by_text("is under way again")).to_be_visible()
    desk.keyboard.press("z")
    expect(desk.get_by_text("Paused: Is ill.")).to_be_visible()
    desk.keyboard.press("r")
    expect(desk.get_by_text("is under way again")).to_be_visible()
    desk.keyboard.press("b")
    desk.wait_for_url(re.compile("/book/"))


def test_sessions_are_added_with_a_reason_and_dropped(
    desk: Page, plan: TreatmentPlan, assert_no_violations: Check
) -> None:
    desk.goto(f"/plans/{plan.public_id}/")
    desk.locator("summary", has_text="Add sessions").click()
    desk.get_by_label("How many", exact=True).fill("2")
    desk.get_by_role("button", name="Add sessions").click()
    expect(desk.get_by_role("alert")).to_contain_text("17 is more than the 15 of a course. Nothing was saved.")
    assert_no_violations(desk)
    desk.locator("summary", has_text="Add sessions").click()
    desk.get_by_label("How many", exact=True).fill("2")
    desk.get_by_label("Why more than 15").fill("Slow to answer")
    desk.get_by_role("button", name="Add sessions").click()
    expect(desk.get_by_text("More than 15: Slow to answer")).to_be_visible()
    desk.locator("summary", has_text="Drop sessions").click()
    desk.get_by_label("How many of the last ones").fill("13")
    desk.get_by_role("button", name="Drop sessions").click()
    expect(desk.get_by_label("How many of the last ones")).to_be_focused()  # the browser says the most
    desk.get_by_label("How many of the last ones").fill("12")
    desk.get_by_role("button", name="Drop sessions").click()
    expect(desk.get_by_text("12 sessions dropped: the course has 5 now.")).to_be_visible()
    desk.locator("summary", has_text="Drop sessions").click()
    expect(desk.get_by_text("Every session has a visit. Cancel the last visits first.")).to_be_visible()
    assert_no_violations(desk)


def test_two_at_one_course_hear_of_each_other(desk: Page, plan: TreatmentPlan) -> None:
    desk.goto(f"/plans/{plan.public_id}/")
    TreatmentPlan.objects.filter(pk=plan.pk).update(status=PlanStatus.PAUSED, version=2)
    desk.locator("summary", has_text="Pause").click()
    desk.get_by_label("Why it rests").fill("Travels")
    desk.get_by_role("button", name="Pause the course").click()
    expect(desk.get_by_role("alert")).to_contain_text("This course is paused already. Nothing was saved.")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 1024, 390])
def test_it_is_sound_at_every_width_in_both_themes(
    desk: Page, plan: TreatmentPlan, assert_no_violations: Check, width: int, theme: str
) -> None:
    User.objects.update(theme=theme)
    TreatmentPlan.objects.filter(pk=plan.pk).update(
        interval_max=28, long_gap_reason="Lives in Labrador and comes with the ferry of every other Tuesday"
    )
    factory.make_plan(plan.patient, name="Stretch marks")
    desk.set_viewport_size({"width": width, "height": 900})
    desk.goto(f"/plans/{plan.public_id}/")
    desk.locator("summary", has_text="Pause").click()
    assert_no_violations(desk)
    assert desk.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0


@pytest.fixture
def patient(clinic: object) -> Patient:
    load_catalogue()
    return factory.make_patient(first_name="Devika", last_name="Rao")


def test_a_choice_changes_the_suggestion_at_once(desk: Page, patient: Patient, assert_no_violations: Check) -> None:
    desk.goto(f"/patients/{patient.public_id}/plans/new/?protocol=cellulite")
    sessions = desk.get_by_label("Sessions", exact=True)
    expect(sessions).to_have_value("10")
    desk.get_by_text("Large", exact=True).click()
    expect(sessions).to_have_value("12")
    expect(desk.get_by_text("12 sessions suggested: 3 places, large size, medium complexity.")).to_be_visible()
    desk.get_by_role("radio", name="Low").focus()
    desk.keyboard.press("ArrowRight")
    desk.keyboard.press("ArrowRight")
    expect(sessions).to_have_value("14")
    for name in ("Thigh, Left", "Thigh, Right"):
        desk.get_by_role("checkbox", name=name).uncheck(force=True)
    expect(sessions).to_have_value("13")
    sessions.fill("9")
    desk.get_by_text("Small", exact=True).click()
    expect(desk.get_by_text("2 places, small size")).to_be_visible()
    expect(sessions).to_have_value("9")
    assert_no_violations(desk)
    desk.get_by_role("button", name="Suggest").click()
    expect(sessions).not_to_have_value("9")
    desk.keyboard.press("Control+Enter")
    desk.wait_for_url(re.compile("/plans/.*/book/"))
    assert TreatmentPlan.objects.get().size == "s"


def test_enter_in_a_field_goes_on_to_the_dates(desk: Page, patient: Patient) -> None:
    desk.goto(f"/patients/{patient.public_id}/plans/new/?protocol=cellulite")
    desk.get_by_label("Sessions", exact=True).fill("8")
    desk.keyboard.press("Enter")
    desk.wait_for_url(re.compile("/plans/.*/book/"))
    assert TreatmentPlan.objects.get().session_count == 8


def test_the_suggestion_works_without_a_script(
    desk: Page, patient: Patient, browser: Browser, live_server: LiveServer
) -> None:
    context = browser.new_context(java_script_enabled=False, base_url=live_server.url)
    context.add_cookies(desk.context.cookies())  # type: ignore[arg-type] - what one context gives another takes
    page = context.new_page()
    page.goto(f"/patients/{patient.public_id}/plans/new/?protocol=cellulite")
    page.get_by_text("Large", exact=True).click()
    page.get_by_text("High", exact=True).click()
    page.get_by_role("button", name="Suggest").click()
    expect(page.get_by_label("Sessions", exact=True)).to_have_value("14")
    expect(page.get_by_role("radio", name="Large")).to_be_checked()
    page.get_by_role("button", name="Continue to dates").click()
    page.wait_for_url(re.compile("/plans/.*/book/"))
    context.close()


@pytest.mark.parametrize("width", [1440, 390])
def test_somebody_under_age_is_planned_for_by_a_clinician(
    page: Page, signed_in: SignIn, patient: Patient, assert_no_violations: Check, width: int
) -> None:
    today = factory.local_day(factory.now())
    Patient.objects.filter(pk=patient.pk).update(birth_date=today.replace(year=today.year - 17, day=1))
    page.set_viewport_size({"width": width, "height": 900})
    address = f"/patients/{patient.public_id}/plans/new/?protocol=cellulite"
    signed_in(factory.make_user(Role.FRONT_DESK))
    page.goto(address)
    expect(page.get_by_text("Under 19 only a clinician can plan a course")).to_be_visible()
    expect(page.get_by_role("button", name="Continue to dates")).to_be_disabled()
    assert_no_violations(page)
    signed_in(factory.make_user(Role.CLINICIAN))
    page.goto(address)
    page.get_by_role("button", name="Continue to dates").click()
    expect(page.get_by_role("alert")).to_contain_text("Under 19 a course needs a reason: say why.")
    assert_no_violations(page)
    page.get_by_label("Why under age").fill("Scars of an accident; her mother agrees")
    page.get_by_role("button", name="Continue to dates").click()
    page.wait_for_url(re.compile("/plans/.*/book/"))
    assert TreatmentPlan.objects.get().minor_reason.startswith("Scars")
