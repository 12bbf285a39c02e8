"""One submit, one Operation: the key that makes a double click, a retry or Back give the first answer (design 4.4)."""

import hashlib
import json
import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder

from clinic.models import Operation, User


class OperationReused(Exception):
    """The same key came with another body: a form was changed after it was answered."""


def body_hash(body: dict[str, Any]) -> str:
    """Return a hash of what was asked, the same for the same content whatever its order of keys."""
    text = json.dumps(body, sort_keys=True, cls=DjangoJSONEncoder)
    return hashlib.sha256(text.encode()).hexdigest()


def once(
    *,
    key: uuid.UUID,
    kind: str,
    actor: User | None,
    body: dict[str, Any],
    now: datetime,
    act: Callable[[Operation], None],
) -> Operation:
    """Run `act` once for this key and return its Operation; a repeat returns the stored one without acting.

    Call inside a transaction. Of two that arrive together the second waits for the first to commit. `act` fills
    `result` and `touched`. Raises OperationReused for the same key with another body.
    """
    digest = body_hash(body)
    operation, made = Operation.objects.get_or_create(
        pk=key,
        defaults={
            "kind": kind,
            "actor": f"{actor.name} <{actor.email}>" if actor else "system",
            "user": actor,
            "body_hash": digest,
            "at": now,
        },
    )
    if not made:
        if operation.body_hash != digest or operation.kind != kind:
            raise OperationReused
        return operation
    act(operation)
    operation.save(update_fields=["result", "touched"])
    return operation
