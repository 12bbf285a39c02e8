"""Saying that two files which look alike are two people."""

import uuid
from datetime import datetime

from django.utils.translation import gettext as _

from clinic.lib.locks import in_transaction, lock_rows
from clinic.lib.operations import once
from clinic.models import Operation, User
from patients.models import NotTwins, Patient


class TwinsRefused(Exception):
    """Nothing was saved. `sentence` says why."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def say_not_twins(
    *, key: uuid.UUID, one_id: int, other_id: int, reason: str, actor: User | None, now: datetime
) -> Operation:
    """Keep two files off the list of likely twins. Said again, the first reason stays. Raises TwinsRefused."""
    first, second = sorted((one_id, other_id))

    def act(operation: Operation) -> None:
        if not reason.strip():
            raise TwinsRefused(_("Write how you know that they are two people. Nothing was saved."))
        lock_rows(Patient, [first, second])
        NotTwins.objects.get_or_create(
            first_id=first,
            second_id=second,
            defaults={"reason": reason.strip()[:200], "actor": operation.actor, "at": now},
        )

    def attempt() -> Operation:
        body = {"first": first, "second": second, "reason": reason}
        return once(key=key, kind="not_twins", actor=actor, body=body, now=now, act=act)

    return in_transaction(attempt)
