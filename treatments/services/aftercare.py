"""Writing the texts that patients read after a visit. A version that exists is never changed: a new one is made."""

import uuid
from datetime import datetime
from typing import Any

import pghistory
from django.db.models import Max

from clinic.lib.locks import in_transaction, lock_rows
from clinic.lib.operations import once
from clinic.models import Operation, User
from treatments.models import AftercareText, Protocol


class VersionExists(Exception):
    """This version has a text in this language already."""


def write_text(
    *,
    key: uuid.UUID,
    version: int | None,
    language: str,
    content: dict[str, Any],
    actor: User | None,
    now: datetime,
) -> AftercareText:
    """Write a text: of the next version, or in one more language of a version. Raises VersionExists."""

    def act(operation: Operation) -> None:
        last = AftercareText.objects.aggregate(last=Max("version"))["last"] or 0
        number = version or last + 1
        if AftercareText.objects.filter(version=number, language=language).exists():
            raise VersionExists
        text = AftercareText.objects.create(version=number, language=language, **content)
        operation.result = {"text": text.pk}

    def save() -> AftercareText:
        body = {"version": version, "language": language, "content": content}
        operation = once(key=key, kind="write_aftercare", actor=actor, body=body, now=now, act=act)
        return AftercareText.objects.get(pk=operation.result["text"])

    return in_transaction(save)


def use_text(
    *, key: uuid.UUID, version: int, protocol_ids: list[int], actor: User | None, now: datetime
) -> list[Protocol]:
    """Let these treatments show this version from now on, and return those that did not yet."""

    def act(operation: Operation) -> None:
        lock_rows(Protocol, protocol_ids)
        changed = list(Protocol.objects.filter(pk__in=protocol_ids).exclude(aftercare_version=version).order_by("pk"))
        for protocol in changed:
            protocol.aftercare_version = version
            protocol.version += 1
            protocol.save()
        operation.touched = [{"protocol": protocol.pk, "version": protocol.version} for protocol in changed]

    def save() -> list[Protocol]:
        with pghistory.context(user=actor.pk if actor else None):
            body = {"version": version, "protocols": sorted(protocol_ids)}
            operation = once(key=key, kind="use_aftercare", actor=actor, body=body, now=now, act=act)
        return list(Protocol.objects.filter(pk__in=[one["protocol"] for one in operation.touched]))

    return in_transaction(save)
