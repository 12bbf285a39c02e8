"""Who is at which stage of what: the courses of the demo, in the order in which they are seated in its book."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from treatments.models import PlanStatus

from .book import Book, Need, Seat
from .courses import NO_REASONS, Course, Offer, Reasons, Visit, walk
from .days import AHEAD_WEEKS, PAST_WEEKS, Closed, tuesdays
from .house import ANIKA, CLINICIANS, ETIENNE, MOIRA, PHYSICIANS
from .people import ARCHIVED, COUNT, DEVIKA, FATIMA, JOANNE, TWO_FILES, UNDER_AGE

AIM, AIM_LATER = 0.7, 0.42
"""How full the book is to be in the next four weeks, and in the eight after: the part of the working minutes taken."""
WEIGHTS = [37, 15, 22, 26]
"""How often each clinician is chosen: about their hours a week."""
NEWCOMERS = 12
"""Patients who have had, or will have, a first consultation and nothing else."""
WHY_STOPPED = ["Moves to Halifax", "Does not want to go on", "Found a clinic nearer home", "Too far to drive"]
WHY_PAUSED = [
    "Travels until spring",
    "Works offshore this winter",
    "Looks after her grandchild",
    "Away for work",
]
WHY_FAR_APART = ["Works offshore, three weeks on", "Flies in from Labrador"]
TWO = 14 * 60
RESERVED = Need(DEVIKA, minutes=75)


@dataclass
class Story:
    """Everything that happens in the demo's book: courses, and visits that belong to none."""

    courses: list[Course] = field(default_factory=list)
    others: list[Visit] = field(default_factory=list)
    newcomers: list[int] = field(default_factory=list)
    held: list[tuple[Need, Seat]] = field(default_factory=list)
    """What is kept free for the planner's demonstration; to be freed when all others are seated."""


@dataclass(frozen=True)
class Wish:
    """What is fixed about a course; the rest is drawn. `first` is moved to a weekday that suits unless `exact`."""

    first: date
    patient: int | None = None
    key: str = ""
    clinician: int | None = None
    around: int | None = None
    count: int | None = None
    exact: bool = False
    steady: bool = False
    ended: bool = False
    stop_after: int | None = None
    miss: frozenset[int] = frozenset()
    status: PlanStatus = PlanStatus.ACTIVE
    interval: tuple[int, int, int] | None = None
    reasons: Reasons = NO_REASONS


class Teller:
    """Makes courses, each for the next patient who has none, until the book is as full as it should be."""

    def __init__(self, book: Book, offers: list[Offer], rng: Random) -> None:
        self.book, self.offers, self.rng, self.story = book, offers, rng, Story()
        told_apart = {DEVIKA, JOANNE, FATIMA, TWO_FILES[1], *UNDER_AGE, *ARCHIVED}
        self.waiting = [place for place in range(COUNT) if place not in told_apart]
        rng.shuffle(self.waiting)
        self.story.newcomers = [max(UNDER_AGE), *(self.waiting.pop() for _ in range(NEWCOMERS))]
        self.areas_of: dict[int, set[str]] = {}
        self.courses_of: Counter[int] = Counter()

    def course(self, wish: Wish) -> Course:
        """Walk a course as wished, and keep it."""
        patient = wish.patient if wish.patient is not None else self._next_patient()
        offer = self._offer(patient, wish.key)
        areas = self._areas(patient, offer)
        clinicians = self._clinicians(offer, areas, wish.clinician)
        count = wish.count or self._count(offer)
        first = wish.first - timedelta(days=offer.interval[1] * (count - 1)) if wish.ended else wish.first
        first = first if wish.exact else self._working_day(clinicians[0], first)
        course = Course(
            patient,
            offer,
            clinicians,
            count,
            wish.interval or offer.interval,
            first,
            wish.around or self._around(clinicians[0], first),
            areas,
            stop_after=wish.stop_after,
            miss=wish.miss,
            steady=wish.steady,
            status=wish.status,
            reasons=wish.reasons,
        )
        self.story.courses.append(walk(self.book, self.rng, course))
        return course

    def _next_patient(self) -> int:
        """Return the next patient without a course; then, one who can have a second on other areas."""
        if self.waiting:
            return self.waiting.pop()
        can = [place for place in sorted(self.areas_of) if self._apart(place) and place not in {JOANNE, *UNDER_AGE}]
        fewest = min(self.courses_of[place] for place in can)
        return self.rng.choice([place for place in can if self.courses_of[place] == fewest])

    def _apart(self, patient: int) -> list[Offer]:
        had = self.areas_of.get(patient, set())
        return [offer for offer in self.offers if not had & {area for area, _, _ in offer.areas}]

    def _offer(self, patient: int, key: str) -> Offer:
        if key:
            return next(offer for offer in self.offers if offer.key == key)
        return self.rng.choice(self._apart(patient))

    def _areas(self, patient: int, offer: Offer) -> tuple[str, ...]:
        self.courses_of[patient] += 1
        self.areas_of.setdefault(patient, set()).update(area for area, _, _ in offer.areas)
        keys = [area for area, _, restricted in offer.areas if not restricted or self.rng.random() < 0.4]
        return tuple(keys[: self.rng.choice([1, 1, 2])])

    def _clinicians(self, offer: Offer, areas: tuple[str, ...], own: int | None) -> list[int]:
        """Return who may treat, the own clinician first; restricted areas are for physicians."""
        named = any(restricted and area in areas for area, _, restricted in offer.areas)
        may = [place for place in range(len(CLINICIANS)) if not named or place in PHYSICIANS]
        chosen = own if own is not None else self.rng.choices(may, [WEIGHTS[place] for place in may])[0]
        return [chosen, *(place for place in may if place != chosen)]

    def _count(self, offer: Offer) -> int:
        least, usual, most = offer.sessions
        return self.rng.choice([usual, usual, usual, self.rng.randint(least, most)])

    def _working_day(self, clinician: int, day: date) -> date:
        weekday = self.rng.choice(sorted(CLINICIANS[clinician].works))
        return day + timedelta(days=(weekday - day.weekday()) % 7)

    def _around(self, clinician: int, day: date) -> int:
        works = CLINICIANS[clinician].works
        starts, ends = works.get(day.weekday(), next(iter(works.values())))
        return self.rng.randrange(starts.hour * 2 + 1, ends.hour * 2 - 1) * 30


