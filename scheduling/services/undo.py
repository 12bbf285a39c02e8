"""Take an act back. Undo refuses wholly when anything it would touch was changed since (design 4.4)."""

import uuid
from datetime import date, datetime, time
from typing import Any

import pghistory
from django.utils.translation import gettext as _

from clinic.lib.locks import StateRefused, Taken, compare_and_set, in_transaction
from clinic.lib.operations import once
from clinic.models import Operation, User
from scheduling.models import HOLDING, Appointment, AppointmentStatus
from scheduling.services import notices
from scheduling.services.errors import PlanNotOpen, TooManySessions, UndoRefused
from scheduling.services.files import refuse_closed
from scheduling.services.journal import ChangedSince, Journal, put_back
from scheduling.services.lengths import change_plan, drop_last, open_sessions, reopen
from scheduling.services.locks import lock_book, lock_for_appointments
from scheduling.services.motion import visits_in_motion
from scheduling.services.numbering import refuse_onto_a_pause, renumber
from scheduling.services.spacing import too_near
from scheduling.services.visits import change_status, touched
from scheduling.services.waiting import wait_again
from treatments.course import FEWEST_SESSIONS
from treatments.models import PlanStatus, SessionState, TreatmentPlan

BOOKINGS = {"book_series", "book_together", "book_visit", "book_earlier"}
UNDOABLE = BOOKINGS | {
    "move_appointment",
    "move_series",
    "apply_away_plan",
    "swap_appointments",
    "move_to_earlier",
    "replan_rest",
    "replan_after_loss",
    "cancel_appointment",
    "complete_appointment",
    "miss_appointment",
    "restore_appointment",
    "confirm_appointment",
    "note_call",
    "unconfirm_appointment",
    "arrive_appointment",
    "start_appointment",
    "step_back_appointment",
    "pause_course",
    "resume_course",
    "discontinue_course",
    "add_sessions",
    "drop_sessions",
}


ON_THE_WAY = {
    "confirm_appointment",
    "note_call",
    "unconfirm_appointment",
    "arrive_appointment",
    "start_appointment",
    "step_back_appointment",
}
"""Acts on a visit that holds its time before and after: nothing that was told of it changes."""
KEEP_THEIR_PLACE = ON_THE_WAY | {"complete_appointment", "restore_appointment"}
"""Acts on a visit that held its time before and after, or that leave none to hold it when undone."""


def undo_operation(*, key: uuid.UUID, operation_id: uuid.UUID, actor: User | None, now: datetime) -> Operation:
    """Undo a booking, move, cancellation, completion or no-show. The result says `how`: undone or cancelled.

    A series whose mail has left is cancelled instead, with a mail that says so. Raises UndoRefused when a visit was
    changed since, when the time is taken or another visit stands too near meanwhile, or when it was undone already.
    """

    def act(operation: Operation) -> None:
        _undo(operation, operation_id, now)

    def attempt() -> Operation:
        body = {"operation": str(operation_id)}
        # The history tells a course that was put back to "under way" from one that was resumed.
        with pghistory.context(undoes=str(operation_id)):
            return once(key=key, kind="undo_operation", actor=actor, body=body, now=now, act=act)

    try:
        return in_transaction(attempt)
    except Taken as error:
        words = _("The time was given to someone else meanwhile. Nothing was undone. Book another time instead.")
        raise UndoRefused(words) from error
    except (PlanNotOpen, TooManySessions) as error:
        raise UndoRefused(error.sentence) from error
    except StateRefused as error:
        raise _changed_since() from error


def _changed_since() -> UndoRefused:
    return UndoRefused(_("Someone changed a visit since. Nothing was undone. Open the visit to change it."))


