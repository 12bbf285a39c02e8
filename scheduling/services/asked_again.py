"""A message about a visit or a course, put into the outbox once more because someone asked for it.

The caller holds no lock yet: what the message speaks about is locked here, before any message (clinic/lib/locks.py).
"""

from datetime import datetime

from django.db.models import Max
from django.utils.translation import gettext as _

from clinic.lib.locks import lock_rows
from clinic.models import Operation
from patients.models import Message, Patient
from patients.services.outbox import queue
from patients.services.outbox.again import CannotSendAgain
from scheduling.models import Appointment, AppointmentMessage, SeriesMessage
from scheduling.services.notices import NOTES_LATE_BY, VISIT_NOTES
from treatments.models import TreatmentPlan


def visit_again(message: Message, operation: Operation, now: datetime) -> Message:  # noqa: ARG001 - as registry.Again
    """Tell once more what was told about a visit, as it stands now."""
    link = AppointmentMessage.objects.get(message=message)
    lock_rows(Patient, [message.patient_id])
    visit = Appointment.objects.select_related("patient").get(pk=link.appointment_id)
    same = AppointmentMessage.objects.filter(appointment=visit, kind=link.kind, version=visit.version)
    _refuse_while_one_waits(Message.objects.waiting().filter(of_appointment__in=same).first())
    new = queue.enqueue(
        patient=visit.patient,
        kind=message.kind,
        channel=queue.channel_for(visit.patient),
        due_at=now,
        not_after=now + NOTES_LATE_BY if link.kind == VISIT_NOTES else visit.arrives_at,
    )
    count = same.aggregate(last=Max("again"))["last"]
    AppointmentMessage.objects.create(
        message=new,
        appointment=visit,
        kind=link.kind,
        version=visit.version,
        again=0 if count is None else count + 1,
    )
    return new


def series_again(message: Message, operation: Operation, now: datetime) -> Message:
    """Tell the dates of a course once more, as they stand now."""
    link = SeriesMessage.objects.get(message=message)
    lock_rows(TreatmentPlan, [link.plan_id])
    lock_rows(Patient, [message.patient_id])
    plan = TreatmentPlan.objects.select_related("patient").get(pk=link.plan_id)
    waiting = Message.objects.waiting().filter(of_series__plan=plan, of_series__is_open=True)
    _refuse_while_one_waits(waiting.first())
    SeriesMessage.objects.filter(plan=plan, is_open=True).update(is_open=False)  # its message ended otherwise
    new = queue.enqueue(
        patient=plan.patient,
        kind=message.kind,
        channel=queue.channel_for(plan.patient),
        due_at=now,
    )
    SeriesMessage.objects.create(message=new, plan=plan, operation=operation, is_again=True)
    return new


def _refuse_while_one_waits(waiting: Message | None) -> None:
    if waiting is not None:
        raise CannotSendAgain(_("The same message is due already. It leaves by itself. Nothing was added."))
