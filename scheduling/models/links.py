"""Which message speaks of which appointment or course. The unique rules live here, with the subject (design 3)."""

from django.db import models
from django.db.models import Q

from clinic.models import Operation
from patients.models import Message
from treatments.models import TreatmentPlan

from .appointments import Appointment


class AppointmentMessage(models.Model):
    """A message about one appointment, as it stood at one version: a kind is made once for each version,
    and again when someone asks.
    """

    message = models.OneToOneField(Message, models.CASCADE, related_name="of_appointment")
    appointment = models.ForeignKey(Appointment, models.CASCADE, related_name="message_links")
    kind = models.CharField(max_length=40)
    version = models.PositiveIntegerField()
    again = models.PositiveSmallIntegerField(default=0, help_text="Counts what someone asked for once more.")
    told = models.DateTimeField(null=True, blank=True, help_text="The start that the message named when it left.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["appointment", "kind", "version", "again"], name="appointment_message_once")
        ]

    def __str__(self) -> str:
        return f"{self.kind} v{self.version}"


class SeriesMessage(models.Model):
    """A message about a whole course. `told` is what it said when it left: `[[appointment pk, start as ISO], …]`."""

    message = models.OneToOneField(Message, models.CASCADE, related_name="of_series")
    plan = models.ForeignKey(TreatmentPlan, models.CASCADE, related_name="message_links")
    operation = models.ForeignKey(Operation, models.PROTECT, related_name="+")
    is_open = models.BooleanField(default=True)
    is_again = models.BooleanField(default=False, help_text="Someone asked for the same dates once more.")
    told = models.JSONField(default=list)

    class Meta:
        constraints = [
            # Five moves within the hold send one mail: there is at most one that has not left.
            models.UniqueConstraint(fields=["plan"], condition=Q(is_open=True), name="series_message_one_open")
        ]

    def __str__(self) -> str:
        return f"series {self.plan_id}"
