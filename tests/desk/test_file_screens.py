"""The screens of whole files: archive, take back, side by side, merge, two people; and where old addresses lead."""

import re
import uuid
from datetime import date
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from clinic.models import AccessLog, Clinic, Role, User
from patients.models import Merge, Message, NotTwins, Patient
from tests import factory
from tests.desk.test_patient_page import BACKEND, NOW
from tests.scheduling.helpers import take
from treatments.models import Area

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(clinic: Clinic, client: Client) -> User:
    with time_machine.travel(NOW, tick=False):
        user = factory.make_user(Role.FRONT_DESK, name="Dana Rideout")
        client.force_login(user, BACKEND)
        yield user


def url(name: str, *patients: Patient) -> str:
    return reverse(name, args=[patient.public_id for patient in patients])


def send(client: Client, address: str, **typed: str) -> str:
    return client.post(address, {"operation": str(uuid.uuid4())} | typed, follow=True).content.decode()


def words(answer: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", answer.content.decode())).replace(" .", ".")


def two_files() -> tuple[Patient, Patient]:
    kept = factory.make_patient(first_name="Marguerite", last_name="Penney", note="Ramp", birth_date=date(1974, 5, 8))
    gone = factory.make_patient(
        first_name="Margaret", last_name="Penney", note="Mornings", birth_date=date(1974, 5, 8), town="Torbay"
    )
    return kept, gone


def test_a_file_is_archived_and_taken_back(desk: User, client: Client) -> None:
    patient = factory.make_patient(first_name="Devika", last_name="Rao")
    page = send(client, url("patient_archive", patient), reason="Moved away")
    assert "The file of Devika Rao is archived." in page
    assert "This file was archived on Tue 24 Nov" in page
    assert "Moved away" in page
    for gone in ('data-key="b"', 'data-key="e"', "Plan a course"):
        assert gone not in page
    assert "File archived" in page
    refused = client.get(url("plan_new", patient), follow=True).content.decode()
    assert "This file is archived. Nothing was saved." in refused
    page = send(client, url("patient_unarchive", patient))
    assert "is in use again" in page
    assert "File taken back into use" in page


def test_who_still_comes_is_not_archived(desk: User, client: Client) -> None:
    patient = factory.make_patient(first_name="Devika", last_name="Rao")
    take(factory.make_clinician(), factory.make_room(), date(2026, 12, 1), "14:00", 30, patient=patient)
    page = send(client, url("patient_archive", patient), reason="Moved away")
    assert "Devika Rao still comes on Tue 1 Dec, 14:00. Nothing was saved." in page
    assert "This file was archived" not in page


def test_archived_files_are_listed_when_they_are_asked_for(desk: User, client: Client) -> None:
    factory.make_patient(last_name="Penney", archived_at=NOW)
    for name in ("patient_list", "patient_find"):
        assert "<mark>Penney</mark>" not in client.get(reverse(name), {"q": "penney"}).content.decode()
        page = client.get(reverse(name), {"q": "penney", "archived": "1"}).content.decode()
        assert "<mark>Penney</mark>" in page
        assert "archived</span>" in page


def test_both_files_stand_side_by_side(
    desk: User, client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    kept, gone = two_files()
    plan = factory.make_plan(gone)
    Message.objects.create(patient=gone, kind="series_summary", due_at=NOW)
    take(factory.make_clinician(), factory.make_room(), date(2026, 12, 1), "14:00", 30, patient=gone)
    page = client.get(url("patient_merge", kept, gone)).content.decode()
    for words in ("1 course", "1 visit", "1 message", "Both, one under the other", 'name="take_address"'):
        assert words in page
    assert 'name="take_birth_date"' not in page
    assert set(AccessLog.objects.values_list("subject", "page")) == {
        (f"patient:{patient.public_id}", "merge") for patient in (kept, gone)
    }
    assert plan.patient == gone
    for _ in range(3):
        factory.make_plan(gone)
    with django_assert_num_queries(17):
        client.get(url("patient_merge", kept, gone))


def test_a_merge_is_done_told_and_leads_old_addresses_on(desk: User, client: Client) -> None:
    kept, gone = two_files()
    factory.make_plan(gone)
    typed = {"reason": "Same health card", "take_first_name": "gone", "take_note": "both", "take_address": "gone"}
    page = send(client, url("patient_merge", kept, gone), **typed)
    assert "The two files of Marguerite Penney are one now" in page
    assert f"File {gone.file_label} became part of this one" in page
    assert "1 course moved · Same health card · Dana Rideout" in page
    kept.refresh_from_db()
    assert (kept.first_name, kept.note, kept.town) == ("Margaret", "Ramp\nMornings", "Torbay")
    for name in ("patient_page", "patient_edit", "plan_new"):
        answer = client.get(url(name, gone), follow=True)
        assert answer.redirect_chain == [(url(name, kept), 302)]
        assert f"File {gone.file_label} was merged into this one" in answer.content.decode()
    found = client.get(reverse("patient_list"), {"q": gone.file_label}).content.decode()
    assert str(kept.public_id) in found
    assert str(gone.public_id) not in found


def test_the_second_of_a_double_click_ends_on_the_file_that_stays(desk: User, client: Client) -> None:
    kept, gone = two_files()
    key = str(uuid.uuid4())
    for _ in range(2):
        answer = client.post(url("patient_merge", kept, gone), {"operation": key, "reason": "Same card"})
        assert answer.status_code == 302
        assert answer.url == url("patient_page", kept)  # type: ignore[attr-defined]
    assert Merge.objects.count() == 1


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"reason": ""}, "Write how you know that they are one person. Nothing was saved."),
        (
            {"reason": "Same card", "kept_version": "7"},
            "Someone changed one of the files meanwhile. Nothing was saved.",
        ),
    ],
)
def test_a_refused_merge_keeps_what_was_chosen(
    desk: User, client: Client, typed: dict[str, str], sentence: str
) -> None:
    kept, gone = two_files()
    answer = client.post(
        url("patient_merge", kept, gone), {"operation": str(uuid.uuid4()), "take_first_name": "gone"} | typed
    )
    page = answer.content.decode()
    assert answer.status_code == 409
    assert sentence in page
    assert 'value="gone"\n         aria-describedby="fact-first_name"\n         checked' in page
    assert not Merge.objects.exists()


