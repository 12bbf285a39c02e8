"""The board in a real browser: each act by mouse, by key and by click alone; what is refused; and another desk."""

import re
import uuid
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Route, expect
from pytest_django.live_server_helper import LiveServer

from clinic.models import Clinic, Role, User
from scheduling.models import Appointment, VisitType
from scheduling.planning.waiting_read import Stretch
from scheduling.services.offers import start_round
from scheduling.services.statuses import arrive_appointment
from scheduling.services.waiting import add_entry
from tests import factory
from tests.browser.conftest import Complaints
from tests.scheduling.helpers import take

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime.fromisoformat("2026-11-24T17:39:00+00:00")
"""Tuesday 24 November 2026, 14:09 in St. John's."""
TODAY = date(2026, 11, 24)
QUARTER = 24
SignIn = Callable[[User], User]
TYPE_AT_ONCE = """(words) => document.getElementById("board-book").addEventListener(
    "htmx:afterSwap", () => (document.getElementById("book-q").value = words), { once: true })"""
"""Types into the panel before anything listens to its field, as a quick hand does on a slow machine."""


@pytest.fixture(autouse=True)
def afternoon() -> Iterator[None]:
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.fixture
def book(clinic: Clinic) -> dict[str, Any]:
    """Moira has Beverley at 15:00 and Noor at 16:00, Anika has Gwen at 15:00; a session stands next week."""
    moira, anika = factory.make_clinician("Moira Hynes"), factory.make_clinician("Dr. Anika Sandhu")
    rooms = [factory.make_room("Room 1"), factory.make_room("Room 2")]
    for kind, minutes in (("consultation", 30), ("review", 15)):
        VisitType.objects.create(kind=kind, minutes=minutes, turnover_minutes=0, room_kind=rooms[0].kind)
    people = {
        name: factory.make_patient(first_name=name, last_name=last)
        for name, last in (("Beverley", "Hann"), ("Noor", "Haddad"), ("Gwen", "Stuckless"), ("Tess", "Penney"))
    }
    beverley = take(moira, rooms[0], TODAY, "15:00", 45, patient=people["Beverley"])
    take(moira, rooms[0], TODAY, "16:00", 30, patient=people["Noor"])
    take(anika, rooms[1], TODAY, "15:00", 30, patient=people["Gwen"], status="confirmed")
    plan = factory.make_plan(factory.make_patient(first_name="Priya", last_name="Raman"), clinician=moira)
    first, second = plan.sessions.order_by("number")[:2]
    take(moira, rooms[0], TODAY, "09:00", 45, patient=plan.patient, session=first, status="completed")
    later = take(moira, rooms[0], date(2026, 12, 1), "09:00", 45, patient=plan.patient, session=second)
    return {"moira": moira, "anika": anika, "rooms": rooms, "people": people, "beverley": beverley, "later": later}


def card(page: Page, name: str) -> Locator:
    return page.locator("article[data-id]").filter(has_text=name)


def at(visit: Appointment) -> str:
    visit.refresh_from_db()
    return f"{visit.wall_time:%H:%M} {visit.clinician.name}"


def drag(page: Page, card: Locator, *, columns: int = 0, quarters: int = 0) -> None:
    """Drag a card as a hand does: two small moves first, so that the component sees a drag."""
    box, width = card.bounding_box(), page.locator(".ec-body .ec-day").first.bounding_box()
    assert box and width
    x, y = box["x"] + 30, box["y"] + 10
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 4, y + 3)
    page.mouse.move(x + columns * width["width"], y + quarters * QUARTER + 2, steps=8)
    page.mouse.up()


def lengthen(page: Page, card: Locator) -> None:
    """Pull the lower edge of a card down by a quarter of an hour."""
    box = card.bounding_box()
    assert box
    x, foot = box["x"] + 40, box["y"] + box["height"]
    page.mouse.move(x, foot - 3)
    page.mouse.down()
    page.mouse.move(x, foot + 4)
    page.mouse.move(x, foot + QUARTER - 3, steps=5)
    page.mouse.up()


def said(page: Page, words: str) -> None:
    expect(page.locator("#toasts")).to_contain_text(words)


@pytest.fixture
def desk(page: Page, signed_in: SignIn, book: dict[str, Any]) -> Page:
    signed_in(factory.make_user(Role.FRONT_DESK, name="Dana Rideout"))
    page.goto("/board/")
    expect(card(page, "Beverley")).to_be_visible()
    return page


