"""Book a whole course: all sessions or none (design 4.7)."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from clinic.lib.access import Permission, allows
from clinic.lib.locks import Taken, in_transaction
from clinic.lib.operations import once
from clinic.models import Clinic, Operation, User
from scheduling.models import Appointment, AppointmentKind
from scheduling.planning import planner
from scheduling.planning.freetime import Visit
from scheduling.planning.judge import standing
from scheduling.planning.loading import load_standing
from scheduling.planning.types import Choices, Line, Mark, Proposal, SeriesRefused, Slot
from scheduling.services import notices
from scheduling.services.drafts import drop_draft
from scheduling.services.errors import OutsideDueWindow, PlanNotOpen, TooManySessions
from scheduling.services.files import refuse_closed
from scheduling.services.lengths import change_plan, reopen
from scheduling.services.locks import lock_for_visits
from scheduling.services.numbering import renumber, visits_of
from scheduling.services.taken import JustTaken, refuse_taken
from scheduling.services.visits import times_of, touched
from treatments.models import PlanStatus, Session, SessionState, TreatmentPlan

MOST_SESSIONS = 15


def book_series(
    *,
    key: uuid.UUID,
    plan_id: int,
    choices: Choices,
    slots: Sequence[Slot],
    reasons: dict[int, str],
    actor: User | None,
    now: datetime,
    unlocked: TreatmentPlan | None = None,
) -> Operation:
    """Book these slots as the next sessions of a plan, all or nothing, and make their messages.

    `reasons` say by line number why a session stands too late (anybody who books) or too early (a clinician).
    `unlocked` is the plan as the caller has read it: it saves reading it for a refusal, never for a booking. The
    operation's result: `plan`, `count`, `first`, `last`, `appointments` (public ids), `added` (by how many it grew by).

    Raises SeriesRefused with the proposal that shows what stands in the way, OutsideDueWindow, PlanNotOpen,
    TooManySessions, OperationReused, Busy. A repeat of the same key returns the first answer.
    """
    body = {
        "plan": plan_id,
        "slots": [[slot.starts_at, slot.clinician_id] for slot in slots],
        "reasons": {str(number): why for number, why in reasons.items()},
    }

    unlocked = unlocked or _plan(plan_id)

    def act(operation: Operation) -> None:
        _book(operation, unlocked, slots, reasons, actor, now)

    def attempt() -> Operation:
        return once(key=key, kind="book_series", actor=actor, body=body, now=now, act=act)

    # The free times beside the lines are looked for without locks: nobody waits for them.
    try:
        refuse_taken(slots, unlocked.minutes, unless=key)
    except JustTaken as error:
        raise _refused(unlocked, choices, slots, now) from error
    try:
        return in_transaction(attempt)
    except (Taken, JustTaken, CannotStand) as error:
        raise _refused(_plan(plan_id), choices, slots, now) from error


def _plan(plan_id: int) -> TreatmentPlan:
    return TreatmentPlan.objects.select_related("patient").get(pk=plan_id)


def _refused(plan: TreatmentPlan, choices: Choices, slots: Sequence[Slot], now: datetime) -> Exception:
    if plan.status != PlanStatus.ACTIVE:
        return PlanNotOpen()
    return SeriesRefused(planner.judge(plan, choices, slots, now))


class CannotStand(Exception):
    """A line cannot be booked: seen under the locks."""


def _book(
    operation: Operation,
    unlocked: TreatmentPlan,
    slots: Sequence[Slot],
    reasons: dict[int, str],
    actor: User | None,
    now: datetime,
) -> None:
    lock_for_visits(Visit.of(unlocked), unlocked.pk, [slot.clinician_id for slot in slots])
    plan, visits, added = put_in_book(operation, unlocked, slots, reasons, actor, now)
    operation.touched = [touched(visit.pk, visit.version) for visit in visits]
    operation.result = _result(plan, visits) | {"added": added}


def put_in_book(
    operation: Operation,
    unlocked: TreatmentPlan,
    slots: Sequence[Slot],
    reasons: dict[int, str],
    actor: User | None,
    now: datetime,
    *,
    may_grow: bool = True,
) -> tuple[TreatmentPlan, list[Appointment], int]:
    """Book these slots in one course and make their messages: the plan, its new visits, by how many it grew.

    Call under the locks of all that the visits may use up. Raises CannotStand, JustTaken, and what `book_series` does.
    """
    refuse_taken(slots, unlocked.minutes)
    plan = _plan(unlocked.pk)
    if plan.status != PlanStatus.ACTIVE:
        raise PlanNotOpen
    refuse_closed(plan.patient)
    sessions = list(plan.sessions.order_by("number"))
    if not may_grow and len(slots) > sum(session.state == SessionState.PLANNED for session in sessions):
        raise CannotStand
    added = _make_room(plan, sessions, len(slots))
    if added:
        sessions = list(plan.sessions.order_by("number"))
    proposal = _stands(plan, sessions, slots, now)
    _check_reasons(proposal, reasons, actor)
    made = _insert(plan, proposal, reasons, [one for one in sessions if one.state == SessionState.PLANNED])
    visits = visits_of(plan)
    renumber(plan, visits)
    visits = [visit for visit in visits if visit.pk in made]
    for visit in visits:
        visit.patient = plan.patient
    drop_draft(plan_id=plan.pk)
    notices.booked(visits, plan=plan, operation=operation, now=now)
    return plan, visits, added


def _stands(plan: TreatmentPlan, sessions: Sequence[Session], slots: Sequence[Slot], now: datetime) -> Proposal:
    """Return the slots as they can be booked, judged under the locks."""
    if not slots:
        raise CannotStand
    held = {SessionState.BOOKED, SessionState.COMPLETED}
    first = 1 + sum(session.state in held for session in sessions)
    proposal = standing(load_standing(Visit.of(plan), plan.patient, plan, slots, now=now), slots, first)
    if proposal is None:
        raise CannotStand
    return proposal


def _result(plan: TreatmentPlan, visits: list[Appointment]) -> dict[str, Any]:
    return {
        "plan": str(plan.public_id),
        "count": len(visits),
        "first": visits[0].starts_at.isoformat(),
        "last": visits[-1].starts_at.isoformat(),
        "appointments": [str(visit.public_id) for visit in visits],
    }


def _make_room(plan: TreatmentPlan, sessions: Sequence[Session], wanted: int) -> int:
    """Add sessions when more are to be booked than the plan has left, and say how many; fewer leave the rest."""
    free = sum(session.state == SessionState.PLANNED for session in sessions)
    more = wanted - free
    if more <= 0:
        return 0
    count = plan.session_count + more
    if count > MOST_SESSIONS and not plan.many_sessions_reason:
        words = _("A course has %(most)d sessions at most. Nothing was saved. Book %(left)d or fewer.")
        raise TooManySessions(words % {"most": MOST_SESSIONS, "left": free + MOST_SESSIONS - plan.session_count})
    reopen(plan, more)
    change_plan(plan, session_count=count)
    return more


def _check_reasons(proposal: Proposal, reasons: dict[int, str], actor: User | None) -> None:
    for line in proposal.lines:
        marks = {finding.mark for finding in line.findings}
        reason = reasons.get(line.number, "").strip()
        if Mark.EARLY in marks and not (reason and allows(actor, Permission.BOOK_TOO_EARLY)):
            words = _(
                "Session %(n)d is too early. Nothing was saved. Choose a later day; only a clinician may overrule."
            )
            raise OutsideDueWindow(words % {"n": line.number})
        if Mark.LATE in marks and not reason:
            words = _("Session %(n)d is late. Nothing was saved. Write why beside it, or choose an earlier day.")
            raise OutsideDueWindow(words % {"n": line.number})


def _insert(plan: TreatmentPlan, proposal: Proposal, reasons: dict[int, str], free: Sequence[Session]) -> set[int]:
    """Insert one visit a line, on the sessions without one; the numbers are put in the order of dates afterwards."""
    zone = Clinic.objects.current().tz
    visits = [
        Appointment(
            kind=AppointmentKind.SESSION,
            patient=plan.patient,
            session=session,
            **_why(line, reasons),
            **times_of(line.slot, Visit.of(plan), zone),
        )
        for line, session in zip(proposal.lines, free, strict=False)
    ]
    return {visit.pk for visit in Appointment.objects.bulk_create(visits)}


def _why(line: Line, reasons: dict[int, str]) -> dict[str, str]:
    marks = {finding.mark for finding in line.findings}
    reason = reasons.get(line.number, "").strip()
    return {
        "early_reason": reason if Mark.EARLY in marks else "",
        "late_reason": reason if Mark.LATE in marks else "",
    }
