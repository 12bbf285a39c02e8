"""Send what is due. The row is the truth; whoever runs this may be killed at any line (design 6, reliability 2).

For each message: a committed lease (claim), a committed try (begin), the mail composed under the row's lock (write),
the SMTP server's answer, and the row marked by it (settle). Every step compares the lease first, so that a row that was
withdrawn or taken over meanwhile is left alone. Killed before the answer is marked, the lease runs out and the same
Message-ID goes again: none is lost, and there are no more duplicates than kills.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.db.models import Value
from django.db.models.functions import Concat, Left
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from clinic.models import Clinic
from patients.models import Channel, Message, MessageState

from . import links, registry, sending
from .sending import Answer, Verdict
from .together import Group, split

LEASE = timedelta(seconds=settings.EMAIL_TIMEOUT * 15)
"""Longer than the slowest send: the timeout is for each answer of the server, and a mail takes about ten."""
BATCH = 100
BUDGET = timedelta(seconds=180)
"""A sweep stops by itself before Celery's soft time limit; the next one goes on."""


Writer = Callable[[Message, datetime], registry.Outcome]


@dataclass
class Tally:
    """What a sweep did."""

    sent: int = 0
    later: int = 0
    failed: int = 0
    withdrawn: int = 0
    expired: int = 0
    to_call: int = 0

    def __str__(self) -> str:
        return (
            ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in vars(self).items() if count) or "nothing"
        )


class Clock:
    """The time that a sweep goes by: the moment it was given, and what has really passed since."""

    def __init__(self, start: datetime) -> None:
        self._start, self._mark = start, monotonic()

    def __call__(self) -> datetime:
        return self._start + timedelta(seconds=monotonic() - self._mark)


def sweep(now: datetime, *, batch: int = BATCH, budget: timedelta = BUDGET) -> Tally:
    """Expire what is overdue and send what is due, until nothing is left, the budget is spent or the server is down."""
    clock, tally = Clock(now), Tally()
    tally.expired += expire(now)
    clinic = Clinic.objects.current()
    server = get_connection()
    try:
        while clock() < now + budget:
            claimed = claim(clock(), size=batch)
            if not claimed or not _send_all(claimed, _Sender(server, clinic, clock, tally), until=now + budget):
                break
    finally:
        server.close()
    return tally


def expire(now: datetime) -> int:
    """Settle what was of use only until now. Messages that someone is working on wait for the next sweep."""
    with transaction.atomic():
        late = Message.objects.overdue(now).select_for_update(skip_locked=True, no_key=True)
        keys = list(late.values_list("pk", flat=True))
        return Message.objects.filter(pk__in=keys).update(state=MessageState.EXPIRED, settled_at=now, lease_until=None)


def claim(now: datetime, *, size: int) -> list[Message]:
    """Take a batch of due messages for this sweep alone, by a lease that is committed before anything is sent."""
    lease = now + LEASE
    with transaction.atomic():
        due = Message.objects.due(now).select_for_update(skip_locked=True, no_key=True).order_by("due_at", "pk")
        keys = list(due.values_list("pk", flat=True)[:size])
        Message.objects.filter(pk__in=keys).update(state=MessageState.CLAIMED, lease_until=lease)
    return list(Message.objects.filter(pk__in=keys).held(lease))


def _send_all(claimed: list[Message], sender: "_Sender", *, until: datetime) -> bool:
    """Send a batch, in groups or one by one; say whether the server still answers. What was not begun is given back."""
    lease = claimed[0].lease_until
    groups, alone = split(claimed)
    try:
        return all(sender.clock() < until and Group(sender, group).send(until) for group in groups) and all(
            sender.clock() < until and sender.send(message) for message in alone
        )
    finally:
        keys = [message.pk for message in claimed]
        Message.objects.filter(pk__in=keys).held(lease).update(state=MessageState.WAITING, lease_until=None)


