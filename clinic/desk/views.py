"""The first page, and what a person decides about their own screen."""

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from clinic.lib.access import Permission, requires
from clinic.lib.back import back
from clinic.lib.requests import person
from clinic.lib.screen import CHOICES, STATES, choose
from clinic.models import BoardRows, Theme, User


@require_safe
@requires(Permission.SIGNED_IN)
def home(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - a view
    return redirect("board")


@require_POST
@requires(Permission.SIGNED_IN)
def set_theme(request: HttpRequest) -> HttpResponse:
    """Keep a person's choice of light or dark, and return to the page they chose it on."""
    theme = request.POST.get("theme")
    if theme not in Theme.values:
        return HttpResponseBadRequest(_("Choose device, light or dark."))
    User.objects.filter(pk=person(request).pk).update(theme=theme)
    return _back(request)


@require_POST
@requires(Permission.SIGNED_IN)
def set_keys(request: HttpRequest) -> HttpResponse:
    """Keep whether single keys act for this person. The script only needs to know that it was kept."""
    keys = request.POST.get("keys")
    if keys not in {"on", "off"}:
        return HttpResponseBadRequest(_("Choose on or off."))
    User.objects.filter(pk=person(request).pk).update(single_keys=keys == "on")
    return HttpResponse(status=204) if request.htmx else _back(request)  # type: ignore[attr-defined]


@require_POST
@requires(Permission.SIGNED_IN)
def set_rows(request: HttpRequest) -> HttpResponse:
    """Keep how tall a quarter of an hour is on this person's board. The script shows it by itself."""
    rows = request.POST.get("rows")
    if rows not in BoardRows.values:
        return HttpResponseBadRequest(_("Choose comfortable or compact."))
    User.objects.filter(pk=person(request).pk).update(board_rows=rows)
    return HttpResponse(status=204) if request.htmx else _back(request)  # type: ignore[attr-defined]


@require_POST
@requires(Permission.SIGNED_IN)
def set_screen(request: HttpRequest) -> HttpResponse:
    """Hide or show on this browser's screen what it may leave out, and return to the page it was chosen on."""
    chosen = [(what, request.POST[what]) for what in CHOICES if what in request.POST]
    if not chosen or any(state not in STATES for _what, state in chosen):
        return HttpResponseBadRequest(_("Choose shown or hidden."))
    for what, state in chosen:
        choose(request, what, state)
    return redirect(back(request, reverse("home")))


def _back(request: HttpRequest) -> HttpResponse:
    """Return to the page that a form stood on."""
    to = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(to, {request.get_host()}, require_https=request.is_secure()):
        to = "home"
    return redirect(to)


def form_refused(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001 - as Django calls it
    """Say that a form could not be told from a forged one, and lead to the page that it stood on.

    The address that the form was sent to may have no page of its own; a patient's page sends no path with its form, and
    is its own address.
    """
    stood_on = back(request, "")
    return render(request, "403_csrf.html", {"again": stood_on if stood_on.strip("/") else request.path}, status=403)
