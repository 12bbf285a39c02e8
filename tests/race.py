"""Race real threads against the real database, and take its guards away to see that the race is one.

Every race has two sizes: the short one of `make test`, and the full one of `make faults`, which sets RACES=full. The
tests are the same.
"""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from django.db import connection, connections

IS_FULL = os.environ.get("RACES") == "full"


def sized(short: int, *, full: int) -> int:
    """Return how many of something (threads, rounds) this run takes."""
    return full if IS_FULL else short


RACERS = sized(16, full=64)
ROUNDS = sized(3, full=50)
FAULTS = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]
"""The marks of a module of races."""
GUARDS = ["clinician", "room", "device", "patient", "session"]


@dataclass
class Outcome:
    """What the racers of one round got: results, errors, and seconds each took."""

    results: list[object] = field(default_factory=list)
    errors: list[BaseException] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)


def race(acts: list[Callable[[], object]]) -> Outcome:
    """Start all acts at one moment, each in a thread with a connection of its own."""
    outcome, barrier = Outcome(), threading.Barrier(len(acts))

    def run(act: Callable[[], object]) -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
            barrier.wait(timeout=30)
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
    for thread in threads:
        thread.join(timeout=120)
    assert not any(thread.is_alive() for thread in threads)
    return outcome


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
