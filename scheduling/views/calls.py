"""The call list: the next visits that nobody has confirmed, each with its phone and one click for what came of it."""

from datetime import date, timedelta

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from clinic.lib.access import Permission, requires
from clinic.lib.days import local_day
from clinic.lib.requests import person
from clinic.models import Clinic
from scheduling.day.calls import call_list, next_day_with_visits
from scheduling.day.flags import Measures
from scheduling.models import CallOutcome
from scheduling.views.day import YEARS


@require_safe
@requires(Permission.BOOK)
def calls(request: HttpRequest, on: date | None = None) -> HttpResponse:
    """Show who is to be called about a local day: the next one that has visits, or the one in the address."""
    clinic, now, user = Clinic.objects.current(), timezone.now(), person(request)
    today = local_day(now, clinic.tz)
    shown = on or next_day_with_visits(today, clinic.tz, user)
    if shown.year not in YEARS:
        raise Http404
    context = {
        "list": call_list(shown, user=user, at=Measures.of(clinic, now)),
        "today": today,
        "tomorrow": today + timedelta(days=1),
        "before": reverse("call_list", args=[shown - timedelta(days=1)]) if shown > today else "",
        "after": reverse("call_list", args=[shown + timedelta(days=1)]),
        "outcomes": CallOutcome.choices,
    }
    return render(request, "scheduling/calls.html", context)
