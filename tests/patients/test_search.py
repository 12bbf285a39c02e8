"""How people are found: each way that the desk asks for somebody."""

from datetime import date

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clinic.lib.text import normal
from patients.models import Patient
from tests import factory

pytestmark = pytest.mark.django_db


@pytest.fixture
def marguerite() -> Patient:
    factory.make_patient(first_name="Gerald", last_name="Stone", birth_date=date(1980, 8, 5), phone="+17095559999")
    return factory.make_patient(
        first_name="Marguerite",
        last_name="O’Brien-Pénney",
        preferred_name="Maggie",
        birth_date=date(1974, 5, 8),
        phone="+17095550118",
        email="Marg.Penney74@coldmail.example",
    )


@pytest.mark.parametrize(
    "text",
    [
        "penney", "Penney marg", "marg penney", "maggie", "obrien", "O'Brien", "o’brien penney", "O'Brien-Penney",
        "brien", "uerit", "pénney", "pe", "m o", "PENNEY, Marguerite", "penney 0118",
        "7095550118", "709-555-0118", "(709) 555-0118", "+1 709 555 0118", "0118", "555-01",
        "marg.penney", "penney74", "marg.penney74@", "MARG.PENNEY74@COLDMAIL.EXAMPLE",
        "<marg.penney74@coldmail.example>", "y74@cold", "maggie penney74",
        "08051974", "8/5/74", "may 8 74", "05/08/1974",
        "1974-05-08", "8 May 1974", "08/05/1974", "8.5.1974", "May 8, 1974", "19740508",
    ],
)  # fmt: skip
def test_she_is_found_and_he_is_not(marguerite: Patient, text: str) -> None:
    assert list(Patient.objects.matching(text)) == [marguerite]


@pytest.mark.parametrize(
    "text",
    [
        "xyz",
        "penney stone",
        "coldmail",
        "74@warm",
        "stone penney74",
        "9 May 1974",
        "0117",
        "---",
        "'",
        "%",
        "_",
        "penney 9999",
    ],
)
def test_nobody_is_found(marguerite: Patient, text: str) -> None:
    assert list(Patient.objects.matching(text)) == []


def test_a_file_number_is_found_as_said_and_as_printed(marguerite: Patient) -> None:
    assert Patient.objects.matching(marguerite.file_label).first() == marguerite
    assert Patient.objects.matching(str(marguerite.file_number)).first() == marguerite


def test_the_file_number_comes_before_a_phone_that_contains_it() -> None:
    phone = factory.make_patient(last_name="Aaron", phone="+17095550932")
    file = factory.make_patient(last_name="Zwicker", phone="+17095550111")
    Patient.objects.filter(pk=file.pk).update(file_number=90932)
    Patient.objects.filter(pk=phone.pk).update(phone="+17095090932")
    assert [patient.pk for patient in Patient.objects.matching("90932")] == [file.pk, phone.pk]


def test_a_name_that_begins_so_comes_before_one_that_contains_it() -> None:
    part = factory.make_patient(first_name="Tamara", last_name="Abbott")
    start = factory.make_patient(first_name="Mary", last_name="Zwicker")
    goes_by = factory.make_patient(first_name="Peggy", last_name="Young", preferred_name="Mara")
    assert list(Patient.objects.matching("mar")) == [goes_by, start, part]


def test_a_name_comes_before_an_e_mail() -> None:
    mail = factory.make_patient(first_name="Ruth", last_name="Abbott", email="ruth.marshall@example.ca")
    name = factory.make_patient(first_name="Zoe", last_name="Marshall", email="zoe@example.ca")
    assert list(Patient.objects.matching("marsh")) == [name, mail]


def test_a_nul_is_a_space(marguerite: Patient) -> None:
    assert list(Patient.objects.matching("pen\x00marg")) == [marguerite]


@pytest.mark.parametrize("text", ["penn", "penney74@cold", "maggie penn"])
def test_each_part_of_a_search_is_read_by_its_index(marguerite: Patient, text: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_indexscan = off")
    assert "Bitmap Index Scan on patient_" in Patient.objects.matching(text).explain()


def test_a_number_too_large_for_any_file_finds_nobody(marguerite: Patient) -> None:
    assert list(Patient.objects.matching("99999999999999999999")) == []


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=30))
def test_whatever_is_typed_the_search_answers(marguerite: Patient, text: str) -> None:
    list(Patient.objects.matching(text.replace("\x00", "")))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    first=st.text(st.sampled_from("abcdéèçñøæÉŁ'’- "), min_size=1, max_size=12),
    last=st.text(st.sampled_from("abcdéèçñøæÉŁ'’- "), min_size=1, max_size=12),
    data=st.data(),
)
def test_any_part_of_a_name_finds_its_bearer(first: str, last: str, data: st.DataObject) -> None:
    patient = factory.make_patient(first_name=f"X{first}", last_name=f"Y{last}")
    whole = patient.last_name
    start = data.draw(st.integers(0, len(whole) - 1))
    part = whole[start : data.draw(st.integers(start + 1, len(whole)))]
    found = Patient.objects.matching(f"X{first} {part}")
    # Of a word that is cut at its front three letters must be left: one or two are in nearly every name.
    cut = next(iter(normal(part).split()), "") if start and not normal(part).startswith(" ") else "whole"
    if len(cut) >= 3:
        assert patient in found
