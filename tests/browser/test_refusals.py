"""Refusals in a real browser, one of each kind: on top of a page, in a merge, at the sign-in (all: tests/refusals)."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.conf import settings
from playwright.sync_api import Page, expect

from clinic.models import Role, User
from patients.models import Message, Patient
from scheduling.models import Appointment, AppointmentMessage
from tests import factory
from tests.browser.conftest import Complaints
from tests.scheduling.helpers import take

pytestmark = pytest.mark.django_db(transaction=True)
SignIn = Callable[[User], User]
Check = Callable[[Page], None]


@pytest.fixture
def dana(clinic: object) -> User:
    return factory.make_user(Role.FRONT_DESK, name="Dana Rideout")


@pytest.fixture
def desk(page: Page, signed_in: SignIn, dana: User) -> Page:
    signed_in(dana)
    return page


@pytest.fixture
def visit(clinic: object) -> Appointment:
    yesterday = factory.local_day(factory.now()) - timedelta(days=1)
    return take(factory.make_clinician(), factory.make_room(), yesterday, "14:00", 30)


def test_an_undo_that_comes_too_late_is_refused_on_top_of_the_page(
    desk: Page, visit: Appointment, assert_no_violations: Check
) -> None:
    desk.goto(f"/appointments/{visit.public_id}/")
    desk.get_by_role("button", name="No-show").click()
    expect(desk.get_by_role("status").get_by_text("noted as a no-show")).to_be_visible()
    Appointment.objects.filter(pk=visit.pk).update(status="booked", version=9)
    desk.keyboard.press("z")
    expect(desk.get_by_role("alert")).to_contain_text(
        "Someone changed a visit since. Nothing was undone. Open the visit to change it."
    )
    assert_no_violations(desk)


def test_a_message_that_is_not_true_any_more_is_not_sent_again(desk: Page, visit: Appointment) -> None:
    now = factory.now()
    sent = Message.objects.create(
        patient=visit.patient, kind="reminder_1_day", due_at=now, state="sent", settled_at=now, to_address="a@b.ca"
    )
    AppointmentMessage.objects.create(message=sent, appointment=visit, kind="reminder_1_day", version=1)
    desk.goto(f"/messages/{sent.public_id}/")
    desk.get_by_role("button", name="Send again").focus()
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("alert")).to_contain_text("Nothing was added.")
    assert Message.objects.count() == 1


def test_a_refused_merge_keeps_what_was_typed(desk: Page, complaints: Complaints, assert_no_violations: Check) -> None:
    complaints.expect("409")
    kept, gone = (factory.make_patient(first_name=name, last_name="Penney") for name in ("Marguerite", "Margaret"))
    desk.goto(f"/patients/{kept.public_id}/merge/{gone.public_id}/")
    desk.get_by_label("How do you know that they are one person?").fill("Same health card")
    Patient.objects.filter(pk=gone.pk).update(version=9)
    desk.keyboard.press("Control+Enter")
    expect(desk.get_by_role("alert")).to_contain_text("Someone changed one of the files meanwhile. Nothing was saved.")
    expect(desk.get_by_label("How do you know that they are one person?")).to_have_value("Same health card")
    assert_no_violations(desk)


def test_who_was_signed_out_hears_so_and_returns_to_the_page(
    desk: Page, dana: User, visit: Appointment, assert_no_violations: Check
) -> None:
    address = f"/appointments/{visit.public_id}/"
    desk.goto(address)
    desk.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    desk.get_by_role("button", name="No-show").click()
    expect(desk.get_by_role("alert")).to_have_text(
        "You were signed out meanwhile. Nothing was saved. Sign in and do it once more."
    )
    assert_no_violations(desk)
    desk.get_by_label("E-mail", exact=True).fill(dana.email)
    desk.get_by_label("Password", exact=True).fill(factory.PASSWORD)
    desk.keyboard.press("Enter")
    desk.wait_for_url(f"**{address}")
    visit.refresh_from_db()
    assert visit.status == "booked"
