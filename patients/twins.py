"""Is this person on file already? Two files for one person hide what the clinic must know."""

from dataclasses import dataclass
from datetime import date
from difflib import SequenceMatcher
from typing import Any

from clinic.lib.text import normal
from patients.details import e164
from patients.models import Patient

ALIKE = 0.72
"""How alike two names must be, of 1; "Margaret Penny" and "Marguerite Penney" are 0.84."""
CANDIDATES = 50


@dataclass(frozen=True)
class Twin:
    """Someone on file who may be the person that is being registered, and which facts agree."""

    patient: Patient
    same_name: bool
    same_birth_date: bool
    same_phone: bool
    same_email: bool


def _alike(one: str, other: str) -> float:
    return SequenceMatcher(None, normal(one), normal(other)).ratio()


def find_twins(typed: dict[str, Any]) -> list[Twin]:
    """Return who may be the same person as the one typed so far, the likeliest first.

    Couples share a phone, strangers a birthday: it takes a like name beside one of them, or both of them together.
    """
    day: date | None = typed.get("birth_date")
    phone, email = e164(typed.get("phone")), str(typed.get("email") or "").lower()
    name = f"{typed.get('first_name') or ''} {typed.get('last_name') or ''}".strip()
    found = []
    for patient in Patient.objects.maybe(birth_date=day, phone=phone)[:CANDIDATES]:
        names = (f"{patient.first_name} {patient.last_name}", patient.full_name)
        likeness = max(_alike(name, other) for other in names) if name else 0
        same_phone = bool(phone) and e164(patient.phone) == phone
        same_day = day == patient.birth_date
        if likeness >= ALIKE or (same_phone and same_day):
            same_name = any(normal(name) == normal(other) for other in names)
            same_email = bool(email) and patient.email.lower() == email
            found.append((likeness, Twin(patient, same_name, same_day, same_phone, same_email)))
    return [twin for _likeness, twin in sorted(found, key=lambda pair: -pair[0])]


def sharers(patient: Patient) -> list[Patient]:
    """Return who else gets mail at this patient's address: the desk must say whose visit it speaks of."""
    if not patient.email:
        return []
    return list(Patient.objects.on_file().filter(email__iexact=patient.email).exclude(pk=patient.pk)[:CANDIDATES])
