"""The visits of a day as plain values: one statement, no model instances (a day has hundreds, and is read all day)."""

from datetime import date, datetime
from typing import NamedTuple

from django.db.models import BooleanField, Case, Exists, F, OuterRef, QuerySet, TextField, Value, When
from django.db.models.functions import Cast
from phonenumber_field.phonenumber import to_python

from clinic.lib.phones import phone_words
from scheduling.models import AHEAD, HOLDING, Appointment, AppointmentKind, AppointmentStatus


class DayVisit(NamedTuple):
    """What a line or a card shows of one visit. Moments are instants, phones are as stored (E.164)."""

    pk: int
    public_id: str
    version: int
    kind: str
    status: str
    status_reason: str
    early_reason: str
    late_reason: str
    arrives_at: datetime
    starts_at: datetime
    ends_at: datetime
    frees_at: datetime
    clinician_id: int
    room_id: int
    room_name: str
    device_name: str | None
    session_id: int | None
    number: int | None
    session_count: int | None
    plan_name: str | None
    patient_id: int
    patient_public_id: str
    file_number: int
    first_name: str
    last_name: str
    preferred_name: str
    birth_date: date
    phone: str
    email: str
    reminders_by_email: bool
    guardian_name: str
    guardian_phone: str
    note: str
    is_first: bool
    arrived_at: datetime | None

    @property
    def is_ahead(self) -> bool:
        return self.status in AHEAD

    @property
    def called(self) -> str:
        return self.preferred_name or self.first_name

    @property
    def patient_name(self) -> str:
        return f"{self.called} {self.last_name}"

    @property
    def initials(self) -> str:
        return (self.called[:1] + self.last_name[:1]).upper()

    @property
    def file_label(self) -> str:
        return f"{self.file_number:04d}"

    @property
    def phone_label(self) -> str:
        """The phone as it is said; reading a number costs more than all else of a row."""
        return phone_words(to_python(self.phone))

    @property
    def guardian_label(self) -> str:
        """The guardian with the phone: "Anna Kieley, 709-555-0101"; empty without one."""
        phone = phone_words(to_python(self.guardian_phone))
        return ", ".join(part for part in (self.guardian_name, phone) if part)

    @property
    def status_word(self) -> str:
        return str(AppointmentStatus(self.status).label)

    @property
    def what(self) -> str:
        """The treatment of a session, or what kind of visit it is."""
        return self.plan_name or str(AppointmentKind(self.kind).label)


# In the order of DayVisit's fields.
COLUMNS = (
    *("pk", "public_id_text", "version", "kind", "status", "status_reason", "early_reason", "late_reason"),
    *("arrives_at", "starts_at", "ends_at", "frees_at", "clinician_id", "room_id", "room__name", "device__name"),
    *("session_id", "session__number", "session__plan__session_count", "session__plan__name"),
    *("patient_id", "patient_id_text", "patient__file_number", "patient__first_name", "patient__last_name"),
    *("patient__preferred_name", "patient__birth_date", "phone_text", "patient__email"),
    *("patient__reminders_by_email", "patient__guardian_name", "guardian_phone_text", "patient__note"),
    *("is_first", "arrived_at"),
)


def day_visits(visits: QuerySet[Appointment]) -> list[DayVisit]:
    """Read visits in the order of the queryset, in one query."""
    read = visits.annotate(
        is_first=_first(),
        # As text, because they are only ever written out.
        public_id_text=Cast("public_id", TextField()),
        patient_id_text=Cast("patient__public_id", TextField()),
        phone_text=Cast("patient__phone", TextField()),  # a number that the field reads costs 0.1 ms
        guardian_phone_text=Cast("patient__guardian_phone", TextField()),
    )
    return [DayVisit(*row) for row in read.values_list(*COLUMNS)]


def _first() -> Case:
    """Say whether nobody has treated this patient here before this visit, and no earlier visit is booked.

    Who was seen before it is known from the file alone; only for the others is the book asked.
    """
    earlier = Appointment.objects.filter(
        patient_id=OuterRef("patient_id"), starts_at__lt=OuterRef("starts_at"), status__in=HOLDING
    )
    seen = When(patient__seen_at__lt=F("starts_at"), then=Value(value=False))
    return Case(seen, default=~Exists(earlier), output_field=BooleanField())
