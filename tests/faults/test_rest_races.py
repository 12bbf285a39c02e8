"""The rest of a course is spaced anew while somebody books one of its places, moves it on, or cancels a visit of it.

All of it is moved or nothing is, one desk is told that it was done, and the others what came before them.
"""

import uuid
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from clinic.models import Clinician, Room
from scheduling.models import Appointment, AppointmentStatus, VisitType
from scheduling.planning.rest import Act as Kind
from scheduling.planning.rest import Places, Rest, slot_of
from scheduling.planning.types import Slot
from scheduling.services import acting, resting, single
from scheduling.services.appointments import cancel_appointment
from scheduling.services.errors import SlotTaken, StaleAppointment
from scheduling.services.moves import Move
from scheduling.services.resting import Lost, replan_rest
from scheduling.services.single import book_visit
from tests import factory
from tests.faults.careless import compare_nothing
from tests.faults.test_place_races import held_twice, unguarded
from tests.race import FAULTS, RACERS, ROUNDS, Act, Outcome, after, deadlocks, race, report, without_constraints
from tests.scheduling.conftest import MONDAY
from tests.scheduling.helpers import take
from treatments.models import TreatmentPlan

pytestmark = FAULTS
CONTROL_ROUNDS = 8
FIRST, WEEK, VISITS = date(2026, 12, 1), timedelta(weeks=1), 5


class Course:
    """Five weekly visits of one course, and what each desk would do with them. The second is the one that is lost."""

    def __init__(self, moira: Clinician, room: Room, protocol: Any) -> None:
        self.moira, self.room = moira, room
        self.plan: TreatmentPlan = factory.make_plan(protocol=protocol, clinician=moira, interval_max=10)
        sessions = list(self.plan.sessions.order_by("number"))[:VISITS]
        for n, session in enumerate(sessions):
            take(moira, room, FIRST + n * WEEK, "10:00", 45, patient=self.plan.patient, session=session)
        self.plan.sessions.filter(pk__in=[session.pk for session in sessions]).update(state="booked")
        Appointment.objects.update(created_at=MONDAY)
        self.visits = self.now_held()
        self.versions = {visit.pk: visit.version for visit in self.visits[1:]}
        self.anew, _short = Rest(self.visits[1], Kind.CANCEL, MONDAY).respaced()
        visit = self.visits[1]
        self.on = Rest(visit, Kind.MOVE, MONDAY).shifted(Slot(visit.starts_at + timedelta(days=1), moira.pk))

    def now_held(self) -> list[Appointment]:
        held = Appointment.objects.holding().filter(session__plan=self.plan).order_by("starts_at")
        return list(held.select_related("session__plan__patient", "patient", "clinician", "room", "device"))

    def spaces_anew(self) -> Act:
        """Cancel the second visit and put the later ones where they were proposed."""
        lost = Lost(self.visits[1].pk, AppointmentStatus.CANCELLED, "Ill", "patient")
        return self._saves(self.anew, lost)

    def moves_on(self) -> Act:
        """Move the second visit and the later ones on by a day."""
        return self._saves(self.on, None)

    def cancels(self) -> Act:
        """Cancel the fourth visit, from a card that shows it where it was."""
        visit = self.visits[3]
        asked = {"appointment_id": visit.pk, "version": visit.version, "actor": self.moira.user, "now": MONDAY}
        return lambda: cancel_appointment(key=uuid.uuid4(), reason="Travels", **asked)

    def books(self) -> Act:
        """Book a stranger at the first place that the rest is to have."""
        slot, patient = self.contested, factory.make_patient()
        asked: dict[str, Any] = {"kind": "consultation", "patient_id": patient.pk, "actor": None, "now": MONDAY}
        return lambda: book_visit(key=uuid.uuid4(), slot=slot, **asked)

    def looks(self) -> object:
        return Rest(self.visits[3], Kind.CANCEL, MONDAY).respaced()

    @property
    def contested(self) -> Slot:
        first = self.anew[self.visits[2].pk]
        return Slot(first.starts_at, first.clinician_id)

    def _saves(self, places: Places, lost: Lost | None) -> Act:
        by_key = {visit.pk: slot_of(visit) for visit in self.visits}
        moves = [Move(pk, slot) for pk, slot in places.items() if slot.starts_at != by_key[pk].starts_at]
        asked: dict[str, Any] = {"moves": moves, "lost": lost, "versions": self.versions, "now": MONDAY}
        return lambda: replan_rest(key=uuid.uuid4(), plan_id=self.plan.pk, actor=self.moira.user, **asked)

    @property
    def starts(self) -> list[Any]:
        return [visit.starts_at for visit in self.now_held()]

    def as_after(self, kind: str) -> list[Any]:
        """Return the starts of the course as they are after an act of this kind alone."""
        stood = {visit.pk: visit.starts_at for visit in self.visits}
        if kind == "replan_after_loss":
            del stood[self.visits[1].pk]
            stood |= {pk: slot.starts_at for pk, slot in self.anew.items()}
        elif kind == "replan_rest":
            stood |= {pk: slot.starts_at for pk, slot in self.on.items()}
        elif kind == "cancel_appointment":
            del stood[self.visits[3].pk]
        return sorted(stood.values())


