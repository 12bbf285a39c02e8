"""What is known of files that belong to one person, or look as if they did."""

import pgtrigger
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from clinic.models import User

from .people import Patient


class NotTwins(models.Model):
    """Two files that look alike and are two people: said once, with a reason, and not asked again."""

    first = models.ForeignKey(Patient, models.CASCADE, related_name="+")
    second = models.ForeignKey(Patient, models.CASCADE, related_name="+")
    reason = models.CharField(_("how that is known"), max_length=200)
    actor = models.CharField(_("by"), max_length=200)
    at = models.DateTimeField(_("at"))

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="not_twins_once"),
            models.CheckConstraint(condition=Q(first__lt=F("second")), name="not_twins_in_order"),
        ]

    def __str__(self) -> str:
        return f"{self.first_id} and {self.second_id}"


class Merge(models.Model):
    """Two files of one person became one: which was kept, what moved, who did it. Never changed, never deleted."""

    kept = models.ForeignKey(Patient, models.PROTECT, related_name="merges")
    gone = models.OneToOneField(Patient, models.PROTECT, related_name="merge")
    reason = models.CharField(_("why"), max_length=200)
    actor = models.CharField(_("by"), max_length=200)
    user = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    moved = models.JSONField(
        default=dict, encoder=DjangoJSONEncoder, help_text=_("Keys of the rows that moved, by kind.")
    )
    at = models.DateTimeField(_("at"))

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(kept=F("gone")), name="merge_of_two_files")]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.gone_id} into {self.kept_id}"
