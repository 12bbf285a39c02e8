"""Who looked at what. Each look is a row; the table takes no changes (domain 6.2)."""

from collections.abc import Iterable
from typing import Protocol
from uuid import UUID

from clinic.models import AccessLog, User


class Subject(Protocol):
    public_id: UUID


def log_reading(user: User, patient: Subject, page: str) -> None:
    """Note that this person opened a page of this patient's file: one of the three writes a GET may do (design 9)."""
    AccessLog.objects.create(user=user, subject=f"patient:{patient.public_id}", page=page)


def log_readings(user: User, patients: Iterable[UUID], page: str) -> None:
    """Note that this person read something of many files at once, such as a printed list: a row for each."""
    AccessLog.objects.bulk_create(
        AccessLog(user=user, subject=f"patient:{public_id}", page=page) for public_id in patients
    )
