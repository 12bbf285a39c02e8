"""What every request carries: the clinic, its zone, and when its person was last seen."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from clinic.lib.back import back
from clinic.lib.locks import RETRIED, Busy, StateRefused, sqlstate
from clinic.lib.reading import reading_once
from clinic.models import Clinic, User

SEEN_EVERY = timedelta(minutes=1)
AGAIN_SECONDS = 5
BARE = {"/livez", "/healthz"}
"""Addresses that must answer when the database does not: they get no clinic."""


class SignedOutMiddleware(LoginRequiredMiddleware):
    """Ask who has no session to sign in. A form that was sent meanwhile is told as lost, and leads back to its page.

    The address of a form often answers to POST alone: after signing in it would be an empty page.
    """

    def handle_no_permission(self, request: HttpRequest, view_func: Callable[..., Any]) -> HttpResponseRedirect:
        if request.method != "POST" or request.headers.get("HX-Request"):
            return super().handle_no_permission(request, view_func)
        messages.error(request, _("You were signed out meanwhile. Nothing was saved. Sign in and do it once more."))
        return redirect_to_login(back(request, reverse("home")), self.get_login_url(view_func))


class ClinicMiddleware:
    """Set `request.clinic` and the clinic's time zone; note a person's activity at most once a minute (design 9)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path in BARE:
            return self.get_response(request)
        with reading_once():
            request.clinic = Clinic.objects.current()  # type: ignore[attr-defined]
            with timezone.override(request.clinic.tz):  # type: ignore[attr-defined]
                response = self.get_response(request)
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    def process_view(
        self,
        request: HttpRequest,
        view: Callable[..., HttpResponse],
        _args: tuple[Any, ...],
        _kwargs: dict[str, Any],
    ) -> None:
        """Note that the person is there, but for what their browser asks for by itself."""
        if not getattr(view, "asks_by_itself", False) and hasattr(request, "clinic"):
            self._note_activity(request)

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
