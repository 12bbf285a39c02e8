"""The patients that were meant, each with what tells them from others of the same name: born, file, next visit."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.urls import reverse

from clinic.lib.access import Permission, allows
from clinic.lib.days import local_day, midnight
from clinic.lib.text import digits, normal
from clinic.models import AccessLog, User
from patients.models import Patient
from scheduling.models import Appointment
from treatments.models import PlanStatus, SessionState, TreatmentPlan

SHOWN = 20
"""Twenty of one surname can be walked through; the rest is for the list, or for a first name."""
OPENED_SHOWN = 6
OPENED_READ = 80
AHEAD_OR_HERE = ["booked", "confirmed", "arrived", "in_treatment"]
FEWEST_DIGITS = 3


@dataclass(frozen=True)
class Person:
    """One line: the patient, their next visit, where booking leads, and what else of them was asked for."""

    patient: Patient
    visit: Appointment | None
    book: str
    matched: str = ""

    @property
    def also_called(self) -> str:
        """Return the legal first name where they go by another: it may be the one that was typed."""
        return self.patient.first_name if self.patient.preferred_name not in {"", self.patient.first_name} else ""


@dataclass(frozen=True)
class People:
    """Who was found, and how many there are in all; more than that if `is_cut`.

    `lately` says that nobody was asked for: these were opened.
    """

    found: list[Person]
    total: int
    lately: bool = False
    is_cut: bool = False

    @property
    def more(self) -> int:
        return self.total - len(self.found)


def find_people(user: User, query: str, now: datetime, zone: ZoneInfo) -> People:
    """Return who matches: the best match first, among equals who was here last. Archived files only if nobody else."""
    files = Patient.objects.visible_to(user).select_related("merged_into")
    found = files.likeliest(query)
    shown = found[:SHOWN]
    if not shown:
        found = files.likeliest(query, archived=True)
        shown = found[:SHOWN]
    is_full = len(shown) == SHOWN
    total = found.count() if is_full else len(shown)
    return People(_lines(user, shown, query, now, zone), total, is_cut=is_full and found.is_cut)


def opened_lately(user: User, now: datetime, zone: ZoneInfo) -> People:
    """Return the patients whose files this person opened last: most often one of them is wanted again."""
    read = AccessLog.objects.filter(user=user, subject__startswith="patient:").order_by("-at")
    subjects = read.values_list("subject", flat=True)[:OPENED_READ]
    keys = list(dict.fromkeys(UUID(subject.partition(":")[2]) for subject in subjects))
    found = Patient.objects.visible_to(user).on_file().filter(public_id__in=keys)
    latest = sorted(found, key=lambda patient: keys.index(patient.public_id))[:OPENED_SHOWN]
    return People(_lines(user, latest, "", now, zone), len(latest), lately=True)


def _lines(user: User, patients: Sequence[Patient], query: str, now: datetime, zone: ZoneInfo) -> list[Person]:
    visits = _next_visits(patients, now, zone)
    books = _books(patients) if allows(user, Permission.BOOK) else {}
    return [
        Person(patient, visits.get(patient.pk), books.get(patient.pk, ""), _matched(patient, query))
        for patient in patients
    ]


def _next_visits(patients: Sequence[Patient], now: datetime, zone: ZoneInfo) -> dict[int, Appointment]:
    """Return the first visit of today or later that is not settled, for each who has one."""
    ahead: QuerySet[Appointment] = Appointment.objects.filter(
        patient__in=patients, status__in=AHEAD_OR_HERE, starts_at__gte=midnight(local_day(now, zone), zone)
    )
    first = ahead.order_by("patient_id", "starts_at").distinct("patient_id")
    return {visit.patient_id: visit for visit in first}


def _books(patients: Sequence[Patient]) -> dict[int, str]:
    """Return where booking leads: to the dates of the one course that lacks some, else to the choice of a treatment."""
    lacking = TreatmentPlan.objects.filter(
        patient__in=patients, status=PlanStatus.ACTIVE, sessions__state=SessionState.PLANNED
    )
    plans: dict[int, list[UUID]] = defaultdict(list)
    for patient_id, plan in lacking.order_by().values_list("patient_id", "public_id").distinct():
        plans[patient_id].append(plan)
    return {
        patient.pk: reverse("series_planner", args=plans[patient.pk])
        if len(plans[patient.pk]) == 1
        else reverse("plan_new", args=[patient.public_id])
        for patient in patients
        if not patient.is_archived
    }


def _matched(patient: Patient, query: str) -> str:
    """Say what beyond name, birth date and file number was asked for: "phone", "email" or nothing."""
    number = digits(query)
    if len(number) >= FEWEST_DIGITS and number in digits(str(patient.phone.as_e164 if patient.phone else "")):
        return "phone"
    names = normal(f"{patient.preferred_name} {patient.first_name} {patient.last_name}")
    parts = [part for part in query.lower().split() if not all(word in names for word in normal(part).split())]
    return "email" if any(part in patient.email.lower() for part in parts) else ""
