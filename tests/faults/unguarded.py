"""Configures a gunicorn whose workers take no locks of the book: the control of the race over HTTP.

All looks at the book stay as they are: only the locks make them hold. So that they are seen not to on any machine, the
first two requests of a worker have both looked before either writes.
"""

import threading
from typing import Any

PATIENCE = 10
"""Seconds the first waits for a second. Of sixteen requests on two workers at least one worker gets two."""


def post_worker_init(worker: Any) -> None:
    from scheduling.services import series  # noqa: PLC0415 - Django is set up only now

    series.lock_for_visits = lambda *_: None
    series._insert = _together(series._insert)


def _together(insert: Any) -> Any:
    met, two = threading.Event(), threading.Barrier(2, action=lambda: met.set())

    def meet_then_insert(*given: Any) -> Any:
        if not met.is_set():
            try:
                two.wait(PATIENCE)
            except threading.BrokenBarrierError:
                met.set()
        return insert(*given)

    return meet_then_insert
