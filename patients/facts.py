"""The facts of two files side by side: which differ, which to keep, and what the one file then says."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from patients.models import Patient

KEPT, GONE, BOTH = "kept", "gone", "both"


@dataclass(frozen=True)
class Fact:
    """Something known of a person, in one or more columns that belong together."""

    name: str
    label: str | Promise
    columns: tuple[str, ...]

    def of(self, patient: Patient) -> tuple[Any, ...]:
        return tuple(getattr(patient, column) for column in self.columns)

    def is_empty(self, patient: Patient) -> bool:
        return not any(self.of(patient))


FACTS = (
    Fact("first_name", _("First name"), ("first_name",)),
    Fact("last_name", _("Last name"), ("last_name",)),
    Fact("preferred_name", _("Goes by"), ("preferred_name",)),
    Fact("birth_date", _("Born"), ("birth_date",)),
    Fact("phone", _("Phone"), ("phone",)),
    Fact("email", _("E-mail"), ("email",)),
    Fact("language", _("Language of messages"), ("language",)),
    Fact("choices", _("Mail"), ("reminders_by_email", "marketing_ok", "choices_at", "choices_source")),
    Fact("address", _("Address"), ("street", "town", "province", "postal_code")),
    Fact("emergency", _("In an emergency"), ("emergency_name", "emergency_phone", "emergency_relation")),
    Fact("guardian", _("Guardian"), ("guardian_name", "guardian_phone", "guardian_relation")),
    Fact("note", _("Good to know"), ("note",)),
)
"""A choice goes with its day and its source."""


def differs(fact: Fact, kept: Patient, gone: Patient) -> bool:
    """Say whether the two files say different things. The same choice told twice is one choice."""
    columns = ("reminders_by_email", "marketing_ok") if fact.name == "choices" else fact.columns
    return any(getattr(kept, column) != getattr(gone, column) for column in columns)


def usual(fact: Fact, kept: Patient, gone: Patient) -> str:
    """Return what is proposed: the words of the file that has some; both notes; the choice that was made last."""
    if fact.name == "note" and kept.note and gone.note:
        return BOTH
    if fact.name == "choices":
        later = gone.choices_at and (kept.choices_at is None or gone.choices_at > kept.choices_at)
        return GONE if later else KEPT
    return GONE if fact.is_empty(kept) and not fact.is_empty(gone) else KEPT


def together(kept: Patient, gone: Patient, take: Mapping[str, str]) -> dict[str, Any]:
    """Return the columns of the one file. `take` says by fact whose words stay; what it leaves out stays as kept."""
    values: dict[str, Any] = {}
    for fact in FACTS:
        choice = take.get(fact.name, KEPT)
        values |= dict(zip(fact.columns, fact.of(gone if choice == GONE else kept), strict=True))
        if fact.name == "note" and choice == BOTH:
            values["note"] = "\n".join(note for note in (kept.note, gone.note) if note)
    return values
