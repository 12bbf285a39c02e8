"""The one lock helper of the book. Every writer goes through it, so that none waits in a circle (design 4.2).

The constraints alone are correct, but simultaneous inserts then wait for each other until PostgreSQL breaks them up
one a second (reliability 1.3). Measured there: no deadlock with the rows locked first.
"""

from collections.abc import Iterable

from django.db.models import Q

from clinic.lib.locks import lock_rows
from clinic.models import Clinician, Device, Room
from patients.models import Patient
from scheduling.models import Appointment
from scheduling.planning.freetime import Visit
from treatments.models import TreatmentPlan
from treatments.named import read_staff_again


def lock_book(
    *,
    plans: Iterable[int | None] = (),
    patients: Iterable[int | None] = (),
    clinicians: Iterable[int | None] = (),
    rooms: Iterable[int | None] | Q = (),
    devices: Iterable[int | None] | Q = (),
) -> None:
    """Lock plans, patients, clinicians, rooms, devices, each in the order of its keys. Once, before reading."""
    plans = list(plans)
    lock_rows(TreatmentPlan, plans)
    lock_rows(Patient, patients)
    lock_rows(Clinician, clinicians)
    lock_rows(Room, rooms)
    lock_rows(Device, devices)
    read_staff_again(plans)


def lock_for_visits(visit: Visit, plan_id: int | None, clinicians: Iterable[int]) -> None:
    """Lock all that such visits with these clinicians may use up.

    Every room and device of the kind is locked: which one a visit gets is chosen under the lock.
    """
    lock_book(
        plans=[plan_id],
        patients=[visit.patient_id],
        clinicians=clinicians,
        rooms=Q(kind_id=visit.room_kind_id, is_active=True),
        devices=Q(kind_id=visit.device_kind_id, is_active=True) if visit.needs_device else [],
    )


def lock_for_moves(appointments: Iterable[Appointment], clinicians: Iterable[int]) -> None:
    """Lock all that these visits hold, and what they may take: these clinicians, the rooms and devices of a kind."""
    held = list(appointments)
    rooms = Room.objects.filter(kind__in={visit.room.kind_id for visit in held}).values_list("pk", flat=True)
    kinds = {visit.device.kind_id for visit in held if visit.device}
    devices = Device.objects.filter(kind__in=kinds).values_list("pk", flat=True) if kinds else []
    lock_book(
        plans=[visit.session.plan_id for visit in held if visit.session],
        patients=[visit.patient_id for visit in held],
        clinicians=[*clinicians, *(visit.clinician_id for visit in held)],
        rooms=rooms,
        devices=devices,
    )


def lock_for_appointments(appointments: Iterable[Appointment], plans: Iterable[int | None]) -> None:
    """Lock all that these visits hold now, and their courses."""
    held = list(appointments)
    lock_book(
        plans=plans,
        patients=[appointment.patient_id for appointment in held],
        clinicians=[appointment.clinician_id for appointment in held],
        rooms=[appointment.room_id for appointment in held],
        devices=[appointment.device_id for appointment in held],
    )
