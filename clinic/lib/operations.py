"""One submit, one Operation: the key that makes a double click, a retry or Back give the first answer (design 4.4)."""

import hashlib
import json
import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection

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
    named = f"{actor.name} <{actor.email}>" if actor else "system"
    operation = Operation(pk=key, kind=kind, actor=named, user=actor, body_hash=digest, at=now)
    if not _insert(operation):
        operation = Operation.objects.get(pk=key)
        if operation.body_hash != digest or operation.kind != kind:
            raise OperationReused
        return operation
    act(operation)
    Operation.objects.filter(pk=key).update(result=operation.result, touched=operation.touched)
    return operation


# One statement: `get_or_create` takes four, with a savepoint. A second one with this key waits here for the first.
INSERT = """
INSERT INTO clinic_operation (id, kind, actor, user_id, body_hash, result, touched, at)
VALUES (%s, %s, %s, %s, %s, '{}', '[]', %s) ON CONFLICT (id) DO NOTHING
"""


def _insert(made: Operation) -> bool:
    """Insert an operation, and say whether this was the first with its key."""
    with connection.cursor() as cursor:
        cursor.execute(INSERT, [made.pk, made.kind, made.actor, made.user_id, made.body_hash, made.at])
        return cursor.rowcount == 1