def tell(book: Book, offers: list[Offer], rng: Random, closed: list[Closed]) -> Story:
    """Fill the book and return what is in it, in an order that depends on nothing but the seed and the day."""
    teller = Teller(book, offers, rng)
    held = _keep_free(book, closed)
    _known_patients(teller, closed)
    _stages(teller)
    _fill(teller)
    teller.story.held = held
    return teller.story


def _keep_free(book: Book, closed: list[Closed]) -> list[tuple[Need, Seat]]:
    """Hold 14:00 at Moira on the coming Tuesdays, at Dr. Sandhu when Moira is away, so that nobody else takes it."""
    coming, held = tuesdays(book.today, closed), []
    for day in coming.free:
        clinician = ANIKA if day == coming.away else MOIRA
        start = TWO + 30 if day == coming.taken else TWO
        room = book.room_for(RESERVED, clinician, day, start)
        if room is not None:
            held.append((RESERVED, Seat(clinician, room, day, start)))
            book.take(*held[-1])
    return held


def _known_patients(teller: Teller, closed: list[Closed]) -> None:
    """Seat Joanne, whose first visit stands in the way until 14:30, and Fatima, half through."""
    taken = tuesdays(teller.book.today, closed).taken
    teller.course(
        Wish(taken, JOANNE, "cellulite", MOIRA, around=TWO - 15, count=10, exact=True, steady=True),
    )
    teller.course(Wish(teller.book.today - timedelta(days=30), FATIMA, "hand-neck", ETIENNE, count=6, steady=True))


def _stages(teller: Teller) -> None:
    """Seat a few courses at each stage that a desk meets."""
    today = teller.book.today

    def day(*ago: int) -> date:
        return today - timedelta(days=teller.rng.randint(*ago))

    for _ in range(9):
        teller.course(Wish(day(-12, -5), stop_after=0))
    for stop in (2, 3, 3, 2, 3, 2, 3):
        teller.course(Wish(day(86, 100), stop_after=stop))
    for stop, why in zip((2, 3, 2, 2), WHY_STOPPED, strict=True):
        stopped = PlanStatus.DISCONTINUED
        teller.course(Wish(day(90, 110), stop_after=stop, status=stopped, reasons=Reasons(status=why)))
    for stop, why in zip((2, 3, 2, 3), WHY_PAUSED, strict=True):
        teller.course(Wish(day(55, 70), stop_after=stop, status=PlanStatus.PAUSED, reasons=Reasons(status=why)))
    for why in WHY_FAR_APART:
        reasons = Reasons(long_gap=why)
        teller.course(Wish(day(40, 60), key="cellulite", count=8, steady=True, interval=(14, 21, 28), reasons=reasons))
    long = Reasons(many_sessions="Two more rounds agreed with Dr. Sandhu")
    teller.course(Wish(day(60, 70), key="cellulite", count=18, clinician=ANIKA, reasons=long))
    young = Reasons(minor="Agreed with Dr. Sandhu; her mother signed and comes along")
    teller.course(Wish(day(20, 30), min(UNDER_AGE), "scars-stretch-marks", count=6, steady=True, reasons=young))
    for missed in (2, 2, 3, 3, 4, 4, 3, 2):
        teller.course(Wish(day(30, 44), miss=frozenset({missed}), key="cellulite" if missed == 3 else ""))
    for _ in range(16):
        teller.course(Wish(day(10, 30), ended=True, steady=True))
    for _ in range(30):
        teller.course(Wish(day(45, 110), ended=True, steady=True))


def _fill(teller: Teller) -> None:
    """Seat courses until the past six weeks, the next four and the eight after are as full as they should be."""
    book, today, rng = teller.book, teller.book.today, teller.rng
    spans = [
        (today, today + timedelta(days=27), AIM, (-50, 20), False),
        (today + timedelta(days=28), today + timedelta(weeks=AHEAD_WEEKS), AIM_LATER, (16, 62), False),
        (today - timedelta(weeks=PAST_WEEKS), today - timedelta(days=1), AIM, (-32, -2), True),
    ]
    for first, last, aim, starts, ended in spans:
        for _ in range(400):
            if book.share(first, last) >= aim:
                break
            teller.course(Wish(today + timedelta(days=rng.randint(*starts)), ended=ended))
