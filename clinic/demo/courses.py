"""One course of the demo, walked from its first visit to its last: visits kept, missed, cancelled, moved."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from scheduling.models import AppointmentKind, AppointmentStatus
from treatments.models import PlanStatus, SessionState

from .book import Book, Need, Seat, span_of_days

MISSED, CANCELLED = 0.045, 0.04
"""How often a past visit was missed, or cancelled shortly before."""
CANCELLED_AHEAD = 0.012
WHY_CANCELLED = ["Patient is ill", "Cannot get away from work", "The road is closed by snow", "Travels that week"]
NOTHING_SOONER = "Nothing free sooner"


@dataclass(frozen=True)
class Offer:
    """A protocol as the demo needs it. `areas` are (key, has a left and a right, restricted)."""

    key: str
    sessions: tuple[int, int, int]
    interval: tuple[int, int, int]
    minutes: int
    numbing: int
    turnover: int
    room_kind: int
    areas: tuple[tuple[str, bool, bool], ...]
    device: bool = False


@dataclass(frozen=True)
class Reasons:
    """Why a course is not as the catalogue has it, or does not go on."""

    long_gap: str = ""
    many_sessions: str = ""
    minor: str = ""
    status: str = ""


NO_REASONS = Reasons()


@dataclass
class Visit:
    """An appointment to be. `number` is 0 for a consultation or a review."""

    patient: int
    need: Need
    seat: Seat
    status: AppointmentStatus
    number: int = 0
    kind: AppointmentKind = AppointmentKind.SESSION
    status_reason: str = ""
    late_reason: str = ""

    @property
    def holds(self) -> bool:
        return self.status not in {AppointmentStatus.CANCELLED, AppointmentStatus.NO_SHOW}


@dataclass
class Course:
    """A plan to be. `stop_after` ends the booking early, `miss` names the visits, counted from 1, that are missed,
    and of a steady course every visit is kept."""

    patient: int
    offer: Offer
    clinicians: list[int]
    count: int
    interval: tuple[int, int, int]
    first: date
    around: int
    areas: tuple[str, ...]
    stop_after: int | None = None
    miss: frozenset[int] = frozenset()
    steady: bool = False
    status: PlanStatus = PlanStatus.ACTIVE
    reasons: Reasons = NO_REASONS
    visits: list[Visit] = field(default_factory=list)

    @property
    def need(self) -> Need:
        offer = self.offer
        return Need(self.patient, offer.minutes, offer.numbing, offer.turnover, offer.room_kind, offer.device)

    @property
    def made_on(self) -> date:
        return self.first - timedelta(days=4 + self.patient % 6)

    def state_of(self, number: int) -> SessionState:
        """Return where a session stands, from the visit that holds it."""
        for visit in self.visits:
            if visit.number == number and visit.holds:
                done = visit.status == AppointmentStatus.COMPLETED
                return SessionState.COMPLETED if done else SessionState.BOOKED
        return SessionState.DROPPED if self.status == PlanStatus.DISCONTINUED else SessionState.PLANNED

    def states(self) -> list[SessionState]:
        return [self.state_of(number) for number in range(1, self.count + 1)]


def fate(rng: Random, day: date, today: date) -> AppointmentStatus:
    """Return how a visit of this day stands. It depends on the day alone, never on the hour."""
    chance = rng.random()
    if day < today:
        if chance < MISSED:
            return AppointmentStatus.NO_SHOW
        return AppointmentStatus.CANCELLED if chance < MISSED + CANCELLED else AppointmentStatus.COMPLETED
    if chance < CANCELLED_AHEAD:
        return AppointmentStatus.CANCELLED
    sure = 0.7 if day == today else 0.45 if (day - today).days <= 3 else 0.0
    return AppointmentStatus.CONFIRMED if chance < sure else AppointmentStatus.BOOKED


def walk(book: Book, rng: Random, course: Course) -> Course:
    """Seat the course's visits one after another, each within the due window of the last that was kept."""
    number, tried = 1, 0
    last: date | None = None
    wished = course.first
    until = course.count if course.stop_after is None else course.stop_after
    while number <= until and tried < course.count + 4:
        tried += 1
        found = _seat(book, course, last, wished)
        if found is None:
            break
        seat, late_reason = found
        status = fate(rng, seat.day, book.today)
        if course.steady:
            status = AppointmentStatus.COMPLETED if seat.day < book.today else AppointmentStatus.BOOKED
        visit = Visit(course.patient, course.need, seat, status, number, late_reason=late_reason)
        if tried in course.miss and seat.day < book.today:
            visit.status = AppointmentStatus.NO_SHOW
        course.visits.append(visit)
        wished = _settle(book, rng, course, visit)
        if visit.holds:
            number, last = number + 1, seat.day
    if course.states() == [SessionState.COMPLETED] * course.count:
        course.status = PlanStatus.FINISHED
    return course


def _seat(book: Book, course: Course, last: date | None, wished: date) -> tuple[Seat, str] | None:
    """Return a free place within the window, by the own clinician first; later with a reason when there is none."""
    least, _, most = course.interval
    if last is None:
        days = span_of_days(wished, wished + timedelta(days=6))
    else:
        days = span_of_days(last + timedelta(days=least), last + timedelta(days=most))
        wished = max(wished, days[0])
    seat = book.find(course.need, course.clinicians, days, wished, course.around)
    if seat is not None or last is None:
        return (seat, "") if seat else None
    beyond = span_of_days(days[-1] + timedelta(days=1), days[-1] + timedelta(days=10))
    seat = book.find(course.need, course.clinicians, beyond, max(wished, beyond[0]), course.around)
    return (seat, NOTHING_SOONER) if seat else None


def _settle(book: Book, rng: Random, course: Course, visit: Visit) -> date:
    """Hold or free what the visit uses up, and return the day on which the next one is wished."""
    if visit.status == AppointmentStatus.CANCELLED:
        visit.status_reason = rng.choice(WHY_CANCELLED)
        return visit.seat.day + timedelta(days=rng.randrange(1, 6))
    if visit.status == AppointmentStatus.NO_SHOW:
        return visit.seat.day + timedelta(days=rng.randrange(2, 8))
    book.take(visit.need, visit.seat)
    return _usual_weekday(course, visit.seat.day)


def _usual_weekday(course: Course, last: date) -> date:
    """Return the ideal day after this one, drawn back to the course's weekday where the window allows it."""
    least, ideal, most = course.interval
    wished = last + timedelta(days=ideal)
    near = [wished + timedelta(days=step) for step in (0, 1, -1, 2, -2, 3, -3, 4, 5, 6)]
    allowed = [day for day in near if least <= (day - last).days <= most and day.weekday() == course.first.weekday()]
    return allowed[0] if allowed else wished
