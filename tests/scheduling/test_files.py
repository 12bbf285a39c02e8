"""Putting files away and making one of two: what is refused, what moves, what stays written down."""

import uuid
from datetime import date
from typing import Any

import pytest
from django.db import InternalError, transaction

from clinic.models import Clinician, Role, Room
from patients.details import Details
from patients.facts import BOTH, FACTS, GONE, KEPT, differs, together, usual
from patients.models import Channel, Merge, Message, MessageState, Patient
from scheduling.models import Appointment
from scheduling.planning import planner
from scheduling.services.appointments import cancel_appointment
from scheduling.services.files import FileClosed, FileRefused, archive_patient, unarchive_patient
from scheduling.services.merging import MergeRefused, Pair, merge_patients
from scheduling.services.series import book_series
from scheduling.services.undo import undo_operation
from tests import factory
from tests.scheduling.conftest import MONDAY
from tests.scheduling.helpers import choose, take
from treatments.catalogue import load_catalogue
from treatments.course import Course, PlanRefused
from treatments.models import TreatmentPlan
from treatments.services.plans import create_plan

pytestmark = pytest.mark.django_db
TUESDAY = date(2026, 12, 1)


def archive(patient: Patient, **fields: Any) -> Any:
    values = {"key": uuid.uuid4(), "patient_id": patient.pk, "reason": "Moved away", "actor": None, "now": MONDAY}
    return archive_patient(**values | fields)


def pair_of(kept: Patient, gone: Patient) -> Pair:
    kept.refresh_from_db()
    gone.refresh_from_db()
    return Pair(kept.pk, gone.pk, kept.version, gone.version)


def merge(kept: Patient, gone: Patient, **fields: Any) -> Any:
    values = {"key": uuid.uuid4(), "take": {}, "reason": "Same health card", "actor": None, "now": MONDAY}
    values |= {"pair": pair_of(kept, gone)} | fields
    done = merge_patients(**values)
    kept.refresh_from_db()
    gone.refresh_from_db()
    return done


def book_course(plan: TreatmentPlan, clinician: Clinician, **choices: Any) -> Any:
    wished = choose(clinician, **choices)
    slots = planner.propose(plan, wished, MONDAY).slots
    return book_series(
        key=uuid.uuid4(), plan_id=plan.pk, choices=wished, slots=slots, reasons={}, actor=None, now=MONDAY
    )


def test_a_file_is_put_away_and_taken_back_and_nothing_is_deleted(book: object) -> None:
    patient = factory.make_patient(last_name="Penney")
    archive(patient)
    patient.refresh_from_db()
    assert (patient.archived_at, patient.archived_reason, patient.version) == (MONDAY, "Moved away", 2)
    assert list(Patient.objects.matching("penney")) == []
    assert list(Patient.objects.matching("penney", archived=True)) == [patient]
    unarchive_patient(key=uuid.uuid4(), patient_id=patient.pk, actor=None, now=MONDAY)
    assert list(Patient.objects.matching("penney")) == [patient]
    events = patient.events.order_by("pgh_id").values_list("archived_reason", flat=True)  # type: ignore[attr-defined]
    assert list(events) == ["", "Moved away", ""]


def test_a_file_with_a_visit_ahead_stays_and_the_next_one_is_named(moira: Clinician, rooms: list[Room]) -> None:
    patient = factory.make_patient(last_name="Penney")
    take(moira, rooms[0], TUESDAY, "14:00", 30, patient=patient)
    with pytest.raises(FileRefused, match=r"Devika Penney still comes on Tue 1 Dec, 14:00\. Nothing was saved"):
        archive(patient)
    take(moira, rooms[0], date(2026, 11, 26), "09:15", 30, patient=patient)
    with pytest.raises(FileRefused, match="still comes 2 times, next on Thu 26 Nov, 09:15"):
        archive(patient)
    Appointment.objects.update(status="cancelled")
    archive(patient)


def test_why_is_asked_for_and_a_second_archive_is_refused(book: object) -> None:
    patient = factory.make_patient()
    with pytest.raises(FileRefused, match="Write why"):
        archive(patient, reason="  ")
    key = uuid.uuid4()
    archive(patient, key=key)
    archive(patient, key=key)  # the same submit again
    with pytest.raises(FileRefused, match="archived already"):
        archive(patient)


