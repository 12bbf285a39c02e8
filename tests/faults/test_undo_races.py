"""Undo of a whole booking races with a move of one of its visits: one of them happens, never half of both."""

import threading
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from scheduling.models import Appointment, AppointmentStatus
from scheduling.planning import planner
from scheduling.services import acting, undo
from scheduling.services.appointments import move_appointment
from scheduling.services.errors import BookingError
from scheduling.services.series import book_series
from scheduling.services.undo import undo_operation
from tests import factory
from tests.figures import say
from tests.race import FAULTS, Outcome, deadlocks, race, sized
from tests.scheduling.conftest import MONDAY
from tests.scheduling.helpers import choose
from treatments.models import SessionState, TreatmentPlan

pytestmark = FAULTS
ROUNDS, MOVERS = sized(2, full=50), 2


def rounds(count: int, moved: Callable[[], None] = lambda: None) -> Iterator[tuple[TreatmentPlan, Outcome]]:
    """Book a course, then let one undo it while others move its last visit, each to a time of its own."""
    factory.make_clinic()
    moira = factory.make_clinician()
    for _ in range(4):
        factory.make_room()
    for _ in range(count):
        plan = factory.make_plan(clinician=moira)
        choices = choose(moira)
        slots = planner.mend(plan, choices, planner.propose(plan, choices, MONDAY).slots, MONDAY).slots
        done = book_series(
            key=uuid.uuid4(), plan_id=plan.pk, choices=choices, slots=slots, reasons={}, actor=None, now=MONDAY
        )
        last = Appointment.objects.filter(session__plan=plan).latest("starts_at")
        places = [option.slot for option in planner.move_options(last, MONDAY)][:MOVERS]

        def undoes(pk: uuid.UUID = done.pk) -> object:
            return undo_operation(key=uuid.uuid4(), operation_id=pk, actor=None, now=MONDAY)

        def moves(slot: object, pk: int = last.pk) -> object:
            done = move_appointment(key=uuid.uuid4(), appointment_id=pk, slot=slot, actor=None, now=MONDAY)
            moved()
            return done

        acts = [undoes, *(lambda slot=slot, moves=moves: moves(slot) for slot in places)]
        yield plan, race(acts)


def is_whole(plan: TreatmentPlan) -> bool:
    """Say whether all ten visits stand or none does, and the sessions agree."""
    statuses = Counter(Appointment.objects.filter(session__plan=plan).values_list("status", flat=True))
    states = Counter(plan.sessions.values_list("state", flat=True))
    return (statuses, states) in [
        ({AppointmentStatus.BOOKED: 10}, {SessionState.BOOKED: 10}),
        ({AppointmentStatus.UNDONE: 10}, {SessionState.PLANNED: 10}),
    ]


def test_undo_and_move_never_leave_half_a_course() -> None:
    before = deadlocks()
    found = list(rounds(ROUNDS))
    assert all(is_whole(plan) for plan, _ in found)
    assert all(isinstance(error, BookingError) for _, outcome in found for error in outcome.errors)
    assert deadlocks() == before
    undone = sum(Appointment.objects.filter(session__plan=plan, status="undone").exists() for plan, _ in found)
    say(f"undo against {MOVERS} moves, {ROUNDS} rounds: undone {undone}, moved {ROUNDS - undone}, half 0, deadlocks 0")


def test_control_without_locks_and_versions_undo_takes_back_what_was_moved(monkeypatch: pytest.MonkeyPatch) -> None:
    """The worst order is brought about: undo was pressed first, and reads once somebody has moved a visit of it."""
    moved = threading.Event()

    def wait_instead_of_locking(*_asked: Any) -> None:
        assert moved.wait(timeout=30)

    monkeypatch.setattr(undo, "lock_for_appointments", wait_instead_of_locking)
    monkeypatch.setattr(acting, "lock_for_visits", lambda *_: None)
    monkeypatch.setattr(undo, "_unchanged", lambda *_: True)
    ((plan, outcome),) = rounds(1, moved.set)
    assert len(outcome.results) > 1, outcome.errors
    assert Appointment.objects.filter(session__plan=plan, status="undone").exists(), (
        "what was just moved was taken back"
    )
