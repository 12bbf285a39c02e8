import pytest

from patients.models import Patient
from tests import factory


@pytest.mark.django_db
def test_a_patient_gets_a_file_number_and_is_found_without_accents() -> None:
    patient = factory.make_patient(first_name="Élise", last_name="O’Brien-Tremblay")
    assert patient.file_number >= 1
    assert Patient.objects.filter(search_text__contains="elise obrien tremblay").get() == patient
