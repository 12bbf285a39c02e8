"""Whole files in a real browser: a guardian that comes and goes, archive, twins, merge; by mouse and by keyboard."""

import re
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from clinic.models import Role, User
from patients.models import Merge, NotTwins, Patient
from tests import factory
from tests.browser.conftest import Sound
from tests.scheduling.helpers import take

pytestmark = pytest.mark.django_db(transaction=True)
SignIn = Callable[[User], User]
Check = Callable[[Page], None]
BORN = date(1974, 5, 8)


@pytest.fixture
def desk(page: Page, signed_in: SignIn) -> Page:
    signed_in(factory.make_user(Role.FRONT_DESK, name="Dana Rideout"))
    return page


def two_files() -> tuple[Patient, Patient]:
    address = {"street": "47 Spruce Hill Road", "town": "St. John’s", "province": "NL", "postal_code": "A1B 0X0"}
    older = factory.make_patient(
        first_name="Fatima Zahra", last_name="Idrissi-Noseworthy", birth_date=BORN, note="Needs the ramp.", **address
    )
    newer = factory.make_patient(
        first_name="Fatima",
        last_name="Idrissi Noseworthy",
        birth_date=BORN,
        email="",
        note="Mornings only.\nParks behind the clinic.",
        emergency_name="Abdelkader Idrissi-Noseworthy",
        emergency_phone="+17095550121",
        emergency_relation="Husband",
    )
    factory.make_plan(newer)
    take(
        factory.make_clinician(),
        factory.make_room(),
        factory.now().date() + timedelta(days=9),
        "14:00",
        30,
        patient=newer,
    )
    return older, newer


def test_a_guardian_comes_with_the_birth_date_and_is_asked_for(desk: Page, assert_no_violations: Check) -> None:
    desk.goto("/patients/new/")
    desk.get_by_label("First name").fill("Nell")
    desk.get_by_label("Last name").fill("Penney")
    desk.get_by_label("Mobile phone").fill("709-555-0118")
    expect(desk.get_by_role("heading", name="Guardian")).to_have_count(0)
    desk.get_by_label("Birth date").fill("8 May 2012")
    desk.keyboard.press("Tab")
    expect(desk.get_by_role("heading", name="Guardian")).to_be_visible()
    expect(desk.get_by_text("years old: a guardian is needed, below")).to_be_visible()
    expect(desk.get_by_label("Mobile phone")).to_be_focused()
    assert_no_violations(desk)
    desk.keyboard.press("Control+Enter")
    expect(desk.get_by_role("alert")).to_contain_text("Under 19 a guardian must be on file: write their name.")
    desk.get_by_role("alert").get_by_role("link").first.click()
    expect(desk.locator("#id_guardian_name")).to_be_focused()
    assert_no_violations(desk)
    desk.keyboard.type("Doreen Penney")
    desk.keyboard.press("Tab")
    desk.keyboard.type("709-555-0121")
    desk.get_by_role("button", name="Register", exact=True).click()
    expect(desk.get_by_text("Doreen Penney")).to_be_visible()


def test_a_grown_up_loses_the_guardians_fields_again(desk: Page) -> None:
    desk.goto("/patients/new/")
    for typed, count in (("2012-05-08", 1), ("1974-05-08", 0)):
        desk.get_by_label("Birth date").fill(typed)
        desk.keyboard.press("Tab")
        expect(desk.get_by_role("heading", name="Guardian")).to_have_count(count)


def test_without_a_script_the_guardian_is_asked_for_after_the_submit(
    desk: Page, browser: Browser, live_server: LiveServer
) -> None:
    context = browser.new_context(java_script_enabled=False, base_url=live_server.url)
    context.add_cookies(desk.context.cookies())  # type: ignore[arg-type] - what one context gives another takes
    page = context.new_page()
    page.goto("/patients/new/")
    for label, typed in {"First name": "Nell", "Last name": "Penney", "Birth date": "8 May 2012"}.items():
        page.get_by_label(label).fill(typed)
    page.get_by_label("Mobile phone").fill("709-555-0118")
    page.get_by_role("button", name="Register", exact=True).click()
    page.locator("#id_guardian_name").fill("Doreen Penney")
    page.locator("#id_guardian_phone").fill("709-555-0121")
    page.get_by_role("button", name="Register", exact=True).click()
    expect(page.get_by_role("heading", name="Nell Penney")).to_be_visible()
    context.close()


