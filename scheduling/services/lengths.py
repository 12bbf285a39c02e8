"""How a course grows and shrinks, and how what was done to it is written down. Call all of it under the plan's lock."""

from typing import Any

from clinic.lib.locks import compare_and_set
from scheduling.services.numbering import set_session_states
from treatments.models import Session, SessionState, TreatmentPlan


def open_sessions(plan: TreatmentPlan) -> int:
    """Return how many sessions the course has that were not dropped. They are always the first ones."""
    return plan.sessions.exclude(state=SessionState.DROPPED).count()


def reopen(plan: TreatmentPlan, more: int) -> None:
    """Add sessions at the end: those that were dropped come back first, then new ones are made."""
    dropped = list(plan.sessions.filter(state=SessionState.DROPPED).order_by("number")[:more])
    set_session_states(dropped, SessionState.DROPPED, SessionState.PLANNED)
    last = plan.sessions.order_by("-number").values_list("number", flat=True).first() or 0
    Session.objects.bulk_create(Session(plan=plan, number=last + n) for n in range(1, more - len(dropped) + 1))


def drop_last(plan: TreatmentPlan, count: int) -> list[str]:
    """Drop the last sessions, and return in which state each was."""
    last = list(plan.sessions.exclude(state=SessionState.DROPPED).order_by("-number")[:count])
    were = [session.state for session in last]
    for state in set(were):
        set_session_states([session for session in last if session.state == state], state, SessionState.DROPPED)
    return were


def change_plan(plan: TreatmentPlan, **fields: Any) -> None:
    """Set these columns; the plan's version tells later that something was changed."""
    compare_and_set(plan, same=("status", "version"), **fields, version=plan.version + 1)


def touched_plan(plan: TreatmentPlan, before: dict[str, Any]) -> dict[str, Any]:
    """Return the entry of `Operation.touched` for a plan as it stands now.

    `before` holds the columns that the act changed, and under `open` how many sessions were not dropped.
    """
    return {"plan": plan.pk, "version": plan.version, "before": before}
