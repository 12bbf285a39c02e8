"""What the hours screens change. A change that hits visits shows them first; saved is it when the person says so."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from clinic.lib.access import Permission, requires
from clinic.lib.back import back
from clinic.lib.days import day_words, local_day, span_words
from clinic.lib.requests import person
from clinic.models import Clinic, Clinician, Operation
from scheduling.forms.hours import AbsenceForm, ChangeForm, ClosureForm, HoursForm, WeekForm
from scheduling.forms.visits import ActForm
from scheduling.hours_page import away_words, spans_on, spans_text
from scheduling.models import Absence, Closure, HoursChange
from scheduling.services import hours
from scheduling.views.answers import WRONG, Answer, respond, wants_json
from scheduling.views.hours_saving import Save, save

METHODS = ["GET", "HEAD", "POST"]


def _today() -> date:
    return local_day(timezone.now(), Clinic.objects.current().tz)


def _page(request: HttpRequest, template: str, form: HoursForm, context: dict[str, Any]) -> HttpResponse:
    return render(
        request, f"scheduling/hours/{template}.html", {"form": form, **context}, status=400 if form.errors else 200
    )


def _form(
    request: HttpRequest, template: str, form: HoursForm, context: dict[str, Any], make: Callable[[], Save]
) -> HttpResponse:
    """Show a form; save what it says, list what that would hit, or say beside the fields what is wrong."""
    asked = request.method == "POST" and form.is_valid() and "back" not in request.POST
    answer = save(request, make(), form) if asked else None
    if answer is None and request.method == "POST" and "back" not in request.POST and wants_json(request):
        return JsonResponse({"ok": False, "said": form.sentence(), "errors": form.errors}, status=WRONG)
    return answer or _page(request, template, form, context)


@require_http_methods(METHODS)
@requires(Permission.MANAGE_HOURS)
def hours_week(request: HttpRequest, clinician_id: int) -> HttpResponse:
    """Change the weekly hours of one clinician from a day on."""
    clinician, today = get_object_or_404(Clinician, pk=clinician_id), _today()
    opening = spans_on(clinician, today + timedelta(days=1))
    form = WeekForm(request.POST if request.method == "POST" else None, today=today, spans=opening)
    planned = clinician.hours.filter(valid_from__gt=today).order_by("valid_from").values_list("valid_from", flat=True)

    def make() -> Save:
        found = form.cleaned_data
        values = {"name": clinician.short_name, "day": day_words(found["valid_from"], today)}
        return Save(
            lambda listed: hours.set_weekly_hours(
                key=found["operation"],
                clinician_id=clinician.pk,
                valid_from=found["valid_from"],
                spans=found["spans"],
                listed=listed,
                actor=person(request),
                now=timezone.now(),
            ),
            _("The new hours of %(name)s hold from %(day)s.") % values,
            reverse("hours_of", args=[clinician.pk]),
            _("New hours of %(name)s from %(day)s") % values,
        )

    return _form(request, "week", form, {"clinician": clinician, "planned": planned.first()}, make)


@require_http_methods(METHODS)
@requires(Permission.MANAGE_HOURS)
def hours_change(request: HttpRequest, clinician_id: int) -> HttpResponse:
    """Give one day hours of its own, or none; `?on=` opens with that day."""
    clinician, today = get_object_or_404(Clinician, pk=clinician_id), _today()
    initial = _day_as_it_is(clinician, request.GET.get("on", ""))
    form = ChangeForm(request.POST if request.method == "POST" else None, today=today, initial=initial)

    def make() -> Save:
        found = form.cleaned_data
        values = {
            "name": clinician.short_name,
            "day": day_words(found["on"], today),
            "spans": spans_text(found["spans"]),
        }
        words = _("%(name)s works %(spans)s on %(day)s") if found["spans"] else _("%(name)s does not work on %(day)s")
        return Save(
            lambda listed: hours.change_day(
                key=found["operation"],
                clinician_id=clinician.pk,
                on=found["on"],
                spans=found["spans"],
                note=found["note"],
                listed=listed,
                actor=person(request),
                now=timezone.now(),
            ),
            f"{words % values}.",
            reverse("hours_of", args=[clinician.pk]),
            words % values,
        )

    return _form(request, "change", form, {"clinician": clinician}, make)


def _day_as_it_is(clinician: Clinician, text: str) -> dict[str, Any]:
    """Return the opening values for a day that is named: its own hours, where it has some."""
    try:
        day = parse_date(text)
    except ValueError:
        day = None
    if day is None:
        return {}
    found: dict[str, Any] = {"on": day}
    rows = list(HoursChange.objects.filter(clinician=clinician, on=day).order_by("starts"))
    for number, row in enumerate((row for row in rows if row.starts), 1):
        found |= {f"work{number}_from": row.starts, f"work{number}_until": row.ends}
    if rows:
        found |= {"note": rows[0].note, "works": "other" if rows[0].starts else "none"}
    return found


@require_http_methods(METHODS)
@requires(Permission.MANAGE_HOURS)
def hours_absence(request: HttpRequest, clinician_id: int) -> HttpResponse:
    """Note an absence of one clinician."""
    clinician, zone = get_object_or_404(Clinician, pk=clinician_id), Clinic.objects.current().tz
    form = AbsenceForm(request.POST if request.method == "POST" else None, today=_today(), zone=zone)

    def make() -> Save:
        found = form.cleaned_data
        span = {"starts_at": found["starts_at"], "ends_at": found["ends_at"]}
        values = {"name": clinician.short_name, "days": away_words(Absence(**span), zone, _today())}
        return Save(
            lambda listed: hours.add_absence(
                key=found["operation"],
                clinician_id=clinician.pk,
                reason=found["reason"],
                listed=listed,
                actor=person(request),
                now=timezone.now(),
                **span,
            ),
            _("%(name)s is away %(days)s.") % values,
            reverse("hours_of", args=[clinician.pk]),
            _("%(name)s is away %(days)s") % values,
        )

    return _form(request, "absence", form, {"clinician": clinician}, make)


@require_http_methods(METHODS)
@requires(Permission.MANAGE_HOURS)
def hours_closure(request: HttpRequest) -> HttpResponse:
    """Close the clinic for a day or more."""
    today = _today()
    form = ClosureForm(request.POST if request.method == "POST" else None, today=today)

    def make() -> Save:
        found = form.cleaned_data
        days = span_words(found["starts_on"], found["ends_on"], today)
        values = {"name": found["name"], "days": days}
        return Save(
            lambda listed: hours.add_closure(
                key=found["operation"],
                name=found["name"],
                starts_on=found["starts_on"],
                ends_on=found["ends_on"],
                listed=listed,
                actor=person(request),
                now=timezone.now(),
            ),
            _("The clinic is closed %(days)s: %(name)s.") % values,
            reverse("hours"),
            _("The clinic is closed %(days)s: %(name)s") % values,
        )

    return _form(request, "closure", form, {}, make)


# --- Taking away ---


def _act(request: HttpRequest, act: Callable[[UUID, list[int]], Operation], said: str, title: str = "") -> HttpResponse:
    """Do what one button asks for, and return to where it was pressed."""
    form, done = ActForm(request.POST), back(request, reverse("hours"))
    if not form.is_valid():
        return respond(request, Answer(form.sentence(), WRONG), done)
    key = form.cleaned_data["operation"]
    return save(request, Save(lambda listed: act(key, listed), said, done, title)) or redirect(done)


@require_POST
@requires(Permission.MANAGE_HOURS)
def hours_change_remove(request: HttpRequest, clinician_id: int, on: date) -> HttpResponse:
    clinician, actor = get_object_or_404(Clinician, pk=clinician_id), person(request)
    values = {"name": clinician.short_name, "day": day_words(on, _today())}
    return _act(
        request,
        lambda key, listed: hours.remove_change(
            key=key, clinician_id=clinician.pk, on=on, listed=listed, actor=actor, now=timezone.now()
        ),
        _("On %(day)s %(name)s works as in other weeks.") % values,
        _("On %(day)s %(name)s works as in other weeks") % values,
    )


@require_POST
@requires(Permission.MANAGE_HOURS)
def hours_absence_remove(request: HttpRequest, absence_id: int) -> HttpResponse:
    absence = get_object_or_404(Absence.objects.select_related("clinician"), pk=absence_id)
    actor, name = person(request), absence.clinician.short_name
    words = _("%(name)s is back.") if absence.starts_at < timezone.now() else _("%(name)s is not away then any more.")
    return _act(
        request,
        lambda key, _listed: hours.remove_absence(key=key, absence_id=absence_id, actor=actor, now=timezone.now()),
        words % {"name": name},
    )


@require_POST
@requires(Permission.MANAGE_HOURS)
def hours_closure_remove(request: HttpRequest, closure_id: int) -> HttpResponse:
    closure, actor = get_object_or_404(Closure, pk=closure_id), person(request)
    return _act(
        request,
        lambda key, _listed: hours.remove_closure(key=key, closure_id=closure_id, actor=actor, now=timezone.now()),
        _("The clinic is open again: %(name)s was taken away.") % {"name": closure.name},
    )


@require_POST
@requires(Permission.MANAGE_HOURS)
def hours_undo(request: HttpRequest, operation_id: UUID) -> HttpResponse:
    """Take a change of hours back as a whole, or say why it cannot be."""
    done, actor = get_object_or_404(Operation, pk=operation_id), person(request)
    return _act(
        request,
        lambda key, _listed: hours.undo_hours(key=key, operation_id=done.pk, actor=actor, now=timezone.now()),
        _("Undone. The hours are as they were before."),
    )
