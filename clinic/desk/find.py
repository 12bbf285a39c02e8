"""Find or go to: one field for patients, pages and acts, on every page as a palette (Ctrl K) and as a page."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from clinic.lib.access import Permission, allows, requires
from clinic.lib.days import local_day
from clinic.lib.requests import person
from clinic.models import Clinic

from .find_people import find_people, opened_lately
from .find_places import acts, days, pages

LONGEST_QUERY = 100


@require_safe
@requires(Permission.SIGNED_IN)
def find(request: HttpRequest) -> HttpResponse:
    """Show what was meant: a part of the page for the palette, else a page of its own, where no script need run."""
    query = request.GET.get("q", "").replace("\x00", " ").strip()[:LONGEST_QUERY]
    template = "desk/find/palette_results.html" if request.htmx else "desk/find/page.html"  # type: ignore[attr-defined]
    return render(request, template, _found(request, query))


def _found(request: HttpRequest, query: str) -> dict[str, Any]:
    user, now, zone = person(request), timezone.now(), Clinic.objects.current().tz
    today = local_day(now, zone)
    people = find_people(user, query, now, zone) if query else opened_lately(user, now, zone)
    places = days(user, query, today) + pages(user, query)
    to_do = acts(user, query, people.found, elsewhere=bool(places))
    return {
        "query": query,
        "people": people,
        "places": places,
        "acts": to_do,
        "count": len(people.found) + len(places) + len(to_do),
        "may_book": allows(user, Permission.BOOK),
    }