def test_a_file_is_archived_by_keyboard_and_found_only_when_asked_for(desk: Page, assert_no_violations: Check) -> None:
    patient = factory.make_patient(first_name="Devika", last_name="Rao")
    desk.goto(f"/patients/{patient.public_id}/")
    desk.get_by_role("button", name="Archive the file").focus()
    desk.keyboard.press("Enter")
    dialog = desk.get_by_role("dialog")
    expect(dialog.get_by_label("Why")).to_be_focused()
    assert_no_violations(desk)
    desk.keyboard.type("Moved away")
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("heading", name="This file was archived")).to_be_visible()
    assert_no_violations(desk)
    desk.goto("/patients/?q=rao")
    expect(desk.get_by_role("heading", name="Nobody matches")).to_be_visible()
    desk.get_by_role("checkbox", name="Also archived").check()
    expect(desk.locator("[data-find-result]")).to_have_count(1)
    assert_no_violations(desk)
    desk.locator("[data-find-result]").click()
    desk.get_by_role("button", name="Take back into use").click()
    expect(desk.get_by_text("is in use again")).to_be_visible()
    expect(desk.get_by_role("link", name="Book")).to_be_visible()


def test_who_still_comes_is_kept_and_the_visit_is_named(desk: Page) -> None:
    _older, newer = two_files()
    desk.goto(f"/patients/{newer.public_id}/")
    desk.get_by_role("button", name="Archive the file").click()
    desk.get_by_role("dialog").get_by_label("Why").fill("Moved away")
    desk.get_by_role("dialog").get_by_role("button", name="Archive the file").click()
    expect(desk.get_by_role("alert")).to_contain_text(re.compile("still comes on .*14:00. Nothing was saved."))


def test_twins_are_compared_and_merged_by_keyboard(desk: Page, assert_no_violations: Check) -> None:
    older, newer = two_files()
    desk.goto("/patients/")
    desk.get_by_role("link", name="Likely twins").click()
    assert_no_violations(desk)
    compare = desk.get_by_role("link", name=re.compile("^Compare"))
    compare.focus()
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("heading", name="One person with two files?")).to_be_visible()
    assert_no_violations(desk)
    desk.get_by_role("radio", name=re.compile(f"First name, file {newer.file_label}")).focus()
    desk.keyboard.press("Space")
    desk.get_by_label("How do you know that they are one person?").focus()
    desk.keyboard.type("Same health card")
    desk.keyboard.press("Control+Enter")
    expect(desk.get_by_text("are one now")).to_be_visible()
    expect(desk.get_by_text(f"File {newer.file_label} became part of this one")).to_be_visible()
    assert_no_violations(desk)
    merge = Merge.objects.get()
    assert (merge.kept, merge.gone) == (older, newer)
    older.refresh_from_db()
    assert older.first_name == "Fatima"
    desk.goto(f"/patients/{newer.public_id}/")
    expect(desk).to_have_url(re.compile(str(older.public_id)))
    expect(desk.get_by_text(f"File {newer.file_label} was merged into this one")).to_be_visible()


def test_two_people_stay_two(desk: Page) -> None:
    older, newer = two_files()
    desk.goto(f"/patients/{older.public_id}/merge/{newer.public_id}/")
    desk.get_by_label("How do you know?").fill("Mother and daughter")
    desk.get_by_role("button", name="Keep two files").click()
    expect(desk.get_by_role("heading", name="No two files look alike")).to_be_visible()
    assert NotTwins.objects.get().reason == "Mother and daughter"


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("pairs", [0, 1, 300])
def test_the_screens_of_files_are_sound_at_every_width(desk: Page, sound: Sound, theme: str, pairs: int) -> None:
    User.objects.update(theme=theme)
    older, newer = two_files() if pairs else (factory.make_patient(), factory.make_patient())
    Patient.objects.bulk_create(
        Patient(first_name=first, last_name="Penney", birth_date=BORN + timedelta(days=n + 1), phone="+17095550118")
        for n in range(pairs - 1)
        for first in ("Marguerite", "Margaret")
    )
    minor = factory.make_patient(birth_date=date(2012, 5, 8), guardian_name="Doreen Penney", archived_at=factory.now())
    addresses = [
        "/patients/twins/",
        f"/patients/{older.public_id}/merge/",
        f"/patients/{older.public_id}/merge/?q=a",
        f"/patients/{older.public_id}/merge/{newer.public_id}/",
        f"/patients/{minor.public_id}/",
        f"/patients/{minor.public_id}/edit/",
        "/patients/?q=rao&archived=1",
    ]
    for address in addresses if pairs != 300 else addresses[:1]:
        sound(desk, theme, address, looked_at=[390])
