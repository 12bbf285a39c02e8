"""Every act on the book in any order, held against a clinic in plain Python after each step (tests/scheduling/plain).

The machine is small enough that nearly everything collides: two clinicians, two rooms, one device, five weeks with a
clock change. `make faults` runs it at full size. Each control plants a fault that the machine must find.
"""

from time import perf_counter

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.figures import say
from tests.race import FAULTS, IS_FULL, sized
from tests.scheduling.machine import ClinicMachine
from tests.scheduling.plain.ground import Ground

pytestmark = FAULTS

RUNS, STEPS = sized(30, full=2000), sized(25, full=50)
PLAIN = settings(
    max_examples=RUNS,
    stateful_step_count=STEPS,
    deadline=None,
    database=None,
    derandomize=not IS_FULL,  # the short form is the same on every machine
    print_blob=IS_FULL,
    phases=[Phase.generate],
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
