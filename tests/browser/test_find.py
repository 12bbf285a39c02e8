"""Find or go to, and the keys of a page, in a real browser: by keyboard, by mouse, at three widths, in both lights."""

import os
import re
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, Page, Request, Route, expect
from pytest_django.live_server_helper import LiveServer

from clinic.lib.audit import log_reading
from clinic.models import Role, User
from patients.models import Patient
from tests import factory
from tests.browser.conftest import Complaints
from tests.scheduling.helpers import take

pytestmark = pytest.mark.django_db(transaction=True)
SignIn = Callable[[User], User]
Check = Callable[[Page], None]
FIRST = ["Ann", "Bea", "Cora", "Dora", "Edna", "Flora", "Gail", "Hope", "Ida", "Joan", "Kay", "Lena", "Mona", "Nell"]


def keep(page: Page, name: str) -> None:
    """Keep a picture for the eye when PISTOR_SHOTS names a folder."""
    if "PISTOR_SHOTS" in os.environ:
        page.screenshot(path=Path(os.environ["PISTOR_SHOTS"]) / f"{name}.png")


@pytest.fixture
def user(clinic: object) -> User:
    return factory.make_user(Role.FRONT_DESK, name="Dana Rideout")


@pytest.fixture
def desk(page: Page, signed_in: SignIn, user: User) -> Page:
    signed_in(user)
    return page


@pytest.fixture
def penneys(clinic: object) -> list[Patient]:
    """Twenty-five of one surname; Marguerite has a visit ahead."""
    people = [
        factory.make_patient(
            first_name=FIRST[n % len(FIRST)], last_name="Penney", birth_date=date(1950, 1, 3) + timedelta(days=500 * n)
        )
        for n in range(24)
    ]
    marguerite = factory.make_patient(first_name="Marguerite", last_name="Penney", birth_date=date(1974, 5, 8))
    tomorrow = factory.local_day(factory.now()) + timedelta(days=1)
    take(factory.make_clinician(), factory.make_room(), tomorrow, "13:45", 45, patient=marguerite)
    return [*people, marguerite]


def palette(page: Page) -> None:
    page.keyboard.press("Control+k")
    expect(page.locator("#palette-field")).to_be_focused()


def chosen(page: Page) -> str:
    """Return the id of the chosen option, and see that the field says the same to a screen reader."""
    one = page.locator("#palette [role=option][aria-selected=true]")
    expect(one).to_have_count(1)
    name = one.get_attribute("id") or ""
    expect(page.locator("#palette-field")).to_have_attribute("aria-activedescendant", name)
    return name


def test_somebody_is_found_from_any_page_by_keyboard_alone(
    desk: Page, penneys: list[Patient], assert_no_violations: Check
) -> None:
    desk.goto("/messages/")
    palette(desk)
    desk.keyboard.type("penn marg")
    options = desk.locator("#palette [role=option]")
    expect(options).to_have_count(3)  # her, and two ways to book for her
    expect(options.first).to_contain_text("Marguerite Penney")
    expect(options.first).to_contain_text("8 May 1974")
    expect(options.first).to_contain_text("tomorrow 13:45")
    expect(desk.locator("[data-palette-say]")).to_have_text("1 patient, 0 pages, 2 acts")
    assert chosen(desk) == "palette-person-1"
    assert_no_violations(desk)
    keep(desk, "palette-one")
    desk.keyboard.press("Enter")
    expect(desk).to_have_url(re.compile(str(penneys[-1].public_id)))


def test_enter_before_the_answer_opens_what_comes(desk: Page, penneys: list[Patient]) -> None:
    desk.goto("/day/")
    palette(desk)
    desk.keyboard.type("penney marg")
    desk.keyboard.press("Enter")
    expect(desk).to_have_url(re.compile(str(penneys[-1].public_id)))


def test_control_enter_books_for_the_patient(desk: Page, penneys: list[Patient]) -> None:
    desk.goto("/day/")
    palette(desk)
    desk.keyboard.type("marg penney")
    expect(desk.locator("[data-palette-books]")).to_be_visible()
    desk.keyboard.press("Control+Enter")
    expect(desk).to_have_url(re.compile(f"{penneys[-1].public_id}/plans/new/"))


