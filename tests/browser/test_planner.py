"""The main job of the product, in a real browser: ten sessions with two clashes, booked from sign-in to "booked"."""

import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.urls import reverse
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Route, expect
from pytest_django.live_server_helper import LiveServer

from clinic.models import Clinic, Clinician, Role, Room, User
from patients.models import Patient
from scheduling.models import Absence, Appointment, Closure
from tests import factory
from tests.browser.conftest import Complaints
from tests.scheduling.helpers import take
from treatments.models import Area, PlanStatus, SessionState, Side, TreatmentPlan

pytestmark = pytest.mark.django_db(transaction=True)
TODAY = datetime.fromisoformat("2026-11-30T12:30:00+00:00")
"""Monday 30 November 2026, 9:00 in St. John's."""
MOST_ACTIONS = 12


@dataclass
class Scene:
    """The clinic of the mock: Devika's ten Tuesdays at 14:00 meet a patient in December and an absence in January."""

    desk: User
    patient: Patient
    plan: TreatmentPlan
    moira: Clinician
    anika: Clinician
    rooms: list[Room]

    @property
    def address(self) -> str:
        return reverse("series_planner", args=[self.plan.public_id])


@pytest.fixture(autouse=True)
def monday() -> Iterator[None]:
    with time_machine.travel(TODAY):
        yield


@pytest.fixture
def scene(clinic: Clinic) -> Scene:
    moira = factory.make_clinician("Moira Hynes")
    anika = factory.make_clinician("Dr. Anika Sandhu", short_name="Anika")
    rooms = [factory.make_room(f"Room {n}") for n in (1, 2, 3)]
    thighs = Area.objects.create(key="thighs", name="Thighs", position=1)
    patient = factory.make_patient(first_name="Devika", last_name="Rao", email="devika@example.ca")
    plan = factory.make_plan(
        patient,
        factory.make_protocol(numbing_minutes=30),
        clinician=moira,
        usual_weekdays=[1, 3],
        usual_time=time(14, 0),
        areas=[(thighs, Side.LEFT), (thighs, Side.RIGHT)],
    )
    tizzard = factory.make_patient(first_name="Joanne", last_name="Tizzard")
    take(moira, rooms[1], date(2026, 12, 15), "13:45", 45, patient=tizzard)
    take(anika, rooms[0], date(2027, 2, 9), "14:00", 45, patient=tizzard)
    Absence.objects.create(
        clinician=moira,
        starts_at=factory.at(date(2027, 1, 25), "00:00"),
        ends_at=factory.at(date(2027, 1, 28), "00:00"),
    )
    Closure.objects.create(name="Winter break", starts_on=date(2026, 12, 25), ends_on=date(2027, 1, 1))
    desk = factory.make_user(Role.FRONT_DESK, name="Dana Rideout", email="desk@harbourlight.example")
    return Scene(desk, patient, plan, moira, anika, rooms)


