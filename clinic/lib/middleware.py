"""What every request carries: the clinic, its zone, and when its person was last seen."""

from collections.abc import Callable
from datetime import timedelta

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from clinic.lib.locks import RETRIED, Busy, StateRefused, sqlstate
from clinic.models import Clinic, User

SEEN_EVERY = timedelta(minutes=1)
AGAIN_SECONDS = 5
BARE = {"/livez", "/healthz"}
"""Addresses that must answer when the database does not: they get no clinic."""


class ClinicMiddleware:
    """Set `request.clinic` and the clinic's time zone; note a person's activity at most once a minute (design 9)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path in BARE:
            return self.get_response(request)
        request.clinic = Clinic.objects.current()  # type: ignore[attr-defined]
        with timezone.override(request.clinic.tz):  # type: ignore[attr-defined]
            self._note_activity(request)
            response = self.get_response(request)
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer 503 with a sentence where a view did not: contended rows are no fault, and trying again is right."""
        contended = isinstance(error, OperationalError) and sqlstate(error) in RETRIED
        if not contended and not isinstance(error, Busy | StateRefused):
            return None
        response = render(request, "503.html", status=503)
        response["Retry-After"] = str(AGAIN_SECONDS)
        return response

    def _note_activity(self, request: HttpRequest) -> None:
        user, now = request.user, timezone.now()
        if user.is_authenticated and (user.last_active_at is None or user.last_active_at < now - SEEN_EVERY):
            User.objects.filter(pk=user.pk).update(last_active_at=now)
