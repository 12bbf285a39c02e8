"""What the desk does with one visit: move it, cancel it, note that nobody came, note that it is done, put it back.

Each act is one Operation, locks the book in one order, changes a visit only from a state that leads there, keeps the
numbers of its course in the order of dates, and makes or withdraws messages in the same transaction.
"""

import uuid
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from clinic.lib.locks import Taken
from clinic.models import Operation, User
from scheduling.models import AHEAD, Appointment, AppointmentStatus
from scheduling.planning.types import Slot
from scheduling.services import notices
from scheduling.services.acting import act_on_visit, change, stale
from scheduling.services.errors import NotNamed, OutsideDueWindow, SlotTaken, StaleAppointment
from scheduling.services.files import refuse_closed
from scheduling.services.losing import note_cancelled, note_missed
from scheduling.services.motion import numbers_in_motion
from scheduling.services.numbering import refuse_onto_a_pause
from scheduling.services.placing import Step, in_their_courses, move_all, refused
from scheduling.services.single import Reasons
from scheduling.services.spacing import needed, too_near
from scheduling.services.taken import JustTaken
from scheduling.services.visits import touched
from treatments.models import TreatmentPlan
from treatments.named import Staff

RESTORABLE = [AppointmentStatus.NO_SHOW, AppointmentStatus.CANCELLED, AppointmentStatus.COMPLETED]
AS_BOOKED: dict[str, Any] = {
    "cancelled_by": "",
    "cancelled_late": False,
    "confirmed_at": None,
    "confirmed_how": "",
    "arrived_at": None,
    "started_at": None,
    "finished_at": None,
}
"""The columns of a visit that waits: nothing of it has happened yet."""


def complete_appointment(
    *, key: uuid.UUID, appointment_id: int, version: int | None = None, actor: User | None, now: datetime
) -> Operation:
    """Note that a visit took place; its session is completed, and the notes for afterwards are due.

    Raises StaleAppointment when it lies ahead or is over already.
    """

    def act(operation: Operation, visit: Appointment, plan: TreatmentPlan | None) -> None:
        if visit.is_ahead and visit.arrives_at > now:
            raise StaleAppointment(
                _("This visit lies ahead. Nothing was saved. It can be completed once it has begun.")
            )
        change(operation, visit, AppointmentStatus.COMPLETED, finished_at=now)
        notices.withdraw_for(appointment=visit, reason=_("The visit is over."), now=now)
        _in_its_course(operation, plan)
        notices.visit_completed(appointment=visit, now=now)

    return act_on_visit(
        key=key,
        kind="complete_appointment",
        appointment_id=appointment_id,
        body={},
        version=version,
        actor=actor,
        now=now,
        act=act,
    )


def miss_appointment(
    *,
    key: uuid.UUID,
    appointment_id: int,
    reason: str = "",
    version: int | None = None,
    actor: User | None,
    now: datetime,
) -> Operation:
    """Note that the patient did not come, and what is known of why.

    The later visits slide onto the earlier numbers, the last session reopens.
    """

    def act(operation: Operation, visit: Appointment, plan: TreatmentPlan | None) -> None:
        note_missed(operation, visit, reason, now)
        _in_its_course(operation, plan)

    return act_on_visit(
        key=key,
        kind="miss_appointment",
        appointment_id=appointment_id,
        body={"reason": reason},
        version=version,
        actor=actor,
        now=now,
        act=act,
    )


def cancel_appointment(
    *,
    key: uuid.UUID,
    appointment_id: int,
    reason: str,
    cancelled_by: str = "",
    version: int | None = None,
    actor: User | None,
    now: datetime,
) -> Operation:
    """Cancel a visit: its time is free at once, its reminders are withdrawn, the patient is told a little later.

    Whether that was late, by the notice that the clinic asks for at this moment, is kept with it.
    """

    def act(operation: Operation, visit: Appointment, plan: TreatmentPlan | None) -> None:
        note_cancelled(operation, visit, reason, cancelled_by, now)
        _in_its_course(operation, plan)
        notices.changed(appointment=visit, plan=plan, operation=operation, now=now)

    asked = {"reason": reason, "by": cancelled_by}
    return act_on_visit(
        key=key,
        kind="cancel_appointment",
        appointment_id=appointment_id,
        body=asked,
        version=version,
        actor=actor,
        now=now,
        act=act,
    )


