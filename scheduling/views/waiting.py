"""The waiting list: freed times with their ranking, courses that drift, and who waits for what."""

from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from clinic.lib.access import Permission, allows, requires
from clinic.lib.audit import log_reading
from clinic.lib.days import clock, day_words, local_day, wall_time
from clinic.lib.locks import Busy
from clinic.lib.operations import OperationReused
from clinic.lib.requests import person
from clinic.models import Clinic
from patients.archived import sent_on, why_closed
from patients.models import Patient
from scheduling.booking import open_courses
from scheduling.day_list import Row
from scheduling.forms.waiting import EntryForm, TimeForm, WithdrawForm, read_stretch
from scheduling.models import AHEAD, Appointment, VisitType, WaitingEntry, WaitingStatus
from scheduling.planning.drifting import Column, drifting
from scheduling.planning.freed import Freed, freed_times
from scheduling.planning.waiting_read import Stretch, waiting_now
from scheduling.services.errors import BookingError
from scheduling.services.waiting import add_entry, change_entry
from scheduling.waiting_page import TimeCard, drift_count, tabs, waits
from treatments.named import bookable

FOUND = 20


@require_safe
@requires(Permission.SEE_PATIENTS)
def waiting_list(request: HttpRequest) -> HttpResponse:
    """Show one freed time with whom it suits, the others to choose from, and all who wait."""
    clinic, now = Clinic.objects.current(), timezone.now()
    people = bookable()
    freed = freed_times(now)
    by_hand = TimeForm(request.GET if "day" in request.GET else None, people=people.values(), zone=clinic.tz, now=now)
    stretch = by_hand.stretch() if by_hand.is_bound else read_stretch(request.GET.get("time", ""), clinic.tz, now)
    if stretch is not None and stretch.clinician_id not in people:
        stretch = None
    if stretch is None and freed and not by_hand.is_bound:
        stretch = freed[0].stretch
    boards = drifting(now, clinic.tz, request.GET.get("drift", ""))
    card = _card(stretch, freed, clinic, now)
    everyone = list(card.found.entries.values()) if card else waiting_now(now)
    context = {
        "card": card,
        "tabs": tabs(freed, stretch, {key: one.short_name for key, one in people.items()}, clinic, now),
        "freed_count": len(freed),
        "by_hand": by_hand,
        "waits": waits(everyone, clinic, now),
        "boards": boards,
        "columns": Column,
        "drift_count": drift_count(boards),
        "may_book": allows(request.user, Permission.BOOK),
        "may_manage": allows(request.user, Permission.MANAGE_CLINIC),
    }
    return render(request, "scheduling/waiting/list.html", context, status=400 if by_hand.errors else 200)


def _card(stretch: Stretch | None, freed: list[Freed], clinic: Clinic, now: datetime) -> TimeCard | None:
    if stretch is None or stretch.ends_at <= now:
        return None
    return TimeCard(stretch, next((one for one in freed if one.stretch == stretch), None), clinic, now)


