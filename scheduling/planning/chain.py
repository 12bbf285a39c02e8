"""The best chain of dates: a shortest path over each day's cheapest starts, one stage a session (design 4.8).

Pure: plain values in, plain values out. Days are ordinals, costs are whole numbers; less is better.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from scheduling.planning.types import Slot
from scheduling.planning.windows import Rule

LATE_DAYS = 21
"""How far beyond the longest gap a chain may reach when nothing nearer is free; such a line is marked late."""
NEVER = 1 << 60


@dataclass(frozen=True)
class Weights:
    """What each kind of difference from the wish costs."""

    quarter_hour: int = 1
    other_day: int = 6
    gap_day: int = 2
    other_clinician: int = 8
    change: int = 3
    moved: int = 40
    late_day: int = 100


@dataclass(frozen=True)
class Node:
    """One free start that a session could take, with what it costs by itself."""

    day: int
    clinician_id: int
    cost: int
    slot: Slot


@dataclass
class _Reached:
    """The cheapest way to a node of the last stage, by day: overall, and for each clinician."""

    any: dict[int, tuple[int, int]]
    same: dict[tuple[int, int], tuple[int, int]]


def gap_cost(gap: int, rule: Rule, weights: Weights) -> int:
    """Return what this many days between two sessions cost; NEVER when it is too early or hopelessly late."""
    if gap < rule.least or gap > rule.most + LATE_DAYS:
        return NEVER
    return weights.gap_day * abs(gap - rule.ideal) + weights.late_day * max(0, gap - rule.most)


def best_chain(
    stages: Sequence[Sequence[Node]], *, rule: Rule, weights: Weights, previous: int | None = None
) -> list[Node]:
    """Return the cheapest chain of one node a stage; shorter than `stages` when no legal chain reaches the end.

    `previous` is the day of the session before the first stage, if there is one.
    """
    ways: list[list[tuple[int, int]]] = []  # for each stage and node: cost so far, node of the stage before
    reached: _Reached | None = None
    for stage in stages:
        way = [_arrive(node, reached, previous, rule, weights) for node in stage]
        if all(cost >= NEVER for cost, _ in way):
            break
        ways.append(way)
        reached = _index(stage, way)
    if not ways:
        return []
    at = min(range(len(ways[-1])), key=lambda i: ways[-1][i][0])
    chain = []
    for stage, way in zip(reversed(stages[: len(ways)]), reversed(ways), strict=True):
        chain.append(stage[at])
        at = way[at][1]
    return chain[::-1]


def _arrive(
    node: Node, reached: _Reached | None, previous: int | None, rule: Rule, weights: Weights
) -> tuple[int, int]:
    """Return the least cost of a chain that ends at this node, and which node of the stage before it comes from."""
    if reached is None:
        first = gap_cost(node.day - previous, rule, weights) if previous is not None else 0
        return (min(NEVER, node.cost + first), -1)
    best = (NEVER, -1)
    for gap in range(rule.least, rule.most + LATE_DAYS + 1):
        day = node.day - gap
        if day not in reached.any:
            continue
        step = gap_cost(gap, rule, weights) + node.cost
        cost, at = reached.any[day]
        best = min(best, (cost + step + weights.change, at))
        cost, at = reached.same.get((day, node.clinician_id), (NEVER, -1))
        best = min(best, (cost + step, at))
    return best if best[0] < NEVER else (NEVER, -1)


def _index(stage: Sequence[Node], way: list[tuple[int, int]]) -> _Reached:
    reached = _Reached({}, {})
    for at, (node, (cost, _)) in enumerate(zip(stage, way, strict=True)):
        if cost >= NEVER:
            continue
        here = (cost, at)
        reached.any[node.day] = min(reached.any.get(node.day, here), here)
        key = (node.day, node.clinician_id)
        reached.same[key] = min(reached.same.get(key, here), here)
    return reached
