"""Offer a free time to those who wait: by call, or by mail to one after the other. Whoever takes it has it.

A time is not held for an offer: the desk may book it meanwhile, and sees to whom it is offered. Taking it books and
frees the old time in one transaction, under the locks of the book and after those of the round: Operation, round, then
plan, patient, clinicians, rooms, devices (services/locks.py), then the entry and messages.
"""

import uuid
from collections.abc import Callable, Mapping
from datetime import datetime

from django.db import connection
from django.utils.translation import gettext as _

from clinic.lib.locks import StateRefused, Taken, compare_and_set, in_transaction, lock_rows
from clinic.lib.operations import once
from clinic.models import Clinic, Operation, User
from scheduling.models import (
    AHEAD,
    Appointment,
    Offer,
    OfferBy,
    OfferRound,
    OfferRules,
    OfferState,
    RoundEnd,
    WaitingEntry,
    WaitingStatus,
)
from scheduling.planning.freetime import Visit
from scheduling.planning.types import Slot
from scheduling.planning.waiting import Fit
from scheduling.planning.waiting_read import Ranked, Stretch, is_free, ranked
from scheduling.services.errors import OfferGone, OfferRefused, SlotTaken, StaleAppointment
from scheduling.services.locks import lock_for_visits
from scheduling.services.offering import end_offer, end_round, mail_offer
from scheduling.services.placing import Step, lock_and_look, move_all
from scheduling.services.reminding import next_civil_hour
from scheduling.services.single import Asked, Reasons, book_one
from scheduling.services.taken import JustTaken
from scheduling.services.waiting import end_entry

BY_LINK = "the patient, by the link"
ROUNDS, ROUNDS_LOCK = 5_170, "SELECT pg_advisory_xact_lock(%s, %s)"
"""The advisory lock under which rounds are made: the first half says so, the second is the clinician's key."""


def start_round(
    *, key: uuid.UUID, stretch: Stretch, entry_id: int | None = None, actor: User | None, now: datetime
) -> Operation:
    """Offer a free time by mail, to `entry_id` or to the first of the ranking; the sweep goes on with the next.

    At an hour at which the clinic does not write, the first mail waits for the sweep. The result: `round` (public id),
    `entry` (of whom it is offered to, or None). Raises OfferRefused; OperationReused, Busy.
    """

    def act(operation: Operation) -> None:
        rules, clinic = OfferRules.objects.current(), Clinic.objects.current()
        if not rules.is_on:
            raise OfferRefused(_("The clinic offers no times by mail. Nothing was sent. Call them instead."))
        if stretch.starts_at <= now or not is_free(stretch, clinic.tz):
            raise OfferRefused(_("This time is not free any more. Nothing was sent. Look at the list again."))
        held = _round_for(stretch, rules, now)
        if held.offers.filter(state=OfferState.OPEN).exists():
            raise OfferRefused(_("This time is offered to somebody already. Nothing was sent. Take that back first."))
        compare_and_set(held, same=("ended_at",), automatic=True)
        found = ranked(stretch, now, round_id=held.pk)
        fit = _chosen(found, entry_id) if entry_id else next_fit(found)
        if fit is None:
            raise OfferRefused(
                _("Nobody on the list can be mailed for this time. Nothing was sent. Call them instead.")
            )
        if next_civil_hour(now, clinic) <= now:
            mail_offer(held, found.entries[fit.key], fit, now)
        operation.result = {"round": str(held.public_id), "entry": str(found.entries[fit.key].public_id)}

    body = {"stretch": _plain(stretch), "entry": entry_id}
    return _once(key, "offer_time", body, actor, now, act)


def take_back(*, key: uuid.UUID, round_id: int, actor: User | None, now: datetime) -> Operation:
    """Stop offering a time; an open offer is over at once. Raises OfferGone when it had ended."""

    def act(operation: Operation) -> None:
        held = _locked(round_id)
        if held.ended_at:
            raise _gone(held)
        end_round(held, RoundEnd.STOPPED, now)
        operation.result = {"round": str(held.public_id)}

    return _once(key, "stop_offering", {"round": round_id}, actor, now, act)


def decline_offer(*, key: uuid.UUID, offer_id: int, actor: User | None, now: datetime) -> Operation:
    """Note that somebody does not want the time; the next sweep offers it on. Raises OfferGone when it had ended."""

    def act(operation: Operation) -> None:
        offer = _locked_offer(offer_id, now, by_link=actor is None)
        end_offer(offer, OfferState.DECLINED, now)
        operation.result = {"offer": str(offer.public_id)}
        _signed(operation, actor)

    return _once(key, "decline_offer", {"offer": offer_id}, actor, now, act)


