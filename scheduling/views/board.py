"""The board: the desk's day in columns, a clinician's week, a month at a glance; and what a day or week says again."""

from dataclasses import replace
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified, QueryDict
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from clinic.lib.access import Permission, allows, requires
from clinic.lib.days import local_day
from clinic.lib.fields import LONGEST, read_day
from clinic.lib.polls import asks_by_itself
from clinic.lib.requests import person
from clinic.lib.screen import is_hidden
from clinic.models import Clinic
from scheduling.board.asked import YEARS, Asked, By, View
from scheduling.board.feed import Board, as_text, etag_of, in_script
from scheduling.board.month import LENGTHS, Month
from scheduling.board.words import steps, words_script
from scheduling.forms.visits import REASONS


@require_safe
@requires(Permission.SEE_PATIENTS)
def board(request: HttpRequest, on: date | None = None) -> HttpResponse:
    """Show a local day in columns, by clinician or by room; `?date=` jumps to another day."""
    return _page(request, View.DAY, on)


@require_safe
@requires(Permission.SEE_PATIENTS)
def board_week(request: HttpRequest, on: date | None = None) -> HttpResponse:
    """Show the week of one clinician in which a local day lies."""
    return _page(request, View.WEEK, on)


@require_safe
@requires(Permission.SEE_PATIENTS)
def board_month(request: HttpRequest, on: date | None = None) -> HttpResponse:
    """Show how full the days of a month are, and where there is time first for so many `minutes`."""
    clinic, now = _clinic(request), timezone.now()
    today = local_day(now, clinic.tz)
    asked = Asked.read(View.MONTH, on or today, request.GET)
    jump = request.GET.get("date")
    if jump is not None:
        return redirect(asked.url(day=_jumped(request, jump, today)))
    wished = request.GET.get("minutes", "")
    minutes = int(wished) if wished in map(str, LENGTHS) else 45
    month = Month(asked, clinic, person(request), now, minutes)
    context = {
        "asked": asked,
        "board": month,
        "month": month,
        "lengths": LENGTHS,
        "steps": steps(View.MONTH),
        "may_book": allows(request.user, Permission.BOOK),
        "urls": _urls(asked),
    }
    return render(request, "scheduling/board_month.html", context)


@require_safe
@requires(Permission.SEE_PATIENTS)
@asks_by_itself
def board_day_feed(request: HttpRequest, on: date) -> HttpResponse:
    """Return a day as the script draws it; 304 when it says what the browser has already."""
    return _feed(request, _asked(request, View.DAY, on))


@require_safe
@requires(Permission.SEE_PATIENTS)
@asks_by_itself
def board_week_feed(request: HttpRequest, on: date) -> HttpResponse:
    """Return a clinician's week as the script draws it; 304 when it says what the browser has already."""
    return _feed(request, _asked(request, View.WEEK, on))


def _asked(request: HttpRequest, view: View, on: date) -> Asked:
    """Read what the address asks for; names are left out too where this browser's session hides them."""
    asked = Asked.read(view, on, request.GET)
    return replace(asked, hides_names=True) if is_hidden(request, "names") else asked


def _feed(request: HttpRequest, asked: Asked) -> HttpResponse:
    found = Board(asked, _clinic(request), person(request), timezone.now())
    if asked.view == View.WEEK and found.chosen is None:
        raise Http404
    text = as_text(found.feed())
    mark = etag_of(text)
    if request.headers.get("if-none-match") == mark:
        response: HttpResponse = HttpResponseNotModified()
    else:
        response = HttpResponse(text, content_type="application/json")
    response["ETag"] = mark
    return response


def _page(request: HttpRequest, view: View, on: date | None) -> HttpResponse:
    clinic, now = _clinic(request), timezone.now()
    today = local_day(now, clinic.tz)
    asked = _asked(request, view, on or today)
    jump = request.GET.get("date")
    if jump is not None:
        return redirect(asked.url(day=_jumped(request, jump, today)))
    found = Board(asked, clinic, person(request), now)
    if view == View.WEEK:
        found = _with_clinician(found)
    text = as_text(found.feed())
    return render(request, "scheduling/board.html", _context(request, found, text))


def _with_clinician(found: Board) -> Board:
    """Return the week of the clinician that was asked for; of oneself, or of the first, when none was."""
    if found.asked.clinician_id is not None:
        if found.chosen is None:
            raise Http404
        return found
    people = [one for one in found.ground.clinicians if one.is_active] or found.ground.clinicians
    own = [one for one in people if one.user_id == found.user.pk]
    if not people:
        raise Http404
    asked = replace(found.asked, clinician_id=(own or people)[0].pk)
    return replace(found, asked=asked)


def _context(request: HttpRequest, found: Board, text: str) -> dict[str, Any]:
    asked, user = found.asked, request.user
    return {
        "asked": asked,
        "board": found,
        "feed": in_script("board-feed", text),
        "etag": etag_of(text),
        "words": words_script(),
        "steps": steps(asked.view),
        "by_rooms": asked.by == By.ROOMS,
        "may_book": allows(user, Permission.BOOK),
        "may_complete": allows(user, Permission.COMPLETE),
        "may_hours": allows(user, Permission.MANAGE_HOURS),
        "paints": asked.paints and allows(user, Permission.MANAGE_HOURS),
        "reasons": REASONS,
        "list_url": reverse("day", args=[asked.day]),
        "calls_url": _if_there("call_list") if allows(user, Permission.BOOK) else "",
        "gaps_url": _if_there("gaps") if allows(user, Permission.BOOK) else "",
        "urls": _urls(asked),
    }


def _if_there(name: str) -> str:
    """Return the address of a page, nothing where this clinic has no such page."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


def _urls(asked: Asked) -> dict[str, Any]:
    """Return where the board's own links lead, and what its small forms keep of the address."""
    path, _mark, query = asked.url().partition("?")
    kept = list(QueryDict(query).items())
    return {
        "here": asked.url(),
        "before": asked.url(day=asked.step(-1)),
        "after": asked.url(day=asked.step(1)),
        "today": asked.url(day=None),
        "day": asked.url(view=View.DAY),
        "week": asked.url(view=View.WEEK),
        "month": asked.url(view=View.MONTH),
        "clinicians": asked.url(by=By.CLINICIANS),
        "rooms": asked.url(by=By.ROOMS),
        "names": asked.url(hides_names=not asked.hides_names),
        "off": asked.url(hides_off=not asked.hides_off),
        "hours": asked.url(by=By.CLINICIANS, paints=not asked.paints),
        "path": path,
        "kept": kept,
        "kept_but_who": [(name, value) for name, value in kept if name != "clinician"],
    }


def _clinic(request: HttpRequest) -> Clinic:
    """Return the clinic that the request carries already."""
    clinic: Clinic = request.clinic  # type: ignore[attr-defined]
    return clinic


def _jumped(request: HttpRequest, text: str, today: date) -> date | None:
    """Read the day of the jump; None, which is today, where there is no such day, and that is said."""
    found = read_day(text, today, nearest=True)
    if found and found.year in YEARS:
        return found
    if text.strip():
        messages.warning(
            request,
            _("“%(text)s” is no day. Here is today. Write a day as 1 Dec or 2026-12-01.") % {"text": text[:LONGEST]},
        )
    return None
