"""Numbers follow dates: a course's visits, by time, bear its sessions, by number (design 4.6)."""

from datetime import datetime

from django.utils.translation import gettext as _

from clinic.lib.locks import StateRefused, compare_and_set
from scheduling.models import HOLDING, Appointment, AppointmentStatus
from scheduling.services.errors import CourseStopped, PlanNotOpen, TooManySessions
from treatments.models import PlanStatus, Session, SessionState, TreatmentPlan


def visits_of(plan: TreatmentPlan) -> list[Appointment]:
    """Return the visits that hold a time of a course, with their sessions, in the order of time."""
    held = Appointment.objects.filter(session__plan=plan, status__in=HOLDING)
    return list(held.order_by("starts_at").select_related("session"))


def renumber(plan: TreatmentPlan, visits: list[Appointment] | None = None) -> list[Appointment]:
    """Give each visit of the plan the session that its date earns, and each session its state; return visits changed.

    `visits` are those of `visits_of`, where somebody needs them afterwards: they change here as their rows do.

    Call under the plan's lock. One statement moves all numbers: the rule that a session has one visit is checked at its
    end, so that visits may swap. Every act on a visit of a course ends here, so here is also where none is let stand on
    a course that was stopped (raises CourseStopped), or beyond its sessions (raises TooManySessions).
    """
    visits = visits_of(plan) if visits is None else visits
    if plan.status == PlanStatus.DISCONTINUED and any(visit.status != AppointmentStatus.COMPLETED for visit in visits):
        raise CourseStopped
    sessions = list(plan.sessions.exclude(state=SessionState.DROPPED).order_by("number"))
    if len(visits) > len(sessions):
        raise TooManySessions(_("Every session of the course has its visit. Nothing was saved. Add a session first."))
    changed = []
    for visit, session in zip(visits, sessions, strict=False):
        if visit.session_id != session.pk:
            visit.session = session
            visit.version += 1
            changed.append(visit)
    if changed:
        Appointment.objects.bulk_update(changed, ["session", "version"])
    _set_states(plan, visits, sessions)
    return changed


def refuse_onto_a_pause(visit: Appointment, plan: TreatmentPlan | None, now: datetime) -> None:
    """Raise PlanNotOpen for a visit ahead that does not hold its time now: a paused course takes no visits.

    What lies behind may be put right all the same: a pause changes nothing that has been.
    """
    if plan and plan.status == PlanStatus.PAUSED and not visit.holds and visit.starts_at > now:
        raise PlanNotOpen


def numbers_of(visits: list[Appointment]) -> list[tuple[int, str]]:
    """Return number and start of visits that got another number, in the order of time, for an Operation's result."""
    ordered = sorted(visits, key=lambda visit: visit.starts_at)
    return [(visit.session.number, visit.starts_at.isoformat()) for visit in ordered if visit.session]


def _set_states(plan: TreatmentPlan, visits: list[Appointment], sessions: list[Session]) -> None:
    """A session is what its visit makes it; the last ones, without a visit, are to be booked."""
    stale: dict[tuple[str, str], list[Session]] = {}
    for at, session in enumerate(sessions):
        visit = visits[at] if at < len(visits) else None
        state = SessionState.PLANNED if visit is None else SessionState.BOOKED
        if visit is not None and visit.status == AppointmentStatus.COMPLETED:
            state = SessionState.COMPLETED
        if session.state != state:
            stale.setdefault((session.state, str(state)), []).append(session)
    for (before, after), of_state in stale.items():
        set_session_states(of_state, before, after)
    done = bool(sessions) and all(session.state == SessionState.COMPLETED for session in sessions)
    if done and plan.status == PlanStatus.ACTIVE:
        _set_status(plan, PlanStatus.FINISHED)
    elif not done and plan.status == PlanStatus.FINISHED:
        _set_status(plan, PlanStatus.ACTIVE)


def set_session_states(sessions: list[Session], before: str, state: str) -> None:
    """Change sessions from one state to another. Raises StateRefused when one of them is not in the first any more."""
    keys = [session.pk for session in sessions]
    if Session.objects.filter(pk__in=keys, state=before).update(state=state) != len(keys):
        raise StateRefused
    for session in sessions:
        session.state = state


def _set_status(plan: TreatmentPlan, status: PlanStatus) -> None:
    compare_and_set(plan, same=("status", "version"), status=status, version=plan.version + 1)