def note_offer_call(
    *, key: uuid.UUID, stretch: Stretch, entry_id: int, outcome: OfferState, actor: User | None, now: datetime
) -> Operation:
    """Note that somebody was called about a time and declined, or did not answer. Raises OfferRefused."""

    def act(operation: Operation) -> None:
        held = _round_for(stretch, OfferRules.objects.current(), now)
        entry = _waiting(entry_id)
        for offer in held.offers.filter(entry=entry, state=OfferState.OPEN):
            end_offer(offer, OfferState.WITHDRAWN, now)
        Offer.objects.create(
            round=held,
            entry=entry,
            by=OfferBy.PHONE,
            state=outcome,
            starts_at=held.starts_at,
            arrives_at=held.starts_at,
            moves=entry.appointment_id is not None,
            offered_at=now,
            ended_at=now,
        )
        operation.result = {"entry": str(entry.public_id)}

    body = {"stretch": _plain(stretch), "entry": entry_id, "outcome": outcome}
    return _once(key, "note_offer_call", body, actor, now, act)


def accept_offer(*, key: uuid.UUID, offer_id: int, actor: User | None, now: datetime) -> Operation:
    """Take an offered time: the visit that was booked moves there, or a new one is booked. One transaction.

    Without an actor it is the patient's link, which lapses; the desk may say so for them a little later. Undone by
    `undo_operation`. The result: `appointment` (public id), `entry`. Raises OfferGone when the offer is over, SlotTaken
    when the time was booked meanwhile, OutsideDueWindow, StaleAppointment, OperationReused, Busy.
    """
    seen = Offer.objects.select_related("round", "entry").get(pk=offer_id)

    def act(operation: Operation) -> None:
        offer = _locked_offer(offer_id, now, by_link=actor is None)
        _take(operation, offer.entry, Slot(offer.starts_at, offer.round.clinician_id), actor, now)
        end_offer(offer, OfferState.ACCEPTED, now)
        _filled(operation, offer.round, offer.entry, now)
        _signed(operation, actor)

    kind = _kind(seen.entry)
    return _once(key, kind, {"offer": offer_id}, actor, now, act)


def take_by_phone(*, key: uuid.UUID, stretch: Stretch, entry_id: int, actor: User | None, now: datetime) -> Operation:
    """Give a time to somebody who was called and takes it; what was offered by mail meanwhile is over.

    Raises as `accept_offer` does, and OfferRefused when the time does not suit them.
    """
    seen = WaitingEntry.objects.get(pk=entry_id)

    def act(operation: Operation) -> None:
        held = _round_for(stretch, OfferRules.objects.current(), now)
        entry = _waiting(entry_id)
        fit = _chosen(ranked(stretch, now), entry_id)
        _take(operation, entry, Slot(fit.starts_at, stretch.clinician_id), actor, now)
        for offer in held.offers.filter(state=OfferState.OPEN):
            end_offer(offer, OfferState.WITHDRAWN, now)
        Offer.objects.create(
            round=held,
            entry=entry,
            by=OfferBy.PHONE,
            state=OfferState.ACCEPTED,
            starts_at=fit.starts_at,
            arrives_at=fit.arrives_at,
            moves=entry.appointment_id is not None,
            offered_at=now,
            ended_at=now,
        )
        _filled(operation, held, entry, now)

    body = {"stretch": _plain(stretch), "entry": entry_id}
    return _once(key, _kind(seen), body, actor, now, act)


def _kind(entry: WaitingEntry) -> str:
    return "move_to_earlier" if entry.appointment_id else "book_earlier"


def _plain(stretch: Stretch) -> list[object]:
    return [stretch.clinician_id, stretch.starts_at, stretch.ends_at]


def _take(operation: Operation, entry: WaitingEntry, slot: Slot, actor: User | None, now: datetime) -> None:
    """Move the visit that is booked to the slot, or book a new one. Too late is better than later still."""
    reasons = Reasons(late=_("Earlier than it was, from the waiting list"))
    if entry.appointment_id is None:
        asked = Asked(entry.kind, entry.patient_id, entry.plan_id, None, slot, reasons)
        book_one(operation, asked, actor, now)
        return
    visits = Appointment.objects.select_related("patient", "session__plan__patient", "room", "device")
    found = visits.get(pk=entry.appointment_id)
    people = [found.clinician_id, slot.clinician_id]
    lock_and_look([found], [slot], lambda: lock_for_visits(Visit.like(found), entry.plan_id, people))
    visit = visits.get(pk=entry.appointment_id)
    if visit.status not in AHEAD or visit.starts_at <= slot.starts_at:
        raise StaleAppointment(_("The visit that is booked was changed. Nothing was saved. Look at the list again."))
    move_all(operation, [Step(visit, slot, reasons, agreed=True)], actor, now)
    operation.result = operation.result | {"appointment": str(visit.public_id)}


