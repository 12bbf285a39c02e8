"""The one lock helper of the book. Every writer goes through it, so that none waits in a circle (design 4.2).

The constraints alone are correct, but simultaneous inserts then wait for each other until PostgreSQL breaks them up
one a second (reliability 1.3). Measured there: no deadlock with the rows locked first.
"""

from collections.abc import Iterable

from clinic.lib.locks import lock_rows
from clinic.models import Clinician, Device, Room
from patients.models import Patient
from scheduling.models import Appointment
from treatments.models import TreatmentPlan


def lock_book(
    *,
    plans: Iterable[int | None] = (),
    patients: Iterable[int | None] = (),
    clinicians: Iterable[int | None] = (),
    rooms: Iterable[int | None] = (),
    devices: Iterable[int | None] = (),
) -> None:
    """Lock plans, patients, clinicians, rooms, devices, each by primary key. Once a transaction, before reading."""
    lock_rows(TreatmentPlan, plans)
    lock_rows(Patient, patients)
    lock_rows(Clinician, clinicians)
    lock_rows(Room, rooms)
    lock_rows(Device, devices)


def rooms_of_kind(plan: TreatmentPlan) -> list[int]:
    """Return the rooms that a visit of this plan may be given: the one is chosen under the lock of all."""
    return list(Room.objects.filter(kind_id=plan.room_kind_id, is_active=True).values_list("pk", flat=True))


def devices_of_kind(plan: TreatmentPlan) -> list[int]:
    if plan.device_kind_id is None:
        return []
    return list(Device.objects.filter(kind_id=plan.device_kind_id, is_active=True).values_list("pk", flat=True))


def lock_for_visits(plan: TreatmentPlan, clinicians: Iterable[int]) -> None:
    """Lock all that visits of this plan with these clinicians may use up."""
    lock_book(
        plans=[plan.pk],
        patients=[plan.patient_id],
        clinicians=clinicians,
        rooms=rooms_of_kind(plan),
        devices=devices_of_kind(plan),
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
