"""A course is paused or stopped while somebody books, moves or takes back its visits. Each race has a control.

After every round: no visit ahead on a course that was paused with release or stopped, no lost change, no deadlock.
"""

import uuid
from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from clinic.models import Clinician, Operation
from scheduling.models import Appointment, AppointmentStatus
from scheduling.planning.types import Slot
from scheduling.services import acting, appointments, courses, series, undo
from scheduling.services.appointments import cancel_appointment, move_appointment
from scheduling.services.courses import discontinue_course, pause_course
from scheduling.services.errors import CourseStopped, PlanNotOpen, StaleAppointment
from scheduling.services.series import book_series
from scheduling.services.undo import undo_operation
from tests import factory
from tests.faults.careless import compare_nothing
from tests.figures import say
from tests.race import FAULTS, Outcome, deadlocks, race, sized
from tests.scheduling.conftest import MONDAY
from tests.scheduling.helpers import choose
from treatments.models import PlanStatus, TreatmentPlan

pytestmark = FAULTS

COURSES, ROUNDS = sized(8, full=32), sized(1, full=50)
CONTROL_ROUNDS = 6
Act = Callable[[], object]
Racers = Callable[[TreatmentPlan, Slot, Clinician], tuple[Act, Act]]


def ask(act: Any, **asked: Any) -> Any:
    return act(key=uuid.uuid4(), actor=None, now=MONDAY, **asked)


def book(plan: TreatmentPlan, slot: Slot, moira: Clinician) -> Any:
    choices = choose(moira, count=1, start_on=factory.local_day(slot.starts_at))
    return ask(book_series, plan_id=plan.pk, choices=choices, slots=[slot], reasons={})


def visit_of(plan: TreatmentPlan) -> Appointment:
    return Appointment.objects.get(session__plan=plan)


def pause(plan: TreatmentPlan) -> Any:
    return ask(pause_course, plan_id=plan.pk, reason="Travels", keep_visits=False)


def stop(plan: TreatmentPlan) -> Any:
    return ask(discontinue_course, plan_id=plan.pk, reason="Moves away")


def pause_against_book(plan: TreatmentPlan, slot: Slot, moira: Clinician) -> tuple[Act, Act]:
    return lambda: book(plan, slot, moira), lambda: pause(plan)


def stop_against_book(plan: TreatmentPlan, slot: Slot, moira: Clinician) -> tuple[Act, Act]:
    return lambda: book(plan, slot, moira), lambda: stop(plan)


def stop_against_move(plan: TreatmentPlan, slot: Slot, moira: Clinician) -> tuple[Act, Act]:
    book(plan, slot, moira)
    key, later = visit_of(plan).pk, Slot(slot.starts_at + timedelta(hours=2), moira.pk)
    return lambda: ask(move_appointment, appointment_id=key, slot=later), lambda: stop(plan)


def stop_against_undo(plan: TreatmentPlan, slot: Slot, moira: Clinician) -> tuple[Act, Act]:
    book(plan, slot, moira)
    cancelled = ask(cancel_appointment, appointment_id=visit_of(plan).pk, reason="Ill")
    return lambda: ask(undo_operation, operation_id=cancelled.pk), lambda: stop(plan)


Rounds = list[tuple[Outcome, list[TreatmentPlan]]]


def rounds_of(racers: Racers, count: int = ROUNDS, *, until: Callable[[Rounds], int] | None = None) -> Rounds:
    """Let the courses be hit by their two acts at one moment, each course with a day of its own."""
    factory.make_clinic()
    moira = factory.make_clinician()
    factory.make_room()
    protocol = factory.make_protocol()
    found: Rounds = []
    for n in range(count):
        plans = [factory.make_plan(protocol=protocol, clinician=moira) for _ in range(COURSES)]
        acts: list[Act] = []
        for at, plan in enumerate(plans):
            day = date(2026, 12, 1) + timedelta(weeks=n * COURSES + at)
            acts += racers(plan, Slot(factory.at(day, "10:00"), moira.pk), moira)
        found.append((race(acts), plans))
        if until and until(found):
            break
    return found


