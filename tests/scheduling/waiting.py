"""Short words for the tests of the waiting list: who waits, a time that became free, and offers of it."""

import uuid
from datetime import date, datetime, timedelta
from typing import Any

from clinic.models import Clinician, Operation, Room
from patients.models import Patient
from scheduling.models import Appointment, Offer, OfferRound, VisitType, WaitingEntry
from scheduling.planning.waiting_read import Stretch
from scheduling.services.offers import accept_offer, note_offer_call, start_round, take_back, take_by_phone
from scheduling.services.waiting import Wish, add_entry
from tests import factory
from tests.scheduling.conftest import MONDAY
from tests.scheduling.helpers import take
from treatments.models import TreatmentPlan

WEDNESDAY = date(2026, 11, 25)
MINUTE = timedelta(minutes=1)


class List:
    """A clinic with one clinician and one room, who is free on Wednesday from 14:00, and people who wait."""

    def __init__(self, *, rooms: int = 1, **clinician: Any) -> None:
        self.clinic = factory.make_clinic()
        self.moira: Clinician = factory.make_clinician("Moira Hynes", **clinician)
        self.rooms: list[Room] = [factory.make_room() for _ in range(rooms)]
        self.protocol = factory.make_protocol()
        VisitType.objects.update_or_create(
            kind="consultation", defaults={"minutes": 30, "room_kind": self.rooms[0].kind}
        )
        self.stretch = self.time("14:00", 45)

    def time(self, wall: str, minutes: int, day: date = WEDNESDAY, who: Clinician | None = None) -> Stretch:
        start = factory.at(day, wall)
        return Stretch((who or self.moira).pk, start, start + minutes * MINUTE)

    def course(self, last: date, *, booked: date | None = None, wall: str = "10:00", **patient: Any) -> TreatmentPlan:
        """Make a course whose last visit took place on a day; with `booked` the next one stands there."""
        plan = factory.make_plan(factory.make_patient(**patient), self.protocol, clinician=self.moira)
        sessions = list(plan.sessions.order_by("number"))
        take(self.moira, self.rooms[0], last, wall, 45, patient=plan.patient, session=sessions[0], status="completed")
        sessions[0].state = "completed"
        sessions[0].save()
        if booked:
            take(self.moira, self.rooms[0], booked, wall, 45, patient=plan.patient, session=sessions[1])
            sessions[1].state = "booked"
            sessions[1].save()
        return plan

    def waits(self, plan: TreatmentPlan, *, now: datetime = MONDAY, **wish: Any) -> WaitingEntry:
        """Put the patient of a course on the list, for the visit that is booked if there is one."""
        booked = Appointment.objects.filter(session__plan=plan, status="booked").first()
        done = add_entry(
            key=uuid.uuid4(),
            patient_id=plan.patient_id,
            kind="session",
            plan_id=plan.pk,
            appointment_id=booked.pk if booked else None,
            wish=Wish(**wish),
            actor=None,
            now=now,
        )
        return WaitingEntry.objects.get(public_id=done.result["entry"])

    def waits_to_talk(self, patient: Patient | None = None, *, now: datetime = MONDAY, **wish: Any) -> WaitingEntry:
        """Put somebody on the list for a first consultation that is not booked."""
        patient = patient or factory.make_patient()
        done = add_entry(
            key=uuid.uuid4(), patient_id=patient.pk, kind="consultation", wish=Wish(**wish), actor=None, now=now
        )
        return WaitingEntry.objects.get(public_id=done.result["entry"])

    def offer(
        self, entry: WaitingEntry | None = None, *, now: datetime = MONDAY, stretch: Stretch | None = None
    ) -> Offer:
        done = start_round(
            key=uuid.uuid4(),
            stretch=stretch or self.stretch,
            entry_id=entry.pk if entry else None,
            actor=None,
            now=now,
        )
        return Offer.objects.filter(round__public_id=done.result["round"]).latest("pk")

    def accept(self, offer: Offer, *, now: datetime = MONDAY, actor: Any = None) -> Operation:
        return accept_offer(key=uuid.uuid4(), offer_id=offer.pk, actor=actor, now=now)

    def by_phone(self, entry: WaitingEntry, *, now: datetime = MONDAY) -> Operation:
        return take_by_phone(key=uuid.uuid4(), stretch=self.stretch, entry_id=entry.pk, actor=None, now=now)

    def called(self, entry: WaitingEntry, outcome: Any, *, now: datetime = MONDAY) -> Operation:
        return note_offer_call(
            key=uuid.uuid4(), stretch=self.stretch, entry_id=entry.pk, outcome=outcome, actor=None, now=now
        )

    def stop(self, held: OfferRound, *, now: datetime = MONDAY) -> Operation:
        return take_back(key=uuid.uuid4(), round_id=held.pk, actor=None, now=now)
