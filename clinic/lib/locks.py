"""Lock first, in one order; the constraint is the backstop (design 4.2 and 4.3).

The order is: Operation (insert), plan, patient, clinicians, rooms, devices, messages, each by primary key.
"""

import random
import time
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from django.db import IntegrityError, InternalError, OperationalError, connection, models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from clinic.lib.reading import reading_once

Result = TypeVar("Result")

RETRIED = {"40P01", "40001", "55P03"}
TRIES = 3
LOCK_TIMEOUT_SECONDS = 3


class Busy(Exception):
    """Too many people at the same rows for three tries. Nothing was saved; trying again is right."""


class StateRefused(Exception):
    """A status path does not lead there: someone changed the row meanwhile."""


class Taken(Exception):
    """A constraint refused two holders of one thing at one time. `constraint` names the rule."""

    def __init__(self, constraint: str) -> None:
        super().__init__(constraint)
        self.constraint = constraint


def sqlstate(error: BaseException) -> str:
    """Return PostgreSQL's code of a database error, or an empty string."""
    return getattr(error.__cause__, "pgcode", None) or ""


def broken_rule(error: IntegrityError, model: type[models.Model]) -> str:
    """Return in a sentence which CHECK of `model` the database kept; empty when it was none of them."""
    name = error.__cause__.diag.constraint_name if sqlstate(error) == "23514" else None  # type: ignore[union-attr]
    rules = {rule.name: rule.violation_error_message for rule in model._meta.constraints}
    sentence = rules.get(name) if name else None
    return _("%(why)s Nothing was saved. Mend it and save again.") % {"why": sentence} if sentence else ""


def in_transaction(act: Callable[[], Result]) -> Result:
    """Run `act` in one transaction with a lock timeout, three times at most when rows were contended.

    Raises Taken (23P01), StateRefused (P0001) and Busy (40P01, 40001, 55P03 three times over). The retry stands outside
    the transaction: PostgreSQL refuses everything in one that failed.
    """
    for attempt in range(1, TRIES + 1):
        try:
            with reading_once(), transaction.atomic():
                with connection.cursor() as cursor:
                    cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT_SECONDS}s'")
                return act()
        except IntegrityError as error:
            if sqlstate(error) == "23P01":
                raise Taken(error.__cause__.diag.constraint_name) from error  # type: ignore[union-attr]
            raise
        except InternalError as error:
            if sqlstate(error) == "P0001":
                raise StateRefused from error
            raise
        except OperationalError as error:
            if sqlstate(error) not in RETRIED:
                raise
            if attempt == TRIES:
                raise Busy from error
            time.sleep(random.uniform(0.01, 0.05) * attempt)  # noqa: S311 - jitter, not a secret
    raise AssertionError("unreachable")


def lock_rows(model: type[models.Model], keys: Iterable[int | None] | models.Q) -> None:
    """Lock these rows in the order of their primary key, against other writers but not against foreign-key checks.

    Rows are named by their keys, or by a condition on columns that these locks do not guard.
    """
    if isinstance(keys, models.Q):
        list(model._default_manager.select_for_update(no_key=True).filter(keys).order_by("pk").values_list("pk"))
    elif wanted := tuple({key for key in keys if key is not None}):
        name, table = (connection.ops.quote_name(word) for word in (str(model._meta.pk.column), model._meta.db_table))
        with connection.cursor() as cursor:  # an act locks three or four tables: Django would make each anew
            words = f"SELECT {name} FROM {table} WHERE {name} IN %s ORDER BY 1 ASC FOR NO KEY UPDATE"  # noqa: S608
            cursor.execute(words, [wanted])


def compare_and_set(row: models.Model, *, same: Iterable[str], **fields: Any) -> None:
    """Write these columns of a row, if those in `same` are still in the database as the row here has them.

    The second guard of a change of state, behind the lock: what somebody changed since it was read is never written
    over. A column that notes the time of the last change is set too. Raises StateRefused when nothing was changed.
    """
    stamps = [field.name for field in row._meta.concrete_fields if getattr(field, "auto_now", False)]
    values = {**dict.fromkeys(stamps, timezone.now()), **fields}
    as_it_was = {name: getattr(row, name) for name in same}
    if row.__class__._default_manager.filter(pk=row.pk, **as_it_was).update(**values) != 1:
        raise StateRefused
    for name, value in values.items():
        setattr(row, name, value)
