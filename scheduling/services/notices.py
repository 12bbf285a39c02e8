"""What the book tells patients. Every function runs inside the transaction of the act that it tells about.

The lock order puts messages last (clinic/lib/locks.py): callers hold the plan's and the patient's rows already.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from clinic.models import Clinic, Operation
from patients.models import Channel, Link, Message, MessageState, Patient
from patients.services.outbox import queue
from scheduling.models import Appointment, AppointmentMessage, SeriesMessage
from scheduling.services.reminding import Reminder, reminders
from scheduling.services.told import difference
from treatments.models import TreatmentPlan

SERIES_SUMMARY = "series_summary"
VISIT_NOTES = "visit_notes"
VISIT_SUMMARY = "visit_summary"
NOTES_LATE_BY = timedelta(days=3)
"""Notes that could not leave for so long are no help any more: someone calls instead."""


def booked(visits: Sequence[Appointment], *, plan: TreatmentPlan | None, operation: Operation, now: datetime) -> None:
    """Make all messages of visits that were just booked: nothing was ever said of them.

    `visits` are those of one course, or one outside any. They lie ahead.
    """
    clinic = Clinic.objects.current()
    made = [(visit, _reminder(visit, wanted)) for visit in visits for wanted in _wanted(visit, clinic, now)]
    if plan is None:
        quiet = {"due_at": now + timedelta(minutes=clinic.quiet_minutes)}
        made += [(visit, _told(visit.patient, VISIT_SUMMARY, **quiet)) for visit in visits]
    summary = _summary(plan, clinic, now) if plan else None
    Message.objects.bulk_create([*(message for _visit, message in made), *([summary] if summary else [])])
    AppointmentMessage.objects.bulk_create(
        AppointmentMessage(message=message, appointment=visit, kind=message.kind, version=visit.version)
        for visit, message in made
    )
    if plan and summary:
        SeriesMessage.objects.create(message=summary, plan=plan, operation=operation)


def _summary(plan: TreatmentPlan, clinic: Clinic, now: datetime) -> Message | None:
    """Let the mail about a course that waits wait longer, or return the new one that is to be saved."""
    quiet_until = now + timedelta(minutes=clinic.quiet_minutes)
    link = _open_link(plan)
    if link is not None:
        hold_until = link.message.hold_until or quiet_until
        queue.postpone(link.message, until=min(quiet_until, max(hold_until, now)))
        return None
    held = {"due_at": quiet_until, "hold_until": now + timedelta(minutes=clinic.hold_minutes)}
    return _told(plan.patient, SERIES_SUMMARY, **held)


def _told(patient: Patient, kind: str, **times: datetime) -> Message:
    return Message(patient_id=patient.pk, kind=kind, channel=queue.channel_for(patient), **times)


def _wanted(visit: Appointment, clinic: Clinic, now: datetime) -> list[Reminder]:
    """Return the reminders that a visit is to have."""
    if not visit.is_ahead:
        return []
    return reminders(starts_at=visit.starts_at, arrives_at=visit.arrives_at, clinic=clinic, now=now)


def _reminder(visit: Appointment, wanted: Reminder) -> Message:
    return Message(
        patient_id=visit.patient_id,
        kind=wanted.kind,
        channel=queue.channel_for(visit.patient, reminder=True),
        due_at=wanted.due_at,
        not_after=wanted.not_after,
    )


def course_changed(*, plan: TreatmentPlan, operation: Operation, now: datetime) -> None:
    """Tell the patient of a course what now stands, once it has rested.

    Each change pushes the mail back by the clinic's quiet minutes, up to the hold since the first: five moves send one
    mail. What it says is read from the book when it leaves (scheduling.messages).
    """
    booked([], plan=plan, operation=operation, now=now)


def changed(*, appointment: Appointment, plan: TreatmentPlan | None, operation: Operation, now: datetime) -> None:
    """Tell the patient what now stands: of the whole course, or of one visit outside any."""
    if plan:
        course_changed(plan=plan, operation=operation, now=now)
        return
    clinic = Clinic.objects.current()
    same = {"appointment": appointment, "kind": VISIT_SUMMARY, "version": appointment.version}
    if AppointmentMessage.objects.filter(**same).exists():
        return
    message = queue.enqueue(
        patient=appointment.patient,
        kind=VISIT_SUMMARY,
        channel=queue.channel_for(appointment.patient),
        due_at=now + timedelta(minutes=clinic.quiet_minutes),
    )
    AppointmentMessage.objects.create(message=message, **same)


def visit_undone(*, appointment: Appointment, now: datetime) -> bool:
    """Withdraw all about a visit outside a course. False when some of it has left: undo becomes cancel."""
    about = Message.objects.filter(of_appointment__appointment=appointment, channel=Channel.EMAIL)
    if about.filter(state__in=[MessageState.CLAIMED, MessageState.SENT]).exists():
        return False
    withdraw_for(appointment=appointment, reason=_("The booking was undone."), now=now)
    return True


def remind(*, appointment: Appointment, now: datetime) -> None:
    """Make the reminders of a visit as it stands; those of where it stood before are withdrawn."""
    remind_all(appointments=[appointment], now=now)


def remind_all(*, appointments: Iterable[Appointment], now: datetime) -> None:
    """Make the reminders of many visits at once: the same as `remind` for each, in four statements."""
    visits = list(appointments)
    links = AppointmentMessage.objects.filter(appointment__in=visits).select_related("message")
    made = {(link.appointment_id, link.kind, link.version) for link in links}
    version = {visit.pk: visit.version for visit in visits}
    stale = [
        link.message_id
        for link in links
        if link.version != version[link.appointment_id]
        and link.message.state in {MessageState.WAITING, MessageState.CLAIMED}
    ]
    queue.withdraw(stale, reason=_("The visit was moved."), now=now)
    clinic = Clinic.objects.current()
    new = [
        (visit, wanted)
        for visit in visits
        for wanted in _wanted(visit, clinic, now)
        if (visit.pk, wanted.kind, visit.version) not in made
    ]
    messages = Message.objects.bulk_create(_reminder(visit, wanted) for visit, wanted in new)
    AppointmentMessage.objects.bulk_create(
        AppointmentMessage(message=message, appointment=visit, kind=wanted.kind, version=visit.version)
        for message, (visit, wanted) in zip(messages, new, strict=True)
    )


def withdraw_for(*, appointment: Appointment, reason: str, now: datetime) -> None:
    """Take back what has not left about a visit that will not be, and close the links that did leave."""
    withdraw_for_all(appointments=[appointment], reason=reason, now=now)


def withdraw_for_all(*, appointments: Iterable[Appointment], reason: str, now: datetime) -> None:
    """Do the same for many visits at once."""
    visits = list(appointments)
    queue.withdraw(Message.objects.waiting().filter(of_appointment__appointment__in=visits), reason=reason, now=now)
    Link.objects.filter(message__of_appointment__appointment__in=visits, revoked_at=None).update(revoked_at=now)


def is_ahead_again(*, appointment: Appointment, operation: Operation, now: datetime) -> None:
    """Tell of a visit outside a course again: what waited was withdrawn when the patient was noted to be here.

    The mail about a course was not; reminders are due on other days.
    """
    if appointment.session_id is None and appointment.starts_at > now:
        changed(appointment=appointment, plan=None, operation=operation, now=now)


def visit_completed(*, appointment: Appointment, now: datetime) -> None:
    """Send the notes of a visit once its completion has rested, so that an undo sends nothing."""
    withdraw_for(appointment=appointment, reason=_("The visit is over."), now=now)
    if AppointmentMessage.objects.filter(
        appointment=appointment, kind=VISIT_NOTES, version=appointment.version
    ).exists():
        return
    quiet = timedelta(minutes=Clinic.objects.current().quiet_minutes)
    message = queue.enqueue(
        patient=appointment.patient,
        kind=VISIT_NOTES,
        channel=queue.channel_for(appointment.patient),
        due_at=now + quiet,
        not_after=max(appointment.ends_at, now) + NOTES_LATE_BY,
    )
    AppointmentMessage.objects.create(
        message=message, appointment=appointment, kind=VISIT_NOTES, version=appointment.version
    )


def series_undone(*, plan: TreatmentPlan, operation: Operation, now: datetime) -> bool:
    """Withdraw what the booking of a series would have sent. False when some of it has left: undo becomes cancel.

    What is on its way at this moment counts as left. Another change of the course that waits in the same mail keeps it.
    """
    touched = {entry["appointment"] for entry in operation.touched if "appointment" in entry}
    if _has_left(plan, touched):
        return False
    queue.withdraw(
        Message.objects.waiting().filter(of_appointment__appointment__in=touched),
        reason=_("The booking was undone."),
        now=now,
    )
    link = _open_link(plan)
    if link is not None and not link.is_again and difference(plan, now, without=touched).is_nothing:
        queue.withdraw([link.message_id], reason=_("The booking was undone."), now=now)
        link.is_open = False
        link.save(update_fields=["is_open"])
    return True


def _open_link(plan: TreatmentPlan) -> SeriesMessage | None:
    """Return the mail about a course that has not been written yet, its row locked.

    The composer closes the link in the transaction in which it writes the mail: with the row locked, an open link means
    that nothing was written. One whose message ended otherwise is closed here.
    """
    link = SeriesMessage.objects.filter(plan=plan, is_open=True).first()
    if link is None:
        return None
    link.message = Message.objects.select_for_update(no_key=True).get(pk=link.message_id)
    link.refresh_from_db(fields=["is_open"])
    if link.is_open and link.message.state in {MessageState.WAITING, MessageState.CLAIMED}:
        return link
    if link.is_open:
        link.is_open = False
        link.save(update_fields=["is_open"])
    return None


def _has_left(plan: TreatmentPlan, touched: set[int]) -> bool:
    """Say whether a mail that speaks of these appointments was sent, or written and perhaps sent."""
    written = SeriesMessage.objects.filter(plan=plan).exclude(told=[]).select_related("message")
    gone = {MessageState.FAILED, MessageState.WITHDRAWN, MessageState.EXPIRED}
    if any(link.message.state not in gone and touched & {pk for pk, _start in link.told} for link in written):
        return True
    return Message.objects.filter(
        of_appointment__appointment__in=touched,
        channel=Channel.EMAIL,
        state__in=[MessageState.CLAIMED, MessageState.SENT],
    ).exists()
