"""Put messages in the outbox and take them back, inside the transaction of what they speak about."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import QuerySet

from clinic.lib.locks import lock_rows
from patients.models import Channel, Message, MessageState, Patient


def channel_for(patient: Patient, *, reminder: bool = False) -> Channel:
    """Return how this patient is told: by phone without an address, or for reminders when they do not want mail."""
    reachable = patient.can_be_mailed if reminder else bool(patient.email)
    return Channel.EMAIL if reachable else Channel.PHONE


def enqueue(
    *,
    patient: Patient,
    kind: str,
    due_at: datetime,
    channel: Channel,
    not_after: datetime | None = None,
    hold_until: datetime | None = None,
) -> Message:
    return Message.objects.create(
        patient=patient, kind=kind, due_at=due_at, channel=channel, not_after=not_after, hold_until=hold_until
    )


def withdraw(messages: QuerySet[Message] | Iterable[int], *, reason: str, now: datetime) -> list[int]:
    """Take back those that have not left and return their keys.

    A message that a sender holds is withdrawn as well: the sender looks again before it writes to the server, and when
    the mail is on its way at that very moment, its row says so afterwards (sweep.settle).
    """
    keys = list(messages.values_list("pk", flat=True)) if isinstance(messages, QuerySet) else list(messages)
    if not keys:
        return []
    lock_rows(Message, keys)
    still = list(Message.objects.waiting().filter(pk__in=keys).values_list("pk", flat=True))
    Message.objects.filter(pk__in=still).update(
        state=MessageState.WITHDRAWN, reason=reason[:200], settled_at=now, lease_until=None
    )
    return still


def postpone(message: Message, *, until: datetime) -> None:
    """Let a message that has not been written yet rest longer; a sender that has just claimed it lets go."""
    Message.objects.waiting().filter(pk=message.pk).update(state=MessageState.WAITING, due_at=until, lease_until=None)
