"""Book one visit: a consultation, a review, one session; ahead, for someone who just walked in, or afterwards."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from clinic.lib.access import Permission, allows
from clinic.lib.days import local_day
from clinic.lib.locks import StateRefused, Taken, in_transaction
from clinic.lib.operations import once
from clinic.models import Clinic, Operation, User
from patients.models import Patient
from scheduling.models import Appointment, AppointmentKind
from scheduling.planning.freetime import Visit
from scheduling.planning.single import Verdict, Wanted, judge_one, stand_one
from scheduling.planning.types import Line, Mark, Slot
from scheduling.services import notices
from scheduling.services.errors import (
    NotNamed,
    OutsideDueWindow,
    PlanNotOpen,
    SlotTaken,
    StaleCourse,
    TooManySessions,
)
from scheduling.services.files import refuse_closed
from scheduling.services.locks import lock_for_visits
from scheduling.services.numbering import numbers_of, renumber, visits_of
from scheduling.services.taken import JustTaken, refuse_taken
from scheduling.services.visits import times_of, touched
from treatments.models import PlanStatus, Session, SessionState, TreatmentPlan


@dataclass(frozen=True)
class Reasons:
    """Why a visit stands where a rule would not have it, in the desk's or the clinician's words."""

    early: str = ""
    late: str = ""
    entry: str = ""


class NeedsReason(SlotTaken):
    """A visit of an earlier day is entered afterwards: that needs a reason."""


class TooLate(OutsideDueWindow):
    """The day is too far from the session before: any reason lifts that."""


def book_visit(
    *,
    key: uuid.UUID,
    kind: str,
    patient_id: int,
    slot: Slot,
    plan_id: int | None = None,
    minutes: int | None = None,
    reasons: Reasons = Reasons(),
    actor: User | None,
    now: datetime,
) -> Operation:
    """Book one visit. Today's past is a walk-in; an older day is a back-entry and needs `reasons.entry` (design 9).

    Raises SlotTaken, NotNamed, NeedsReason, OutsideDueWindow, PlanNotOpen, TooManySessions, OperationReused, Busy.
    The result of the operation: `appointment` (public id), `kind`, `starts_at`, `number` of the session or None.
    """
    asked = Asked(kind, patient_id, plan_id, minutes, slot, reasons)
    body = {
        "kind": kind,
        "patient": patient_id,
        "plan": plan_id,
        "minutes": minutes,
        "slot": [slot.starts_at, slot.clinician_id],
        "reasons": [reasons.early, reasons.late, reasons.entry],
    }

    def act(operation: Operation) -> None:
        book_one(operation, asked, actor, now)

    def attempt() -> Operation:
        return once(key=key, kind="book_visit", actor=actor, body=body, now=now, act=act)

    try:
        refuse_taken([slot], asked.visit().minutes, unless=key)
        return in_transaction(attempt)
    except (Taken, JustTaken) as error:
        _refuse(judge_one(asked.wanted(), slot, now))
        raise SlotTaken(_("Someone took this time a moment ago. Nothing was saved. Choose another time.")) from error
    except StateRefused as error:
        raise StaleCourse(_("Someone changed this course meanwhile. Nothing was saved. Look at it again.")) from error


@dataclass(frozen=True)
class Asked:
    """What is to be booked, by keys."""

    kind: str
    patient_id: int
    plan_id: int | None
    minutes: int | None
    slot: Slot
    reasons: Reasons

    def wanted(self) -> Wanted:
        """Read whom and what it is for; read again after the locks."""
        plan = TreatmentPlan.objects.select_related("patient").get(pk=self.plan_id) if self.plan_id else None
        patient = plan.patient if plan else Patient.objects.get(pk=self.patient_id)
        return Wanted(self.kind, patient, plan, self.minutes)

    def visit(self) -> Visit:
        """Return what it takes, for the look and the locks before anything is decided."""
        plan = TreatmentPlan.objects.get(pk=self.plan_id) if self.plan_id else None
        return Wanted(self.kind, Patient(pk=self.patient_id), plan, self.minutes).visit()


def book_one(operation: Operation, asked: Asked, actor: User | None, now: datetime) -> None:
    """Book under an operation, inside its transaction; takes the locks of the book. Raises as `book_visit` does.

    Taken, JustTaken and StateRefused come from here as they are.
    """
    visit = asked.visit()
    lock_for_visits(visit, asked.plan_id, [asked.slot.clinician_id])
    refuse_taken([asked.slot], visit.minutes)
    wanted = asked.wanted()
    refuse_closed(wanted.patient)
    session = _session_for(wanted)
    line = stand_one(wanted, asked.slot, now)
    if line is None:
        raise JustTaken
    zone = Clinic.objects.current().tz
    is_past = local_day(line.slot.starts_at, zone) < local_day(now, zone)
    _check(line, is_past=is_past, reasons=asked.reasons, actor=actor)
    made = Appointment(
        kind=asked.kind,
        patient=wanted.patient,
        session=session,
        early_reason=asked.reasons.early if line.found(Mark.EARLY) else "",
        late_reason=asked.reasons.late if line.found(Mark.LATE) else "",
        entry_reason=asked.reasons.entry if is_past else "",
        **times_of(line.slot, wanted.visit(), zone),
    )
    made.save(force_insert=True)
    renumbered = _numbered(made, wanted.plan)
    if made.starts_at > now:
        notices.booked([made], plan=wanted.plan, operation=operation, now=now)
    operation.touched = [touched(made.pk, made.version)]
    operation.result = {
        "appointment": str(made.public_id),
        "kind": asked.kind,
        "starts_at": made.starts_at.isoformat(),
        "number": made.session.number if made.session else None,
        "renumbered": numbers_of(renumbered),
    }


def _numbered(made: Appointment, plan: TreatmentPlan | None) -> list[Appointment]:
    """Put the numbers of the course in the order of dates; `made` bears its own now. Return the others that changed."""
    if plan is None:
        return []
    visits = [made if visit.pk == made.pk else visit for visit in visits_of(plan)]
    return [visit for visit in renumber(plan, visits) if visit is not made]


def _session_for(wanted: Wanted) -> Session | None:
    """Return a session of the course that has no visit yet; which number it bears follows from its date."""
    if wanted.kind != AppointmentKind.SESSION or wanted.plan is None:
        return None
    if wanted.plan.status != PlanStatus.ACTIVE:
        raise PlanNotOpen
    free = wanted.plan.sessions.filter(state=SessionState.PLANNED).order_by("number").first()
    if free is None:
        raise TooManySessions(_("Every session of this course has its visit. Nothing was saved. Add a session first."))
    return free


def _refuse(verdict: Verdict) -> None:
    """Raise SlotTaken or NotNamed with what stands in the way, if anything does."""
    if verdict.barred:
        raise NotNamed(verdict.barred)
    if verdict.stops:
        why = verdict.stops.sentence.rstrip(".")
        raise SlotTaken(_("%(why)s. Nothing was saved. Choose another time.") % {"why": why}, verdict)


def _check(line: Line, *, is_past: bool, reasons: Reasons, actor: User | None) -> None:
    """Raise what the reasons given do not lift."""
    if is_past and not reasons.entry:
        raise NeedsReason(_("This day has passed. Nothing was saved. Write why the visit is entered afterwards."))
    too_early, too_late = line.found(Mark.EARLY), line.found(Mark.LATE)
    if too_early and not (reasons.early and allows(actor, Permission.BOOK_TOO_EARLY)):
        words = _("%(why)s. Nothing was saved. Choose a later day; only a clinician may overrule.")
        raise OutsideDueWindow(words % {"why": too_early.sentence})
    if too_late and not reasons.late:
        words = _("%(why)s. Nothing was saved. Write why, or choose an earlier day.")
        raise TooLate(words % {"why": too_late.sentence})
