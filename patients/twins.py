"""Is this person on file already? Two files for one person hide what the clinic must know."""

from dataclasses import dataclass
from datetime import date
from difflib import SequenceMatcher
from typing import Any

from django.db import connection
from django.db.models.functions import Lower

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
        names = _names(patient)
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
    same = Patient.objects.on_file().alias(address=Lower("email")).filter(address=patient.email.lower())
    return list(same.exclude(pk=patient.pk)[:CANDIDATES])


@dataclass(frozen=True)
class Alike:
    """Two files that may be one person's; `older` was opened first."""

    older: Patient
    newer: Patient
    same_name: bool
    same_birth_date: bool
    same_phone: bool
    same_email: bool


_PAIRS = """
WITH facts AS (
    SELECT id, 'born' AS kind, birth_date::text AS fact FROM patients_patient WHERE archived_at IS NULL
    UNION ALL
    SELECT id, 'phone', phone FROM patients_patient WHERE archived_at IS NULL AND phone <> ''
    UNION ALL
    SELECT id, 'email', lower(email) FROM patients_patient WHERE archived_at IS NULL AND email <> ''
), shared AS MATERIALIZED (
    SELECT kind, array_agg(id ORDER BY id) AS files FROM facts GROUP BY kind, fact
    HAVING count(*) BETWEEN 2 AND %s
), pairs AS MATERIALIZED (
    SELECT one, other, bool_or(kind = 'born') AND bool_or(kind = 'phone') AS surely
    FROM shared, unnest(files) AS a(one), unnest(files) AS b(other) WHERE one < other GROUP BY one, other
)
SELECT one, other FROM pairs
JOIN patients_patient a ON a.id = one JOIN patients_patient b ON b.id = other
WHERE (surely OR similarity(a.search_text, b.search_text) >= %s)
  AND NOT EXISTS (SELECT 1 FROM patients_nottwins n WHERE n.first_id = one AND n.second_id = other)
ORDER BY similarity(a.search_text, b.search_text) DESC, one, other
LIMIT %s
"""
LARGEST_GROUP = 100
"""More files with one phone or e-mail share the clinic's own, typed for want of another: that says nothing."""
ROUGHLY_ALIKE = 0.2
"""How alike the database must find two names, of 1, before they are compared with care; "Penny" to "Penney" is 0.4."""
PAIRS = 500


def alike_on_file() -> list[Alike]:
    """Return the pairs of files that may be one person's, the likeliest first.

    The database gathers the files that share a birth date, a phone or an e-mail and pairs only those: nobody is
    compared with everybody, whatever its statistics say.
    The rule is that of `find_twins`: a like name beside one of them, or birth date and phone together.
    """
    with connection.cursor() as cursor:
        cursor.execute(_PAIRS, [LARGEST_GROUP, ROUGHLY_ALIKE, PAIRS])
        keys = cursor.fetchall()
    files = Patient.objects.in_bulk({key for pair in keys for key in pair})
    pairs = [_compare(files[one], files[other]) for one, other in keys]
    return [alike for likeness, alike in pairs if likeness >= ALIKE or (alike.same_phone and alike.same_birth_date)]


def _compare(one: Patient, other: Patient) -> tuple[float, Alike]:
    older, newer = sorted((one, other), key=lambda patient: patient.file_number)
    likeness = max(_alike(a, b) for a in _names(older) for b in _names(newer))
    return likeness, Alike(
        older,
        newer,
        same_name=any(normal(a) == normal(b) for a in _names(older) for b in _names(newer)),
        same_birth_date=older.birth_date == newer.birth_date,
        same_phone=bool(older.phone) and older.phone == newer.phone,
        same_email=bool(older.email) and older.email.lower() == newer.email.lower(),
    )


def _names(patient: Patient) -> tuple[str, str]:
    return f"{patient.first_name} {patient.last_name}", patient.full_name
