"""A time in the book, and what it uses up. The constraints here are the last judge (design 4.1)."""

import uuid
from datetime import datetime, timedelta
from typing import Self

import pghistory
import pgtrigger
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeBoundary, RangeOperators
from django.db import models
from django.db.models import Deferrable, F, Func, Q
from django.utils.translation import gettext_lazy as _

from clinic.lib.access import Permission, allows
from clinic.models import Clinic, Clinician, Device, Room, User
from patients.models import Patient
from treatments.models import Session


class AppointmentKind(models.TextChoices):
    SESSION = "session", _("Session")
    CONSULTATION = "consultation", _("Consultation")
    REVIEW = "review", _("Review")


class AppointmentStatus(models.TextChoices):
    BOOKED = "booked", _("Booked")
    CONFIRMED = "confirmed", _("Confirmed")
    ARRIVED = "arrived", _("Arrived")
    IN_TREATMENT = "in_treatment", _("In treatment")
    COMPLETED = "completed", _("Completed")
    NO_SHOW = "no_show", _("No-show")
    CANCELLED = "cancelled", _("Cancelled")
    UNDONE = "undone", _("Undone")


class CancelledBy(models.TextChoices):
    PATIENT = "patient", _("the patient")
    CLINIC = "clinic", _("the clinic")


class ConfirmedHow(models.TextChoices):
    DESK = "desk", _("at the desk")
    PHONE = "phone", _("by phone")
    LINK = "link", _("by the link in the mail")


HOLDING = ["booked", "confirmed", "arrived", "in_treatment", "completed"]
"""Statuses in which an appointment uses up its clinician, room, device and patient."""
AHEAD = ["booked", "confirmed"]
"""Statuses of a visit that has not begun: it may be moved, cancelled, missed."""
PATHS = [
    ("booked", "confirmed"),
    ("booked", "arrived"),
    ("booked", "completed"),
    ("booked", "no_show"),
    ("booked", "cancelled"),
    ("booked", "undone"),
    ("confirmed", "booked"),
    ("confirmed", "arrived"),
    ("confirmed", "completed"),
    ("confirmed", "no_show"),
    ("confirmed", "cancelled"),
    ("confirmed", "undone"),
    ("arrived", "booked"),
    ("arrived", "in_treatment"),
    ("arrived", "completed"),
    ("arrived", "cancelled"),
    ("in_treatment", "arrived"),
    ("in_treatment", "completed"),
    ("completed", "booked"),
    ("completed", "in_treatment"),
    ("no_show", "booked"),
    ("cancelled", "booked"),
    # Where the desk did not press "arrived": the patient is in treatment, and has arrived with that.
    ("booked", "in_treatment"),
    ("confirmed", "in_treatment"),
    ("arrived", "confirmed"),
    # Only an undo leads to where a visit was before it began or ended.
    ("in_treatment", "booked"),
    ("in_treatment", "confirmed"),
    ("completed", "confirmed"),
    ("completed", "arrived"),
    ("no_show", "confirmed"),
    ("cancelled", "confirmed"),
    ("cancelled", "arrived"),
]


SEEN_LATELY = """
IF NEW.status IN ('arrived', 'in_treatment', 'completed') OR OLD.status IN ('arrived', 'in_treatment', 'completed') THEN
    UPDATE patients_patient SET seen_at = last.seen FROM (
        SELECT who, (
            SELECT max(starts_at) FROM scheduling_appointment
            WHERE patient_id = who AND status IN ('arrived', 'in_treatment', 'completed')
        ) AS seen
        FROM unnest(ARRAY[NEW.patient_id, OLD.patient_id]) who
    ) last
    WHERE id = who AND seen_at IS DISTINCT FROM seen;
END IF;
RETURN NULL;
"""
"""When a patient was last here, for the order in which search lists them. It never speaks of what only was booked."""


def _held(what: str, start: str, end: str) -> ExclusionConstraint:
    """Return the rule that nothing of this kind is held twice at the same time; ends do not touch (`[)`)."""
    span = Func(start, end, RangeBoundary(), function="TSTZRANGE", output_field=DateTimeRangeField())
    return ExclusionConstraint(
        name=f"appointment_{what}_once",
        expressions=[(what, RangeOperators.EQUAL), (span, RangeOperators.OVERLAPS)],
        condition=Q(status__in=HOLDING),
        deferrable=Deferrable.IMMEDIATE,
    )


class AppointmentQuerySet(models.QuerySet["Appointment"]):
    def visible_to(self, user: User) -> Self:
        return self if allows(user, Permission.SEE_PATIENTS) else self.none()

    def holding(self) -> Self:
        """Return appointments that use something up."""
        return self.filter(status__in=HOLDING)

    def on_the_board(self) -> Self:
        """Return what the desk may see: everything but what was undone."""
        return self.exclude(status=AppointmentStatus.UNDONE)

    def starting(self, since: datetime, until: datetime) -> Self:
        """Return appointments that start in `[since, until)`; read by the index on the start."""
        return self.filter(starts_at__gte=since, starts_at__lt=until)

    def with_names(self) -> Self:
        """Join what a line of the book shows."""
        return self.select_related("patient", "clinician", "room", "device", "session__plan")


