"""The plan for an absence in a real browser: by mouse and by keys, while it is looked for, and on paper."""

import re
from collections.abc import Callable
from datetime import date, time, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from clinic.models import Clinician, Role, User
from scheduling.models import Absence, Appointment, AwayPlan, AwayState
from scheduling.services.away import start_plan
from tests import factory
from tests.scheduling.helpers import take

pytestmark = pytest.mark.django_db(transaction=True)


def next_wednesday() -> date:
    today = timezone.localdate(timezone=factory.ST_JOHNS)
    return today + timedelta(days=(2 - today.weekday()) % 7 + 7)


@pytest.fixture
def moira(clinic: object) -> Clinician:
    """Moira has three visits on a Wednesday, Anika is free then but for the time of the last one."""
    moira, anika = factory.make_clinician("Moira Hynes"), factory.make_clinician("Dr. Anika Sandhu")
    rooms = [factory.make_room("Room 1"), factory.make_room("Room 2")]
    for n, name in enumerate(("Noreen", "Sadie", "Eileen")):
        patient = factory.make_patient(first_name=name, last_name="Adey")
        take(moira, rooms[0], next_wednesday(), f"{9 + n}:00".zfill(5), 45, patient=patient)
    take(anika, rooms[1], next_wednesday(), "11:00", 45)
    return moira


def plan_of(moira: Clinician) -> AwayPlan:
    since = factory.at(next_wednesday(), "00:00")
    return start_plan(
        clinician_id=moira.pk,
        since=since,
        until=since + timedelta(days=1),
        actor=moira.user,
        now=timezone.now(),
    )


def test_from_the_span_to_applied_and_undone_by_keys_alone(
    page: Page, moira: Clinician, signed_in: Callable[[User], User]
) -> None:
    signed_in(factory.make_user(Role.FRONT_DESK))
    page.goto(reverse("away_span", args=[moira.pk]))
    page.get_by_label("First day").focus()
    page.keyboard.type(next_wednesday().isoformat())
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/away/plans/**")
    expect(page.get_by_text("No plan can move fewer.")).to_be_visible()
    expect(page.get_by_text("met at 1")).to_be_visible()

    later = page.get_by_role("button", name="Eileen Adey: later")
    later.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Lock Eileen Adey as it is")).to_have_attribute("aria-pressed", "true")
    expect(later).to_be_focused()
    lock = page.get_by_role("button", name="Lock Eileen Adey as it is")
    lock.focus()
    page.keyboard.press("Space")
    expect(lock).to_have_attribute("aria-pressed", "false")

    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("status").filter(has_text="Applied for Moira")).to_be_visible()
    assert Absence.objects.get().clinician_id == moira.pk
    assert not Appointment.objects.filter(clinician=moira, wall_date=next_wednesday()).exists()
    page.keyboard.press("z")
    expect(page.get_by_text("This plan was applied and undone")).to_be_visible()
    assert Appointment.objects.filter(clinician=moira, wall_date=next_wednesday()).count() == 3
    assert not Absence.objects.exists()


def test_by_mouse_pick_leave_out_plan_again_and_apply(
    page: Page, moira: Clinician, signed_in: Callable[[User], User]
) -> None:
    signed_in(factory.make_user(Role.FRONT_DESK))
    page.goto(reverse("away_plan", args=[plan_of(moira).public_id]))
    expect(page.locator("#apply")).to_be_visible()
    page.get_by_role("link", name="Pick another time for Noreen Adey").click()
    page.get_by_role("button", name=re.compile("14:00 with Dr. Anika")).first.click()
    expect(page.get_by_role("row", name=re.compile("Noreen.*14:00"))).to_be_visible()
    page.get_by_label("Note the absence too").uncheck()
    page.get_by_label("Also on other days").uncheck()
    page.get_by_role("button", name="Leave Sadie Adey out").click()
    expect(page.get_by_role("row", name=re.compile("Sadie.*Left out by hand"))).to_be_visible()
    expect(page.get_by_label("Also on other days")).not_to_be_checked()
    with page.expect_response(re.compile("/look/")):
        page.get_by_role("button", name="Plan again").click()
    expect(page.locator("#apply")).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("Noreen.*14:00"))).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("Sadie.*Left out by hand"))).to_be_visible()
    expect(page.get_by_label("Note the absence too")).not_to_be_checked()
    page.locator("#apply").click()
    expect(page.get_by_role("status").filter(has_text="1 left over")).to_be_visible()
    assert Appointment.objects.get(patient__first_name="Noreen").wall_time == time(14)
    assert Appointment.objects.get(patient__first_name="Sadie").clinician_id == moira.pk
    assert not Absence.objects.exists()


def test_what_was_taken_meanwhile_is_marked_and_planned_again_alone(
    page: Page, moira: Clinician, signed_in: Callable[[User], User]
) -> None:
    signed_in(factory.make_user(Role.FRONT_DESK))
    page.goto(reverse("away_plan", args=[plan_of(moira).public_id]))
    expect(page.locator("#apply")).to_be_visible()
    anika = Clinician.objects.get(name="Dr. Anika Sandhu")
    taken = Appointment.objects.get(patient__first_name="Noreen")
    take(anika, factory.make_room("Room 3"), taken.wall_date, "09:00", 30)
    page.locator("#apply").click()
    expect(page.get_by_text("Noreen Adey cannot go where the plan says any more")).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("Noreen.*taken"))).to_be_visible()
    page.get_by_role("button", name="Plan this one again").click()
    expect(page.locator("#apply")).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("Noreen.*taken"))).to_have_count(0)
    page.locator("#apply").click()
    expect(page.get_by_role("status").filter(has_text="Applied for Moira")).to_be_visible()


def test_use_the_best_so_far_and_what_a_page_shows_while_another_looks(
    page: Page, moira: Clinician, signed_in: Callable[[User], User]
) -> None:
    signed_in(factory.make_user(Role.FRONT_DESK))
    plan = plan_of(moira)
    AwayPlan.objects.update(looking_since=timezone.now() + timedelta(minutes=5), history=[[0.4, 0, 2, 0, 1]])
    page.goto(reverse("away_plan", args=[plan.public_id]))
    expect(page.get_by_text("2, at least 1")).to_be_visible()
    AwayPlan.objects.update(history=[[0.4, 0, 2, 0, 1], [0.9, 0, 1, 0, 1]])
    expect(page.get_by_text("met at 1")).to_be_visible()
    expect(page.locator("#apply")).to_have_count(0)
    page.get_by_role("button", name="Use the best so far").click()
    expect(page.locator("#apply")).to_be_visible()
    plan.refresh_from_db()
    assert plan.state == AwayState.STOPPED


def test_on_paper_the_list_stands_without_its_buttons(
    page: Page, moira: Clinician, signed_in: Callable[[User], User]
) -> None:
    signed_in(factory.make_user(Role.FRONT_DESK))
    page.goto(reverse("away_plan", args=[plan_of(moira).public_id]))
    expect(page.get_by_role("button", name="Print the list")).to_be_visible()
    page.emulate_media(media="print")
    expect(page.get_by_role("row", name=re.compile("Noreen"))).to_be_visible()
    for hidden in (page.locator("#apply"), page.locator(".acts").first, page.locator(".aw-how")):
        expect(hidden).to_be_hidden()
