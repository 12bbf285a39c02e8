"""The page on which a course is planned: choose a treatment, look it over, go on to the dates."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from clinic.lib.access import Permission, allows, requires
from clinic.lib.audit import log_reading
from clinic.lib.locks import Busy
from clinic.lib.operations import OperationReused
from clinic.lib.requests import person
from clinic.models import Clinic
from patients.archived import sent_on, why_closed
from patients.models import Patient
from treatments.course import PlanRefused
from treatments.forms.plans import PlanForm
from treatments.models import Protocol, SessionState, TreatmentPlan
from treatments.services.plans import create_plan


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.BOOK)
def plan_new(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Without a protocol the list of them, with one its form; a good form makes the plan and goes on to the dates."""
    patient = get_object_or_404(Patient.objects.visible_to(person(request)), public_id=public_id)
    if kept := sent_on(request, patient, "plan_new"):
        return kept
    if patient.is_archived:
        messages.error(request, why_closed(patient))
        return redirect("patient_page", patient.public_id)
    offered = Protocol.objects.offered().prefetch_related("areas__clinicians")
    protocol = offered.filter(key=request.GET.get("protocol", "")).first()
    if request.method == "POST" and protocol:
        if "suggest" in request.POST:
            return _suggest(request, patient, protocol)
        return _create(request, patient, protocol)
    log_reading(person(request), patient, "plan")
    if protocol is None:
        return _choose(request, patient)
    return _form(request, patient, PlanForm(protocol=protocol, last=_last_plan(patient)))


def _choose(request: HttpRequest, patient: Patient) -> HttpResponse:
    query = request.GET.get("q", "").strip()
    found = Protocol.objects.offered().called(query).prefetch_related("areas", "concerns")
    shown = {"patient": patient, "query": query, "protocols": found, "open_plans": _open_plans(patient)}
    return render(request, "treatments/choose.html", shown)


def _suggest(request: HttpRequest, patient: Patient, protocol: Protocol) -> HttpResponse:
    """Show the form with the number of sessions suggested for what was chosen; nothing is saved.

    The button puts the number in. A choice alone (`suggest=try`) does so only while nobody typed another.
    """
    typed = PlanForm.as_typed(request.POST, protocol=protocol)
    untouched = request.POST.get("sessions") == request.POST.get("suggested")
    if request.POST["suggest"] != "try" or untouched:
        typed = PlanForm.as_typed(request.POST, protocol=protocol, sessions=typed.suggestion().count)
    return _form(request, patient, typed)


def _create(request: HttpRequest, patient: Patient, protocol: Protocol) -> HttpResponse:
    form = PlanForm(request.POST, protocol=protocol)
    if form.is_valid():
        try:
            plan = create_plan(
                key=form.cleaned_data["operation"],
                patient=patient,
                protocol=protocol,
                course=form.course(),
                actor=person(request),
                now=timezone.now(),
            )
        except PlanRefused as refused:
            for field, sentence in refused.problems.items():
                form.add_error(field or None, sentence)
        except Busy:
            form.add_error(None, _("Many people are saving at this moment. Nothing was saved. Try again."))
        except OperationReused:
            words = _("This course was planned before with other values. Nothing was saved now. Open a new form.")
            form.add_error(None, words)
        else:
            return redirect("series_planner", plan.public_id)
    return _form(request, patient, form)


def _form(request: HttpRequest, patient: Patient, form: PlanForm) -> HttpResponse:
    clinic, user = Clinic.objects.current(), person(request)
    age = patient.age_on(timezone.localdate())
    shown: dict[str, Any] = {
        "patient": patient,
        "protocol": form.protocol,
        "form": form,
        "suggestion": form.suggestion(),
        "under_age": age < clinic.age_of_majority,
        "majority": clinic.age_of_majority,
        "may_plan": age >= clinic.age_of_majority or allows(user, Permission.PLAN_FOR_MINORS),
    }
    shown["sharing"] = (
        TreatmentPlan.objects.open()
        .filter(patient=patient, areas__area__in=form.protocol.areas.all())
        .prefetch_related("areas__area")
        .distinct()
    )
    return render(request, "treatments/plan.html", shown)


def _last_plan(patient: Patient) -> TreatmentPlan | None:
    return patient.plans.select_related("clinician").filter(clinician__is_active=True).first()


def _open_plans(patient: Patient) -> list[TreatmentPlan]:
    """Return the patient's open plans that have sessions to book, each with their number."""
    left = Count("sessions", filter=Q(sessions__state=SessionState.PLANNED))
    return list(patient.plans.open().annotate(left=left).filter(left__gt=0))
