"""What asks for a person, counted beside its place in the navigation."""

from collections.abc import Callable
from functools import cache
from typing import Any

from django.db import connection
from django.db.models import Count, QuerySet, Value
from django.http import HttpRequest
from django.utils import timezone

from patients.message_list import NEED_FOR
from patients.models import Message
from scheduling.models import WaitingEntry


def attention(request: HttpRequest) -> dict[str, Callable[[], int]]:  # noqa: ARG001 - a context processor
    """Return how many messages need a person, and how many wait for an earlier time.

    Only a page that shows the navigation asks the database: once, for both.
    """

    @cache
    def counts() -> tuple[int, int]:
        now = timezone.now()
        messages = Message.objects.needing_a_person(now, since=now - NEED_FOR)
        return _counts(messages, WaitingEntry.objects.wanting(now))

    return {"messages_needing_a_person": lambda: counts()[0], "waiting_for_earlier": lambda: counts()[1]}


def _counts(*rows: QuerySet[Any]) -> tuple[int, int]:
    """Return how many rows each of two queries has, in one statement."""
    parts = [one.order_by().values(all=Value(1)).annotate(n=Count("pk")).values("n").query for one in rows]
    found = [part.sql_with_params() for part in parts]
    select = ", ".join(f"coalesce(({sql}), 0)" for sql, _values in found)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {select}", [value for _sql, values in found for value in values])
        messages, waiting = cursor.fetchone()
    return messages, waiting
