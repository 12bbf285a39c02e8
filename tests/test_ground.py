import pytest
from django.apps import apps
from django.db import connection

from clinic.models import Clinic
from patients.models import Patient
from tests import factory
from tests.emptying import empty_the_database


@pytest.mark.django_db
def test_a_patient_gets_a_file_number_and_is_found_without_accents() -> None:
    patient = factory.make_patient(first_name="Élise", last_name="O’Brien-Tremblay")
    assert patient.file_number >= 1
    assert Patient.objects.filter(search_text__contains="elise obrien tremblay").get() == patient


@pytest.mark.django_db(transaction=True)
def test_what_a_test_committed_is_gone_after_it_with_the_history_that_nobody_may_delete() -> None:
    factory.make_plan(patient=factory.make_patient())
    Patient.objects.update(first_name="Élise")
    empty_the_database()
    tables = connection.introspection.table_names()
    kept = [model for model in apps.get_models() if model._meta.db_table in tables and model._base_manager.exists()]
    assert kept == []
    with connection.cursor() as cursor:
        cursor.execute("SHOW session_replication_role")
        assert cursor.fetchone() == ("origin",), "triggers speak again"


@pytest.mark.parametrize("turn", [1, 2])
@pytest.mark.django_db(transaction=True)
def test_each_test_finds_the_database_empty(turn: int) -> None:
    assert not Clinic.objects.exists()
    factory.make_clinic()
