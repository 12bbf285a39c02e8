"""Book from the board: who, what and how long, in a panel beside the free time that was pressed. Answers in parts of a
page; what was booked is told to the script, which shows it without leaving the board."""

import json
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import conditional_escape, strip_tags
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from clinic.lib.access import Permission, allows, requires
from clinic.lib.audit import log_reading
from clinic.lib.days import local_day, wall_time
from clinic.lib.locks import Busy
from clinic.lib.operations import OperationReused
from clinic.lib.requests import person
from clinic.models import Clinic, Operation, Room
from patients.archived import why_closed
from patients.details import DetailsRefused
from patients.models import Patient
from patients.services.people import register_patient
from patients.short_form import ShortPersonForm
from patients.twins import find_twins
from scheduling.booking import free_near, open_courses
from scheduling.forms.visit_new import WantedForm
from scheduling.forms.visits import BookForm
from scheduling.models import VisitType
from scheduling.planning.single import Verdict, Wanted, judge_one, quarter_begun
from scheduling.planning.types import Slot
from scheduling.running_offers import Running, running_offers
from scheduling.views.visit_new import book_from, said_of

FOUND, TWINS, LONGEST = 8, 3, 100
KEPT = ("day", "time", "clinician", "room")
"""What the panel keeps of the free time that was pressed, until a patient is chosen."""


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.BOOK)
def board_book(request: HttpRequest) -> HttpResponse:
    """Find the patient, or open a file; then what is booked, when and with whom. POST books, or says what is wrong."""
    if key := request.GET.get("patient", ""):
        return _visit(request, _patient(request, key))
    return _who(request)


def _patient(request: HttpRequest, key: str) -> Patient:
    try:
        public_id = UUID(key)
    except ValueError as error:
        raise Http404 from error
    return get_object_or_404(Patient.objects.visible_to(person(request)), public_id=public_id)


# --- Who ---
def _who(request: HttpRequest) -> HttpResponse:
    query = request.GET.get("q", "").replace("\x00", " ").strip()[:LONGEST]
    may_edit, now = allows(request.user, Permission.EDIT_PATIENTS), timezone.now()
    is_new = request.method == "POST" or request.GET.get("new") == "1"
    form = ShortPersonForm(
        request.POST if request.method == "POST" else None, initial={"operation": uuid4()} | _named(query), now=now
    )
    twins: list[Any] = []
    if request.method == "POST" and may_edit and form.is_valid():
        twins = _twins(form)
        if not twins and (patient := _register(request, form, now)):
            return _visit(request, patient, is_fresh=True)
    found = Patient.objects.visible_to(person(request)).likeliest(query)[:FOUND] if query else []
    context = {
        "query": query,
        "found": found,
        "form": form if is_new and may_edit else None,
        "twins": twins,
        "may_edit": may_edit,
        "kept": [(name, request.GET[name]) for name in KEPT if name in request.GET],
        "keep": _kept(request.GET),
    }
    only_found = request.headers.get("HX-Target") == "book-found"
    template = "scheduling/board/book/found.html" if only_found else "scheduling/board/book/who.html"
    return render(request, template, context, status=422 if form.errors else 200)


def _twins(form: ShortPersonForm) -> list[Any]:
    """Return who may be the same person, unless the desk said it is not, or this very form has opened its file."""
    sent = form.cleaned_data
    if sent["anyway"] or Operation.objects.filter(pk=sent["operation"]).exists():
        return []
    return find_twins(form.details().as_dict())[:TWINS]


def _named(query: str) -> dict[str, str]:
    """Return the names that were looked for in vain, to begin a file with."""
    first, _space, last = query.partition(" ")
    return {"first_name": first.title(), "last_name": last.title()} if query.replace(" ", "").isalpha() else {}


def _kept(query: QueryDict) -> str:
    kept = QueryDict(mutable=True)
    for name in KEPT:
        if name in query:
            kept[name] = str(query[name])
    return kept.urlencode()


def _register(request: HttpRequest, form: ShortPersonForm, now: datetime) -> Patient | None:
    key, actor = form.cleaned_data["operation"], person(request)
    try:
        return register_patient(key=key, details=form.details(), actor=actor, now=now)
    except DetailsRefused as refused:
        form.add_error(None, str(refused))
    except Busy:
        form.add_error(None, _("Many people are saving at this moment. Nothing was saved. Try again."))
    except OperationReused:
        form.add_error(None, _("This button was used before. Nothing more was saved. Find the patient by name."))
    return None