def ahead(found: Rounds) -> int:
    """Return how many visits stand on courses that were paused with release, or stopped."""
    plans = [plan.pk for _outcome, round_ in found for plan in round_]
    closed = [PlanStatus.PAUSED, PlanStatus.DISCONTINUED]
    visits = Appointment.objects.holding().filter(session__plan__in=plans, session__plan__status__in=closed)
    return visits.count()


def report(name: str, found: Rounds, before: int) -> None:
    seconds = sorted(second for outcome, _ in found for second in outcome.seconds)
    refused = Counter(type(error).__name__ for outcome, _ in found for error in outcome.errors)
    say(
        f"{name}, {COURSES} courses x 2 threads x {len(found)} rounds: refused {dict(refused)}, "
        f"visits on closed courses {ahead(found)}, deadlocks {deadlocks() - before}, "
        f"p50 {seconds[len(seconds) // 2] * 1000:.0f} ms, worst {seconds[-1] * 1000:.0f} ms"
    )


def lost_changes(found: Rounds) -> int:
    """Return how many visits count fewer versions than acts that were said to be done on them."""
    done: Counter[int] = Counter()
    for operation in (operation for outcome, _ in found for operation in outcome.results):
        if isinstance(operation, Operation) and operation.kind != "book_series":
            done.update(entry["appointment"] for entry in operation.touched if "appointment" in entry)
    visits = Appointment.objects.filter(pk__in=done, status=AppointmentStatus.CANCELLED)
    return sum(visit.version < 1 + done[visit.pk] for visit in visits)


@pytest.mark.parametrize(
    ("racers", "refusal"),
    [
        (pause_against_book, PlanNotOpen),
        (stop_against_book, PlanNotOpen),
        (stop_against_move, StaleAppointment),
        (stop_against_undo, CourseStopped),
    ],
)
def test_nothing_stands_on_a_course_that_was_closed_meanwhile(racers: Racers, refusal: type[Exception]) -> None:
    before = deadlocks()
    found = rounds_of(racers)
    report(racers.__name__.replace("_", " "), found, before)
    assert ahead(found) == lost_changes(found) == 0
    assert {type(error) for outcome, _ in found for error in outcome.errors} <= {refusal}
    plans = [plan.pk for _, round_ in found for plan in round_]
    assert not TreatmentPlan.objects.filter(pk__in=plans, status=PlanStatus.ACTIVE).exists()
    assert deadlocks() == before


def without_locks(monkeypatch: pytest.MonkeyPatch, *, comparing: bool = False) -> None:
    """Take away both guards: the locks and, unless `comparing`, the comparison behind them."""
    if not comparing:
        compare_nothing(monkeypatch)
    for module in (series, courses, acting, appointments, undo):
        for name in ("lock_for_visits", "lock_for_appointments", "lock_book"):
            monkeypatch.setattr(module, name, lambda *_, **__: None, raising=False)


@pytest.mark.parametrize("racers", [pause_against_book, stop_against_book, stop_against_undo])
def test_control_without_locks_visits_are_left_on_closed_courses(
    racers: Racers, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_locks(monkeypatch)
    before = deadlocks()
    found = rounds_of(racers, CONTROL_ROUNDS, until=ahead)
    report(f"{racers.__name__.replace('_', ' ')}, no locks", found, before)
    assert ahead(found) > 0


def test_control_without_locks_a_move_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    without_locks(monkeypatch)
    assert lost_changes(rounds_of(stop_against_move, CONTROL_ROUNDS, until=lost_changes)) > 0


def test_without_locks_the_comparison_alone_loses_no_change(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second guard: who reads a state and finds another when writing is refused."""
    without_locks(monkeypatch, comparing=True)
    found = rounds_of(stop_against_move)
    assert lost_changes(found) == 0
    assert any(outcome.errors for outcome, _plans in found)