def _filled(operation: Operation, held: OfferRound, entry: WaitingEntry, now: datetime) -> None:
    """End the round and the wait; the entry is locked after the book, as everywhere."""
    end_entry(entry, WaitingStatus.SERVED, _("Came earlier."), now, served_by=operation)
    held.refresh_from_db(fields=["ended_at"])
    end_round(held, RoundEnd.FILLED, now)
    operation.result = operation.result | {"entry": str(entry.public_id)}


def _signed(operation: Operation, actor: User | None) -> None:
    if actor is None:
        operation.actor = BY_LINK
        Operation.objects.filter(pk=operation.pk).update(actor=BY_LINK)


def _round_for(stretch: Stretch, rules: OfferRules, now: datetime) -> OfferRound:
    """Return the open round of this time, its row locked; a new one where there is none.

    Whoever may make one waits for the clinician's turn first: two that insert the same time at one moment would wait
    for each other (the exclusion constraint) until PostgreSQL breaks them up.
    """
    with connection.cursor() as cursor:
        cursor.execute(ROUNDS_LOCK, [ROUNDS, stretch.clinician_id])
    over = OfferRound.objects.open().filter(
        clinician=stretch.clinician_id, starts_at__lt=stretch.ends_at, ends_at__gt=stretch.starts_at
    )
    found = over.values_list("pk", flat=True).first()
    if found is not None:
        held = _locked(found)
        if held.ended_at is None:
            return held
    return OfferRound.objects.create(
        clinician_id=stretch.clinician_id,
        starts_at=stretch.starts_at,
        ends_at=stretch.ends_at,
        automatic=False,
        minutes=rules.minutes,
        most=rules.most,
        started_at=now,
    )


def _locked(round_id: int) -> OfferRound:
    lock_rows(OfferRound, [round_id])
    return OfferRound.objects.get(pk=round_id)


def _locked_offer(offer_id: int, now: datetime, *, by_link: bool) -> Offer:
    """Return an offer under the lock of its round, or say that it is over."""
    lock_rows(OfferRound, [Offer.objects.values_list("round_id", flat=True).get(pk=offer_id)])
    offer = Offer.objects.select_related("round", "entry").get(pk=offer_id)
    lapsed = by_link and offer.expires_at is not None and offer.expires_at <= now
    if offer.state != OfferState.OPEN or lapsed:
        raise OfferGone(_("This offer is over. Nothing was saved. Look at the list again."))
    return offer


def _gone(held: OfferRound) -> OfferGone:
    words = _("This time is not offered any more: %(why)s. Nothing was saved. Look at the list again.")
    return OfferGone(words % {"why": held.get_ended_as_display()})


def _waiting(entry_id: int) -> WaitingEntry:
    entry = WaitingEntry.objects.select_related("patient").get(pk=entry_id)
    if entry.status != WaitingStatus.ACTIVE:
        raise OfferRefused(_("They do not wait any more. Nothing was saved. Look at the list again."))
    return entry


def _chosen(found: Ranked, entry_id: int) -> Fit:
    fit = next((one for one in found.ranking.fits if one.key == entry_id), None)
    if fit is None:
        said = next((one.said.words for one in found.ranking.unfit if one.key == entry_id), "")
        words = _("This time does not suit them: %(why)s. Nothing was saved. Choose somebody else.")
        raise OfferRefused(words % {"why": said or _("they do not wait any more")})
    return fit


def next_fit(found: Ranked) -> Fit | None:
    """Return the first of the ranking who can be mailed and is not offered another time at this moment."""
    open_to = set(Offer.objects.filter(state=OfferState.OPEN).values_list("entry_id", flat=True))
    can = (fit for fit in found.ranking.fits if found.entries[fit.key].patient.email and fit.key not in open_to)
    return next(can, None)


def _once(
    key: uuid.UUID,
    kind: str,
    body: Mapping[str, object],
    actor: User | None,
    now: datetime,
    act: Callable[[Operation], None],
) -> Operation:
    def attempt() -> Operation:
        return once(key=key, kind=kind, actor=actor, body=dict(body), now=now, act=act)

    try:
        return in_transaction(attempt)
    except (Taken, JustTaken) as error:
        if isinstance(error, Taken) and error.constraint == "round_once_a_time":
            words = _("Somebody else offers this time at this moment. Nothing was saved. Look at the list again.")
            raise OfferRefused(words) from error
        raise SlotTaken(_("Someone took this time a moment ago. Nothing was saved. Choose another time.")) from error
    except StateRefused as error:
        raise OfferGone(_("This offer is over. Nothing was saved. Look at the list again.")) from error
