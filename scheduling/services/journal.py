"""What an act did to rows, so that it can be taken back as a whole: each row before and after."""

import json
from typing import Any

from django.apps import apps
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

Values = dict[str, Any]


class ChangedSince(Exception):
    """A row is no longer as the act left it."""


class Journal:
    """Changes rows and writes down how they were and how they are; `entries` go into `Operation.touched`."""

    def __init__(self) -> None:
        self.entries: list[dict[str, Any]] = []

    def add(self, row: models.Model) -> None:
        row.save(force_insert=True)
        row.refresh_from_db()
        self._note(row, None, values(row))

    def change(self, row: models.Model, **fields: Any) -> None:
        before = values(row)
        for name, value in fields.items():
            setattr(row, name, value)
        row.save(update_fields=list(fields))
        row.refresh_from_db()
        self._note(row, before, values(row))

    def remove(self, row: models.Model) -> None:
        before = values(row)
        self._note(row, before, None)
        row.delete()

    def _note(self, row: models.Model, before: Values | None, after: Values | None) -> None:
        self.entries.append({"row": row._meta.label_lower, "pk": row.pk, "before": before, "after": after})


def values(row: models.Model) -> Values:
    """Return the columns of a row as JSON keeps them."""
    found = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
    kept: Values = json.loads(json.dumps(found, cls=DjangoJSONEncoder))
    return kept


def put_back(entries: list[dict[str, Any]], journal: Journal) -> None:
    """Give each row what it was before, the last change first. Raises ChangedSince when one is not as it was left."""
    for entry in reversed(entries):
        model = apps.get_model(entry["row"])
        row = model._default_manager.filter(pk=entry["pk"]).first()
        if (values(row) if row else None) != entry["after"]:
            raise ChangedSince
        before = entry["before"]
        typed = {f.attname: f.to_python(before[f.attname]) for f in model._meta.concrete_fields} if before else {}
        if row is None:
            journal.add(model(**typed))
        elif before is None:
            journal.remove(row)
        else:
            journal.change(row, **{name: value for name, value in typed.items() if name != model._meta.pk.attname})