# --- Acts ---
def test_each_step_of_a_visit_by_mouse_by_key_and_in_the_list(desk: Page, book: dict[str, Any]) -> None:
    visit: Appointment = book["beverley"]
    card(desk, "Beverley").click()
    panel = desk.get_by_role("dialog", name="Beverley Hann, 15:00")
    expect(panel).to_contain_text("Born 2 Sep 1986")
    expect(panel).to_contain_text("Not confirmed, and less than 24 hours ahead: call.")
    panel.get_by_role("button", name=re.compile("^Arrived")).click()
    said(desk, "Beverley Hann: arrived.")
    expect(card(desk, "Beverley")).to_have_class(re.compile("st-arrived"))
    desk.keyboard.press("Escape")
    card(desk, "Beverley").focus()
    desk.keyboard.press("s")
    said(desk, "Beverley Hann: in treatment.")
    desk.locator("#board-side").get_by_role("button", name=re.compile("^Complete.*Beverley")).click()
    said(desk, "Beverley Hann: completed.")
    visit.refresh_from_db()
    assert visit.status == "completed"
    desk.keyboard.press("z")
    said(desk, "Undone")
    expect(card(desk, "Beverley")).to_have_class(re.compile("st-treatment"))


def test_cancelling_asks_why_from_the_card_and_by_key(desk: Page, book: dict[str, Any]) -> None:
    card(desk, "Beverley").focus()
    desk.keyboard.press("c")
    dialog = desk.get_by_role("dialog", name="Cancel consultation of Beverley Hann?")
    expect(dialog).to_be_visible()
    desk.keyboard.press("Escape")
    expect(card(desk, "Beverley")).to_be_focused()
    card(desk, "Noor").focus()
    desk.keyboard.press("c")
    expect(desk.get_by_role("dialog", name="Cancel consultation of Noor Haddad?")).to_be_visible()
    desk.keyboard.press("Space")  # the focus is on the first reason
    desk.keyboard.press("Enter")
    said(desk, "Cancelled: Noor Haddad")
    expect(card(desk, "Noor")).to_have_class(re.compile("st-cancelled"))
    card(desk, "Beverley").click()
    desk.locator("#board-card summary").click()
    desk.locator("#board-card").get_by_role("button", name=re.compile("^Cancel")).click()
    dialog.get_by_label("Patient is ill").check()
    dialog.get_by_role("button", name="Cancel consultation").click()
    said(desk, "Cancelled: Beverley Hann")
    expect(card(desk, "Beverley")).to_have_class(re.compile("st-cancelled"))
    assert Appointment.objects.get(pk=book["beverley"].pk).status_reason == "Patient is ill"


# --- Moves ---
def test_a_card_is_moved_and_lengthened_by_hand_and_taken_back(desk: Page, book: dict[str, Any]) -> None:
    visit: Appointment = book["beverley"]
    drag(desk, card(desk, "Beverley"), columns=1, quarters=3)
    said(desk, "Moved: Beverley Hann, now Tue 24 Nov, 15:45.")
    assert at(visit) == "15:45 Dr. Anika Sandhu"
    expect(card(desk, "Beverley")).to_contain_text("15:45")  # drawn anew, it stays under the hand
    lengthen(desk, card(desk, "Beverley"))
    said(desk, "60 minutes")
    visit.refresh_from_db()
    assert visit.minutes == 60
    desk.keyboard.press("z")
    said(desk, "Undone")
    visit.refresh_from_db()
    assert visit.minutes == 45


def test_a_hand_that_is_quicker_than_the_board_is_not_refused_for_its_own_move(
    desk: Page, book: dict[str, Any]
) -> None:
    """The second waits for the first to be saved, and the day is not drawn anew between: what this desk did itself is
    no change by somebody else."""
    held: list[Route] = []
    desk.route("**/feed/**", lambda route: route.fulfill(status=304))
    desk.route("**/place/", lambda route: route.continue_() if held else held.append(route))
    with desk.expect_request("**/place/"):
        drag(desk, card(desk, "Beverley"), columns=1, quarters=3)
    lengthen(desk, card(desk, "Beverley"))
    held[0].continue_()
    said(desk, "60 minutes")
    assert at(book["beverley"]) == "15:45 Dr. Anika Sandhu"
    assert book["beverley"].minutes == 60


