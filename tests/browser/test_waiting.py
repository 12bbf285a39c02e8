"""The waiting list by mouse and by key: a time is offered, taken by a call, undone; and the patient's own page."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from clinic.models import Clinic, Clinician, Role, User
from patients.models import Link
from patients.services.outbox import links
from scheduling.models import Appointment, Offer, VisitType, WaitingEntry
from scheduling.planning.waiting_read import Stretch
from scheduling.services.appointments import cancel_appointment
from scheduling.services.offering import EARLIER_TIME
from scheduling.services.offers import start_round
from scheduling.services.waiting import add_entry
from tests import factory
from tests.scheduling.helpers import take

pytestmark = pytest.mark.django_db(transaction=True)


@dataclass
class Freed:
    """A time of the next working day that was cancelled a moment ago, and two who wait for a consultation."""

    moira: Clinician
    stretch: Stretch
    entries: list[WaitingEntry]


def next_working_day() -> date:
    day = factory.local_day(timezone.now()) + timedelta(days=1)
    while day.weekday() > 4:
        day += timedelta(days=1)
    return day


@pytest.fixture
def freed(clinic: object, signed_in: Callable[[User], User]) -> Freed:
    Clinic.objects.update(send_from="00:00", send_until="23:59:59")
    moira, room = factory.make_clinician("Moira Hynes"), factory.make_room()
    VisitType.objects.update_or_create(kind="consultation", defaults={"minutes": 30, "room_kind": room.kind})
    day = next_working_day()
    visit = take(moira, room, day, "14:00", 45)
    now = timezone.now()
    cancel_appointment(key=uuid.uuid4(), appointment_id=visit.pk, reason="Ill", actor=None, now=now)
    entries = []
    for name in ("Fitzgerald", "Duggan"):
        patient = factory.make_patient(first_name="Kathleen", last_name=name)
        done = add_entry(key=uuid.uuid4(), patient_id=patient.pk, kind="consultation", actor=None, now=now)
        entries.append(WaitingEntry.objects.get(public_id=done.result["entry"]))
    signed_in(factory.make_user(Role.FRONT_DESK))
    return Freed(moira, Stretch(moira.pk, visit.starts_at, visit.ends_at), entries)


def test_by_mouse_a_time_is_offered_taken_back_and_given_by_phone(
    page: Page, freed: Freed, assert_no_violations: Callable[[Page], None]
) -> None:
    page.goto("/waiting/")
    page.get_by_role("button", name="Offer in this order").click()
    ring = page.get_by_role("img", name="30 of 30 minutes left")
    expect(ring).to_be_visible()
    expect(page.get_by_text("Offered to Kathleen Fitzgerald", exact=True)).to_be_visible()
    expect(ring.locator("text")).not_to_have_text("30:00")  # it runs
    assert_no_violations(page)
    page.get_by_role("button", name="Take it back").click()
    expect(page.get_by_text("Taken back. Nobody is offered this time now.")).to_be_visible()
    page.get_by_label("Call Kathleen Duggan").click()
    page.locator("details[open]").get_by_role("button", name="They take it").click()
    expect(page.get_by_text("Booked for Kathleen Duggan")).to_be_visible()
    assert Appointment.objects.get(patient__last_name="Duggan").starts_at == freed.stretch.starts_at
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Undone. All is as it was before.")).to_be_visible()
    assert Appointment.objects.get(patient__last_name="Duggan").status == "undone"


def test_by_key_alone_a_call_is_noted_and_somebody_is_added(page: Page, freed: Freed) -> None:
    page.goto("/waiting/")
    page.get_by_label("Call Kathleen Fitzgerald").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")  # the phone number
    page.keyboard.press("Tab")  # they take it
    page.keyboard.press("Tab")
    expect(page.locator("details[open]").get_by_role("button", name="Declined")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Kathleen Fitzgerald does not want this time.")).to_be_visible()
    expect(page.get_by_text("Declined at")).to_be_visible()
    patient = factory.make_patient(first_name="Nadia", last_name="Rahman")
    page.get_by_role("link", name="Add someone").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Name, phone, birth date or file number").focus()
    page.keyboard.type("rahman")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Nadia Rahman").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Not before").focus()
    page.keyboard.type("13")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Nadia Rahman would come earlier.")).to_be_visible()
    assert WaitingEntry.objects.get(patient=patient).from_time.hour == 13  # type: ignore[union-attr]


def the_link(freed: Freed) -> str:
    """Offer the time to the first, as mailed, and return the address in the mail."""
    now = timezone.now()
    start_round(key=uuid.uuid4(), stretch=freed.stretch, actor=None, now=now)
    message = Offer.objects.get().message
    assert message is not None
    minted = links.mint(message, EARLIER_TIME, expires_at=freed.stretch.starts_at)
    assert Link.objects.count() == 1
    return reverse("earlier_time", args=[minted.token])


@pytest.mark.parametrize("scripts", [True, False])
def test_the_patient_takes_it_on_a_phone_with_or_without_scripts(
    page: Page, freed: Freed, live_server: object, assert_no_violations: Callable[[Page], None], scripts: bool
) -> None:
    address = the_link(freed)
    context = page.context.browser.new_context(  # type: ignore[union-attr]
        base_url=str(live_server), viewport={"width": 390, "height": 844}, java_script_enabled=scripts
    )
    phone = context.new_page()
    phone.goto(address)
    expect(phone.get_by_role("heading", name="An earlier time is free")).to_be_visible()
    if scripts:
        assert_no_violations(phone)
    phone.get_by_role("button", name="Take this time").click()
    expect(phone.get_by_role("heading", name="It is yours")).to_be_visible()
    context.close()
    assert Appointment.objects.get(patient__last_name="Fitzgerald").starts_at == freed.stretch.starts_at
