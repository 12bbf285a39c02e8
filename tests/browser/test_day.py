"""The day in a real browser: one press closes a visit and nothing jumps, cancelling asks why, all of it by keyboard."""

import re
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, Page, Route, expect
from pytest_django.live_server_helper import LiveServer

from clinic.models import Clinic, Clinician, Role, Theme, User
from scheduling.models import Appointment, Closure
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
    """A busy Tuesday: visits to close, one now, later ones, one done and one missed; and a course to move."""
    moira, anika = factory.make_clinician("Moira Hynes"), factory.make_clinician("Dr. Anika Sandhu")
    rooms = [factory.make_room("Room 1"), factory.make_room("Room 2")]
    plan = factory.make_plan(
        factory.make_patient(first_name="Fatima Zahra", last_name="Idrissi-Noseworthy"), clinician=moira
    )
    first, second = plan.sessions.order_by("number")[:2]
    closes = [
        take(moira, rooms[0], TODAY, f"{9 + n:02d}:00", 30, patient=factory.make_patient(last_name=f"Penney{n}"))
        for n in range(4)
    ]
    take(moira, rooms[0], TODAY, "14:00", 45, patient=plan.patient, session=first, status="confirmed")
    for n in range(8):
        take(anika, rooms[1], TODAY, f"{15 + n // 2:02d}:{n % 2 * 30:02d}", 30)
    take(anika, rooms[1], TODAY, "09:00", 30, status="completed")
    take(anika, rooms[1], TODAY, "10:00", 30, status="no_show")
    moved = take(moira, rooms[0], date(2026, 12, 1), "14:00", 45, patient=plan.patient, session=second)
    return {"moira": moira, "anika": anika, "plan": plan, "closes": closes, "moved": moved}


def row(page: Page, name: str) -> Any:
    return page.locator("tr.day-row").filter(has_text=name)


def open_menu(page: Page, name: str) -> Any:
    """Press a line's ⋯ and return its menu."""
    row(page, name).get_by_role("link", name=re.compile("^More for")).click()
    menu = row(page, name).locator("details.day-more")
    expect(menu).to_have_attribute("open", "")
    return menu


def head_of(page: Page, name: str) -> str:
    """Return the words of the group under which a patient stands."""
    group = page.locator("tbody").filter(has=page.locator("tr.day-row").filter(has_text=name))
    return group.locator(".grp-in > span").first.inner_text()


@pytest.fixture
def desk(page: Page, signed_in: SignIn, book: dict[str, Any]) -> Page:
    signed_in(factory.make_user(Role.FRONT_DESK, name="Dana Rideout"))
    page.goto("/day/")
    return page


def test_one_press_closes_a_visit_and_z_takes_it_back(desk: Page) -> None:
    desk.locator(".page-body").evaluate("body => { body.scrollTop = 60; }")
    row(desk, "Penney2").get_by_role("button", name="Complete").focus()
    scrolled = desk.locator(".page-body").evaluate("body => body.scrollTop")
    assert scrolled > 0
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("status").filter(has_text="completed")).to_be_visible()
    expect(row(desk, "Penney3").get_by_role("button", name="Complete")).to_be_focused()
    assert head_of(desk, "Penney2") == "Done"
    assert desk.locator(".page-body").evaluate("body => body.scrollTop") == scrolled
    assert desk.url.endswith("/day/")
    desk.keyboard.press("z")
    expect(desk.get_by_role("status").filter(has_text="Undone")).to_be_visible()
    assert head_of(desk, "Penney2") == "To close"


def test_a_no_show_is_noted_and_stands_apart(desk: Page, book: dict[str, Any]) -> None:
    row(desk, "Penney0").get_by_role("button", name="No-show").click()
    expect(desk.get_by_role("status").filter(has_text="no-show")).to_be_visible()
    assert head_of(desk, "Penney0") == "Did not take place"
    assert Appointment.objects.get(pk=book["closes"][0].pk).status == "no_show"


def test_cancelling_asks_why_and_is_done_by_keyboard_alone(
    desk: Page, book: dict[str, Any], assert_no_violations: Callable[[Page], None]
) -> None:
    row(desk, "Idrissi-Noseworthy").get_by_role("link", name=re.compile("^More for")).focus()
    desk.keyboard.press("Enter")
    more = row(desk, "Idrissi-Noseworthy").locator("summary")
    expect(more).to_be_focused()
    assert_no_violations(desk)
    to_cancel = (*["Tab"] * 7, "Enter")  # the phone, start, complete, no-show, not confirmed, move, cancel
    for key in to_cancel:
        desk.keyboard.press(key)
    dialog = desk.get_by_role("dialog")
    expect(dialog).to_contain_text("Cancel session 1 of Fatima Zahra Idrissi-Noseworthy?")
    assert_no_violations(desk)
    desk.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(more).to_be_focused()
    for key in ("Enter", *to_cancel):
        desk.keyboard.press(key)
    desk.keyboard.press("Space")
    desk.keyboard.press("ArrowDown")
    desk.keyboard.press("Tab")
    desk.keyboard.type("storm")
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("status").filter(has_text="Cancelled:")).to_be_visible()
    expect(dialog).to_be_hidden()
    assert head_of(desk, "Idrissi-Noseworthy") == "Did not take place"
    assert Appointment.objects.filter(status_reason="Patient cannot come: storm").exists()


