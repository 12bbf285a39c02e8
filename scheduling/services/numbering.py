"""Numbers follow dates: a course's visits, by time, bear its sessions, by number (design 4.6)."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from django.db.models import F

from scheduling.models import HOLDING, Appointment, AppointmentStatus
from scheduling.services.errors import CourseStopped
from treatments.models import PlanStatus, Session, SessionState, TreatmentPlan


@contextmanager
def numbers_in_motion() -> Iterator[None]:
    """Let two visits bear one session for a moment, inside this transaction; at the end each must have its own.

    A visit that is put back meets the one that took its number meanwhile: `renumber` inside sets them apart.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS appointment_session_once DEFERRED")
        yield
        cursor.execute("SET CONSTRAINTS appointment_session_once IMMEDIATE")


def renumber(plan: TreatmentPlan) -> list[Appointment]:
    """Give each visit of the plan the session that its date earns, and each session its state; return visits changed.

    Call under the plan's lock. One statement moves all numbers: the rule that a session has one visit is checked at its
    end, so that visits may swap. Every act on a visit of a course ends here, so here is also where none is let stand on
    a course that was stopped: raises CourseStopped.
    """
    visits = list(
        Appointment.objects.filter(session__plan=plan, status__in=HOLDING)
        .order_by("starts_at")
        .select_related("session")
    )
    if plan.status == PlanStatus.DISCONTINUED and any(visit.status != AppointmentStatus.COMPLETED for visit in visits):
        raise CourseStopped
    sessions = list(plan.sessions.exclude(state=SessionState.DROPPED).order_by("number"))
    changed = []
    for visit, session in zip(visits, sessions, strict=False):
        if visit.session_id != session.pk:
            visit.session = session
            visit.version += 1
            changed.append(visit)
    Appointment.objects.bulk_update(changed, ["session", "version"])
    _set_states(plan, visits, sessions)
    return changed


def numbers_of(visits: list[Appointment]) -> list[tuple[int, str]]:
    """Return number and start of visits that got another number, in the order of time, for an Operation's result."""
    ordered = sorted(visits, key=lambda visit: visit.starts_at)
    return [(visit.session.number, visit.starts_at.isoformat()) for visit in ordered if visit.session]


def _set_states(plan: TreatmentPlan, visits: list[Appointment], sessions: list[Session]) -> None:
    """A session is what its visit makes it; the last ones, without a visit, are to be booked."""
    stale = []
    for at, session in enumerate(sessions):
        visit = visits[at] if at < len(visits) else None
        state = SessionState.PLANNED if visit is None else SessionState.BOOKED
        if visit is not None and visit.status == AppointmentStatus.COMPLETED:
            state = SessionState.COMPLETED
        if session.state != state:
            session.state = state
            stale.append(session)
    Session.objects.bulk_update(stale, ["state"])
    done = bool(sessions) and all(session.state == SessionState.COMPLETED for session in sessions)
    if done and plan.status == PlanStatus.ACTIVE:
        _set_status(plan, PlanStatus.FINISHED)
    elif not done and plan.status == PlanStatus.FINISHED:
        _set_status(plan, PlanStatus.ACTIVE)


def _set_status(plan: TreatmentPlan, status: PlanStatus) -> None:
    TreatmentPlan.objects.filter(pk=plan.pk, status=plan.status).update(status=status, version=F("version") + 1)
    plan.status, plan.version = status, plan.version + 1