def test_visits_at_one_time_are_shown_before_and_refused_after(desk: User, client: Client) -> None:
    kept, gone = two_files()
    for patient, name in ((kept, "Moira Hynes"), (gone, "Anika Sandhu")):
        take(factory.make_clinician(name), factory.make_room(), date(2026, 12, 1), "14:00", 30, patient=patient)
    page = client.get(url("patient_merge", kept, gone)).content.decode()
    assert "Both have a visit on Tue 1 Dec at 14:00: cancel or move one of them first" in page
    page = send(client, url("patient_merge", kept, gone), reason="Same card")
    assert "Both files have a visit on Tue 1 Dec at 14:00. Nothing was saved." in page


def test_open_courses_on_one_place_are_named_before_the_merge(desk: User, client: Client) -> None:
    kept, gone = two_files()
    thigh = Area.objects.create(key="thigh", name="Thigh")
    belly = Area.objects.create(key="belly", name="Belly", sided=False)
    one = factory.make_plan(kept, areas=[(thigh, "left"), (belly, "midline")], name="Cellulite reduction")
    other = factory.make_plan(gone, areas=[(thigh, "left"), (thigh, "right")], name="Body contouring")
    address = url("patient_merge", kept, gone)
    page = words(client.get(address))
    assert (
        f"Cellulite reduction of file {kept.file_label} and Body contouring of file {gone.file_label} "
        "treat the same place: thigh left. After the merge their days are kept to each other. Stop one of them" in page
    )
    other.areas.filter(side="left").delete()
    assert "treat the same place" not in words(client.get(address))
    other.areas.update(side="midline")  # which touches both sides
    assert "treat the same place: thigh left." in words(client.get(address))
    one.status = "discontinued"
    one.save(update_fields=["status"])
    assert "treat the same place" not in words(client.get(address))


def test_two_people_are_said_to_be_two_and_leave_the_list(desk: User, client: Client) -> None:
    kept, gone = two_files()
    assert url("patient_merge", kept, gone) in client.get(reverse("patient_twin_list")).content.decode()
    assert "Write how you know that they are two people" in send(client, url("patient_not_twins", kept, gone))
    page = send(client, url("patient_not_twins", kept, gone), reason="Sisters")
    assert "Marguerite Penney and Margaret Penney stay two people." in page
    assert "No two files look alike" in page
    assert NotTwins.objects.get().actor.startswith("Dana Rideout")


def test_the_other_file_is_found_from_the_patients_page(desk: User, client: Client) -> None:
    kept, gone = two_files()
    address = url("patient_merge_find", kept)
    assert address in client.get(url("patient_page", kept)).content.decode()
    found = client.get(address, {"q": "penney"}).content.decode()
    assert url("patient_merge", kept, gone) in found
    assert url("patient_merge", kept, kept) not in found
    assert "No other file matches “zzz”" in client.get(address, {"q": "zzz"}).content.decode()
    assert client.get(url("patient_merge", kept, kept)).status_code == 404


def test_a_clinician_is_offered_neither_merge_nor_archive(clinic: Clinic, client: Client) -> None:
    client.force_login(factory.make_user(Role.CLINICIAN), BACKEND)
    patient = factory.make_patient()
    page = client.get(url("patient_page", patient)).content.decode()
    assert url("patient_merge_find", patient) not in page
    assert url("patient_archive", patient) not in page
    assert client.get(reverse("patient_twin_list")).status_code == 403