class Counted:
    """Counts what a person does: a click, a field typed, a key pressed, one each."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.done: list[str] = []

    def click(self, target: Locator, words: str) -> None:
        target.click()
        self.done.append(f"click {words}")

    def fill(self, label: str, text: str) -> None:
        self.page.get_by_label(label, exact=True).fill(text)
        self.done.append(f"type into {label}")

    def type(self, text: str) -> None:
        """Type where the focus is."""
        self.page.keyboard.type(text)
        self.done.append(f"type {text}")

    def press(self, key: str) -> None:
        self.page.keyboard.press(key)
        self.done.append(f"press {key}")

    def told(self) -> str:
        return f"{len(self.done)} actions: " + "; ".join(self.done)


def lines(page: Page) -> Locator:
    return page.locator(".plan-table tbody tr[id^=line-]")


def sums(page: Page) -> Locator:
    return page.locator(".foot-sum")


def finish(scene: Scene) -> None:
    """Let Devika be a patient who has been here before: her course is over, and its habits are known."""
    scene.plan.sessions.update(state=SessionState.COMPLETED)
    TreatmentPlan.objects.filter(pk=scene.plan.pk).update(status=PlanStatus.FINISHED)


def assert_booked(page: Page, scene: Scene) -> None:
    expect(page.locator("#toasts")).to_contain_text("10 sessions booked for Devika Rao.")
    visits = Appointment.objects.filter(patient=scene.patient, status="booked").order_by("starts_at")
    days = [factory.local_day(visit.starts_at) for visit in visits]
    assert len(days) == 10
    assert all(7 <= (after - before).days <= 14 for before, after in pairwise(days))


def test_the_desk_books_ten_sessions_with_two_clashes_in_twelve_actions(
    page: Page, scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    finish(scene)
    page.goto("/")
    counted = Counted(page)
    counted.fill("E-mail", scene.desk.email)
    counted.fill("Password", factory.PASSWORD)
    counted.click(page.get_by_role("button", name="Sign in"), "Sign in")
    page.wait_for_url("**/board/**")  # before its scripts run, Find is a link to a page of its own
    counted.click(page.get_by_role("link", name="Find or go to").first, "Find or go to")
    counted.fill("Find or go to", "rao")
    counted.click(page.locator("#palette-person-1", has_text="Devika Rao"), "Devika Rao")
    counted.click(page.get_by_role("link", name="Book", exact=False).first, "Book")
    counted.click(page.get_by_role("link", name="Cellulite reduction"), "Cellulite reduction")
    counted.click(page.get_by_role("button", name="Continue to dates"), "Continue to dates")
    expect(sums(page)).to_contain_text("2 clash")
    counted.click(page.get_by_role("button", name="Fix both clashes"), "Fix both clashes")
    expect(sums(page)).not_to_contain_text("clash")
    counted.click(page.get_by_role("button", name="Book 10 sessions"), "Book 10 sessions")
    assert_booked(page, scene)
    with capsys.disabled():
        sys.stdout.write(f"\n{counted.told()}\n")
    assert len(counted.done) <= MOST_ACTIONS


def test_the_same_by_keyboard_alone(page: Page, scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    finish(scene)
    page.goto("/")
    expect(page.get_by_label("E-mail", exact=True)).to_be_focused()
    counted = Counted(page)
    counted.type(scene.desk.email)
    counted.press("Tab")
    counted.type(factory.PASSWORD)
    counted.press("Enter")
    page.wait_for_url("**/board/**")
    counted.press("Control+k")
    counted.type("rao")
    expect(page.locator("#palette-person-1")).to_contain_text("Devika Rao")
    counted.press("Enter")
    page.wait_for_url(f"**{reverse('patient_page', args=[scene.patient.public_id])}")
    counted.press("b")
    page.wait_for_url("**/plans/new/**")
    counted.type("cellulite removal")
    expect(page.get_by_role("link", name="Cellulite reduction")).to_be_visible()
    counted.press("Enter")
    expect(page.get_by_role("button", name="Continue to dates")).to_be_focused()
    counted.press("Enter")
    expect(sums(page)).to_contain_text("2 clash")
    counted.press("f")
    expect(sums(page)).not_to_contain_text("clash")
    expect(page.locator("#book")).to_be_focused()
    counted.press("Control+Enter")
    assert_booked(page, scene)
    with capsys.disabled():
        sys.stdout.write(f"\nBy keyboard, {counted.told()}\n")


@pytest.fixture
def planner(page: Page, scene: Scene, signed_in: Callable[[User], User]) -> Page:
    signed_in(scene.desk)
    page.goto(scene.address)
    expect(lines(page)).to_have_count(10)
    return page


def test_a_key_pressed_while_the_page_still_loads_is_not_lost(
    page: Page, scene: Scene, signed_in: Callable[[User], User]
) -> None:
    signed_in(scene.desk)
    held: list[Route] = []
    page.route("**/planner*.js", lambda route: held.append(route))
    page.goto(scene.address, wait_until="commit")
    expect(page.locator("#fix")).to_be_visible()
    page.keyboard.press("f")
    for route in held:
        route.continue_()
    expect(sums(page)).to_contain_text("9 free")


def test_someone_was_quicker_nothing_is_saved_and_the_line_is_mended(
    planner: Page, scene: Scene, complaints: Complaints, assert_no_violations: Callable[..., Any]
) -> None:
    complaints.expect("status of 409")
    planner.keyboard.press("f")
    expect(sums(planner)).to_contain_text("9 free")
    take(scene.moira, scene.rooms[0], date(2026, 12, 8), "14:00", 30, patient=factory.make_patient())
    planner.keyboard.press("Control+Enter")
    alert = planner.get_by_role("alert")
    expect(alert).to_contain_text("Session 2 is no longer free. Nothing was saved.")
    expect(alert).to_be_focused()
    assert not Appointment.objects.filter(session__plan=scene.plan).exists()
    assert_no_violations(planner)
    keep(planner, "planner-refused")
    planner.get_by_role("button", name="Use this for session 2").first.click()
    expect(sums(planner)).not_to_contain_text("clash")
    planner.locator("#book").click()
    expect(planner.locator("#toasts")).to_contain_text("10 sessions booked for Devika Rao.")


def test_nothing_jumps_the_focus_and_the_scroll_stay(planner: Page) -> None:
    planner.set_viewport_size({"width": 1440, "height": 560})
    later = planner.locator("#later-9")
    later.focus()
    scrolled = planner.evaluate("() => document.getElementById('plan-body').scrollTop")
    assert scrolled > 0
    for time_shown in ("14:15", "14:30"):
        planner.keyboard.press("Enter")
        expect(planner.locator("#line-9")).to_contain_text(time_shown)
        expect(planner.locator("#later-9")).to_be_focused()
    assert planner.evaluate("() => document.getElementById('plan-body').scrollTop") == scrolled
    expect(planner.locator("#plan-say")).to_contain_text("Session 9: now Tue 2 Feb")


def test_quick_presses_are_done_one_after_the_other(planner: Page, scene: Scene) -> None:
    planner.evaluate("() => { for (let n = 0; n < 3; n += 1) document.getElementById('later-9').click(); }")
    expect(planner.locator("#line-9")).to_contain_text("14:45")
    planner.evaluate("() => document.getElementById('fix').click()")
    planner.keyboard.press("Control+Enter")
    assert_booked(planner, scene)
    assert Appointment.objects.filter(session__plan=scene.plan, wall_time=time(14, 45)).exists()


def test_a_changed_choice_proposes_at_once_and_keeps_the_focus(planner: Page) -> None:
    planner.locator("#id_around").select_option("10:00")
    expect(planner.locator("#line-1")).to_contain_text("10:00")
    day = planner.locator("#id_start_on")
    day.fill("8 dec")
    day.press("Enter")
    expect(planner.locator("#line-1")).to_contain_text("8 Dec")
    expect(planner.locator("#id_start_on")).to_have_value("Tue 8 Dec")
    planner.locator("#day-1").uncheck(force=True)
    expect(planner.locator("#line-1")).to_contain_text("Thu")
    planner.locator("#day-3").uncheck(force=True)
    expect(planner.locator("#error-weekdays")).to_have_text("Choose one day at least.")


def test_pick_opens_closes_and_takes(planner: Page) -> None:
    planner.locator("#pick-2").click()
    expect(planner.locator("#pick-2")).to_have_attribute("aria-expanded", "true")
    planner.locator(".pick-who .btn").first.focus()
    planner.keyboard.press("Escape")
    expect(planner.locator(".pick")).to_have_count(0)
    expect(planner.locator("#pick-2")).to_be_focused()
    planner.locator("#pick-2").click()
    planner.locator("#pick-day").fill("20 dec")
    planner.get_by_role("button", name="Take it").click()
    expect(planner.locator(".plan-table")).to_contain_text("Moira does not work Sundays")


def test_a_lost_connection_and_a_lost_sign_in_keep_the_dates(
    planner: Page, context: BrowserContext, complaints: Complaints
) -> None:
    complaints.expect("ERR_INTERNET_DISCONNECTED")
    complaints.expect("htmx:sendError")
    complaints.expect("htmx:afterRequest")
    context.set_offline(True)
    planner.locator("#later-1").click()
    expect(planner.get_by_role("alert")).to_contain_text("No answer came.")
    context.set_offline(False)
    planner.locator("#later-1").click()
    expect(planner.locator("#line-1")).to_contain_text("14:15")
    expect(planner.get_by_role("alert")).to_have_count(0)
    planner.locator("#fix").click()
    expect(sums(planner)).to_contain_text("9 free")
    context.set_offline(True)
    planner.locator("#book").click()
    expect(planner.get_by_role("alert")).to_contain_text("nothing is booked twice")
    context.set_offline(False)
    context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    planner.locator("#book").click()
    expect(planner.get_by_role("alert")).to_contain_text("You were signed out.")
    expect(lines(planner)).to_have_count(10)


def test_it_works_without_javascript(
    browser: Browser, scene: Scene, live_server: LiveServer, signed_in: Callable[[User], User], context: BrowserContext
) -> None:
    signed_in(scene.desk)
    plain = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    plain.add_cookies(context.cookies())  # type: ignore[arg-type]
    page = plain.new_page()
    page.goto(scene.address)
    expect(page.locator(".strip-due.is-on")).to_contain_text("3 may fall")
    page.locator("#later-4").click()
    expect(page.locator("#line-4")).to_contain_text("14:15")
    expect(page.locator(".strip-due.is-on")).to_contain_text("4 may fall")
    page.get_by_role("button", name="Leave for later").click()
    page.get_by_role("link", name="Continue: Cellulite reduction").click()
    page.get_by_role("button", name="Fix both clashes").click()
    page.get_by_role("button", name="Book 10 sessions").click()
    assert_booked(page, scene)
    plain.close()


def test_on_a_phone_the_choices_fold_into_one_line(planner: Page, assert_no_violations: Callable[..., Any]) -> None:
    planner.set_viewport_size({"width": 390, "height": 844})
    expect(planner.locator("#opts")).to_be_hidden()
    planner.locator("#opts-sum").click()
    expect(planner.locator("#opts")).to_be_visible()
    planner.locator("#more").click()
    expect(planner.locator("#opts-sum")).to_contain_text("11 sessions")
    expect(planner.locator("#opts")).to_be_visible()
    assert_no_violations(planner)
    keep(planner, "planner-390-choices")


def band(page: Page) -> Locator:
    """The due window that is seen: its rectangles and its words."""
    return page.locator(".strip-due.is-on")


def test_the_band_follows_the_focus_and_the_pointer_only_looks(planner: Page) -> None:
    expect(planner.get_by_role("img", name="10 sessions from 1 December to 9 February.")).to_be_visible()
    expect(band(planner)).to_contain_text("3 may fall on 15 Dec only")
    planner.locator("#line-5").hover()
    expect(band(planner)).to_contain_text("5 may fall 29 Dec to 5 Jan")
    planner.locator(".who-name").hover()
    expect(band(planner)).to_contain_text("3 may fall")
    planner.locator("#pick-5").focus()
    planner.keyboard.press("Tab")
    expect(planner.locator("#earlier-6")).to_be_focused()
    expect(band(planner)).to_contain_text("6 may fall")
    expect(planner.locator("tr.is-here")).to_have_attribute("id", "line-6")
    expect(band(planner)).to_have_count(1)
    planner.keyboard.press("Enter")
    expect(planner.locator("#line-6")).to_contain_text("13:45")
    expect(planner.locator("#earlier-6")).to_be_focused()
    expect(planner.locator("tr.is-here")).to_have_attribute("id", "line-6")
    planner.get_by_role("button", name="Use this for session 8").first.focus()
    expect(band(planner)).to_contain_text("8 may fall")


def test_the_strip_is_drawn_from_attributes_and_its_colours_from_the_theme(planner: Page) -> None:
    box = planner.locator(".strip svg").bounding_box()
    first, last = (planner.locator(".strip-node").nth(at).bounding_box() for at in (0, 9))
    assert box and first and last
    assert box["x"] < first["x"] < last["x"] < box["x"] + box["width"] - 12
    fills = planner.evaluate(
        "() => ['', '.strip-bad'].map((at) => getComputedStyle(document.querySelector(`.strip-node${at} circle`)).fill)"
    )
    assert len(set(fills)) == 2
    assert planner.locator(".strip [style]").count() == 0


def test_a_draft_is_left_continued_and_started_anew(planner: Page, scene: Scene) -> None:
    expect(planner.locator("#plan-kept")).to_have_text("")
    planner.locator("#later-9").click()
    expect(planner.locator("#plan-kept")).to_have_text("Draft kept 09:00")
    planner.get_by_role("button", name="Leave for later").click()
    planner.wait_for_url(f"**{reverse('patient_page', args=[scene.patient.public_id])}")
    expect(planner.locator(".pt-to-book")).to_contain_text("Dates half planned, Mon 30 Nov 09:00")
    keep(planner, "planner-half-planned")
    take(scene.moira, scene.rooms[0], date(2026, 12, 8), "14:00", 30, patient=factory.make_patient())
    planner.get_by_role("link", name="Continue: Cellulite reduction").click()
    notice = planner.locator(".plan-restored")
    expect(notice).to_contain_text("Your draft of Mon 30 Nov, 09:00. 1 date was taken meanwhile.")
    expect(planner.locator("#line-9")).to_contain_text("14:15")
    expect(sums(planner)).to_contain_text("3 clash")
    keep(planner, "planner-restored")
    notice.get_by_role("button", name="Start anew").click()
    expect(planner.locator(".plan-restored")).to_have_count(0)
    expect(planner.locator("#line-9")).to_contain_text("14:00")


def test_the_same_draft_by_keyboard_and_by_somebody_else(
    planner: Page, scene: Scene, signed_in: Callable[[User], User], assert_no_violations: Callable[..., Any]
) -> None:
    planner.locator("#later-9").focus()
    planner.keyboard.press("Enter")
    expect(planner.locator("#plan-kept")).to_have_text("Draft kept 09:00")
    planner.get_by_role("button", name="Leave for later").focus()
    planner.keyboard.press("Enter")
    planner.wait_for_url(f"**{reverse('patient_page', args=[scene.patient.public_id])}")
    signed_in(factory.make_user(Role.FRONT_DESK, name="Noor Haddad"))
    planner.reload()
    expect(planner.locator(".pt-to-book")).to_contain_text("Dana Rideout")
    assert_no_violations(planner)
    planner.get_by_role("link", name="Continue: Cellulite reduction").focus()
    planner.keyboard.press("Enter")
    expect(planner.locator(".plan-restored")).to_contain_text(
        "Draft of Mon 30 Nov, 09:00, by Dana Rideout. No date was taken meanwhile."
    )
    assert_no_violations(planner)
    planner.keyboard.press("f")
    expect(sums(planner)).not_to_contain_text("clash")
    planner.keyboard.press("Control+Enter")
    assert_booked(planner, scene)
    expect(planner.locator(".pt-to-book")).to_have_count(0)


def test_late_lines_and_lines_side_by_side_are_told_apart(
    planner: Page, assert_no_violations: Callable[..., Any]
) -> None:
    for line, day in ((10, "23 mar"), (7, "20 jan"), (8, "21 jan")):
        planner.locator(f"#pick-{line}").click()
        planner.locator("#pick-day").fill(day)
        planner.get_by_role("button", name="Take it").click()
        expect(planner.locator(".pick")).to_have_count(0)
    expect(planner.locator(".strip-late")).to_have_count(1)
    expect(planner.locator(".strip-late path")).to_be_visible()
    heights = planner.locator(".strip-node circle:first-child").evaluate_all(
        "all => all.map((one) => one.cy.baseVal.value)"
    )
    assert len(set(heights)) > 1
    assert_no_violations(planner)
    keep(planner, "planner-late")
    planner.set_viewport_size({"width": 390, "height": 844})
    planner.reload()
    expect(planner.locator(".plan-restored")).to_be_visible()
    assert planner.evaluate("() => document.documentElement.scrollWidth") <= 390
    assert_no_violations(planner)
    keep(planner, "planner-restored-390")


def test_fifteen_sessions_two_weeks_apart_stay_readable(
    planner: Page, scene: Scene, assert_no_violations: Callable[..., Any]
) -> None:
    planner.locator("label", has_text="Two-weekly").click()
    expect(planner.locator("#line-2")).to_contain_text("14 days")
    for count in range(11, 16):
        planner.locator("#more").click()
        expect(lines(planner)).to_have_count(count)
    places = [one.bounding_box() for one in planner.locator(".strip-node").all()]
    lefts = [box["x"] for box in places if box]
    assert len(lefts) == 15
    assert min(after - before for before, after in pairwise(lefts)) > 40
    assert_no_violations(planner)
    keep(planner, "planner-15")
    planner.set_viewport_size({"width": 1024, "height": 768})
    keep(planner, "planner-15-1024")


def test_only_the_later_of_two_too_near_asks_for_a_reason(
    page: Page, scene: Scene, signed_in: Callable[[User], User], assert_no_violations: Callable[..., Any]
) -> None:
    for user, words in ((scene.desk, "Only a clinician may book it so near"), (scene.moira.user, "Why so near?")):
        signed_in(user)
        page.goto(scene.address)
        if page.locator(".plan-restored").count():
            page.get_by_role("button", name="Start anew").click()
        page.locator("#pick-3").click()
        page.locator("#pick-day").fill("10 dec")
        page.get_by_role("button", name="Take it").click()
        expect(page.locator(".strip-node.strip-bad")).to_have_count(2)
        expect(page.locator(".fix-reason")).to_have_count(1)
        expect(page.locator("#line-3 + .fix")).to_contain_text(words)
        expect(page.locator("#line-2")).to_contain_text("Free")
        assert_no_violations(page)
        keep(page, f"planner-early-{'desk' if user == scene.desk else 'clinician'}")


SIZES = {"1440": (1440, 900), "1024": (1024, 768), "390": (390, 844)}


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_the_planner_reads_well_in_six_variants(
    page: Page,
    scene: Scene,
    signed_in: Callable[[User], User],
    assert_no_violations: Callable[..., Any],
    size: str,
    theme: str,
) -> None:
    User.objects.filter(pk=scene.desk.pk).update(theme=theme)
    signed_in(scene.desk)
    width, height = SIZES[size]
    page.set_viewport_size({"width": width, "height": height})
    page.goto(scene.address)
    expect(lines(page)).to_have_count(10)
    assert page.evaluate("() => document.documentElement.scrollWidth") <= width
    assert_no_violations(page)
    keep(page, f"planner-{size}-{theme}")
    page.locator("#later-5").focus()
    keep(page, f"planner-focus-{size}-{theme}")
    page.locator("#pick-5").click()
    expect(page.locator(".pick")).to_be_visible()
    assert_no_violations(page)
    assert page.evaluate("() => document.documentElement.scrollWidth") <= width
    keep(page, f"planner-pick-{size}-{theme}")


def keep(page: Page, name: str) -> None:
    """Keep a picture where somebody asked for one: PISTOR_SHOTS names the folder."""
    if "PISTOR_SHOTS" in os.environ:
        page.evaluate("() => document.fonts.ready")
        page.screenshot(path=Path(os.environ["PISTOR_SHOTS"]) / f"{name}.png")
