"""The visits of a large demo, week by week: courses walked to their end, a talk before, a review after.

Courses begin where a clinician's week is not full yet. One patient has one course at a time, and a month between two,
so that no area is treated too soon and nobody is asked to two places at once.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

from clinic.demo.courses import CANCELLED, CANCELLED_AHEAD, MISSED, NOTHING_SOONER, WHY_CANCELLED, Offer
from clinic.demo.house import TALK_TURNOVER, TALKS
from clinic.demo.stories import WHY_STOPPED
from scheduling.models import AppointmentKind, AppointmentStatus
from treatments.models import PlanStatus, SessionState

from .book import WEEK, LargeBook, Place, Stay, Waiting

REST = 50
"""Days after a course before the same patient begins another."""
STOPS = 0.06
"""How many of the courses are stopped early."""
TALK_FIRST, REVIEW_AFTER = 0.5, 0.3
BEYOND = 12
"""Days after the longest gap in which a place is still looked for, with a reason."""
TRIES = 3
"""How often a clinician's week is tried before it counts as full."""


@dataclass
class Visit:
    """An appointment to be; `number` is 0 outside a course."""

    place: Place
    stay: Stay
    status: str
    kind: str = AppointmentKind.SESSION.value
    number: int = 0
    status_reason: str = ""
    late_reason: str = ""

    @property
    def holds(self) -> bool:
        return self.status not in {"cancelled", "no_show"}


@dataclass
class Course:
    """A plan with its visits, and the talk and the review around it."""

    patient: int
    clinician: int
    offer: Offer
    count: int
    first: int
    around: int
    areas: tuple[str, ...]
    visits: list[Visit] = field(default_factory=list)
    outside: list[Visit] = field(default_factory=list)
    status: str = PlanStatus.ACTIVE.value
    status_reason: str = ""

    def states(self) -> list[str]:
        """Return where each session stands, from the visit that holds it."""
        left = SessionState.DROPPED if self.status == PlanStatus.DISCONTINUED else SessionState.PLANNED
        states = [left.value] * self.count
        for visit in self.visits:
            if visit.holds:
                done = visit.status == AppointmentStatus.COMPLETED
                states[visit.number - 1] = (SessionState.COMPLETED if done else SessionState.BOOKED).value
        return states


@dataclass
class Planner:
    """Fills the book. `today` is the number of today's day, `fill` what a full week has taken."""

    book: LargeBook
    offers: list[Offer]
    waiting: Waiting
    today: int
    fill: float
    rng: Random

    def courses(self) -> Iterator[Course]:
        """Yield every course, those that begin first coming first."""
        for week in range(self.book.weeks):
            for clinician in range(self.book.clinicians):
                yield from self._fill(clinician, week)

    def _aim(self, week: int) -> float:
        ahead = week * WEEK - self.today
        if ahead <= 0:
            return self.fill
        return self.fill * (1 - ahead / max(self.book.days - self.today, 1))

    def _fill(self, clinician: int, week: int) -> Iterator[Course]:
        failed, aim = 0, self._aim(week)
        while failed < TRIES and self.book.fullness(clinician, week) < aim:
            patient = self.waiting.take(week * WEEK)
            if patient is None:
                return
            course = self._walk(self._draw(patient, clinician, week))
            failed += not course.visits
            last = max((visit.place.day for visit in course.visits), default=week * WEEK)
            self.waiting.back(patient, last + REST)
            if course.visits:
                yield course

    def _draw(self, patient: int, clinician: int, week: int) -> Course:
        rng = self.rng
        offer = rng.choice(self.offers)
        least, usual, most = offer.sessions
        areas = [key for key, _sided, restricted in offer.areas if not restricted]
        return Course(
            patient,
            clinician,
            offer,
            count=usual if rng.random() < 0.75 else rng.randint(least, most),
            first=week * WEEK + rng.randrange(WEEK),
            around=rng.randrange(17, 39) * 30,
            areas=tuple(areas[: rng.choice((1, 1, 2))]),
        )

    def _walk(self, course: Course) -> Course:
        """Seat the visits one after another, each in the due window of the last that was kept."""
        least, ideal, most = course.offer.interval
        stay = Stay(course.offer.minutes, course.offer.numbing, course.offer.turnover, course.offer.device)
        stop = self.rng.randrange(2, course.count) if self.rng.random() < STOPS else course.count
        number, last, wished, tries = 1, None, course.first, 0
        while number <= stop and tries < course.count + 4:
            tries += 1
            days = range(wished, wished + WEEK) if last is None else range(last + least, last + most + 1)
            late = ""
            place = self.book.seat(stay, course.clinician, days, wished, course.around)
            if place is None and last is not None:
                days, late = range(days[-1] + 1, days[-1] + 1 + BEYOND), NOTHING_SOONER
                place = self.book.seat(stay, course.clinician, days, days[0], course.around)
            if place is None:
                break
            visit = Visit(place, stay, self._fate(place.day), number=number, late_reason=late)
            course.visits.append(visit)
            if visit.holds:
                self.book.take(stay, course.clinician, place)
                number, last, wished = number + 1, place.day, place.day + ideal
            else:
                visit.status_reason = self.rng.choice(WHY_CANCELLED) if visit.status == "cancelled" else ""
                wished = place.day + self.rng.randrange(1, 6)
        self._end(course, number, stop)
        self._around(course)
        return course

    def _fate(self, day: int) -> str:
        """Return how a visit of a day stands: of the past settled, of the next days partly confirmed."""
        chance = self.rng.random()
        if day < self.today:
            if chance < MISSED:
                return "no_show"
            return "cancelled" if chance < MISSED + CANCELLED else "completed"
        if chance < CANCELLED_AHEAD:
            return "cancelled"
        sure = 0.7 if day == self.today else 0.45 if day - self.today <= 3 else 0.0
        return "confirmed" if chance < sure else "booked"

    def _end(self, course: Course, number: int, stop: int) -> None:
        over = all(visit.place.day < self.today for visit in course.visits)
        if number > course.count and over:
            course.status = PlanStatus.FINISHED.value
        elif number > stop and over:
            course.status, course.status_reason = PlanStatus.DISCONTINUED.value, self.rng.choice(WHY_STOPPED)

    def _around(self, course: Course) -> None:
        """Seat a talk before half of the courses and a review after some that are finished."""
        if not course.visits:
            return
        rng = self.rng
        if rng.random() < TALK_FIRST:
            self._outside(course, AppointmentKind.CONSULTATION, course.visits[0].place.day - rng.randint(8, 14))
        if course.status == PlanStatus.FINISHED and rng.random() < REVIEW_AFTER:
            self._outside(course, AppointmentKind.REVIEW, course.visits[-1].place.day + rng.randint(18, 26))

    def _outside(self, course: Course, kind: AppointmentKind, day: int) -> None:
        stay = Stay(TALKS[kind.value], 0, TALK_TURNOVER)
        place = self.book.seat(stay, course.clinician, range(day, day + 5), day, course.around)
        if place is None:
            return
        status = self._fate(place.day)
        reason = "Patient is ill" if status == "cancelled" else ""
        visit = Visit(place, stay, status, kind.value, status_reason=reason)
        course.outside.append(visit)
        if visit.holds:
            self.book.take(stay, course.clinician, place)
