"""What is done with a whole course: pause, resume, stop, add sessions, drop sessions.

Each act is one Operation. The plan is locked first, then what its visits hold, so that no visit is booked, moved or put
back meanwhile; what a pause or a stop releases is cancelled in the same transaction.
"""

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clinic.lib.days import clock, day_words, local_day, wall_time
from clinic.lib.locks import StateRefused, in_transaction
from clinic.lib.operations import once
from clinic.models import Clinic, Operation, User
from scheduling.models import AHEAD, HOLDING, Appointment, AppointmentStatus
from scheduling.services import notices
from scheduling.services.errors import ReasonMissing, StaleCourse, TooFewSessions, TooManySessions
from scheduling.services.lengths import change_plan, drop_last, open_sessions, reopen, touched_plan
from scheduling.services.locks import lock_book, lock_for_appointments
from scheduling.services.numbering import renumber
from scheduling.services.visits import change_status, touched
from treatments.course import FEWEST_SESSIONS, MOST_SESSIONS
from treatments.models import PlanStatus, SessionState, TreatmentPlan

RELEASED = ["status", "status_reason", "cancelled_by", "cancelled_late"]
"""The columns that a release changes, and that an undo of it puts back."""

Act = Callable[[Operation, TreatmentPlan], None]


def pause_course(
    *,
    key: uuid.UUID,
    plan_id: int,
    reason: str,
    keep_visits: bool,
    cancelled_by: str = "",
    actor: User | None,
    now: datetime,
) -> Operation:
    """Pause a course: nothing more is booked until it is resumed. Its visits ahead are released, or kept as they stand.

    `cancelled_by` (CancelledBy) is written on those that are released.

    The result says how many were `released`. Raises StaleCourse, ReasonMissing, OperationReused, Busy.
    """

    def act(operation: Operation, plan: TreatmentPlan) -> None:
        _stands(plan, PlanStatus.ACTIVE)
        before = {"status": plan.status, "status_reason": plan.status_reason}
        released = [] if keep_visits else _release(plan, reason, cancelled_by, now)
        change_plan(plan, status=PlanStatus.PAUSED, status_reason=_said(reason))
        renumber(plan)
        _finish(operation, plan, before, released, now)

    body = {"reason": reason, "keep": keep_visits, "by": cancelled_by}
    return _once(key, "pause_course", plan_id, body, actor, now, act)


def resume_course(*, key: uuid.UUID, plan_id: int, actor: User | None, now: datetime) -> Operation:
    """Take up a paused course again: its sessions can be booked. Raises StaleCourse, OperationReused, Busy."""

    def act(operation: Operation, plan: TreatmentPlan) -> None:
        _stands(plan, PlanStatus.PAUSED)
        before = {"status": plan.status, "status_reason": plan.status_reason}
        change_plan(plan, status=PlanStatus.ACTIVE, status_reason="")
        renumber(plan)
        _finish(operation, plan, before, [], now)

    return _once(key, "resume_course", plan_id, {}, actor, now, act)


def discontinue_course(
    *, key: uuid.UUID, plan_id: int, reason: str, cancelled_by: str = "", actor: User | None, now: datetime
) -> Operation:
    """Stop a course for good: its visits ahead are cancelled first, the sessions that were not held are dropped.

    `cancelled_by` (CancelledBy) is written on the visits.

    Raises StaleCourse when it has ended or a visit that has begun is not settled; ReasonMissing, OperationReused, Busy.
    """

    def act(operation: Operation, plan: TreatmentPlan) -> None:
        _stands(plan, PlanStatus.ACTIVE, PlanStatus.PAUSED)
        _all_settled(plan, now)
        before = {"status": plan.status, "status_reason": plan.status_reason, "open": open_sessions(plan)}
        released = _release(plan, reason, cancelled_by, now)
        renumber(plan)
        drop_last(plan, plan.sessions.filter(state=SessionState.PLANNED).count())
        change_plan(plan, status=PlanStatus.DISCONTINUED, status_reason=_said(reason))
        renumber(plan)
        _finish(operation, plan, before, released, now)

    return _once(key, "discontinue_course", plan_id, {"reason": reason, "by": cancelled_by}, actor, now, act)


def add_sessions(
    *, key: uuid.UUID, plan_id: int, count: int, reason: str = "", actor: User | None, now: datetime
) -> Operation:
    """Make a course longer. Past 15 sessions it needs a reason, which is kept. A finished course is under way again.

    Raises TooManySessions, TooFewSessions, StaleCourse, OperationReused, Busy.
    """

    def act(operation: Operation, plan: TreatmentPlan) -> None:
        _stands(plan, PlanStatus.ACTIVE, PlanStatus.PAUSED, PlanStatus.FINISHED)
        _at_least_one(count)
        total, why = plan.session_count + count, reason.strip() or plan.many_sessions_reason
        if total > MOST_SESSIONS and not why:
            words = _("%(total)d is more than the 15 of a course. Nothing was saved. Say why it takes more.")
            raise TooManySessions(words % {"total": total})
        before = {
            "session_count": plan.session_count,
            "many_sessions_reason": plan.many_sessions_reason,
            "open": open_sessions(plan),
        }
        reopen(plan, count)
        kept = why if total > MOST_SESSIONS else plan.many_sessions_reason
        change_plan(plan, session_count=total, many_sessions_reason=kept)
        renumber(plan)
        _finish(operation, plan, before, [], now)

    return _once(key, "add_sessions", plan_id, {"count": count, "reason": reason}, actor, now, act)


