"""The pages about people: list, find, register, edit."""

from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from clinic.models import AccessLog, Clinic, Role, User
from patients.models import Patient
from tests import factory

pytestmark = pytest.mark.django_db
TYPED = {
    "first_name": "Marguerite",
    "last_name": "Penney",
    "preferred_name": "",
    "birth_date": "8 May 1974",
    "phone": "709-555-0118",
    "email": "m.penney@example.ca",
    "language": "en-ca",
    "reminders_by_email": "on",
    "note": "",
    "operation": "6f0a8a3e-95b8-4d0c-8f0e-3f8f1b7f8a11",
}


@pytest.fixture
def desk(clinic: Clinic, client: Client) -> User:
    user = factory.make_user(Role.FRONT_DESK, name="Dana Rideout")
    client.force_login(user, "allauth.account.auth_backends.AuthenticationBackend")
    return user


def text_of(client: Client, url: str, **data: Any) -> str:
    return client.get(url, data).content.decode()


def test_the_list_and_the_find_show_two_identifiers(desk: User, client: Client) -> None:
    patient = factory.make_patient(last_name="Penney", birth_date=date(1974, 5, 8), phone="+17095550118")
    for name in ("patient_list", "patient_find"):
        page = text_of(client, reverse(name), q="penney")
        assert "8 May 1974" in page
        assert patient.file_label in page
        assert "709-555-0118" in page
        assert "<mark>Penney</mark>" in page


@pytest.mark.parametrize(("name", "count"), [("patient_list", 10), ("patient_find", 9)])
def test_queries_do_not_grow_with_the_list(
    desk: User, client: Client, django_assert_num_queries: DjangoAssertNumQueries, name: str, count: int
) -> None:
    for number in range(30):
        factory.make_patient(last_name=f"Penney{number}")
    client.get(reverse(name), {"q": "penn"})  # notes the person's activity, once a minute
    with django_assert_num_queries(count):
        client.get(reverse(name), {"q": "penn"})


def test_a_long_list_has_pages_that_keep_the_search(desk: User, client: Client) -> None:
    for number in range(51):
        factory.make_patient(last_name=f"Penney{number:02}")
    assert "q=penney&amp;page=2" in text_of(client, reverse("patient_list"), q="penney")
    assert "<mark>Penney</mark>00" in text_of(client, reverse("patient_list"), q="penney", page="2")  # here first


def test_every_link_of_the_walk_in_search_leads_on_to_a_visit(desk: User, client: Client) -> None:
    for number in range(51):
        factory.make_patient(last_name=f"Penney{number:02}")
    page = text_of(client, reverse("patient_list"), q="penney", then="visit")
    assert "?then=visit&amp;q=penney&amp;page=2" in page
    page = text_of(client, reverse("patient_list"), q="penney", then="visit", page="2")
    last = Patient.objects.get(last_name="Penney00")  # who was here first stands last
    assert "Who walked in?" in page
    assert reverse("visit_new", args=[last.public_id]) in page
    assert f'href="{reverse("patient_page", args=[last.public_id])}"' not in page
    page = text_of(client, reverse("patient_find"), q="zzz", then="visit")
    assert f"{reverse('patient_list')}?then=visit&amp;q=zzz&amp;archived=1" in page
    assert f'{reverse("patient_list")}?then=visit"' in page


def test_who_finds_nobody_is_offered_to_register_them(desk: User, client: Client) -> None:
    page = text_of(client, reverse("patient_find"), q="Margaret Penny")
    assert "Nobody matches “Margaret Penny”" in page
    form = text_of(client, reverse("patient_new"), name="Margaret Penny")
    assert 'value="Margaret"' in form
    assert 'value="Penny"' in form


def test_an_empty_clinic_says_how_patients_come_here(desk: User, client: Client) -> None:
    assert "No patients yet" in text_of(client, reverse("patient_list"))


def test_an_owner_sees_the_list_but_no_way_to_register(clinic: Clinic, client: Client) -> None:
    client.force_login(factory.make_user(Role.OWNER), "allauth.account.auth_backends.AuthenticationBackend")
    assert reverse("patient_new") not in text_of(client, reverse("patient_list"))
    assert client.get(reverse("patient_new")).status_code == 403


