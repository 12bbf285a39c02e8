"""A clinician is away: choose the span, look at the plan for all visits in it, pick another time for one of them."""

from datetime import datetime, time
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_http_methods, require_safe

from clinic.lib.access import Permission, allows, requires
from clinic.lib.days import local_day, wall_time
from clinic.lib.requests import person
from clinic.models import Clinic, Clinician
from scheduling import away_words
from scheduling.away_chart import chart
from scheduling.away_page import AwayPage
from scheduling.forms.hours import AbsenceForm
from scheduling.models import Absence, Appointment, AwayPlan
from scheduling.moving import free_days
from scheduling.planning.freetime import from_epoch
from scheduling.planning.types import Option, Slot
from scheduling.services.away import start_plan
from scheduling.services.away_by_hand import choice_of
from scheduling.services.errors import AwayRefused


def plan_of(public_id: UUID) -> AwayPlan:
    return get_object_or_404(AwayPlan.objects.select_related("clinician", "operation"), public_id=public_id)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.BOOK)
def away_span(request: HttpRequest, clinician_id: int) -> HttpResponse:
    """Ask from when until when somebody is away (`?absence=`, or `?since=` and `?until=`, fill it in), and plan."""
    clinician, clinic, now = get_object_or_404(Clinician, pk=clinician_id), Clinic.objects.current(), timezone.now()
    today = local_day(now, clinic.tz)
    posted = request.POST if request.method == "POST" else None
    form = AbsenceForm(posted, today=today, zone=clinic.tz)
    if posted is None:
        form.initial = _initial(request, clinician, clinic)
    elif form.is_valid():
        try:
            plan = start_plan(
                clinician_id=clinician.pk,
                since=form.cleaned_data["starts_at"],
                until=form.cleaned_data["ends_at"],
                actor=person(request),
                now=now,
            )
        except AwayRefused as refused:
            form.add_error(None, refused.sentence)
        else:
            return redirect("away_plan", plan.public_id)
    context = {"form": form, "clinician": clinician}
    return render(request, "scheduling/away/span.html", context, status=400 if form.errors else 200)


def _initial(request: HttpRequest, clinician: Clinician, clinic: Clinic) -> dict[str, Any]:
    """Return the span that the address names, by an absence of this clinician or by two wall times; else nothing."""
    since, until = (_wall(request.GET.get(name, "")) for name in ("since", "until"))
    if since and until:
        return {
            "first": since.date(),
            "first_time": since.time(),
            "last": until.date(),
            "last_time": until.time(),
        }
    asked = request.GET.get("absence", "")
    key = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 10 else 0
    absence = Absence.objects.filter(pk=key, clinician=clinician).first()
    if absence is None:
        return {}
    starts, ends = wall_time(absence.starts_at, clinic.tz), wall_time(absence.ends_at, clinic.tz)
    first, last = local_day(absence.starts_at, clinic.tz), local_day(absence.ends_at, clinic.tz)
    if ends == time.min:
        last = last.fromordinal(last.toordinal() - 1)
    return {
        "first": first,
        "last": last,
        "first_time": starts if starts != time.min else None,
        "last_time": ends if ends != time.min else None,
    }


def _wall(text: str) -> datetime | None:
    """Return a naive wall time such as 2026-12-01T09:30 of an address; None when it is none."""
    try:
        found = parse_datetime(text)
    except ValueError:
        return None
    return found if found and found.tzinfo is None else None


@require_safe
@requires(Permission.BOOK)
def away_plan(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Show the plan as it stands."""
    return answer(request, plan_of(public_id))


@require_safe
@requires(Permission.BOOK)
def away_state(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Show the part of the page that changes while it is being looked for."""
    return answer(request, plan_of(public_id), part=True)


def answer(request: HttpRequest, plan: AwayPlan, *, part: bool = False, refused: str = "") -> HttpResponse:
    """Answer with the page of a plan, or with the part of it that changes."""
    page = AwayPage(plan, timezone.now(), Clinic.objects.current())
    context = {
        **page.as_context(),
        "refused": refused,
        "claim": away_words.claim(page),
        "facts": away_words.facts(page),
        "how_found": away_words.how_found(page),
        "one_by_one": away_words.one_by_one(page),
        "sums": away_words.sums(page),
        "told": away_words.told(page),
        "apply_words": away_words.apply_words(page),
        "chart": chart(plan),
        # What the hand unticked stays so when applying was refused and the page comes again.
        "note_absence": request.GET.get("note") != "off",
        "may_note": allows(request.user, Permission.MANAGE_HOURS) and not page.absence_is_noted,
    }
    return render(request, f"scheduling/away/{'part' if part else 'plan'}.html", context)


@require_safe
@requires(Permission.BOOK)
def away_pick(request: HttpRequest, public_id: UUID, visit_id: UUID) -> HttpResponse:
    """Show every free time that one visit of the plan could have, the others staying as they are planned."""
    plan, now = plan_of(public_id), timezone.now()
    visit = get_object_or_404(Appointment.objects.select_related("patient", "session__plan"), public_id=visit_id)
    page, days, refused = AwayPage(plan, now, Clinic.objects.current()), [], ""
    try:
        choice = choice_of(plan, visit.pk, now)
    except AwayRefused as error:
        refused = error.sentence
    else:
        here = choice.row.slot or Slot(visit.starts_at, visit.clinician_id)
        options = [
            Option(Slot(from_epoch(place.start), place.clinician_id), None, "")
            for place in choice.places
            if (from_epoch(place.start), place.clinician_id) != (here.starts_at, here.clinician_id)
        ]
        days = free_days(choice.context, options, here)
    line = next((line for line in page.lines if line.visit.pk == visit.pk), None)
    context = {**page.as_context(), "visit": visit, "line": line, "days": days, "refused": refused}
    return render(request, "scheduling/away/pick.html", context)
