"""A plan for an absence, applied by several desks, against bookings at its times and moves of its visits."""

import uuid
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from clinic.models import Clinician, Room
from scheduling.checking.scan import scan
from scheduling.models import Appointment, AwayPlan, VisitType
from scheduling.planning import planner
from scheduling.planning.types import Slot
from scheduling.services import away_apply, placing, single
from scheduling.services.appointments import move_appointment
from scheduling.services.away import look, start_plan
from scheduling.services.away_apply import apply_plan
from scheduling.services.errors import AwayRefused, BookingError
from scheduling.services.single import book_visit
from tests import factory
from tests.faults.test_place_races import unguarded
from tests.race import FAULTS, RACERS, ROUNDS, Act, Outcome, after, deadlocks, race, report, without_constraints
from tests.scheduling.conftest import MONDAY
from tests.scheduling.helpers import take

pytestmark = FAULTS
DAY = date(2026, 12, 1)
VISITS = 4
Rival = Callable[[AwayPlan, Clinician, int], Act]
"""What another desk does with the plan's visits or places; the number says with which."""


def clinic() -> tuple[Clinician, Clinician]:
    factory.make_clinic()
    rooms = [factory.make_room() for _ in range(4)]
    VisitType.objects.update_or_create(kind="consultation", defaults={"minutes": 45, "room_kind": rooms[0].kind})
    return factory.make_clinician("Moira Hynes"), factory.make_clinician("Anika Sandhu")


def plan_of(round_: int, moira: Clinician) -> AwayPlan:
    """Return the plan for a day on which four visits stand, each of which keeps its time with somebody else."""
    day = DAY + timedelta(weeks=round_)
    for n in range(VISITS):
        take(moira, Room.objects.all()[0], day, f"{9 + n:02d}:00", 45)
    span = {"since": factory.at(day, "00:00"), "until": factory.at(day, "23:00")}
    plan = start_plan(clinician_id=moira.pk, actor=moira.user, now=MONDAY, **span)
    look(plan_id=plan.pk, now=MONDAY)
    plan.refresh_from_db()
    return plan


def applying(plan: AwayPlan) -> Act:
    return lambda: apply_plan(
        key=uuid.uuid4(), plan_id=plan.pk, version=plan.version, note_absence=False, actor=None, now=MONDAY
    )


def booking(plan: AwayPlan, who: Clinician, at: int) -> Act:
    """Book a stranger at the time of one of the visits, with the clinician whom the plan wants for it."""
    start = factory.at(factory.local_day(plan.starts_at), f"{9 + at % VISITS:02d}:00")
    patient = factory.make_patient()

    def act() -> Any:
        return book_visit(
            key=uuid.uuid4(),
            kind="consultation",
            patient_id=patient.pk,
            slot=Slot(start, who.pk),
            actor=None,
            now=MONDAY,
        )

    return act


def moving(plan: AwayPlan, _who: Clinician, at: int) -> Act:
    """Drag one of the visits to another hour of its day."""
    visit = Appointment.objects.get(pk=plan.rows[at % VISITS]["visit"])
    slot = Slot(visit.starts_at + timedelta(hours=5), visit.clinician_id)
    asked = {"appointment_id": visit.pk, "version": visit.version, "actor": None, "now": MONDAY}
    return lambda: move_appointment(key=uuid.uuid4(), slot=slot, **asked)


def looking(plan: AwayPlan) -> Act:
    """Look for other times of a visit of the plan, as the page does from which one is moved."""
    visit = Appointment.objects.get(pk=plan.rows[0]["visit"])
    return lambda: [planner.move_options(visit, MONDAY) for _ in range(2)]


def rounds(moira: Clinician, anika: Clinician, count: int, rival: Rival = booking) -> tuple[list[Outcome], int]:
    """Race desks that apply against others who book or move; return what came, and how many plans were left in halves.

    Half apply; in every other round the others look first, otherwise they would nearly always come before them.
    """
    outcomes, halves = [], 0
    for n in range(count):
        plan = plan_of(n, moira)
        rivals = [rival(plan, anika, at) for at in range(RACERS // 2)]
        acts = [applying(plan) for _ in rivals] + [after(looking(plan), act) if n % 2 else act for act in rivals]
        outcomes.append(race(acts))
        moved = Appointment.objects.filter(pk__in=[row["visit"] for row in plan.rows], clinician=anika).count()
        halves += moved not in (0, VISITS)
    return outcomes, halves


def held_twice() -> int:
    return sum("held twice" in rot.check for rot in scan(MONDAY))


@pytest.mark.parametrize("rival", [booking, moving])
def test_a_plan_is_applied_alone_or_not_at_all_and_nobody_stands_twice(rival: Rival) -> None:
    before = deadlocks()
    outcomes, halves = rounds(*clinic(), ROUNDS, rival)
    report(f"a plan for an absence against {rival.__name__}", outcomes, before)
    kinds = [[done.kind for done in outcome.results] for outcome in outcomes]
    assert all(of_round == ["apply_away_plan"] for of_round in kinds if "apply_away_plan" in of_round)
    assert not halves and not held_twice() and deadlocks() == before
    assert all(isinstance(error, BookingError) for outcome in outcomes for error in outcome.errors)


def test_control_without_locks_and_constraints_somebody_stands_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """Control: with the guards off the same race leaves visits over each other."""
    unguarded(monkeypatch)
    monkeypatch.setattr(away_apply, "lock_for_moves", lambda *_: None)
    monkeypatch.setattr(single, "lock_for_visits", lambda *_: None)
    for module in (placing, single):
        monkeypatch.setattr(module, "refuse_taken", lambda *_args, **_more: None, raising=False)
    with without_constraints():
        people = clinic()
        for _try in range(8):
            rounds(*people, 1)
            if held_twice():
                return
            Appointment.objects.all().delete()
    pytest.fail("no race came about")


def test_two_desks_apply_one_plan_once() -> None:
    moira, _anika = clinic()
    plan = plan_of(0, moira)
    outcome = race([applying(plan) for _ in range(RACERS)])
    assert outcome.winners == 1
    assert all(isinstance(error, AwayRefused) for error in outcome.errors)
