"""One act on one visit: once, under the locks of all that it holds, from a state that leads there."""

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from clinic.lib.locks import StateRefused, Taken, in_transaction
from clinic.lib.operations import once
from clinic.models import Operation, User
from scheduling.models import Appointment, AppointmentStatus
from scheduling.planning.freetime import Visit
from scheduling.planning.types import Slot
from scheduling.services.errors import SlotTaken, StaleAppointment
from scheduling.services.locks import lock_for_appointments, lock_for_visits
from scheduling.services.placing import lock_and_look
from scheduling.services.stale import who_changed
from scheduling.services.visits import change_status, touched
from treatments.models import TreatmentPlan

Act = Callable[[Operation, Appointment, TreatmentPlan | None], None]
WITH_COURSE = ("patient", "session__plan__patient", "room", "device")


def act_on_visit(
    *,
    key: uuid.UUID,
    kind: str,
    appointment_id: int,
    body: dict[str, Any],
    version: int | None,
    actor: User | None,
    now: datetime,
    act: Act,
    to: Slot | None = None,
    taken: Callable[[int, Taken], SlotTaken] | None = None,
) -> Operation:
    """Run one act on one visit under the locks of all that it holds and, for a move, of all that it may take.

    `version` is what the page showed: a visit that was changed since is left alone (raises StaleAppointment, which
    names who changed it). `taken` says what is in the way when the book refuses the time; without it, the time was free
    a moment before.
    """

    def locked(operation: Operation) -> None:
        found = Appointment.objects.select_related("session__plan", "room", "device").get(pk=appointment_id)
        plan = found.session.plan if found.session else None
        if to:
            people = [found.clinician_id, to.clinician_id]
            lock_and_look([found], [to], lambda: lock_for_visits(Visit.like(found), plan.pk if plan else None, people))
        else:
            lock_for_appointments([found], [plan.pk if plan else None])
        visit = Appointment.objects.select_related(*WITH_COURSE).get(pk=appointment_id)
        refuse_stale(visit, version, now)
        act(operation, visit, visit.session.plan if visit.session else None)

    def attempt() -> Operation:
        asked = {"appointment": appointment_id, **body}
        return once(key=key, kind=kind, actor=actor, body=asked, now=now, act=locked)

    try:
        return in_transaction(attempt)
    except Taken as error:
        if taken:
            raise taken(appointment_id, error) from error
        raise SlotTaken(_("Someone took this time a moment ago. Nothing was saved. Choose another time.")) from error
    except StateRefused as error:
        raise stale(appointment_id) from error


def refuse_stale(visit: Appointment, version: int | None, now: datetime) -> None:
    """Raise StaleAppointment when the visit is no longer what a page of this version showed. Call under its locks."""
    if version is not None and visit.version != version and (why := who_changed(visit, now=now, since=version)):
        raise StaleAppointment(why)


def change(operation: Operation, visit: Appointment, status: AppointmentStatus, **fields: Any) -> None:
    """Change the state from one that leads there; nothing ends twice. What was there before is kept for an undo."""
    if visit.status == status:
        raise stale(visit.pk)
    before = {name: getattr(visit, name) for name in ["status", *fields]}
    change_status([visit], status, **fields)
    operation.touched = [touched(visit.pk, visit.version, before)]


def stale(appointment_id: int) -> StaleAppointment:
    """Return the refusal of an act that does not lead on from the state in which the visit is now."""
    visit = Appointment.objects.get(pk=appointment_id)
    words = _("This visit is %(status)s now. Nothing was saved. Look at the day again.")
    return StaleAppointment(words % {"status": visit.get_status_display().lower()})
