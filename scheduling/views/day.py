"""The day list: one local day of the book, for the desk's screen all day long."""

from datetime import date, datetime, timedelta
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from clinic.lib.access import Permission, allows, requires
from clinic.lib.days import local_day
from clinic.lib.fields import LONGEST, DayInput, read_day
from clinic.lib.requests import person
from clinic.models import Clinic
from scheduling.day_list import DayList
from scheduling.forms.visits import REASONS
from scheduling.planning.outside import outside_hours

YEARS = range(2000, 2101)
"""Days further off were typed wrong."""


@require_safe
@requires(Permission.SEE_PATIENTS)
def day(request: HttpRequest, on: date | None = None) -> HttpResponse:
    """Show a local day by time, of everybody or of one clinician; `?date=` jumps to another day."""
    clinic, now = Clinic.objects.current(), timezone.now()
    clinician_id = _clinician(request)
    today = local_day(now, clinic.tz)
    jump = request.GET.get("date")
    if jump is not None:
        return redirect(_address(_jumped(request, jump, today), clinician_id))
    shown = on or today
    if shown.year not in YEARS:
        raise Http404
    listed = DayList(shown, clinic.tz, now, person(request), clinician_id, clinic.notice_hours)
    if clinician_id is not None and listed.chosen is None:
        raise Http404
    context = {
        "list": listed,
        "jump": _jump_field(shown),
        "before": _address(shown - timedelta(days=1), clinician_id),
        "after": _address(shown + timedelta(days=1), clinician_id),
        "today_url": _address(None, clinician_id),
        "everyone_url": _address(on, None),
        "may_book": allows(request.user, Permission.BOOK),
        "may_complete": allows(request.user, Permission.COMPLETE),
        "reasons": REASONS,
        "outside": _outside(request, now, clinic),
    }
    return render(request, "scheduling/day.html", context)


def _outside(request: HttpRequest, now: datetime, clinic: Clinic) -> int:
    """Count the visits that stand where nobody works, for the people who mend that."""
    may_mend = allows(request.user, Permission.MANAGE_HOURS)
    return len(outside_hours(now=now, zone=clinic.tz)) if may_mend else 0


def _clinician(request: HttpRequest) -> int | None:
    text = request.GET.get("clinician", "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise Http404
    return int(text)


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


def _jump_field(shown: date) -> str:
    """Return the field that leads to another day; it is read as the nearest day of that name."""
    field = DayInput({"id": "day-jump", "aria-label": _("Go to the day"), "required": True})
    field.nearest = True
    return field.render("date", shown)


def _address(day: date | None, clinician_id: int | None) -> str:
    path = reverse("day", args=[day]) if day else reverse("day")
    return f"{path}?{urlencode({'clinician': clinician_id})}" if clinician_id is not None else path