def test_nothing_is_booked_planned_or_put_back_for_a_file_that_is_away(plan: TreatmentPlan, moira: Clinician) -> None:
    booked = book_once(plan, moira)
    visit = Appointment.objects.get()
    cancelled = cancel_appointment(key=uuid.uuid4(), appointment_id=visit.pk, reason="Ill", actor=None, now=MONDAY)
    archive(plan.patient)
    with pytest.raises(FileClosed, match=r"This file is archived\. Nothing was saved"):
        book_once(plan, moira)
    with pytest.raises(FileClosed):
        undo_operation(key=uuid.uuid4(), operation_id=cancelled.pk, actor=None, now=MONDAY)
    assert not Appointment.objects.holding().exists()
    assert booked


def book_once(plan: TreatmentPlan, clinician: Clinician) -> Any:
    return book_course(plan, clinician, count=1)


def test_all_that_one_file_has_moves_and_is_written_down(
    plan: TreatmentPlan, moira: Clinician, rooms: list[Room]
) -> None:
    gone, kept = plan.patient, factory.make_patient(last_name="Penney")
    book_course(plan, moira, count=3)
    take(moira, rooms[1], date(2026, 11, 26), "09:00", 30, patient=gone)
    messages = Message.objects.filter(patient=gone).count()
    assert messages
    desk = factory.make_user(Role.FRONT_DESK, name="Dana Rideout")
    done = merge(kept, gone, actor=desk)
    assert Appointment.objects.filter(patient=kept).count() == 4
    assert Message.objects.filter(patient=kept).count() == messages
    plan.refresh_from_db()
    assert plan.patient == kept
    assert (gone.merged_into, gone.archived_at) == (kept, MONDAY)
    log = Merge.objects.get()
    assert (log.kept, log.gone, log.reason, log.user) == (kept, gone, "Same health card", desk)
    assert {kind: len(keys) for kind, keys in log.moved.items() if kind != "taken"} == done.result["moved"]
    assert done.result["moved"] == {"plans": 1, "visits": 4, "messages": messages, "links": 0, "files": 0, "waiting": 0}
    assert Patient.objects.matching(gone.file_label).first() == kept


def test_the_log_takes_no_change(book: object) -> None:
    kept, gone = factory.make_patient(), factory.make_patient()
    merge(kept, gone)
    for act in (lambda: Merge.objects.update(reason="Other"), lambda: Merge.objects.all().delete()):
        with pytest.raises(InternalError), transaction.atomic():
            act()


def test_a_booking_can_still_be_undone_after_the_merge(plan: TreatmentPlan, moira: Clinician) -> None:
    booked = book_course(plan, moira, count=2)
    merge(factory.make_patient(), plan.patient)
    undo_operation(key=uuid.uuid4(), operation_id=booked.pk, actor=None, now=MONDAY)
    assert not Appointment.objects.holding().exists()


def test_visits_at_one_time_stop_a_merge(anika: Clinician, moira: Clinician, rooms: list[Room]) -> None:
    kept, gone = factory.make_patient(), factory.make_patient()
    take(moira, rooms[0], TUESDAY, "14:00", 60, patient=kept)
    take(anika, rooms[1], TUESDAY, "14:30", 30, patient=gone)
    with pytest.raises(MergeRefused, match=r"Both files have a visit on Tue 1 Dec at 14:30\. Nothing was saved"):
        merge(kept, gone)
    gone.refresh_from_db()
    assert not gone.is_archived
    assert Appointment.objects.filter(patient=gone).count() == 1


