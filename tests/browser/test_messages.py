"""The message list and the notes of a visit in a real browser: by day, by night, on a phone, without scripts."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.db import transaction
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from clinic.models import Role, User
from patients.models import Channel, Message, MessageState
from patients.services.outbox import links
from patients.services.outbox.sweep import sweep
from scheduling.messages import NOTES
from tests import factory
from tests.scheduling.mailing import MINUTE, Course
from tests.smtp import Sink

pytestmark = pytest.mark.django_db(transaction=True)
Check = Callable[[Page], None]


@pytest.fixture
def course(smtp: Sink) -> Iterator[Course]:
    """A course whose dates were mailed, and a visit of yesterday whose notes were mailed."""
    now = factory.now()
    with transaction.atomic():
        course = Course()
        today = factory.local_day(now)
        course.book(*[today + timedelta(days=5 + 7 * n) for n in range(3)], now=now - 90 * MINUTE)
        course.complete(course.put(9, today - timedelta(days=1), "14:00"), now - 90 * MINUTE)
        sweep(now)
    assert len(smtp.messages) == 2
    yield course


def notes_url(course: Course) -> str:
    [message] = course.messages("visit_notes")
    return reverse("visit_notes", args=[links.token_for(message, NOTES)])


def answer(page: Page, day: str) -> None:
    for label, value in (("Day", day), ("Month", "9"), ("Year", "1986")):
        page.get_by_label(label).fill(value)
    page.get_by_role("button", name="Read my notes").click()


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (1024, "dark"), (390, "light")])
def test_the_list_and_one_message(
    page: Page, course: Course, signed_in: Callable[[User], User], assert_no_violations: Check, width: int, scheme: str
) -> None:
    signed_in(factory.make_user(Role.FRONT_DESK, name="Dana Rideout"))
    now = factory.now()
    for state in (MessageState.FAILED, MessageState.EXPIRED):
        Message.objects.create(patient=course.patient, kind="reminder_1_day", state=state, due_at=now, settled_at=now)
    call = Message.objects.create(
        patient=course.patient, kind="reminder_3_days", channel=Channel.PHONE, due_at=now - MINUTE
    )
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.set_viewport_size({"width": width, "height": 900})
    page.goto("/messages/")
    expect(page.get_by_role("rowheader").first).to_contain_text("Needs you")
    assert_no_violations(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width

    page.get_by_role("button", name="Told by phone: Marguerite Quenneville, Reminder, 3 days").click()
    expect(page.get_by_role("status")).to_contain_text("Noted: Marguerite Quenneville was told by phone.")
    call.refresh_from_db()
    assert call.state == MessageState.SENT

    page.get_by_role("link", name="Sent", exact=True).click()
    page.get_by_role("row").filter(has_text="All dates").get_by_role("link").click()
    expect(page.get_by_text("You have 3 appointments with us:", exact=True)).to_be_visible()
    assert_no_violations(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_notes_of_a_visit(page: Page, course: Course, assert_no_violations: Check, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(notes_url(course))
    assert_no_violations(page)
    answer(page, "1")
    expect(page.get_by_role("alert")).to_contain_text("You have 4 more tries.")
    assert_no_violations(page)
    answer(page, "2")
    expect(page.get_by_role("heading", level=1)).to_have_text("After your visit, Marguerite")
    assert_no_violations(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_notes_open_without_scripts(browser: Browser, live_server: LiveServer, course: Course) -> None:
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    page = context.new_page()
    page.goto(notes_url(course))
    answer(page, "2")
    expect(page.get_by_text("Keep it clean and dry")).to_be_visible()
    context.close()


def test_by_keyboard_the_mail_beside_the_list_follows_and_goes_again(
    page: Page, course: Course, signed_in: Callable[[User], User], assert_no_violations: Check
) -> None:
    signed_in(factory.make_user(Role.FRONT_DESK, name="Dana Rideout"))
    page.goto("/messages/?state=sent")
    pane = page.get_by_role("complementary", name="Preview")
    expect(pane.get_by_role("heading", name="As Marguerite got it")).to_be_visible()
    page.get_by_role("link", name="Marguerite Quenneville").first.focus()
    page.keyboard.press("ArrowDown")
    expect(pane.get_by_text("You have 3 appointments with us:", exact=True)).to_be_visible()
    assert_no_violations(page)
    pane.get_by_label("Mail").focus()
    page.keyboard.press("ArrowRight")
    expect(pane.locator("pre")).to_be_visible()
    pane.get_by_role("button", name="Send again").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="gets it once more")).to_be_visible()
    assert Message.objects.filter(kind="series_summary", state="waiting").count() == 1
