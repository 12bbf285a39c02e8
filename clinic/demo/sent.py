"""The messages of the past month, as if they had been sent: the list and the patients' pages then look lived in.

Their words come from the same templates as a mail's; nothing is handed to a mail server.
"""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from django.db.models import F, Q
from django.utils import timezone, translation

from clinic.models import Clinic, Operation, User
from patients.models import Channel, Message, MessageState, Patient
from patients.services.outbox import queue, sending
from patients.services.outbox.letters import Words, text_of
from scheduling.mail_words import notes_words, reminder_words, series_words
from scheduling.models import Appointment, AppointmentMessage, AppointmentStatus, SeriesMessage
from scheduling.services.notices import SERIES_SUMMARY, VISIT_NOTES
from scheduling.services.reminding import next_civil_hour, reminders
from scheduling.services.told import Difference, stamp
from treatments.models import TreatmentPlan

from . import house
from .keep import House, new_id

MONTH = timedelta(days=31)
REFUSED = "550 5.1.1 The email account does not exist"
NO_ANSWER = "No answer from the mail server: ConnectionRefusedError"
BROUGHT_BY_HAND = f"Told by phone: {house.DESK[1]}."
STRUCK_OUT = "…"
FAILED, TOO_LATE = (40, 41, 600), (42,)
"""Which of the reminders, counted back from the newest, did not arrive."""


@dataclass
class Sent:
    """One message and what it speaks about."""

    message: Message
    link: AppointmentMessage | SeriesMessage


class Postbox:
    """Writes messages as they would have been written at a moment, and keeps them all at once."""

    def __init__(self, rows: House, rng: Random, since: datetime) -> None:
        self.rows, self.rng, self.since = rows, rng, since
        self.all: list[Sent] = []

    def message(self, patient: Patient, kind: str, at: datetime, words: Words | None, *, call: bool) -> Message:
        """Return a message that was settled shortly after a moment; told by phone when `call`."""
        message = Message(
            public_id=new_id(self.rng),
            nonce=new_id(self.rng),
            patient=patient,
            kind=kind,
            channel=Channel.PHONE if call else Channel.EMAIL,
            state=MessageState.SENT,
            due_at=at,
            settled_at=at + timedelta(seconds=self.rng.randrange(5, 55)),
            attempts=0 if call else 1,
            reason=BROUGHT_BY_HAND if call else "",
        )
        if not call and words:
            message.message_id, message.to_address = sending.message_id(message), patient.email
            message.subject = words.subject
            message.body = text_of(words, clinic=self.rows.clinic, patient=patient)
        return message

    def about(self, visit: Appointment, kind: str, at: datetime, words: Words, *, call: bool) -> Message:
        message = self.message(visit.patient, kind, at, words, call=call)
        link = AppointmentMessage(message=message, appointment=visit, kind=kind, version=visit.version)
        self.all.append(Sent(message, link))
        return message

    def keep(self) -> None:
        Message.objects.bulk_create([sent.message for sent in self.all], batch_size=1000)
        Message.objects.filter(settled_at__isnull=False).update(created_at=F("due_at"))
        links = [sent.link for sent in self.all]
        AppointmentMessage.objects.bulk_create([link for link in links if isinstance(link, AppointmentMessage)])
        SeriesMessage.objects.bulk_create([link for link in links if isinstance(link, SeriesMessage)])


def keep_sent(rows: House, rng: Random, since: datetime) -> int:
    """Write the messages that left in the month before this midnight; return how many."""
    box = Postbox(rows, rng, since)
    span = (since - MONTH, since + timedelta(days=4))
    visits = Appointment.objects.starting(*span).select_related("patient").order_by("starts_at", "public_id")
    with timezone.override(rows.tz):
        for visit in visits:
            with translation.override(visit.patient.language):
                _reminders(box, visit)
                _notes(box, visit)
        _not_arrived(box)
        _summaries(box)
    box.keep()
    return len(box.all)


def keep_waiting(visits: Iterable[Appointment], clinic: Clinic, since: datetime) -> None:
    """Write the reminders of visits ahead that are due after this midnight, as made when each visit was booked.

    What was due before is written by `keep_sent`: together they are what the services would have left.
    """
    new = [
        (visit, wanted)
        for visit in visits
        if visit.is_ahead
        for wanted in reminders(
            starts_at=visit.starts_at, arrives_at=visit.arrives_at, clinic=clinic, now=visit.created_at
        )
        if wanted.due_at >= since
    ]
    messages = Message.objects.bulk_create(
        Message(
            patient_id=visit.patient_id,
            kind=wanted.kind,
            channel=queue.channel_for(visit.patient, reminder=True),
            due_at=wanted.due_at,
            not_after=wanted.not_after,
        )
        for visit, wanted in new
    )
    AppointmentMessage.objects.bulk_create(
        AppointmentMessage(message=message, appointment=visit, kind=wanted.kind, version=visit.version)
        for message, (visit, wanted) in zip(messages, new, strict=True)
    )