def test_a_card_is_moved_by_keys_alone(desk: Page, book: dict[str, Any]) -> None:
    card(desk, "Beverley").focus()
    for key in ("Alt+ArrowRight", "Alt+ArrowDown", "Alt+ArrowDown", "Escape"):
        desk.keyboard.press(key)
    expect(card(desk, "Beverley")).to_be_focused()
    for key in ("Alt+ArrowRight", "Alt+ArrowDown", "Alt+ArrowDown", "Alt+Shift+ArrowDown"):
        desk.keyboard.press(key)
    expect(desk.locator("#board-says")).to_have_text(re.compile("15:30 with Dr. Anika Sandhu. Enter saves"))
    desk.keyboard.press("Enter")
    said(desk, "Moved: Beverley Hann, now Tue 24 Nov, 15:30.")
    expect(card(desk, "Beverley")).to_be_focused()
    assert at(book["beverley"]) == "15:30 Dr. Anika Sandhu"
    assert book["beverley"].minutes == 60


def test_a_card_is_moved_by_clicks_alone(desk: Page, book: dict[str, Any]) -> None:
    card(desk, "Beverley").click()
    desk.locator("#board-card").get_by_role("button", name=re.compile("^Move")).click()
    bar = desk.get_by_role("group", name="Move Beverley Hann")
    for name in ("One column to the right", "Later", "Later", "Shorter"):
        bar.get_by_role("button", name=name).click()
    bar.get_by_role("button", name=re.compile("^Save")).click()
    said(desk, "Moved: Beverley Hann, now Tue 24 Nov, 15:30.")
    assert at(book["beverley"]) == "15:30 Dr. Anika Sandhu"
    book["beverley"].refresh_from_db()
    assert book["beverley"].minutes == 30


def test_a_refused_drop_snaps_back_says_why_and_offers_what_is_free(
    desk: Page, book: dict[str, Any], complaints: Complaints, assert_no_violations: Callable[[Page], None]
) -> None:
    complaints.expect("409")
    before = card(desk, "Beverley").bounding_box()
    drag(desk, card(desk, "Beverley"), quarters=3)
    refusal = desk.get_by_role("alertdialog", name="Not saved")
    expect(refusal).to_contain_text("Moira is with Noor Haddad until 16:30. Nothing was saved.")
    assert card(desk, "Beverley").bounding_box() == before
    assert at(book["beverley"]) == "15:00 Moira Hynes"
    assert_no_violations(desk)
    refusal.get_by_role("button", name="15:45 with Dr.").click()
    said(desk, "now Tue 24 Nov, 15:45")
    assert at(book["beverley"]) == "15:45 Dr. Anika Sandhu"


def test_a_drop_that_is_too_late_asks_for_a_reason(desk: Page, book: dict[str, Any], complaints: Complaints) -> None:
    complaints.expect("409")
    Appointment.objects.filter(session__number=1).update(
        starts_at=factory.at(date(2026, 11, 12), "09:00"),
        arrives_at=factory.at(date(2026, 11, 12), "09:00"),
        ends_at=factory.at(date(2026, 11, 12), "09:45"),
        frees_at=factory.at(date(2026, 11, 12), "09:45"),
        wall_date=date(2026, 11, 12),
    )
    desk.goto(f"/board/week/2026-12-01/?clinician={book['moira'].pk}")
    drag(desk, card(desk, "Priya"), columns=1)
    refusal = desk.get_by_role("alertdialog", name="Not saved")
    refusal.get_by_label("Why").fill("Was away")
    desk.keyboard.press("Enter")
    said(desk, "Moved: Priya Raman, now Wed 2 Dec, 09:00.")
    book["later"].refresh_from_db()
    assert book["later"].late_reason == "Was away"


# --- What is offered, and a person who can only click ---
@pytest.fixture
def offered(book: dict[str, Any]) -> None:
    """Anika's 16:30 is offered to Tess by mail, at 14:09, until 14:39."""
    tess, start = book["people"]["Tess"], factory.at(TODAY, "16:30")
    add_entry(key=uuid.uuid4(), patient_id=tess.pk, kind="consultation", actor=None, now=NOW)
    stretch = Stretch(book["anika"].pk, start, start + timedelta(minutes=45))
    start_round(key=uuid.uuid4(), stretch=stretch, actor=None, now=NOW)


