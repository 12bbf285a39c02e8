"""Registering a person and changing what is on file about them."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pghistory
from django.utils.translation import gettext as _

from clinic.lib.locks import in_transaction, lock_rows
from clinic.lib.operations import once
from clinic.models import Clinic, Operation, User
from patients.details import Details, DetailsRefused, problems
from patients.models import Patient


@dataclass(frozen=True)
class Change:
    """One fact that someone else changed meanwhile."""

    field: str
    was: Any
    now: Any


class StalePatient(Exception):
    """Someone else saved this person's details after the form was opened. Nothing was saved.

    `patient` is as on file now, `changes` what was changed, `by` who did it last ("" when nobody signed in did).
    """

    def __init__(self, patient: Patient, changes: list[Change], by: str) -> None:
        super().__init__("stale patient")
        self.patient = patient
        self.changes = changes
        self.by = by


def _check(details: Details, now: datetime) -> None:
    clinic = Clinic.objects.current()
    found = problems(details, now.astimezone(clinic.tz).date(), clinic.age_of_majority)
    if found:
        raise DetailsRefused(found)


def _source(actor: User | None, way: str) -> str:
    """Say how the choices came here: "on the phone, told Dana Rideout"."""
    told = _("told %(name)s") % {"name": actor.name} if actor else "" if way else _("brought in from elsewhere")
    return ", ".join(part for part in (way, told) if part)[:60]


def register_patient(*, key: uuid.UUID, details: Details, actor: User | None, now: datetime, way: str = "") -> Patient:
    """Open a file for a person. The same key again returns the same file. `way` says how the choices were told.

    Raises DetailsRefused, OperationReused.
    """
    _check(details, now)

    def act(operation: Operation) -> None:
        patient = Patient.objects.create(**details.as_dict(), choices_at=now, choices_source=_source(actor, way))
        operation.result = {"patient": str(patient.public_id)}

    def save() -> Patient:
        with pghistory.context(user=actor.pk if actor else None):
            operation = once(key=key, kind="register", actor=actor, body=details.as_dict(), now=now, act=act)
            return Patient.objects.get(public_id=operation.result["patient"])

    return in_transaction(save)


def edit_patient(
    *, patient_id: int, version: int, details: Details, actor: User | None, now: datetime, way: str = ""
) -> Patient:
    """Change what is on file, if it still is what the form showed (`version`). Another choice is dated anew.

    `way` says how a changed choice was told. Raises DetailsRefused, StalePatient.
    """
    _check(details, now)

    def save() -> Patient:
        lock_rows(Patient, [patient_id])
        patient = Patient.objects.get(pk=patient_id)
        before = Details.of(patient)
        if details == before:  # also the second of a double click
            return patient
        if patient.version != version:
            raise _stale(patient, version)
        for name, value in details.as_dict().items():
            setattr(patient, name, value)
        if not details.same_choices(before):
            patient.choices_at, patient.choices_source = now, _source(actor, way)
        patient.version += 1
        with pghistory.context(user=actor.pk if actor else None):
            patient.save()
        return patient

    return in_transaction(save)


def _stale(patient: Patient, version: int) -> StalePatient:
    """Return what changed since this version, and who changed it last."""
    events = patient.events.order_by("pgh_id")  # type: ignore[attr-defined]  # made by pghistory
    seen = events.filter(version=version).last()
    last = events.select_related("pgh_context").last()
    was = Details.of(seen).as_dict() if seen else {}
    now = Details.of(patient).as_dict()
    changes = [Change(field=name, was=was[name], now=now[name]) for name in was if was[name] != now[name]]
    user = last and last.pgh_context and last.pgh_context.metadata.get("user")
    by = User.objects.filter(pk=user).values_list("name", flat=True).first() if user else None
    return StalePatient(patient, changes, by or "")
