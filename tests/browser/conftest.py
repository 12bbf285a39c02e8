"""A real Chromium on a real server. Every page of a test is watched: a console error or a CSP violation fails it."""

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT, AxeResults
from django.conf import settings
from django.test import Client
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Response, expect
from pytest_django.live_server_helper import LiveServer

from clinic.models import Clinic, User
from tests import factory

os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # Playwright's sync API runs a loop in the test's thread

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--no-pings",
]
AXE = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]},
    "resultTypes": ["violations"],  # to gather what is right as well takes axe twice as long
}
COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
"""All that the dark theme can break: it changes colours alone."""
RUN_AXE = "options => axe.run(document, options).then(({violations}) => ({violations}))"
PATIENCE = 15_000
"""Milliseconds that a browser test waits for what must come: two cores shared with a database are slow at times."""
TELL_VIOLATIONS = """document.addEventListener('securitypolicyviolation', (event) => console.error(
    `CSP violation: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`));"""

expect.set_options(timeout=PATIENCE)


WIDTHS = [1440, 1024, 390]
LOOKED_AT = {"light": [1440, 390], "dark": [1440]}
"""Widths at which axe runs: the phone has its own navigation, the tablet only other columns, the dark other colours."""

CUT = """() => [...document.querySelectorAll("html, #main, .page-head, .page-body, .card")]
    .filter((box) => box.clientWidth && box.scrollWidth > box.clientWidth + (box.matches(".card") ? 1 : 0))
    .map((box) => `${box.tagName}.${box.className}: ${box.scrollWidth} in ${box.clientWidth}`)"""
"""A card may hold a part that scrolls by itself; what is wider than its card is cut by the next one."""

Fits = Callable[[Page, str], None]
Sound = Callable[..., Response | None]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/browser/" in item.path.as_posix():
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.fail("The browser tests need Chromium. On Debian: apt-get install chromium", pytrace=False)
    return {**browser_type_launch_args, "executable_path": chromium, "args": ARGUMENTS, "headless": True}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any], live_server: LiveServer) -> dict[str, Any]:
    return {
        **browser_context_args,
        "base_url": live_server.url,
        "locale": "en-CA",
        "timezone_id": "America/St_Johns",
        "viewport": {"width": 1440, "height": 900},
    }


class Complaints:
    """What the browser complained about. `expect` names a part of one that the test brings about on purpose."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.expected: list[str] = []

    def expect(self, part: str) -> None:
        self.expected.append(part)

    def watch(self, page: Page) -> None:
        page.add_init_script(TELL_VIOLATIONS)
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.heard.append(f"{page.url}: {error}"))
        page.on("response", self._response)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.heard.append(f"{message.location.get('url', '')}: {message.text}")

    def _response(self, response: Response) -> None:
        if response.status >= 500:
            self.heard.append(f"{response.status} {response.url}")

    @property
    def unexpected(self) -> list[str]:
        return [text for text in self.heard if not any(part in text for part in self.expected)]


@pytest.fixture
def complaints() -> Complaints:
    return Complaints()


@pytest.fixture
def page(context: BrowserContext, clinic: Clinic, complaints: Complaints) -> Iterator[Page]:
    """A page of the running clinic: `page.goto("/patients/")`. Fails the test on any complaint of the browser."""
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    complaints.watch(page)
    yield page
    page.close()
    assert not complaints.unexpected, "The browser complained:\n" + "\n".join(complaints.unexpected)


@pytest.fixture
def signed_in(context: BrowserContext, live_server: LiveServer) -> Callable[[User], User]:
    """Sign a person in without the form, for tests that are not about the form: `signed_in(user)`."""

    def sign_in(user: User) -> User:
        client = Client()
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        name = settings.SESSION_COOKIE_NAME
        context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": live_server.url}])
        return user

    return sign_in


@pytest.fixture
def sign_in_by_form() -> Callable[[Page, User], None]:
    """Sign in as a person does: e-mail, password, button."""

    def sign_in(page: Page, user: User) -> None:
        page.goto("/accounts/login/")
        page.get_by_label("E-mail", exact=True).fill(user.email)
        page.get_by_label("Password", exact=True).fill(factory.PASSWORD)
        page.get_by_role("button", name="Sign in").click()

    return sign_in


@pytest.fixture
def fits() -> Fits:
    """Check that nothing on the page as it stands is wider than the screen or its card: `fits(page, name)`."""

    def check(page: Page, name: str) -> None:
        wide = page.evaluate(CUT)
        assert not wide, f"{name} at {page.viewport_size}: {wide}"

    return check


@pytest.fixture
def assert_no_violations() -> Callable[[Page], None]:
    """Run axe on the page as it stands: WCAG 2.2 A and AA and the best practices, no violation at all."""

    def check(page: Page, **options: Any) -> None:
        page.wait_for_load_state()  # a page that still comes in has no heading yet
        if not page.evaluate("() => 'axe' in window"):
            page.evaluate(AXE_SCRIPT)
        results = AxeResults(page.evaluate(RUN_AXE, AXE | options))
        assert results.violations_count == 0, results.generate_report()

    return check


@pytest.fixture
def sound(fits: Fits, assert_no_violations: Callable[[Page], None]) -> Sound:
    """Check a page: `sound(page, theme)` as it stands, or with an address to open.

    In the light theme at every width: one heading, nothing cut, axe silent where LOOKED_AT or `looked_at` says; it is
    opened once and then resized. In the dark theme the same page has other colours: axe looks at those. Returns the
    response.
    """

    def check(page: Page, theme: str, address: str = "", looked_at: list[int] | None = None) -> Response | None:
        looked_at = looked_at or LOOKED_AT[theme]
        widths, response = (WIDTHS if theme == "light" else looked_at), None
        if address:
            page.set_viewport_size({"width": widths[0], "height": 900})
            response = page.goto(address)
        for width in widths:
            page.set_viewport_size({"width": width, "height": 900})
            assert page.locator("h1").count() == 1, page.url
            fits(page, page.url)
            if width in looked_at:
                assert_no_violations(page, **(COLOURS if theme == "dark" else {}))
        return response

    return check
