"""A patient's course: a protocol made personal, and its numbered sessions."""

import uuid
from typing import Self

import pghistory
import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Deferrable, F, Q
from django.utils.translation import gettext_lazy as _

from clinic.lib.access import Permission, allows
from clinic.models import Clinician, DeviceKind, RoomKind, User
from patients.models import Patient

from .catalogue import Area, Protocol


class PlanStatus(models.TextChoices):
    ACTIVE = "active", _("Under way")
    PAUSED = "paused", _("Paused")
    FINISHED = "finished", _("Finished")
    DISCONTINUED = "discontinued", _("Stopped early")


class Side(models.TextChoices):
    LEFT = "left", _("left")
    RIGHT = "right", _("right")
    MIDLINE = "midline", _("midline")


class Size(models.TextChoices):
    SMALL = "s", _("small")
    MEDIUM = "m", _("medium")
    LARGE = "l", _("large")


class Complexity(models.TextChoices):
    LOW = "low", _("low")
    MEDIUM = "medium", _("medium")
    HIGH = "high", _("high")


class SessionState(models.TextChoices):
    PLANNED = "planned", _("To book")
    BOOKED = "booked", _("Booked")
    COMPLETED = "completed", _("Completed")
    DROPPED = "dropped", _("Dropped")


class PlanQuerySet(models.QuerySet["TreatmentPlan"]):
    def visible_to(self, user: User) -> Self:
        return self if allows(user, Permission.SEE_PATIENTS) else self.none()

    def open(self) -> Self:
        """Return plans that still take visits."""
        return self.filter(status__in=[PlanStatus.ACTIVE, PlanStatus.PAUSED])

    def on_the_same_area_as(self, plan: "TreatmentPlan") -> Self:
        """Return the patient's other plans, ended ones too, that treat a place this plan treats.

        The gap belongs to the area (design 4.5): what was injected last week counts, whether or not its course goes on.
        Midline touches both sides (MAPS.md, review 3).
        """
        same = Q()
        for placed in plan.areas.all():
            sides = {placed.side, Side.MIDLINE} if placed.side != Side.MIDLINE else set(Side)
            same |= Q(areas__area_id=placed.area_id, areas__side__in=sides)
        if not same:
            return self.none()
        return self.filter(same, patient_id=plan.patient_id).exclude(pk=plan.pk).distinct()

    def sharing_an_area_with(self, plan: "TreatmentPlan") -> Self:
        """Return those of them that still take visits."""
        return self.open().on_the_same_area_as(plan)


