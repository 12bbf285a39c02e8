"""Making a patient's plan: a protocol made personal, its sessions numbered from 1."""

import uuid
from datetime import datetime

import pghistory
from django.db import IntegrityError

from clinic.lib.access import Permission, allows
from clinic.lib.days import local_day
from clinic.lib.locks import broken_rule, in_transaction, lock_rows
from clinic.lib.operations import once
from clinic.models import Clinic, Operation, User
from patients.archived import why_closed
from patients.models import Patient
from treatments.course import Course, PlanRefused, minor_problems, problems
from treatments.models import PlanArea, Protocol, Session, TreatmentPlan

COPIED = ("minutes", "numbing_minutes", "turnover_minutes", "shares_day", "room_kind", "device_kind")
"""Values that a plan takes from its protocol as they are: a later change of the catalogue does not reach it."""


def create_plan(
    *, key: uuid.UUID, patient: Patient, protocol: Protocol, course: Course, actor: User | None, now: datetime
) -> TreatmentPlan:
    """Make a plan with its sessions; the same key again returns the same plan. Raises PlanRefused, OperationReused."""
    found = problems(course, protocol) | _of_minors(patient, course, actor, now)
    if found:
        raise PlanRefused(found)

    def act(operation: Operation) -> None:
        # Under the lock: a file that is being merged or put away takes no course that would be left behind.
        lock_rows(Patient, [patient.pk])
        if sentence := why_closed(Patient.objects.select_related("merged_into").get(pk=patient.pk)):
            raise PlanRefused({"": sentence})
        plan = _make(patient, protocol, course)
        operation.result = {"plan": str(plan.public_id)}

    def save() -> TreatmentPlan:
        body = course.as_dict() | {"patient": patient.pk, "protocol": protocol.key}
        with pghistory.context(**({"user": actor.pk} if actor else {})):
            operation = once(key=key, kind="create_plan", actor=actor, body=body, now=now, act=act)
        return TreatmentPlan.objects.get(public_id=operation.result["plan"])

    try:
        return in_transaction(save)
    except IntegrityError as error:
        if sentence := broken_rule(error, TreatmentPlan):
            raise PlanRefused({"": sentence}) from error
        raise


def _of_minors(patient: Patient, course: Course, actor: User | None, now: datetime) -> dict[str, str]:
    clinic = Clinic.objects.current()
    return minor_problems(
        name=patient.called,
        age=patient.age_on(local_day(now, clinic.tz)),
        majority=clinic.age_of_majority,
        reason=course.minor_reason,
        by_clinician=allows(actor, Permission.PLAN_FOR_MINORS),
    )


def _make(patient: Patient, protocol: Protocol, course: Course) -> TreatmentPlan:
    plan = TreatmentPlan.objects.create(
        patient=patient,
        protocol=protocol,
        name=protocol.name,
        clinician_id=course.clinician_id,
        session_count=course.sessions,
        interval_min=course.interval_min,
        interval_ideal=course.interval_ideal,
        interval_max=course.interval_max,
        usual_weekdays=sorted(course.weekdays),
        usual_time=course.around,
        many_sessions_reason=course.many_sessions_reason.strip(),
        long_gap_reason=course.long_gap_reason.strip(),
        minor_reason=course.minor_reason.strip(),
        size=course.size,
        complexity=course.complexity,
        **{name: getattr(protocol, name) for name in COPIED},
    )
    areas = {area.key: area for area in protocol.areas.all()}
    PlanArea.objects.bulk_create(PlanArea(plan=plan, area=areas[key], side=side) for key, side in course.areas)
    Session.objects.bulk_create(Session(plan=plan, number=number) for number in range(1, course.sessions + 1))
    return plan
