"""Is the clinic alive? Two addresses for monitors, public, without a word about anybody.

`/livez`: this process and its database answer. `/healthz`: the worker's heart beats and no message is late as well.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from clinic.models import Heartbeat
from clinic.tasks import WORKER
from patients.models import Message

HEARTBEAT_FRESH = timedelta(minutes=3)


@login_not_required
@require_safe
def livez(request: HttpRequest) -> JsonResponse:  # noqa: ARG001 - a view's signature
    """Answer 200 when this process and its database do."""
    return _answer({"database": _database_trouble()})


@login_not_required
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:  # noqa: ARG001 - a view's signature
    """Answer 200 when messages leave on time too; otherwise 503, and what is wrong."""
    now = timezone.now()
    troubles = {"database": _database_trouble()}
    if not troubles["database"]:
        troubles |= {"worker": _worker_trouble(now), "messages": _message_trouble(now)}
    return _answer(troubles)


def _answer(troubles: dict[str, str]) -> JsonResponse:
    wrong = {part: trouble for part, trouble in troubles.items() if trouble}
    headers = {"Cache-Control": "no-store"}
    return JsonResponse({"ok": not wrong, "wrong": wrong}, status=503 if wrong else 200, headers=headers)


def _database_trouble() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return "does not answer"
    return ""


def _worker_trouble(now: datetime) -> str:
    last = Heartbeat.objects.filter(name=WORKER).values_list("at", flat=True).first()
    if last is None:
        return "has never been seen"
    if last < now - HEARTBEAT_FRESH:
        return f"was last seen {(now - last) // timedelta(minutes=1)} minutes ago"
    return ""


def _message_trouble(now: datetime) -> str:
    late = Message.objects.due(now - timedelta(minutes=settings.MESSAGES_LATE_MINUTES)).count()
    return f"{late} should have left by now" if late else ""


livez.public = healthz.public = True  # type: ignore[attr-defined]
