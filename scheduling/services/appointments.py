"""What the desk does with one visit: move it, cancel it, note that nobody came, note that it is done.

Each act is one Operation, locks the book in one order, changes a visit only from a state that leads there, keeps the
numbers of its course in the order of dates, and makes or withdraws messages in the same transaction.
"""

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from clinic.lib.locks import StateRefused, Taken, in_transaction
from clinic.lib.operations import once
from clinic.models import Operation, User
from scheduling.models import AHEAD, Appointment, AppointmentStatus
from scheduling.planning.freetime import Visit
from scheduling.planning.types import Slot
from scheduling.services import notices
from scheduling.services.errors import NotNamed, OutsideDueWindow, SlotTaken, StaleAppointment
from scheduling.services.files import refuse_closed
from scheduling.services.locks import lock_for_appointments, lock_for_visits
from scheduling.services.motion import numbers_in_motion
from scheduling.services.numbering import refuse_onto_a_pause
from scheduling.services.placing import Step, in_their_courses, lock_and_look, move_all, refused
from scheduling.services.single import Reasons
from scheduling.services.spacing import needed, too_near
from scheduling.services.taken import JustTaken
from scheduling.services.visits import change_status, touched
from treatments.models import TreatmentPlan
from treatments.named import Staff

RESTORABLE = [AppointmentStatus.NO_SHOW, AppointmentStatus.CANCELLED, AppointmentStatus.COMPLETED]

Act = Callable[[Operation, Appointment, TreatmentPlan | None], None]


def complete_appointment(*, key: uuid.UUID, appointment_id: int, actor: User | None, now: datetime) -> Operation:
    """Note that a visit took place; its session is completed, and the notes for afterwards are due.

    Raises StaleAppointment when it lies ahead or is over already.
    """

    def act(operation: Operation, visit: Appointment, plan: TreatmentPlan | None) -> None:
        if visit.arrives_at > now:
            raise StaleAppointment(
                _("This visit lies ahead. Nothing was saved. It can be completed once it has begun.")
            )
        _change_status(operation, visit, AppointmentStatus.COMPLETED)
        notices.withdraw_for(appointment=visit, reason=_("The visit is over."), now=now)
        _in_its_course(operation, plan)
        notices.visit_completed(appointment=visit, now=now)

    return _once(key, "complete_appointment", appointment_id, {}, actor, now, act)


def miss_appointment(*, key: uuid.UUID, appointment_id: int, actor: User | None, now: datetime) -> Operation:
    """Note that the patient did not come. The later visits slide onto the earlier numbers, the last session reopens."""

    def act(operation: Operation, visit: Appointment, plan: TreatmentPlan | None) -> None:
        if visit.starts_at > now:
            raise StaleAppointment(
                _("This visit lies ahead. Nothing was saved. Cancel it if the patient will not come.")
            )
        _change_status(operation, visit, AppointmentStatus.NO_SHOW)
        notices.withdraw_for(appointment=visit, reason=_("Nobody came."), now=now)
        _in_its_course(operation, plan)

    return _once(key, "miss_appointment", appointment_id, {}, actor, now, act)


def cancel_appointment(
    *, key: uuid.UUID, appointment_id: int, reason: str, cancelled_by: str = "", actor: User | None, now: datetime
) -> Operation:
    """Cancel a visit: its time is free at once, its reminders are withdrawn, the patient is told a little later."""

    def act(operation: Operation, visit: Appointment, plan: TreatmentPlan | None) -> None:
        _change_status(operation, visit, AppointmentStatus.CANCELLED, status_reason=reason, cancelled_by=cancelled_by)
        notices.withdraw_for(appointment=visit, reason=_("The visit was cancelled."), now=now)
        _in_its_course(operation, plan)
        notices.changed(appointment=visit, plan=plan, operation=operation, now=now)

    asked = {"reason": reason, "by": cancelled_by}
    return _once(key, "cancel_appointment", appointment_id, asked, actor, now, act)


def restore_appointment(
    *, key: uuid.UUID, appointment_id: int, reason: str, actor: User | None, now: datetime
) -> Operation:
    """Put a missed, cancelled or completed visit back to booked, long after its Undo has gone from the screen.

    Raises SlotTaken when its time was given to someone else, OutsideDueWindow when another visit of the course was
    booked too near to it, TooManySessions, PlanNotOpen and CourseStopped when its course has no place for it any more,
    NotNamed when it lies ahead and its clinician no longer treats the area, StaleAppointment when it was undone or
    stands already.
    """

    def act(operation: Operation, visit: Appointment, plan: TreatmentPlan | None) -> None:
        if visit.status not in RESTORABLE:
            raise _stale(visit.pk)
        refuse_closed(visit.patient)
        _refuse_unnamed(visit, plan, now)
        refuse_onto_a_pause(visit, plan, now)
        with numbers_in_motion():
            stood = visit.holds
            _change_status(operation, visit, AppointmentStatus.BOOKED, status_reason=reason, cancelled_by="")
            _in_its_course(operation, plan)
        if plan and not stood and (sentence := too_near(plan, [visit.pk])):
            raise OutsideDueWindow(needed(sentence))
        visit.refresh_from_db()
        operation.touched = [touched(visit.pk, visit.version, operation.touched[0]["before"])]
        notices.withdraw_for(appointment=visit, reason=_("The visit stands again."), now=now)
        if visit.starts_at > now:
            notices.remind(appointment=visit, now=now)
        notices.changed(appointment=visit, plan=plan, operation=operation, now=now)

    return _once(key, "restore_appointment", appointment_id, {"reason": reason}, actor, now, act, taken=_not_free)


