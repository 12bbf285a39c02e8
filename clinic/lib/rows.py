"""Writing one row of a small table that the owner keeps: rooms, devices, areas, concerns.

Such rows have no version of their own. A form carries a fingerprint of what it showed; another one on file means that
someone else saved meanwhile.
"""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import models
from django.utils.text import slugify
from django.utils.translation import gettext as _

from clinic.lib.locks import in_transaction, lock_rows
from clinic.lib.operations import body_hash, once
from clinic.models import Operation, User


@dataclass(frozen=True)
class Ahead:
    """Something that lies ahead and stands in the way of a change."""

    when: str
    words: str
    href: str


class RowRefused(Exception):
    """This row is not saved. `problems` says why, a sentence for each field; `ahead` lists what stands in the way."""

    def __init__(self, problems: dict[str, str], ahead: Sequence[Ahead] = ()) -> None:
        super().__init__("; ".join(problems.values()))
        self.problems = problems
        self.ahead = list(ahead)


class RowChanged(Exception):
    """Someone else saved the row after the form was opened. Nothing was saved; `row` is as on file now."""

    def __init__(self, row: models.Model) -> None:
        super().__init__("row changed")
        self.row = row


Check = Callable[[Any, dict[str, Any], datetime], None]
"""Raises RowRefused. Takes the row as on file (without a key when it is new), what is to be written, and now."""


def no_check(row: Any, values: dict[str, Any], now: datetime) -> None:  # noqa: ANN401 - any row
    """Let everything be written."""


def _plain(value: Any) -> Any:  # noqa: ANN401 - whatever a column holds
    if isinstance(value, models.Model):
        return value.pk
    if isinstance(value, models.QuerySet):
        return sorted(row.pk for row in value)
    return value if isinstance(value, bool | int | None) else str(value)


def _is_many(model: type[models.Model] | models.Model, name: str) -> bool:
    return isinstance(model._meta.get_field(name), models.ManyToManyField)


def on_file(row: models.Model, name: str) -> Any:  # noqa: ANN401 - whatever a column holds
    """Return what a row holds, plainly: a relation as its key, a relation to many as their keys in order."""
    if _is_many(row, name):
        return _plain(getattr(row, name).all()) if row.pk else []
    return _plain(getattr(row, row._meta.get_field(name).attname))  # type: ignore[union-attr]


def fingerprint(row: models.Model, fields: Sequence[str]) -> str:
    """Return a hash of what these columns of a row hold."""
    return body_hash({name: on_file(row, name) for name in fields})


def free_key(model: type[models.Model], name: str) -> str:
    """Return a key made of a name, with a number where another row has it."""
    base = slugify(name)[:40] or "row"
    taken = {"new"} | set(model._default_manager.filter(key__startswith=base).values_list("key", flat=True))
    return next(
        key for number in range(1, len(taken) + 2) if (key := base if number == 1 else f"{base}-{number}") not in taken
    )


def _has(model: type[models.Model], name: str) -> bool:
    return any(field.name == name for field in model._meta.get_fields())


def _refuse_a_second(row: models.Model, values: dict[str, Any]) -> None:
    name = values.get("name", "")
    others = type(row)._default_manager.filter(name__iexact=name).exclude(pk=row.pk)
    if name and others.exists():
        raise RowRefused(
            {"name": _("“%(name)s” is there already. Choose a name that tells the two apart.") % {"name": name}}
        )


def write_row(
    *,
    key: uuid.UUID,
    model: type[models.Model],
    pk: int | None,
    values: dict[str, Any],
    seen: str,
    actor: User | None,
    now: datetime,
    check: Check = no_check,
) -> models.Model:
    """Make a row, or change it if it still is what the form showed. Raises RowRefused, RowChanged, OperationReused."""
    body = {"row": pk} | {name: _plain(value) for name, value in values.items()}

    def act(operation: Operation) -> None:
        lock_rows(model, [pk])
        row = model._default_manager.get(pk=pk) if pk else model()
        if pk and seen != fingerprint(row, list(values)):
            raise RowChanged(row)
        _refuse_a_second(row, values)
        check(row, values, now)
        before = {name: on_file(row, name) for name in values} if pk else None
        many = {name: value for name, value in values.items() if _is_many(model, name)}
        for name, value in values.items():
            if name not in many:
                setattr(row, name, value)
        if not pk and _has(model, "key"):
            row.key = free_key(model, values["name"])  # type: ignore[attr-defined]
        if not pk and _has(model, "position"):
            last = model._default_manager.aggregate(last=models.Max("position"))["last"]
            row.position = 0 if last is None else last + 1  # type: ignore[attr-defined]
        row.save()
        for name, value in many.items():
            getattr(row, name).set(value)
        operation.touched = [{str(model._meta.model_name): row.pk, "before": before}]
        operation.result = {"row": row.pk}

    def save() -> models.Model:
        kind = f"write_{model._meta.model_name}"
        operation = once(key=key, kind=kind, actor=actor, body=body, now=now, act=act)
        return model._default_manager.get(pk=operation.result["row"])

    return in_transaction(save)


def shift_row(
    *, key: uuid.UUID, model: type[models.Model], pk: int, step: int, actor: User | None, now: datetime
) -> Operation:
    """Move a row one place up (-1) or down (+1) in its list."""

    def act(operation: Operation) -> None:
        lock_rows(model, model._default_manager.values_list("pk", flat=True))
        rows: list[Any] = list(model._default_manager.all())
        at = next(place for place, row in enumerate(rows) if row.pk == pk)
        to = min(max(at + step, 0), len(rows) - 1)
        rows.insert(to, rows.pop(at))
        moved = []
        for place, row in enumerate(rows):
            if row.position != place:
                row.position = place
                moved.append(row)
        model._default_manager.bulk_update(moved, ["position"])
        operation.result = {"row": pk, "from": at, "to": to}

    kind = f"shift_{model._meta.model_name}"
    return in_transaction(
        lambda: once(key=key, kind=kind, actor=actor, body={"row": pk, "step": step}, now=now, act=act)
    )
