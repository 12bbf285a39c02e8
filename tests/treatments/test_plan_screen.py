"""The page on which a course is planned: one click on a treatment, one on Continue."""

import uuid
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from clinic.models import AccessLog, Clinic, Role
from patients.models import Patient
from tests import factory
from treatments.catalogue import load_catalogue
from treatments.models import Area, Protocol, TreatmentPlan

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
    with django_assert_num_queries(11):
        client.get(url_of(patient))


def test_an_owner_does_not_plan(patient: Patient, client: Client) -> None:
    client.force_login(factory.make_user(Role.OWNER), BACKEND)
    assert client.get(url_of(patient)).status_code == 403


def suggested(client: Client, url: str, **typed: Any) -> tuple[str, str]:
    """Return the number in the field and the sentence after Suggest, or after a choice with `suggest="try"`."""
    page = client.post(url, untouched(client, url) | {"suggest": "use", "suggested": "10"} | typed)
    assert page.status_code == 200
    assert not TreatmentPlan.objects.exists()
    return page.context["form"]["sessions"].value(), page.context["suggestion"].why


def test_suggest_puts_the_number_in_and_says_why(patient: Patient, client: Client) -> None:
    url = url_of(patient, protocol="cellulite")
    count, why = suggested(client, url, size="l", complexity="high", sessions="9")
    assert count == 14
    assert why == "14 sessions suggested: 3 places, large size, high complexity. 10 is usual, 8 to 15 fit."


def test_a_choice_alone_leaves_a_number_that_was_typed(patient: Patient, client: Client) -> None:
    url = url_of(patient, protocol="cellulite")
    assert suggested(client, url, size="l", suggest="try")[0] == 12
    assert suggested(client, url, size="l", suggest="try", sessions="9")[0] == "9"


def test_what_was_typed_survives_a_suggestion_and_nothing_is_judged_yet(patient: Patient, client: Client) -> None:
    url = url_of(patient, protocol="cellulite")
    typed = {"areas": ["thigh:left"], "interval_min": "5", "weekdays": ["1", "3"], "around": "14:00", "suggest": "use"}
    page = client.post(url, untouched(client, url) | typed)
    form = page.context["form"]
    assert form["areas"].value() == ["thigh:left"]
    assert form["interval_min"].value() == "5"
    assert "1 place," in page.context["suggestion"].why
    text = page.content.decode()
    assert "too close" not in text
    assert text.count('name="weekdays"') == 7
    assert form["around"].value() == "14:00"


def test_size_and_complexity_are_kept_with_the_plan(patient: Patient, client: Client) -> None:
    url = url_of(patient, protocol="cellulite")
    client.post(url, untouched(client, url) | {"size": "l", "complexity": "low", "sessions": "10"})
    plan = TreatmentPlan.objects.get()
    assert (plan.size, plan.complexity, plan.session_count) == ("l", "low", 10)
    assert client.post(url, untouched(client, url) | {"size": "xxl"}).context["form"].errors["size"]


def test_a_gap_beyond_fourteen_days_asks_why_and_takes_the_answer(patient: Patient, client: Client) -> None:
    url = url_of(patient, protocol="cellulite")
    asked = untouched(client, url) | {"interval_max": "28"}
    page = client.post(url, asked).content.decode()
    assert "28 days is long: 14 is the most." in page
    assert "Why more than 14 days" in page
    assert not TreatmentPlan.objects.exists()
    client.post(url, asked | {"long_gap_reason": "Lives in Labrador"})
    plan = TreatmentPlan.objects.get()
    assert (plan.interval_max, plan.long_gap_reason) == (28, "Lives in Labrador")


def test_a_protocol_with_longer_gaps_brings_its_own_reason(patient: Patient, client: Client) -> None:
    Protocol.objects.filter(key="cellulite").update(interval_max=42, limits_reason="Label: a month apart")
    url = url_of(patient, protocol="cellulite")
    client.post(url, untouched(client, url))
    assert TreatmentPlan.objects.get().long_gap_reason == "Label: a month apart"


@pytest.fixture
def minor(patient: Patient) -> Patient:
    today = factory.local_day(factory.now())
    Patient.objects.filter(pk=patient.pk).update(birth_date=today.replace(year=today.year - 17, day=1))
    return patient


def test_the_desk_is_told_to_ask_a_clinician_for_somebody_under_age(minor: Patient, client: Client) -> None:
    url = url_of(minor, protocol="cellulite")
    page = client.get(url).content.decode()
    assert "Under 19 only a clinician can plan a course, with the reason. Ask one to plan it on this page" in page
    assert 'name="minor_reason"' not in page
    answer = client.post(url, untouched(client, url) | {"minor_reason": "Her mother agrees"})
    assert "Devika is 17. Under 19 only a clinician can plan a course" in answer.content.decode()
    assert not TreatmentPlan.objects.exists()


def test_a_clinician_plans_for_somebody_under_age_with_a_reason_that_is_kept(minor: Patient, client: Client) -> None:
    client.force_login(factory.make_user(Role.CLINICIAN), BACKEND)
    url = url_of(minor, protocol="cellulite")
    asked = untouched(client, url)
    assert "Under 19 a course needs a reason: say why." in client.post(url, asked).content.decode()
    assert not TreatmentPlan.objects.exists()
    client.post(url, asked | {"minor_reason": "Scars of an accident; her mother agrees"})
    assert TreatmentPlan.objects.get().minor_reason == "Scars of an accident; her mother agrees"


def test_the_age_of_majority_is_the_clinics(minor: Patient, client: Client) -> None:
    Clinic.objects.update(age_of_majority=16)
    url = url_of(minor, protocol="cellulite")
    assert "only a clinician" not in client.get(url).content.decode()
    client.post(url, untouched(client, url))
    assert TreatmentPlan.objects.get().minor_reason == ""


def test_a_restricted_place_says_who_treats_it_and_refuses_somebody_else(patient: Patient, client: Client) -> None:
    moira, anika = factory.make_clinician(), factory.make_clinician("Dr. Anika Sandhu")
    Area.objects.get(key="eyelid").clinicians.set([anika])
    url = url_of(patient, protocol="meso-lift")
    assert "only Dr. Anika Sandhu" in client.get(url).content.decode()
    asked = untouched(client, url) | {"areas": ["eyelid:left"], "clinician": str(moira.pk)}
    answer = client.post(url, asked)
    said = "Moira does not treat eyelids; Dr. Anika Sandhu does. Choose Dr. Anika Sandhu, or leave the place out."
    assert answer.context["form"].errors["clinician"] == [said]
    assert not TreatmentPlan.objects.exists()
    client.post(url, asked | {"clinician": str(anika.pk)})
    assert TreatmentPlan.objects.get().clinician == anika


def test_the_form_asks_the_same_number_of_questions_for_any_number_of_names(
    patient: Patient, client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    url = url_of(patient, protocol="meso-lift")
    client.get(url)
    with CaptureQueriesContext(connection) as first:
        client.get(url)
    people = [factory.make_clinician(f"Clinician {number}") for number in range(20)]
    for area in Protocol.objects.get(key="meso-lift").areas.all():
        Area.objects.filter(pk=area.pk).update(restricted=True)
        area.clinicians.set(people)
    with django_assert_num_queries(len(first)):
        page = client.get(url).content.decode()
    assert "only Clinician 0, Clinician 1, Clinician 2 and 17 others" in page