def move_appointment(
    *,
    key: uuid.UUID,
    appointment_id: int,
    slot: Slot,
    early_reason: str = "",
    late_reason: str = "",
    actor: User | None,
    now: datetime,
) -> Operation:
    """Move one visit to another free time, a session inside its due window; reminders move along.

    Raises SlotTaken, OutsideDueWindow (too early without a clinician's reason, too late without any), StaleAppointment,
    OperationReused, Busy.
    """
    body = {"to": [slot.starts_at, slot.clinician_id], "early": early_reason, "late": late_reason}

    def act(operation: Operation, visit: Appointment, _plan: TreatmentPlan | None) -> None:
        if visit.status not in AHEAD:
            raise StaleAppointment(
                _("Only a visit that lies ahead can be moved. Nothing was saved. Look at the visit again.")
            )
        move_all(operation, [Step(visit, slot, Reasons(early=early_reason, late=late_reason))], actor, now)

    try:
        return _once(key, "move_appointment", appointment_id, body, actor, now, act, to=slot)
    except JustTaken as error:
        visit = Appointment.objects.select_related("patient", "session__plan__patient", "room", "device")
        raise refused([Step(visit.get(pk=appointment_id), slot)], now) from error


def _refuse_unnamed(visit: Appointment, plan: TreatmentPlan | None, now: datetime) -> None:
    """Refuse that a visit ahead stands again with somebody who no longer treats its area; what took place is kept."""
    why = Staff.of(plan).why_not(visit.clinician_id) if plan and visit.starts_at > now else ""
    if why:
        raise NotNamed(why, _("Book a new visit with somebody who does."))


def _once(
    key: uuid.UUID,
    kind: str,
    appointment_id: int,
    body: dict[str, Any],
    actor: User | None,
    now: datetime,
    act: Act,
    *,
    to: Slot | None = None,
    taken: Callable[[int, Taken], SlotTaken] | None = None,
) -> Operation:
    """Run one act on one visit under the locks of all that it holds and, for a move, of all that it may take.

    `taken` says what is in the way when the book refuses the time; without it, the time was free a moment before.
    """

    def locked(operation: Operation) -> None:
        found = Appointment.objects.select_related("session__plan", "room", "device").get(pk=appointment_id)
        plan = found.session.plan if found.session else None
        if to:
            people = [found.clinician_id, to.clinician_id]
            lock_and_look([found], [to], lambda: lock_for_visits(Visit.like(found), plan.pk if plan else None, people))
        else:
            lock_for_appointments([found], [plan.pk if plan else None])
        visit = Appointment.objects.select_related("patient", "session__plan__patient", "room", "device").get(
            pk=appointment_id
        )
        fresh = visit.session.plan if visit.session else None
        act(operation, visit, fresh)

    def attempt() -> Operation:
        asked = {"appointment": appointment_id, **body}
        return once(key=key, kind=kind, actor=actor, body=asked, now=now, act=locked)

    try:
        return in_transaction(attempt)
    except Taken as error:
        if taken:
            raise taken(appointment_id, error) from error
        raise SlotTaken(_("Someone took this time a moment ago. Nothing was saved. Choose another time.")) from error
    except StateRefused as error:
        raise _stale(appointment_id) from error


def _not_free(appointment_id: int, error: Taken) -> SlotTaken:
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


def _change_status(operation: Operation, visit: Appointment, status: AppointmentStatus, **fields: Any) -> None:
    """Change the state from one that leads there; nothing ends twice."""
    if visit.status == status:
        raise _stale(visit.pk)
    before = {name: getattr(visit, name) for name in ["status", *fields]}
    change_status([visit], status, **fields)
    operation.touched = [touched(visit.pk, visit.version, before)]


def _stale(appointment_id: int) -> StaleAppointment:
    visit = Appointment.objects.get(pk=appointment_id)
    words = _("This visit is %(status)s now. Nothing was saved. Look at the day again.")
    return StaleAppointment(words % {"status": visit.get_status_display().lower()})
