"""Rows by COPY: a table takes tens of thousands at a time, every constraint and foreign key in force.

Only the triggers that keep the history are silent meanwhile: what they would have written is written in one go.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import StringIO
from random import Random
from typing import Any

import pgtrigger
from django.db import connection, models

from patients.models import Patient
from scheduling.models import Appointment
from treatments.models import Session, TreatmentPlan

AT_ONCE = 20_000
TRACKED: tuple[type[models.Model], ...] = (Patient, TreatmentPlan, Session, Appointment)
_ESCAPED = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
NULL = "\\N"


def new_uuid(rng: Random) -> str:
    """Return a random UUID as text, the same for the same seed."""
    digits = f"{rng.getrandbits(128):032x}"
    return f"{digits[:12]}4{digits[13:16]}a{digits[17:]}"


def plain(value: object) -> str:
    """Return a value as COPY reads it; None is NULL."""
    return NULL if value is None else str(value).translate(_ESCAPED)


class Table:
    """Rows of one model to be. Keys are given out here, in a block that the sequence then skips."""

    def __init__(self, model: type[models.Model], columns: Sequence[str]) -> None:
        others = [(field.column, plain(value)) for field, value in _others(model, columns)]
        self.columns = [*columns, *(name for name, _value in others)]
        self._rest = [value for _name, value in others]
        self.name = model._meta.db_table
        self._lines: list[str] = []
        self.count = 0
        self.first = self._next = _sequence(f"SELECT nextval(pg_get_serial_sequence('{self.name}', 'id'))")

    def key(self) -> int:
        """Return the key of the next row."""
        self._next += 1
        return self._next - 1

    def add(self, *values: str) -> None:
        """Put in a row of plain texts, in the order of the columns; all others take what a new row has."""
        self._lines.append("\t".join([*values, *self._rest]))
        self.count += 1
        if len(self._lines) >= AT_ONCE:
            self.flush()

    def flush(self) -> None:
        """Write what was put in."""
        if not self._lines:
            return
        names = ", ".join(f'"{name}"' for name in self.columns)
        with connection.cursor() as cursor:
            cursor.copy_expert(f'COPY "{self.name}" ({names}) FROM STDIN', StringIO("\n".join(self._lines) + "\n"))
        self._lines = []

    def close(self) -> None:
        """Write the rest, and let the sequence go on after the last key."""
        self.flush()
        after = self.first + self.count
        _sequence(f"SELECT setval(pg_get_serial_sequence('{self.name}', 'id'), {after}, false)")


def _others(model: type[models.Model], columns: Sequence[str]) -> Iterator[tuple["models.Field[Any, Any]", object]]:
    """Return the fields that were not named and may not be empty, each with its default."""
    for field in model._meta.local_concrete_fields:
        has_own = field.generated or field.db_default is not models.NOT_PROVIDED or field.primary_key
        if field.column not in columns and not field.null and not has_own:
            yield field, field.get_default()


def _sequence(statement: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return int(cursor.fetchone()[0])


@contextmanager
def history_kept_later() -> Iterator[None]:
    """Let no trigger write history a row at a time; write the first event of every row at the end, in one go."""
    uris = [f"{model._meta.label}:insert_insert" for model in TRACKED]
    with pgtrigger.ignore(*uris, "scheduling.Appointment:seen_lately"):
        yield
    with connection.cursor() as cursor:
        for model in TRACKED:
            cursor.execute(_events(model))


def _events(model: type[models.Model]) -> str:
    """Return the statement that gives each row of a tracked model the event of its making."""
    event: Any = model.pgh_event_model  # type: ignore[attr-defined]
    names = [field.column for field in event._meta.concrete_fields if not field.name.startswith("pgh_")]
    columns = ", ".join(f'"{name}"' for name in names)
    made = '"created_at"' if "created_at" in names else "now()"
    return (
        f'INSERT INTO "{event._meta.db_table}" ({columns}, pgh_created_at, pgh_label, pgh_obj_id) '  # noqa: S608
        f'SELECT {columns}, {made}, \'insert\', "id" FROM "{model._meta.db_table}"'
    )
