"""The desk's lists with no row, one and three hundred, and the longest names: nothing is cut, nothing goes sideways."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from clinic.models import Clinic, Role, User
from patients.models import Patient
from scheduling.models import Appointment
from tests import factory
from tests.browser.conftest import WIDTHS, Fits
from treatments.models import Session, SessionState

pytestmark = pytest.mark.django_db(transaction=True)

FIRST, LAST = "Maximiliana Bartholomea", "Featherstonehaugh-Cholmondeley"
MAIL = "maximiliana.featherstonehaugh-cholmondeley{n}@correspondence.example.ca"
DOCTOR = "Dr. Alexandrina Featherstonehaugh-Cholmondeley"
TREATMENT = "Body contour: abdomen, hips, thighs and buttocks, with maintenance"
DAY = date(2030, 5, 7)
"""A Tuesday far ahead: every visit of it can still be moved and cancelled."""


@pytest.fixture
def desk(page: Page, signed_in: Callable[[User], User]) -> Page:
    signed_in(factory.make_user(Role.FRONT_DESK, name="Fatima Zahra Idrissi-Noseworthy"))
    return page


def make_patients(count: int) -> list[Patient]:
    """Make patients of one long name, each two of them with one birthday, phone and e-mail."""
    return Patient.objects.bulk_create(
        Patient(
            first_name=FIRST,
            last_name=LAST,
            birth_date=date(1950, 12, 28) + timedelta(days=n // 2),
            phone=f"+1709555{n // 2:04d}",
            email=MAIL.format(n=n // 2),
        )
        for n in range(count)
    )


def fill_the_day(patients: list[Patient]) -> None:
    """Give each patient a consultation of three minutes on the day, twenty an hour from 07:00 on."""
    clinician = factory.make_clinician(DOCTOR, short_name="Dr. Featherstonehaugh")
    room = factory.make_room("Treatment room by the harbour window")
    starts = [factory.at(DAY, f"{n // 20 + 7:02d}:{n % 20 * 3:02d}") for n in range(len(patients))]
    Appointment.objects.bulk_create(
        Appointment(
            kind="consultation",
            patient=patient,
            clinician=clinician,
            room=room,
            arrives_at=start,
            starts_at=start,
            ends_at=start + timedelta(minutes=3),
            frees_at=start + timedelta(minutes=3),
            wall_date=DAY,
            wall_time=start.time(),
            wall_zone="America/St_Johns",
        )
        for patient, start in zip(patients, starts, strict=True)
    )


@pytest.mark.parametrize("count", [0, 1, 300])
def test_lists_of_no_row_one_and_three_hundred(desk: Page, clinic: Clinic, fits: Fits, count: int) -> None:
    fill_the_day(make_patients(count))
    pages = {
        reverse("patient_list"): {0: "No patients yet", 1: LAST, 300: "1 to 50 of 300"},
        reverse("patient_list") + "?q=feather": {0: "Nobody matches “feather”", 1: LAST, 300: "1 to 50 of more than"},
        reverse("patient_twin_list"): {
            0: "No two files look alike",
            1: "No two files look alike",
            300: "150 pairs may each be one person",
        },
        reverse("day", args=[DAY]): {0: "A free day", 1: "1 visit", 300: "300 visits"},
        reverse("find") + "?q=feather": {0: "No patient matches", 1: LAST, 300: "more in the list of patients"},
    }
    for address, words in pages.items():
        desk.goto(address)
        expect(desk.get_by_role("main")).to_contain_text(words[count])
        for width in WIDTHS:
            desk.set_viewport_size({"width": width, "height": 900})
            fits(desk, f"{address} with {count} rows")


def make_long_course(patient: Patient) -> list[Appointment]:
    """Make fifteen sessions of a long name, each with a visit and with two that were cancelled for a long reason."""
    plan = factory.make_plan(patient, session_count=15, name=TREATMENT)
    clinician = factory.make_clinician(DOCTOR, short_name="Dr. Featherstonehaugh")
    room = factory.make_room("Treatment room by the harbour window")
    Session.objects.filter(plan=plan).update(state=SessionState.BOOKED)
    visits = []
    for session in plan.sessions.order_by("number"):
        for back, status in ((2, "cancelled"), (1, "cancelled"), (0, "booked")):
            day = DAY + timedelta(days=7 * session.number - back)
            start = factory.at(day, "13:45")
            visits.append(
                Appointment.objects.create(
                    kind="session",
                    session=session,
                    patient=patient,
                    clinician=clinician,
                    room=room,
                    arrives_at=start - timedelta(minutes=30),
                    starts_at=start,
                    ends_at=start + timedelta(minutes=45),
                    frees_at=start + timedelta(minutes=55),
                    wall_date=day,
                    wall_time=start.time(),
                    wall_zone="America/St_Johns",
                    status=status,
                    status_reason="Patient cannot come: the road from Conception Bay is closed by snow, and no bus runs"
                    if status == "cancelled"
                    else "",
                )
            )
    return visits


def test_one_patient_with_the_longest_of_everything(desk: Page, clinic: Clinic, fits: Fits) -> None:
    first, other = make_patients(2)
    Patient.objects.filter(pk=first.pk).update(
        preferred_name="Maximiliana-Bartholomea",
        street="1284 Old Portugal Cove Road, Apartment 1204, Building C",
        town="Conception Bay South-Manuels",
        province="Newfoundland and Labrador",
        emergency_name=DOCTOR,
        emergency_relation="grand-daughter and neighbour",
        note="Comes by the ramp. " * 20,
    )
    visits = make_long_course(first)
    plan, ahead = visits[-1].session.plan, visits[-1]  # type: ignore[union-attr]
    addresses = [
        reverse("patient_page", args=[first.public_id]),
        reverse("patient_edit", args=[first.public_id]),
        reverse("patient_merge", args=[first.public_id, other.public_id]),
        reverse("patient_merge_find", args=[first.public_id]) + "?q=feather",
        reverse("plan_new", args=[first.public_id]),
        reverse("plan_new", args=[first.public_id]) + f"?protocol={plan.protocol.key}",
        reverse("course", args=[plan.public_id]),
        reverse("appointment", args=[ahead.public_id]),
        reverse("appointment", args=[visits[0].public_id]),
        reverse("appointment_move", args=[ahead.public_id]),
        reverse("visit_new", args=[first.public_id]),
    ]
    for address in addresses:
        response = desk.goto(address)
        assert response and response.status == 200, address
        for width in WIDTHS:
            desk.set_viewport_size({"width": width, "height": 900})
            fits(desk, address)
