"""What marks a visit for the desk: each flag where it belongs and nowhere else, and the sentence that says why."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinic.models import Clinic, Clinician, Room
from patients.models import Patient
from scheduling.day.flags import Flag, Measures, flags_of
from scheduling.day.visits import DayVisit, day_visits
from scheduling.models import Appointment
from tests import factory
from tests.scheduling.conftest import MONDAY
from tests.scheduling.helpers import take
from treatments.models import TreatmentPlan

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 23)


def read(visit: Appointment) -> DayVisit:
    [found] = day_visits(Appointment.objects.filter(pk=visit.pk))
    return found


def flags(visit: Appointment, **measures: Any) -> dict[str, Flag]:
    at = Measures.of(Clinic.objects.current(), measures.pop("now", MONDAY), **measures)
    return {flag.key: flag for flag in flags_of(read(visit), at)}


def known(moira: Clinician, rooms: list[Room], **facts: Any) -> Patient:
    """Return a patient who was treated here before; each on a day of the past year of their own."""
    patient = factory.make_patient(**facts)
    day = date(2025, 11, 1) + timedelta(days=Appointment.objects.count())
    take(moira, rooms[0], day, "14:00", 30, patient=patient, status="completed")
    return patient


def place(moira: Clinician, rooms: list[Room], wall: str, day: date = TODAY, **fields: Any) -> Appointment:
    """Book a visit, of a patient who was here before unless another is named."""
    patient = fields.pop("patient", None) or known(moira, rooms)
    return take(moira, rooms[0], day, wall, 45, patient=patient, **fields)


def test_a_confirmed_visit_of_a_known_patient_has_no_flag(moira: Clinician, rooms: list[Room]) -> None:
    assert flags(place(moira, rooms, "14:00", status="confirmed")) == {}


def test_a_visit_is_read_as_its_row_says(moira: Clinician, rooms: list[Room], plan: TreatmentPlan) -> None:
    visit = take(moira, rooms[0], TODAY, "14:00", 45, patient=plan.patient, session=plan.sessions.get(number=3))
    found = read(visit)
    assert (found.pk, found.public_id, found.starts_at, found.number, found.session_count) == (
        visit.pk,
        str(visit.public_id),
        visit.starts_at,
        3,
        10,
    )
    assert (found.patient_name, found.file_label, found.what) == (
        plan.patient.full_name,
        plan.patient.file_label,
        "Cellulite reduction",
    )
    assert found.phone_label == f"709-555-{str(plan.patient.phone)[-4:]}"
    assert (found.status_word, found.device_name, found.is_ahead) == ("Booked", None, True)


def test_the_first_visit_is_the_first_that_holds_a_time(moira: Clinician, rooms: list[Room]) -> None:
    patient = factory.make_patient()
    place(moira, rooms, "08:00", date(2026, 11, 16), patient=patient, status="no_show")
    first = place(moira, rooms, "14:00", patient=patient, status="confirmed")
    second = place(moira, rooms, "14:00", date(2026, 11, 30), patient=patient)
    assert flags(first)["first"].sentence == "The first visit here: allow time for the tour and the file."
    assert "first" not in flags(second)
    Appointment.objects.filter(pk=first.pk).update(status="arrived")
    Appointment.objects.filter(pk=first.pk).update(status="completed")
    assert set(flags(first)) == {"first"}, "it stays what it was, also when it is over"


def test_who_does_not_come_in_time_is_late_until_someone_says_that_they_came(
    moira: Clinician, rooms: list[Room]
) -> None:
    visit = place(moira, rooms, "08:40", status="confirmed")
    assert flags(visit)["late"].sentence == ("Expected at 08:40, 20 minutes ago, and nobody has said that they came.")
    assert "late" not in flags(visit, now=MONDAY - timedelta(minutes=5))
    assert "late" not in flags(visit, now=MONDAY + timedelta(hours=1)), "its time is over: that is another question"
    Appointment.objects.filter(pk=visit.pk).update(status="arrived")
    assert {key: flag.sentence for key, flag in flags(visit).items()} == {
        "waits": "Here, and the visit should have begun 20 minutes ago."
    }


def test_what_is_not_confirmed_is_marked_when_it_is_near(moira: Clinician, rooms: list[Room]) -> None:
    near, far = place(moira, rooms, "14:00"), place(moira, rooms, "14:00", date(2026, 11, 25))
    assert flags(near)["unconfirmed"].sentence == "Not confirmed, and less than 24 hours ahead: call."
    assert flags(far) == {}


def test_who_gets_no_mail_is_told_by_phone(moira: Clinician, rooms: list[Room]) -> None:
    for facts in ({"email": ""}, {"reminders_by_email": False}):
        visit = place(moira, rooms, "14:00", status="confirmed", patient=known(moira, rooms, **facts))
        assert set(flags(visit)) == {"no_mail"}
        visit.delete()


def test_who_is_under_age_comes_with_the_guardian(moira: Clinician, rooms: list[Room]) -> None:
    young = known(
        moira,
        rooms,
        birth_date=date(2007, 11, 24),
        guardian_name="Anna Kieley",
        guardian_phone="+17095550199",
    )
    today = place(moira, rooms, "14:00", status="confirmed", patient=young)
    said = flags(today)["minor"].sentence
    assert said == "18 years old: under 19, a guardian decides. It is Anna Kieley, 709-555-0199."
    birthday = place(moira, rooms, "14:00", date(2026, 11, 24), status="confirmed", patient=young)
    assert flags(birthday) == {}


def test_reasons_notes_and_guardians_are_for_the_desk_alone(moira: Clinician, rooms: list[Room]) -> None:
    patient = known(moira, rooms, note="Prefers room 2")
    visit = place(moira, rooms, "14:00", status="confirmed", patient=patient, early_reason="Travels", late_reason="Ill")
    told = " ".join(flag.sentence for flag in flags(visit).values())
    assert set(flags(visit)) == {"early", "gap", "note"}
    for words in ("The reason: Travels", "The reason: Ill", "Prefers room 2"):
        assert words in told
    discreet = " ".join(flag.sentence for flag in flags(visit, discreet=True).values())
    assert set(flags(visit, discreet=True)) == {"early", "gap", "note"}
    for words in ("Travels", "Ill", "Prefers"):
        assert words not in discreet


def test_what_stands_outside_the_hours_is_marked(moira: Clinician, rooms: list[Room]) -> None:
    visit = place(moira, rooms, "14:00", status="confirmed")
    assert set(flags(visit, outside={visit.pk})) == {"outside"}
    assert set(flags(visit, outside={visit.pk + 1})) == set()


@pytest.mark.parametrize("status", ["no_show", "cancelled"])
def test_what_did_not_take_place_has_no_flags(moira: Clinician, rooms: list[Room], status: str) -> None:
    visit = place(moira, rooms, "14:00", status=status, patient=factory.make_patient(note="Knocks", email=""))
    assert flags(visit, outside={visit.pk}) == {}


def test_any_number_of_visits_is_one_query(moira: Clinician, rooms: list[Room]) -> None:
    for hour in range(9, 15):
        place(moira, rooms, f"{hour:02d}:00")
    with CaptureQueriesContext(connection) as caught:
        assert len(day_visits(Appointment.objects.filter(wall_date=TODAY))) == 6
    assert len(caught) == 1
