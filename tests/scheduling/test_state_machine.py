"""Every act on the book in any order, held against a clinic in plain Python after each step (tests/scheduling/plain).

The machine is small enough that nearly everything collides: two clinicians, two rooms, one device, five weeks with a
clock change. `make faults` runs it at full size. Each control plants a fault that the machine must find.
"""

from contextlib import nullcontext
from time import perf_counter
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from patients.services.outbox import queue
from scheduling.planning import single as planning_single
from scheduling.planning.freetime import FreeTime
from scheduling.services import acting, motion, notices, placing, series, single, statuses, undo
from tests.figures import say
from tests.race import FAULTS, SIZE, sized, without_constraints
from tests.scheduling.machine import ClinicMachine
from tests.scheduling.plain.ground import Ground

pytestmark = FAULTS

RUNS, STEPS = sized(24, full=2000), sized(25, full=50)
PLAIN = settings(
    max_examples=RUNS,
    stateful_step_count=STEPS,
    deadline=None,
    database=None,
    derandomize=not SIZE,  # the short form is the same on every machine
    print_blob=bool(SIZE),
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
def machine(db: None) -> type[ClinicMachine]:
    ClinicMachine.ground = Ground()
    ClinicMachine.done = ClinicMachine.refused = 0
    return ClinicMachine


def test_every_act_in_any_order_does_what_the_plain_clinic_says(machine: type[ClinicMachine]) -> None:
    began = perf_counter()
    try:
        run_state_machine_as_test(machine, settings=PLAIN)
    finally:
        seconds = perf_counter() - began
        each = 1000 * seconds / max(1, machine.done)
        say(
            f"state machine: {RUNS} runs of {STEPS} steps, {machine.done} acts ({machine.refused} of them refused as "
            f"foreseen), {seconds:.0f} s, {each:.0f} ms an act"
        )


# --- Controls: each plants a fault that must be found ---

FAULTY = settings(PLAIN, max_examples=60, stateful_step_count=30, phases=[Phase.generate], derandomize=True)


NUMBERS = {"course", "sessions", "numbers by dates"}


def told(found: str) -> set[str]:
    """Return what did not agree."""
    return {found.partition(":")[0]}


def find(machine: type[ClinicMachine], seeded: int = 0) -> str:
    """Return what the machine says of the fault that it finds; a seed that meets it early spares time."""
    seed(seeded)(machine)
    with pytest.raises(AssertionError) as found:
        run_state_machine_as_test(machine, settings=FAULTY)
    return str(found.value)


def test_control_numbers_that_do_not_follow_dates_are_found(
    machine: type[ClinicMachine], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(single, "renumber", lambda *_asked: [])
    assert NUMBERS & told(find(machine))


def test_control_a_clinician_in_two_rooms_is_found_once_the_constraint_is_gone(
    machine: type[ClinicMachine], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the constraint in place the same fault is refused by the database, and nothing wrong stands."""
    monkeypatch.setattr(FreeTime, "clinician_free", lambda _free, _clinician, _start: True)
    for module in (placing, series, single):
        monkeypatch.setattr(module, "refuse_taken", lambda *_asked, **_also: None)
    monkeypatch.setattr(motion, "_deferred", nullcontext)
    with without_constraints():
        assert "had to be refused" in find(machine, 5)


def test_control_a_gap_that_nobody_minds_is_found(
    machine: type[ClinicMachine], monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (planning_single, placing):
        monkeypatch.setattr(module, "early", lambda *_asked: None)
    said = find(machine)
    assert "had to be refused" in said or "too early for no reason" in said


def test_control_a_reminder_of_a_visit_that_was_cancelled_is_found(
    machine: type[ClinicMachine], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notices, "withdraw_for", lambda **_asked: None)
    assert "what waits" in find(machine, 4)


def test_control_an_undo_that_leaves_numbers_as_they_are_is_found(
    machine: type[ClinicMachine], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(undo, "renumber", lambda *_asked: [])
    assert NUMBERS & told(find(machine, 2))


def test_control_a_treatment_that_began_before_anybody_came_is_found(
    machine: type[ClinicMachine], monkeypatch: pytest.MonkeyPatch
) -> None:
    def forgets(operation: Any, visit: Any, status: Any, **columns: Any) -> None:
        acting.change(operation, visit, status, **{name: columns[name] for name in columns if name != "arrived_at"})

    monkeypatch.setattr(statuses, "change", forgets)
    assert "a moment" in find(machine, 6)


def test_control_a_mail_that_does_not_wait_for_the_next_change_is_found(
    machine: type[ClinicMachine], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "postpone", lambda _message, **_until: None)
    assert "what waits" in find(machine)
