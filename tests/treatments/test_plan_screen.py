"""The page on which a course is planned: one click on a treatment, one on Continue."""

import uuid
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from clinic.models import AccessLog, Clinic, Role
from patients.models import Patient
from tests import factory
from treatments.catalogue import load_catalogue
from treatments.models import TreatmentPlan

pytestmark = pytest.mark.django_db
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@pytest.fixture
def patient(clinic: Clinic, client: Client) -> Patient:
    load_catalogue()
    client.force_login(factory.make_user(Role.FRONT_DESK), BACKEND)
    return factory.make_patient(first_name="Devika", last_name="Rao")


def url_of(patient: Patient, **query: str) -> str:
    return reverse("plan_new", args=[patient.public_id], query=query or None)


def untouched(client: Client, url: str) -> dict[str, Any]:
    """Return what the form sends when nobody touches it."""
    form = client.get(url).context["form"]
    shown = {name: form[name].value() for name in form.fields}
    return {name: value for name, value in shown.items() if value is not None} | {"operation": str(uuid.uuid4())}


def test_a_treatment_is_found_by_its_other_name(patient: Patient, client: Client) -> None:
    page = client.get(url_of(patient, q="cellulite removal")).content.decode()
    assert "?protocol=cellulite" in page
    assert "?protocol=meso-lift" not in page


def test_a_name_that_nothing_bears_offers_all(patient: Patient, client: Client) -> None:
    page = client.get(url_of(patient, q="botox")).content.decode()
    assert "No treatment is called “botox”" in page
    assert "Show all treatments" in page


@pytest.mark.parametrize("key", ["cellulite", "meso-lift", "under-chin", "scars-stretch-marks"])
def test_the_form_untouched_makes_the_usual_course(patient: Patient, client: Client, key: str) -> None:
    url = url_of(patient, protocol=key)
    answer = client.post(url, untouched(client, url))
    plan = TreatmentPlan.objects.get()
    assert answer.url == reverse("series_planner", args=[plan.public_id])  # type: ignore[attr-defined]
    assert plan.sessions.count() == plan.protocol.sessions_usual


def test_the_form_starts_from_what_the_patient_chose_before(patient: Patient, client: Client) -> None:
    moira = factory.make_clinician()
    factory.make_plan(patient, clinician=moira, usual_weekdays=[1], usual_time="14:00")
    form = client.get(url_of(patient, protocol="cellulite")).context["form"]
    assert (form["clinician"].value(), form["weekdays"].value(), form["around"].value()) == (moira.pk, [1], "14:00")


def test_too_close_is_said_beside_the_field_and_nothing_is_planned(patient: Patient, client: Client) -> None:
    url = url_of(patient, protocol="cellulite")
    page = client.post(url, untouched(client, url) | {"interval_min": "5"}).content.decode()
    assert "5 days is too close: Cellulite reduction needs 7. Enter 7 to 14." in page
    assert not TreatmentPlan.objects.exists()


def test_more_than_fifteen_asks_why_and_takes_the_answer(patient: Patient, client: Client) -> None:
    url = url_of(patient, protocol="cellulite")
    asked = untouched(client, url) | {"sessions": "18"}
    assert "Why more than 15 sessions" not in client.get(url).content.decode()
    assert "Why more than 15 sessions" in client.post(url, asked).content.decode()
    client.post(url, asked | {"many_sessions_reason": "Large area"})
    assert TreatmentPlan.objects.get().session_count == 18


def test_another_open_course_on_the_same_place_is_shown_before(patient: Patient, client: Client) -> None:
    load_catalogue()
    other = factory.make_plan(patient, name="Scars and stretch marks")
    page = client.get(url_of(patient, protocol="cellulite")).content.decode()
    assert "Another course treats the same place" in page
    assert other.name in page
    assert "Another course" not in client.get(url_of(patient, protocol="under-chin")).content.decode()


def test_courses_that_lack_dates_are_offered_first(patient: Patient, client: Client) -> None:
    plan = factory.make_plan(patient)
    page = client.get(url_of(patient)).content.decode()
    assert reverse("series_planner", args=[plan.public_id]) in page
    assert "10 sessions to book" in page


def test_opening_it_is_written_down(patient: Patient, client: Client) -> None:
    client.get(url_of(patient))
    assert AccessLog.objects.get().page == "plan"


def test_queries_do_not_grow_with_the_catalogue_or_the_plans(
    patient: Patient, client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _number in range(3):
        factory.make_plan(patient)
    client.get(url_of(patient))
    with django_assert_num_queries(10):
        client.get(url_of(patient))


def test_an_owner_does_not_plan(patient: Patient, client: Client) -> None:
    client.force_login(factory.make_user(Role.OWNER), BACKEND)
    assert client.get(url_of(patient)).status_code == 403
