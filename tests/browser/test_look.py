"""The shell, sign-in and the pages that stop: in a real browser, light and dark, at three widths and at 400 % zoom."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from clinic.models import Role, User
from tests import factory
from tests.browser.conftest import COLOURS, Complaints

pytestmark = pytest.mark.django_db(transaction=True)

WIDTHS = [(1440, 900), (1024, 768), (390, 844)]
REFLOW = (320, 256)
"""1280 x 1024 at 400 % (WCAG 1.4.10)."""

Check = Callable[..., None]
SignIn = Callable[[User], User]


@pytest.fixture
def desk(page: Page) -> User:
    return factory.make_user(Role.FRONT_DESK, name="Fatima Zahra Idrissi-Noseworthy")


def assert_nothing_sideways(page: Page) -> None:
    for width, height in [*WIDTHS, REFLOW]:
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate("() => document.documentElement.scrollWidth") <= width, (page.url, width)


def look_at(page: Page, check: Check) -> None:
    """Look at a page as it stands: at three widths and in the colours of the dark, no violation, nothing sideways."""
    page.emulate_media(color_scheme="light", reduced_motion="reduce")  # axe must not read a colour on its way
    for width, height in WIDTHS:
        page.set_viewport_size({"width": width, "height": height})
        check(page)
    page.emulate_media(color_scheme="dark")
    check(page, **COLOURS)
    assert_nothing_sideways(page)


def fill_sign_in(page: Page, email: str, password: str) -> None:
    page.get_by_label("E-mail", exact=True).fill(email)
    page.get_by_label("Password", exact=True).fill(password)


def test_signing_in_by_keyboard_alone(page: Page, desk: User) -> None:
    page.goto("/accounts/login/")
    expect(page.get_by_label("E-mail", exact=True)).to_be_focused()
    page.keyboard.type(desk.email)
    page.keyboard.press("Tab")
    page.keyboard.type(factory.PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.get_by_role("navigation", name="Main").get_by_role("link", name="Board")).to_have_attribute(
        "aria-current", "page"
    )


def test_sign_in_looks_right(page: Page, assert_no_violations: Check) -> None:
    page.goto("/accounts/login/")
    look_at(page, assert_no_violations)


def test_a_wrong_password_is_said_and_the_password_has_the_focus(page: Page, assert_no_violations: Check) -> None:
    page.goto("/accounts/login/")
    fill_sign_in(page, "dana@harbourlight.example", "wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("do not match")
    expect(page.get_by_label("Password", exact=True)).to_be_focused()
    expect(page.get_by_label("E-mail", exact=True)).to_have_value("dana@harbourlight.example")
    look_at(page, assert_no_violations)


def test_the_fifth_wrong_try_is_told_what_to_do(
    page: Page, complaints: Complaints, assert_no_violations: Check
) -> None:
    complaints.expect("status of 429")
    for _ in range(5):
        page.goto("/accounts/login/")
        fill_sign_in(page, "dana@harbourlight.example", "wrong")
        page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Wait 15 minutes")).to_be_visible()
    look_at(page, assert_no_violations)


def test_the_eye_shows_what_was_typed(page: Page) -> None:
    page.goto("/accounts/login/")
    password = page.get_by_label("Password", exact=True)
    password.fill("sunshine")
    eye = page.get_by_role("button", name="Show what you typed")
    eye.click()
    expect(password).to_have_attribute("type", "text")
    expect(eye).to_have_attribute("aria-pressed", "true")
    eye.click()
    expect(password).to_have_attribute("type", "password")


@pytest.mark.parametrize("address", ["password/reset/", "password/reset/sent/", "inactive/"])
def test_the_other_pages_before_sign_in(page: Page, address: str, assert_no_violations: Check) -> None:
    page.goto(f"/accounts/{address}")
    look_at(page, assert_no_violations)


def test_an_old_link_for_a_new_password_leads_to_a_new_one(page: Page, assert_no_violations: Check) -> None:
    page.goto("/accounts/password/reset/1-gone-0/")
    expect(page.get_by_role("heading", name="This link is used or too old")).to_be_visible()
    look_at(page, assert_no_violations)


def test_no_page_for_someone_signed_in(
    page: Page, desk: User, signed_in: SignIn, complaints: Complaints, assert_no_violations: Check
) -> None:
    complaints.expect("status of 404")
    signed_in(desk)
    page.goto("/no-such-page/")
    look_at(page, assert_no_violations)
    page.get_by_role("link", name="Go to today").click()
    page.wait_for_url("**/board/")


def test_no_page_for_a_patient_says_whom_to_call_and_not_what_the_clinic_does(
    page: Page, complaints: Complaints, assert_no_violations: Check
) -> None:
    complaints.expect("status of 404")
    page.goto("/no-such-page/")
    assert "Pistor" not in page.content()
    expect(page.get_by_role("link", name="Call 709-555-0100")).to_have_attribute("href", "tel:+1-709-555-0100")
    look_at(page, assert_no_violations)


def test_not_yours_to_open(page: Page, signed_in: SignIn, complaints: Complaints, assert_no_violations: Check) -> None:
    complaints.expect("status of 403")
    signed_in(factory.make_user(Role.CLINICIAN))
    page.goto("/messages/")
    expect(page.get_by_role("main")).to_contain_text("You are signed in as Clinician")
    look_at(page, assert_no_violations)


def test_somebody_without_a_role_is_told_so_and_can_sign_out(
    page: Page, signed_in: SignIn, complaints: Complaints
) -> None:
    complaints.expect("status of 403")
    signed_in(factory.make_user())
    page.goto("/")
    expect(page.get_by_role("main")).to_contain_text("Ask the owner to give you one")
    menu_of(page).click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/accounts/login/**")


def test_the_shell_looks_right_with_the_longest_name(
    page: Page, desk: User, signed_in: SignIn, assert_no_violations: Check
) -> None:
    signed_in(desk)
    page.goto("/day/")
    menu_of(page).click()
    look_at(page, assert_no_violations)


def menu_of(page: Page) -> Locator:
    return page.locator(".nav-user summary")


def test_the_menu_shuts_with_escape_and_gives_the_focus_back(page: Page, desk: User, signed_in: SignIn) -> None:
    signed_in(desk)
    page.goto("/day/")
    menu_of(page).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Sign out")).to_be_hidden()
    expect(menu_of(page)).to_be_focused()


def test_dark_is_kept_and_comes_with_the_page(page: Page, desk: User, signed_in: SignIn) -> None:
    signed_in(desk)
    page.goto("/day/")
    menu_of(page).click()
    page.get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    page.wait_for_url("**/day/")
    assert 'data-bs-theme="dark"' in page.request.get("/day/").text()  # from the server: no flash


def test_as_the_device_follows_the_device(page: Page) -> None:
    page.emulate_media(color_scheme="dark")
    page.goto("/accounts/login/")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    page.emulate_media(color_scheme="light")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "light")


def test_a_link_to_find_focuses_the_field(page: Page, desk: User, signed_in: SignIn) -> None:
    signed_in(desk)
    page.goto("/patients/?q=rao#find")
    expect(page.locator("[data-find]")).to_be_focused()


def test_the_first_tab_skips_to_the_page(page: Page, desk: User, signed_in: SignIn) -> None:
    signed_in(desk)
    page.goto("/day/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the page")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()


def test_a_toast_stays_while_it_is_looked_at_and_then_goes(page: Page, desk: User, signed_in: SignIn) -> None:
    signed_in(desk)
    patient = factory.make_patient()
    page.clock.install()
    page.goto(f"/patients/{patient.public_id}/edit/")
    page.get_by_role("button", name="Save").click()
    toast = page.locator(".toast2")
    expect(toast).to_contain_text("is up to date")
    page.clock.fast_forward(500)
    toast.hover()
    page.clock.fast_forward(30_000)
    expect(toast).to_be_visible()
    page.mouse.move(5, 5)
    page.clock.fast_forward(9_000)
    expect(toast).to_be_visible()
    page.clock.fast_forward(2_000)
    page.clock.fast_forward(1_000)
    expect(toast).to_have_count(0)
