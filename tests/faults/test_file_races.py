"""Race a merge and an archive against bookings: no visit is left on a file that is away. Each with its control."""

import random
import time
import uuid
from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta

import pytest

from clinic.models import Clinician
from patients.models import Patient
from scheduling.models import Appointment
from scheduling.planning.types import Slot
from scheduling.services import files, merging, series
from scheduling.services.files import FileClosed, FileRefused, archive_patient
from scheduling.services.merging import MergeRefused, Pair, merge_patients
from scheduling.services.series import book_series
from tests import factory
from tests.figures import say
from tests.race import FAULTS, Outcome, deadlocks, race, sized
from tests.scheduling.conftest import MONDAY
from tests.scheduling.helpers import choose
from treatments.models import Area, Side, TreatmentPlan

pytestmark = FAULTS

BOOKERS, ROUNDS, CONTROL_ROUNDS = 6, sized(2, full=50), 12
Act = Callable[[], object]


def plans_of(patient: Patient, moira: Clinician, count: int) -> list[TreatmentPlan]:
    """Make courses on places of their own: what is treated elsewhere keeps no distance."""
    protocol = factory.make_protocol()
    return [
        factory.make_plan(
            patient,
            protocol,
            clinician=moira,
            areas=[(Area.objects.get_or_create(key=f"a{n}-{patient.pk}", defaults={"name": f"A{n}"})[0], Side.LEFT)],
        )
        for n in range(count)
    ]


def booking(plan: TreatmentPlan, moira: Clinician, day: date, hour: int) -> Act:
    slots = [Slot(factory.at(day, f"{hour:02}:00"), moira.pk)]
    wished = choose(moira, count=1, start_on=day)

    def act() -> object:
        return book_series(
            key=uuid.uuid4(), plan_id=plan.pk, choices=wished, slots=slots, reasons={}, actor=None, now=MONDAY
        )

    return act


def a_little_later(act: Act, most: float) -> Act:
    """Start an act at a random moment of the others' work."""

    def later() -> object:
        time.sleep(random.uniform(0, most))
        return act()

    return later


def clinic_with_rooms() -> Clinician:
    factory.make_clinic()
    moira = factory.make_clinician()
    for _ in range(2):
        factory.make_room()
    return moira


def report(name: str, outcomes: list[Outcome], before: int, strays: int) -> None:
    seconds = sorted(second for outcome in outcomes for second in outcome.seconds)
    errors = Counter(type(error).__name__ for outcome in outcomes for error in outcome.errors)
    say(
        f"{name}, {len(outcomes)} rounds: left on a file that is away {strays}, deadlocks {deadlocks() - before}, "
        f"p50 {seconds[len(seconds) // 2] * 1000:.0f} ms, worst {seconds[-1] * 1000:.0f} ms, refused {dict(errors)}"
    )


def strays() -> int:
    """Count visits that are held by files that are away."""
    return Appointment.objects.holding().filter(patient__archived_at__isnull=False).count()


def archive_rounds(rounds: int, most: float, *, until_stray: bool = False) -> list[Outcome]:
    moira, outcomes = clinic_with_rooms(), []
    for n in range(rounds):
        if until_stray and strays():
            break
        day = date(2026, 12, 1) + timedelta(days=7 * n)
        patient = factory.make_patient()
        acts = [booking(plan, moira, day, 9 + at) for at, plan in enumerate(plans_of(patient, moira, BOOKERS))]

        def put_away(patient: Patient = patient) -> object:
            return archive_patient(key=uuid.uuid4(), patient_id=patient.pk, reason="Moved away", actor=None, now=MONDAY)

        outcomes.append(race([*acts, a_little_later(put_away, most)]))
    return outcomes


def test_nothing_is_booked_for_a_file_that_is_put_away_meanwhile() -> None:
    before = deadlocks()
    outcomes = archive_rounds(ROUNDS, 0.03)
    report(f"archive against {BOOKERS} bookings", outcomes, before, strays())
    assert strays() == 0
    assert all(isinstance(error, FileClosed | FileRefused) for outcome in outcomes for error in outcome.errors)
    assert deadlocks() == before


def test_control_without_the_lock_a_file_is_put_away_under_a_booking(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(series, "lock_for_visits", lambda *_: None)
    monkeypatch.setattr(files, "lock_rows", lambda *_: None)
    before = deadlocks()
    outcomes = archive_rounds(CONTROL_ROUNDS, 0.15, until_stray=True)
    report(f"archive against {BOOKERS} bookings, no locks", outcomes, before, strays())
    assert strays() > 0


def merge_rounds(rounds: int, *, until_stray: bool = False) -> list[Outcome]:
    moira, outcomes = clinic_with_rooms(), []
    for n in range(rounds):
        if until_stray and strays():
            break
        day = date(2026, 12, 1) + timedelta(days=7 * n)
        kept, gone = factory.make_patient(), factory.make_patient()
        plans = [*plans_of(gone, moira, BOOKERS // 2), *plans_of(kept, moira, BOOKERS // 2)]
        acts = [booking(plan, moira, day, 9 + at) for at, plan in enumerate(plans)]

        def merge(kept: Patient = kept, gone: Patient = gone) -> object:
            return merge_patients(
                key=uuid.uuid4(),
                pair=Pair(kept.pk, gone.pk, kept.version, gone.version),
                take={},
                reason="Same health card",
                actor=None,
                now=MONDAY,
            )

        outcomes.append(race([*acts, a_little_later(merge, 0.15)]))
    return outcomes


def test_what_is_booked_during_a_merge_lies_on_the_file_that_stays() -> None:
    before = deadlocks()
    outcomes = merge_rounds(ROUNDS)
    report(f"merge against {BOOKERS} bookings", outcomes, before, strays())
    assert strays() == 0
    assert [len(outcome.results) for outcome in outcomes] == [BOOKERS + 1] * ROUNDS
    assert not TreatmentPlan.objects.filter(patient__merged_into__isnull=False).exists()
    assert deadlocks() == before


def test_control_without_the_locks_a_visit_is_left_on_the_file_that_went(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(series, "lock_for_visits", lambda *_: None)
    monkeypatch.setattr(merging, "lock_book", lambda **_: None)
    before = deadlocks()
    outcomes = merge_rounds(CONTROL_ROUNDS, until_stray=True)
    report(f"merge against {BOOKERS} bookings, no locks", outcomes, before, strays())
    assert strays() > 0


def test_two_desks_merge_one_pair_each_its_way_and_one_wins() -> None:
    clinic_with_rooms()
    before, winners = deadlocks(), []
    for _ in range(ROUNDS):
        one, other = factory.make_patient(), factory.make_patient()

        def merge(kept: Patient, gone: Patient) -> object:
            return merge_patients(
                key=uuid.uuid4(),
                pair=Pair(kept.pk, gone.pk, 1, 1),
                take={},
                reason="Same health card",
                actor=None,
                now=MONDAY,
            )

        outcome = race([lambda a=one, b=other: merge(a, b), lambda a=other, b=one: merge(a, b)])
        assert all(isinstance(error, MergeRefused) for error in outcome.errors)
        winners.append(len(outcome.results))
    assert winners == [1] * ROUNDS
    assert deadlocks() == before
    assert Patient.objects.filter(merged_into__isnull=False).count() == ROUNDS
