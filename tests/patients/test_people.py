"""Registering and editing: the rules, one file a submit, and two people at one file."""

import uuid
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from clinic.lib.operations import OperationReused
from clinic.models import Clinic, Operation, Role
from patients.details import Details, DetailsRefused
from patients.models import Patient
from patients.services.people import StalePatient, edit_patient, register_patient
from patients.twins import find_twins
from tests import factory

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 14, 0, tzinfo=UTC)
MARGUERITE = Details(
    first_name="Marguerite",
    last_name="Penney",
    birth_date=date(1974, 5, 8),
    phone="+17095550118",
    email="m.penney@example.ca",
)


def register(key: uuid.UUID | None = None, details: Details = MARGUERITE, **fields: Any) -> Patient:
    return register_patient(key=key or uuid.uuid4(), details=details, actor=fields.get("actor"), now=NOW)


def edit(patient: Patient, version: int, **changes: Any) -> Patient:
    details = replace(Details.of(patient), **changes)
    return edit_patient(patient_id=patient.pk, version=version, details=details, actor=None, now=NOW)


def test_registering_opens_a_file_with_a_number_and_dated_choices(clinic: Clinic) -> None:
    desk = factory.make_user(Role.FRONT_DESK, name="Dana Rideout")
    patient = register(actor=desk)
    assert patient.file_number > 0
    assert patient.phone.as_e164 == "+17095550118"
    assert (patient.choices_at, patient.choices_source) == (NOW, "told Dana Rideout")
    assert patient.reminders_by_email
    assert not patient.marketing_ok


def test_a_double_click_opens_one_file(clinic: Clinic) -> None:
    key = uuid.uuid4()
    assert register(key) == register(key)
    assert Patient.objects.count() == Operation.objects.count() == 1


def test_the_same_key_with_other_words_is_refused(clinic: Clinic) -> None:
    key = uuid.uuid4()
    register(key)
    with pytest.raises(OperationReused):
        register(key, replace(MARGUERITE, first_name="Margaret"))
    assert Patient.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"first_name": " "}, "first_name"),
        ({"last_name": ""}, "last_name"),
        ({"birth_date": date(2026, 11, 25)}, "birth_date"),
        ({"birth_date": date(1899, 12, 31)}, "birth_date"),
        ({"phone": "", "email": ""}, "phone"),
    ],
)
def test_details_that_cannot_be_are_refused_by_field(clinic: Clinic, changes: dict[str, Any], field: str) -> None:
    with pytest.raises(DetailsRefused) as refused:
        register(details=replace(MARGUERITE, **changes))
    assert list(refused.value.problems) == [field]
    assert not Patient.objects.exists()


def test_today_is_the_clinics_day_not_the_servers(clinic: Clinic) -> None:
    """At 01:00 UTC it is still the day before in St. John's: a child born "tomorrow" there is refused."""
    early = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
    with pytest.raises(DetailsRefused):
        register_patient(
            key=uuid.uuid4(), details=replace(MARGUERITE, birth_date=date(2026, 11, 24)), actor=None, now=early
        )


def test_an_edit_counts_the_version_up_and_one_without_change_does_not(clinic: Clinic) -> None:
    patient = register()
    assert edit(patient, 1, note="Needs the ramp").version == 2
    patient.refresh_from_db()
    assert edit(patient, 2).version == 2


def test_choices_are_dated_only_when_they_change(clinic: Clinic) -> None:
    patient = factory.make_patient(choices_source="Form at the desk")
    edit(patient, 1, note="Parks behind the clinic")
    patient.refresh_from_db()
    assert patient.choices_source == "Form at the desk"
    edit(patient, 2, marketing_ok=True)
    patient.refresh_from_db()
    assert (patient.choices_at, patient.choices_source) == (NOW, "brought in from elsewhere")


def test_a_stale_edit_saves_nothing_and_says_who_changed_what(clinic: Clinic) -> None:
    patient, desk = register(), factory.make_user(Role.FRONT_DESK, name="Dana Rideout")
    theirs = replace(Details.of(patient), phone="+17095550199", note="Mornings only")
    edit_patient(patient_id=patient.pk, version=1, details=theirs, actor=desk, now=NOW)
    with pytest.raises(StalePatient) as stale:
        edit(patient, 1, email="maggie@example.ca")
    assert stale.value.by == "Dana Rideout"
    assert {change.field: str(change.now) for change in stale.value.changes} == {
        "phone": "+17095550199",
        "note": "Mornings only",
    }
    patient.refresh_from_db()
    assert patient.email == "m.penney@example.ca"


def test_the_second_of_a_double_click_on_save_is_no_conflict(clinic: Clinic) -> None:
    patient = register()
    edit(patient, 1, note="Needs the ramp")
    assert edit(patient, 1, note="Needs the ramp").version == 2


def test_a_like_name_with_the_same_birth_date_may_be_the_same_person(clinic: Clinic) -> None:
    patient = register()
    typed = {"first_name": "Margaret", "last_name": "Penny", "birth_date": date(1974, 5, 8)}
    twin = find_twins(typed)[0]
    assert twin.patient == patient
    assert twin.same_birth_date
    assert not twin.same_name


def test_a_couple_with_one_phone_is_no_twin(clinic: Clinic) -> None:
    register()
    typed = {"first_name": "Gerald", "last_name": "Stone", "birth_date": date(1970, 1, 1), "phone": "+17095550118"}
    assert find_twins(typed) == []


def test_nothing_typed_yet_has_no_twin(clinic: Clinic) -> None:
    register()
    assert find_twins({}) == []