@require_safe
@requires(Permission.BOOK)
def waiting_find(request: HttpRequest) -> HttpResponse:
    """Find the patient who would come earlier."""
    query = request.GET.get("q", "").replace("\x00", "").strip()[:100]
    files = Patient.objects.visible_to(person(request))
    found = files.likeliest(query)[:FOUND] if query else []
    return render(request, "scheduling/waiting/find.html", {"query": query, "found": found})


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.BOOK)
def waiting_new(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Put a patient on the list: for a visit that is booked, or for what is still to be booked."""
    files = Patient.objects.visible_to(person(request)).select_related("merged_into")
    patient, now = get_object_or_404(files, public_id=public_id), timezone.now()
    if kept := sent_on(request, patient, "waiting_new"):
        return kept
    if patient.is_archived:
        messages.error(request, why_closed(patient))
        return redirect("patient_page", patient.public_id)
    offered = _offered(patient, request.GET.get("visit", ""), now)
    choices = [(key, words) for key, words, _about in offered]
    form = EntryForm(request.POST or None, people=bookable().values(), offered=choices)
    if request.method == "POST" and form.is_valid():
        about = next(about for key, _words, about in offered if key == form.cleaned_data["what"])
        if _add(request, patient, form, about, now):
            return redirect("waiting_list")
    if request.method == "GET":
        log_reading(person(request), patient, "waiting")
    return _form_page(request, form, patient, None)


def _add(request: HttpRequest, patient: Patient, form: EntryForm, about: dict[str, object], now: datetime) -> bool:
    try:
        add_entry(
            key=form.cleaned_data["operation"],
            patient_id=patient.pk,
            wish=form.wish(),
            actor=person(request),
            now=now,
            **about,  # type: ignore[arg-type]
        )
    except BookingError as refused:
        form.add_error(None, refused.sentence)
    except (Busy, OperationReused):
        form.add_error(None, _("Someone else is saving this. Nothing was saved. Try again."))
    else:
        messages.success(request, _("%(name)s would come earlier.") % {"name": patient.full_name})
        return True
    return False


def _offered(patient: Patient, first: str, now: datetime) -> list[tuple[str, str, dict[str, object]]]:
    """Return what this patient can wait for: the visits ahead, then what is to be booked; `first` is put first."""
    clinic = Clinic.objects.current()
    today = local_day(now, clinic.tz)
    visits = Appointment.objects.filter(patient=patient, status__in=AHEAD, starts_at__gt=now).with_names()
    found: list[tuple[str, str, dict[str, object]]] = []
    for visit in visits.order_by("starts_at"):
        day, wall = local_day(visit.starts_at, clinic.tz), wall_time(visit.starts_at, clinic.tz)
        when = f"{day_words(day, today)}, {clock(wall)}"
        words = _("Earlier than %(when)s: %(what)s") % {"when": when, "what": Row(visit, now).title}
        plan_id = visit.session.plan_id if visit.session else None
        about: dict[str, object] = {"kind": visit.kind, "plan_id": plan_id, "appointment_id": visit.pk}
        found.append((f"visit-{visit.public_id}", words, about))
    for course in open_courses(patient):
        words = _("A session of %(name)s, not booked yet") % {"name": course.plan.name}
        found.append((f"plan-{course.plan.public_id}", words, {"kind": "session", "plan_id": course.plan.pk}))
    for kind in VisitType.objects.all():
        words = _("%(kind)s, not booked yet") % {"kind": kind.get_kind_display()}
        found.append((f"kind-{kind.kind}", words, {"kind": kind.kind}))
    return sorted(found, key=lambda one: one[0] != f"visit-{first}")


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.BOOK)
def waiting_edit(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Change when somebody could come earlier."""
    entries = WaitingEntry.objects.select_related("patient", "plan", "clinician", "appointment")
    entry, now = get_object_or_404(entries, public_id=public_id), timezone.now()
    if entry.status != WaitingStatus.ACTIVE:
        messages.error(request, _("This entry is not on the list any more. Nothing was saved. Look at the list again."))
        return redirect("waiting_list")
    form = EntryForm(request.POST or None, people=bookable().values(), entry=entry)
    if request.method == "POST" and form.is_valid() and _change(request, entry, form, now):
        return redirect("waiting_list")
    if request.method == "GET":
        log_reading(person(request), entry.patient, "waiting")
    return _form_page(request, form, entry.patient, entry)


def _change(request: HttpRequest, entry: WaitingEntry, form: EntryForm, now: datetime) -> bool:
    try:
        change_entry(
            key=form.cleaned_data["operation"],
            entry_id=entry.pk,
            version=form.cleaned_data["version"] or 0,
            wish=form.wish(),
            actor=person(request),
            now=now,
        )
    except BookingError as refused:
        form.add_error(None, refused.sentence)
    except (Busy, OperationReused):
        form.add_error(None, _("Someone else is saving this. Nothing was saved. Try again."))
    else:
        messages.success(request, _("Saved: when %(name)s could come earlier.") % {"name": entry.patient.full_name})
        return True
    return False


def _form_page(request: HttpRequest, form: EntryForm, patient: Patient, entry: WaitingEntry | None) -> HttpResponse:
    context = {"form": form, "patient": patient, "entry": entry, "withdraw": WithdrawForm()}
    return render(request, "scheduling/waiting/form.html", context, status=400 if form.errors else 200)
