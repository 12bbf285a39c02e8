"""The rest of a course in a real browser: by mouse from the move page, by keys, and sound at every width."""

import os
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest
import time_machine
from django.urls import reverse
from playwright.sync_api import Page, expect

from clinic.models import Clinic, Clinician, Role, User
from scheduling.models import Appointment
from tests import factory
from tests.browser.conftest import Sound
from tests.scheduling.helpers import take
from tests.scheduling.test_rest import booked, days_of, visits_of
from treatments.models import TreatmentPlan

pytestmark = pytest.mark.django_db(transaction=True)
TODAY = datetime.fromisoformat("2026-11-23T12:30:00+00:00")
SHOTS = os.environ.get("REST_SHOTS", "")


@pytest.fixture
def now() -> Iterator[None]:
    with time_machine.travel(TODAY, tick=True):
        yield


@pytest.fixture
def course(now: None, clinic: Clinic, signed_in: Callable[[User], User]) -> list[Appointment]:
    """Six Tuesdays with Moira, and a visit of somebody else on the last one's Thursday."""
    moira: Clinician = factory.make_clinician("Moira Hynes")
    anika = factory.make_clinician("Dr. Anika Sandhu", short_name="Dr. Sandhu")
    rooms = [factory.make_room("Room 1"), factory.make_room("Room 2")]
    patient = factory.make_patient(first_name="Fatima Zahra", last_name="Idrissi-Noseworthy", email="f@example.org")
    plan = factory.make_plan(patient, clinician=moira)
    visits = booked(plan, moira, count=6)
    take(moira, rooms[0], factory.local_day(visits[3].starts_at).replace(day=24), "14:10", 30)
    take(anika, rooms[1], factory.local_day(visits[3].starts_at), "13:30", 120)
    signed_in(factory.make_user(Role.FRONT_DESK))
    return visits


def shot(page: Page, name: str) -> None:
    if SHOTS:
        page.screenshot(path=str(Path(SHOTS) / f"{name}.png"))


def plan_of(visits: list[Appointment]) -> TreatmentPlan:
    return visits[0].session.plan  # type: ignore[union-attr]


def test_a_visit_and_the_later_ones_move_by_mouse_and_come_back(page: Page, course: list[Appointment]) -> None:
    before = days_of(plan_of(course))
    page.goto(reverse("appointment_move", args=[course[1].public_id]))
    page.get_by_role("link", name="This and the 4 later ones").click()
    page.locator(".move-days").get_by_role("button", name="Thu 10 Dec, 14:00 with Moira").first.click()
    expect(page.get_by_role("heading", name="Move session 2 of 10, and the rest")).to_be_visible()
    shot(page, "clash")
    expect(page.locator("#save")).to_be_disabled()
    page.get_by_role("button", name="Use this for session 4").first.click()
    expect(page.locator("#save")).to_be_enabled()
    shot(page, "mended")
    page.locator("#save").click()
    expect(page.get_by_text("5 visits of Fatima Zahra")).to_be_visible()
    assert days_of(plan_of(course))[1:] != before[1:]
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Undone.")).to_be_visible()
    assert days_of(plan_of(course)) == before


def test_a_cancellation_with_the_rest_by_keys_alone(page: Page, course: list[Appointment]) -> None:
    page.goto(reverse("appointment_rest", args=[course[1].public_id]) + "?act=cancel")
    page.get_by_role("radio", name="Patient is ill").focus()
    page.keyboard.press("Space")
    page.locator("#pick-3").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("group", name="Free times for session 3")).to_be_visible()
    expect(page.get_by_role("radio", name="Patient is ill")).to_be_checked()
    shot(page, "picking")
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    expect(page.get_by_role("group", name="Free times for session 3")).to_have_count(0)
    page.locator("#pin-3").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#pin-3")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#pin-3")).to_be_focused()
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Cancelled: Fatima Zahra")).to_be_visible()
    assert len(visits_of(plan_of(course))) == 5


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_page_is_sound_in_each_of_its_states(
    page: Page, course: list[Appointment], sound: Sound, theme: str
) -> None:
    User.objects.update(theme=theme)
    anika = Clinician.objects.get(short_name="Dr. Sandhu")
    rest = reverse("appointment_rest", args=[course[1].public_id])
    for name, query in {
        "cancel": "?act=cancel",
        "cancel-all": "?act=cancel&how=later",
        "who": "?act=clinician",
        "clinician": f"?act=clinician&how=later&clinician={anika.pk}",
    }.items():
        sound(page, theme, rest + query)
        for width, height in ((1440, 900), (1024, 768), (390, 844)):
            page.set_viewport_size({"width": width, "height": height})
            shot(page, f"{name}-{width}-{theme}")
        page.set_viewport_size({"width": 1440, "height": 900})
