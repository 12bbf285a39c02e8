"""Who treats a restricted area, and what the planner weighs: by mouse and by keyboard, as the owner and as the desk."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from clinic.models import Clinician, Role, User
from scheduling.models import PlanningWeights
from scheduling.models.weights import USUAL
from tests import factory
from tests.scheduling.helpers import take
from treatments.catalogue import load_catalogue
from treatments.models import Area, PlanArea, Protocol, SessionState, TreatmentPlan

pytestmark = pytest.mark.django_db(transaction=True)
SignIn = Callable[[User], User]
Check = Callable[[Page], None]


@pytest.fixture
def book(page: Page) -> dict[str, Any]:
    """A catalogue, two clinicians, and a course on the hip with Moira whose first session is booked."""
    load_catalogue()
    moira = factory.make_clinician("Moira Hynes")
    anika = factory.make_clinician("Dr. Anika Sandhu", short_name="Dr. Sandhu")
    room = factory.make_room("Room 1", kind=Protocol.objects.get(key="cellulite").room_kind)
    patient = factory.make_patient(first_name="Devika", last_name="Rao")
    plan = factory.make_plan(patient, Protocol.objects.get(key="cellulite"), clinician=moira)
    today = timezone.now().astimezone(factory.ST_JOHNS).date()
    day = today + timedelta(days=7 - today.weekday())
    first = plan.sessions.earliest("number")
    take(moira, room, day, "10:00", 45, patient=patient, session=first)
    plan.sessions.filter(pk=first.pk).update(state=SessionState.BOOKED)
    return {"moira": moira, "anika": anika, "plan": plan, "area": plan.areas.get().area}


def tab_to(page: Page, name: str, role: Any = "button") -> None:
    """Press Tab until a control has the focus."""
    wanted = page.get_by_role(role, name=name, exact=True)
    for _press in range(80):
        page.keyboard.press("Tab")
        if wanted.evaluate("node => node === document.activeElement"):
            return
    raise AssertionError(f"{name} is never reached")


def test_the_owner_names_who_treats_an_area_and_sees_whom_the_book_holds(
    page: Page, book: dict[str, Any], signed_in: SignIn, assert_no_violations: Check
) -> None:
    signed_in(factory.make_user(Role.OWNER))
    page.goto(reverse("area_list"))
    page.get_by_role("link", name="Hip", exact=True).click()
    page.get_by_label("Named clinicians only").check()
    page.get_by_role("button", name="Save").click()
    expect(
        page.get_by_text("Nobody is named for hip: nobody may treat it until you tick somebody below.")
    ).to_be_visible()
    page.get_by_role("group", name="Who treats it").get_by_label("Dr. Anika Sandhu").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("1 visit that lies ahead is with somebody not named.")).to_be_visible()
    expect(page.get_by_role("row", name="Hip").get_by_text("Dr. Anika Sandhu")).to_be_visible()
    assert_no_violations(page)
    page.get_by_role("link", name="See it").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Hip: visits with others")
    expect(page.get_by_role("link", name="Devika Rao")).to_be_visible()
    expect(page.get_by_text("Moira does not treat hip; Dr. Anika Sandhu does")).to_be_visible()
    assert_no_violations(page)


def test_an_area_is_restricted_by_keyboard(page: Page, book: dict[str, Any], signed_in: SignIn) -> None:
    signed_in(factory.make_user(Role.OWNER))
    page.goto(reverse("area_edit", args=[Area.objects.get(key="neck").pk]))
    tab_to(page, "Named clinicians only", "checkbox")
    page.keyboard.press("Space")
    tab_to(page, "Dr. Anika Sandhu", "checkbox")
    page.keyboard.press("Space")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("status").get_by_text("Neck is up to date.")).to_be_visible()
    neck = Area.objects.get(key="neck")
    assert (neck.restricted, [one.name for one in neck.clinicians.all()]) == (True, ["Dr. Anika Sandhu"])


def restrict(plan: TreatmentPlan, *named: Clinician) -> None:
    eyelids = Area.objects.get(key="eyelid")
    eyelids.clinicians.set(named)
    PlanArea.objects.create(plan=plan, area=eyelids, side="left")


def test_the_desk_is_told_who_treats_and_books_with_somebody_who_does(
    page: Page, book: dict[str, Any], signed_in: SignIn, assert_no_violations: Check
) -> None:
    plan, said = book["plan"], "Moira does not treat eyelids; Dr. Anika Sandhu does"
    restrict(plan, book["anika"])
    signed_in(factory.make_user(Role.FRONT_DESK))
    visit = plan.sessions.earliest("number").appointments.get()
    page.goto(reverse("appointment_move", args=[visit.public_id]))
    expect(page.get_by_text(said)).to_be_visible()
    expect(page.get_by_label("With", exact=True).get_by_role("option")).to_have_text(["Dr. Anika Sandhu"])
    assert_no_violations(page)
    page.goto(reverse("visit_new", args=[plan.patient.public_id]) + f"?what=plan-{plan.public_id}")
    expect(page.get_by_text(said)).to_be_visible()
    assert_no_violations(page)
    page.goto(reverse("series_planner", args=[plan.public_id]))
    expect(page.locator(".notice").get_by_text(said)).to_be_visible()
    assert "Moira" not in page.get_by_label("With", exact=True).inner_text()
    assert_no_violations(page)
    page.locator("#book").click()
    expect(page.get_by_text("9 sessions booked for Devika Rao.")).to_be_visible()
    held = plan.sessions.filter(number__gt=1, appointments__clinician=book["anika"])
    assert held.count() == 9


def test_a_course_that_nobody_may_treat_says_so_and_cannot_be_booked(
    page: Page, book: dict[str, Any], signed_in: SignIn, assert_no_violations: Check
) -> None:
    restrict(book["plan"])
    signed_in(factory.make_user(Role.FRONT_DESK))
    page.goto(reverse("series_planner", args=[book["plan"].public_id]))
    page.set_viewport_size({"width": 390, "height": 900})
    expect(page.locator(".notice")).to_contain_text("Nobody is named for eyelids yet")
    expect(page.locator(".notice")).to_be_visible()
    expect(page.locator("#book")).to_be_disabled()
    assert_no_violations(page)


# --- How courses are planned -------------------------------------------------------------------------------------


def test_weights_are_tried_and_saved_by_mouse(page: Page, signed_in: SignIn, assert_no_violations: Check) -> None:
    signed_in(factory.make_user(Role.OWNER))
    page.goto("/settings/")
    page.get_by_role("link", name="Planning", exact=True).click()
    page.get_by_label("A change of clinician").fill("40")
    page.get_by_label("Another weekday").focus()
    example = page.locator("#example")
    expect(example).to_contain_text("A change of clinician counts as much as 10 h from the usual time.")
    expect(example).to_contain_text("not saved yet")
    expect(page.get_by_label("Another weekday")).to_be_focused()
    assert not PlanningWeights.objects.exists()
    page.get_by_label("Another weekday").fill("5000")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("One thing to mend. Nothing was saved yet.")
    assert_no_violations(page)
    page.get_by_label("Another weekday").fill("12")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Courses are planned this way from now on.")).to_be_visible()
    assert PlanningWeights.objects.current() == replace(USUAL, change=40, other_day=12)
    page.get_by_role("button", name="Back to the usual").click()
    expect(page.get_by_text("Courses are planned the usual way again.")).to_be_visible()
    expect(page.get_by_label("A change of clinician")).to_have_value("3")
    expect(page.get_by_role("button", name="Back to the usual")).to_have_count(0)
    assert not PlanningWeights.objects.exists()


def test_weights_are_saved_by_keyboard_and_enter_never_resets(page: Page, signed_in: SignIn) -> None:
    PlanningWeights.objects.create(change=9)
    signed_in(factory.make_user(Role.OWNER))
    page.goto("/settings/planning/")
    tab_to(page, "A day too late", "textbox")
    page.keyboard.type("77")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Courses are planned this way from now on.")).to_be_visible()
    assert PlanningWeights.objects.current() == replace(USUAL, change=9, late_day=77)
    tab_to(page, "Times as firmly", "textbox")
    page.keyboard.type("4")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_label("Times as firmly")).to_have_value("4")
    assert PlanningWeights.objects.current().early_factor == 4
