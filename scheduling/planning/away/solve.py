"""The best plan for all visits together: an integer program, solved by HiGHS within a time limit. Pure.

In two steps, so that the numbers stay small enough to be exact: first the two parts of the score that count most, then
the rest among the plans that are as good in those. What HiGHS says is never believed unseen: each plan that it hands
over is judged by `model.is_legal` and priced anew, and a bound that a real plan contradicts is thrown away.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from math import ceil, isfinite
from time import monotonic
from typing import NamedTuple

from scheduling.planning.away.greedy import greedy
from scheduling.planning.away.model import Place, Plan, Problem, Score, clusters, is_legal, most_places, seat, stays
from scheduling.planning.away.program import Program
from scheduling.planning.away.rows import Column, Row, columns_of, rows_of

LIMIT = 10.0
"""Seconds that a search may take."""


class Moment(NamedTuple):
    """What was known after so many seconds: the best plan's two first parts, and what any plan has at least."""

    seconds: float
    left: int
    second: int
    least_left: int
    least_second: int


@dataclass
class Found:
    """The best plan so far, and how much is proved of it."""

    plan: Plan
    score: Score
    least: tuple[int, int] = (0, 0)
    """No plan leaves over fewer; and none that leaves over so few has less of the second part."""
    is_least: bool = False
    """Proved: no plan is better in the two parts that count most."""
    is_best: bool = False
    """Proved: no plan is better at all."""
    history: list[Moment] = field(default_factory=list)


Watch = Callable[[Found], bool]
"""Is told now and then how it stands, and says whether to go on."""


def solve(
    problem: Problem, *, start: Plan | None = None, limit: float = LIMIT, watch: Watch = lambda _found: True
) -> Found:
    """Return the best plan that was found within `limit` seconds; never worse than `start`, or the greedy one.

    `start` must be legal; without it the search starts from the plan that comes of going one by one.
    """
    return _Search(problem, start or greedy(problem), limit, watch).run()


