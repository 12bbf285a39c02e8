"""An absence against a booking: whoever comes second sees the other. With the lock taken away, some do not."""

import threading
import time as clock
import uuid
from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from scheduling.models import Absence, Appointment
from scheduling.planning.types import SeriesRefused, Slot
from scheduling.services import hours
from scheduling.services.errors import WouldHit
from scheduling.services.series import book_series
from tests import factory
from tests.figures import say
from tests.race import FAULTS, RACERS, deadlocks, race, sized
from tests.scheduling.conftest import MONDAY
from tests.scheduling.helpers import choose

pytestmark = FAULTS
ROUNDS, CONTROL_ROUNDS, BOOKERS = sized(3, full=50), 15, 6


def one_round(moira: Any, protocol: Any, day: date) -> tuple[int, int, int]:
    """Let six patients be booked on a day of Moira's while it becomes an absence; say booked, listed, unlisted."""
    plans = [factory.make_plan(protocol=protocol, clinician=moira) for _ in range(BOOKERS)]

    def booking(n: int) -> Callable[[], object]:
        slot = Slot(factory.at(day, f"{9 + n:02d}:00"), moira.pk)
        choices = choose(moira, count=1, start_on=day)
        return lambda: book_series(
            key=uuid.uuid4(),
            plan_id=plans[n].pk,
            choices=choices,
            slots=[slot],
            reasons={},
            actor=None,
            now=MONDAY,
        )

    listed: list[int] = []

    def absence() -> object:
        """Save as a person does who confirms each list: what is listed, was shown."""
        for _ in range(10):
            try:
                return hours.add_absence(
                    key=uuid.uuid4(),
                    clinician_id=moira.pk,
                    starts_at=factory.at(day, "00:00"),
                    ends_at=factory.at(day + timedelta(days=1), "00:00"),
                    listed=listed,
                    actor=None,
                    now=MONDAY,
                )
            except WouldHit as hit:
                listed[:] = hit.visits
        raise AssertionError("the list never came to rest")

    outcome = race([absence, *(booking(n) for n in range(BOOKERS))])
    wrong = [error for error in outcome.errors if not isinstance(error, SeriesRefused)]
    assert not wrong, wrong
    span = {"starts_at__gte": factory.at(day, "00:00"), "starts_at__lt": factory.at(day + timedelta(days=1), "00:00")}
    inside = set(Appointment.objects.filter(**span).values_list("pk", flat=True))
    assert Absence.objects.filter(starts_at=factory.at(day, "00:00")).count() == 1
    return len(inside), len(inside & set(listed)), len(inside - set(listed))


def rounds(count: int, *, until_unlisted: bool = False) -> list[tuple[int, int, int]]:
    factory.make_clinic()
    moira = factory.make_clinician()
    for _ in range(BOOKERS):
        factory.make_room()
    protocol = factory.make_protocol()
    found: list[tuple[int, int, int]] = []
    for n in range(count):
        found.append(one_round(moira, protocol, date(2026, 12, 1) + timedelta(days=7 * n)))
        if until_unlisted and found[-1][2]:
            break
    return found


def report(name: str, found: list[tuple[int, int, int]], before: int) -> None:
    booked, listed, unlisted = (sum(column) for column in zip(*found, strict=True))
    say(
        f"{name}, 1 absence against {BOOKERS} bookings x {len(found)} rounds: {booked} booked inside, {listed} listed, "
        f"{unlisted} unlisted, deadlocks {deadlocks() - before}, rounds by booked {dict(Counter(n[0] for n in found))}"
    )


def test_no_visit_is_booked_inside_a_saved_absence_that_was_not_listed() -> None:
    before = deadlocks()
    found = rounds(ROUNDS)
    report("absence against book", found, before)
    assert sum(unlisted for _booked, _listed, unlisted in found) == 0
    assert deadlocks() == before


def test_without_the_lock_some_visits_are_lost_from_sight(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: the race is one. The absence reads the book, and bookings come in before it commits."""
    monkeypatch.setattr(hours, "lock_book", lambda **_: None)
    plain, local = hours.outside_hours, threading.local()

    def slow(**fields: Any) -> set[int]:
        found = plain(**fields)
        local.seen = getattr(local, "seen", 0) + 1
        if local.seen % 2 == 0:
            clock.sleep(0.15)  # between its last look at the book and its commit
        return found

    monkeypatch.setattr(hours, "outside_hours", slow)
    before = deadlocks()
    found = rounds(CONTROL_ROUNDS, until_unlisted=True)
    report("the same without the lock", found, before)
    assert sum(unlisted for _booked, _listed, unlisted in found) > 0


def test_a_closure_and_an_absence_at_once_both_save_without_a_deadlock() -> None:
    factory.make_clinic()
    people = [factory.make_clinician(f"Clinician {n}") for n in range(4)]
    before = deadlocks()
    for n in range(sized(3, full=50)):
        day = date(2026, 12, 1) + timedelta(days=n)
        acts: list[Callable[[], object]] = [
            lambda one=one, day=day: hours.add_absence(  # type: ignore[misc]
                key=uuid.uuid4(),
                clinician_id=one.pk,
                starts_at=factory.at(day, "08:00"),
                ends_at=factory.at(day, "12:00"),
                actor=None,
                now=MONDAY,
            )
            for one in people
        ]
        acts += [
            lambda day=day: hours.add_closure(  # type: ignore[misc]
                key=uuid.uuid4(), name="Storm", starts_on=day, ends_on=day, actor=None, now=MONDAY
            )
        ] * 3
        outcome = race(acts)
        assert not outcome.errors and len(outcome.results) == 7
    assert deadlocks() == before


def test_one_confirm_pressed_many_times_saves_once() -> None:
    factory.make_clinic()
    moira = factory.make_clinician()
    key = uuid.uuid4()

    def act() -> object:
        return hours.add_absence(
            key=key,
            clinician_id=moira.pk,
            starts_at=factory.at(date(2026, 12, 1), "08:00"),
            ends_at=factory.at(date(2026, 12, 1), "12:00"),
            actor=None,
            now=MONDAY,
        )

    outcome = race([act] * RACERS)
    assert not outcome.errors and len(set(outcome.results)) == 1
    assert Absence.objects.count() == 1