def test_the_constraint_stops_what_the_look_would_miss(
    anika: Clinician, moira: Clinician, rooms: list[Room], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scheduling.services.merging.overlap", lambda *_: None)
    kept, gone = factory.make_patient(), factory.make_patient()
    take(moira, rooms[0], TUESDAY, "14:00", 60, patient=kept)
    take(anika, rooms[1], TUESDAY, "14:30", 30, patient=gone)
    with pytest.raises(MergeRefused, match="Both files have a visit at one time"):
        merge(kept, gone)


@pytest.mark.parametrize("fields", [{"first_name": "Margaret"}, {"note": "Ramp"}])
def test_what_changed_since_the_look_stops_a_merge(book: object, fields: dict[str, str]) -> None:
    kept, gone = factory.make_patient(), factory.make_patient()
    seen = pair_of(kept, gone)
    Patient.objects.filter(pk=gone.pk).update(version=2, **fields)
    with pytest.raises(MergeRefused, match="Someone changed one of the files meanwhile"):
        merge(kept, gone, pair=seen)


def test_merged_twice_asked_without_a_reason_or_into_an_archived_file_is_refused(book: object) -> None:
    kept, gone, other = factory.make_patient(), factory.make_patient(), factory.make_patient()
    with pytest.raises(MergeRefused, match="Write how you know"):
        merge(kept, gone, reason=" ")
    merge(kept, gone)
    with pytest.raises(MergeRefused, match=f"merged into file {kept.file_label}"):
        merge(other, gone)
    archive(other)
    with pytest.raises(MergeRefused, match="The file that stays is archived"):
        merge(other, kept)
    with pytest.raises(FileRefused, match="merged into"):
        unarchive_patient(key=uuid.uuid4(), patient_id=gone.pk, actor=None, now=MONDAY)


def test_a_chain_of_merges_leads_to_the_last_file(book: object) -> None:
    first, second, third = factory.make_patient(), factory.make_patient(), factory.make_patient()
    merge(second, first)
    merge(third, second)
    first.refresh_from_db()
    assert first.merged_into == third
    assert Patient.objects.matching(first.file_label).first() == third


def test_the_words_that_were_chosen_stay(book: object) -> None:
    kept = factory.make_patient(first_name="Marguerite", note="Ramp", email="", choices_source="Form at the desk")
    gone = factory.make_patient(
        first_name="Margaret", note="Mornings", street="47 Spruce Hill Road", choices_at=MONDAY, marketing_ok=True
    )
    proposed = {fact.name: usual(fact, kept, gone) for fact in FACTS if differs(fact, kept, gone)}
    assert {name for name, choice in proposed.items() if choice == GONE} == {"email", "address", "choices"}
    assert (proposed["note"], proposed["first_name"]) == (BOTH, KEPT)
    merge(kept, gone, take=proposed | {"first_name": GONE})
    assert (kept.first_name, kept.note, kept.street) == ("Margaret", "Ramp\nMornings", "47 Spruce Hill Road")
    assert (kept.email, kept.marketing_ok, kept.choices_at) == (gone.email, True, MONDAY)


def test_words_that_make_no_file_are_refused(book: object) -> None:
    kept = factory.make_patient()
    gone = factory.make_patient(birth_date=date(2012, 1, 1))
    with pytest.raises(MergeRefused, match="a guardian must be on file"):
        merge(kept, gone, take={"birth_date": GONE})


def test_what_is_left_out_stays_as_it_was(book: object) -> None:
    kept, gone = factory.make_patient(), factory.make_patient(note="Ramp")
    values = together(kept, gone, {})
    assert set(Details.of(kept).as_dict()) <= set(values)
    assert {name: getattr(kept, name) for name in values} == values


def test_a_message_that_waits_goes_to_the_file_that_stays(plan: TreatmentPlan, moira: Clinician) -> None:
    kept = factory.make_patient(email="kept@example.ca")
    book_course(plan, moira, count=1)
    merge(kept, plan.patient)
    waiting = Message.objects.filter(state=MessageState.WAITING, channel=Channel.EMAIL)
    assert {message.patient.email for message in waiting} == {"kept@example.ca"}


def test_a_course_is_not_planned_for_a_file_that_is_away(book: object) -> None:
    patient, protocol = factory.make_patient(), load_catalogue().protocols["cellulite"]
    archive(patient)
    with pytest.raises(PlanRefused, match="This file is archived"):
        create_plan(
            key=uuid.uuid4(),
            patient=patient,
            protocol=protocol,
            course=Course.usual(protocol),
            actor=None,
            now=MONDAY,
        )
