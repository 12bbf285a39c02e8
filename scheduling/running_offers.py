"""Which times are offered to somebody at this moment: the desk that books there should know. Nothing is held."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Value
from django.db.models.functions import Coalesce, JSONObject, NullIf

from clinic.lib.days import clock, day_words, local_day, wall_time
from clinic.models import Clinic, Clinician
from scheduling.models import Offer, OfferState
from scheduling.planning.waiting_read import Stretch
from scheduling.waiting_page import address_of


@dataclass(frozen=True)
class Running:
    """A time that is being offered at this moment, in words; `name` is the initials alone where names are hidden.

    `stretch` is the free time, `href` the page where the desk says yes for them, or stops.
    """

    stretch: Stretch
    who: str
    when: str
    starts: str
    name: str
    until: str
    href: str

    @classmethod
    def of(
        cls, row: Mapping[str, Any], who: Clinician, clinic: Clinic, now: datetime, *, discreet: bool = False
    ) -> "Running":
        """Put a row of `offered_now`, or of the ground of a board, into words."""
        since, ends, start, expires = (
            datetime.fromisoformat(row[key]) for key in ("since", "ends", "starts_at", "expires_at")
        )
        starts = clock(wall_time(start, clinic.tz))
        day = day_words(local_day(start, clinic.tz), local_day(now, clinic.tz))
        called, last = row["called"], row["last_name"]
        stretch = Stretch(who.pk, since, ends)
        return cls(
            stretch,
            who.short_name,
            f"{day}, {starts}",
            starts,
            f"{called[:1]}{last[:1]}".upper() if discreet else f"{called} {last}",
            clock(wall_time(expires, clinic.tz)),
            address_of(stretch, clinic),
        )


def offered_now(now: datetime) -> ArraySubquery:
    """Return what is offered by mail of a clinician's time at this moment, to be read along with the clinician."""
    found = Offer.objects.filter(
        state=OfferState.OPEN, expires_at__gt=now, round__ended_at=None, round__clinician=OuterRef("pk")
    )
    patient = "entry__patient__"
    row = JSONObject(
        since="round__starts_at",
        ends="round__ends_at",
        starts_at="starts_at",
        expires_at="expires_at",
        called=Coalesce(NullIf(f"{patient}preferred_name", Value("")), f"{patient}first_name"),
        last_name=f"{patient}last_name",
    )
    return ArraySubquery(found.order_by("starts_at").values_list(row))


def running_offers(now: datetime) -> list[Running]:
    """Return what is offered by mail at this moment. One query: nothing of it is held."""
    people = Clinician.objects.annotate(offered=offered_now(now)).exclude(offered=[])
    return in_words(people, Clinic.objects.current(), now)


def in_words(
    people: Iterable[Clinician], clinic: Clinic, now: datetime, *, on: date | None = None, discreet: bool = False
) -> list[Running]:
    """Return what is offered of the time of these clinicians, read with `offered_now`; of a local day, if given."""
    found = (
        Running.of(row, one, clinic, now, discreet=discreet)
        for one in people
        for row in one.offered  # type: ignore[attr-defined]
    )
    of_day = (one for one in found if on is None or local_day(one.stretch.starts_at, clinic.tz) == on)
    return sorted(of_day, key=lambda one: one.stretch.starts_at)
