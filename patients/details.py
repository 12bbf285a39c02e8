"""What the clinic writes down about a person, and the rules for it. One home for the form, the services and imports."""

from dataclasses import asdict, dataclass, fields
from datetime import date
from typing import Any, Self

from django.utils.translation import gettext as _
from phonenumber_field.phonenumber import PhoneNumber

from patients.models import Language

EARLIEST_BIRTH = date(1900, 1, 1)


def e164(number: PhoneNumber | str | None) -> str:
    """Return a phone number as it is stored and compared: `str()` would leave the country out."""
    return number.as_e164 if isinstance(number, PhoneNumber) else number or ""


@dataclass(frozen=True)
class Details:
    """The facts of a person as the desk gives them. `phone` is E.164."""

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

    @classmethod
    def of(cls, patient: Any) -> Self:  # noqa: ANN401 - a Patient, or an event row that pghistory keeps of one
        """Return what is on file."""
        values = {field.name: getattr(patient, field.name) for field in fields(cls)}
        return cls(**values | {"phone": e164(patient.phone)})

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


def problems(details: Details, today: date) -> dict[str, str]:
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
    return found
