"""Send many messages of one kind together: begun, read and written at once, sent and marked one by one.

A reminder by itself takes seven statements, most of a sender's time. Together the truth is read once for all, and each
mail takes one statement, committed: it marks the mail before by the server's answer and looks whether the next is still
to go. A kill loses none, and no more go twice than there are kills.

The try of all is counted first. Who was not sent gets it back, unless something broke: then each goes by itself the
next time, so that one message that nobody foresaw does not use up the tries of its neighbours.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import connection, transaction
from django.db.models import F

from patients.models import Message, MessageState

from . import registry, sending
from .sending import Verdict

if TYPE_CHECKING:
    from .sweep import _Sender

MOST, FEWEST = 25, 4
"""How many go together: few enough that the last is written a moment before it leaves."""
LONGEST_SEND = timedelta(seconds=settings.EMAIL_TIMEOUT * 10)

# Not plainly `state = 'claimed'`: `MessageQuerySet.held` says why.
BEGIN = """
UPDATE patients_message SET lease_until = %(lease)s, attempts = 1
WHERE id = ANY(%(keys)s) AND (state = 'claimed') IS TRUE AND lease_until = %(old)s AND attempts = 0 RETURNING id
"""
STORE = """
UPDATE patients_message message
SET message_id = new.message_id, to_address = new.address, subject = new.subject, body = new.body
FROM unnest(%(keys)s, %(ids)s, %(addresses)s, %(subjects)s, %(bodies)s) new(id, message_id, address, subject, body)
WHERE message.id = new.id
"""
MARK = """
WITH sent AS (
    UPDATE patients_message SET state = 'sent', settled_at = %(at)s, reason = '', lease_until = NULL
    WHERE id = %(done)s AND (state = 'claimed') IS TRUE AND lease_until = %(lease)s RETURNING id
)
SELECT EXISTS (SELECT FROM sent), EXISTS (
    SELECT FROM patients_message WHERE id = %(next)s AND (state = 'claimed') IS TRUE AND lease_until = %(lease)s
)
"""


def split(claimed: Sequence[Message]) -> tuple[list[list[Message]], list[Message]]:
    """Return the groups that go together, and those who go by themselves: other kinds, and who was tried before."""
    many: dict[str, list[Message]] = {}
    for message in claimed:
        kind = registry.kind(message.kind)
        if kind is not None and kind.together is not None and message.attempts == 0:
            many.setdefault(message.kind, []).append(message)
    groups = [of_kind[at : at + MOST] for of_kind in many.values() for at in range(0, len(of_kind), MOST)]
    groups = [group for group in groups if len(group) >= FEWEST]
    grouped = {message.pk for group in groups for message in group}
    return groups, [message for message in claimed if message.pk not in grouped]


@dataclass
class Group:
    """Messages of one kind, none of them tried yet, under one lease."""

    sender: "_Sender"
    messages: Sequence[Message]
    lease: datetime = field(init=False)
    _whole: bool = False

    def send(self, until: datetime) -> bool:
        """Send them; say whether the server still answers."""
        keys = self.begin()
        try:
            answers = self._hand_over(self.write(keys), until)
            self._whole = True
            return answers
        finally:
            self._give_back(keys)

    def begin(self) -> list[int]:
        """Count the try of all and renew their lease, committed before anything can go wrong; return who is ours."""
        old, self.lease = self.messages[0].lease_until, self.sender.lease_from_now()
        keys = [message.pk for message in self.messages]
        with connection.cursor() as cursor:
            cursor.execute(BEGIN, {"lease": self.lease, "old": old, "keys": keys})
            return [key for (key,) in cursor.fetchall()]

    @transaction.atomic
    def write(self, keys: Sequence[int]) -> list[tuple[Message, EmailMultiAlternatives]]:
        """Compose the mails from what is true now, and store what they say.

        Whoever withdraws or postpones one waits for its row, or was here first and is seen.
        """
        now = self.sender.clock()
        held = Message.objects.select_for_update(no_key=True, of=("self",)).select_related("patient").order_by("pk")
        fresh = list(held.filter(pk__in=keys).held(self.lease))
        kind = registry.kind(self.messages[0].kind)
        if kind is None or kind.together is None:
            return []
        subjects = kind.together.read([message.pk for message in fresh])
        ready = []
        for message in fresh:
            write = partial(kind.together.compose, subjects.get(message.pk), self.sender.clinic)
            outcome = self.sender.compose(message, now, write)
            if isinstance(outcome, registry.Composed):
                ready.append((message, self.sender.written(message, outcome)))
            else:
                self.sender.set_aside(message, outcome, now)
        self._store([message for message, _mail in ready])
        ready.sort(key=lambda pair: (pair[0].due_at, pair[0].pk))
        return ready

    def _store(self, written: Sequence[Message]) -> None:
        columns: dict[str, Any] = {
            "keys": [message.pk for message in written],
            "ids": [message.message_id for message in written],
            "addresses": [message.to_address for message in written],
            "subjects": [message.subject for message in written],
            "bodies": [message.body for message in written],
        }
        if written:
            with connection.cursor() as cursor:
                cursor.execute(STORE, columns)

    def _hand_over(self, ready: Sequence[tuple[Message, EmailMultiAlternatives]], until: datetime) -> bool:
        """Send each mail that is still to go, one after another, each marked before the next leaves."""
        if not ready:
            return True
        following = [message for message, _mail in ready[1:]]
        is_mine = self.mark(None, ready[0][0])
        for (message, mail), coming in zip(ready, [*following, None], strict=True):
            if self.sender.clock() >= min(until, self.lease - LONGEST_SEND):
                return True
            if is_mine:
                answer = sending.hand_over(mail, self.sender.server)
                if answer.verdict is Verdict.SENT:
                    is_mine = self.mark(message, coming)
                    continue
                self.sender.settle(message, answer)
                if answer.verdict is Verdict.DOWN:
                    return False
            is_mine = self.mark(None, coming)
        return True

    def mark(self, done: Message | None, coming: Message | None) -> bool:
        """Mark a mail that the server took, and say whether the next is still ours to send. One statement."""
        if done is None and coming is None:
            return False
        keys = {"done": done.pk if done else None, "next": coming.pk if coming else None}
        with connection.cursor() as cursor:
            cursor.execute(MARK, {**keys, "at": self.sender.clock(), "lease": self.lease})
            was_marked, is_mine = cursor.fetchone()
        if was_marked:
            self.sender.tally.sent += 1
        elif done is not None:
            self.sender.left_before(done)
        return bool(is_mine)

    def _give_back(self, keys: Sequence[int]) -> None:
        """Let go of who was not sent; the try was none, unless something broke on the way."""
        tried = F("attempts") - 1 if self._whole else F("attempts")
        Message.objects.filter(pk__in=keys).held(self.lease).update(
            state=MessageState.WAITING, lease_until=None, attempts=tried
        )
