"""Address, emergency contact, guardian, and where a choice came from."""

import uuid
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from clinic.models import Clinic, Role, User
from patients.details import Details, DetailsRefused, problems, tidy_postcode
from patients.models import Patient
from patients.services.people import edit_patient, register_patient
from tests import factory
from tests.patients.test_people import MARGUERITE, NOW
from tests.patients.test_people_screens import TYPED

pytestmark = pytest.mark.django_db
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
TODAY = date(2026, 11, 24)
GUARDIAN = {"guardian_name": "Doreen Penney", "guardian_phone": "+17095550121", "guardian_relation": "Mother"}


@pytest.fixture
def desk(clinic: Clinic, client: Client) -> User:
    user = factory.make_user(Role.FRONT_DESK, name="Dana Rideout")
    client.force_login(user, BACKEND)
    return user


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("a1c0x0", "A1C 0X0"), ("A1C-0X0", "A1C 0X0"), (" a1c 0x0 ", "A1C 0X0"), ("SW1A 1AA", "SW1A 1AA"), ("", "")],
)
def test_a_canadian_postal_code_is_kept_as_it_is_printed(typed: str, kept: str) -> None:
    assert tidy_postcode(typed) == kept


@pytest.mark.parametrize(("born", "asked"), [(date(2007, 11, 25), True), (date(2007, 11, 24), False)])
def test_a_guardian_is_needed_until_the_day_of_majority(born: date, asked: bool) -> None:
    found = problems(replace(MARGUERITE, birth_date=born), TODAY, 19)
    assert ("guardian_name" in found, "guardian_phone" in found) == (asked, asked)
    assert not problems(replace(MARGUERITE, birth_date=born, **GUARDIAN), TODAY, 19)


def test_the_clinics_own_age_of_majority_counts(clinic: Clinic) -> None:
    minor = replace(MARGUERITE, birth_date=date(2008, 1, 1))
    with pytest.raises(DetailsRefused, match=r"Marguerite is 18\. Under 19 a guardian must be on file"):
        register_patient(key=uuid.uuid4(), details=minor, actor=None, now=NOW)
    Clinic.objects.update(age_of_majority=18)
    assert register_patient(key=uuid.uuid4(), details=minor, actor=None, now=NOW)


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"emergency_name": "Gerald"}, "emergency_phone"), ({"emergency_phone": "+17095550121"}, "emergency_name")],
)
def test_half_an_emergency_contact_is_refused(changes: dict[str, Any], field: str) -> None:
    assert list(problems(replace(MARGUERITE, **changes), TODAY, 19)) == [field]


def test_everything_that_is_typed_is_kept_and_shown_again(desk: User, client: Client) -> None:
    more = {
        "street": "47 Spruce Hill Road",
        "town": "St. John’s",
        "province": "NL",
        "postal_code": "a1b0x0",
        "emergency_name": "Gerald Stone",
        "emergency_phone": "709-555-0121",
        "emergency_relation": "Brother",
        "way": "on the phone",
    }
    client.post(reverse("patient_new"), TYPED | more)
    patient = Patient.objects.get()
    assert (patient.street, patient.postal_code) == ("47 Spruce Hill Road", "A1B 0X0")
    assert patient.emergency_phone.as_e164 == "+17095550121"
    assert patient.choices_source == "on the phone, told Dana Rideout"
    page = client.get(reverse("patient_page", args=[patient.public_id])).content.decode()
    for words in ("47 Spruce Hill Road", "A1B 0X0", "Gerald Stone", "Brother", "709-555-0121"):
        assert words in page


def test_without_a_script_a_minor_is_refused_with_the_fields_that_lack(desk: User, client: Client) -> None:
    url = reverse("patient_new")
    assert 'name="guardian_name"' not in client.get(url).content.decode()
    page = client.post(url, TYPED | {"birth_date": "8 May 2012"}).content.decode()
    assert "Under 19 a guardian must be on file: write their name." in page
    assert 'name="guardian_name"' in page
    assert not Patient.objects.exists()
    typed = TYPED | {"birth_date": "8 May 2012", "guardian_name": "Doreen Penney", "guardian_phone": "709-555-0121"}
    assert client.post(url, typed).status_code == 302
    patient = Patient.objects.get()
    assert patient.guardian_name == "Doreen Penney"
    assert "Doreen Penney" in client.get(reverse("patient_page", args=[patient.public_id])).content.decode()


@time_machine.travel(NOW, tick=False)
def test_the_guardian_comes_and_goes_with_the_birth_date(desk: User, client: Client) -> None:
    url = reverse("patient_guardian")
    young = client.post(url, TYPED | {"birth_date": "2012-05-08"}).content.decode()
    assert "Under 19, someone must answer for the patient." in young
    assert "14 years old: a guardian is needed, below" in young
    assert "error" not in young
    assert "guardian_name" not in client.post(url, TYPED).content.decode()
    assert "guardian_name" not in client.post(url, TYPED | {"birth_date": "8 May"}).content.decode()
    # What is typed already is never hidden: it would be saved unseen.
    assert "Doreen" in client.post(url, TYPED | {"guardian_name": "Doreen"}).content.decode()


def test_a_changed_choice_keeps_its_day_its_way_and_who_heard_it(desk: User, client: Client) -> None:
    patient = factory.make_patient(choices_source="Form at the desk")
    details = replace(Details.of(patient), reminders_by_email=False)
    edit_patient(patient_id=patient.pk, version=1, details=details, actor=desk, now=NOW, way="in writing")
    patient.refresh_from_db()
    assert (patient.choices_at, patient.choices_source) == (NOW, "in writing, told Dana Rideout")
    # The choice before it stays in the history.
    sources = patient.events.order_by("pgh_id").values_list("choices_source", flat=True)  # type: ignore[attr-defined]
    assert list(sources) == ["Form at the desk", "in writing, told Dana Rideout"]


def test_nobody_needs_an_e_mail_and_two_may_share_one(desk: User, client: Client) -> None:
    keys = ("operation", "first_name", "birth_date", "email")
    people = [
        (str(uuid.uuid4()), "Cal", "3 March 1950", "puddister@example.ca"),
        (str(uuid.uuid4()), "Doreen", "9 July 1952", "puddister@example.ca"),
        (str(uuid.uuid4()), "Olive", "1 April 1941", ""),
    ]
    for person in people:
        answer = client.post(reverse("patient_new"), TYPED | dict(zip(keys, person, strict=True)))
        assert answer.status_code == 302
    cal, doreen, olive = Patient.objects.order_by("file_number")
    assert list(Patient.objects.matching("puddister@example.ca")) == [cal, doreen]
    found = client.get(reverse("patient_list"), {"q": "penney"}).content.decode()
    assert found.count("puddister@example.ca") == 2
    page = client.get(reverse("patient_page", args=[cal.public_id])).content.decode()
    assert "puddister@example.ca" in page
    assert f'{doreen.public_id}/">Doreen Penney</a> uses this e-mail too' in page
    assert "No e-mail: the desk calls before each visit" in (
        client.get(reverse("patient_page", args=[olive.public_id])).content.decode()
    )
    assert list(Patient.objects.matching("olive")) == [olive]