@pghistory.track()
class TreatmentPlan(models.Model):
    """One patient's course. Counts, days and minutes are copies: the catalogue may change, the course does not."""

    public_id = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="plans")
    protocol = models.ForeignKey(Protocol, models.PROTECT, related_name="plans")
    name = models.CharField(_("treatment"), max_length=80)
    clinician = models.ForeignKey(Clinician, models.PROTECT, null=True, blank=True, related_name="plans")
    status = models.CharField(_("status"), max_length=14, choices=PlanStatus.choices, default=PlanStatus.ACTIVE)
    session_count = models.PositiveSmallIntegerField(_("sessions"))
    interval_min = models.PositiveSmallIntegerField(_("days between, at least"))
    interval_ideal = models.PositiveSmallIntegerField(_("days between, best"))
    interval_max = models.PositiveSmallIntegerField(_("days between, at most"))
    minutes = models.PositiveSmallIntegerField(_("minutes of a visit"))
    numbing_minutes = models.PositiveSmallIntegerField(default=0)
    turnover_minutes = models.PositiveSmallIntegerField(default=0)
    shares_day = models.BooleanField(default=True, db_default=True)
    room_kind = models.ForeignKey(RoomKind, models.PROTECT, related_name="+")
    device_kind = models.ForeignKey(DeviceKind, models.PROTECT, null=True, blank=True, related_name="+")
    usual_weekdays = ArrayField(
        models.PositiveSmallIntegerField(), verbose_name=_("usual days"), default=list, blank=True
    )
    usual_time = models.TimeField(_("usual time"), null=True, blank=True)
    size = models.CharField(_("size of the areas"), max_length=1, choices=Size.choices, blank=True)
    complexity = models.CharField(_("complexity"), max_length=6, choices=Complexity.choices, blank=True)
    minor_reason = models.CharField(_("why under age"), max_length=200, blank=True)
    status_reason = models.CharField(_("why paused or stopped"), max_length=200, blank=True)
    many_sessions_reason = models.CharField(_("why more than 15"), max_length=200, blank=True)
    long_gap_reason = models.CharField(_("why more than 14 days"), max_length=200, blank=True)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = PlanQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        indexes = [
            models.Index(fields=["patient", "-created_at"], name="plan_of_patient"),
            # The few courses that go on, among all that ever were.
            models.Index(fields=["status"], condition=Q(status__in=["active", "paused"]), name="plan_open"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(session_count__gte=4) & (Q(session_count__lte=15) | ~Q(many_sessions_reason="")),
                name="plan_sessions_4_to_15",
                violation_error_message=_("A course has 4 to 15 sessions; more than 15 needs a reason."),
            ),
            models.CheckConstraint(
                condition=Q(
                    interval_min__gte=7, interval_ideal__gte=F("interval_min"), interval_max__gte=F("interval_ideal")
                ),
                name="plan_days_in_order",
                violation_error_message=_("Seven days at least; the best between the shortest and the longest."),
            ),
            models.CheckConstraint(
                condition=Q(interval_max__lte=14) | ~Q(long_gap_reason=""),
                name="plan_long_gap_has_a_reason",
                violation_error_message=_("More than 14 days between sessions needs a reason."),
            ),
            models.CheckConstraint(condition=Q(minutes__gt=0), name="plan_has_minutes"),
            models.CheckConstraint(condition=Q(status__in=PlanStatus.values), name="plan_status_is_known"),
        ]
        triggers = [
            pgtrigger.FSM(
                name="status_path",
                field="status",
                transitions=[
                    ("active", "paused"),
                    ("paused", "active"),
                    ("active", "finished"),
                    ("finished", "active"),
                    ("active", "discontinued"),
                    ("paused", "discontinued"),
                    # Only an undo leads back from there.
                    ("discontinued", "active"),
                    ("discontinued", "paused"),
                ],
            )
        ]

    def __str__(self) -> str:
        return self.name


class PlanArea(models.Model):
    """A place that the plan treats. Both sides are two rows (domain 3.2)."""

    plan = models.ForeignKey(TreatmentPlan, models.CASCADE, related_name="areas")
    area = models.ForeignKey(Area, models.PROTECT, related_name="+")
    side = models.CharField(_("side"), max_length=8, choices=Side.choices)

    class Meta:
        ordering = ["area__position", "side"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "area", "side"], name="plan_area_once"),
            models.CheckConstraint(condition=Q(side__in=Side.values), name="plan_area_side_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.area}, {self.get_side_display()}"

    def touches(self, other: "PlanArea") -> bool:
        """Say whether both are one place of a body; as PlanQuerySet.sharing_an_area_with, without a query."""
        sides = {self.side, other.side}
        return self.area_id == other.area_id and (len(sides) == 1 or Side.MIDLINE in sides)


@pghistory.track()
class Session(models.Model):
    """One numbered sitting of a plan. Numbers follow dates: which appointment bears one may change (design 4.6)."""

    plan = models.ForeignKey(TreatmentPlan, models.CASCADE, related_name="sessions")
    number = models.PositiveSmallIntegerField(_("number"))
    state = models.CharField(_("state"), max_length=10, choices=SessionState.choices, default=SessionState.PLANNED)

    class Meta:
        ordering = ["plan", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["plan", "number"], name="session_number_once", deferrable=Deferrable.IMMEDIATE
            ),
            models.CheckConstraint(condition=Q(number__gte=1), name="session_counts_from_1"),
            models.CheckConstraint(condition=Q(state__in=SessionState.values), name="session_state_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.number}"
