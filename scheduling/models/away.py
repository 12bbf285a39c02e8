"""A plan for the visits of a clinician who is away, while the desk looks at it. Nothing in the book follows from it."""

import uuid

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from clinic.models import Clinician, Operation, User


class AwayState(models.TextChoices):
    LOOKING = "looking", _("Looking")
    FOUND = "found", _("Found")
    STOPPED = "stopped", _("Stopped")
    APPLIED = "applied", _("Applied")


class AwayPlan(models.Model):
    """Where each visit of the span is to go, how good that is, and how far the search has come.

    `rows` in order of time: the visit, where it was read to stand, where it is to go. `history` is the search: seconds,
    then left over and second part of the best plan, then the same of what any plan has at least.
    """

    public_id = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    clinician = models.ForeignKey(Clinician, models.CASCADE, related_name="away_plans")
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    made_at = models.DateTimeField(_("made"))
    state = models.CharField(max_length=8, choices=AwayState.choices, default=AwayState.LOOKING)
    looking_since = models.DateTimeField(null=True, blank=True)
    other_days = models.BooleanField(default=True)
    same_person_first = models.BooleanField(default=False)
    rows = models.JSONField(default=list, encoder=DjangoJSONEncoder)
    one_by_one = models.JSONField(default=list)
    history = models.JSONField(default=list)
    least = models.JSONField(default=list)
    is_least = models.BooleanField(default=False)
    is_best = models.BooleanField(default=False)
    version = models.PositiveIntegerField(default=1)
    operation = models.ForeignKey(Operation, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["-made_at"]
        constraints = [
            models.CheckConstraint(condition=Q(starts_at__lt=F("ends_at")), name="away_plan_end_after_start"),
            models.CheckConstraint(condition=Q(state__in=AwayState.values), name="away_plan_state_is_known"),
        ]

    def __str__(self) -> str:
        return f"away {self.clinician_id} {self.starts_at:%Y-%m-%d}"