def _undo(operation: Operation, operation_id: uuid.UUID, now: datetime) -> None:
    done = Operation.objects.select_for_update(no_key=True).get(pk=operation_id)
    if done.kind not in UNDOABLE:
        raise UndoRefused(_("This act cannot be undone here. Nothing was changed. Open its page instead."))
    if done.undone_by_id:
        raise UndoRefused(_("This was undone already. Nothing more was changed. Look at the page again."))
    visits, plans = _lock(done)
    with visits_in_motion():
        for plan in plans:
            _put_plan_back(plan, done)
        if done.kind in BOOKINGS:
            how = _take_back_booking(operation, done, visits, plans, now)
        else:
            how = _put_back(operation, done, visits, plans, now)
        for plan in plans:
            _shrink(plan, done.result.get("added", 0))
            renumber(plan)
    _put_rows_back(done)
    for plan in plans:
        _refuse_too_near(plan, done, visits)
    if (done.kind not in BOOKINGS and not _is_quiet(done)) or how == "cancelled":
        _tell(operation, visits, plans, now)
    wait_again(done, now)
    compare_and_set(done, same=("undone_by_id",), undone_by=operation)
    operation.result = {"how": how, "count": len(visits)}


def _put_rows_back(done: Operation) -> None:
    """Take away what else the act noted: the absence for which visits were planned anew."""
    rows = [entry for entry in done.touched if "row" in entry]
    lock_book(
        clinicians=[entry["after"]["clinician_id"] for entry in rows]
    )  # held already, where visits of theirs move
    try:
        put_back(rows, Journal())
    except ChangedSince as error:
        words = _("The absence was changed since. Nothing was undone. Change it under Hours, then move the visits.")
        raise UndoRefused(words) from error


def _refuse_too_near(plan: TreatmentPlan, done: Operation, visits: list[Appointment]) -> None:
    """Refuse when what stands again where it stood comes too near to what was booked meanwhile."""
    moved = {entry["appointment"] for entry in done.touched if "appointment" in entry and entry["before"]}
    again = [visit.pk for visit in visits if visit.holds and visit.pk in moved and done.kind not in KEEP_THEIR_PLACE]
    if sentence := too_near(plan, again):
        raise UndoRefused(_("%(why)s Nothing was undone. Move the other visit first.") % {"why": sentence})


def _is_quiet(done: Operation) -> bool:
    """Say whether the act left its visit at its time: a step back may have put one back that had lost it."""
    before = [entry["before"]["status"] for entry in done.touched] if done.kind in ON_THE_WAY else []
    return bool(before) and all(status in HOLDING for status in before)


def _tell(operation: Operation, visits: list[Appointment], plans: list[TreatmentPlan], now: datetime) -> None:
    if visits:
        for plan in plans:
            notices.course_changed(plan=plan, operation=operation, now=now)
    for visit in visits:
        if visit.session_id is None:
            notices.changed(appointment=visit, plan=None, operation=operation, now=now)


def _shrink(plan: TreatmentPlan, added: int) -> None:
    """Drop the sessions by which the booking had lengthened the course."""
    if added:
        if plan.session_count - added < FEWEST_SESSIONS:
            words = _(
                "A course has 4 sessions at least, and this one is shorter now. Nothing was undone. Cancel the visits."
            )
            raise UndoRefused(words)
        drop_last(plan, added)
        change_plan(plan, session_count=plan.session_count - added)


def _put_plan_back(plan: TreatmentPlan, done: Operation) -> None:
    """Give the course the columns and the number of sessions that it had before the act, if that changed the course."""
    before = next((dict(entry["before"]) for entry in done.touched if entry.get("plan") == plan.pk), None)
    if before is None:
        return
    more = before.pop("open", open_sessions(plan)) - open_sessions(plan)
    if more > 0:
        reopen(plan, more)
    if any(state != SessionState.PLANNED for state in drop_last(plan, max(0, -more))):
        raise UndoRefused(_("The sessions that were added are booked by now. Nothing was undone. Cancel those first."))
    if plan.status == PlanStatus.FINISHED and before.get("status") == PlanStatus.PAUSED:
        change_plan(plan, status=PlanStatus.ACTIVE)  # no path leads from finished to paused
    change_plan(plan, **before)


def _lock(done: Operation) -> tuple[list[Appointment], list[TreatmentPlan]]:
    """Lock what the act touched and return it, unless any of it was changed since."""
    versions = {entry["appointment"]: entry["version"] for entry in done.touched if "appointment" in entry}
    courses = {entry["plan"]: entry["version"] for entry in done.touched if "plan" in entry}
    found = Appointment.objects.filter(pk__in=versions).select_related("session")
    # Where a visit will be put back to is locked as well as where it is.
    places = list(found) + [_as_before(visit, done) for visit in found]
    keys = {*courses, *(visit.session.plan_id for visit in found if visit.session)}
    lock_for_appointments(places, keys)
    visits = list(Appointment.objects.filter(pk__in=versions).select_related("patient", "session"))
    if not _unchanged(visits, versions):
        raise _changed_since()
    plans = list(TreatmentPlan.objects.select_related("patient").filter(pk__in=keys).order_by("pk"))
    if any(plan.version != courses.get(plan.pk, plan.version) for plan in plans):
        raise UndoRefused(_("Someone changed the course since. Nothing was undone. Open the course to change it."))
    return visits, plans