def restore_appointment(
    *,
    key: uuid.UUID,
    appointment_id: int,
    reason: str,
    version: int | None = None,
    actor: User | None,
    now: datetime,
) -> Operation:
    """Put a missed, cancelled or completed visit back to booked, long after its Undo has gone from the screen.

    Raises SlotTaken when its time was given to someone else, OutsideDueWindow when another visit of the course was
    booked too near to it, TooManySessions, PlanNotOpen and CourseStopped when its course has no place for it any more,
    NotNamed when it lies ahead and its clinician no longer treats the area, StaleAppointment when it was undone or
    stands already.
    """

    def act(operation: Operation, visit: Appointment, plan: TreatmentPlan | None) -> None:
        put_back(operation, visit, plan, reason, now)

    return act_on_visit(
        key=key,
        kind="restore_appointment",
        appointment_id=appointment_id,
        body={"reason": reason},
        version=version,
        actor=actor,
        now=now,
        act=act,
        taken=not_free,
    )


def put_back(operation: Operation, visit: Appointment, plan: TreatmentPlan | None, reason: str, now: datetime) -> None:
    """Let a visit stand again, as `restore_appointment` says. Call under its locks."""
    if visit.status not in RESTORABLE:
        raise stale(visit.pk)
    refuse_closed(visit.patient)
    _refuse_unnamed(visit, plan, now)
    refuse_onto_a_pause(visit, plan, now)
    with numbers_in_motion():
        stood = visit.holds
        change(operation, visit, AppointmentStatus.BOOKED, status_reason=reason, **AS_BOOKED)
        _in_its_course(operation, plan)
    if plan and not stood and (sentence := too_near(plan, [visit.pk])):
        raise OutsideDueWindow(needed(sentence))
    visit.refresh_from_db()
    operation.touched = [touched(visit.pk, visit.version, operation.touched[0]["before"])]
    notices.withdraw_for(appointment=visit, reason=_("The visit stands again."), now=now)
    if visit.starts_at > now:
        notices.remind(appointment=visit, now=now)
    notices.changed(appointment=visit, plan=plan, operation=operation, now=now)


def move_appointment(
    *,
    key: uuid.UUID,
    appointment_id: int,
    slot: Slot,
    minutes: int | None = None,
    only_room: bool = False,
    early_reason: str = "",
    late_reason: str = "",
    version: int | None = None,
    actor: User | None,
    now: datetime,
) -> Operation:
    """Move one visit to another free time, a session inside its due window; reminders move along.

    `minutes` is its new length, where that changes. `only_room`: the room of the slot is meant, not any of the kind.
    Raises SlotTaken, OutsideDueWindow (too early without a clinician's reason, too late without any), StaleAppointment,
    OperationReused, Busy.
    """
    to: list[Any] = [slot.starts_at, slot.clinician_id, *([slot.room_id] if only_room else [])]
    body = {"to": to, "early": early_reason, "late": late_reason} | ({"minutes": minutes} if minutes else {})
    reasons = Reasons(early=early_reason, late=late_reason)

    def act(operation: Operation, visit: Appointment, _plan: TreatmentPlan | None) -> None:
        if visit.status not in AHEAD:
            raise StaleAppointment(
                _("Only a visit that lies ahead can be moved. Nothing was saved. Look at the visit again.")
            )
        move_all(operation, [Step(visit, slot, reasons, minutes, only_room)], actor, now)

    try:
        return act_on_visit(
            key=key,
            kind="move_appointment",
            appointment_id=appointment_id,
            body=body,
            version=version,
            actor=actor,
            now=now,
            act=act,
            to=slot,
        )
    except JustTaken as error:
        visit = Appointment.objects.select_related("patient", "session__plan__patient", "room", "device")
        raise refused([Step(visit.get(pk=appointment_id), slot, reasons, minutes, only_room)], now) from error


def _refuse_unnamed(visit: Appointment, plan: TreatmentPlan | None, now: datetime) -> None:
    """Refuse that a visit ahead stands again with somebody who no longer treats its area; what took place is kept."""
    why = Staff.of(plan).why_not(visit.clinician_id) if plan and visit.starts_at > now else ""
    if why:
        raise NotNamed(why, _("Book a new visit with somebody who does."))


def not_free(appointment_id: int, error: Taken) -> SlotTaken:
    """Say what else holds the time of a visit that was to be put back. When that came is not known here."""
    visit = Appointment.objects.select_related("patient", "clinician", "room", "device").get(pk=appointment_id)
    words = {
        "appointment_clinician_once": _("%(clinician)s has another visit at this time."),
        "appointment_room_once": _("%(room)s is taken at this time."),
        "appointment_device_once": _("%(device)s is taken at this time."),
        "appointment_patient_once": _("%(patient)s has another visit at this time."),
    }[error.constraint]
    names = {
        "clinician": visit.clinician.short_name,
        "room": visit.room.name,
        "device": visit.device.name if visit.device else "",
        "patient": visit.patient.full_name,
    }
    after = _("Nothing was saved. Book another time instead.")
    return SlotTaken(f"{words % names} {after}")


def _in_its_course(operation: Operation, plan: TreatmentPlan | None) -> None:
    in_their_courses(operation, [plan] if plan else [])
