"""What asks for a person, counted beside its place in the navigation."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import Any

from django.db import connection
from django.db.models import Count, QuerySet, Value
from django.http import HttpRequest
from django.utils import timezone

from patients.message_list import NEED_FOR
from patients.models import Message
from scheduling.models import WaitingEntry

NOW, SINCE = datetime(1, 1, 1, tzinfo=UTC), datetime(1, 1, 2, tzinfo=UTC)
"""Marks in the statement: this moment, and since when what failed is counted."""


def attention(request: HttpRequest) -> dict[str, Callable[[], int]]:  # noqa: ARG001 - a context processor
    """Return how many messages need a person, and how many wait for an earlier time.

    Only a page that shows the navigation asks the database: once, for both.
    """

    @cache
    def counts() -> tuple[int, int]:
        now = timezone.now()
        return _counts({NOW: now, SINCE: now - NEED_FOR})

    return {"messages_needing_a_person": lambda: counts()[0], "waiting_for_earlier": lambda: counts()[1]}


def _counts(moments: dict[Any, datetime]) -> tuple[int, int]:
    sql, values = _statement()
    with connection.cursor() as cursor:
        cursor.execute(sql, [moments.get(value, value) for value in values])
        messages, waiting = cursor.fetchone()
    return messages, waiting


@cache
def _statement() -> tuple[str, tuple[Any, ...]]:
    """Return one statement for both counts, and its values: marks stand where moments will.

    Making it takes ten times as long as running it, and every page asks.
    """
    rows: list[QuerySet[Any]] = [
        Message.objects.needing_a_person(NOW, since=SINCE),
        WaitingEntry.objects.wanting(NOW),
    ]
    parts = [one.order_by().values(all=Value(1)).annotate(n=Count("pk")).values("n").query for one in rows]
    found = [part.sql_with_params() for part in parts]
    select = ", ".join(f"coalesce(({sql}), 0)" for sql, _values in found)
    return f"SELECT {select}", tuple(value for _sql, values in found for value in values)