class _Search:
    def __init__(self, problem: Problem, start: Plan, limit: float, watch: Watch) -> None:
        self.problem, self.watch = problem, watch
        self.began, self.until = monotonic(), monotonic() + limit
        self.shortened, self.beyond = shorten(problem)
        self.columns = columns_of(self.shortened)
        self.whole = len(self.columns)
        """Columns from here on stand for all places of a visit that were cut off; they conflict with nothing."""
        self.columns += [Column(at, place) for at, place in enumerate(self.beyond) if place]
        self.program = Program(len(problem.jobs), self.columns, rows_of(self.shortened, self.columns[: self.whole]))
        self.prices = [problem.price(problem.jobs[column.job], column.place) for column in self.columns]
        self.scale = self._span(problem.order[1]) + 1
        self.found = Found(start, problem.score(start))
        self.stopped = False
        self._note()

    def run(self) -> Found:
        first, rest = self.problem.order[:2], self.problem.order[2:]
        found = self.found
        finished, proved = self._step(first, self._raise)
        found.is_least = proved and found.least == self._pair()
        if finished:
            self.program.keep(self._costs(first), self._value(first, found.score))
            _finished, proved = self._step(rest, lambda _least: None)
            found.is_best = proved and found.is_least
        self._note()
        return found

    def _step(self, parts: Sequence[str], bound: Callable[[int], None]) -> tuple[bool, bool]:
        """Minimise some parts of the score. Says whether that came to its end, and whether it is proved.

        What is proved holds for all places, those cut off included.
        """
        ties = len(self.problem.jobs) + 1
        wanted = [cost * ties + (at >= self.whole) for at, cost in enumerate(self._costs(parts))]
        proved = True

        def least(value: float) -> None:
            if proved and isfinite(
                value
            ):  # once the places cut off are forbidden, what HiGHS says holds for the others alone
                bound(ceil(value - 1e-6) // ties)

        while not self.stopped and (left := self.until - monotonic()) > 0:
            outcome = self.program.run(wanted, left, self._seen, lambda value: self._bounded(value, least))
            least(outcome.least)
            if not outcome.finished:
                break
            if any(at >= self.whole for at in outcome.chosen):
                # A place beyond those kept might be better: find the best among those kept, without a proof.
                proved = False
                self.program.forbid(range(self.whole, len(self.columns)))
                continue
            plan = self._plan(outcome.chosen)
            short = lacking(self.problem, plan)
            if not short:
                self._take(plan)
                same = self._value(parts, self.found.score) == self._value(parts, self.problem.score(plan))
                return True, proved and same
            for group in short:
                self.program.add(self._row(plan, group))
        return False, False

    def _plan(self, chosen: Sequence[int]) -> Plan:
        return tuple(self.columns[at].place for at in sorted(chosen, key=lambda at: self.columns[at].job))

    def _row(self, plan: Plan, group: Sequence[int]) -> Row:
        """Return that these visits never stand at these times together, whoever they are with."""
        jobs = self.problem.jobs
        same = {at: (plan[at].start, stays(jobs[at], plan[at])) for at in group}
        columns = [
            number
            for number, column in enumerate(self.columns[: self.whole])
            if same.get(column.job) == (column.place.start, stays(jobs[column.job], column.place))
        ]
        return Row(tuple(columns), len(group) - 1)

    # --- What is told on the way ---

    def _seen(self, chosen: Sequence[int]) -> bool:
        """Take a plan that HiGHS came upon, if it can stand. Says whether to go on."""
        if len(chosen) == len(self.problem.jobs) and all(at < self.whole for at in chosen):
            self._take(self._plan(chosen))
        return self._go_on()

    def _bounded(self, value: float, bound: Callable[[float], None]) -> bool:
        bound(value)
        return self._go_on()

    def _go_on(self) -> bool:
        self._note()
        self.stopped = self.stopped or not self.watch(self.found)
        return not self.stopped and monotonic() < self.until

    def _take(self, plan: Plan) -> None:
        score, rank = self.problem.score(plan), self.problem.rank
        if rank(score) < rank(self.found.score) and is_legal(self.problem, plan):
            self.found.plan, self.found.score = plan, score

    def _raise(self, least: int) -> None:
        """Lift the bound of the two first parts, never above a plan that stands."""
        value = min(max(0, least), self._value(self.problem.order[:2], self.found.score))
        self.found.least = max(self.found.least, divmod(value, self.scale))

    def _note(self) -> None:
        pair, least = self._pair(), self.found.least
        now = Moment(round(monotonic() - self.began, 2), *pair, *least)
        if not self.found.history or self.found.history[-1][1:] != now[1:]:
            self.found.history.append(now)

    # --- Prices ---

    def _pair(self) -> tuple[int, int]:
        left, second = self.problem.rank(self.found.score)[:2]
        return left, second

    def _span(self, part: str) -> int:
        """Return how much of a part a plan can have at most."""
        most = [0] * len(self.problem.jobs)
        for column, price in zip(self.columns, self.prices, strict=True):
            most[column.job] = max(most[column.job], getattr(price, part))
        return sum(most)

    def _weights(self, parts: Sequence[str]) -> dict[str, int]:
        """Return what one unit of each part weighs: more than all that the later parts can come to."""
        weights, total = {}, 0
        for part in reversed(parts):
            weights[part] = total + 1
            total += weights[part] * self._span(part)
        return weights

    def _value(self, parts: Sequence[str], score: Score) -> int:
        return sum(weight * getattr(score, part) for part, weight in self._weights(parts).items())

    def _costs(self, parts: Sequence[str]) -> list[int]:
        weights = self._weights(parts)
        return [sum(weight * getattr(price, part) for part, weight in weights.items()) for price in self.prices]


def shorten(problem: Problem) -> tuple[Problem, list[Place | None]]:
    """Return the problem with the nearest places of each visit, and the nearest of those cut off, or None.

    That one stands in the program for all that were cut off, and conflicts with nothing: where the best plan does not
    use it, cutting has changed nothing.
    """
    most = most_places(len(problem.jobs))
    jobs, beyond = [], []
    for job in problem.jobs:
        ordered = sorted(job.places, key=lambda place: (problem.rank(problem.price(job, place)), place))
        jobs.append(replace(job, places=tuple(ordered[:most])) if len(ordered) > most else job)
        beyond.append(ordered[most] if len(ordered) > most else None)
    return replace(problem, jobs=tuple(jobs)), beyond


def lacking(problem: Problem, plan: Plan) -> list[list[int]]:
    """Return groups of visits, as small as can be, that cannot all have rooms (or devices) at these times."""
    found = []
    for what, kinds in (("room", problem.rooms), ("device", problem.devices)):
        for group in clusters(problem, plan, what):
            if seat(problem, plan, group, kinds, what) is None:
                for at in list(group):
                    fewer = [other for other in group if other != at]
                    if seat(problem, plan, fewer, kinds, what) is None:
                        group = fewer
                found.append(group)
    return found
