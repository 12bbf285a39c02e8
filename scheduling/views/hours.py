"""Hours: who works when, who is away, when the clinic is closed, and the visits that stand outside."""

from datetime import date, timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.views.decorators.http import require_safe

from clinic.lib.access import Permission, allows, requires
from clinic.lib.days import local_day
from clinic.lib.requests import person
from clinic.models import Clinic, Clinician
from scheduling.forms.visits import REASONS
from scheduling.hours_page import Week, absences_ahead, changed_days, closures_of, outside_rows, periods
from scheduling.replans import replans
from scheduling.views.day import YEARS

SHOWN = 6
"""Visits outside the hours that the overview shows; the rest are one link away."""


@require_safe
@requires(Permission.MANAGE_HOURS)
def hours(request: HttpRequest) -> HttpResponse:
    """Show a week of everybody, this one unless `?week=` names a day of another, and what comes."""
    clinic, now = Clinic.objects.current(), timezone.now()
    today = local_day(now, clinic.tz)
    shown = _asked(request) or today
    monday = shown - timedelta(days=shown.weekday())
    people = list(Clinician.objects.filter(is_active=True))
    outside = outside_rows(person(request), now, clinic.tz, clinic.notice_hours)
    context = {
        "week": Week(monday, today, clinic.tz, people),
        "is_this_week": monday <= today < monday + timedelta(days=7),
        "before": _week(monday - timedelta(days=7)),
        "after": _week(monday + timedelta(days=7)),
        "changes": changed_days(today, [one.pk for one in people]),
        "absences": absences_ahead(now, clinic.tz, [one.pk for one in people]),
        "closures": closures_of(today),
        "years": (today.year, today.year + 1),
        "today": today,
        "outside": outside[:SHOWN],
        "outside_count": len(outside),
        **_acts(request),
    }
    return render(request, "scheduling/hours/overview.html", context)


@require_safe
@requires(Permission.MANAGE_HOURS)
def hours_of(request: HttpRequest, clinician_id: int) -> HttpResponse:
    """Show one clinician's hours: this week, the weekly hours now and planned, own days, absences."""
    clinic, now = Clinic.objects.current(), timezone.now()
    clinician = get_object_or_404(Clinician, pk=clinician_id)
    today = local_day(now, clinic.tz)
    context = {
        "clinician": clinician,
        "week": Week(today - timedelta(days=today.weekday()), today, clinic.tz, [clinician]),
        "periods": periods(clinician, today),
        "changes": changed_days(today, [clinician.pk]),
        "absences": absences_ahead(now, clinic.tz, [clinician.pk]),
        "today": today,
        **_acts(request),
    }
    return render(request, "scheduling/hours/clinician.html", context)


@require_safe
@requires(Permission.MANAGE_HOURS)
def hours_outside(request: HttpRequest) -> HttpResponse:
    """Show every visit that stands outside the hours, until none is left."""
    clinic, now = Clinic.objects.current(), timezone.now()
    rows = outside_rows(person(request), now, clinic.tz, clinic.notice_hours)
    groups = replans(rows, clinic.tz, local_day(now, clinic.tz))
    return render(request, "scheduling/hours/outside.html", {"rows": rows, "groups": groups, **_acts(request)})


def _acts(request: HttpRequest) -> dict[str, Any]:
    return {"may_book": allows(request.user, Permission.BOOK), "reasons": REASONS}


def _asked(request: HttpRequest) -> date | None:
    text = request.GET.get("week")
    if text is None:
        return None
    try:
        found = parse_date(text)
    except ValueError:
        found = None
    if found is None or found.year not in YEARS:
        raise Http404
    return found


def _week(monday: date) -> str:
    return f"{reverse('hours')}?week={monday.isoformat()}"
