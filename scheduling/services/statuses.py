"""How a visit goes on: confirmed, arrived, in treatment; and one step back, with a reason where it matters.

How it ends (completed, missed, cancelled) is in `appointments`. Every act takes the `version` that its page showed.
"""

import uuid
from datetime import datetime

from django.utils.translation import gettext as _

from clinic.lib.days import day_words, local_day
from clinic.models import Clinic, Operation, User
from scheduling.models import AHEAD, Appointment, AppointmentStatus, ConfirmedHow
from scheduling.services import notices
from scheduling.services.acting import act_on_visit, change, stale
from scheduling.services.appointments import not_free, put_back
from scheduling.services.errors import ReasonMissing, StaleAppointment
from scheduling.services.files import refuse_closed
from scheduling.services.placing import in_their_courses
from treatments.models import TreatmentPlan

ENDED = {AppointmentStatus.COMPLETED, AppointmentStatus.NO_SHOW, AppointmentStatus.CANCELLED}
"""What is only taken back with a reason."""


def confirm_appointment(
    *,
    key: uuid.UUID,
    appointment_id: int,
    how: ConfirmedHow = ConfirmedHow.DESK,
    version: int | None = None,
    actor: User | None,
    now: datetime,
) -> Operation:
    """Note that the patient will come, and how that was said. Reminders are sent all the same.

    Raises StaleAppointment when the visit is not booked any more, or its time is over.
    """

    def act(operation: Operation, visit: Appointment, _plan: TreatmentPlan | None) -> None:
        _only_from(visit, {AppointmentStatus.BOOKED})
        if visit.ends_at <= now:
            raise StaleAppointment(
                _("The time of this visit is over. Nothing was saved. Note whether the patient came.")
            )
        change(operation, visit, AppointmentStatus.CONFIRMED, confirmed_at=now, confirmed_how=how)

    return act_on_visit(
        key=key,
        kind="confirm_appointment",
        appointment_id=appointment_id,
        body={"how": how},
        version=version,
        actor=actor,
        now=now,
        act=act,
    )


def unconfirm_appointment(
    *, key: uuid.UUID, appointment_id: int, version: int | None = None, actor: User | None, now: datetime
) -> Operation:
    """Take back that the patient will come. Raises StaleAppointment when the visit is not confirmed any more."""

    def act(operation: Operation, visit: Appointment, _plan: TreatmentPlan | None) -> None:
        _only_from(visit, {AppointmentStatus.CONFIRMED})
        _unconfirm(operation, visit)

    return act_on_visit(
        key=key,
        kind="unconfirm_appointment",
        appointment_id=appointment_id,
        body={},
        version=version,
        actor=actor,
        now=now,
        act=act,
    )


def arrive_appointment(
    *, key: uuid.UUID, appointment_id: int, version: int | None = None, actor: User | None, now: datetime
) -> Operation:
    """Note that the patient is here, on the local day of the visit; what waits to be told of it is withdrawn.

    Raises StaleAppointment on another day, or when the visit began or ended already.
    """

    def act(operation: Operation, visit: Appointment, _plan: TreatmentPlan | None) -> None:
        _only_from(visit, set(AHEAD))
        _refuse_another_day(visit, now)
        change(operation, visit, AppointmentStatus.ARRIVED, arrived_at=now)
        notices.withdraw_for(appointment=visit, reason=_("The patient is here."), now=now)

    return act_on_visit(
        key=key,
        kind="arrive_appointment",
        appointment_id=appointment_id,
        body={},
        version=version,
        actor=actor,
        now=now,
        act=act,
    )


def start_appointment(
    *, key: uuid.UUID, appointment_id: int, version: int | None = None, actor: User | None, now: datetime
) -> Operation:
    """Note that the treatment begins. Where nobody noted that the patient came, that is noted with it.

    Raises StaleAppointment as `arrive_appointment` does.
    """

    def act(operation: Operation, visit: Appointment, _plan: TreatmentPlan | None) -> None:
        _only_from(visit, {*AHEAD, AppointmentStatus.ARRIVED})
        if visit.is_ahead:
            _refuse_another_day(visit, now)
        arrived = visit.arrived_at or now
        change(operation, visit, AppointmentStatus.IN_TREATMENT, arrived_at=arrived, started_at=now)
        notices.withdraw_for(appointment=visit, reason=_("The patient is here."), now=now)

    return act_on_visit(
        key=key,
        kind="start_appointment",
        appointment_id=appointment_id,
        body={},
        version=version,
        actor=actor,
        now=now,
        act=act,
    )


