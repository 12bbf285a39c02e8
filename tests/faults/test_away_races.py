"""A plan for an absence against bookings at the times it wants, and against another desk that applies the same plan."""

import uuid
from datetime import date, timedelta
from typing import Any

import pytest

from clinic.models import Clinician, Room
from scheduling.checking.scan import scan
from scheduling.models import Appointment, AwayPlan, VisitType
from scheduling.planning.types import Slot
from scheduling.services import away_apply, placing, single
from scheduling.services.away import look, start_plan
from scheduling.services.away_apply import apply_plan
from scheduling.services.errors import AwayRefused, BookingError
from scheduling.services.single import book_visit
from tests import factory
from tests.faults.test_place_races import unguarded
from tests.race import FAULTS, RACERS, ROUNDS, Act, Outcome, deadlocks, race, report, without_constraints
from tests.scheduling.conftest import MONDAY
from tests.scheduling.helpers import take

pytestmark = FAULTS
DAY = date(2026, 12, 1)
VISITS = 4


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


def rounds(moira: Clinician, anika: Clinician, count: int) -> tuple[list[Outcome], int]:
    """Race one desk that applies against many who book; return what came, and how many rounds left a plan in halves."""
    outcomes, halves = [], 0
    for n in range(count):
        plan = plan_of(n, moira)
        outcomes.append(race([applying(plan), *(booking(plan, anika, at) for at in range(RACERS - 1))]))
        moved = Appointment.objects.filter(pk__in=[row["visit"] for row in plan.rows], clinician=anika).count()
        halves += moved not in (0, VISITS)
    return outcomes, halves


def held_twice() -> int:
    return sum("held twice" in rot.check for rot in scan(MONDAY))


def test_apply_against_bookings_moves_all_or_none_and_nobody_stands_twice() -> None:
    before = deadlocks()
    outcomes, halves = rounds(*clinic(), ROUNDS)
    report("a plan for an absence against bookings at its times", outcomes, before)
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