def _unchanged(visits: list[Appointment], versions: dict[int, int]) -> bool:
    """Say whether every visit is as the act left it."""
    return all(visit.version == versions[visit.pk] for visit in visits)


def _as_before(visit: Appointment, done: Operation) -> Appointment:
    before = next((e["before"] for e in done.touched if e.get("appointment") == visit.pk), None) or {}
    return Appointment(
        patient_id=visit.patient_id,
        clinician_id=before.get("clinician_id", visit.clinician_id),
        room_id=before.get("room_id", visit.room_id),
        device_id=before.get("device_id", visit.device_id),
    )


def _take_back_booking(
    operation: Operation, done: Operation, visits: list[Appointment], plans: list[TreatmentPlan], now: datetime
) -> str:
    """Set every visit that was booked aside: undone while its mail waits, cancelled once it has left."""
    if plans:
        quiet = all(notices.series_undone(plan=plan, operation=done, now=now) for plan in plans)
    else:
        quiet = all(notices.visit_undone(appointment=visit, now=now) for visit in visits)
    change_status(visits, AppointmentStatus.UNDONE if quiet else AppointmentStatus.CANCELLED)
    notices.withdraw_for_all(appointments=visits, reason=_("The act was undone."), now=now)
    operation.touched = [touched(visit.pk, visit.version) for visit in visits]
    return "undone" if quiet else "cancelled"


def _put_back(
    operation: Operation, done: Operation, visits: list[Appointment], plans: list[TreatmentPlan], now: datetime
) -> str:
    """Give each visit the values that it had before the act."""
    before = {entry["appointment"]: entry["before"] or {} for entry in done.touched if "appointment" in entry}
    changed = {entry["plan"] for entry in done.touched if "plan" in entry}
    courses = {plan.pk: plan for plan in plans if plan.pk not in changed}  # the others are put back as they were
    were_ahead = {visit.pk: visit.is_ahead for visit in visits}
    for visit in visits:
        if before[visit.pk].get("status") in HOLDING and visit.session:
            refuse_onto_a_pause(visit, courses.get(visit.session.plan_id), now)
        compare_and_set(visit, same=("status", "version"), **_typed(before[visit.pk]), version=visit.version + 1)
        if visit.is_ahead:
            refuse_closed(visit.patient)
    if not _is_quiet(done):
        notices.withdraw_for_all(appointments=visits, reason=_("The act was undone."), now=now)
        notices.remind_all(appointments=visits, now=now)
    for visit in visits:
        if _is_quiet(done) and visit.is_ahead != were_ahead[visit.pk]:
            _here_or_not(operation, visit, now)
        if visit.status == AppointmentStatus.COMPLETED:
            notices.visit_completed(appointment=visit, now=now)
    operation.touched = [touched(visit.pk, visit.version) for visit in visits]
    return "undone"


def _here_or_not(operation: Operation, visit: Appointment, now: datetime) -> None:
    """Tell, or withdraw, what an arrival had withdrawn, or its taking back had told."""
    if visit.is_ahead:
        notices.is_ahead_again(appointment=visit, operation=operation, now=now)
    else:
        notices.withdraw_for(appointment=visit, reason=_("The act was undone."), now=now)


def _typed(before: dict[str, Any]) -> dict[str, Any]:
    """Return the stored values as their columns want them: JSON knows neither instants nor days."""
    readers = {"wall_date": date.fromisoformat, "wall_time": time.fromisoformat}
    instants = [
        "arrives_at",
        "starts_at",
        "ends_at",
        "frees_at",
        "confirmed_at",
        "arrived_at",
        "started_at",
        "finished_at",
    ]
    readers |= dict.fromkeys(instants, datetime.fromisoformat)
    return {name: readers[name](value) if value and name in readers else value for name, value in before.items()}
