"""The hours in a browser: a week changed by keyboard, an absence whose visits are shown first, and the way back."""

import re
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
import time_machine
from playwright.sync_api import Page, Route, expect

from clinic.models import Clinic, Role, Theme, User
from scheduling.models import Absence, Closure, HoursChange, HoursKind, WeeklyHours
from tests import factory
from tests.browser.conftest import Complaints, Sound
from tests.scheduling.helpers import take

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime.fromisoformat("2026-11-24T17:39:00+00:00")
"""Tuesday 24 November 2026, 14:09 in St. John's."""
TUESDAY = date(2026, 12, 8)
SignIn = Callable[[User], User]


@pytest.fixture(autouse=True)
def afternoon() -> Iterator[None]:
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.fixture
def book(clinic: Clinic) -> dict[str, Any]:
    """Three clinicians, one with the longest of names, and a course of which one visit is on Tuesday 8 December."""
    moira = factory.make_clinician("Moira Hynes")
    anika = factory.make_clinician("Dr. Anika Sandhu", short_name="Dr. Sandhu", works=("09:00", "17:30"))
    factory.make_clinician("Dr. Folake Adeyemi-Featherstonehaugh", short_name="Dr. Adeyemi", works=None)
    factory.give_hours(moira, 1, "12:15", "13:00", kind=HoursKind.BREAK)
    rooms = [factory.make_room("Room 1"), factory.make_room("Room 2")]
    patient = factory.make_patient(first_name="Fatima Zahra", last_name="Idrissi-Noseworthy")
    plan = factory.make_plan(patient, clinician=moira)
    visit = take(moira, rooms[0], TUESDAY, "14:00", 45, patient=patient, session=plan.sessions.get(number=3))
    return {"moira": moira, "anika": anika, "rooms": rooms, "plan": plan, "visit": visit}


@pytest.fixture
def desk(page: Page, signed_in: SignIn, book: dict[str, Any]) -> Page:
    signed_in(factory.make_user(Role.FRONT_DESK, name="Dana Rideout"))
    page.goto("/hours/")
    return page


def of(act: str, whose: str) -> re.Pattern[str]:
    """The name of a button whose end only a screen reader reads: "Move: Fatima"."""
    return re.compile(rf"^{act}\s*: {re.escape(whose)}")


def heading(page: Page) -> Any:
    return page.get_by_role("heading", level=1)


def test_an_absence_shows_its_visits_first_and_they_stay_listed_until_moved(desk: Page, book: dict[str, Any]) -> None:
    desk.get_by_role("link", name=of("Absence", "Moira Hynes")).click()
    desk.get_by_label("First day").fill("2026-12-08")
    desk.get_by_label("Reason").fill("Course")
    desk.get_by_role("button", name="Save").click()
    expect(heading(desk)).to_have_text("Moira is away Tue 8 Dec")
    expect(desk.get_by_text("Nothing is saved yet")).to_be_visible()
    row = desk.locator(".hours-visits tbody tr")
    expect(row).to_contain_text("Fatima Zahra Idrissi-Noseworthy")
    expect(row).to_contain_text("3 of 10")
    expect(row.get_by_role("link", name="Move")).to_have_attribute("target", "_blank")
    desk.get_by_role("button", name="Go back").click()
    expect(desk.get_by_label("First day")).to_have_value("Tue 8 Dec")
    expect(desk.get_by_label("Reason")).to_have_value("Course")
    assert not Absence.objects.exists()
    desk.get_by_role("button", name="Save").click()
    desk.get_by_role("button", name="Save, and I move them afterwards").click()
    expect(heading(desk)).to_have_text("Visits outside hours")
    expect(desk.get_by_role("status").filter(has_text="1 visit is to be moved.")).to_be_visible()
    assert Absence.objects.get().reason == "Course"
    desk.goto("/day/")
    desk.get_by_role("link", name="1 visit stands outside hours").click()
    desk.get_by_role("link", name=of("Move", "Fatima")).click()
    desk.get_by_role("button", name="with Moira Hynes").first.click()
    desk.goto("/hours/outside/")
    expect(desk.get_by_role("heading", name="Every visit lies within the hours")).to_be_visible()
    desk.goto("/hours/")
    expect(desk.get_by_role("heading", name="Visits outside hours")).to_have_count(0)


