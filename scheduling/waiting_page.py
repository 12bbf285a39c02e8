"""The waiting list as it is shown: the freed times, one of them with its ranking and its offer, and all who wait."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clinic.lib.days import clock, day_words, local_day, wall_time
from clinic.models import Clinic
from scheduling.forms.waiting import token_of
from scheduling.models import Offer, OfferBy, OfferRound, OfferRules, OfferState, WaitingEntry
from scheduling.planning.drifting import Board
from scheduling.planning.freed import Freed
from scheduling.planning.waiting import Fit, Unfit
from scheduling.planning.waiting_read import Ranked, Stretch, ranked
from scheduling.planning.waiting_words import wish_words

WIDTH, EDGE = 200, 2
BEFORE, AFTER = timedelta(days=16), timedelta(days=13)
"""The days around the freed one that a window line shows."""


@dataclass(frozen=True)
class Axis:
    """The days that the window lines of one table show, and where each lies on 200 units."""

    day: date

    @property
    def first(self) -> date:
        return self.day - BEFORE

    @property
    def last(self) -> date:
        return self.day + AFTER

    def x(self, day: date) -> float:
        """Return the place of a day; one beyond the line lies on its edge."""
        part = (day - self.first) / (BEFORE + AFTER)
        return round(EDGE + min(max(part, 0.0), 1.0) * (WIDTH - 2 * EDGE), 1)


@dataclass(frozen=True)
class WindowLine:
    """A due window drawn: the band of its days, the last visit, the freed day, the visit that is booked."""

    x_free: float
    x_last: float | None
    x_booked: float | None
    band_x: float | None
    band_width: float
    words: str


@dataclass(frozen=True)
class Line:
    """One whom the time suits. `stands` is what is said where no button is: offered, next, or called in vain."""

    place: int
    entry: WaitingEntry
    fit: Fit
    window: WindowLine
    booked: str
    start: str
    offer: Offer | None
    stands: str
    may_mail: bool


@dataclass(frozen=True)
class Out:
    """One whom the time does not suit, with the one reason."""

    entry: WaitingEntry
    unfit: Unfit


@dataclass(frozen=True)
class Ring:
    """A time that runs out: `left` of `whole` seconds, and the part of 100 that is left."""

    left: int
    whole: int

    @property
    def part(self) -> int:
        return round(100 * self.left / self.whole) if self.whole else 0

    @property
    def clock(self) -> str:
        return f"{self.left // 60}:{self.left % 60:02d}"

    @property
    def minutes(self) -> int:
        return -(-self.left // 60)

    @property
    def whole_minutes(self) -> int:
        return round(self.whole / 60)


class TimeCard:
    """One free time: when it was freed, who fits, to whom it is offered. Reads everything once."""

    def __init__(self, stretch: Stretch, freed: Freed | None, clinic: Clinic, now: datetime) -> None:
        self.stretch, self.freed, self.clinic, self.now = stretch, freed, clinic, now
        self.zone, self.today = clinic.tz, local_day(now, clinic.tz)
        self.round = (
            OfferRound.objects.open()
            .filter(clinician=stretch.clinician_id, starts_at__lt=stretch.ends_at, ends_at__gt=stretch.starts_at)
            .first()
        )
        offers = list(self.round.offers.select_related("entry__patient")) if self.round else []
        self.mailed = sum(offer.by == OfferBy.MAIL for offer in offers)
        self.offer = next((offer for offer in offers if offer.state == OfferState.OPEN), None)
        self.found: Ranked = ranked(stretch, now, round_id=self.round.pk if self.round else None)
        self.called = {one.entry_id: one for one in offers if one.state == OfferState.NO_ANSWER and one.ended_at}
        self.rules = OfferRules.objects.current()
        self.axis = Axis(local_day(stretch.starts_at, self.zone))
        self.token = token_of(stretch, self.zone)

    @property
    def axis_x(self) -> float:
        return self.axis.x(self.axis.day)

    @property
    def is_free(self) -> bool:
        return self.found.is_free

    @property
    def who(self) -> str:
        return self.found.opening.names.get(self.stretch.clinician_id, "")

    @property
    def when(self) -> str:
        return self._span(self.stretch.starts_at, self.stretch.ends_at)

    def _span(self, since: datetime, until: datetime) -> str:
        day = day_words(local_day(since, self.zone), self.today)
        return f"{day}, {self._clock(since)} – {self._clock(until)}"

    def _clock(self, moment: datetime) -> str:
        return clock(wall_time(moment, self.zone))

    @property
    def freed_words(self) -> str:
        """Say "Freed 13:41, Edna Rowsell cancelled: Ill"; of a time chosen by hand, that it was."""
        if self.freed is None:
            return _("Chosen by hand")
        at, day = self.freed.freed_at, local_day(self.freed.freed_at, self.zone)
        when = self._clock(at) if day == self.today else f"{day_words(day, self.today)}, {self._clock(at)}"
        return _("Freed %(when)s, %(why)s") % {"when": when, "why": self.freed.why}

    @property
    def ring(self) -> Ring | None:
        if self.offer is None or self.offer.expires_at is None:
            return None
        whole = int((self.offer.expires_at - self.offer.offered_at).total_seconds())
        return Ring(max(0, int((self.offer.expires_at - self.now).total_seconds())), whole)

    @property
    def offer_words(self) -> list[str]:
        """Say how and until when it is offered, who is next, how many mails are left."""
        if self.offer is None or self.offer.expires_at is None or self.round is None:
            return []
        values = {"at": self._clock(self.offer.offered_at), "until": self._clock(self.offer.expires_at)}
        said = [_("by e-mail %(at)s; theirs until %(until)s") % values]
        left = self.round.most - self.mailed
        if self.next_entry and left > 0:
            words = ngettext(
                "then %(name)s, at most %(n)d offer", "then %(name)s, at most %(n)d offers", self.round.most
            )
            return [*said, words % {"name": self.next_entry.patient.full_name, "n": self.round.most}]
        return [*said, _("nobody after them by mail")]

    @property
    def next_entry(self) -> WaitingEntry | None:
        """Who is mailed when the open offer has not been taken; nobody when it does not go on by itself."""
        if self.round is None or not self.round.automatic or self.round.most <= self.mailed:
            return None
        open_to = self.offer.entry_id if self.offer else None
        fits = (self.found.entries[fit.key] for fit in self.found.ranking.fits if fit.key != open_to)
        return next((entry for entry in fits if entry.patient.email), None)

    @property
    def lines(self) -> list[Line]:
        return [self._line(place, fit) for place, fit in enumerate(self.found.ranking.fits, 1)]

    def _line(self, place: int, fit: Fit) -> Line:
        entry = self.found.entries[fit.key]
        mine = self.offer if self.offer and self.offer.entry_id == entry.pk else None
        return Line(
            place,
            entry,
            fit,
            self._window(entry, fit),
            booked_words(entry, self.clinic, self.today),
            self._clock(fit.starts_at) if fit.starts_at != self.stretch.starts_at else "",
            mine,
            self._stands(entry),
            bool(entry.patient.email) and self.offer is None and self.rules.is_on,
        )

    def _stands(self, entry: WaitingEntry) -> str:
        until = self.offer.expires_at if self.offer else None
        if self.next_entry and self.next_entry.pk == entry.pk and until:
            return _("next, %(time)s") % {"time": self._clock(until)}
        call = self.called.get(entry.pk)
        return _("no answer %(time)s") % {"time": self._clock(call.ended_at)} if call and call.ended_at else ""

    def _window(self, entry: WaitingEntry, fit: Fit) -> WindowLine:
        booked = local_day(entry.appointment.starts_at, self.zone) if entry.appointment else None
        due = fit.window
        since = fit.previous + timedelta(days=entry.plan.interval_min) if entry.plan and fit.previous else None
        until = due.latest if due else None
        band_x = self.axis.x(since) if since and until else None
        width = max(3.0, round(self.axis.x(until) - band_x, 1)) if until and band_x is not None else 0.0
        said = [_("No window") if until is None else ""]
        if fit.previous:
            said.append(_("Last visit %(day)s") % {"day": day_words(fit.previous, self.today)})
        if since and until:
            values = {"since": day_words(since, self.today), "until": day_words(until, self.today)}
            said.append(_("may come %(since)s to %(until)s") % values)
        said.append(_("now booked %(day)s") % {"day": day_words(booked, self.today)} if booked else _("nothing booked"))
        return WindowLine(
            self.axis.x(self.axis.day),
            self.axis.x(fit.previous) if fit.previous else None,
            self.axis.x(booked) if booked else None,
            band_x,
            width,
            ", ".join(part for part in said if part),
        )

    @property
    def out(self) -> list[Out]:
        return [Out(self.found.entries[one.key], one) for one in self.found.ranking.unfit]


def booked_words(entry: WaitingEntry, clinic: Clinic, today: date) -> str:
    """Return "Tue 1 Dec, 14:00", or that nothing is booked."""
    if entry.appointment is None:
        return _("not booked")
    day, wall = local_day(entry.appointment.starts_at, clinic.tz), wall_time(entry.appointment.starts_at, clinic.tz)
    return f"{day_words(day, today)}, {clock(wall)}"


@dataclass(frozen=True)
class Wait:
    """One who waits, as the whole list shows them."""

    entry: WaitingEntry
    booked: str
    wish: str
    since: str


def waits(entries: list[WaitingEntry], clinic: Clinic, now: datetime) -> list[Wait]:
    today = local_day(now, clinic.tz)
    return [
        Wait(
            entry,
            booked_words(entry, clinic, today),
            _wish(entry),
            day_words(local_day(entry.since, clinic.tz), today),
        )
        for entry in entries
    ]


def _wish(entry: WaitingEntry) -> str:
    parts = [wish_words(entry.weekdays, entry.from_time, entry.until_time) or _("Any day, any time")]
    if entry.notice_hours:
        parts.append(_("%(n)d h notice") % {"n": entry.notice_hours})
    if entry.clinician:
        parts.append(_("with %(name)s") % {"name": entry.clinician.short_name})
    return "; ".join(parts)


@dataclass(frozen=True)
class FreedTab:
    """One freed time to look at."""

    href: str
    day: str
    hours: str
    who: str
    is_here: bool


def tabs(
    freed: list[Freed], here: Stretch | None, names: dict[int, str], clinic: Clinic, now: datetime
) -> list[FreedTab]:
    today, found = local_day(now, clinic.tz), []
    for one in freed:
        since, until = (wall_time(moment, clinic.tz) for moment in (one.stretch.starts_at, one.stretch.ends_at))
        found.append(
            FreedTab(
                address_of(one.stretch, clinic),
                day_words(local_day(one.stretch.starts_at, clinic.tz), today),
                f"{clock(since)} – {clock(until)}",
                names.get(one.stretch.clinician_id, ""),
                one.stretch == here,
            )
        )
    return found


def address_of(stretch: Stretch, clinic: Clinic) -> str:
    """Return the address at which the page shows one time."""
    return f"{reverse('waiting_list')}?{urlencode({'time': token_of(stretch, clinic.tz)})}"


def drift_count(boards: list[Board]) -> int:
    """Return how many courses ask for somebody: those with one session to go are in time."""
    return sum(board.total for board in boards[:3])
