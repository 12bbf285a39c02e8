"""Hours on the board in a browser: painted by hand, by key and by click, the visits shown first, and Undo."""

import os
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
import time_machine
from playwright.sync_api import Locator, Page, expect

from clinic.models import Clinic, Role, Theme, User
from scheduling.models import Absence, Closure, HoursChange
from tests import factory
from tests.browser.conftest import Complaints, Sound
from tests.scheduling.helpers import take

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime.fromisoformat("2026-11-24T17:39:00+00:00")
"""Tuesday 24 November 2026, 14:09 in St. John's."""
DAY = date(2026, 12, 8)
SignIn = Callable[[User], User]


@pytest.fixture(autouse=True)
def afternoon() -> Iterator[None]:
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.fixture
def book(clinic: Clinic) -> dict[str, Any]:
    moira = factory.make_clinician("Moira Hynes")
    anika = factory.make_clinician("Dr. Anika Sandhu", short_name="Dr. Sandhu", works=("09:00", "17:30"))
    room = factory.make_room("Room 1")
    patient = factory.make_patient(first_name="Fatima Zahra", last_name="Idrissi-Noseworthy")
    visit = take(moira, room, DAY, "14:00", 45, patient=patient)
    return {"moira": moira, "anika": anika, "visit": visit}


@pytest.fixture
def desk(page: Page, signed_in: SignIn, book: dict[str, Any], complaints: Complaints) -> Page:
    complaints.expect("422")
    signed_in(factory.make_user(Role.FRONT_DESK, name="Dana Rideout"))
    page.goto(f"/board/{DAY}/?hours=1")
    expect(page.locator("#board-grid .ec-event[data-id]").first).to_be_visible()
    return page


def panel(page: Page) -> Locator:
    return page.locator("#board-hours")


def told(page: Page, words: str) -> Locator:
    toast = page.locator(".toast2").filter(has_text=words)
    expect(toast).to_be_visible()
    return toast


def ground(page: Page, words: str) -> Locator:
    return page.locator("#board-grid .ec-bg-event").filter(has_text=words)


def spot(page: Page, column: int, wall: str) -> tuple[float, float]:
    """The point of a wall time in a column; it is scrolled to first. The board begins at 7 while hours are changed."""
    hour, minute = map(int, wall.split(":"))
    return tuple(  # type: ignore[return-value]
        page.evaluate(
            """([column, minutes]) => {
                const days = document.querySelectorAll("#board-grid .ec-body .ec-day");
                const day = days[column], main = document.querySelector("#board-grid .ec-main");
                const height = window.board.quarter() / 15;
                main.scrollTop = Math.max(0, minutes * height - 150);
                const box = day.getBoundingClientRect();
                return [box.left + box.width / 2, box.top + minutes * height + 2];
            }""",
            [column, hour * 60 + minute - 7 * 60],
        )
    )


def test_a_stretch_is_painted_by_hand_shows_its_visits_and_is_undone(desk: Page, book: dict[str, Any]) -> None:
    left, top = spot(desk, 0, "13:00")
    height = desk.evaluate("window.board.quarter()")
    desk.mouse.move(left, top)
    desk.mouse.down()
    desk.mouse.move(left, top + 4 * height, steps=4)
    desk.mouse.move(left, top + 8 * height - 6, steps=4)
    desk.mouse.up()
    expect(panel(desk).get_by_role("heading")).to_have_text("Moira Hynes")
    expect(panel(desk).get_by_label("From")).to_have_value("13:00")
    expect(panel(desk).get_by_label("Until")).to_have_value("15:00")
    panel(desk).get_by_label("Why").fill("Dentist")
    panel(desk).get_by_role("button", name="Save").click()
    expect(panel(desk).get_by_text("1 visit would stand where nobody works. Nothing is saved yet.")).to_be_visible()
    expect(panel(desk).locator(".hours-hits")).to_contain_text("Fatima Zahra Idrissi-Noseworthy")
    assert not Absence.objects.exists()
    panel(desk).get_by_role("button", name="Save, and I re-plan them").click()
    toast = told(desk, "Moira is away Tue 8 Dec, 13:00 – 15:00. 1 visit stands outside the hours now.")
    expect(toast.get_by_role("link", name="Re-plan it")).to_have_attribute("href", "/hours/outside/")
    expect(ground(desk, "Away: Dentist")).to_be_visible()
    toast.get_by_role("button", name="Undo").click()
    told(desk, "Undone. The hours are as they were before.")
    expect(ground(desk, "Away: Dentist")).to_have_count(0)
    assert not Absence.objects.exists()


def test_a_painted_stretch_that_is_pressed_can_be_removed(desk: Page, book: dict[str, Any]) -> None:
    starts, ends = factory.at(DAY, "10:00"), factory.at(DAY, "12:00")
    Absence.objects.create(clinician=book["moira"], starts_at=starts, ends_at=ends, reason="Course")
    desk.reload()
    expect(ground(desk, "Away: Course")).to_be_visible()
    desk.mouse.click(*spot(desk, 0, "11:00"))
    expect(panel(desk).get_by_text("Away Tue 8 Dec, 10:00 – 12:00", exact=True)).to_be_visible()
    expect(panel(desk).get_by_label("From")).to_have_value("10:00")
    panel(desk).get_by_role("button", name="Remove").click()
    told(desk, "Moira is not away then any more.")
    expect(ground(desk, "Away")).to_have_count(0)


