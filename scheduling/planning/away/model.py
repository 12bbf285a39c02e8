"""The problem of an absence in plain values: which visits, where each could go, what may not meet. Pure.

Instants are whole seconds since 1970, days are ordinals of the clinic's local days. A visit that finds no place stays
where it is, with a clinician who is away: it is left over, and holds its room, its device and its patient meanwhile.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from scheduling.planning.stretches import Span, fits

QUARTER = 15
"""Minutes in which a shift of time is counted; a quarter that has begun counts whole."""
MOST_COLUMNS = 15_000
"""Places of all visits together that go into the program; a visit with more keeps its nearest."""
FEWEST_PLACES = 100


def most_places(visits: int) -> int:
    """Return how many places each of so many visits may have in the program."""
    return max(FEWEST_PLACES, MOST_COLUMNS // max(1, visits))


class Place(NamedTuple):
    """A time that a visit could have: when it starts, with whom, on which local day, how many minutes off its own."""

    start: int
    clinician_id: int
    day: int
    minutes: int = 0


class Score(NamedTuple):
    """What a plan costs, in whole units. Plans are compared part by part: no number of a later part makes up for one.

    Visits left over; visits that get another time or day; days off, summed; quarters of an hour off on the clock,
    summed; visits with another clinician.
    """

    left: int = 0
    moves: int = 0
    days: int = 0
    quarters: int = 0
    others: int = 0

    def plus(self, other: "Score") -> "Score":
        return Score(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))


@dataclass(frozen=True)
class Job:
    """A visit to be placed. `before` is numbing, `after` turnover; `own` is where it stands now. All in seconds."""

    key: int
    patient_id: int
    own: Place
    before: int
    length: int
    after: int
    room_kind: int
    device_kind: int | None
    room_id: int
    device_id: int | None
    places: tuple[Place, ...] = ()
    pinned: bool = False
    """Its only place is decided: the first of `places`, or its own where it has none."""

    @property
    def choices(self) -> tuple[Place, ...]:
        """All that may be chosen for it, staying where it is included."""
        return (self.places[:1] or (self.own,)) if self.pinned else (self.own, *self.places)

    def held(self, place: Place) -> Span:
        """Return when it holds its clinician."""
        return place.start, place.start + self.length

    def kept(self, place: Place) -> Span:
        """Return when it holds its room and its device."""
        return place.start, place.start + self.length + self.after

    def here(self, place: Place) -> Span:
        """Return when it holds its patient."""
        return place.start - self.before, place.start + self.length


class Near(NamedTuple):
    """Two visits of one patient (their places in `jobs`) that keep days between them.

    `ordered` are sessions of one course: the first stays before the second, at most `most` days if a course says so.
    """

    first: int
    second: int
    least: int
    most: int | None = None
    ordered: bool = False

    def allows(self, first: int, second: int) -> bool:
        """Say whether the two may fall on these days."""
        gap = second - first if self.ordered else abs(second - first)
        return gap >= self.least and (self.most is None or gap <= self.most)


@dataclass(frozen=True)
class Problem:
    """All visits of the span, the rooms and devices free for them (by kind), and which keep days apart.

    What is free is reckoned as if none of these visits stood anywhere: what they hold is up to the plan.
    """

    jobs: tuple[Job, ...]
    rooms: Mapping[int, Mapping[int, Sequence[Span]]] = field(default_factory=dict)
    devices: Mapping[int, Mapping[int, Sequence[Span]]] = field(default_factory=dict)
    nears: tuple[Near, ...] = ()
    order: tuple[str, ...] = Score._fields
    """In which order the parts of a score count; `left` comes first."""

    def price(self, job: Job, place: Place) -> Score:
        """Return what one place costs a visit."""
        if stays(job, place):
            return Score(left=1)
        days = abs(place.day - job.own.day)
        return Score(
            moves=int(place.start != job.own.start),
            days=days,
            quarters=-(-place.minutes // QUARTER),
            others=int(place.clinician_id != job.own.clinician_id),
        )

    def score(self, places: Sequence[Place]) -> Score:
        total = Score()
        for job, place in zip(self.jobs, places, strict=True):
            total = total.plus(self.price(job, place))
        return total

    def rank(self, score: Score) -> tuple[int, ...]:
        """Return a score as it is compared: the part that counts most first."""
        return tuple(getattr(score, name) for name in self.order)


Plan = tuple[Place, ...]
"""A place for each visit of a problem, in the order of its jobs; its own where it is left over."""


def overlap(one: Span, other: Span) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def no_two(spans: Iterable[Span]) -> bool:
    """Say whether no two of these spans overlap."""
    ordered = sorted(spans)
    return all(before[1] <= after[0] for before, after in pairwise(ordered))


class Furnished(NamedTuple):
    """The room and the device that a visit gets."""

    room_id: int
    device_id: int | None


def stays(job: Job, place: Place) -> bool:
    """Say whether this place means that the visit is left over."""
    return place == job.own


def is_legal(problem: Problem, plan: Sequence[Place]) -> bool:
    """Say whether a plan can stand as a whole: places, clinicians, patients, days between, rooms and devices."""
    jobs = problem.jobs
    if any(place not in job.choices for job, place in zip(jobs, plan, strict=True)):
        return False
    with_whom: dict[int, list[Span]] = {}
    patients: dict[int, list[Span]] = {}
    for job, place in zip(jobs, plan, strict=True):
        with_whom.setdefault(place.clinician_id, []).append(job.held(place))
        patients.setdefault(job.patient_id, []).append(job.here(place))
    if not all(no_two(spans) for spans in (*with_whom.values(), *patients.values())):
        return False
    return days_apart(problem, plan) and furnish(problem, plan) is not None


def days_apart(problem: Problem, plan: Sequence[Place]) -> bool:
    """Say whether visits of one patient keep their days between them. Two that both stay on their days always may."""
    return all(may_both(problem, near, plan[near.first].day, plan[near.second].day) for near in problem.nears)


def may_both(problem: Problem, near: Near, first: int, second: int) -> bool:
    """Say whether two visits may fall on these days; on their own days they may, whatever the rule says now."""
    jobs = problem.jobs
    return near.allows(first, second) or (first, second) == (jobs[near.first].own.day, jobs[near.second].own.day)


def furnish(problem: Problem, plan: Sequence[Place]) -> list[Furnished] | None:
    """Return a room and a device for each visit, its own where that is free; None when they do not suffice."""
    rooms = _given(problem, plan, problem.rooms, "room")
    devices = _given(problem, plan, problem.devices, "device")
    if rooms is None or devices is None:
        return None
    return [Furnished(rooms[at], devices.get(at)) for at in range(len(problem.jobs))]


def _given(
    problem: Problem, plan: Sequence[Place], kinds: Mapping[int, Mapping[int, Sequence[Span]]], what: str
) -> dict[int, int] | None:
    found: dict[int, int] = {}
    for group in clusters(problem, plan, what):
        given = seat(problem, plan, group, kinds, what)
        if given is None:
            return None
        found |= given
    return found


def clusters(problem: Problem, plan: Sequence[Place], what: str) -> list[list[int]]:
    """Return the visits that want one kind of room or device, in groups that overlap in time, each in its order."""
    wanted: dict[int, list[tuple[Span, int]]] = {}
    for at, (job, place) in enumerate(zip(problem.jobs, plan, strict=True)):
        kind = getattr(job, f"{what}_kind")
        if kind is not None:
            wanted.setdefault(kind, []).append((job.kept(place), at))
    groups: list[list[int]] = []
    for kind in sorted(wanted):
        until = None
        for span, at in sorted(wanted[kind]):
            if until is None or span[0] >= until:
                groups.append([])
                until = span[1]
            groups[-1].append(at)
            until = max(until, span[1])
    return groups


def seat(
    problem: Problem,
    plan: Sequence[Place],
    group: Sequence[int],
    kinds: Mapping[int, Mapping[int, Sequence[Span]]],
    what: str,
) -> dict[int, int] | None:
    """Give each visit of a group a room (or device) of its kind that is free all the while; None when none exists.

    Exact: all ways are tried, in the order of time. Two states in which the same rooms are taken until the same time
    lead to the same end, so each is tried once.
    """
    jobs = problem.jobs
    dead: set[tuple[int, frozenset[tuple[int, int]]]] = set()

    def go(at: int, taken: dict[int, int]) -> dict[int, int] | None:
        if at == len(group):
            return {}
        job, place = jobs[group[at]], plan[group[at]]
        since, until = job.kept(place)
        busy = {key: end for key, end in taken.items() if end > since}
        state = (at, frozenset(busy.items()))
        if state in dead:
            return None
        for key in _choices(job, place, kinds, what):
            if key not in busy:
                rest = go(at + 1, {**busy, key: until})
                if rest is not None:
                    return {group[at]: key, **rest}
        dead.add(state)
        return None

    return go(0, {})


def _choices(job: Job, place: Place, kinds: Mapping[int, Mapping[int, Sequence[Span]]], what: str) -> list[int]:
    """Return what a visit could get at a place, its own first. What stays over keeps what it has."""
    own = getattr(job, f"{what}_id")
    if stays(job, place):
        return [own]
    free = kinds.get(getattr(job, f"{what}_kind"), {})
    fitting = [key for key, spans in free.items() if fits(list(spans), *job.kept(place))]
    return sorted(fitting, key=lambda key: (key != own, key))
