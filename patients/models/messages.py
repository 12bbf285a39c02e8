"""The one outbox. A row is the truth about a message from the moment it is due; Celery only carries it (design 6)."""

import uuid
from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Concat
from django.utils.translation import gettext_lazy as _

from .people import Patient


class Channel(models.TextChoices):
    EMAIL = "email", _("e-mail")
    PHONE = "phone", _("phone")


class MessageState(models.TextChoices):
    WAITING = "waiting", _("Due")
    CLAIMED = "claimed", _("Sending")
    SENT = "sent", _("Sent")
    FAILED = "failed", _("Failed")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    EXPIRED = "expired", _("Not in time")


class MessageQuerySet(models.QuerySet["Message"]):
    def waiting(self) -> Self:
        """Return messages that have not left and still may."""
        return self.filter(state__in=[MessageState.WAITING, MessageState.CLAIMED])

    def due(self, at: datetime) -> Self:
        """Return e-mails to send at this moment: due, or claimed by a sender whose lease ran out."""
        free = Q(state=MessageState.WAITING) | Q(state=MessageState.CLAIMED, lease_until__lt=at)
        return self.filter(free, channel=Channel.EMAIL, due_at__lte=at)

    def held(self, lease: datetime | None) -> Self:
        """Return messages claimed under this lease. For those whose keys are known.

        Not plainly `state='claimed'`: where few waited when PostgreSQL last counted, it would take the index of all
        that waits for a shorter way than the key, and read all of it for each mail.
        """
        return self.alias(now=Concat("state", Value(""))).filter(now=MessageState.CLAIMED, lease_until=lease)

    def needing_a_person(self, at: datetime, *, since: datetime) -> Self:
        """Return calls to make now, and what failed or came too late since a moment."""
        stopped = Q(state__in=[MessageState.FAILED, MessageState.EXPIRED], settled_at__gte=since)
        return self.filter(Q(state=MessageState.WAITING, channel=Channel.PHONE, due_at__lte=at) | stopped)

    def overdue(self, at: datetime) -> Self:
        """Return messages whose time has passed unsent: they expire."""
        free = Q(state=MessageState.WAITING) | Q(state=MessageState.CLAIMED, lease_until__lt=at)
        return self.filter(free, not_after__lte=at)


class Message(models.Model):
    """One message to one patient. What it says is composed right before it is sent, from what is true then."""

    public_id = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    # No index of its own: message_of_patient begins with the patient, and a change of state writes every index anew.
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="messages", db_index=False)
    kind = models.CharField(_("kind"), max_length=40)
    channel = models.CharField(_("channel"), max_length=10, choices=Channel.choices, default=Channel.EMAIL)
    state = models.CharField(_("state"), max_length=12, choices=MessageState.choices, default=MessageState.WAITING)
    due_at = models.DateTimeField(_("due"))
    not_after = models.DateTimeField(_("useless after"), null=True, blank=True)
    hold_until = models.DateTimeField(_("held until at most"), null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    nonce = models.UUIDField(default=uuid.uuid4, editable=False)
    message_id = models.CharField(max_length=120, blank=True)
    to_address = models.EmailField(blank=True)
    subject = models.CharField(max_length=200, blank=True)
    body = models.TextField(blank=True, help_text=_("The text as sent, its links struck out."))
    reason = models.CharField(max_length=200, blank=True, help_text=_("Why it failed or was withdrawn."))
    created_at = models.DateTimeField(auto_now_add=True)
    settled_at = models.DateTimeField(null=True, blank=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        ordering = ["due_at", "id"]
        indexes = [
            # Read by the sweep each minute: only what has not left.
            models.Index(fields=["due_at"], condition=Q(state__in=["waiting", "claimed"]), name="message_sweep"),
            # Counted on every page of the desk: what stopped without reaching the patient.
            models.Index(fields=["settled_at"], condition=Q(state__in=["failed", "expired"]), name="message_stopped"),
            models.Index(fields=["patient", "-due_at"], name="message_of_patient"),
            models.Index(fields=["-due_at", "-id"], name="message_latest"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=MessageState.values), name="message_state_is_known"),
            models.CheckConstraint(condition=Q(channel__in=Channel.values), name="message_channel_is_known"),
            models.CheckConstraint(
                condition=~Q(state="claimed") | Q(lease_until__isnull=False), name="message_claim_has_a_lease"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "claimed"]) | Q(settled_at__isnull=False),
                name="message_end_has_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.state}"

    @property
    def wants_a_call(self) -> bool:
        """Whether only a person can still tell the patient."""
        by_phone = self.channel == Channel.PHONE and self.state == MessageState.WAITING
        return by_phone or self.state in {MessageState.FAILED, MessageState.EXPIRED}


class Link(models.Model):
    """A link that a message carried: one purpose, expiring, never stored in clear.

    The token is an HMAC over the message's nonce and the purpose, so that a retry of the same mail makes the same link.
    """

    message = models.ForeignKey(Message, models.PROTECT, related_name="links")
    purpose = models.CharField(max_length=30)
    token_hash = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()
    tries_left = models.PositiveSmallIntegerField(default=5)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["message", "purpose"], name="link_once_a_purpose")]

    def __str__(self) -> str:
        return f"{self.purpose} until {self.expires_at:%Y-%m-%d}"