# --- What, when, with whom ---
def _visit(request: HttpRequest, patient: Patient, *, is_fresh: bool = False) -> HttpResponse:
    clinic, now = Clinic.objects.current(), timezone.now()
    today = local_day(now, clinic.tz)
    posts = request.method == "POST" and not is_fresh
    choices = WantedForm(
        request.POST if posts else request.GET,
        patient=patient,
        types=list(VisitType.objects.by_kind().values()),
        courses=partial(open_courses, patient),
        today=today,
    )
    wanted = None if patient.is_archived else choices.wanted()
    form = BookForm(
        _sent(request, posts, clinic, now, choices), initial={}, staff=choices.staff, zone=clinic.tz, now=now
    )
    if posts and choices.errors:
        form.add_error(None, _("Nothing was saved. Mend what is marked above first."))
    if posts and wanted and form.is_valid() and (operation := book_from(request, wanted, form, now)):
        return _booked(operation, wanted, now)
    if request.method == "GET":
        log_reading(person(request), patient, "visit")
    slot = form.cleaned_data.get("slot") if form.is_bound and not form.non_field_errors() else None
    verdict = judge_one(wanted, slot, now) if wanted and slot else None
    context = {
        "patient": patient,
        "choices": choices,
        "wanted": wanted,
        "form": form,
        "shows_errors": posts or _is_asked(request),
        "operation": uuid4(),
        "action": f"{reverse('board_book')}?patient={patient.public_id}",
        "verdict": verdict,
        "room": Room.objects.filter(pk=verdict.placed.room_id or 0).first() if verdict and verdict.placed else None,
        "near": free_near(wanted, slot, now) if wanted and slot and _stops(verdict) else [],
        "offered": _offered(slot, wanted, now) if wanted and slot else [],
        "why_closed": why_closed(patient) if patient.is_archived else "",
        "who_note": choices.who_note,
    }
    return render(request, "scheduling/board/book/visit.html", context, status=422 if posts and form.errors else 200)


def _is_asked(request: HttpRequest) -> bool:
    """Say whether a choice was made in the panel, so that what is wrong with it is shown."""
    return "what" in request.GET


def _sent(request: HttpRequest, posts: bool, clinic: Clinic, now: datetime, choices: WantedForm) -> dict[str, Any]:
    """Return what the form holds: what was posted; else the time that was pressed, or the quarter that has begun."""
    if posts:
        return request.POST.dict()
    given = {name: request.GET[name] for name in ("day", "time", "clinician", "reason") if request.GET.get(name)}
    may = list(choices.staff.may)
    own = choices.plan.clinician_id if choices.plan and choices.plan.clinician_id in may else next(iter(may), "")
    begun = wall_time(quarter_begun(now, clinic), clinic.tz)
    opens = {"day": local_day(now, clinic.tz).isoformat(), "time": f"{begun:%H:%M}", "clinician": str(own)}
    return opens | given | {"operation": str(uuid4())}


def _offered(slot: Slot, wanted: Wanted, now: datetime) -> list[Running]:
    """Return the offers of the time that is chosen: it is not held, but somebody was asked."""
    ends = slot.starts_at + timedelta(minutes=wanted.visit().minutes)
    found = (one for one in running_offers(now) if one.stretch.clinician_id == slot.clinician_id)
    return [one for one in found if one.stretch.starts_at < ends and slot.starts_at < one.stretch.ends_at]


def _stops(verdict: Verdict | None) -> bool:
    return verdict is not None and bool(verdict.stops or verdict.barred or verdict.too_early)


def _booked(operation: Operation, wanted: Wanted, now: datetime) -> HttpResponse:
    """Tell the script what is now true: it shows the toast, and the day as it is now."""
    visit, words = said_of(operation, wanted, now)
    told = {
        "ok": True,
        "said": strip_tags(words),
        "html": conditional_escape(words),
        "undo_url": reverse("operation_undo", args=[operation.pk]),
        "id": str(visit.public_id),
        "day": local_day(visit.starts_at, Clinic.objects.current().tz).isoformat(),
    }
    response = HttpResponse(status=204)
    response["HX-Trigger"] = json.dumps({"board:booked": told})
    return response
