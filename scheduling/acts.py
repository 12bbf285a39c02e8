"""What can be done with a visit now, the next step first: one list for the board, the day's list and the visit's page.

It reads nothing: the visit's own columns, the hour, the zone and what the person may do decide. The services decide
again under their locks.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from itertools import islice
from typing import Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from clinic.lib.access import Permission
from clinic.lib.days import day_span, local_day
from scheduling.models import AppointmentStatus

ANY = "00000000-0000-0000-0000-000000000000"
"""Stands in an address for the visit: an address is worked out once, not once a visit."""


class Visit(Protocol):
    """An appointment, or a row of a day."""

    @property
    def public_id(self) -> UUID | str: ...
    @property
    def status(self) -> str: ...
    @property
    def arrives_at(self) -> datetime: ...
    @property
    def starts_at(self) -> datetime: ...
    @property
    def ends_at(self) -> datetime: ...


@dataclass(frozen=True)
class Verb:
    """A kind of act: the name of its address, its word, sign and key, who may do it, and what is asked first.

    `asks`: nothing (one press), "reason" (a few words), "cancel" (who and why), or "page" (a page of its own).
    """

    name: str
    word: str | Promise
    icon: str
    key: str
    permission: Permission
    asks: str = ""


VERBS = {
    "confirm": Verb("appointment_confirm", _("Confirm"), "check-circle", "y", Permission.BOOK),
    "unconfirm": Verb("appointment_unconfirm", _("Not confirmed"), "circle", "u", Permission.BOOK),
    "arrive": Verb("appointment_arrive", _("Arrived"), "geo-alt", "a", Permission.BOOK),
    "start": Verb("appointment_start", _("Start"), "record-circle", "s", Permission.COMPLETE),
    "complete": Verb("appointment_complete", _("Complete"), "check2-all", "d", Permission.COMPLETE),
    "miss": Verb("appointment_no_show", _("No-show"), "person-x", "n", Permission.COMPLETE),
    "step_back": Verb("appointment_step_back", _("Step back"), "arrow-90deg-left", "u", Permission.COMPLETE),
    "take_back": Verb("appointment_step_back", _("Take back"), "arrow-90deg-left", "u", Permission.COMPLETE, "reason"),
    "put_back": Verb("appointment_restore", _("Booked again"), "arrow-90deg-left", "u", Permission.BOOK, "reason"),
    "move": Verb("appointment_move", _("Move"), "arrow-left-right", "m", Permission.BOOK, "page"),
    "cancel": Verb("appointment_cancel", _("Cancel"), "x-lg", "c", Permission.BOOK, "cancel"),
}

LEADS_ON = {"confirm", "arrive", "start", "complete"}
"""What brings a visit further; all else is no next step."""


@dataclass(frozen=True)
class Act:
    """A button of one visit. A form sends `operation` (a fresh uuid) and `version` (the visit's, as it was shown)."""

    verb: str
    label: str
    icon: str
    url: str
    key: str
    asks: str
    primary: bool

    @property
    def needs_reason(self) -> bool:
        return self.asks in {"reason", "cancel"}


def acts_of(visit: Visit, now: datetime, zone: ZoneInfo, granted: Collection[Permission]) -> list[Act]:
    """Return what this person may do with the visit at this instant: the next step first, it alone is primary."""
    found, verbs = [], list(_verbs(visit, now, zone))
    for verb in verbs:
        how = VERBS[verb]
        if how.permission in granted:
            url = pattern(how.name).replace(ANY, str(visit.public_id))
            primary = verb == verbs[0] and verb in LEADS_ON
            found.append(Act(verb, str(how.word), how.icon, url, how.key, how.asks, primary=primary))
    return found


def in_line(visit: Visit, now: datetime, zone: ZoneInfo, granted: Collection[Permission]) -> list[str]:
    """Return the verbs that stand in a visit's line of a list: its next step, and both answers when its time is over.

    They are the first ones of `acts_of`; a day has hundreds of lines, so all the others are not worked out.
    """
    first, second, *_others = [*islice(_verbs(visit, now, zone), 2), "", ""]
    if first not in LEADS_ON:
        return []
    verbs = [first, second] if (first, second) == ("complete", "miss") else [first]
    return [verb for verb in verbs if VERBS[verb].permission in granted]


@cache
def pattern(name: str) -> str:
    """Return an address with `ANY` where the visit's or the patient's own part stands."""
    return reverse(name, args=[ANY])


def _verbs(visit: Visit, now: datetime, zone: ZoneInfo) -> Iterator[str]:
    """Yield the verbs that lead on from this state at this hour, the most likely first."""
    match visit.status:
        case AppointmentStatus.BOOKED | AppointmentStatus.CONFIRMED:
            yield from _ahead(visit, now, zone)
        case AppointmentStatus.ARRIVED:
            yield from ("start", "complete", "step_back", "cancel")
        case AppointmentStatus.IN_TREATMENT:
            yield from ("complete", "step_back")
        case AppointmentStatus.COMPLETED if local_day(visit.ends_at, zone) != local_day(now, zone):
            yield "put_back"  # no treatment goes on after its day: it was not held at all
        case AppointmentStatus.COMPLETED | AppointmentStatus.NO_SHOW | AppointmentStatus.CANCELLED:
            yield "take_back"


@lru_cache(maxsize=8)
def _today(now: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return between which instants the local day lies, worked out once for all visits of a page."""
    return day_span(local_day(now, zone), zone)


def _ahead(visit: Visit, now: datetime, zone: ZoneInfo) -> Iterator[str]:
    """Before its day a visit waits for a yes, on its day for the patient, and afterwards for somebody to close it."""
    is_over = visit.ends_at <= now
    answer = "confirm" if visit.status == AppointmentStatus.BOOKED else "unconfirm"
    if is_over:
        yield from ("complete", "miss")
    today, tomorrow = _today(now, zone)
    if visit.arrives_at < tomorrow and today <= visit.ends_at:
        yield from ("arrive", "start")
    if not is_over:
        if visit.arrives_at <= now:
            yield "complete"
        if visit.starts_at <= now:
            yield "miss"
        yield answer
    elif answer == "unconfirm":
        yield answer
    yield from ("move", "cancel")


def verbs_of(visit: Visit, now: datetime, zone: ZoneInfo, granted: Collection[Permission]) -> list[str]:
    """Return the verbs of `acts_of` alone, for a page that says once how each is done."""
    return [verb for verb in _verbs(visit, now, zone) if VERBS[verb].permission in granted]
