"""What was done and what was read. These rows are written once."""

import uuid

import pgtrigger
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils.translation import gettext_lazy as _

from .people import User


class Operation(models.Model):
    """One submit. Its id is the idempotency key that the form carried; the same key gives the first answer again.

    `touched` lists what it changed: `{"appointment": pk, "version": version after, "before": {...} | null}`.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    kind = models.CharField(_("act"), max_length=40)
    actor = models.CharField(_("by"), max_length=200, help_text=_("As text: it must outlive the account."))
    user = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    body_hash = models.CharField(max_length=64)
    result = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    touched = models.JSONField(default=list, encoder=DjangoJSONEncoder)
    at = models.DateTimeField(_("at"))
    undone_by = models.OneToOneField("self", models.PROTECT, null=True, blank=True, related_name="undoes")

    class Meta:
        indexes = [models.Index(fields=["-at"], name="operation_latest")]
        triggers = [pgtrigger.Protect(name="keep_operation", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


class AccessLog(models.Model):
    """One look at a patient's file: who, when, which page. Never changed, never deleted (domain 6.2)."""

    at = models.DateTimeField(auto_now_add=True)
    user = models.ForeignKey(User, models.PROTECT, related_name="+")
    subject = models.CharField(max_length=60, help_text=_("What was read, such as `patient:` and its key."))
    page = models.CharField(max_length=60)
    action = models.CharField(max_length=20, default="view")

    class Meta:
        indexes = [
            models.Index(fields=["subject", "-at"], name="accesslog_who_read"),
            models.Index(fields=["user", "-at"], name="accesslog_read_lately"),
        ]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.page}"


class Heartbeat(models.Model):
    """The last time a part of the clinic was seen alive, by having done something (design 9)."""

    name = models.CharField(primary_key=True, max_length=40)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