def test_by_clicks_alone_confirmed_undone_swapped_hidden_moved_to_another_day_and_an_offer_taken(
    offered: None, desk: Page, book: dict[str, Any], assert_no_violations: Callable[[Page], None]
) -> None:
    ground = desk.locator(".g-offer")
    expect(ground).to_have_text("Offered to Tess Penney until 14:39")
    assert_no_violations(desk)
    card(desk, "Noor").click()
    panel = desk.locator("#board-card")
    panel.locator("summary").click()
    panel.get_by_role("button", name=re.compile("^Confirm")).click()
    expect(card(desk, "Noor")).to_have_class(re.compile("st-confirmed"))
    desk.locator("#toasts").get_by_role("button", name=re.compile("^Undo")).click()
    expect(card(desk, "Noor")).to_have_class(re.compile("st-booked"))

    card(desk, "Beverley").click()
    panel.locator("summary").click()
    panel.get_by_role("link", name=re.compile("^Swap with another visit")).click()
    desk.get_by_role("link", name="Gwen Stuckless").click()
    desk.get_by_role("button", name="Swap the two").click()
    said(desk, "Swapped: Beverley Hann")
    assert at(book["beverley"]) == "15:00 Dr. Anika Sandhu"
    desk.locator("#toasts").get_by_role("button", name=re.compile("^Undo")).click()
    said(desk, "Undone")
    assert at(book["beverley"]) == "15:00 Moira Hynes"
    desk.get_by_role("link", name="Board").first.click()
    expect(ground).to_be_visible()
    desk.wait_for_load_state()

    desk.get_by_role("button", name="Hide names").click()
    expect(ground).to_have_text("Offered to TP until 14:39")
    desk.get_by_role("button", name="Show names").click()
    expect(card(desk, "Noor")).to_be_visible()
    desk.wait_for_load_state()  # the scripts that open a card come after the one that draws it

    card(desk, "Noor").click()
    panel.get_by_role("button", name=re.compile("^Move")).click()
    bar = desk.get_by_role("group", name="Move Noor Haddad")
    bar.get_by_role("link", name="Another day").click()
    desk.get_by_role("button", name=re.compile("^Wed 25 Nov, 16:00")).first.click()
    desk.wait_for_url("**/2026-11-25/")
    assert Appointment.objects.get(patient=book["people"]["Noor"]).wall_date == date(2026, 11, 25)

    desk.get_by_role("link", name="Board").first.click()
    desk.locator("#board-side").get_by_role("link", name="Book for Tess Penney, or stop offering 16:30").click()
    desk.get_by_role("button", name="They take it").first.click()
    said(desk, "Booked for Tess Penney")
    desk.get_by_role("link", name="Board").first.click()
    expect(card(desk, "Tess")).to_be_visible()
    expect(ground).to_have_count(0)
    assert at(Appointment.objects.get(patient=book["people"]["Tess"])) == "16:30 Dr. Anika Sandhu"


# --- Booking ---
def test_free_ground_is_booked_by_mouse(desk: Page, book: dict[str, Any]) -> None:
    column = desk.locator(".ec-body .ec-day").nth(1).bounding_box()
    slot = card(desk, "Noor").bounding_box()
    assert column and slot
    desk.evaluate(TYPE_AT_ONCE, "penn")
    desk.mouse.click(column["x"] + 60, slot["y"] + 4)
    panel = desk.get_by_role("dialog", name="Book: for whom?")
    panel.get_by_role("button", name=re.compile("^Tess Penney")).click()
    panel = desk.get_by_role("dialog", name="Book a visit")
    expect(panel).to_contain_text("Free, in Room 2.")
    panel.get_by_role("button", name="Book this time").click()
    said(desk, "Booked for Tess Penney: Consultation, Tue 24 Nov, 16:00.")
    expect(card(desk, "Tess")).to_be_focused()
    assert at(Appointment.objects.get(patient=book["people"]["Tess"])) == "16:00 Dr. Anika Sandhu"


