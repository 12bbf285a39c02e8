"""Refusals about people and what they are told: their details, their files, two files of one person, messages."""

import uuid
from datetime import date, timedelta
from typing import Any

from clinic.models import Operation
from patients.models import Channel, Message, Patient
from scheduling.models import Appointment, AppointmentMessage, SeriesMessage
from tests import factory
from tests.refusals.scene import Cases, Scene
from tests.scheduling.conftest import MONDAY

CASES = Cases()
shows = CASES.shows
TYPED = {
    "first_name": "Marguerite",
    "last_name": "Penney",
    "birth_date": "8 May 1974",
    "phone": "709-555-0118",
    "email": "m.penney@example.ca",
    "language": "en-ca",
    "way": "at the desk",
}


def register(s: Scene, **typed: str) -> None:
    s.send("patient_new", **TYPED | typed)


@shows("Enter the last name.")
def register_without_a_last_name(s: Scene) -> None:
    register(s, last_name="")


@shows("Enter the first name.")
def register_without_any_name(s: Scene) -> None:
    register(s, first_name="")


@shows("Enter the birth date: it tells people of one name apart.")
def register_without_a_birth_date(s: Scene) -> None:
    register(s, birth_date="")


@shows("Write the day, the month and the year in four digits: 8 May 1974.")
def register_a_birth_date_that_is_none(s: Scene) -> None:
    register(s, birth_date="31 June 1974")


@shows("This day has not come yet. Check the year.")
def register_somebody_not_born_yet(s: Scene) -> None:
    register(s, birth_date="8 May 2074")


@shows("Nobody was born in 1874. Check the year.")
def register_somebody_too_old(s: Scene) -> None:
    register(s, birth_date="8 May 1874")


@shows("Give a phone number or an e-mail: there must be a way to reach them.")
def register_nobody_can_reach_them(s: Scene) -> None:
    register(s, phone="", email="")


@shows("This is no phone number. With its area code: 709-555-0118")
def register_a_phone_that_is_none(s: Scene) -> None:
    register(s, phone="55")


@shows("An e-mail has an @ in the middle: name@example.ca")
def register_an_email_without_at(s: Scene) -> None:
    register(s, email="m.penney")


@shows("Something must stand before the @: name@example.ca")
def register_an_email_of_nobody(s: Scene) -> None:
    register(s, email="@example.ca")


@shows("After the @ it needs an ending: example.ca")
def register_an_email_without_an_ending(s: Scene) -> None:
    register(s, email="m.penney@example")


@shows("This is no e-mail address. It looks like name@example.ca")
def register_an_email_that_is_none(s: Scene) -> None:
    register(s, email="m penney@example.ca")


@shows("Write the phone of Ron, or leave the emergency contact empty.")
def register_a_contact_without_a_phone(s: Scene) -> None:
    register(s, emergency_name="Ron")


@shows("Write whose phone this is, or leave the emergency contact empty.")
def register_a_contact_without_a_name(s: Scene) -> None:
    register(s, emergency_phone="709-555-0119")


@shows("Marguerite is 16. Under 19 a guardian must be on file: write their name.")
def register_somebody_under_age(s: Scene) -> None:
    register(s, birth_date="8 May 2010")


@shows("Write the phone at which the guardian is reached.")
def register_somebody_under_age_without_the_guardians_phone(s: Scene) -> None:
    register(s, birth_date="8 May 2010", guardian_name="Ron")


@shows("This form was saved before with other words. Nothing was saved now. Open a new one to register.")
def register_back_and_changed(s: Scene) -> None:
    key = str(uuid.uuid4())
    register(s, operation=key)
    register(s, operation=key, first_name="Margaret")


@shows("Many people are saving at this moment. Nothing was saved. Try again.")
def register_in_a_crowd(s: Scene) -> None:
    s.crowd()
    register(s)


def edit(s: Scene, version: int, **typed: str) -> None:
    s.send("patient_edit", s.patient.public_id, version=str(version), **TYPED | typed)


@shows("Dana Rideout changed this file while you wrote")
def edit_what_somebody_else_edited(s: Scene) -> None:
    edit(s, 1)
    edit(s, 1, first_name="Margaret")


@shows("Someone else is saving this file. Nothing was saved. Try again.")
def edit_in_a_crowd(s: Scene) -> None:
    s.crowd("patients.services.people.lock_rows")
    edit(s, 1)


