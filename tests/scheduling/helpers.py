"""Short words for the tests of the book."""

import uuid
from collections.abc import Iterable
from datetime import date, time, timedelta
from typing import Any

from clinic.models import Clinician, Room
from patients.models import Patient
from scheduling.models import Appointment
from scheduling.planning.types import Choices, Proposal, Rhythm
from tests import factory
from treatments.models import Session


def choose(clinician: Clinician | None, **fields: Any) -> Choices:
    """Return choices: ten weekly sessions, Tuesdays around 14:00, from 1 December 2026."""
    values: dict[str, Any] = {
        "start_on": date(2026, 12, 1),
        "weekdays": {1},
        "around": time(14, 0),
        "clinician_id": clinician.pk if clinician else None,
        "else_anyone": True,
        "rhythm": Rhythm.WEEKLY,
        "count": 10,
    }
    values |= fields
    return Choices(**{**values, "weekdays": frozenset(values["weekdays"])})


def days_of(proposal: Proposal) -> list[date]:
    return [factory.local_day(slot.starts_at) for slot in proposal.slots]


def walls_of(proposal: Proposal) -> set[time]:
    return {slot.starts_at.astimezone(factory.ST_JOHNS).time() for slot in proposal.slots}


def take(
    clinician: Clinician,
    room: Room,
    day: date,
    wall: str,
    minutes: int,
    *,
    patient: Patient | None = None,
    session: Session | None = None,
    **fields: Any,
) -> Appointment:
    """Put a visit into the book, past all services: a consultation unless a session is given."""
    start = factory.at(day, wall)
    end = start + timedelta(minutes=minutes)
    return Appointment.objects.create(
        kind="session" if session else "consultation",
        session=session,
        patient=patient or factory.make_patient(),
        clinician=clinician,
        room=room,
        arrives_at=start,
        starts_at=start,
        ends_at=end,
        frees_at=end,
        wall_date=day,
        wall_time=time.fromisoformat(wall),
        wall_zone="America/St_Johns",
        **fields,
    )


def keys(n: int) -> Iterable[uuid.UUID]:
    return (uuid.uuid4() for _ in range(n))
