"""Short words for the tests of messages: a clinic, one course, and visits put into it past all services."""

import uuid
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any

from clinic.models import Clinic, Clinician, Operation, Room
from patients.models import Channel, Message, Patient
from patients.services.outbox import queue
from scheduling.models import Appointment, AppointmentMessage, AppointmentStatus
from scheduling.services import notices
from tests import factory
from treatments.aftercare import first_version
from treatments.models import AftercareText, SessionState, TreatmentPlan

MONDAY = factory.at(date(2026, 11, 23), "09:00")
MINUTE = timedelta(minutes=1)


class Course:
    """A plan of ten whose visits a test books, moves and cancels by hand, with the hooks that the services call."""

    def __init__(self, *, numbing: int = 30, **patient: Any) -> None:
        self.clinic: Clinic = factory.make_clinic()
        self.moira: Clinician = factory.make_clinician("Moira Hynes")
        self.room: Room = factory.make_room()
        if not AftercareText.objects.exists():
            AftercareText.objects.create(**first_version())
        protocol = factory.make_protocol(numbing_minutes=numbing, massage_from_hours=24)
        values = {"first_name": "Marguerite", "last_name": "Quenneville", **patient}
        self.patient: Patient = factory.make_patient(**values)
        self.plan: TreatmentPlan = factory.make_plan(self.patient, protocol, clinician=self.moira)
        self.operation: Operation | None = None

    def operate(self, kind: str, visits: Iterable[Appointment], now: datetime) -> Operation:
        self.operation = Operation.objects.create(
            id=uuid.uuid4(),
            kind=kind,
            actor="test",
            body_hash="x",
            at=now,
            touched=[{"appointment": visit.pk, "version": visit.version, "before": None} for visit in visits],
        )
        return self.operation

    def put(self, number: int, day: date, wall: str, minutes: int = 45) -> Appointment:
        """Put one visit into the book without telling anybody."""
        start = factory.at(day, wall)
        session = self.plan.sessions.get(number=number)
        session.state = SessionState.BOOKED
        session.save()
        return Appointment.objects.create(
            session=session,
            patient=self.patient,
            clinician=self.moira,
            room=self.room,
            arrives_at=start - self.plan.numbing_minutes * MINUTE,
            starts_at=start,
            ends_at=start + minutes * MINUTE,
            frees_at=start + minutes * MINUTE,
            wall_date=day,
            wall_time=time.fromisoformat(wall),
            wall_zone="America/St_Johns",
        )

    def book(self, *days: date, wall: str = "14:00", now: datetime = MONDAY, first: int = 1) -> list[Appointment]:
        visits = [self.put(first + n, day, wall) for n, day in enumerate(days)]
        notices.remind_all(appointments=visits, now=now)
        notices.course_changed(plan=self.plan, operation=self.operate("book_series", visits, now), now=now)
        return visits

    def move(self, visit: Appointment, day: date, wall: str, now: datetime) -> None:
        start = factory.at(day, wall)
        shift = start - visit.starts_at
        for name in ("arrives_at", "starts_at", "ends_at", "frees_at"):
            setattr(visit, name, getattr(visit, name) + shift)
        visit.wall_date, visit.wall_time, visit.version = day, time.fromisoformat(wall), visit.version + 1
        visit.save()
        notices.remind(appointment=visit, now=now)
        notices.course_changed(plan=self.plan, operation=self.operate("move", [visit], now), now=now)

    def cancel(self, visit: Appointment, now: datetime) -> None:
        visit.status, visit.version = AppointmentStatus.CANCELLED, visit.version + 1
        visit.save()
        notices.withdraw_for(appointment=visit, reason="The visit was cancelled.", now=now)
        notices.course_changed(plan=self.plan, operation=self.operate("cancel", [visit], now), now=now)

    def complete(self, visit: Appointment, now: datetime) -> None:
        visit.status, visit.version = AppointmentStatus.COMPLETED, visit.version + 1
        visit.save()
        notices.visit_completed(appointment=visit, now=now)

    def messages(self, kind: str, *states: str) -> list[Message]:
        found = Message.objects.filter(patient=self.patient, kind=kind).order_by("pk")
        return list(found.filter(state__in=states) if states else found)


def a_reminder(course: Course, *, due: datetime, visit: Appointment | None = None, **fields: Any) -> Message:
    """Put one reminder into the outbox, due when the test says."""
    visit = visit or course.put(1, factory.local_day(due) + timedelta(days=1), "14:00")
    values: dict[str, Any] = {"channel": Channel.EMAIL, "not_after": visit.arrives_at}
    message = queue.enqueue(patient=course.patient, kind="reminder_1_day", due_at=due, **(values | fields))
    version = visit.version + visit.message_links.count()
    AppointmentMessage.objects.create(message=message, appointment=visit, kind=message.kind, version=version)
    return message
