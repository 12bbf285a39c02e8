"""Which times are offered to somebody at this moment: the desk that books there should know. Nothing is held."""

from dataclasses import dataclass
from datetime import datetime

from clinic.lib.days import clock, day_words, local_day, wall_time
from clinic.models import Clinic
from scheduling.models import Offer, OfferState


@dataclass(frozen=True)
class Running:
    """A time that is being offered at this moment, for the desk that is about to book."""

    who: str
    when: str
    name: str
    until: str


def running_offers(now: datetime) -> list[Running]:
    """Return what is offered by mail at this moment. One query: nothing of it is held."""
    clinic = Clinic.objects.current()
    today = local_day(now, clinic.tz)

    def wall(moment: datetime) -> str:
        return clock(wall_time(moment, clinic.tz))

    found = Offer.objects.filter(state=OfferState.OPEN, expires_at__gt=now, round__ended_at=None)
    return [
        Running(
            offer.round.clinician.short_name,
            f"{day_words(local_day(offer.starts_at, clinic.tz), today)}, {wall(offer.starts_at)}",
            offer.entry.patient.full_name,
            wall(offer.expires_at) if offer.expires_at else "",
        )
        for offer in found.select_related("round__clinician", "entry__patient").order_by("starts_at")
    ]