def test_booking_by_keys_alone_and_a_refusal_beside_its_field(
    desk: Page, book: dict[str, Any], complaints: Complaints, assert_no_violations: Callable[[Page], None]
) -> None:
    complaints.expect("422")
    desk.keyboard.press("b")
    field = desk.get_by_label("Patient", exact=True)
    expect(field).to_be_focused()
    desk.keyboard.type("penn")
    expect(desk.get_by_role("button", name=re.compile("^Tess Penney"))).to_be_visible()
    assert_no_violations(desk)
    desk.keyboard.press("Tab")
    desk.keyboard.press("Enter")
    panel = desk.get_by_role("dialog", name="Book a visit")
    expect(panel).to_be_visible()
    panel.get_by_label("Time").fill("16:00")
    panel.get_by_label("Time").press("Tab")
    expect(panel).to_contain_text("Moira is with Noor Haddad until 16:30")
    assert_no_violations(desk)
    panel.get_by_role("button", name="Book this time").press("Enter")
    expect(panel.get_by_label("Time")).to_have_attribute("aria-invalid", "true")
    panel.get_by_role("button", name=re.compile("16:00 with Dr. Anika")).press("Enter")
    said(desk, "Booked for Tess Penney")


QUICK_HAND = """() => document.getElementById("board-book").addEventListener("htmx:afterSwap", (event) => {
    const time = event.target.querySelector("[name=time]");
    if (time && time.value === time.defaultValue) time.value = "16:00";
})"""


def test_a_time_typed_before_the_panel_listens_is_looked_at(desk: Page, book: dict[str, Any]) -> None:
    desk.get_by_role("link", name="Book").click()
    desk.get_by_label("Patient", exact=True).fill("penn")
    found = desk.get_by_role("button", name=re.compile("^Tess Penney"))
    expect(found).to_be_visible()
    desk.evaluate(QUICK_HAND)
    found.click()
    expect(desk.get_by_role("dialog", name="Book a visit")).to_contain_text("Moira is with Noor Haddad until 16:30")


def test_a_new_patient_is_opened_and_booked_in_place(desk: Page) -> None:
    desk.get_by_role("link", name="Book").click()
    desk.get_by_role("button", name="New patient").click()
    for label, words in (
        ("First name", "Ngozi"),
        ("Last name", "Eze"),
        ("Birth date", "8 May 1974"),
        ("Phone", "709-555-0142"),
    ):
        desk.get_by_label(label).fill(words)
    desk.get_by_role("button", name="Open a file").click()
    panel = desk.get_by_role("dialog", name="Book a visit")
    expect(panel).to_contain_text("Born 8 May 1974")
    expect(panel.locator(":focus")).to_have_count(1)  # the new part of the panel has settled
    with desk.expect_response(lambda answer: "17%3A00" in answer.url):
        panel.get_by_label("Time").fill("17:00")
        panel.get_by_label("Time").press("Tab")
    expect(panel.locator(".htmx-request, .htmx-settling, .htmx-added")).to_have_count(0)
    expect(panel).to_contain_text("Free, in Room 1.")
    panel.get_by_role("button", name="Book this time").click()
    said(desk, "Booked for Ngozi Eze")
    expect(card(desk, "Ngozi")).to_be_visible()


# --- Other desks ---
def test_another_desks_change_appears_by_itself_and_never_under_the_hand(desk: Page, book: dict[str, Any]) -> None:
    gwen = Appointment.objects.get(patient=book["people"]["Gwen"])
    box = card(desk, "Beverley").bounding_box()
    assert box
    desk.mouse.move(box["x"] + 30, box["y"] + 10)
    desk.mouse.down()
    desk.mouse.move(box["x"] + 34, box["y"] + 13)
    desk.mouse.move(box["x"] + 34, box["y"] + 13 + 8 * QUARTER, steps=4)
    Appointment.objects.filter(pk=gwen.pk).update(status="arrived", version=2)
    with desk.expect_response(lambda answer: "/feed/" in answer.url and answer.status == 200):
        pass
    expect(card(desk, "Gwen")).to_have_class(re.compile("st-confirmed"))
    desk.mouse.move(box["x"] + 34, box["y"] + 13, steps=4)
    desk.mouse.up()
    expect(card(desk, "Gwen")).to_have_class(re.compile("st-arrived"))