def test_by_key_a_stretch_grows_and_the_panel_gives_the_focus_back(desk: Page, book: dict[str, Any]) -> None:
    slot = desk.locator(".board-slot")
    desk.evaluate("window.board.focusAt(1, 10 * 60)")
    expect(slot).to_be_focused()
    desk.keyboard.press("Shift+ArrowDown")
    desk.keyboard.press("Shift+ArrowDown")
    desk.keyboard.press("Shift+ArrowUp")
    expect(desk.locator(".hours-ghost")).to_have_text("10:00 – 10:30")
    desk.keyboard.press("Enter")
    expect(panel(desk).get_by_role("heading")).to_have_text("Dr. Anika Sandhu")
    expect(panel(desk).get_by_label("Until")).to_have_value("10:30")
    expect(panel(desk).get_by_role("radio", name="Away")).to_be_focused()
    desk.keyboard.press("Escape")
    expect(panel(desk)).to_be_hidden()
    expect(desk.locator(".hours-ghost")).to_be_hidden()
    expect(slot).to_be_focused()
    desk.keyboard.press("Enter")
    expect(panel(desk).get_by_role("radio", name="Away")).to_be_focused()
    desk.keyboard.press("ArrowRight")
    desk.keyboard.press("ArrowRight")
    expect(panel(desk).get_by_role("radio", name="Does not work")).to_be_checked()
    panel(desk).get_by_label("Why").press("Enter")
    told(desk, "Dr. Sandhu does not work 10:00 – 11:00 on Tue 8 Dec.")
    assert HoursChange.objects.count() == 2


def test_by_click_alone_a_day_gets_more_hours_and_is_closed(desk: Page, book: dict[str, Any]) -> None:
    desk.get_by_role("button", name="Change hours: Dr. Anika Sandhu").click()
    panel(desk).get_by_text("Works as well").click()
    expect(panel(desk).get_by_label("Last day")).to_be_hidden()
    panel(desk).get_by_role("button", name="Save").click()
    expect(panel(desk).get_by_text("Enter a time, or choose the whole day.").first).to_be_visible()
    panel(desk).get_by_label("From").fill("17:30")
    panel(desk).get_by_label("Until").fill("19")
    panel(desk).get_by_role("button", name="Save").click()
    told(desk, "Dr. Sandhu works 17:30 – 19:00 on Tue 8 Dec as well.")
    expect(desk.locator(".board-who").filter(has_text="09:00 – 19:00")).to_be_visible()
    expect(desk.get_by_role("button", name="Change hours: Dr. Anika Sandhu")).to_be_focused()
    desk.get_by_role("button", name="Close this day").click()
    panel(desk).get_by_label("Name").fill("Storm")
    panel(desk).get_by_role("button", name="Close the clinic").click()
    expect(panel(desk).locator(".hours-hits")).to_contain_text("Fatima Zahra Idrissi-Noseworthy")
    panel(desk).get_by_role("button", name="Close, and I re-plan them").click()
    told(desk, "The clinic is closed 8 Dec: Storm.")
    expect(ground(desk, "Storm").first).to_be_visible()
    assert Closure.objects.get().starts_on == DAY


def test_the_switch_is_one_key_and_the_address_keeps_it(desk: Page) -> None:
    desk.get_by_role("link", name="The day after").click()
    expect(desk.locator(".hours-bar")).to_be_visible()
    assert "hours=1" in desk.url
    desk.get_by_role("link", name="Done").click()
    desk.wait_for_url("**/board/2026-12-09/")
    expect(desk.locator(".hours-bar")).to_have_count(0)
    desk.keyboard.press("w")
    expect(desk.locator(".hours-bar")).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_panel_is_sound(
    page: Page, signed_in: SignIn, book: dict[str, Any], sound: Sound, complaints: Complaints, theme: str
) -> None:
    complaints.expect("422")
    signed_in(factory.make_user(Role.FRONT_DESK, name="Dana Rideout", theme=Theme(theme)))
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(f"/board/{DAY}/?hours=1")
    page.get_by_role("button", name="Change hours: Moira Hynes").click()
    panel(page).get_by_label("From").fill("13:00")
    panel(page).get_by_label("Until").fill("16:00")
    panel(page).get_by_role("button", name="Save").click()
    expect(panel(page).locator(".hours-hits")).to_be_visible()
    shots = os.environ.get("SHOTS")
    if shots:
        for width in (1440, 1024, 390):
            page.set_viewport_size({"width": width, "height": 900})
            page.screenshot(path=Path(shots) / f"hours-{theme}-{width}.png")
    sound(page, theme)
