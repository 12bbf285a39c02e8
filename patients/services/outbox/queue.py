"""Put messages in the outbox and take them back, inside the transaction of what they speak about."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from clinic.lib.locks import compare_and_set, lock_rows
from clinic.models import User
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


class NothingToTell(Exception):
    """The message needs no call: it was sent, withdrawn, told already, or a mail is still to leave."""


def tell_by_phone(*, message: Message, actor: User, now: datetime) -> Message:
    """Settle a message that a person has told by phone. Told twice, it stays as it was told first."""
    lock_rows(Message, [message.pk])
    message.refresh_from_db()
    if not message.wants_a_call:
        raise NothingToTell
    why = f" ({message.reason})" if message.reason else ""
    told = (_("Told by phone: %(name)s.") % {"name": actor.name} + why)[:200]
    compare_and_set(
        message,
        same=("state", "channel"),
        state=MessageState.SENT,
        channel=Channel.PHONE,
        settled_at=now,
        reason=told,
    )
    return message