def drop_sessions(*, key: uuid.UUID, plan_id: int, count: int, actor: User | None, now: datetime) -> Operation:
    """Make a course shorter by its last sessions, which have no visit. One whose others are all held is finished then.

    Raises TooFewSessions when that many are not free, or fewer than 4 would be left; StaleCourse, Busy.
    """

    def act(operation: Operation, plan: TreatmentPlan) -> None:
        _stands(plan, PlanStatus.ACTIVE, PlanStatus.PAUSED)
        _at_least_one(count)
        _can_drop(plan, count)
        before = {"session_count": plan.session_count, "open": open_sessions(plan)}
        drop_last(plan, count)
        change_plan(plan, session_count=plan.session_count - count)
        renumber(plan)
        _finish(operation, plan, before, [], now)

    return _once(key, "drop_sessions", plan_id, {"count": count}, actor, now, act)


def _once(
    key: uuid.UUID,
    kind: str,
    plan_id: int,
    body: dict[str, Any],
    actor: User | None,
    now: datetime,
    act: Act,
) -> Operation:
    """Run one act on one course, read anew under its lock."""

    def locked(operation: Operation) -> None:
        lock_book(plans=[plan_id])
        plan = TreatmentPlan.objects.select_related("patient").get(pk=plan_id)
        act(operation, plan)

    def attempt() -> Operation:
        return once(key=key, kind=kind, actor=actor, body={"plan": plan_id, **body}, now=now, act=locked)

    try:
        return in_transaction(attempt)
    except StateRefused as error:
        raise _stale(TreatmentPlan.objects.get(pk=plan_id)) from error


def _finish(
    operation: Operation, plan: TreatmentPlan, before: dict[str, Any], released: list[Appointment], now: datetime
) -> None:
    """Write down what was touched, and tell the patient once if any of their dates changed."""
    versions = dict(Appointment.objects.filter(pk__in=[one.pk for one in released]).values_list("pk", "version"))
    operation.touched = [touched(one.pk, versions[one.pk], _before(one)) for one in released]
    operation.touched.append(touched_plan(plan, before))
    operation.result = {
        "plan": str(plan.public_id),
        "released": len(released),
        "count": plan.session_count,
        "status": plan.status,
    }
    if released:
        notices.course_changed(plan=plan, operation=operation, now=now)


def _release(plan: TreatmentPlan, reason: str, cancelled_by: str, now: datetime) -> list[Appointment]:
    """Cancel the course's visits ahead, with who cancels and why; return them as they were."""
    ahead = Appointment.objects.filter(session__plan=plan, status__in=AHEAD, starts_at__gt=now).order_by("starts_at")
    were = list(ahead.select_related("patient"))
    lock_for_appointments(were, [])
    visits = list(ahead)
    for late in (True, False):
        some = [visit for visit in visits if visit.is_late_to_cancel(now) == late]
        why = {"status_reason": _said(reason), "cancelled_by": cancelled_by, "cancelled_late": late}
        change_status(some, AppointmentStatus.CANCELLED, **why)
    notices.withdraw_for_all(appointments=visits, reason=_("The visit was cancelled."), now=now)
    return were


def _before(visit: Appointment) -> dict[str, Any]:
    return {name: getattr(visit, name) for name in RELEASED}


def _said(reason: str) -> str:
    if not reason.strip():
        raise ReasonMissing(_("Say why. Nothing was saved."))
    return reason.strip()


def _at_least_one(count: int) -> None:
    if count < 1:
        raise TooFewSessions(_("Enter 1 or more. Nothing was saved."))


def _stands(plan: TreatmentPlan, *wanted: PlanStatus) -> None:
    if plan.status not in wanted:
        raise _stale(plan)


def _stale(plan: TreatmentPlan) -> StaleCourse:
    now_is = {
        PlanStatus.ACTIVE: _("This course is under way now. Nothing was saved. Look at it again."),
        PlanStatus.PAUSED: _("This course is paused already. Nothing was saved. Look at it again."),
        PlanStatus.FINISHED: _("This course is finished. Nothing was saved. Look at it again."),
        PlanStatus.DISCONTINUED: _("This course was stopped already. Nothing was saved. Look at it again."),
    }
    return StaleCourse(now_is[PlanStatus(plan.status)])


def _all_settled(plan: TreatmentPlan, now: datetime) -> None:
    """Refuse to stop a course while one of its visits has begun and nobody has said how it ended."""
    begun = Appointment.objects.filter(session__plan=plan, status__in=HOLDING).exclude(
        status=AppointmentStatus.COMPLETED
    )
    visit = begun.exclude(status__in=AHEAD, starts_at__gt=now).order_by("starts_at").first()
    if visit is None:
        return
    zone = Clinic.objects.current().tz
    day = day_words(local_day(visit.starts_at, zone), local_day(now, zone))
    when = f"{day}, {clock(wall_time(visit.starts_at, zone))}"
    words = _("The visit of %(when)s is not settled. Nothing was saved. Complete it or note a no-show, then stop.")
    raise StaleCourse(words % {"when": when})


def _can_drop(plan: TreatmentPlan, count: int) -> None:
    free = plan.sessions.filter(state=SessionState.PLANNED).count()
    if not free:
        raise TooFewSessions(_("Every session has a visit. Nothing was saved. Cancel visits first."))
    if count > free:
        said = ngettext(
            "Only %(free)d session has no visit. Nothing was saved. Cancel visits first, or drop fewer.",
            "Only %(free)d sessions have no visit. Nothing was saved. Cancel visits first, or drop fewer.",
            free,
        )
        raise TooFewSessions(said % {"free": free})
    if plan.session_count - count < FEWEST_SESSIONS:
        words = _("A course has 4 sessions at least. Nothing was saved. Drop fewer, or stop the course.")
        raise TooFewSessions(words)
