"""Who would come earlier: put somebody on the waiting list, change what they asked for, take them off."""

import uuid
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime, time

from django.utils.translation import gettext as _

from clinic.lib.locks import StateRefused, compare_and_set, in_transaction, lock_rows
from clinic.lib.operations import once
from clinic.models import Operation, User
from patients.models import Patient
from scheduling.models import (
    AHEAD,
    Appointment,
    AppointmentKind,
    Offer,
    OfferRound,
    OfferState,
    WaitingEntry,
    WaitingStatus,
)
from scheduling.services.errors import WaitingRefused
from scheduling.services.files import refuse_closed
from scheduling.services.offering import end_offer
from treatments.models import PlanStatus, TreatmentPlan

REASON_LENGTH = 200


@dataclass(frozen=True)
class Wish:
    """When somebody could come. `weekdays` count from Monday, 0; times are the clinic's wall times."""

    weekdays: tuple[int, ...] = ()
    from_time: time | None = None
    until_time: time | None = None
    notice_hours: int = 2
    clinician_id: int | None = None
    note: str = ""

    def refuse_nonsense(self) -> None:
        if self.from_time and self.until_time and self.from_time >= self.until_time:
            raise WaitingRefused(_("The time until is not after the time from. Nothing was saved. Mend the times."))


def add_entry(
    *,
    key: uuid.UUID,
    patient_id: int,
    kind: str,
    plan_id: int | None = None,
    appointment_id: int | None = None,
    wish: Wish = Wish(),
    actor: User | None,
    now: datetime,
) -> Operation:
    """Put somebody on the list: to come earlier than a visit that is booked, or with what is still to be booked.

    The result: `entry` (public id). Raises WaitingRefused when the visit is not ahead or they wait for it already,
    FileClosed for a file that takes no visits; OperationReused, Busy.
    """
    about = {"patient": patient_id, "kind": kind, "plan": plan_id, "appointment": appointment_id}

    def act(operation: Operation) -> None:
        wish.refuse_nonsense()
        lock_rows(TreatmentPlan, [plan_id])
        lock_rows(Patient, [patient_id])
        refuse_closed(Patient.objects.select_related("merged_into").get(pk=patient_id))
        _refuse_nothing_ahead(patient_id, plan_id, appointment_id, now)
        _refuse_twice(patient_id, kind, plan_id, appointment_id)
        entry = WaitingEntry.objects.create(
            patient_id=patient_id,
            kind=kind,
            plan_id=plan_id,
            appointment_id=appointment_id,
            since=now,
            **_columns(wish),
        )
        operation.result = {"entry": str(entry.public_id)}

    return _once(key, "add_waiting", about | asdict(wish), actor, now, act)


def change_entry(
    *, key: uuid.UUID, entry_id: int, version: int, wish: Wish, actor: User | None, now: datetime
) -> Operation:
    """Change when somebody could come; `version` is the entry as it was shown. Raises WaitingRefused."""

    def act(operation: Operation) -> None:
        wish.refuse_nonsense()
        entry = _locked(entry_id)
        if entry.version != version:
            raise WaitingRefused(_("Someone changed this entry meanwhile. Nothing was saved. Look at it again."))
        compare_and_set(entry, same=("status", "version"), version=entry.version + 1, **_columns(wish))
        operation.result = {"entry": str(entry.public_id)}

    return _once(key, "change_waiting", {"entry": entry_id, "version": version} | asdict(wish), actor, now, act)


def withdraw_entry(*, key: uuid.UUID, entry_id: int, reason: str, actor: User | None, now: datetime) -> Operation:
    """Take somebody off the list; what is offered to them at this moment is taken back. Raises WaitingRefused."""

    def act(operation: Operation) -> None:
        # Rounds are locked before entries, wherever both are (services/offers.py).
        rounds = Offer.objects.filter(entry=entry_id, state=OfferState.OPEN).values_list("round_id", flat=True)
        lock_rows(OfferRound, list(rounds))
        entry = _locked(entry_id)
        for offer in entry.offers.filter(state=OfferState.OPEN):
            end_offer(offer, OfferState.WITHDRAWN, now)
        end_entry(entry, WaitingStatus.WITHDRAWN, reason, now)
        operation.result = {"entry": str(entry.public_id)}

    return _once(key, "withdraw_waiting", {"entry": entry_id, "reason": reason}, actor, now, act)


