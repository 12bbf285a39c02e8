"""When a patient was last here: the database keeps it as visits take place, are taken back, or change hands."""

from datetime import date, timedelta

import pytest

from clinic.models import Clinic
from patients.models import Patient
from scheduling.models import Appointment
from tests import factory
from tests.scheduling.helpers import take

pytestmark = pytest.mark.django_db
TUESDAY = date(2026, 11, 24)


def seen(patient: Patient) -> object:
    return Patient.objects.values_list("seen_at", flat=True).get(pk=patient.pk)


def test_it_follows_what_took_place_and_not_what_was_booked(clinic: Clinic) -> None:
    moira, room, patient = factory.make_clinician(), factory.make_room(), factory.make_patient()
    first = take(moira, room, TUESDAY, "10:00", 30, patient=patient, status="completed")
    second = take(moira, room, TUESDAY + timedelta(days=7), "10:00", 30, patient=patient)
    assert seen(patient) == first.starts_at
    Appointment.objects.filter(pk=second.pk).update(status="arrived")
    assert seen(patient) == second.starts_at
    Appointment.objects.filter(pk=second.pk).update(status="booked")
    assert seen(patient) == first.starts_at
    Appointment.objects.filter(pk=first.pk).update(status="booked")
    assert seen(patient) is None


def test_a_visit_that_changes_hands_takes_it_along(clinic: Clinic) -> None:
    moira, room = factory.make_clinician(), factory.make_room()
    gone, kept = factory.make_patient(), factory.make_patient()
    visit = take(moira, room, TUESDAY, "10:00", 30, patient=gone, status="completed")
    Appointment.objects.filter(pk=visit.pk).update(patient=kept)
    assert (seen(gone), seen(kept)) == (None, visit.starts_at)


def test_history_tells_nothing_of_it(clinic: Clinic) -> None:
    patient = factory.make_patient()
    take(factory.make_clinician(), factory.make_room(), TUESDAY, "10:00", 30, patient=patient, status="completed")
    assert Patient.pgh_event_model.objects.filter(pgh_obj_id=patient.pk).count() == 1  # type: ignore[attr-defined]
