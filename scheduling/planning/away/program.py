"""The integer program as HiGHS takes it: each visit exactly one column, every row kept, the least sum of costs.

HiGHS is given no plan to start from: 1.16 then calls plans optimal that are not (docs/away.md). It runs in the thread
that calls it and lets the others of the process run meanwhile; one thread of its own, no output.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from time import monotonic

import highspy
import numpy as np

from scheduling.planning.away.rows import Column, Row

SECONDS_BETWEEN = 0.2
"""How often the bound is told."""


@dataclass(frozen=True)
class Outcome:
    """The columns chosen, what any choice costs at least, and whether that is the end of it."""

    finished: bool
    chosen: tuple[int, ...]
    least: float


class Program:
    """Rows are added and costs change; each run starts afresh."""

    def __init__(self, jobs: int, columns: Sequence[Column], rows: Sequence[Row]) -> None:
        self._count = len(columns)
        self._upper = np.ones(self._count)
        by_job: list[list[int]] = [[] for _ in range(jobs)]
        for at, column in enumerate(columns):
            by_job[column.job].append(at)
        self._rows: list[tuple[Sequence[int], Sequence[float], float, float]] = []
        for of_job in by_job:
            self._rows.append((of_job, [1.0] * len(of_job), 1.0, 1.0))
        for row in rows:
            self.add(row)

    def add(self, row: Row) -> None:
        self._rows.append((row.columns, [1.0] * len(row.columns), -highspy.kHighsInf, float(row.most)))

    def keep(self, costs: Sequence[int], value: int) -> None:
        """Let no choice from now on cost more than this by these costs."""
        some = [(at, float(cost)) for at, cost in enumerate(costs) if cost]
        self._rows.append(([at for at, _cost in some], [cost for _at, cost in some], -highspy.kHighsInf, float(value)))

    def forbid(self, columns: Iterable[int]) -> None:
        self._upper[list(columns)] = 0.0

    def run(
        self,
        costs: Sequence[int],
        seconds: float,
        plan: Callable[[Sequence[int]], bool],
        bound: Callable[[float], bool],
    ) -> Outcome:
        """Minimise. `plan` hears of each better choice, `bound` of what any costs at least; False stops the run."""
        solver = self._load(costs, seconds)
        ends = monotonic() + seconds
        last = [monotonic()]

        def better(event: highspy.highs.HighsCallbackEvent) -> None:
            if not plan(_chosen(event.data_out.mip_solution)):
                stop[0] = True

        def now_and_then(event: highspy.highs.HighsCallbackEvent) -> None:
            if monotonic() - last[0] >= SECONDS_BETWEEN:
                last[0] = monotonic()
                stop[0] = stop[0] or not bound(event.data_out.mip_dual_bound)
            if stop[0] or monotonic() > ends:
                event.interrupt()

        stop = [False]
        solver.cbMipImprovingSolution.subscribe(better)
        solver.cbMipInterrupt.subscribe(now_and_then)
        solver.run()
        info, finished = solver.getInfo(), solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
        chosen = _chosen(solver.getSolution().col_value) if finished else ()
        least = info.mip_dual_bound if np.isfinite(info.mip_dual_bound) else 0.0
        return Outcome(finished, chosen, least)

    def _load(self, costs: Sequence[int], seconds: float) -> highspy.Highs:
        solver = highspy.Highs()
        options = {
            "output_flag": False,
            "threads": 1,
            "time_limit": max(0.05, seconds),
            "mip_rel_gap": 0.0,
            "mip_abs_gap": 0.5,
        }
        for name, value in options.items():
            solver.setOptionValue(name, value)
        solver.passModel(self._model(costs))
        return solver

    def _model(self, costs: Sequence[int]) -> highspy.HighsLp:
        model = highspy.HighsLp()
        model.num_col_, model.num_row_ = self._count, len(self._rows)
        model.col_cost_ = np.array(costs, dtype=float)
        model.col_lower_, model.col_upper_ = np.zeros(self._count), self._upper
        model.integrality_ = [highspy.HighsVarType.kInteger] * self._count
        model.row_lower_ = np.array([low for _at, _values, low, _high in self._rows])
        model.row_upper_ = np.array([high for _at, _values, _low, high in self._rows])
        matrix = model.a_matrix_
        matrix.format_ = highspy.MatrixFormat.kRowwise
        matrix.start_ = np.cumsum([0, *(len(at) for at, *_rest in self._rows)], dtype=np.int32)
        matrix.index_ = np.concatenate([np.asarray(at, dtype=np.int32) for at, *_rest in self._rows])
        matrix.value_ = np.concatenate([np.asarray(values) for _at, values, *_rest in self._rows])
        return model


def _chosen(values: Sequence[float] | np.ndarray) -> tuple[int, ...]:
    return tuple(int(at) for at in np.nonzero(np.asarray(values) > 0.5)[0])
