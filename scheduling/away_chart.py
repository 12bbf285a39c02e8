"""The search as a drawing: moves in the best plan so far, and the fewest that any plan could have, over seconds."""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from scheduling.models import AwayPlan

LEFT, RIGHT, TOP, BOTTOM = 26.0, 352.0, 10.0, 72.0
APART = 13
"""Units between two figures of the axis that can be read."""
MARKS = (0.2, 0.5, 1, 2, 5, 10)
"""Seconds at which the axis may end."""


@dataclass(frozen=True)
class Chart:
    """Points of the two lines, marks of the axes, and the words that stand for the drawing."""

    best: str
    least: str
    band: str
    rows: tuple[tuple[float, int], ...]
    marks: tuple[tuple[float, str], ...]
    end: tuple[float, float]
    met: str
    words: str


def chart(plan: AwayPlan) -> Chart | None:
    """Return the drawing of a search that has begun; None before."""
    history = plan.history
    if not history:
        return None
    final = history[-1][1]
    seconds = [moment[0] for moment in history]
    # A plan that left over more than the final one counts each of those as one that moves.
    best = [moment[2] + moment[1] - final for moment in history]
    least = [moment[4] if moment[3] == final else 0 for moment in history]
    most, fewest = max(best), min(least)
    until = next((mark for mark in MARKS if mark >= seconds[-1]), seconds[-1])

    def x(at: float) -> float:
        return round(LEFT + (RIGHT - LEFT - 60) * at / until, 1)

    def y(value: int) -> float:
        return round(BOTTOM - (BOTTOM - TOP) * (value - fewest) / max(1, most - fewest), 1)

    upper, lower = _steps(seconds, best, x, y), _steps(seconds, least, x, y)
    met = best[-1] == least[-1]
    values = {"n": best[-1], "least": least[-1], "s": f"{seconds[-1]:.1f}"}
    words = _("After %(s)s seconds the best plan and the fewest any plan could have met at %(n)d.")
    if not met:
        words = _("After %(s)s seconds the best plan moves %(n)d; no plan moves fewer than %(least)d.")
    return Chart(
        best=_points(upper),
        least=_points(lower),
        band=_points([*upper, *reversed(lower)]),
        rows=_rows({best[-1], most, fewest}, best[-1], y),
        marks=((x(0), "0 s"), (x(until / 2), _seconds(until / 2)), (x(until), _seconds(until))),
        end=upper[-1],
        met=_("met at %(n)d") % values if met else _("%(n)d, at least %(least)d") % values,
        words=words % values,
    )


def _rows(values: set[int], final: int, y: Callable[[int], float]) -> tuple[tuple[float, int], ...]:
    """Return which values the axis shows: the final one, and those whose figures do not run into it."""
    shown = [final]
    for value in sorted(values - {final}):
        if all(abs(y(value) - y(other)) >= APART for other in shown):
            shown.append(value)
    return tuple((y(value), value) for value in sorted(shown))


def _steps(
    seconds: list[float], values: list[int], x: Callable[[float], float], y: Callable[[int], float]
) -> list[tuple[float, float]]:
    points: list[tuple[float, float]] = []
    for at, value in zip(seconds, values, strict=True):
        if points:
            points.append((x(at), points[-1][1]))
        points.append((x(at), y(value)))
    return points


def _points(points: list[tuple[float, float]]) -> str:
    return " ".join(f"{left},{top}" for left, top in points)


def _seconds(value: float) -> str:
    return _("%(n)s s") % {"n": f"{value:g}"}