def test_a_visit_outside_is_cancelled_where_it_is_listed(desk: Page, book: dict[str, Any]) -> None:
    HoursChange.objects.create(clinician=book["moira"], on=TUESDAY)
    desk.goto("/hours/")
    desk.get_by_role("button", name=of("Cancel", "Fatima Zahra")).click()
    dialog = desk.get_by_role("dialog")
    expect(dialog).to_contain_text("Cancel session 3 of Fatima Zahra Idrissi-Noseworthy?")
    dialog.get_by_label("The clinic", exact=True).check()
    dialog.locator("[name=why]").first.check()
    dialog.get_by_role("button", name="Cancel session 3").click()
    expect(desk.get_by_role("status").filter(has_text="Cancelled")).to_be_visible()
    assert desk.url.endswith("/hours/")
    expect(desk.get_by_role("heading", name="Visits outside hours")).to_have_count(0)


def test_saving_from_a_field_while_the_page_still_loads_is_not_lost(
    desk: Page, book: dict[str, Any], complaints: Complaints
) -> None:
    complaints.expect("400")
    held: list[Route] = []
    desk.route("**/submit*.js", lambda route: held.append(route))
    desk.goto(f"/hours/{book['moira'].pk}/week/", wait_until="commit")
    until = desk.get_by_label("Monday, works until")
    until.fill("7")
    until.press("Control+Enter")
    for route in held:
        route.continue_()
    expect(desk.get_by_role("alert")).to_be_focused()


def test_a_week_is_changed_and_taken_back_by_keyboard_alone(
    desk: Page, book: dict[str, Any], complaints: Complaints, assert_no_violations: Callable[[Page], None]
) -> None:
    complaints.expect("400")
    desk.get_by_role("link", name="Moira Hynes", exact=True).focus()
    desk.keyboard.press("Enter")
    expect(heading(desk)).to_have_text("Moira Hynes")
    desk.get_by_role("link", name=re.compile(r"^Change\s+the weekly hours")).focus()
    desk.keyboard.press("Enter")
    desk.get_by_label("From the day").fill("2026-12-07")
    desk.get_by_label("Monday, works from").focus()
    desk.keyboard.press("Control+a")
    desk.keyboard.type("9")
    desk.keyboard.press("Tab")
    desk.keyboard.type("8")
    desk.keyboard.press("Control+Enter")
    summary = desk.get_by_role("alert")
    expect(summary).to_be_focused()
    expect(summary).to_contain_text("Monday, works until: Enter a time after 09:00.")
    assert_no_violations(desk)
    desk.keyboard.press("Tab")
    desk.keyboard.press("Enter")
    expect(desk.get_by_label("Monday, works until")).to_be_focused()
    desk.keyboard.press("Control+a")
    desk.keyboard.type("1630")
    desk.keyboard.press("Control+Enter")
    expect(desk.get_by_role("status").filter(has_text="The new hours of Moira hold from Mon 7 Dec.")).to_be_visible()
    monday = WeeklyHours.objects.get(clinician=book["moira"], weekday=0, valid_from=date(2026, 12, 7))
    assert (monday.starts, monday.ends) == (time(9), time(16, 30))
    expect(desk.get_by_text("planned from Mon 7 Dec")).to_be_visible()
    desk.keyboard.press("z")
    expect(desk.get_by_role("status").filter(has_text="Undone.")).to_be_visible()
    assert not WeeklyHours.objects.filter(valid_from=date(2026, 12, 7)).exists()


def test_one_day_gets_hours_of_its_own_and_loses_them(desk: Page, book: dict[str, Any]) -> None:
    desk.get_by_role("link", name=of("One day", "Moira Hynes")).click()
    desk.get_by_label("Day", exact=True).fill("2026-12-12")
    desk.get_by_label("Works from").fill("9")
    desk.get_by_label("Works until").fill("12")
    desk.get_by_role("button", name="Save").click()
    expect(desk.get_by_role("status").filter(has_text="Moira works 09:00 – 12:00 on Sat 12 Dec.")).to_be_visible()
    desk.get_by_role("link", name=of("Change", "Moira, Sat 12 Dec")).click()
    desk.get_by_text("Does not work").click()
    expect(desk.get_by_label("Works from")).to_be_hidden()
    desk.get_by_role("button", name="Save").click()
    expect(desk.get_by_role("status").filter(has_text="Moira does not work on Sat 12 Dec.")).to_be_visible()
    desk.get_by_role("button", name=of("Remove", "Moira, Sat 12 Dec")).click()
    expect(desk.get_by_role("status").filter(has_text="works as in other weeks")).to_be_visible()
    assert not HoursChange.objects.exists()


