"""Race real threads against the real database, and take its guards away to see that the race is one.

Every race has two sizes: the short one of `make test`, and the full one of `make faults`, which sets RACES=64x50. The
tests are the same.
"""

import multiprocessing
import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db import connection, connections

from tests.figures import say

Act = Callable[[], object]
SIZE = os.environ.get("RACES", "")
"""Threads and rounds of a full run, as `64x50`; empty for the short one."""


def sized(short: int, *, full: int) -> int:
    """Return how many of something this run takes."""
    return full if SIZE else short


RACERS, ROUNDS = (int(number) for number in (SIZE or "16x2").split("x"))
FAULTS = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]
"""The marks of a module of races."""
GUARDS = ["clinician", "room", "device", "patient", "session"]


def after(look: Act, act: Act) -> Act:
    """Look first, as a desk does. Who has little to do before the locks is then not always the first at them."""

    def run() -> object:
        look()
        return act()

    return run


@dataclass
class Outcome:
    """What the racers of one round got: results, errors, and seconds each took."""

    results: list[Any] = field(default_factory=list)
    errors: list[BaseException] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    @property
    def winners(self) -> int:
        return len(self.results)


@dataclass(frozen=True)
class Done:
    """What a racer in another process did: the kind of its operation."""

    kind: str


def race(acts: Sequence[Act], *, connects: bool = True) -> Outcome:
    """Start all acts at one moment, each in a thread with a connection of its own, or none if it needs none."""
    outcome, barrier = Outcome(), threading.Barrier(len(acts))
    threads = _threads(acts, outcome, lambda: barrier.wait(timeout=60), connects=connects)
    for thread in threads:
        thread.join(timeout=120)
    assert not any(thread.is_alive() for thread in threads)
    return outcome


def _threads(
    acts: Sequence[Act], outcome: Outcome, ready: Callable[[], object], *, connects: bool = True
) -> list[threading.Thread]:
    """Start a thread for each act; each connects, waits until all are ready, and acts."""

    def run(act: Act) -> None:
        try:
            if connects:
                connection.ensure_connection()
            ready()
            began = time.perf_counter()
            try:
                outcome.results.append(act())
            except Exception as error:  # noqa: BLE001 - the test looks at every kind
                outcome.errors.append(error)
            outcome.seconds.append(time.perf_counter() - began)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    return threads


def race_apart(acts: Sequence[Act], processes: int = 8) -> Outcome:
    """Do the same in several processes, as a web server does: none waits for another's interpreter.

    What the racers got comes back by the name of its kind.
    """
    connections.close_all()  # a connection must not live in two processes
    context = multiprocessing.get_context("fork")
    barrier, answers = context.Barrier(len(acts)), context.SimpleQueue()

    def work(own: Sequence[Act]) -> None:
        outcome = Outcome()
        for thread in _threads(own, outcome, lambda: barrier.wait(timeout=60)):
            thread.join()
        done = [getattr(result, "kind", "") for result in outcome.results]
        answers.put((done, [type(error).__name__ for error in outcome.errors], outcome.seconds))
        os._exit(0)  # what the run has to clean up is not this process's to clean

    parts = [acts[at::processes] for at in range(min(processes, len(acts)))]
    children = [context.Process(target=work, args=[part]) for part in parts]
    for child in children:
        child.start()
    whole = Outcome()
    for _part in parts:
        results, errors, seconds = answers.get()
        whole.results += [Done(kind) for kind in results]
        whole.errors += [RuntimeError(kind) for kind in errors]
        whole.seconds += seconds
    for child in children:
        child.join()
    return whole


def in_workers(acts: Sequence[Act]) -> Outcome:
    """Do the same in as many processes as the clinic's web server has."""
    return race_apart(acts, processes=2)


def kinds(outcomes: Sequence[Outcome]) -> set[str]:
    """Return by name how the racers were refused, wherever they ran."""
    return {_kind(error) for outcome in outcomes for error in outcome.errors}


def report(name: str, outcomes: Sequence[Outcome], before: int) -> None:
    """Say winners a round, what was done and refused, deadlocks since `before`, and how long the racers took."""
    seconds = sorted(second for outcome in outcomes for second in outcome.seconds)
    winners = Counter(outcome.winners for outcome in outcomes)
    refused = Counter(_kind(error) for outcome in outcomes for error in outcome.errors)
    done = Counter(kind for outcome in outcomes for result in outcome.results if (kind := getattr(result, "kind", "")))
    times = f"p50 {_at(seconds, 0.5)}, p99 {_at(seconds, 0.99)}, worst {_at(seconds, 1)}"
    say(
        f"{name}, {len(seconds) // len(outcomes)} racers x {len(outcomes)} rounds: "
        f"winners a round {dict(sorted(winners.items()))}, done {dict(done)}, refused {dict(refused)}, "
        f"deadlocks {deadlocks() - before}, {times}"
    )


def _kind(error: BaseException) -> str:
    return str(error) if type(error) is RuntimeError else type(error).__name__


def _at(ordered: list[float], part: float) -> str:
    return f"{ordered[min(int(len(ordered) * part), len(ordered) - 1)] * 1000:.0f} ms"


def deadlocks() -> int:
    """Return how many deadlocks this database has seen."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return int(cursor.fetchone()[0])


@contextmanager
def without_constraints() -> Iterator[None]:
    """Take the exclusion constraints of the book away; put them back, on an empty book, at the end."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = ANY(%s)",
            [[f"appointment_{what}_once" for what in GUARDS]],
        )
        kept = cursor.fetchall()
        assert len(kept) == len(GUARDS)
        for name, _ in kept:
            cursor.execute(f"ALTER TABLE scheduling_appointment DROP CONSTRAINT {name}")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE scheduling_appointment CASCADE")
            for name, definition in kept:
                cursor.execute(f"ALTER TABLE scheduling_appointment ADD CONSTRAINT {name} {definition}")
