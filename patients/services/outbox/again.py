"""Send a message again because someone asked: a new message of the same kind about the same subject.

It is refused, and nothing is saved, when the mail would not leave: the visit is over, the address that failed stands.
"""

import re
import uuid
from datetime import datetime

from django.utils.translation import gettext as _

from clinic.lib.locks import in_transaction
from clinic.lib.operations import once
from clinic.models import Clinic, Operation, User
from patients.models import Channel, Message, MessageState

from . import registry
from .looking import look

SENT_AGAIN = "send_message_again"
AGAIN_AFTER = frozenset({MessageState.SENT, MessageState.FAILED, MessageState.EXPIRED})
_ADDRESS_CODES = re.compile(r"(?:^|\()(?:510|511|512|550|551|553|556)\b")
"""What a server answers about an address that it will never take (RFC 5321, 4.2.3)."""


class CannotSendAgain(Exception):
    """The message was not put in again, and nothing was saved. `sentence` says why."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def address_failed(message: Message) -> bool:
    """Say whether the server refused the address itself, and it is still the patient's."""
    refused = bool(_ADDRESS_CODES.search(message.reason))
    return refused and message.to_address.lower() == message.patient.email.lower()


def may_go_again(message: Message) -> bool:
    """Say whether it makes sense to offer it: whether it is still true is asked when someone presses."""
    known = registry.kind(message.kind)
    return message.state in AGAIN_AFTER and known is not None and known.again is not None


def send_again(*, key: uuid.UUID, message_id: uuid.UUID, actor: User, now: datetime) -> Operation:
    """Put a message in again, due now. Raises CannotSendAgain, Busy, OperationReused."""

    def act(operation: Operation) -> None:
        message = Message.objects.select_related("patient").get(public_id=message_id)
        new = _put_in(message, operation, now)
        operation.result = {"message": str(new.public_id), "again": str(message.public_id), "due": new.due_at}

    def run() -> Operation:
        return once(key=key, kind=SENT_AGAIN, actor=actor, body={"message": str(message_id)}, now=now, act=act)

    return in_transaction(run)


def _put_in(message: Message, operation: Operation, now: datetime) -> Message:
    known = registry.kind(message.kind)
    if known is None or known.again is None or message.state not in AGAIN_AFTER:
        raise CannotSendAgain(_("Only what was sent, failed or came too late is sent again. Nothing was added."))
    if address_failed(message):
        raise CannotSendAgain(
            _("%(address)s was refused and is still on file. Correct the address first. Nothing was added.")
            % {"address": message.to_address}
        )
    new = known.again(message, operation, now)
    new.patient = message.patient
    if new.channel == Channel.PHONE:
        raise CannotSendAgain(_("No e-mail address on file: call instead. Nothing was added."))
    seen = look(new, Clinic.objects.current(), now)
    if seen.letter is None:
        raise CannotSendAgain(_("It is not true any more: %(why)s Nothing was added.") % {"why": seen.why_not})
    if seen.leaves_at is not None and seen.leaves_at > now:
        new.due_at = seen.leaves_at
        new.save(update_fields=["due_at"])
    return new
