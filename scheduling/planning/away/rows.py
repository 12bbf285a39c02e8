"""The rows of the integer program: a column for each place that a visit could have, and what may not go together.

Pure. In a set of spans on a line every conflict shows at the start of one of them: so one row at each start, over all
that are then under way, says the same as a row for every pair, and holds the solver much closer to whole numbers.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from scheduling.planning.away.model import Job, Place, Problem, may_both, stays
from scheduling.planning.stretches import Span, fits


@dataclass(frozen=True)
class Column:
    """One visit (its place in `jobs`) at one place."""

    job: int
    place: Place


@dataclass(frozen=True)
class Row:
    """At most so many of these columns may be chosen."""

    columns: tuple[int, ...]
    most: int = 1


Kinds = Mapping[int, Mapping[int, Sequence[Span]]]


def columns_of(problem: Problem) -> list[Column]:
    """Return a column for each place and for staying where it is, visit by visit."""
    return [Column(at, place) for at, job in enumerate(problem.jobs) for place in job.choices]


def rows_of(problem: Problem, columns: Sequence[Column]) -> list[Row]:
    """Return every row but those that give each visit exactly one place."""
    jobs = problem.jobs
    clinicians = _by(columns, lambda column: column.place.clinician_id)
    patients = _by(columns, lambda column: jobs[column.job].patient_id)
    rows = [
        Row(found)
        for group in clinicians.values()
        for found in _meeting(columns, group, lambda column: jobs[column.job].held(column.place))
    ]
    rows += [
        Row(found)
        for group in patients.values()
        for found in _meeting(columns, group, lambda column: jobs[column.job].here(column.place))
    ]
    rows += _shared(problem, columns, problem.rooms, "room")
    rows += _shared(problem, columns, problem.devices, "device")
    return rows + list(_apart(problem, columns))


def _by(columns: Sequence[Column], key: Callable[[Column], int | None]) -> dict[int, list[int]]:
    groups: dict[int, list[int]] = {}
    for at, column in enumerate(columns):
        found = key(column)
        if found is not None:
            groups.setdefault(found, []).append(at)
    return groups


def _meeting(
    columns: Sequence[Column], group: Iterable[int], span: Callable[[Column], Span], fewest: int = 2
) -> Iterator[tuple[int, ...]]:
    """Yield the largest sets of columns of a group that are under way together, of `fewest` visits or more."""
    ordered = sorted(group, key=lambda at: span(columns[at]))
    running: list[tuple[int, int]] = []
    grown = False
    for start, begun in groupby(ordered, key=lambda at: span(columns[at])[0]):
        left = [(until, at) for until, at in running if until > start]
        if grown and len(left) < len(running):
            yield from _enough(columns, running, fewest)
        running = left + [(span(columns[at])[1], at) for at in begun]
        grown = True
    yield from _enough(columns, running, fewest)


def _enough(columns: Sequence[Column], running: list[tuple[int, int]], fewest: int) -> Iterator[tuple[int, ...]]:
    if len({columns[at].job for _until, at in running}) >= fewest:
        yield tuple(at for _until, at in running)


def _shared(problem: Problem, columns: Sequence[Column], kinds: Kinds, what: str) -> list[Row]:
    """Return that no more visits are under way than rooms (or devices) of their kind are free at that moment.

    Which of them each gets is not in the program: `model.seat` looks for it, and what it finds wanting becomes a row.
    """
    jobs, rows = problem.jobs, []
    for kind, group in _by(columns, lambda column: getattr(jobs[column.job], f"{what}_kind")).items():
        free = kinds.get(kind, {})
        rivals = [at for at in group if _competes(jobs[columns[at].job], columns[at].place, free, what)]
        for found in _meeting(columns, rivals, lambda column: jobs[column.job].kept(column.place)):
            moment = max(columns[at].place.start for at in found)
            count = sum(any(since <= moment < until for since, until in spans) for spans in free.values())
            if len({columns[at].job for at in found}) > count:
                rows.append(Row(found, count))
    return rows


def _competes(job: Job, place: Place, free: Mapping[int, Sequence[Span]], what: str) -> bool:
    """Say whether a visit takes one of the free ones: not where it stays over in one that nobody else could get."""
    if not stays(job, place):
        return True
    return fits(list(free.get(getattr(job, f"{what}_id"), ())), *job.kept(place))


def _apart(problem: Problem, columns: Sequence[Column]) -> Iterator[Row]:
    """Yield for each two visits that keep days apart, and each day of the first, what the second may not have."""
    by_job = _by(columns, lambda column: column.job)
    for near in problem.nears:
        second = _days(columns, by_job[near.second])
        for day, mine in _days(columns, by_job[near.first]).items():
            barred = [at for other, found in second.items() if not may_both(problem, near, day, other) for at in found]
            if barred:
                yield Row((*mine, *barred))


def _days(columns: Sequence[Column], group: Iterable[int]) -> dict[int, list[int]]:
    days: dict[int, list[int]] = {}
    for at in group:
        days.setdefault(columns[at].place.day, []).append(at)
    return days
