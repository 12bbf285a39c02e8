"""How people are found: each way that the desk asks for somebody."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from clinic.lib.text import normal
from patients.models import Patient, search
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


# --- The likeliest first ---
@pytest.mark.parametrize(
    "text",
    ["mar", "marg pen", "ann", "an", "penney", "0118", "5550", "932", "1974-05-08", "05/08/1974", "08051974", "@cold",
     "marg.penney", "enn", "o'brien", "ann zwi", "", "zzz", "'", "mar@", "3 mar"],
)  # fmt: skip
@pytest.mark.parametrize("archived", [False, True])
def test_the_likeliest_are_those_who_match_and_nobody_twice(marguerite: Patient, text: str, archived: bool) -> None:
    for number, (first, last) in enumerate(
        [("Tamara", "Zwicker"), ("Anne-Marie", "Penney"), ("Mary", "Ann"), ("Johann", "Margolis"), ("Ann", "O’Brien")]
    ):
        factory.make_patient(
            first_name=first,
            last_name=last,
            birth_date=date(1974, 8, 5) if number % 2 else date(1974, 5, 8),
            email=f"mar{number}@coldmail.example",
            archived_at=timezone.now() if number > 2 else None,
        )
    Patient.objects.filter(last_name="Ann").update(file_number=932)
    found = Patient.objects.likeliest(text, archived=archived)
    wanted = Patient.objects.matching(text, archived=archived)
    everybody = found[:100]
    assert sorted(one.pk for one in everybody) == sorted(wanted.values_list("pk", flat=True))
    ranks = {one.pk: (one.is_archived, one.match_rank) for one in wanted}
    assert [ranks[one.pk] for one in everybody] == sorted(ranks[one.pk] for one in everybody)
    assert found.count() == len(everybody)
    assert Patient.objects.likeliest(text, archived=archived)[1:3] == everybody[1:3]
    assert not found.is_cut


def test_of_equals_who_was_here_lately_comes_first_and_archived_files_come_last() -> None:
    now = timezone.now()
    names = ("Ann", "Zoe", "Mia", "Kit")
    old, lately, new, away = (factory.make_patient(first_name=name, last_name="Penney") for name in names)
    Patient.objects.filter(pk=old.pk).update(seen_at=now - timedelta(days=300))
    Patient.objects.filter(pk=lately.pk).update(seen_at=now - timedelta(days=3))
    Patient.objects.filter(pk=away.pk).update(seen_at=now, archived_at=now)
    assert Patient.objects.likeliest("penney")[:9] == [new, lately, old]
    assert Patient.objects.likeliest("penney", archived=True)[:9] == [new, lately, old, away]


def test_counting_stops_at_some_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "COUNTED", 3)
    for _ in range(4):
        factory.make_patient(last_name="Penney")
    cut, whole = Patient.objects.likeliest("penney"), Patient.objects.likeliest("rao")
    assert (cut.count(), cut.is_cut) == (3, True)
    assert (whole.count(), whole.is_cut) == (0, False)


@pytest.mark.parametrize("many", [0, 10**9])
def test_walked_or_gathered_the_order_is_the_same(monkeypatch: pytest.MonkeyPatch, many: int) -> None:
    monkeypatch.setattr(search, "MANY", many)
    made = [factory.make_patient(first_name=name, last_name="Penney") for name in ("Ann", "Zoe", "Mia")]
    assert Patient.objects.likeliest("penn")[:9] == made[::-1]


@pytest.mark.parametrize(
    ("text", "queries"), [("penney", 2), ("enn", 4), ("penn rao", 4), ("1974-05-08", 1), ("0118", 4)]
)
def test_as_few_questions_as_ways_of_matching_and_guesses_of_how_many(
    django_assert_num_queries: DjangoAssertNumQueries, text: str, queries: int
) -> None:
    for number in range(3):
        factory.make_patient(last_name="Penney", phone=f"+1709555011{8 + number % 2}")
    with django_assert_num_queries(queries):
        assert len(Patient.objects.likeliest(text)[:2]) <= 2
