"""Rules of the book that may be broken for a few statements, while several visits change places.

They are checked again before the service goes on, so that what they find is an answer here and no error at COMMIT.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

NUMBERS = "appointment_session_once"
PLACES = "appointment_clinician_once, appointment_room_once, appointment_device_once, appointment_patient_once"


@contextmanager
def numbers_in_motion() -> Iterator[None]:
    """Let two visits bear one session for a moment, inside this transaction; at the end each must have its own.

    A visit that is put back meets the one that took its number meanwhile: `renumber` inside sets them apart.
    """
    with _deferred(NUMBERS):
        yield


@contextmanager
def visits_in_motion() -> Iterator[None]:
    """Let visits stand over each other for a moment; at the end each has its time, its place and its number alone.

    A course that moves a day on, row by row, would hit its own next visit; two visits that swap hit each other.
    """
    with _deferred(f"{PLACES}, {NUMBERS}"):
        yield


@contextmanager
def _deferred(rules: str) -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute(f"SET CONSTRAINTS {rules} DEFERRED")
        yield
        cursor.execute(f"SET CONSTRAINTS {rules} IMMEDIATE")