@dataclass
class _Sender:
    """One connection, and what is needed to send a message over it."""

    server: BaseEmailBackend
    clinic: Clinic
    clock: Clock
    tally: Tally

    def send(self, message: Message) -> bool:
        """Send one claimed message; say whether the server still answers."""
        if not self.begin(message):
            return True
        mail = self.write(message)
        if mail is None:
            return True
        answer = sending.hand_over(mail, self.server)
        self.settle(message, answer)
        return answer.verdict is not Verdict.DOWN

    def begin(self, message: Message) -> bool:
        """Count the try and renew the lease, committed before anything else can go wrong.

        A message that fails in a way nobody foresaw, or kills its worker, thus counts its tries too and ends as failed.
        """
        now = self.clock()
        if message.attempts >= sending.MOST_TRIES:
            self.tally.failed += self.change(
                message, state=MessageState.FAILED, reason=_("Given up: the last try was cut off."), settled_at=now
            )
            return False
        old, message.lease_until = message.lease_until, now + LEASE
        message.attempts += 1
        return bool(
            Message.objects.filter(pk=message.pk)
            .held(old)
            .update(lease_until=message.lease_until, attempts=message.attempts)
        )

    @transaction.atomic
    def write(self, message: Message) -> EmailMultiAlternatives | None:
        """Compose the mail from what is true now, and store what it says; None when it is not to be sent.

        Whoever withdraws or postpones the message waits for this row, or was here first and is seen.
        """
        now = self.clock()
        held = Message.objects.select_for_update(no_key=True, of=("self",)).select_related("patient")
        fresh = held.filter(pk=message.pk).held(message.lease_until).first()
        if fresh is None:
            return None
        outcome = self.compose(fresh, now)
        if not isinstance(outcome, registry.Composed):
            self.set_aside(fresh, outcome, now)
            return None
        mail = self.written(fresh, outcome)
        fresh.save(update_fields=["message_id", "to_address", "subject", "body"])
        return mail

    def written(self, message: Message, outcome: registry.Composed) -> EmailMultiAlternatives:
        """Keep what belongs to a mail, put into the row what it says (unsaved), and return it whole."""
        outcome.keep()
        message.message_id = message.message_id or sending.message_id(message)
        message.to_address = message.patient.email
        message.subject = sending.one_line(outcome.subject)[:200]
        message.body = links.redacted(message, outcome.text) if "://" in outcome.text else outcome.text
        return sending.envelope(message, outcome, self.clinic)

    def set_aside(self, message: Message, outcome: registry.Outcome, now: datetime) -> None:
        """Do with a message what its composer said instead of writing it."""
        match outcome:
            case registry.NoLongerTrue(reason, keep):
                keep()
                self.tally.withdrawn += self.change(
                    message, state=MessageState.WITHDRAWN, reason=reason, settled_at=now
                )
            case registry.CallInstead(reason):
                self.tally.to_call += self.change(
                    message, state=MessageState.WAITING, channel=Channel.PHONE, reason=reason
                )
            case registry.NotNow(until) if message.not_after is None or until < message.not_after:
                self.tally.later += self.change(
                    message, state=MessageState.WAITING, due_at=until, attempts=message.attempts - 1
                )
            case _too_late:
                self.tally.expired += self.change(message, state=MessageState.EXPIRED, settled_at=now)

    def settle(self, message: Message, answer: Answer) -> None:
        """Mark a message by the server's answer."""
        now = self.clock()
        if answer.verdict is Verdict.SENT:
            if self.change(message, state=MessageState.SENT, settled_at=now, reason=""):
                self.tally.sent += 1
            else:
                self.left_before(message)
        elif answer.verdict is Verdict.NEVER or message.attempts >= sending.MOST_TRIES:
            self.tally.failed += self.change(message, state=MessageState.FAILED, reason=answer.reason, settled_at=now)
        else:
            wait = sending.WAITS[message.attempts - 1]
            self.tally.later += self.change(
                message, state=MessageState.WAITING, reason=answer.reason, due_at=now + wait
            )

    def left_before(self, message: Message) -> None:
        """Note on a message that was withdrawn while its mail was on its way that both are true: the desk must know."""
        Message.objects.filter(pk=message.pk, state=MessageState.WITHDRAWN).update(
            reason=Concat(Left("reason", 150), Value(" " + _("The mail had left a moment before.")))
        )

    def lease_from_now(self) -> datetime:
        return self.clock() + LEASE

    def compose(self, message: Message, now: datetime, write: Writer | None = None) -> registry.Outcome:
        """Return what a message says now; `write` composes it from what was read for many."""
        return compose(message, self.clinic, now, write)

    def change(self, message: Message, **values: Any) -> int:
        """Change a message that is still held under its lease; return 0 when it is not ours any more."""
        mine = Message.objects.filter(pk=message.pk).held(message.lease_until)
        return mine.update(lease_until=None, **values)


def compose(message: Message, clinic: Clinic, now: datetime, write: Writer | None = None) -> registry.Outcome:
    """Ask the app that owns the kind what the message says now."""
    kind = registry.kind(message.kind)
    if message.not_after is not None and message.not_after <= now:
        return registry.NotNow(message.not_after)
    if kind is None:
        return registry.NoLongerTrue(_("Nobody writes messages of this kind any more."))
    if not message.patient.email:
        return registry.CallInstead(_("No e-mail address."))
    with translation.override(message.patient.language), timezone.override(clinic.tz):
        return (write or kind.compose)(message, now)