def rounds(rival: Callable[[Course], Act], count: int) -> Iterator[tuple[Course, Outcome]]:
    """Half space the rest anew, half do what the rival does, in every other round after a look at the course."""
    factory.make_clinic()
    moira, room = factory.make_clinician(), factory.make_room()
    factory.make_room(kind=room.kind)
    VisitType.objects.update_or_create(kind="consultation", defaults={"minutes": 45, "room_kind": room.kind})
    protocol = factory.make_protocol()
    for n in range(count):
        Appointment.objects.filter(status="booked").update(status="undone")
        course = Course(moira, room, protocol)
        assert course.anew[course.visits[2].pk].starts_at != course.visits[2].starts_at
        rivals = (after(course.looks, rival(course)) if n % 2 else rival(course) for _ in range(RACERS // 2))
        acts = [
            act for both in zip(rivals, (course.spaces_anew() for _ in range(RACERS // 2)), strict=True) for act in both
        ]
        yield course, race(acts)


RIVALS = [Course.books, Course.moves_on, Course.cancels]


def named(rival: Callable[[Course], Act]) -> str:
    return rival.__name__


@pytest.mark.parametrize("rival", RIVALS, ids=named)
def test_the_rest_is_spaced_anew_whole_or_not_at_all_and_one_act_is_done(rival: Callable[[Course], Act]) -> None:
    before, found = deadlocks(), []
    for course, outcome in rounds(rival, ROUNDS):
        found.append(outcome)
        (done,) = outcome.results
        assert course.starts == course.as_after(done.kind)
        assert {type(error) for error in outcome.errors} <= {SlotTaken, StaleAppointment}
        assert held_twice() == 0
    report(f"the rest spaced anew, another desk {rival.__name__.replace('_', ' ')}", found, before)
    assert deadlocks() == before


@pytest.mark.parametrize("rival", RIVALS, ids=named)
def test_control_without_guards_several_acts_are_done_over_each_other(
    rival: Callable[[Course], Act], monkeypatch: pytest.MonkeyPatch
) -> None:
    unguarded(monkeypatch)
    compare_nothing(monkeypatch)
    monkeypatch.setattr(resting, "lock_for_moves", lambda *_: None)
    monkeypatch.setattr(single, "lock_for_visits", lambda *_: None)
    for module in (acting, resting):
        monkeypatch.setattr(module, "refuse_stale", lambda *_: None)
    with without_constraints():
        found = rounds(rival, CONTROL_ROUNDS)
        assert any(outcome.winners > 1 and (rival is not Course.books or held_twice()) for _course, outcome in found)
