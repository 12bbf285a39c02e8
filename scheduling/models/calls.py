"""What came of calling a patient about a visit that nobody has confirmed."""

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from clinic.models import Operation

from .appointments import Appointment


class CallOutcome(models.TextChoices):
    WILL_COME = "will_come", _("Will come")
    NO_ANSWER = "no_answer", _("No answer")
    LEFT_MESSAGE = "left_message", _("Left a message")


class CallQuerySet(models.QuerySet["Call"]):
    def standing(self) -> "CallQuerySet":
        """Return the calls that were not taken back."""
        return self.filter(operation__undone_by__isnull=True)


class Call(models.Model):
    """One call, by the act that noted it: its actor and hour are the act's. Taken back with it, never changed."""

    appointment = models.ForeignKey(Appointment, models.PROTECT, related_name="calls")
    operation = models.OneToOneField(Operation, models.PROTECT, related_name="+")
    outcome = models.CharField(_("outcome"), max_length=14, choices=CallOutcome.choices)

    objects = CallQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(outcome__in=CallOutcome.values), name="call_outcome_is_known"),
        ]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.outcome} {self.appointment_id}"