def end_entry(
    entry: WaitingEntry, status: WaitingStatus, reason: str, now: datetime, served_by: Operation | None = None
) -> None:
    """Let somebody wait no more. Raises StateRefused when the entry was changed since it was read."""
    compare_and_set(
        entry,
        same=("status", "version"),
        status=status,
        status_reason=reason[:REASON_LENGTH],
        ended_at=now,
        served_by=served_by,
        version=entry.version + 1,
    )


def wait_again(done: Operation, now: datetime) -> None:
    """Put back on the list whoever an act that is undone had served, unless they wait for the same once more."""
    for entry in WaitingEntry.objects.select_for_update(no_key=True).filter(served_by=done):
        Offer.objects.filter(entry=entry, state=OfferState.ACCEPTED).update(state=OfferState.WITHDRAWN, ended_at=now)
        same = {"plan": entry.plan_id, "appointment": entry.appointment_id, "kind": entry.kind}
        if not WaitingEntry.objects.active().filter(patient=entry.patient_id, **same).exists():
            compare_and_set(
                entry,
                same=("status", "version"),
                status=WaitingStatus.ACTIVE,
                status_reason="",
                ended_at=None,
                served_by=None,
                version=entry.version + 1,
            )


def settle_moot(now: datetime) -> int:
    """Take off the list whose visit is over or will not be. Rows that somebody holds wait for the next sweep."""
    gone = WaitingEntry.objects.active().filter(appointment__isnull=False)
    gone = gone.exclude(appointment__status__in=AHEAD, appointment__starts_at__gt=now)
    held = gone.select_for_update(skip_locked=True, no_key=True, of=("self",)).select_related("appointment")
    count = 0
    for entry in held:
        over = entry.appointment is not None and entry.appointment.holds
        words = _("The visit has come.") if over else _("The visit is not ahead any more.")
        end_entry(entry, WaitingStatus.WITHDRAWN, words, now)
        count += 1
    return count


def _columns(wish: Wish) -> dict[str, object]:
    values = asdict(wish)
    return {**values, "weekdays": sorted(set(wish.weekdays)), "note": wish.note.strip()[:REASON_LENGTH]}


def _refuse_nothing_ahead(patient_id: int, plan_id: int | None, appointment_id: int | None, now: datetime) -> None:
    if plan_id and not TreatmentPlan.objects.filter(pk=plan_id, patient=patient_id, status=PlanStatus.ACTIVE).exists():
        raise WaitingRefused(
            _("This course takes no visits now. Nothing was saved. Open the course and resume it first.")
        )
    if appointment_id is None:
        return
    visit = Appointment.objects.filter(pk=appointment_id, patient=patient_id, status__in=AHEAD, starts_at__gt=now)
    if not visit.exists():
        raise WaitingRefused(_("Only a visit that lies ahead can come earlier. Nothing was saved. Look at the visit."))


def _refuse_twice(patient_id: int, kind: str, plan_id: int | None, appointment_id: int | None) -> None:
    same = {"kind": kind, "plan": plan_id, "appointment": appointment_id}
    if WaitingEntry.objects.active().filter(patient=patient_id, **same).exists():
        raise WaitingRefused(_("They wait for this already. Nothing more was saved. Change the entry on the list."))


def kind_of(visit: Appointment) -> tuple[str, int | None]:
    """Return the kind of a visit and its course, as an entry about it has them."""
    return visit.kind, visit.session.plan_id if visit.kind == AppointmentKind.SESSION and visit.session else None


def _locked(entry_id: int) -> WaitingEntry:
    entry = WaitingEntry.objects.select_for_update(no_key=True).get(pk=entry_id)
    if entry.status != WaitingStatus.ACTIVE:
        raise WaitingRefused(_("This entry is not on the list any more. Nothing was saved. Look at the list again."))
    return entry


def _once(
    key: uuid.UUID,
    kind: str,
    body: dict[str, object],
    actor: User | None,
    now: datetime,
    act: Callable[[Operation], None],
) -> Operation:
    def attempt() -> Operation:
        return once(key=key, kind=kind, actor=actor, body=body, now=now, act=act)

    try:
        return in_transaction(attempt)
    except StateRefused as error:
        raise WaitingRefused(_("Someone changed this entry meanwhile. Nothing was saved. Look at it again.")) from error
