"""The patient page: who they are, when they come next, how their courses stand, what happened."""

from uuid import UUID

from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from clinic.lib.access import Permission, allows, requires
from clinic.lib.audit import log_reading
from clinic.lib.days import local_day
from clinic.lib.requests import person
from clinic.models import Clinic
from patients.archived import sent_on
from patients.models import Patient
from patients.twins import sharers
from scheduling.day_list import Row
from scheduling.forms.visits import REASONS
from scheduling.models import AppointmentStatus
from treatments.models import PlanArea, PlanStatus

from .courses import CourseView, course_view, next_visit
from .happened import happenings


@require_safe
@requires(Permission.SEE_PATIENTS)
def patient_page(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Show one patient; that it was looked at is written down."""
    user, now, clinic = person(request), timezone.now(), Clinic.objects.current()
    zone = clinic.tz
    files = Patient.objects.visible_to(user).select_related("merged_into")
    patient = get_object_or_404(files, public_id=public_id)
    if kept := sent_on(request, patient, "patient_page"):
        return kept
    log_reading(user, patient, "patient")
    in_use = not patient.is_archived
    visits = list(patient.appointments.select_related("clinician", "room", "device", "session__plan"))
    areas = Prefetch("areas", PlanArea.objects.select_related("area"))
    plans = list(patient.plans.select_related("planner_draft__user").prefetch_related("sessions", areas))
    coming = next_visit(visits, now, zone)
    courses = [course_view(plan, visits, coming, zone) for plan in plans]
    open_courses = [course for course in courses if course.is_open]
    shown = {
        "patient": patient,
        "coming": coming,
        "coming_row": Row(coming, now, clinic.notice_hours) if coming else None,
        "reasons": REASONS,
        "courses": open_courses,
        "finished": [course for course in courses if not course.is_open],
        "sharers": sharers(patient),
        "is_minor": patient.age_on(local_day(now, zone)) < clinic.age_of_majority,
        "others": [visit for visit in visits if not visit.session_id and visit.status != AppointmentStatus.UNDONE],
        "happened": happenings(patient, visits, plans, zone, now),
        "may_edit": in_use and allows(user, Permission.EDIT_PATIENTS),
        "may_archive": allows(user, Permission.EDIT_PATIENTS),
        "may_merge": in_use and allows(user, Permission.MERGE_PATIENTS),
        "may_book": in_use and allows(user, Permission.BOOK),
        "book_href": _book_href(patient, open_courses),
        "together": sum(bool(course.to_book) and course.plan.status == PlanStatus.ACTIVE for course in open_courses),
    }
    return render(request, "desk/patient.html", shown)


def _book_href(patient: Patient, courses: list[CourseView]) -> str:
    """Return where Book leads: to the dates of the one course that lacks some, else to the choice of a treatment."""
    unbooked = [course for course in courses if course.to_book]
    if len(unbooked) == 1:
        return reverse("series_planner", args=[unbooked[0].plan.public_id])
    return reverse("plan_new", args=[patient.public_id])