# --- Files ---


@shows("Write why the file is put away. Nothing was saved.")
def archive_without_a_reason(s: Scene) -> None:
    s.send("patient_archive", s.patient.public_id)


@shows("still comes on Tue 1 Dec, 14:00. Nothing was saved. Cancel that visit first, then archive the file.")
def archive_who_still_comes(s: Scene) -> None:
    s.visit()
    s.send("patient_archive", s.patient.public_id, reason="Moved away")


@shows("still comes 2 times, next on Tue 1 Dec, 14:00. Nothing was saved. Cancel those visits first")
def archive_who_still_comes_twice(s: Scene) -> None:
    s.visit()
    s.visit(date(2026, 12, 8))
    s.send("patient_archive", s.patient.public_id, reason="Moved away")


@shows("This file is archived already. Nothing was changed.")
def archive_twice(s: Scene) -> None:
    for _ in range(2):
        s.send("patient_archive", s.patient.public_id, reason="Moved away")


@shows("This file is in use already. Nothing was changed.")
def take_back_what_is_in_use(s: Scene) -> None:
    s.send("patient_unarchive", s.patient.public_id)


@shows("Nothing was saved. Go on in that one.")
def take_back_what_was_merged(s: Scene) -> None:
    Patient.objects.filter(pk=s.patient.pk).update(archived_at=MONDAY, merged_into=factory.make_patient())
    s.send("patient_unarchive", s.patient.public_id)


@shows("Someone changed this file meanwhile. Nothing was saved. Look at it again.")
def archive_what_somebody_changed_at_that_moment(s: Scene) -> None:
    change = Patient.objects.filter(pk=s.patient.pk)
    s.meanwhile("scheduling.services.files.compare_and_set", lambda: change.update(version=9))
    s.send("patient_archive", s.patient.public_id, reason="Moved away")


@shows("This form was sent before with other words. Nothing was saved. Look again.")
def archive_back_and_changed(s: Scene) -> None:
    key = str(uuid.uuid4())
    for reason in ("Moved away", "Has died"):
        s.send("patient_archive", s.patient.public_id, reason=reason, operation=key)


@shows("Someone else is saving this file. Nothing was saved. Try again.")
def archive_in_a_crowd(s: Scene) -> None:
    s.crowd()
    s.send("patient_archive", s.patient.public_id, reason="Moved away")


def other(**fields: Any) -> Patient:
    return factory.make_patient(**{"first_name": "Margaret", "last_name": "Penney"} | fields)


def merge(s: Scene, gone: Patient, **sent: str) -> None:
    s.send("patient_merge", s.patient.public_id, gone.public_id, **{"reason": "Same card"} | sent)


@shows("Write how you know that they are one person. Nothing was saved.")
def merge_without_a_reason(s: Scene) -> None:
    merge(s, other(), reason="")


@shows("Nothing was saved. Cancel or move one of them first.")
def merge_two_who_were_here_at_one_time(s: Scene) -> None:
    gone = other()
    s.visit()
    s.visit(patient=gone, clinician=s.anika, room=s.rooms[1])
    merge(s, gone)


@shows("Both files have a visit at one time. Nothing was saved. Move one of them.")
def merge_when_the_book_alone_sees_the_two_visits(s: Scene) -> None:
    s.patch.setattr("scheduling.services.merging.overlap", lambda *_files: None)
    merge_two_who_were_here_at_one_time(s)


@shows("Someone changed one of the files meanwhile. Nothing was saved. Look at both again.")
def merge_what_somebody_changed(s: Scene) -> None:
    gone = other()
    Patient.objects.filter(pk=gone.pk).update(version=2)
    merge(s, gone, kept_version="1", gone_version="1")


@shows("The file that stays is archived. Nothing was saved. Take it back into use first.")
def merge_into_an_archived_file(s: Scene) -> None:
    s.send("patient_archive", s.patient.public_id, reason="Moved away")
    merge(s, other())


@shows("meanwhile. Nothing was saved. Go on in that one.")
def merge_what_was_merged_at_that_moment(s: Scene) -> None:
    gone, third = other(), other()
    change = Patient.objects.filter(pk=gone.pk)
    s.meanwhile("scheduling.services.merging.lock_book", lambda: change.update(archived_at=MONDAY, merged_into=third))
    merge(s, gone)


