"""Put a patient's file away, and take it back into use. Lies here because the book says whether they still come."""

import uuid
from collections.abc import Callable
from datetime import datetime

import pghistory
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clinic.lib.days import clock, day_words, local_day, wall_time
from clinic.lib.locks import StateRefused, compare_and_set, in_transaction, lock_rows
from clinic.lib.operations import once
from clinic.models import Clinic, Operation, User
from patients.archived import why_closed
from patients.models import Patient
from scheduling.models import Appointment
from scheduling.services.errors import BookingError

COMING = ["booked", "confirmed", "arrived", "in_treatment"]
"""Statuses of a visit that is not over: until its end it keeps its patient's file in use."""


Act = Callable[[Operation], None]


class FileClosed(BookingError):
    """The file takes no visits: it is archived, or merged into another."""


class FileRefused(BookingError):
    """The file cannot be put away, or taken back."""


def refuse_closed(patient: Patient) -> None:
    """Raise FileClosed for a file that is not in use. Call with a patient read under its lock."""
    if sentence := why_closed(patient):
        raise FileClosed(sentence)


def archive_patient(*, key: uuid.UUID, patient_id: int, reason: str, actor: User | None, now: datetime) -> Operation:
    """Put a file away: it is found only when archived ones are asked for, and takes no visits. Nothing is deleted.

    Raises FileRefused while a visit lies ahead, with the next of them; OperationReused, Busy.
    """

    def act(operation: Operation) -> None:
        patient = _locked(patient_id)
        if not reason.strip():
            raise FileRefused(_("Write why the file is put away. Nothing was saved."))
        if patient.is_archived:
            raise FileRefused(_("This file is archived already. Nothing was changed."))
        _refuse_while_coming(patient, now)
        _set(patient, now, reason.strip()[:200])
        operation.result = {"patient": str(patient.public_id)}

    return _once(key, "archive_patient", patient_id, {"reason": reason}, actor, now, act)


def unarchive_patient(*, key: uuid.UUID, patient_id: int, actor: User | None, now: datetime) -> Operation:
    """Take a file back into use; one that was merged stays with the other.

    Raises FileRefused, OperationReused, Busy.
    """

    def act(operation: Operation) -> None:
        patient = _locked(patient_id)
        if patient.merged_into_id:
            raise FileRefused(why_closed(patient))
        if not patient.is_archived:
            raise FileRefused(_("This file is in use already. Nothing was changed."))
        _set(patient, None, "")
        operation.result = {"patient": str(patient.public_id)}

    return _once(key, "unarchive_patient", patient_id, {}, actor, now, act)


def _once(
    key: uuid.UUID, kind: str, patient_id: int, body: dict[str, str], actor: User | None, now: datetime, act: Act
) -> Operation:
    def attempt() -> Operation:
        asked = {"patient": patient_id, **body}
        with pghistory.context(user=actor.pk if actor else None):
            return once(key=key, kind=kind, actor=actor, body=asked, now=now, act=act)

    try:
        return in_transaction(attempt)
    except StateRefused as error:
        raise FileRefused(_("Someone changed this file meanwhile. Nothing was saved. Look at it again.")) from error


def _locked(patient_id: int) -> Patient:
    lock_rows(Patient, [patient_id])
    return Patient.objects.select_related("merged_into").get(pk=patient_id)


def _set(patient: Patient, at: datetime | None, reason: str) -> None:
    compare_and_set(
        patient,
        same=("archived_at", "version"),
        archived_at=at,
        archived_reason=reason,
        version=patient.version + 1,
    )


def _refuse_while_coming(patient: Patient, now: datetime) -> None:
    ahead = Appointment.objects.filter(patient=patient, status__in=COMING, ends_at__gt=now).order_by("starts_at")
    starts = list(ahead.values_list("starts_at", flat=True))
    if not starts:
        return
    zone = Clinic.objects.current().tz
    words = ngettext(
        "%(name)s still comes on %(when)s. Nothing was saved. Cancel that visit first, then archive the file.",
        "%(name)s still comes %(count)d times, next on %(when)s. Nothing was saved. "
        "Cancel those visits first, then archive the file.",
        len(starts),
    )
    day = day_words(local_day(starts[0], zone), local_day(now, zone))
    when = f"{day}, {clock(wall_time(starts[0], zone))}"
    raise FileRefused(words % {"name": patient.full_name, "count": len(starts), "when": when})