def step_back_appointment(
    *,
    key: uuid.UUID,
    appointment_id: int,
    reason: str = "",
    version: int | None = None,
    actor: User | None,
    now: datetime,
) -> Operation:
    """Take the last step of a visit back: in treatment to arrived, arrived to booked or confirmed, as it was.

    A completed visit is in treatment again, and its session open; a missed or cancelled one is booked again
    (`restore_appointment`). These three need a reason: raises ReasonMissing. Raises StaleAppointment when there is no
    step to take back, and what `restore_appointment` raises.
    """

    def act(operation: Operation, visit: Appointment, plan: TreatmentPlan | None) -> None:
        if visit.status in ENDED and not reason:
            raise ReasonMissing(_("Write why this is taken back. Nothing was saved."))
        if visit.status == AppointmentStatus.COMPLETED:
            _reopen(operation, visit, plan, reason, now)
        elif visit.status in ENDED:
            put_back(operation, visit, plan, reason, now)
        elif visit.status == AppointmentStatus.IN_TREATMENT:
            change(operation, visit, AppointmentStatus.ARRIVED, started_at=None)
        elif visit.status == AppointmentStatus.ARRIVED:
            _leave(operation, visit, now)
        elif visit.status == AppointmentStatus.CONFIRMED:
            _unconfirm(operation, visit)
        else:
            raise stale(visit.pk)

    return act_on_visit(
        key=key,
        kind="step_back_appointment",
        appointment_id=appointment_id,
        body={"reason": reason},
        version=version,
        actor=actor,
        now=now,
        act=act,
        taken=not_free,
    )


def _only_from(visit: Appointment, states: set[str]) -> None:
    """Refuse from any other state: a path may lead there, but not by this act."""
    if visit.status not in states:
        raise stale(visit.pk)


def _refuse_another_day(visit: Appointment, now: datetime) -> None:
    zone = Clinic.objects.current().tz
    first, last, today = (local_day(moment, zone) for moment in (visit.arrives_at, visit.ends_at, now))
    if today < first:
        words = _("This visit is on %(day)s. Nothing was saved. Note on that day that the patient is here.")
        raise StaleAppointment(words % {"day": day_words(first, today)})
    if last < today:
        words = _("This visit was on %(day)s. Nothing was saved. Complete it, or note that nobody came.")
        raise StaleAppointment(words % {"day": day_words(first, today)})


def _unconfirm(operation: Operation, visit: Appointment) -> None:
    change(operation, visit, AppointmentStatus.BOOKED, confirmed_at=None, confirmed_how="")


def _leave(operation: Operation, visit: Appointment, now: datetime) -> None:
    was = AppointmentStatus.CONFIRMED if visit.confirmed_at else AppointmentStatus.BOOKED
    change(operation, visit, was, arrived_at=None)
    notices.is_ahead_again(appointment=visit, operation=operation, now=now)


def _reopen(operation: Operation, visit: Appointment, plan: TreatmentPlan | None, reason: str, now: datetime) -> None:
    """Let a completed visit be in treatment again. What nobody noted on the day began when it was to begin."""
    refuse_closed(visit.patient)
    started = visit.started_at or min(visit.starts_at, now)
    arrived = visit.arrived_at or min(visit.arrives_at, started)
    change(
        operation,
        visit,
        AppointmentStatus.IN_TREATMENT,
        status_reason=reason,
        arrived_at=arrived,
        started_at=started,
        finished_at=None,
    )
    notices.withdraw_for(appointment=visit, reason=_("The visit is not completed any more."), now=now)
    in_their_courses(operation, [plan] if plan else [])