@shows(
    "a guardian must be on file: write their name. Write the phone at which the guardian is reached. Nothing was saved."
)
def merge_into_somebody_who_would_lack_a_guardian(s: Scene) -> None:
    gone = other(birth_date=date(2010, 5, 8))
    merge(s, gone, take_birth_date="gone")


@shows("Someone else is saving this file. Nothing was saved. Try again.")
def merge_in_a_crowd(s: Scene) -> None:
    s.crowd()
    merge(s, other())


@shows("Write how you know that they are two people. Nothing was saved.")
def two_people_without_a_reason(s: Scene) -> None:
    s.send("patient_not_twins", s.patient.public_id, other().public_id)


# --- Messages ---


def message(s: Scene, state: str, visit: Appointment | None = None, **fields: Any) -> Message:
    """Put the reminder of a visit into the outbox, as it ended."""
    made = Message.objects.create(
        patient=s.patient, kind="reminder_1_day", due_at=MONDAY, state=state, settled_at=MONDAY, **fields
    )
    about = visit or s.visit(date(2026, 11, 24))
    AppointmentMessage.objects.create(message=made, appointment=about, kind="reminder_1_day", version=about.version)
    return made


@shows("Only what was sent, failed or came too late is sent again. Nothing was added.")
def send_again_what_was_withdrawn(s: Scene) -> None:
    s.send("message_resend", message(s, "withdrawn").public_id)


@shows("was refused and is still on file. Correct the address first. Nothing was added.")
def send_again_to_an_address_that_failed(s: Scene) -> None:
    sent = message(s, "failed", reason="550 no such user", to_address=s.patient.email)
    s.send("message_resend", sent.public_id)


@shows("No e-mail address on file: call instead. Nothing was added.")
def send_again_without_an_address(s: Scene) -> None:
    Patient.objects.filter(pk=s.patient.pk).update(email="")
    s.send("message_resend", message(s, "sent").public_id)


@shows("It is not true any more: The visit is not ahead any more. Nothing was added.")
def send_again_about_a_visit_that_is_over(s: Scene) -> None:
    s.send("message_resend", message(s, "sent", s.visit(date(2026, 11, 24), status="completed")).public_id)


@shows("It is not true any more: The visit was moved. Nothing was added.")
def send_again_about_a_visit_that_was_moved(s: Scene) -> None:
    s.send("message_resend", message(s, "sent", s.visit(date(2026, 12, 9))).public_id)


@shows("The same message is due already. It leaves by itself. Nothing was added.")
def send_again_what_waits(s: Scene) -> None:
    sent = message(s, "sent")
    for _ in range(2):
        s.send("message_resend", sent.public_id)


@shows("The same message is due already. It leaves by itself. Nothing was added.")
def send_again_dates_that_wait(s: Scene) -> None:
    sent = Message.objects.create(
        patient=s.patient, kind="series_summary", due_at=MONDAY, state="sent", settled_at=MONDAY
    )
    s.course(2)
    s.send("course_add", s.plan.public_id, count="1")
    link = {"plan": s.plan, "operation": Operation.objects.get()}
    SeriesMessage.objects.create(message=sent, is_open=False, **link)
    waits = Message.objects.create(patient=s.patient, kind="series_summary", due_at=MONDAY + timedelta(hours=1))
    SeriesMessage.objects.create(message=waits, **link)
    s.send("message_resend", sent.public_id)


@shows("This button was not complete. Nothing was added. Load the page again.")
def send_again_without_a_key(s: Scene) -> None:
    s.send("message_resend", message(s, "sent").public_id, operation="")


@shows("This form was answered already. Nothing was added. Open the message again.")
def send_again_another_by_the_same_form(s: Scene) -> None:
    key = str(uuid.uuid4())
    for day in (24, 25):
        s.send("message_resend", message(s, "sent", s.visit(date(2026, 11, day))).public_id, operation=key)


@shows("Someone is working on the same visit. Nothing was saved. Try once more.")
def send_again_in_a_crowd(s: Scene) -> None:
    sent = message(s, "sent")
    s.crowd()
    s.send("message_resend", sent.public_id)


@shows("This message needs no call any more. Nothing was changed.")
def tell_by_phone_what_was_told(s: Scene) -> None:
    told = Message.objects.create(
        patient=s.patient, kind="reminder_1_day", due_at=MONDAY, state="waiting", channel=Channel.PHONE
    )
    for _ in range(2):
        s.send("message_told", told.public_id)