def test_a_stale_card_is_told_who_changed_it(desk: Page, book: dict[str, Any], complaints: Complaints) -> None:
    complaints.expect("409")
    desk.route("**/feed/**", lambda route: route.fulfill(status=304))
    other = factory.make_user(Role.FRONT_DESK, name="Ruth Osmond")
    arrive_appointment(key=uuid.uuid4(), appointment_id=book["beverley"].pk, actor=other, now=NOW)
    card(desk, "Beverley").focus()
    desk.keyboard.press("a")
    refusal = desk.get_by_role("alertdialog", name="Not saved")
    expect(refusal).to_contain_text("Ruth Osmond marked this visit arrived at 14:09. Nothing was saved.")
    desk.unroute("**/feed/**")
    expect(card(desk, "Beverley")).to_have_class(re.compile("st-arrived"))


def test_a_lost_connection_is_said_and_mends_itself(desk: Page, complaints: Complaints) -> None:
    complaints.expect("ERR_FAILED")
    desk.route("**/feed/**", lambda route: route.abort())
    lost = desk.get_by_role("status").filter(has_text="We lost the connection.")
    expect(lost).to_be_visible()
    desk.unroute("**/feed/**")
    expect(lost).to_be_hidden()


# --- The keyboard, and what is hidden ---
def test_the_columns_are_one_stop_and_arrows_walk_them(desk: Page) -> None:
    card(desk, "Beverley").focus()
    stops = desk.locator("#board-grid [tabindex='0']")
    expect(stops).to_have_count(1)
    desk.keyboard.press("ArrowRight")
    expect(card(desk, "Gwen")).to_be_focused()
    desk.keyboard.press("ArrowDown")
    free = desk.get_by_role("button", name="15:30, Dr. Anika Sandhu: free. Enter books.")
    expect(free).to_be_focused()
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("dialog", name="Book: for whom?")).to_be_visible()
    desk.keyboard.press("Escape")
    expect(free).to_be_focused()
    desk.keyboard.press("ArrowLeft")
    expect(card(desk, "Beverley")).to_be_focused()
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("dialog", name="Beverley Hann, 15:00")).to_be_visible()
    desk.keyboard.press("Escape")
    expect(card(desk, "Beverley")).to_be_focused()
    desk.keyboard.press("Escape")
    desk.keyboard.press("ArrowRight")
    desk.wait_for_url("**/board/2026-11-25/")
    desk.keyboard.press("t")
    desk.wait_for_url("**/board/")


def test_names_are_hidden_by_one_key_and_rows_grow_by_choice(desk: Page) -> None:
    desk.keyboard.press("h")
    desk.wait_for_url("**names=off**")
    expect(card(desk, "BH")).to_be_visible()
    expect(desk.locator("body")).not_to_contain_text("Hann")
    card(desk, "BH").focus()
    desk.keyboard.press("a")
    said(desk, "Saved.")
    expect(desk.locator("body")).not_to_contain_text("Hann")
    before = card(desk, "BH").bounding_box()
    desk.get_by_title("View options").click()
    desk.get_by_role("button", name="Comfortable").click()
    expect(desk.locator("html")).to_have_attribute("data-density", "comfortable")
    after = card(desk, "BH").bounding_box()
    assert before and after and after["height"] > before["height"]


def test_rooms_week_and_month(desk: Page, book: dict[str, Any]) -> None:
    desk.get_by_role("link", name="Rooms").click()
    expect(desk.locator(".board-who").first).to_contain_text("Room 1")
    desk.get_by_role("link", name="Week").click()
    expect(desk.locator(".board-who.is-today")).to_contain_text("24")
    desk.get_by_role("link", name="Month").click()
    expect(desk.get_by_role("heading", level=1)).to_have_text("November 2026")
    desk.get_by_role("link", name=re.compile("^Tuesday 24 November: 4 visits")).click()
    desk.wait_for_url("**/board/2026-11-24/")


def test_without_a_script_the_list_of_the_day_is_one_link_away(
    browser: Browser, context: BrowserContext, live_server: LiveServer, signed_in: SignIn, book: dict[str, Any]
) -> None:
    signed_in(factory.make_user(Role.FRONT_DESK))
    plain = browser.new_context(java_script_enabled=False, base_url=live_server.url)
    plain.add_cookies([{**one} for one in context.cookies()])  # type: ignore[typeddict-item]
    page = plain.new_page()
    page.goto("/board/")
    page.get_by_role("link", name="The list of the day").click()
    expect(page.get_by_text("Beverley Hann")).to_be_visible()
    plain.close()
