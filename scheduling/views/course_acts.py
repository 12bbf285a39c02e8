"""What the desk does with a whole course, one address each: pause, resume, stop, add sessions, drop sessions."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from clinic.lib.access import Permission, requires
from clinic.lib.requests import person
from clinic.models import Clinic, Operation
from scheduling.forms.courses import AddForm, DropForm, PauseForm, StopForm
from scheduling.forms.visits import ActForm
from scheduling.services import courses
from scheduling.views.answers import WRONG, Answer, attempt, respond
from treatments.models import TreatmentPlan


def _act(
    request: HttpRequest,
    public_id: UUID,
    form: ActForm,
    service: Callable[..., Operation],
    asked: Callable[[dict[str, Any]], dict[str, Any]],
    said: Callable[[TreatmentPlan, Operation], str],
) -> HttpResponse:
    """Do what one form asks for with one course, and return to the page that it stood on."""
    plans = TreatmentPlan.objects.visible_to(person(request)).select_related("patient")
    plan = get_object_or_404(plans, public_id=public_id)
    page = reverse("course", args=[plan.public_id])
    if not form.is_valid():
        return respond(request, Answer(form.sentence(), WRONG), page)
    values = asked(form.cleaned_data)
    key, actor, now = form.cleaned_data["operation"], person(request), timezone.now()
    answer = attempt(
        lambda: service(key=key, plan_id=plan.pk, actor=actor, now=now, **values),
        lambda operation: said(plan, operation),
    )
    return respond(request, answer, page)


def _with_what_follows(sentence: str, plan: TreatmentPlan, operation: Operation) -> str:
    """Add how many visits were cancelled, and when the patient hears of it."""
    released = operation.result["released"]
    if not released:
        return sentence
    gone = ngettext("%(count)d visit was cancelled.", "%(count)d visits were cancelled.", released)
    parts = [sentence, gone % {"count": released}]
    if plan.patient.email:
        minutes = Clinic.objects.current().quiet_minutes
        parts.append(_("The patient hears of it in %(minutes)d minutes.") % {"minutes": minutes})
    else:
        parts.append(_("Call the patient: there is no e-mail."))
    return " ".join(parts)


@require_POST
@requires(Permission.STOP_COURSES)
def course_pause(request: HttpRequest, public_id: UUID) -> HttpResponse:
    def said(plan: TreatmentPlan, operation: Operation) -> str:
        return _with_what_follows(_("%(course)s is paused.") % {"course": plan.name}, plan, operation)

    def asked(found: dict[str, Any]) -> dict[str, Any]:
        return {"reason": found["reason"], "keep_visits": found["visits"] == "keep", "cancelled_by": found["by"]}

    return _act(request, public_id, PauseForm(request.POST), courses.pause_course, asked, said)


@require_POST
@requires(Permission.STOP_COURSES)
def course_resume(request: HttpRequest, public_id: UUID) -> HttpResponse:
    def said(plan: TreatmentPlan, _operation: Operation) -> str:
        return _("%(course)s is under way again.") % {"course": plan.name}

    return _act(request, public_id, ActForm(request.POST), courses.resume_course, lambda _found: {}, said)


@require_POST
@requires(Permission.STOP_COURSES)
def course_stop(request: HttpRequest, public_id: UUID) -> HttpResponse:
    def said(plan: TreatmentPlan, operation: Operation) -> str:
        return _with_what_follows(_("%(course)s was stopped.") % {"course": plan.name}, plan, operation)

    def asked(found: dict[str, Any]) -> dict[str, Any]:
        return {"reason": found["reason"], "cancelled_by": found["by"]}

    return _act(request, public_id, StopForm(request.POST), courses.discontinue_course, asked, said)


@require_POST
@requires(Permission.BOOK)
def course_add(request: HttpRequest, public_id: UUID) -> HttpResponse:
    form = AddForm(request.POST)

    def said(_plan: TreatmentPlan, operation: Operation) -> str:
        count = form.cleaned_data["count"]
        words = ngettext("%(count)d session added", "%(count)d sessions added", count) % {"count": count}
        return _("%(added)s: the course has %(total)d now.") % {"added": words, "total": operation.result["count"]}

    def asked(found: dict[str, Any]) -> dict[str, Any]:
        return {"count": found["count"], "reason": found["reason"]}

    return _act(request, public_id, form, courses.add_sessions, asked, said)


@require_POST
@requires(Permission.BOOK)
def course_drop(request: HttpRequest, public_id: UUID) -> HttpResponse:
    form = DropForm(request.POST)

    def said(_plan: TreatmentPlan, operation: Operation) -> str:
        count = form.cleaned_data["count"]
        words = ngettext("%(count)d session dropped", "%(count)d sessions dropped", count) % {"count": count}
        return _("%(dropped)s: the course has %(total)d now.") % {"dropped": words, "total": operation.result["count"]}

    return _act(request, public_id, form, courses.drop_sessions, lambda found: {"count": found["count"]}, said)
