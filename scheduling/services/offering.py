"""The rows of offers: a round for a free time, one open offer in it, the mail that carries it. Called under locks."""

from datetime import datetime, timedelta

from django.utils.translation import gettext_lazy as _

from clinic.lib.locks import compare_and_set
from patients.models import Channel, MessageState
from patients.services.outbox import queue
from scheduling.models import Offer, OfferBy, OfferRound, OfferState, RoundEnd, WaitingEntry
from scheduling.planning.waiting import Fit

EARLIER_TIME = "earlier_time"
"""The kind of the mail that offers a time, and the purpose of its link."""
WHY_WITHDRAWN = {
    OfferState.ACCEPTED: _("The answer came before the mail."),
    OfferState.DECLINED: _("The answer came before the mail."),
    OfferState.LAPSED: _("Its time was over."),
    OfferState.WITHDRAWN: _("The time is not free any more."),
}


def mail_offer(held: OfferRound, entry: WaitingEntry, fit: Fit, now: datetime) -> Offer:
    """Offer a time to one person by mail: theirs until the round's minutes have passed, or the visit would begin.

    The unique rules refuse a second open offer of a round or to a person (IntegrityError).
    """
    expires_at = min(now + timedelta(minutes=held.minutes), fit.arrives_at)
    message = queue.enqueue(
        patient=entry.patient, kind=EARLIER_TIME, channel=Channel.EMAIL, due_at=now, not_after=expires_at
    )
    return Offer.objects.create(
        round=held,
        entry=entry,
        by=OfferBy.MAIL,
        starts_at=fit.starts_at,
        arrives_at=fit.arrives_at,
        moves=entry.appointment_id is not None,
        message=message,
        offered_at=now,
        expires_at=expires_at,
    )


def end_offer(offer: Offer, state: OfferState, now: datetime) -> None:
    """End an open offer; a mail that has not left is taken back. Raises StateRefused when it had ended."""
    compare_and_set(offer, same=("state",), state=state, ended_at=now)
    if offer.message_id:
        queue.withdraw([offer.message_id], reason=str(WHY_WITHDRAWN[state]), now=now)


def end_round(held: OfferRound, how: RoundEnd, now: datetime) -> None:
    """End a round, and what is open in it."""
    for offer in held.offers.filter(state=OfferState.OPEN):
        end_offer(offer, OfferState.WITHDRAWN, now)
    compare_and_set(held, same=("ended_at",), ended_at=now, ended_as=how)


def could_not_leave(offer: Offer) -> bool:
    """Say whether the mail of an offer will reach nobody: refused, too late, or taken off the mail."""
    message = offer.message
    if message is None:
        return False
    by_phone = message.channel == Channel.PHONE
    return by_phone or message.state in {MessageState.FAILED, MessageState.EXPIRED, MessageState.WITHDRAWN}
