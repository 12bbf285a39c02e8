"""The best chain of dates: a shortest path, sessions are stages, days between them the edges (design 4.8).

Pure: plain values in, plain values out. Days are ordinals. Exact: the search leaves out only what cannot be part of a
cheapest course. A quick greedy course gives the limit; a day is looked at only when a course through it may stay
within it, so that in a book with room a search for fifteen sessions looks at little more than fifteen days.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate

from scheduling.planning.cost import NEVER, Weights, gaps_by_cost
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
    free starts of a day; of each clinician the cheapest is enough. `credit` says by stage how far below zero one costs.
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
    credit: Sequence[int] = field(default=())

    def change(self, stage: int) -> int:
        """Return what another clinician than the session before costs."""
        return self.weights.change * self.weights.firmness(self.number + stage)

    def edges(self, stage: int) -> list[tuple[int, int]]:
        """Return the days that may lie before a session with what they cost, the cheapest first."""
        firm, loose = self._edges
        return firm if self.number + stage <= self.weights.early_sessions else loose

    @cached_property
    def _edges(self) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
        early, later = self.weights.early_sessions, self.weights.early_sessions + 1
        return gaps_by_cost(self.rule, self.weights, early), gaps_by_cost(self.rule, self.weights, later)

    @cached_property
    def saving(self) -> list[int]:
        """Return by stage the most that it and all later ones together can take off a price; 0 after the last."""
        credit = [*self.credit, *[0] * (self.count - len(self.credit))]
        return [*list(accumulate(reversed(credit)))[::-1], 0]


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


def best_chain(stages: Stages) -> list[Node]:
    """Return the cheapest chain of one node a stage; shorter than `count` when no legal chain reaches the end."""
    greedy = greedy_chain(stages)
    whole = greedy if greedy and len(greedy.chain) == stages.count else None
    limit = whole.cost - 1 if whole else NEVER  # only a cheaper course than the greedy one is worth a look
    reached = _begin(stages, limit)
    best = _cheapest(reached)
    for stage in range(1, stages.count):
        reached = _step(stages, stage, reached, limit)
        if not reached:
            best = whole or best
            break
        best = _cheapest(reached)
    best = best or whole
    return best.chain if best else []


def greedy_chain(stages: Stages) -> _Way | None:
    """Return the course that takes the cheapest next session each time, as far as it comes."""
    way: _Way | None = None
    for stage in range(stages.count):
        reached = _begin(stages, NEVER, greedy=True) if way is None else _near(stages, stage, way)
        found = _cheapest(reached)
        if not found:
            break
        way = found
    return way


def _cheapest(reached: _Reached) -> _Way | None:
    return min((ways[0] for ways in reached.values()), key=lambda way: (way.cost, way.node.day), default=None)


def _begin(stages: Stages, limit: int, *, greedy: bool = False) -> _Reached:
    best: dict[tuple[int, int], _Way] = {}
    allowed = limit + (stages.saving[0] if stages.count else 0)
    for day, cost in stages.first:
        if cost > allowed or (greedy and best and cost > min(way.cost for way in best.values())):
            break
        for node in stages.nodes(0, day):
            changed = stages.previous_clinician not in {None, node.clinician_id}
            _keep(
                best, _Way(cost + node.cost + (stages.change(0) if changed else 0), node, None), limit, stages.saving[1]
            )
    return _by_day(best, stages.change(1))


def _near(stages: Stages, stage: int, way: _Way) -> _Reached:
    """Return the best next sessions of one way; days are looked at while one there could still be cheaper."""
    best: dict[tuple[int, int], _Way] = {}
    credit, change = stages.saving[stage] - stages.saving[stage + 1], stages.change(stage)
    least = NEVER
    for gap, cost in stages.edges(stage):
        if way.cost + cost - credit >= least:
            break
        for node in stages.nodes(stage, way.node.day + gap):
            step = cost + node.cost + (change if node.clinician_id != way.node.clinician_id else 0)
            least = min(least, way.cost + step)
            _keep(best, _Way(way.cost + step, node, way), NEVER, 0)
    return _by_day(best, change)


def _step(stages: Stages, stage: int, reached: _Reached, limit: int) -> _Reached:
    """Return all ways to the next stage that may be part of a course within the limit."""
    best: dict[tuple[int, int], _Way] = {}
    edges, change, nodes_of = stages.edges(stage), stages.change(stage), stages.nodes
    allowed, within = limit + stages.saving[stage], limit + stages.saving[stage + 1]
    for day in sorted(reached):
        cheapest = reached[day][0]
        own = {way.node.clinician_id: way for way in reached[day]}
        for gap, cost in edges:
            if cheapest.cost + cost > allowed:
                break
            for node in nodes_of(stage, day + gap):
                same = own.get(node.clinician_id)
                way = same if same and same.cost <= cheapest.cost + change else cheapest
                total = way.cost + cost + node.cost + (0 if way is same else change)
                key = (node.day, node.clinician_id)
                # The numbers are compared before anything is made: most ways are dearer than one that is known.
                if total <= within and (key not in best or total < best[key].cost):
                    best[key] = _Way(total, node, way)
    return _by_day(best, stages.change(stage + 1))


def _keep(best: dict[tuple[int, int], _Way], way: _Way, limit: int, later: int) -> None:
    """Keep a way when it is the cheapest to its day and clinician, and may still end within the limit."""
    key = (way.node.day, way.node.clinician_id)
    if way.cost <= limit + later and (key not in best or way.cost < best[key].cost):
        best[key] = way


def _by_day(best: dict[tuple[int, int], _Way], change: int) -> _Reached:
    """Return the ways by day. One that costs as much as the cheapest and a change of clinician leads nowhere better."""
    reached: _Reached = {}
    for (day, _), way in sorted(best.items(), key=lambda item: (item[1].cost, item[0])):
        ways = reached.setdefault(day, [])
        if not ways or way.cost < ways[0].cost + change:
            ways.append(way)
    return reached