def test_something_else_asks_for_words(desk: Page) -> None:
    open_menu(desk, "Penney3").get_by_role("button", name="Cancel").click()
    dialog = desk.get_by_role("dialog")
    dialog.get_by_label("Something else").check()
    dialog.get_by_role("button", name=re.compile("^Cancel the consultation")).click()
    expect(dialog).to_be_visible()
    dialog.get_by_label("In words").fill("Moves to Gander")
    dialog.get_by_role("button", name=re.compile("^Cancel the consultation")).click()
    expect(row(desk, "Penney3")).to_contain_text("Moves to Gander")


def test_a_visit_that_someone_closed_meanwhile_says_so(desk: Page, book: dict[str, Any]) -> None:
    Appointment.objects.filter(pk=book["closes"][0].pk).update(status="completed", version=2)
    row(desk, "Penney0").get_by_role("button", name="No-show").click()
    expect(desk.get_by_role("alert")).to_contain_text(
        re.compile("marked this visit completed at .* Nothing was saved.")
    )
    assert head_of(desk, "Penney0") == "Done"


def test_a_visit_moves_to_a_free_time(desk: Page, book: dict[str, Any]) -> None:
    desk.goto("/day/2026-12-01/")
    open_menu(desk, "Idrissi-Noseworthy").locator("[data-act=m]").click()
    expect(desk.get_by_role("heading", level=1)).to_have_text("Move session 2 of 10")
    desk.get_by_role("button", name="Thu 3 Dec, 13:45 with Moira Hynes").click()
    expect(desk.get_by_role("heading", level=1)).to_have_text("Thursday 3 December")
    expect(desk.get_by_role("status").filter(has_text="now Thu 3 Dec, 13:45")).to_be_visible()
    expect(row(desk, "Idrissi-Noseworthy")).to_contain_text("13:45")
    desk.get_by_role("button", name="Undo").click()
    assert Appointment.objects.get(pk=book["moved"].pk).wall_date == date(2026, 12, 1)


def test_other_days_by_arrow_by_date_and_for_one_clinician(desk: Page, book: dict[str, Any]) -> None:
    heading = desk.get_by_role("heading", level=1)
    desk.keyboard.press("ArrowRight")
    expect(heading).to_have_text("Wednesday 25 November")
    desk.keyboard.press("ArrowLeft")
    expect(heading).to_have_text("Tuesday 24 November")
    desk.wait_for_load_state()
    desk.get_by_label("Whose visits").select_option(label="Dr. Anika Sandhu")
    desk.wait_for_url(f"**/day/2026-11-24/?clinician={book['anika'].pk}")
    expect(desk.locator("tr.day-row")).to_have_count(10)
    desk.get_by_label("Go to the day").fill("1 Dec")
    desk.keyboard.press("Enter")
    desk.wait_for_url(f"**/day/2026-12-01/?clinician={book['anika'].pk}")
    desk.keyboard.press("Escape")
    desk.locator("h1").click()
    desk.keyboard.press("t")
    expect(heading).to_have_text("Tuesday 24 November")


def test_an_arrow_pressed_while_the_page_still_loads_is_heard(desk: Page) -> None:
    held: list[Route] = []
    desk.route("**/day*.js", lambda route: held.append(route), times=2)  # of the page that still loads alone
    desk.goto("/day/", wait_until="commit")
    heading = desk.get_by_role("heading", level=1)
    expect(heading).to_have_text("Tuesday 24 November")
    desk.keyboard.press("ArrowRight")
    for route in held:
        route.continue_()
    expect(heading).to_have_text("Wednesday 25 November")


def test_a_visit_goes_from_arrived_to_completed_by_its_one_button(desk: Page) -> None:
    name = "Idrissi-Noseworthy"
    for button, head in (("Arrived", "Waiting"), ("Start", "In treatment"), ("Complete", "Done")):
        row(desk, name).get_by_role("button", name=f"{button}: Fatima Zahra").click()
        expect(
            desk.locator(f"tbody:has(.grp-in:has-text('{head}'))").locator("tr").filter(has_text=name)
        ).to_have_count(1)


def test_every_act_of_a_visit_has_a_key(desk: Page, book: dict[str, Any]) -> None:
    desk.keyboard.press("?")
    keys = desk.get_by_role("dialog")
    for words in (
        "Walk the visits",
        "On a visit: confirm, arrived, start, complete, no-show, a step back",
        "On a visit: move, cancel, all its acts",
        "Hide names",
    ):
        expect(keys).to_contain_text(words)
    desk.keyboard.press("Escape")
    expect(keys).to_be_hidden()
    desk.keyboard.press("ArrowDown")
    expect(row(desk, "Penney0").locator(".day-at")).to_be_focused()
    desk.keyboard.press("ArrowDown")
    desk.keyboard.press("d")
    expect(desk.get_by_role("status").filter(has_text="completed")).to_be_visible()
    assert Appointment.objects.get(pk=book["closes"][1].pk).status == "completed"
    row(desk, "Penney2").locator(".day-at").focus()
    desk.keyboard.press(".")
    expect(row(desk, "Penney2").locator("summary")).to_be_focused()
    desk.keyboard.press("Escape")
    desk.keyboard.press("c")
    expect(desk.get_by_role("dialog")).to_contain_text("Cancel the consultation of Devika Penney2?")
    desk.keyboard.press("Escape")
    desk.keyboard.press("m")
    expect(desk.get_by_role("heading", level=1)).to_have_text("Move the consultation")


