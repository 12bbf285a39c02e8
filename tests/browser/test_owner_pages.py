"""The catalogue and the settings in a real browser, by mouse and by keyboard; axe finds nothing."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from clinic.models import Clinic, Role, Room, User
from scheduling.models import Appointment
from tests import factory
from tests.browser.conftest import WIDTHS, Fits
from tests.scheduling.helpers import take
from treatments.aftercare import first_version
from treatments.catalogue import load_catalogue
from treatments.models import AftercareText, Area, Protocol

pytestmark = pytest.mark.django_db(transaction=True)
SignIn = Callable[[User], User]
Check = Callable[[Page], None]


@pytest.fixture
def owner(page: Page, signed_in: SignIn) -> Page:
    load_catalogue()
    AftercareText.objects.create(**first_version())
    signed_in(factory.make_user(Role.OWNER, name="Ruth Noseworthy"))
    return page


def pages_of_the_owner() -> dict[str, str]:
    """Return an address for each kind of page that the owner keeps: test_every_page opens them."""
    room, area = Room.objects.earliest("pk"), Area.objects.earliest("pk")
    return {
        "catalogue": reverse("catalogue"),
        "treatment": reverse("protocol_edit", args=["cellulite"]),
        "new treatment": reverse("protocol_new"),
        "concerns": reverse("concern_list"),
        "new concern": reverse("concern_new"),
        "areas": reverse("area_list"),
        "area": reverse("area_edit", args=[area.pk]),
        "aftercare": reverse("aftercare_list"),
        "aftercare text": reverse("aftercare_show", args=[1]),
        "new aftercare text": reverse("aftercare_new") + "?from=1",
        "settings": reverse("clinic_settings"),
        "rooms": reverse("room_list"),
        "room": reverse("room_edit", args=[room.pk]),
        "kinds of room": reverse("room_kind_list"),
        "devices": reverse("device_list"),
        "kinds of device": reverse("device_kind_list"),
        "other visits": reverse("visit_types"),
        "how courses are planned": reverse("planning_settings"),
        "offers of free times": reverse("offer_settings"),
        "visits with others": reverse("area_visits", args=[Area.objects.get(restricted=True).pk]),
        "a restricted area": reverse("area_edit", args=[Area.objects.get(restricted=True).pk]),
    }


def test_a_limit_is_mended_beside_its_field_by_mouse(owner: Page, assert_no_violations: Check) -> None:
    plan = factory.make_plan(protocol=Protocol.objects.get(key="cellulite"))
    owner.goto("/catalogue/")
    owner.get_by_role("link", name="Cellulite reduction", exact=True).click()
    expect(owner.get_by_text("1 open course keeps what it was booked with")).to_be_visible()
    owner.get_by_label("At most").fill("28")
    owner.get_by_role("button", name="Save treatment").click()
    summary = owner.get_by_role("alert")
    expect(summary).to_be_focused()
    expect(summary).to_contain_text("2 things to mend. Nothing was saved yet.")
    assert_no_violations(owner)
    summary.get_by_role("link", name="Where these limits come from").click()
    expect(owner.locator("#id_limits_reason")).to_be_focused()
    owner.locator("#id_limits_reason").fill("Dr. Sandhu, after the label of July")
    owner.get_by_role("button", name="Save treatment").click()
    expect(owner.get_by_text("Booked courses are unchanged.")).to_be_visible()
    plan.refresh_from_db()
    assert plan.interval_max == 14
    owner.get_by_role("link", name="Cellulite reduction", exact=True).click()
    expect(owner.get_by_text("At most: 28, was 14")).to_be_visible()


def test_a_treatment_is_changed_by_keyboard(owner: Page) -> None:
    owner.goto("/catalogue/")
    link = owner.get_by_role("link", name="Under-chin contour", exact=True)
    for _press in range(60):
        owner.keyboard.press("Tab")
        if link.evaluate("node => node === document.activeElement"):
            break
    owner.keyboard.press("Enter")
    owner.locator("#id_minutes").focus()
    owner.keyboard.press("Control+A")
    owner.keyboard.type("20")
    owner.keyboard.press("Control+Enter")
    expect(owner.get_by_role("status").get_by_text("Under-chin contour is up to date.")).to_be_visible()
    assert Protocol.objects.get(key="under-chin").minutes == 20


def test_a_room_that_is_held_stays_and_says_for_whom(owner: Page, assert_no_violations: Check) -> None:
    room, moira = factory.make_room("Room 1"), factory.make_clinician()
    plan = factory.make_plan()
    today = timezone.now().astimezone(factory.ST_JOHNS).date()
    for number in range(14):
        session = plan.sessions.filter(number=number + 1).first()
        who = {"patient": plan.patient, "session": session} if session else {}
        if session:
            take(moira, room, today + timedelta(days=7 + number), "14:00", 45, **who)
    owner.goto("/settings/")
    owner.get_by_role("link", name="Rooms", exact=True).click()
    owner.get_by_role("link", name="Room 1", exact=True).click()
    owner.get_by_label("In use").uncheck()
    owner.get_by_role("button", name="Save").click()
    expect(owner.get_by_role("alert")).to_contain_text("10 visits that lie ahead hold Room 1. Nothing was saved.")
    assert_no_violations(owner)
    owner.get_by_role("group", name="What lies ahead").get_by_role("link").first.click()
    expect(owner.get_by_role("heading", level=1)).to_be_visible()
    assert Room.objects.get(name="Room 1").is_active
    Appointment.objects.update(status="cancelled")
    owner.goto(f"/settings/rooms/{room.pk}/")
    owner.get_by_label("In use").uncheck()
    owner.keyboard.press("Control+Enter")
    expect(owner.get_by_text("Switched off")).to_be_visible()


def test_rooms_are_ordered_by_keyboard(owner: Page) -> None:
    for name in ("Room 1", "Room 2"):
        factory.make_room(name)
    owner.goto("/settings/rooms/")
    owner.get_by_role("button", name="Move Room 2 up").focus()
    owner.keyboard.press("Enter")
    expect(owner.get_by_text("Room 2 moved one place.")).to_be_visible()
    assert [room.name for room in Room.objects.all()] == ["Room 2", "Room 1"]
    expect(owner.get_by_role("button", name="Move Room 2 up")).to_be_disabled()


def test_a_telling_name_is_refused_and_a_zone_is_found_by_its_city(owner: Page, assert_no_violations: Check) -> None:
    owner.goto("/settings/")
    owner.get_by_label("Name in messages").fill("Mesotherapy St. John's")
    owner.get_by_label("Time zone").fill("Nowhere/Land")
    owner.keyboard.press("Control+Enter")
    expect(owner.get_by_role("alert")).to_contain_text("2 things to mend. Nothing was saved yet.")
    expect(owner.locator("#id_short_name_error")).to_contain_text("“Mesotherapy” tells what the clinic does.")
    assert_no_violations(owner)
    owner.get_by_label("Name in messages").fill("Harbourlight")
    owner.get_by_label("Time zone").fill("America/Halifax")
    owner.get_by_role("button", name="Save settings").click()
    expect(owner.get_by_text("The settings are up to date.")).to_be_visible()
    clinic = Clinic.objects.get()
    assert (clinic.short_name, str(clinic.zone)) == ("Harbourlight", "America/Halifax")
    assert owner.locator("#zones option").count() > 400


def test_a_new_aftercare_text_is_written_and_shown(owner: Page, assert_no_violations: Check) -> None:
    owner.goto("/catalogue/aftercare/1/")
    owner.get_by_role("link", name="Make a new version from this one").click()
    owner.get_by_role("group", name="Step 1").get_by_label("What to do").fill("Leave it in peace")
    owner.get_by_role("group", name="Step 1").get_by_label("Until, hours after").fill("")
    owner.keyboard.press("Control+Enter")
    expect(owner.get_by_role("alert")).to_contain_text("Say until how many hours after the visit")
    assert_no_violations(owner)
    owner.get_by_role("group", name="Step 1").get_by_label("Until, hours after").fill("12")
    owner.get_by_role("button", name="Save this version").click()
    expect(owner.get_by_role("heading", name="Version 2")).to_be_visible()
    expect(owner.get_by_text("Leave it in peace")).to_be_visible()
    owner.get_by_label("Under-chin contour").check()
    owner.get_by_role("button", name="Show it from now on").click()
    expect(owner.get_by_text("1 treatment shows version 2 now.")).to_be_visible()
    assert AftercareText.objects.get(version=1).steps[0]["title"] == "Keep it clean and dry"


def test_lists_of_none_and_of_300(
    page: Page, clinic: Clinic, signed_in: SignIn, assert_no_violations: Check, fits: Fits
) -> None:
    signed_in(factory.make_user(Role.OWNER))
    empty = {
        "/catalogue/": "No treatments yet",
        "/catalogue/concerns/": "No concerns yet",
        "/catalogue/areas/": "No areas yet",
        "/catalogue/aftercare/": "No text yet",
        "/settings/rooms/": "No rooms yet",
        "/settings/visits/": "First a kind of room",
    }
    for address, words in empty.items():
        page.goto(address)
        expect(page.get_by_role("heading", name=words)).to_be_visible()
        assert_no_violations(page)
    for number in range(300):
        factory.make_room(f"Room {number} of the very long corridor, the second door")
        factory.make_protocol(name=f"Treatment {number} of the house with a name as long as a list can ever bear")
    for address in ("/catalogue/", "/settings/rooms/"):
        page.goto(address)
        assert page.locator("tbody .row-name").count() == 300
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            fits(page, address)