@pytest.mark.parametrize(("extra", "name"), [({}, "patient_page"), ({"book": "1"}, "plan_new")])
def test_registering_leads_to_the_file_or_on_to_a_course(
    desk: User, client: Client, extra: dict[str, str], name: str
) -> None:
    answer = client.post(reverse("patient_new"), TYPED | extra)
    patient = Patient.objects.get()
    assert answer.url == reverse(name, args=[patient.public_id])  # type: ignore[attr-defined]
    assert patient.phone.as_e164 == "+17095550118"


def test_sending_the_form_twice_opens_one_file(desk: User, client: Client) -> None:
    for _time in range(2):
        assert client.post(reverse("patient_new"), TYPED).status_code == 302
    assert Patient.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("email", "m.penny@example", "After the @ it needs an ending: example.ca"),
        ("email", "m.penny", "An e-mail has an @ in the middle"),
        ("email", "@example.ca", "Something must stand before the @"),
        ("phone", "555", "This is no phone number"),
        ("birth_date", "8 May 74", "the year in four digits"),
        ("birth_date", "8 May 2174", "This day has not come yet"),
        ("birth_date", "", "Enter the birth date"),
        ("last_name", "", "Enter the last name"),
    ],
)
def test_an_error_says_what_to_do_and_keeps_what_was_typed(
    desk: User, client: Client, field: str, typed: str, sentence: str
) -> None:
    page = client.post(reverse("patient_new"), TYPED | {field: typed}).content.decode()
    assert sentence in page
    assert "Nothing was saved yet." in page
    assert 'value="Marguerite"' in page
    assert not Patient.objects.exists()


def test_looking_at_the_details_is_written_down(desk: User, client: Client) -> None:
    patient = factory.make_patient()
    client.get(reverse("patient_edit", args=[patient.public_id]))
    row = AccessLog.objects.get()
    assert (row.user, row.subject, row.page) == (desk, f"patient:{patient.public_id}", "edit")


def test_two_who_edit_one_file_lose_no_words(desk: User, client: Client) -> None:
    patient = factory.make_patient(**{key: TYPED[key] for key in ("first_name", "last_name", "email")}, version=1)
    url = reverse("patient_edit", args=[patient.public_id])
    mine = TYPED | {"birth_date": "1986-09-02", "phone": str(patient.phone), "version": "1"}
    client.post(url, mine | {"note": "Mornings only", "email": "theirs@example.ca"})
    page = client.post(url, mine | {"preferred_name": "Maggie", "email": "mine@example.ca"}).content.decode()
    assert "Dana Rideout changed this file while you wrote" in page
    assert "Mornings only" in page  # taken over
    assert 'value="mine@example.ca"' in page  # kept
    assert "theirs@example.ca" in page  # and told
    assert 'value="Maggie"' in page
    patient.refresh_from_db()
    assert (patient.email, patient.preferred_name, patient.version) == ("theirs@example.ca", "", 2)


def test_a_foreign_phone_is_shown_with_its_country_and_survives_an_edit(desk: User, client: Client) -> None:
    patient = factory.make_patient(phone="+442079460018")
    url = reverse("patient_edit", args=[patient.public_id])
    form = client.get(url).context["form"]
    assert 'value="+44 20 7946 0018"' in str(form["phone"])
    shown = {name: form[name].value() for name in form.fields} | {"phone": "+44 20 7946 0018", "note": "From abroad"}
    client.post(url, {name: value for name, value in shown.items() if value not in {None, False}})
    patient.refresh_from_db()
    assert (patient.phone.as_e164, patient.note) == ("+442079460018", "From abroad")


def test_the_twin_answer_compares_and_saves_nothing(desk: User, client: Client) -> None:
    twin = factory.make_patient(first_name="Marguerite", last_name="Penney", birth_date=date(1974, 5, 8))
    page = client.post(reverse("patient_twins"), TYPED | {"first_name": "Margaret"}).content.decode()
    assert "Is this Marguerite Penney?" in page
    assert f"open file {twin.file_label}" in page
    assert Patient.objects.count() == 1
