"""The page of one course: its limits and their reasons, every session with all its visits, its acts, what happened."""

from collections import defaultdict
from dataclasses import dataclass
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.views.decorators.http import require_safe

from clinic.lib.access import Permission, allows, requires
from clinic.lib.audit import log_reading
from clinic.lib.requests import person
from clinic.models import Clinic
from scheduling.models import AHEAD, Appointment
from treatments.course import FEWEST_SESSIONS, LONGEST_DAYS, MOST_SESSIONS
from treatments.models import PlanStatus, SessionState, TreatmentPlan

from .courses import CourseView, Line, course_view, next_visit
from .happened import course_history


@dataclass(frozen=True)
class Sitting:
    """One session: the line of the visit that bears it, and the visits that it had before, the latest first."""

    line: Line
    former: list[Appointment]
    has_later: bool = False
    """Whether another visit ahead follows: they can be moved together."""

    @property
    def is_dropped(self) -> bool:
        return self.line.state == SessionState.DROPPED


@dataclass(frozen=True)
class Acts:
    """Which acts fit the course as it stands, and how far they reach."""

    pause: bool
    resume: bool
    stop: bool
    add: bool
    drop: bool
    ahead: int
    """Visits that a pause or a stop would release."""
    droppable: int
    free: int
    room: int
    """Sessions that can be added without a reason."""

    @property
    def any(self) -> bool:
        return self.pause or self.resume or self.stop or self.add or self.drop


@require_safe
@requires(Permission.SEE_PATIENTS)
def course(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Show one course whole; that its patient's file was looked at is written down."""
    user, now, zone = person(request), timezone.now(), Clinic.objects.current().tz
    plans = TreatmentPlan.objects.visible_to(user).select_related("patient", "protocol", "clinician", "planner_draft")
    plan = get_object_or_404(plans.prefetch_related("sessions", "areas__area"), public_id=public_id)
    log_reading(user, plan.patient, "course")
    visits = list(_visits(plan))
    view = course_view(plan, visits, next_visit(visits, now, zone), zone)
    sharing = TreatmentPlan.objects.sharing_an_area_with(plan) if view.is_open else TreatmentPlan.objects.none()
    shown = {
        "plan": plan,
        "patient": plan.patient,
        "course": view,
        "sittings": sittings(view, visits),
        "sharing": sharing.prefetch_related("areas__area"),
        "days": ", ".join(str(WEEKDAYS[day]) for day in plan.usual_weekdays),
        "happened": course_history(plan, visits, zone, now),
        "acts": _acts(view, visits, request),
        "may_book": allows(user, Permission.BOOK),
        "longest_days": LONGEST_DAYS,
        "most_sessions": MOST_SESSIONS,
    }
    return render(request, "desk/course.html", shown)


def _visits(plan: TreatmentPlan) -> "list[Appointment]":
    visits = Appointment.objects.filter(session__plan=plan).on_the_board()
    return list(visits.select_related("clinician", "room", "device", "session").order_by("starts_at"))


def sittings(view: CourseView, visits: list[Appointment]) -> list[Sitting]:
    """Return every session by number, also those that were dropped, each with the visits that it had before."""
    former = defaultdict(list)
    for visit in reversed(visits):
        if not visit.holds:
            former[visit.session.number if visit.session else 0].append(visit)
    dropped = [
        Line(session.number, session.state, None)
        for session in view.plan.sessions.all()
        if session.state == SessionState.DROPPED
    ]
    lines = sorted([*view.lines, *dropped], key=lambda line: line.number)
    last = max((line.number for line in lines if line.visit and line.visit.is_ahead), default=0)
    return [Sitting(line, former[line.number], has_later=line.number < last) for line in lines]


def _acts(view: CourseView, visits: list[Appointment], request: HttpRequest) -> Acts:
    plan, now = view.plan, timezone.now()
    may_stop, may_book = (allows(request.user, one) for one in (Permission.STOP_COURSES, Permission.BOOK))
    active, paused = plan.status == PlanStatus.ACTIVE, plan.status == PlanStatus.PAUSED
    free = len(view.to_book)
    return Acts(
        pause=may_stop and active,
        resume=may_stop and paused,
        stop=may_stop and view.is_open,
        add=may_book and plan.status != PlanStatus.DISCONTINUED,
        drop=may_book and view.is_open,
        ahead=sum(visit.status in AHEAD and visit.starts_at > now for visit in visits),
        droppable=max(0, min(free, plan.session_count - FEWEST_SESSIONS)),
        free=free,
        room=max(0, MOST_SESSIONS - plan.session_count),
    )