def test_twenty_five_of_one_surname_can_be_walked_through(
    desk: Page, penneys: list[Patient], assert_no_violations: Check
) -> None:
    desk.goto("/day/")
    palette(desk)
    desk.keyboard.type("penney")
    expect(desk.locator("#palette [id^=palette-person-]")).to_have_count(20)
    expect(desk.locator("#palette-more")).to_contain_text("5 more in the list of patients")
    keep(desk, "palette-many")
    assert chosen(desk) == "palette-person-1"
    for _step in range(12):
        desk.keyboard.press("ArrowDown")
    assert chosen(desk) == "palette-person-13"
    expect(desk.locator("#palette-person-13")).to_be_in_viewport(ratio=1)
    inside = """option => { const list = option.closest('[role=listbox]').getBoundingClientRect();
        const own = option.getBoundingClientRect(); return own.top >= list.top && own.bottom <= list.bottom; }"""
    assert desk.locator("#palette-person-13").evaluate(inside)
    assert_no_violations(desk)
    desk.keyboard.press("Home")
    assert chosen(desk) == "palette-person-1"
    assert desk.locator("#palette-person-1").evaluate(inside)
    desk.keyboard.press("ArrowUp")
    last = desk.locator("#palette [role=option]").last.get_attribute("id")
    assert chosen(desk) == last
    desk.keyboard.press("Home")
    desk.keyboard.press("End")
    assert chosen(desk) == last
    desk.locator("#palette-more").click()
    expect(desk.get_by_role("heading", name="Patients")).to_be_visible()
    expect(desk.locator("[data-find-result]")).to_have_count(25)


def test_escape_closes_and_the_focus_returns(desk: Page) -> None:
    desk.goto("/patients/")
    link = desk.get_by_role("link", name="Register", exact=True)
    link.focus()
    palette(desk)
    desk.keyboard.press("Escape")
    expect(desk.locator("#palette")).to_be_hidden()
    expect(link).to_be_focused()


def test_by_mouse_from_the_navigation(desk: Page, user: User, penneys: list[Patient]) -> None:
    log_reading(user, penneys[3], "patient")
    desk.goto("/day/")
    desk.get_by_role("link", name="Find or go to").click()
    expect(desk.locator("#palette")).to_contain_text("Opened lately")
    desk.locator("#palette-field").fill("dora")
    desk.locator("#palette [role=option]", has_text="Dora Penney").first.hover()
    desk.locator("#palette [role=option]", has_text="Dora Penney").first.click()
    expect(desk.get_by_role("heading", level=1)).to_contain_text("Dora Penney")
    desk.get_by_role("link", name="Find or go to").click()
    desk.mouse.click(5, 5)  # beside it
    expect(desk.locator("#palette")).to_be_hidden()


@pytest.mark.parametrize(
    ("typed", "path"), [("mess", "/messages/"), ("tomorrow", "/day/20"), ("regis", "/patients/new/")]
)
def test_pages_days_and_acts_open_too(desk: Page, typed: str, path: str) -> None:
    desk.goto("/patients/")
    palette(desk)
    desk.keyboard.type(typed)
    expect(desk.locator("#palette [role=option]")).to_have_count(1)
    desk.keyboard.press("Enter")
    desk.wait_for_url(f"**{path}**")


def test_nobody_is_found_and_what_to_do_is_said(desk: Page, assert_no_violations: Check) -> None:
    desk.goto("/day/")
    palette(desk)
    desk.keyboard.type("Zeb Quill")
    expect(desk.locator("#palette")).to_contain_text("No patient matches “Zeb Quill”.")
    assert_no_violations(desk)
    keep(desk, "palette-nobody")
    desk.keyboard.press("Enter")
    expect(desk.get_by_label("First name")).to_have_value("Zeb")


def test_an_old_answer_is_dropped(desk: Page, penneys: list[Patient]) -> None:
    """The first answer comes late, after more was typed: it must never stand under the newer words."""
    desk.goto("/day/")
    held: list[Route] = []

    def hold(route: Route, request: Request) -> None:
        if request.url.endswith("q=penney") and not held:
            held.append(route)
        else:
            route.continue_()

    desk.route("**/find/**", hold)
    palette(desk)
    desk.keyboard.type("penney")
    desk.wait_for_timeout(400)
    assert held
    desk.keyboard.type(" marg")
    held[0].continue_()
    expect(desk.locator("#palette [id^=palette-person-]")).to_have_count(1)
    expect(desk.locator("#palette-person-1")).to_contain_text("Marguerite")


