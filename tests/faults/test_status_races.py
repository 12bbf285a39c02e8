"""One card on several desks, each acting on what its page showed: one act is done, the others are told who did it."""

import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from scheduling.models import Appointment, Offer
from scheduling.planning import planner
from scheduling.planning.types import Slot
from scheduling.services import acting
from scheduling.services.appointments import cancel_appointment, move_appointment
from scheduling.services.errors import OfferGone, StaleAppointment
from scheduling.services.statuses import arrive_appointment, confirm_appointment
from tests import factory
from tests.faults.test_offer_races import by_link, without_guards
from tests.faults.test_place_races import held_twice
from tests.race import FAULTS, RACERS, ROUNDS, Act, Outcome, after, deadlocks, race, report, without_constraints
from tests.scheduling.conftest import MONDAY
from tests.scheduling.helpers import take
from tests.scheduling.waiting import WEDNESDAY, List

pytestmark = FAULTS
CONTROL_ROUNDS = 8
Desk = Callable[[Appointment, dict[str, Any]], Act]
"""What one desk does with a card; it is given what its page knows."""
WORDS = {
    "move_appointment": "moved this visit",
    "arrive_appointment": "marked this visit arrived",
    "confirm_appointment": "marked this visit confirmed",
    "cancel_appointment": "cancelled this visit",
}


def arrives(_visit: Appointment, asked: dict[str, Any]) -> Act:
    return lambda: arrive_appointment(key=uuid.uuid4(), **asked)


def confirms(_visit: Appointment, asked: dict[str, Any]) -> Act:
    return lambda: confirm_appointment(key=uuid.uuid4(), **asked)


def cancels(_visit: Appointment, asked: dict[str, Any]) -> Act:
    return lambda: cancel_appointment(key=uuid.uuid4(), reason="ill", **asked)


def drags(visit: Appointment, asked: dict[str, Any]) -> Act:
    slot = Slot(visit.starts_at + timedelta(hours=1), visit.clinician_id, visit.room_id)
    return lambda: move_appointment(key=uuid.uuid4(), slot=slot, **asked)


def lengthens(visit: Appointment, asked: dict[str, Any]) -> Act:
    slot = Slot(visit.starts_at, visit.clinician_id, visit.room_id)
    return lambda: move_appointment(key=uuid.uuid4(), slot=slot, minutes=45, **asked)


def rounds(desks: list[Desk], count: int) -> Iterator[tuple[Appointment, Outcome]]:
    """Put a visit into the book; the racers act on its card, each as one of the desks."""
    factory.make_clinic()
    moira, room = factory.make_clinician(), factory.make_room()
    for n in range(count):
        visit = take(moira, room, MONDAY.date() + timedelta(weeks=n), "15:00", 30)
        Appointment.objects.update(created_at=MONDAY)  # the database's own clock is another than that of the acts
        asked = {"appointment_id": visit.pk, "version": visit.version, "actor": moira.user, "now": visit.arrives_at}
        # Who stands first in the row is first at the lock more often than not: every desk has its turn there.
        acts = [desks[(at + n) % len(desks)](visit, asked) for at in range(RACERS)]
        outcome = race(acts)
        visit.refresh_from_db()
        yield visit, outcome


RACES: list[list[Desk]] = [[cancels, arrives], [drags, arrives, cancels], [lengthens, confirms, drags]]


def named(desks: list[Desk]) -> str:
    return " against ".join(desk.__name__ for desk in desks)


@pytest.mark.parametrize("desks", RACES, ids=named)
def test_one_card_on_several_desks_is_acted_on_once_and_the_others_are_told_who(desks: list[Desk]) -> None:
    before = deadlocks()
    found = list(rounds(desks, ROUNDS))
    report(f"{named(desks)} on one card", [outcome for _visit, outcome in found], before)
    for visit, outcome in found:
        (done,) = outcome.results
        assert visit.version == 2
        # Who lengthens moves as well; the history says which of the two it was.
        longer = done.kind == "move_appointment" and visit.minutes == 45
        words = f"Moira Hynes {'made this visit longer' if longer else WORDS[done.kind]}"
        assert all(isinstance(error, StaleAppointment) for error in outcome.errors)
        assert {str(error) for error in outcome.errors if words not in str(error)} == set()
    assert deadlocks() == before


@pytest.mark.parametrize("desks", RACES, ids=named)
def test_control_without_the_look_at_the_card_several_acts_are_done(
    desks: list[Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who arrived is cancelled, or moved away, by a desk that never saw it: no path of states forbids that."""
    monkeypatch.setattr(acting, "refuse_stale", lambda *_: None)
    assert any(outcome.winners > 1 for _visit, outcome in rounds(desks, CONTROL_ROUNDS))


def booked_and_offered(waiting_list: List, n: int) -> tuple[Appointment, Offer]:
    """Return a visit of next week and the earlier time that its patient was just mailed, on a book with no other."""
    Appointment.objects.filter(status="booked").update(status="undone")
    plan = waiting_list.course(WEDNESDAY - timedelta(days=9 + n), booked=WEDNESDAY + timedelta(days=6))
    entry = waiting_list.waits(plan)
    Appointment.objects.update(created_at=MONDAY)
    assert entry.appointment
    return entry.appointment, waiting_list.offer(entry)


def drag_rounds(count: int) -> Iterator[tuple[Appointment, Outcome]]:
    """Let desks drag a visit, each to a time of its own, while the patient takes an earlier one for it by the link."""
    waiting_list = List(rooms=2)
    for n in range(count):
        visit, offer = booked_and_offered(waiting_list, n)
        asked = {"appointment_id": visit.pk, "version": visit.version, "actor": waiting_list.moira.user, "now": MONDAY}
        acts: list[Act] = []
        looks = partial(planner.move_options, visit, MONDAY)
        for at in range(RACERS):
            slot = Slot(visit.starts_at + timedelta(minutes=15 + 5 * (at % 32)), visit.clinician_id)
            by_hand = partial(move_appointment, key=uuid.uuid4(), slot=slot, late_reason="Far", **asked)
            dragged = after(looks, by_hand) if n % 2 else by_hand
            acts.append(dragged if (at + n) % 2 else by_link(offer))
        outcome = race(acts)
        visit.refresh_from_db()
        yield visit, outcome


def test_dragged_while_the_patient_takes_an_earlier_time_it_stands_where_the_patient_took_it() -> None:
    before, found = deadlocks(), []
    for visit, outcome in drag_rounds(ROUNDS):
        found.append(outcome)
        # A drag before the answer is done, and then moved on; a drag after it is told of it.
        assert Counter(done.kind for done in outcome.results) <= Counter(["move_appointment", "move_to_earlier"])
        assert [done.kind for done in outcome.results if done.kind == "move_to_earlier"]
        assert (visit.wall_date, visit.version) == (WEDNESDAY, 1 + outcome.winners)
        assert {type(error) for error in outcome.errors} <= {StaleAppointment, OfferGone}
        assert held_twice() == 0
    report("drag against the link", found, before)
    assert deadlocks() == before


def test_control_without_guards_a_drag_or_the_patients_answer_is_written_over(monkeypatch: pytest.MonkeyPatch) -> None:
    without_guards(monkeypatch)
    with without_constraints():
        lost = (outcome.winners - (visit.version - 1) for visit, outcome in drag_rounds(CONTROL_ROUNDS))
        assert any(lost)
