"""What a visit outside a course takes, and what a desk had not finished planning."""

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from clinic.lib.reading import read_once
from clinic.models import RoomKind, User
from treatments.models import TreatmentPlan

from .appointments import AppointmentKind


class VisitTypeManager(models.Manager["VisitType"]):
    def by_kind(self) -> dict[str, "VisitType"]:
        """Return what the clinic offers outside courses. Read once a request."""
        return read_once("visit types", lambda: {one.kind: one for one in self.all()})


class VisitType(models.Model):
    """How long a consultation or a review takes, and in which kind of room. The owner edits these rows."""

    kind = models.CharField(_("kind"), max_length=14, choices=AppointmentKind.choices, unique=True)
    minutes = models.PositiveSmallIntegerField(_("minutes of a visit"), default=30)
    turnover_minutes = models.PositiveSmallIntegerField(_("minutes after, for the room"), default=0)
    room_kind = models.ForeignKey(RoomKind, models.PROTECT, related_name="+")

    objects = VisitTypeManager()

    class Meta:
        ordering = ["kind"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["consultation", "review"]), name="visit_type_outside_a_course"
            ),
            models.CheckConstraint(condition=Q(minutes__gt=0, minutes__lte=240), name="visit_type_minutes"),
        ]

    def __str__(self) -> str:
        return self.get_kind_display()


class PlannerDraft(models.Model):
    """A series that a desk was planning and left: its choices and lines, as posted. One a plan; the newest stays."""

    plan = models.OneToOneField(TreatmentPlan, models.CASCADE, related_name="planner_draft")
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    posted = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    kept_at = models.DateTimeField(_("kept"))

    class Meta:
        indexes = [models.Index(fields=["-kept_at"], name="planner_draft_latest")]

    def __str__(self) -> str:
        return f"draft of {self.plan_id}"
