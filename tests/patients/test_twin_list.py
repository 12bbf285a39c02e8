"""Which files look alike, who said that they are not, and how long the look takes at 10,000 files."""

import time
import uuid
from datetime import UTC, date, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from clinic.models import Clinic, Role, User
from patients.models import NotTwins, Patient
from patients.services.twins import TwinsRefused, say_not_twins
from patients.twins import alike_on_file
from tests import factory
from tests.figures import say

pytestmark = pytest.mark.django_db
BORN = date(1974, 5, 8)
NOW = datetime(2026, 11, 24, 14, 0, tzinfo=UTC)


@pytest.fixture
def desk(clinic: Clinic, client: Client) -> User:
    user = factory.make_user(Role.FRONT_DESK, name="Dana Rideout")
    client.force_login(user, "allauth.account.auth_backends.AuthenticationBackend")
    return user


@pytest.fixture
def marguerite(clinic: Clinic) -> Patient:
    return factory.make_patient(
        first_name="Marguerite", last_name="Penney", birth_date=BORN, phone="+17095550118", email="mp@example.ca"
    )


@pytest.mark.parametrize(
    "fields",
    [
        {"first_name": "Margaret", "last_name": "Penny", "birth_date": BORN},
        {"first_name": "Margaret", "last_name": "Penny", "phone": "+17095550118"},
        {"first_name": "Margueritte", "last_name": "Penney", "email": "MP@example.ca"},
        {"first_name": "Peggy", "last_name": "Stone", "phone": "+17095550118", "birth_date": BORN},
        {"first_name": "Anne", "preferred_name": "Marguerite", "last_name": "Penney", "birth_date": BORN},
    ],
)
def test_a_like_name_beside_a_fact_that_agrees_is_a_likely_twin(marguerite: Patient, fields: dict[str, object]) -> None:
    newer = factory.make_patient(**fields)
    (alike,) = alike_on_file()
    assert (alike.older, alike.newer) == (marguerite, newer)
    assert alike.same_birth_date == (newer.birth_date == BORN)


@pytest.mark.parametrize(
    "fields",
    [
        {"first_name": "Gerald", "last_name": "Stone", "phone": "+17095550118"},  # a couple with one phone
        {"first_name": "Gerald", "last_name": "Stone", "email": "mp@example.ca"},  # and with one e-mail
        {"first_name": "Gerald", "last_name": "Stone", "birth_date": BORN},  # born the same day
        {"first_name": "Marguerite", "last_name": "Penney"},  # of the same name
        {"first_name": "Margaret", "last_name": "Penny", "birth_date": BORN, "archived_at": NOW},
    ],
)
def test_one_fact_alone_is_not(marguerite: Patient, fields: dict[str, object]) -> None:
    factory.make_patient(**fields)
    assert alike_on_file() == []


def test_whoever_was_said_to_be_two_people_is_not_asked_about_again(marguerite: Patient) -> None:
    other = factory.make_patient(first_name="Margaret", last_name="Penney", birth_date=BORN)
    with pytest.raises(TwinsRefused, match="Write how you know"):
        say_not_twins(key=uuid.uuid4(), one_id=other.pk, other_id=marguerite.pk, reason=" ", actor=None, now=NOW)
    for reason in ("Sisters", "Twins by birth"):
        say_not_twins(key=uuid.uuid4(), one_id=other.pk, other_id=marguerite.pk, reason=reason, actor=None, now=NOW)
    assert NotTwins.objects.get().reason == "Sisters"
    assert alike_on_file() == []


@pytest.mark.parametrize("count", [0, 1, 300])
def test_the_list_of_none_one_and_many(
    desk: User, client: Client, django_assert_num_queries: DjangoAssertNumQueries, count: int
) -> None:
    for number in range(count):
        born = BORN + timedelta(days=number)
        for first in ("Marguerite", "Margaret"):
            factory.make_patient(first_name=first, last_name="Penney", birth_date=born)
    url = reverse("patient_twin_list")
    client.get(url)
    with django_assert_num_queries(6 if count else 5):
        page = client.get(url).content.decode()
    assert page.count("/merge/") == min(count, 50)
    assert ("No two files look alike" in page) == (count == 0)


def test_ten_thousand_files_are_compared_quickly(clinic: Clinic) -> None:
    firsts = ["Marie", "Ann", "John", "Kevin", "Zoë", "Siobhán", "Jo", "Mary-Margaret", "Łucja", "O’Brien"]
    lasts = ["Penney", "Power", "Walsh", "Murphy", "Stone", "Côté", "D’Arcy", "Li", "Rao", "St. Croix"]
    Patient.objects.bulk_create(
        Patient(
            first_name=firsts[n % 10],
            last_name=f"{lasts[n // 10 % 10]} {chr(97 + n // 100 % 26)}{n // 2600}",
            birth_date=date(1940, 1, 1) + timedelta(days=n * 7 % 25000),
            phone=f"+1709{5550000 + n // 2}",
        )
        for n in range(10_000)
    )
    began = time.perf_counter()
    alike_on_file()
    seconds = time.perf_counter() - began
    say(f"likely twins among 10,000 files, every pair of them with one phone: {seconds * 1000:.0f} ms")
    assert seconds < 3


def test_who_registers_someone_else_says_why_once(desk: User, client: Client, marguerite: Patient) -> None:
    typed = {"first_name": "Margaret", "last_name": "Penny", "birth_date": "8 May 1974", "phone": "709-555-0199"}
    field = f"other_{marguerite.public_id}"
    asked = client.post(reverse("patient_twins"), typed | {field: "Her sister"}).content.decode()
    assert f'name="{field}"' in asked
    assert 'value="Her sister"' in asked  # what was written stays while the form goes on
    form = typed | {"language": "en-ca", "operation": str(uuid.uuid4()), field: "Her sister"}
    for _ in range(2):
        assert client.post(reverse("patient_new"), form).status_code == 302
    assert NotTwins.objects.get().reason == "Her sister"
    assert alike_on_file() == []