def _reminders(box: Postbox, visit: Appointment) -> None:
    clinic, call = box.rows.clinic, not visit.patient.can_be_mailed
    for wanted in reminders(
        starts_at=visit.starts_at, arrives_at=visit.arrives_at, clinic=clinic, now=visit.created_at
    ):
        if wanted.due_at >= box.since:
            continue
        message = box.about(visit, wanted.kind, wanted.due_at, reminder_words(visit, clinic, wanted.due_at), call=call)
        message.not_after = wanted.not_after
        if visit.status == AppointmentStatus.CANCELLED and wanted.kind == "reminder_1_day":
            _unwritten(message, MessageState.WITHDRAWN, "The visit was cancelled.", wanted.due_at - timedelta(hours=5))


def _unwritten(message: Message, state: MessageState, reason: str, at: datetime) -> None:
    message.state, message.reason, message.settled_at, message.attempts = state, reason, at, 0
    message.message_id = message.to_address = message.subject = message.body = ""
    message.channel = queue.channel_for(message.patient, reminder=True)


def _notes(box: Postbox, visit: Appointment) -> None:
    at = visit.ends_at + timedelta(minutes=box.rng.randrange(4, 30))
    if visit.status == AppointmentStatus.COMPLETED and at < box.since:
        words = notes_words(STRUCK_OUT, at + timedelta(days=14))
        message = box.about(visit, VISIT_NOTES, at, words, call=not visit.patient.email)
        message.body = message.body.replace("%E2%80%A6", STRUCK_OUT)


def _not_arrived(box: Postbox) -> None:
    """Let a few of the reminders fail, so that the desk has somebody to call."""
    mailed = [sent.message for sent in box.all if sent.message.body and sent.message.kind == "reminder_1_day"]
    mailed.sort(key=lambda message: message.due_at, reverse=True)
    for place in FAILED:
        if place < len(mailed):
            mailed[place].state, mailed[place].reason = MessageState.FAILED, REFUSED
    for place in TOO_LATE:
        if place < len(mailed):
            late = mailed[place]
            late.state, late.reason, late.attempts = MessageState.EXPIRED, NO_ANSWER, 5
            late.settled_at = late.not_after


def _summaries(box: Postbox) -> None:
    """Write the mail with all dates of each course that has visits ahead, or was booked in the past month."""
    clinic, desk = box.rows.clinic, User.objects.get(email=house.DESK[0])
    lately = Q(created_at__gte=box.since - MONTH)
    ahead = Q(pk__in=Appointment.objects.filter(starts_at__gte=box.since).values("session__plan"))
    plans = TreatmentPlan.objects.filter(lately | ahead).select_related("patient").order_by("public_id")
    held: dict[int, list[Appointment]] = {}
    of_these = Appointment.objects.filter(session__plan__in=plans.order_by().values("pk"))
    for visit in of_these.select_related("session").order_by("starts_at"):
        held.setdefault(visit.session.plan_id, []).append(visit)  # type: ignore[union-attr]
    operations = []
    for plan in plans:
        booked = plan.created_at + timedelta(minutes=2)
        visits = [visit for visit in held.get(plan.pk, []) if visit.holds and visit.starts_at > booked]
        if not visits or (plan.created_at < box.since - MONTH and visits[-1].starts_at < box.since):
            continue
        operation = _operation(box.rng, plan, visits, desk, booked)
        operations.append(operation)
        at = next_civil_hour(booked + timedelta(minutes=clinic.quiet_minutes), clinic)
        change = Difference(told={}, current=visits, gone=[])
        with translation.override(plan.patient.language):
            words = series_words(change, [], clinic)
            message = box.message(plan.patient, SERIES_SUMMARY, at, words, call=not plan.patient.email)
        told = [[visit.pk, stamp(visit.starts_at)] for visit in visits]
        box.all.append(
            Sent(message, SeriesMessage(message=message, plan=plan, operation=operation, is_open=False, told=told))
        )
    Operation.objects.bulk_create(operations)


def _operation(rng: Random, plan: TreatmentPlan, visits: Iterable[Appointment], desk: User, at: datetime) -> Operation:
    """Return the act by which a course was booked."""
    booked = list(visits)
    key: uuid.UUID = new_id(rng)
    return Operation(
        id=key,
        kind="book_series",
        actor=f"{desk.name} <{desk.email}>",
        user=desk,
        body_hash=key.hex,
        result={"plan": str(plan.public_id), "count": len(booked)},
        touched=[{"appointment": visit.pk, "version": visit.version, "before": None} for visit in booked],
        at=at,
    )