def test_two_quick_presses_are_two_acts(desk: Page, book: dict[str, Any]) -> None:
    buttons = [row(desk, f"Penney{n}").get_by_role("button", name="Complete").element_handle() for n in (0, 1, 2)]
    desk.evaluate("buttons => buttons.forEach((button) => button.click())", buttons)
    for n in range(3):
        expect(desk.locator("tbody.day-done tr").filter(has_text=f"Penney{n}")).to_have_count(1)


def test_a_line_that_cannot_open_leads_to_the_visit(desk: Page, book: dict[str, Any], complaints: Any) -> None:
    complaints.expect("500")
    complaints.expect("Failed to load resource")
    desk.route("**/menu/", lambda route: route.fulfill(status=500, body="no"))
    row(desk, "Penney0").get_by_role("link", name=re.compile("^More for")).click()
    desk.wait_for_url(f"**/appointments/{book['closes'][0].public_id}/")


def test_why_a_visit_is_flagged_is_a_click_on_its_marks(desk: Page) -> None:
    row(desk, "Penney1").locator(".flags").click()
    menu = row(desk, "Penney1").locator(".day-menu")
    expect(menu.get_by_role("list", name="Why it is flagged")).to_contain_text("First visit. The first visit here")
    desk.keyboard.press("Escape")
    expect(menu).to_be_hidden()


def test_names_are_hidden_and_shown_by_a_key(desk: Page, assert_no_violations: Callable[[Page], None]) -> None:
    desk.keyboard.press("h")
    expect(desk.get_by_role("button", name="Show names")).to_be_focused()
    expect(desk.locator("#main")).not_to_contain_text("Idrissi-Noseworthy")
    assert_no_violations(desk)
    desk.reload()
    expect(desk.locator("#main")).not_to_contain_text("Penney0")
    desk.keyboard.press("h")
    expect(desk.locator("#main")).to_contain_text("Idrissi-Noseworthy")


def test_what_did_not_take_place_is_hidden_by_a_click(desk: Page) -> None:
    rows = desk.locator("tr.day-row")
    expect(rows).to_have_count(15)
    desk.get_by_role("button", name="Hide: Did not take place").click()
    expect(rows).to_have_count(14)
    show = desk.get_by_role("button", name="Show: Did not take place")
    expect(show).to_be_focused()
    show.click()
    expect(rows).to_have_count(15)


def test_without_a_script_every_act_is_a_click_away(
    browser: Browser, live_server: LiveServer, book: dict[str, Any]
) -> None:
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    client = Client()
    client.force_login(factory.make_user(Role.FRONT_DESK), "allauth.account.auth_backends.AuthenticationBackend")
    name = settings.SESSION_COOKIE_NAME
    context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": live_server.url}])
    page = context.new_page()
    page.goto("/day/")
    row(page, "Penney0").get_by_role("button", name="Complete").click()
    expect(page.locator("tbody.day-done tr").filter(has_text="Penney0")).to_have_count(1)
    row(page, "Penney1").get_by_role("link", name=re.compile("^More for")).click()
    expect(page.get_by_role("link", name="Move")).to_be_visible()
    context.close()


@pytest.mark.parametrize("theme", [Theme.LIGHT, Theme.DARK])
def test_the_day_and_the_move_fit_and_break_no_rule(
    page: Page,
    signed_in: SignIn,
    book: dict[str, Any],
    sound: Sound,
    theme: Theme,
) -> None:
    signed_in(factory.make_user(Role.FRONT_DESK, name="Dana Rideout", theme=theme))
    Closure.objects.create(name="Christmas closure", starts_on=date(2026, 12, 25), ends_on=date(2027, 1, 1))
    move = f"/appointments/{book['moved'].public_id}/move/"
    for path in ("/day/", "/day/2026-12-01/", "/day/2026-12-25/", move):
        sound(page, theme, path)


def test_three_hundred_visits_stay_usable(page: Page, signed_in: SignIn, book: dict[str, Any]) -> None:
    signed_in(factory.make_user(Role.FRONT_DESK, name="Dana Rideout"))
    plan: TreatmentPlan = book["plan"]
    moira: Clinician = book["moira"]
    room = factory.make_room("Room 9")
    day = TODAY + timedelta(days=2)
    for n in range(280):
        wall = f"{n // 20 + 7:02d}:{n % 20 * 3:02d}"
        take(moira, room, day, wall, 3, patient=plan.patient)
    page.goto(f"/day/{day.isoformat()}/")
    expect(page.locator("tr.day-row")).to_have_count(280)
