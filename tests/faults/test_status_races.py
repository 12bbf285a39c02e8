"""One card on two desks: "arrived" against "cancel" at one moment. One is done, the other desk is told who did it."""

import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from scheduling.models import Appointment
from scheduling.services import acting
from scheduling.services.appointments import cancel_appointment
from scheduling.services.errors import StaleAppointment
from scheduling.services.statuses import arrive_appointment
from tests import factory
from tests.race import FAULTS, RACERS, ROUNDS, Outcome, deadlocks, race, report
from tests.scheduling.conftest import MONDAY
from tests.scheduling.helpers import take

pytestmark = FAULTS
CONTROL_ROUNDS = 8


def rounds(count: int) -> Iterator[tuple[Appointment, Outcome]]:
    """Put a visit into the book; half of the racers press "arrived", half cancel it, all on the same card."""
    factory.make_clinic()
    moira, room = factory.make_clinician(), factory.make_room()
    for n in range(count):
        visit = take(moira, room, MONDAY.date() + timedelta(days=n), "15:00", 30)
        Appointment.objects.update(created_at=MONDAY)  # the database's own clock is another than that of the acts
        asked = {"appointment_id": visit.pk, "version": visit.version, "actor": moira.user, "now": visit.arrives_at}

        def arrive(asked: dict[str, object] = asked) -> object:
            return arrive_appointment(key=uuid.uuid4(), **asked)

        def cancel(asked: dict[str, object] = asked) -> object:
            return cancel_appointment(key=uuid.uuid4(), reason="ill", **asked)

        acts: list[Callable[[], object]] = [arrive if at % 2 else cancel for at in range(RACERS)]
        outcome = race(acts)
        visit.refresh_from_db()
        yield visit, outcome


def test_arrived_against_cancel_is_one_of_them_and_the_others_are_told_who() -> None:
    before = deadlocks()
    found = list(rounds(ROUNDS))
    report("arrive against cancel on one card", [outcome for _visit, outcome in found], before)
    for visit, outcome in found:
        assert [done.kind.partition("_")[0] for done in outcome.results] == [
            {"arrived": "arrive", "cancelled": "cancel"}[visit.status]
        ]
        assert visit.version == 2
        words = {"arrived": "marked this visit arrived", "cancelled": "cancelled this visit"}[visit.status]
        assert all(isinstance(error, StaleAppointment) for error in outcome.errors)
        assert {str(error) for error in outcome.errors if f"Moira Hynes {words}" not in str(error)} == set()
    assert deadlocks() == before


def test_control_without_the_look_at_the_card_both_are_done(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who arrived is cancelled by a desk that never saw it: no path of states forbids that."""
    monkeypatch.setattr(acting, "refuse_stale", lambda *_: None)
    assert any(len(outcome.results) > 1 for _visit, outcome in rounds(CONTROL_ROUNDS))
