"""Measure: so many calls one after another, what the slowest took, how many questions, how much work it was."""

import os
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from math import ceil
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Row:
    """One line of the table. Times are milliseconds, of one call; `work` is the processor's, ours and PostgreSQL's.

    A row without times is a rate: `rate` a second, with `floor_rate` beside it.
    """

    key: str
    p50: float = 0.0
    p95: float = 0.0
    p99: float = 0.0
    work: float = 0.0
    queries: int = 0
    floor: str = ""
    floor_p50: float = 0.0
    floor_p95: float = 0.0
    rate: float = 0.0
    floor_rate: float = 0.0
    more: dict[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def at(share: float, times: Sequence[float]) -> float:
    """Return the time within which this share of the calls ended (nearest rank)."""
    ordered = sorted(times)
    return ordered[max(ceil(share * len(ordered)) - 1, 0)]


def backend_work() -> float:
    """Return the seconds of processor that this connection's PostgreSQL process has used."""
    connection.ensure_connection()
    pid = connection.connection.info.backend_pid
    facts = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(facts[11]) + int(facts[12])) / TICKS


class Act:
    """Something to measure that needs a first step, outside the clock: `before` makes ready, `act` is measured."""

    def __init__(self, before: Callable[[], Callable[[], object]]) -> None:
        self._before = before
        self._ready: Callable[[], object] | None = None

    def prepare(self) -> None:
        self._ready = self._before()

    def __call__(self) -> object:
        if self._ready is None:
            self.prepare()
        ready, self._ready = self._ready, None
        return ready() if ready else None


def timed(acts: Sequence[Callable[[], object]]) -> tuple[list[float], float]:
    """Do each once; return the milliseconds of each, and the mean of work."""
    times, work = [], 0.0
    for act in acts:
        if isinstance(act, Act):
            act.prepare()
        worked = process_time() + backend_work()
        began = perf_counter()
        act()
        times.append((perf_counter() - began) * 1000)
        work += process_time() + backend_work() - worked
    return times, work * 1000 / len(times)


def counted(act: Callable[[], object]) -> int:
    """Return how many statements an act sends, savepoints left out."""
    with CaptureQueriesContext(connection) as caught:
        act()
    return sum("SAVEPOINT" not in query["sql"] for query in caught)


def measure(key: str, acts: Sequence[Callable[[], object]], *, floor: str, bare: Sequence[Callable[[], object]]) -> Row:
    """Measure acts and, between them, their floor: whatever else the machine does falls on both."""
    warm = min(3, len(acts) - 1)
    if isinstance(acts[0], Act):
        acts[0].prepare()
    queries = counted(acts[0])
    for act in [*acts[1 : warm + 1], *bare[:2]]:
        act()
    acts, half = acts[warm + 1 :] or acts, len(bare) // 2
    floor_times, _work = timed(bare[:half])
    times, work = timed(acts)
    floor_times += timed(bare[half:])[0]
    return Row(
        key,
        p50=at(0.5, times),
        p95=at(0.95, times),
        p99=at(0.99, times),
        work=work,
        queries=queries,
        floor=floor,
        floor_p50=at(0.5, floor_times),
        floor_p95=at(0.95, floor_times),
        more={"calls": len(times)},
    )
