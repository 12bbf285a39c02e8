"""The best chain of dates: a shortest path, sessions are stages, days between them the edges (design 4.8).

Pure: plain values in, plain values out. Days are ordinals. Exact: the search leaves out only what cannot be part of a
cheapest course. First, from the last session back, it reckons what a course still costs from each day on were every
change of clinician free. No course costs less, so a search that follows this measure hardly strays: one quick course
sets the limit, and only what may stay below it is looked at.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import add

from scheduling.planning.cost import NEVER, Weights, gap_cost, latest_gap
from scheduling.planning.types import Slot
from scheduling.planning.windows import Rule


@dataclass(frozen=True)
class Node:
    """One free start that a session could take, with what it costs by itself."""

    day: int
    clinician_id: int
    cost: int
    slot: Slot


@dataclass(frozen=True)
class Stages:
    """The sessions to be placed, in order, and what may take them.

    `first` are the days of the first one, the cheapest first, with what each costs. `nodes(stage, day)` returns the
    free starts of a day; of each clinician the cheapest is enough. `least(stage, day)` is what the cheapest of them
    costs, NEVER when there is none: it may be known without looking at all of them.
    """

    count: int
    first: Sequence[tuple[int, int]]
    nodes: Callable[[int, int], Sequence[Node]]
    rule: Rule
    weights: Weights
    number: int = 1
    """The number in the course of the first session to be placed."""
    previous_clinician: int | None = None
    """Who had the session before the first one."""
    least: Callable[[int, int], int] | None = None

    def least_on(self, stage: int, day: int) -> int:
        """Return what the cheapest start of a day costs by itself; NEVER when there is none."""
        if self.least:
            return self.least(stage, day)
        return min((node.cost for node in self.nodes(stage, day)), default=NEVER)

    def change(self, stage: int) -> int:
        """Return what another clinician than the session before costs."""
        return self.weights.change * self.weights.firmness(self.number + stage)

    def edges(self, stage: int) -> list[int]:
        """Return what the days before a session cost, from the shortest gap on."""
        firm, loose = self._edges
        return firm if self.number + stage <= self.weights.early_sessions else loose

    @cached_property
    def _edges(self) -> tuple[list[int], list[int]]:
        early, later = self.weights.early_sessions, self.weights.early_sessions + 1
        gaps = range(self.rule.least, latest_gap(self.rule) + 1)
        firm, loose = ([gap_cost(gap, self.rule, self.weights, number) for gap in gaps] for number in (early, later))
        return firm, loose


@dataclass(frozen=True)
class _Way:
    """The cheapest way to a node: what it costs so far, and over which node of the stage before."""

    cost: int
    node: Node
    before: "_Way | None"

    @property
    def chain(self) -> list[Node]:
        way: _Way | None = self
        nodes = []
        while way:
            nodes.append(way.node)
            way = way.before
        return nodes[::-1]


_Reached = dict[int, list[_Way]]
"""By day, the ways that may still be part of the best course: the cheapest first."""


class _Onward:
    """What a course still costs at least from each stage and day on: exact, but that changes of clinician are free.

    `count` is how many sessions find a day at all, each within the gaps after the one before.
    """

    def __init__(self, stages: Stages) -> None:
        self._alone = list(_within_reach(stages))
        self.count = len(self._alone)
        self._whole: list[dict[int, int]] = [{} for _ in self._alone]
        for stage in reversed(range(self.count)):
            after = self._whole[stage + 1] if stage + 1 < self.count else None
            self._whole[stage] = self._alone[stage] if after is None else self._before(stages, stage, after)

    def whole(self, stage: int, day: int) -> int:
        """Return the least that a session on this day and all after it cost; NEVER when the course breaks off."""
        return self._whole[stage].get(day, NEVER)

    def rest(self, stage: int, day: int) -> int:
        """Return the least that the sessions after one on this day cost."""
        return self._whole[stage][day] - self._alone[stage][day]

    def _before(self, stages: Stages, stage: int, after: dict[int, int]) -> dict[int, int]:
        edges = stages.edges(stage + 1)
        # A gap that is too long is dear: it is looked at where no other one is as cheap as the cheapest of those.
        usual = stages.rule.most - stages.rule.least + 1
        too_long = min(edges[usual:], default=NEVER) + min(after.values())
        first, last = min(self._alone[stage]) + stages.rule.least, max(after)
        then = [after.get(day, NEVER) for day in range(first, last + 1)]
        found = {}
        for day, own in self._alone[stage].items():
            at = day + stages.rule.least - first
            least = min(map(add, edges, then[at : at + usual]), default=NEVER)
            if least > too_long:
                least = min(map(add, edges, then[at : at + len(edges)]), default=NEVER)
            if least < NEVER >> 1:
                found[day] = own + least
        return found


def _within_reach(stages: Stages) -> Iterator[dict[int, int]]:
    """Yield for each stage the days on which it can fall, with what the cheapest start there costs by itself."""
    shortest, longest = stages.rule.least, latest_gap(stages.rule)
    days = sorted({day for day, _ in stages.first})
    for stage in range(stages.count):
        found = {day: least for day in days if (least := stages.least_on(stage, day)) < NEVER}
        if not found:
            return
        yield found
        days = []
        for day in found:
            days += range(max(day + shortest, days[-1] + 1 if days else 0), day + longest + 1)


def best_chain(stages: Stages) -> list[Node]:
    """Return the cheapest chain of one node a stage; shorter than `count` when no legal chain reaches the end."""
    onward = _Onward(stages)
    quick = _quick(stages, onward)
    best = (_cheaper(stages, onward, quick.cost - 1) or quick) if quick else None
    return best.chain if best else []


def _quick(stages: Stages, onward: _Onward) -> _Way | None:
    """Return a course that takes each time the next session with which the whole looks cheapest."""
    way: _Way | None = None
    for stage in range(onward.count):
        way = _next(stages, stage, way, onward)
    return way


def _next(stages: Stages, stage: int, way: _Way | None, onward: _Onward) -> _Way | None:
    """Return the way that looks cheapest; a day is looked at while one there could be."""
    so_far, before, change = (way.cost if way else 0), _clinician(stages, way), stages.change(stage)
    steps = ((cost + onward.whole(stage, day), day, cost) for day, cost in _steps(stages, stage, way))
    found, least = way, NEVER
    for whole, day, cost in sorted(step for step in steps if step[0] < NEVER):
        if whole >= least:
            break
        for node in stages.nodes(stage, day):
            step = cost + node.cost + (change if before not in {None, node.clinician_id} else 0)
            if step + onward.rest(stage, day) < least:
                least = step + onward.rest(stage, day)
                found = _Way(so_far + step, node, way)
    return found


def _clinician(stages: Stages, way: _Way | None) -> int | None:
    return way.node.clinician_id if way else stages.previous_clinician


def _steps(stages: Stages, stage: int, way: _Way | None) -> Iterable[tuple[int, int]]:
    """Return the days that a session may fall on after a way, with what the days between cost."""
    if way is None:
        return stages.first
    return enumerate(stages.edges(stage), way.node.day + stages.rule.least)


def _cheaper(stages: Stages, onward: _Onward, limit: int) -> _Way | None:
    """Return the cheapest course within a limit; None when there is none."""
    reached = _begin(stages, onward, limit)
    for stage in range(1, onward.count):
        if not reached:
            break
        reached = _step(stages, stage, reached, onward, limit)
    return min((ways[0] for ways in reached.values()), key=lambda way: (way.cost, way.node.day), default=None)


def _begin(stages: Stages, onward: _Onward, limit: int) -> _Reached:
    best: dict[tuple[int, int], _Way] = {}
    before, change = stages.previous_clinician, stages.change(0)
    for day, cost in stages.first:
        if cost + onward.whole(0, day) <= limit:
            for node in stages.nodes(0, day):
                total = cost + node.cost + (change if before not in {None, node.clinician_id} else 0)
                _keep(best, total, node, None, limit - onward.rest(0, day))
    return _by_day(best, stages.change(1))


def _step(stages: Stages, stage: int, reached: _Reached, onward: _Onward, limit: int) -> _Reached:
    """Return all ways to the next stage that may be part of a course within the limit."""
    best: dict[tuple[int, int], _Way] = {}
    change = stages.change(stage)
    for day in sorted(reached):
        cheapest = reached[day][0]
        own = {way.node.clinician_id: way for way in reached[day]}
        for on, cost in _steps(stages, stage, cheapest):
            if cheapest.cost + cost + onward.whole(stage, on) > limit:
                continue
            within = limit - onward.rest(stage, on)
            for node in stages.nodes(stage, on):
                same = own.get(node.clinician_id)
                way = same if same and same.cost <= cheapest.cost + change else cheapest
                total = way.cost + cost + node.cost + (0 if way is same else change)
                _keep(best, total, node, way, within)
    return _by_day(best, stages.change(stage + 1))


def _keep(best: dict[tuple[int, int], _Way], total: int, node: Node, before: _Way | None, within: int) -> None:
    """Keep the way over a node when it is the cheapest to its day and clinician, and cheap enough."""
    key = (node.day, node.clinician_id)
    # The numbers are compared before anything is made: most ways are dearer than one that is known.
    if total <= within and (key not in best or total < best[key].cost):
        best[key] = _Way(total, node, before)


def _by_day(best: dict[tuple[int, int], _Way], change: int) -> _Reached:
    """Return the ways by day. One that costs as much as the cheapest and a change of clinician leads nowhere better."""
    reached: _Reached = {}
    for (day, _), way in sorted(best.items(), key=lambda item: (item[1].cost, item[0])):
        ways = reached.setdefault(day, [])
        if not ways or way.cost < ways[0].cost + change:
            ways.append(way)
    return reached