def test_a_lost_connection_is_said(desk: Page, complaints: Complaints) -> None:
    complaints.expect("ERR_INTERNET_DISCONNECTED")
    complaints.expect("htmx:sendError")
    complaints.expect("htmx:afterRequest")
    desk.goto("/day/")
    desk.context.set_offline(True)
    palette(desk)
    expect(desk.locator("#palette").get_by_role("alert")).to_contain_text("We cannot reach the clinic.")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_is_sound_at_three_widths(
    desk: Page, user: User, penneys: list[Patient], assert_no_violations: Check, theme: str
) -> None:
    User.objects.filter(pk=user.pk).update(theme=theme)
    factory.make_patient(first_name="Fatima Zahra", last_name="Idrissi-Noseworthy", preferred_name="Penny")
    for width in (1440, 1024, 390):
        desk.set_viewport_size({"width": width, "height": 844 if width == 390 else 900})
        desk.goto("/day/")
        palette(desk)
        desk.keyboard.type("penn")
        expect(desk.locator("#palette [id^=palette-person-]")).to_have_count(20)
        wide = desk.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0
        assert desk.locator("#palette").evaluate("palette => palette.scrollWidth <= palette.clientWidth")
        assert_no_violations(desk)
        keep(desk, f"palette-{width}-{theme}")
        desk.keyboard.press("Escape")
        desk.goto("/find/?q=penn")
        assert_no_violations(desk)
        keep(desk, f"find-page-{width}-{theme}")


def test_without_a_script_it_is_a_page(
    desk: Page, browser: Browser, live_server: LiveServer, penneys: list[Patient]
) -> None:
    context = browser.new_context(java_script_enabled=False, base_url=live_server.url)
    context.add_cookies(desk.context.cookies())  # type: ignore[arg-type]
    page = context.new_page()
    page.goto("/day/")
    page.get_by_role("link", name="Find or go to").click()
    page.get_by_role("searchbox", name="Find or go to").fill("penney marg")
    page.keyboard.press("Enter")
    page.get_by_role("link", name=re.compile("Marguerite Penney")).first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Marguerite Penney")
    context.close()


def test_a_question_mark_lists_the_keys_of_the_page(desk: Page, assert_no_violations: Check) -> None:
    desk.goto("/day/")
    desk.keyboard.press("?")
    keys = desk.locator("#keys")
    expect(keys).to_be_visible()
    expect(keys.locator("dl > div:visible dd, dl > div dd:visible")).to_contain_text(["Find or go to"])
    expect(keys).to_contain_text("The day before, the day after")
    expect(keys.locator("[data-added]")).not_to_have_count(0)
    assert_no_violations(desk)
    ring = keys.get_by_role("button", name="Close").evaluate("button => getComputedStyle(button).outlineStyle")
    assert ring == "solid"
    keep(desk, "keys")
    address = desk.url
    desk.keyboard.press("b")  # not for the page behind
    desk.wait_for_timeout(150)
    assert desk.url == address
    desk.keyboard.press("Escape")
    expect(keys).to_be_hidden()


def test_single_keys_are_off_everywhere_until_switched_on_again(
    desk: Page, user: User, penneys: list[Patient], assert_no_violations: Check
) -> None:
    address = reverse("patient_page", args=[penneys[-1].public_id])
    desk.goto(address)
    desk.locator("details.nav-user summary").click()
    desk.get_by_role("button", name="Keys and help").click()
    keys = desk.locator("#keys")
    keys.get_by_role("button", name="Off", exact=True).click()
    expect(keys.get_by_role("button", name="Off", exact=True)).to_have_attribute("aria-pressed", "true")
    assert_no_violations(desk)
    keep(desk, "keys-off")
    keys.get_by_role("button", name="Close").click()
    expect(desk.locator("details.nav-user summary")).to_be_focused()
    for key in ("b", "e", "?"):
        desk.keyboard.press(key)
    expect(keys).to_be_hidden()
    desk.goto(address)  # the server remembers
    for key in ("b", "e", "?"):
        desk.keyboard.press(key)
    desk.wait_for_timeout(200)
    expect(desk).to_have_url(re.compile(f"{address}$"))
    expect(desk.locator("[data-key=b] kbd").first).to_be_hidden()
    palette(desk)  # with Ctrl it is no single key
    desk.keyboard.type("be")
    expect(desk.locator("#palette-field")).to_have_value("be")
    desk.keyboard.press("Escape")
    user.refresh_from_db()
    assert user.single_keys is False
    desk.locator("details.nav-user summary").click()
    desk.get_by_role("button", name="Keys and help").click()
    keys.get_by_role("button", name="On", exact=True).click()
    expect(keys.get_by_role("button", name="On", exact=True)).to_have_attribute("aria-pressed", "true")
    desk.keyboard.press("Escape")
    desk.keyboard.press("b")
    desk.wait_for_url("**/plans/new/**")


def test_a_slash_goes_to_the_field_that_finds(desk: Page) -> None:
    factory.make_patient()
    desk.goto("/patients/?q=rao")
    desk.keyboard.press("/")
    expect(desk.locator("[data-find]")).to_be_focused()
