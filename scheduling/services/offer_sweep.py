"""Let offers go on by the clock: what lapsed is over, the next is mailed, a round ends when its time is gone.

Driven by the minute sweep and by a management command. Each round is one transaction under its own row's lock; a round
that somebody holds at this moment waits for the next sweep (SKIP LOCKED), so that any number of sweeps do no more.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import partial

from clinic.lib.locks import Busy, StateRefused, in_transaction
from clinic.models import Clinic
from scheduling.models import Offer, OfferBy, OfferRound, OfferRules, OfferState, RoundEnd
from scheduling.planning.waiting_read import Stretch, is_free, ranked
from scheduling.services.offering import could_not_leave, end_offer, end_round, mail_offer
from scheduling.services.offers import next_fit
from scheduling.services.reminding import next_civil_hour
from scheduling.services.waiting import settle_moot


@dataclass
class Advanced:
    """What a sweep of the offers did."""

    lapsed: int = 0
    offered: int = 0
    ended: int = 0
    moot: int = 0

    def __str__(self) -> str:
        return ", ".join(f"{count} {name}" for name, count in vars(self).items() if count) or "nothing"


def advance(now: datetime) -> Advanced:
    """Bring every open round to where it should be at this moment. Done twice, the second time does nothing."""
    done = Advanced()
    done.moot = in_transaction(lambda: settle_moot(now))
    for key in list(OfferRound.objects.open().values_list("pk", flat=True)):
        try:
            in_transaction(partial(_advance, key, now, done))
        except (Busy, StateRefused):
            continue  # somebody was faster: the next sweep looks again
    return done


def _advance(round_id: int, now: datetime, done: Advanced) -> None:
    held = claimed(round_id)
    if held is None:
        return
    offer = held.offers.select_related("message").filter(state=OfferState.OPEN).first()
    if how := _over(held, now):
        end_round(held, how, now)
        done.ended += 1
        return
    if offer is not None and not _has_lapsed(offer, now):
        return
    if offer is not None:
        end_offer(offer, OfferState.LAPSED, now)
        done.lapsed += 1
    if held.automatic:
        _offer_on(held, now, done)


def claimed(round_id: int) -> OfferRound | None:
    """Return an open round with its row locked; None while somebody else holds it."""
    rows = OfferRound.objects.open().select_for_update(skip_locked=True, no_key=True)
    return rows.filter(pk=round_id).first()


def _over(held: OfferRound, now: datetime) -> RoundEnd | None:
    """Say how a round is over, if it is: its time has come, or nothing in it is free any more."""
    if held.starts_at <= now:
        return RoundEnd.PASSED
    zone = Clinic.objects.current().tz
    whole = Stretch(held.clinician_id, held.starts_at, held.ends_at)
    return None if is_free(whole, zone) else RoundEnd.TAKEN


def _has_lapsed(offer: Offer, now: datetime) -> bool:
    return could_not_leave(offer) or (offer.expires_at is not None and offer.expires_at <= now)


def _offer_on(held: OfferRound, now: datetime, done: Advanced) -> None:
    """Mail the next of the ranking, within the clinic's hours and up to the round's cap."""
    if next_civil_hour(now, Clinic.objects.current()) > now:
        return
    mailed = held.offers.filter(by=OfferBy.MAIL).count()
    found = ranked(Stretch(held.clinician_id, held.starts_at, held.ends_at), now, round_id=held.pk)
    fit = next_fit(found) if mailed < held.most and OfferRules.objects.current().is_on else None
    if fit is None:
        end_round(held, RoundEnd.USED_UP, now)
        done.ended += 1
        return
    mail_offer(held, found.entries[fit.key], fit, now)
    done.offered += 1