def test_the_clinic_closes_and_opens_again(desk: Page, book: dict[str, Any]) -> None:
    desk.get_by_role("link", name="Close the clinic").click()
    desk.get_by_label("Name").fill("Christmas")
    desk.get_by_label("First day closed").fill("2026-12-25")
    desk.get_by_label("Last day closed").fill("2027-01-01")
    desk.get_by_role("button", name="Save").click()
    expect(desk.get_by_role("status").filter(has_text="The clinic is closed 25 Dec – 1 Jan")).to_be_visible()
    desk.get_by_role("button", name=of("Remove", "Christmas")).click()
    expect(desk.get_by_role("status").filter(has_text="The clinic is open again")).to_be_visible()
    desk.get_by_role("button", name="Undo").click()
    expect(desk.get_by_role("status").filter(has_text="Undone.")).to_be_visible()
    assert Closure.objects.get().name == "Christmas"


def test_other_weeks_by_their_links(desk: Page) -> None:
    desk.get_by_role("link", name="The week after").click()
    expect(desk.get_by_role("columnheader", name="Mon 30 Nov")).to_be_visible()
    desk.locator("h1").click()
    desk.keyboard.press("t")
    expect(desk.get_by_role("columnheader", name="Tue 24 Nov")).to_be_visible()


@pytest.mark.parametrize("theme", [Theme.LIGHT, Theme.DARK])
def test_the_hours_fit_and_break_no_rule(
    page: Page,
    signed_in: SignIn,
    book: dict[str, Any],
    sound: Sound,
    theme: Theme,
) -> None:
    signed_in(factory.make_user(Role.FRONT_DESK, name="Dana Rideout", theme=theme))
    moira = book["moira"]
    pages = ["/hours/", "/hours/outside/", "/hours/closure/"]
    pages += [f"/hours/{moira.pk}/{name}" for name in ("", "week/", "change/", "absence/")]
    for path in pages[:2]:  # with nothing to show
        sound(page, theme, path)
    fill(book)
    for path in pages:
        sound(page, theme, path)
    page.goto(f"/hours/{moira.pk}/absence/")
    page.get_by_label("First day").fill("2026-12-08")
    page.get_by_role("button", name="Save").click()
    expect(heading(page)).to_have_text("Moira is away Tue 8 Dec")
    sound(page, theme)  # the list before saving


def fill(book: dict[str, Any]) -> None:
    """A week with everything in it: closed, away, changed, and a visit on a day off."""
    moira, anika = book["moira"], book["anika"]
    Closure.objects.create(name="Storm", starts_on=date(2026, 11, 27), ends_on=date(2026, 11, 27))
    Absence.objects.create(
        clinician=anika,
        starts_at=factory.at(date(2026, 11, 25), "10:00"),
        ends_at=factory.at(date(2026, 11, 25), "14:00"),
        reason="Continuing education in St. Anthony",
    )
    HoursChange.objects.create(clinician=moira, on=date(2026, 11, 28), starts=time(9), ends=time(13), note="Fair")
    take(moira, book["rooms"][0], date(2026, 12, 6), "10:00", 30, patient=book["plan"].patient)


def test_three_hundred_rows_stay_usable(page: Page, signed_in: SignIn, book: dict[str, Any]) -> None:
    signed_in(factory.make_user(Role.FRONT_DESK, name="Dana Rideout"))
    moira, patient = book["moira"], book["plan"].patient
    for n in range(300):
        take(
            moira,
            book["rooms"][0],
            date(2026, 12, 6) + timedelta(days=7 * (n % 40)),
            f"{8 + n // 40:02d}:00",
            30,
            patient=patient,
        )
        HoursChange.objects.create(clinician=book["anika"], on=TUESDAY + timedelta(days=n))
    page.goto("/hours/")
    expect(page.locator(".hours-visits tbody tr")).to_have_count(6)
    page.get_by_role("link", name="Show all 300").click()
    expect(page.locator(".hours-visits tbody tr")).to_have_count(300)