@pghistory.track()
class Appointment(models.Model):
    """A visit. Four instants: arrival (start less numbing), start, end, and the room free again (end plus turnover).

    The clinician is held for `[starts, ends)`, room and device for `[starts, frees)`, the patient for
    `[arrives, ends)`.
    What came of it is noted as it happens: `confirmed_at`, `arrived_at`, `started_at`, `finished_at` are when somebody
    pressed the button (instants); each is empty again once its step is taken back. `cancelled_late`: with less notice
    than the clinic asked for at that moment.
    `wall_date` and `wall_time` keep what was meant: when a zone's rules change, the wall time stays (domain 1.1).
    """

    public_id = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=14, choices=AppointmentKind.choices, default=AppointmentKind.SESSION)
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="appointments", db_index=False)
    session = models.ForeignKey(Session, models.PROTECT, null=True, blank=True, related_name="appointments")
    clinician = models.ForeignKey(Clinician, models.PROTECT, related_name="appointments", db_index=False)
    room = models.ForeignKey(Room, models.PROTECT, related_name="appointments", db_index=False)
    device = models.ForeignKey(Device, models.PROTECT, null=True, blank=True, related_name="appointments")
    arrives_at = models.DateTimeField(_("arrives"))
    starts_at = models.DateTimeField(_("starts"))
    ends_at = models.DateTimeField(_("ends"))
    frees_at = models.DateTimeField(_("room free"))
    wall_date = models.DateField()
    wall_time = models.TimeField()
    wall_zone = models.CharField(max_length=60)
    status = models.CharField(
        _("status"), max_length=14, choices=AppointmentStatus.choices, default=AppointmentStatus.BOOKED
    )
    early_reason = models.CharField(_("why so early"), max_length=200, blank=True)
    late_reason = models.CharField(_("why so late"), max_length=200, blank=True)
    entry_reason = models.CharField(_("why entered afterwards"), max_length=200, blank=True)
    cancelled_by = models.CharField(_("cancelled by"), max_length=8, choices=CancelledBy.choices, blank=True)
    status_reason = models.CharField(_("why cancelled"), max_length=200, blank=True)
    cancelled_late = models.BooleanField(_("cancelled late"), default=False, db_default=False)
    confirmed_at = models.DateTimeField(_("confirmed at"), null=True, blank=True)
    confirmed_how = models.CharField(
        _("confirmed how"), max_length=5, choices=ConfirmedHow.choices, blank=True, default="", db_default=""
    )
    arrived_at = models.DateTimeField(_("arrived at"), null=True, blank=True)
    started_at = models.DateTimeField(_("treatment began at"), null=True, blank=True)
    finished_at = models.DateTimeField(_("completed at"), null=True, blank=True)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = AppointmentQuerySet.as_manager()

    class Meta:
        ordering = ["starts_at", "id"]
        indexes = [
            # All that free time is reckoned from: a stretch of the book is read without touching its rows.
            models.Index(
                fields=["starts_at"],
                include=[
                    *("id", "status", "clinician", "room", "device", "patient"),
                    *("arrives_at", "ends_at", "frees_at"),
                ],
                name="appointment_times",
            ),
            models.Index(fields=["clinician", "starts_at"], name="appointment_of_clinician"),
            models.Index(fields=["room", "starts_at"], name="appointment_of_room"),
            models.Index(fields=["patient", "starts_at"], name="appointment_of_patient"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(arrives_at__lte=F("starts_at"), starts_at__lt=F("ends_at"), ends_at__lte=F("frees_at")),
                name="appointment_times_in_order",
            ),
            models.CheckConstraint(
                condition=Q(kind="session", session__isnull=False) | (~Q(kind="session") & Q(session__isnull=True)),
                name="appointment_session_when_kind_is_session",
            ),
            models.CheckConstraint(
                condition=Q(status__in=AppointmentStatus.values), name="appointment_status_is_known"
            ),
            models.CheckConstraint(condition=Q(kind__in=AppointmentKind.values), name="appointment_kind_is_known"),
            _held("clinician", "starts_at", "ends_at"),
            _held("room", "starts_at", "frees_at"),
            _held("device", "starts_at", "frees_at"),
            _held("patient", "arrives_at", "ends_at"),
            ExclusionConstraint(
                name="appointment_session_once",
                expressions=[("session", RangeOperators.EQUAL)],
                condition=Q(status__in=HOLDING),
                deferrable=Deferrable.IMMEDIATE,
            ),
        ]
        triggers = [
            pgtrigger.FSM(name="status_path", field="status", transitions=PATHS),
            pgtrigger.Trigger(
                name="seen_lately",
                when=pgtrigger.After,
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("status", "patient_id", "starts_at"),
                func=SEEN_LATELY,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.wall_date} {self.wall_time:%H:%M}"

    @property
    def holds(self) -> bool:
        return self.status in HOLDING

    @property
    def is_ahead(self) -> bool:
        return self.status in AHEAD

    def is_late_to_cancel(self, now: datetime) -> bool:
        """Say whether less notice is left than the clinic asks for."""
        return self.starts_at - now < timedelta(hours=Clinic.objects.current().notice_hours)

    @property
    def minutes(self) -> int:
        return int((self.ends_at - self.starts_at) / timedelta(minutes=1))
