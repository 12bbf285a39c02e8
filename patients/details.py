"""What the clinic writes down about a person, and the rules for it. One home for the form, the services and imports."""

import re
from dataclasses import asdict, dataclass, fields
from datetime import date
from typing import Any, Self

from django.utils.translation import gettext as _
from phonenumber_field.phonenumber import PhoneNumber

from clinic.lib.days import age_on
from patients.models import Language

EARLIEST_BIRTH = date(1900, 1, 1)
PHONES = ("phone", "emergency_phone", "guardian_phone")
_CANADIAN_POSTCODE = re.compile(r"([A-Za-z]\d[A-Za-z])[ -]?(\d[A-Za-z]\d)")


def e164(number: PhoneNumber | str | None) -> str:
    """Return a phone number as it is stored and compared: `str()` would leave the country out."""
    return number.as_e164 if isinstance(number, PhoneNumber) else number or ""


@dataclass(frozen=True)
class Details:
    """The facts of a person as the desk gives them. Phones are E.164."""

    first_name: str
    last_name: str
    birth_date: date
    preferred_name: str = ""
    phone: str = ""
    email: str = ""
    language: str = Language.ENGLISH
    reminders_by_email: bool = True
    marketing_ok: bool = False
    note: str = ""
    street: str = ""
    town: str = ""
    province: str = ""
    postal_code: str = ""
    emergency_name: str = ""
    emergency_phone: str = ""
    emergency_relation: str = ""
    guardian_name: str = ""
    guardian_phone: str = ""
    guardian_relation: str = ""

    @classmethod
    def of(cls, patient: Any) -> Self:  # noqa: ANN401 - a Patient, or an event row that pghistory keeps of one
        """Return what is on file."""
        values = {field.name: getattr(patient, field.name) for field in fields(cls)}
        return cls(**values | {name: e164(values[name]) for name in PHONES})

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    def same_choices(self, other: "Details") -> bool:
        """Say whether the person chose the same about mail: another choice is dated anew."""
        return (self.reminders_by_email, self.marketing_ok) == (other.reminders_by_email, other.marketing_ok)


class DetailsRefused(Exception):
    """These details are not saved. `problems` says why, in a sentence for each field."""

    def __init__(self, problems: dict[str, str]) -> None:
        super().__init__("; ".join(problems.values()))
        self.problems = problems


def birth_date_problem(day: date, today: date) -> str | None:
    """Return why nobody can have this birth date, or None."""
    if day > today:
        return _("This day has not come yet. Check the year.")
    if day < EARLIEST_BIRTH:
        return _("Nobody was born in %(year)d. Check the year.") % {"year": day.year}
    return None


def tidy_postcode(code: str) -> str:
    """Return a Canadian postal code as it is printed, "A1C 0X0"; another country's as it was typed."""
    code = code.strip()
    match = _CANADIAN_POSTCODE.fullmatch(code)
    return f"{match[1]} {match[2]}".upper() if match else code


def problems(details: Details, today: date, age_of_majority: int) -> dict[str, str]:
    """Return what is wrong with these details, by field; an empty dictionary when nothing is."""
    found: dict[str, str] = {}
    if not details.first_name.strip():
        found["first_name"] = _("Enter the first name as it is on their health card.")
    if not details.last_name.strip():
        found["last_name"] = _("Enter the last name as it is on their health card.")
    if problem := birth_date_problem(details.birth_date, today):
        found["birth_date"] = problem
    if not details.phone and not details.email:
        found["phone"] = _("Give a phone number or an e-mail: there must be a way to reach them.")
    if details.emergency_name.strip() and not details.emergency_phone:
        words = _("Write the phone of %(name)s, or leave the emergency contact empty.")
        found["emergency_phone"] = words % {"name": details.emergency_name.strip()}
    if details.emergency_phone and not details.emergency_name.strip():
        found["emergency_name"] = _("Write whose phone this is, or leave the emergency contact empty.")
    return found if "birth_date" in found else found | _guardian_problems(details, today, age_of_majority)


def _guardian_problems(details: Details, today: date, age_of_majority: int) -> dict[str, str]:
    """Return what is missing about the guardian of somebody who is under age."""
    age = age_on(details.birth_date, today)
    if age >= age_of_majority:
        return {}
    found = {}
    if not details.guardian_name.strip():
        words = _("%(name)s is %(age)d. Under %(majority)d a guardian must be on file: write their name.")
        called = details.preferred_name.strip() or details.first_name.strip() or _("The patient")
        found["guardian_name"] = words % {"name": called, "age": age, "majority": age_of_majority}
    if not details.guardian_phone:
        found["guardian_phone"] = _("Write the phone at which the guardian is reached.")
    return found
