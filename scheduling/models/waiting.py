"""Who would come earlier, and to whom a time that became free is offered. What is free is read from the book."""

import uuid
from datetime import datetime
from typing import Self

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateTimeRangeField, RangeBoundary, RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import gettext_lazy as _

from clinic.models import Clinician, Operation
from patients.models import Message, Patient
from treatments.models import PlanStatus, TreatmentPlan

from .appointments import AHEAD, Appointment, AppointmentKind


class WaitingStatus(models.TextChoices):
    ACTIVE = "active", _("Waits")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    SERVED = "served", _("Served")


class WaitingQuerySet(models.QuerySet["WaitingEntry"]):
    def active(self) -> Self:
        return self.filter(status=WaitingStatus.ACTIVE)

    def wanting(self, now: datetime) -> Self:
        """Return those who still can be served: the visit to come earlier lies ahead, the course is under way."""
        ahead = Q(appointment__isnull=True) | Q(appointment__status__in=AHEAD, appointment__starts_at__gt=now)
        open_course = Q(plan__isnull=True) | Q(plan__status=PlanStatus.ACTIVE)
        return self.active().filter(ahead, open_course, patient__archived_at__isnull=True)


class WaitingEntry(models.Model):
    """Somebody would come earlier: than a visit that is booked, or with something that is still to be booked.

    `weekdays` count from Monday, 0; none means any. `from_time` and `until_time` are wall times in the clinic's zone
    between which the visit must lie; `notice_hours` is how long before it the patient must know.
    """

    public_id = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="waiting_entries")
    kind = models.CharField(_("visit"), max_length=14, choices=AppointmentKind.choices)
    plan = models.ForeignKey(TreatmentPlan, models.PROTECT, null=True, blank=True, related_name="waiting_entries")
    appointment = models.ForeignKey(Appointment, models.PROTECT, null=True, blank=True, related_name="waiting_entries")
    weekdays = ArrayField(models.PositiveSmallIntegerField(), verbose_name=_("days"), default=list, blank=True)
    from_time = models.TimeField(_("not before"), null=True, blank=True)
    until_time = models.TimeField(_("not after"), null=True, blank=True)
    notice_hours = models.PositiveSmallIntegerField(_("hours of notice"), default=2)
    clinician = models.ForeignKey(Clinician, models.PROTECT, null=True, blank=True, related_name="+")
    note = models.CharField(_("note"), max_length=200, blank=True)
    status = models.CharField(_("status"), max_length=10, choices=WaitingStatus.choices, default=WaitingStatus.ACTIVE)
    status_reason = models.CharField(_("why it ended"), max_length=200, blank=True)
    since = models.DateTimeField(_("waits since"))
    ended_at = models.DateTimeField(null=True, blank=True)
    served_by = models.ForeignKey(Operation, models.PROTECT, null=True, blank=True, related_name="+")
    version = models.PositiveIntegerField(default=1)

    objects = WaitingQuerySet.as_manager()

    class Meta:
        ordering = ["since", "id"]
        indexes = [models.Index(fields=["since"], condition=Q(status="active"), name="waiting_active")]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="session", plan__isnull=False) | (~Q(kind="session") & Q(plan__isnull=True)),
                name="waiting_course_when_kind_is_session",
            ),
            models.CheckConstraint(condition=Q(kind__in=AppointmentKind.values), name="waiting_kind_is_known"),
            models.CheckConstraint(condition=Q(status__in=WaitingStatus.values), name="waiting_status_is_known"),
            models.CheckConstraint(
                condition=Q(from_time__isnull=True) | Q(until_time__isnull=True) | Q(from_time__lt=F("until_time")),
                name="waiting_times_in_order",
            ),
            models.CheckConstraint(
                condition=Q(weekdays__contained_by=[0, 1, 2, 3, 4, 5, 6]), name="waiting_weekdays_0_to_6"
            ),
            models.CheckConstraint(
                condition=Q(status="active", ended_at__isnull=True) | (~Q(status="active") & Q(ended_at__isnull=False)),
                name="waiting_end_has_a_time",
            ),
            models.UniqueConstraint(fields=["appointment"], condition=Q(status="active"), name="waiting_once_a_visit"),
            models.UniqueConstraint(
                fields=["plan"],
                condition=Q(status="active", appointment__isnull=True),
                name="waiting_once_a_course_without_visit",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} waiting {self.status}"


class RoundEnd(models.TextChoices):
    FILLED = "filled", _("somebody took it")
    TAKEN = "taken", _("the time was booked otherwise")
    STOPPED = "stopped", _("the desk stopped it")
    USED_UP = "used_up", _("nobody took it")
    PASSED = "passed", _("the time has come")


class RoundQuerySet(models.QuerySet["OfferRound"]):
    def open(self) -> Self:
        return self.filter(ended_at__isnull=True)


class OfferRound(models.Model):
    """A free time that is being offered, to one person after the other. It holds nothing in the book.

    `automatic` says whether the next in the ranking is mailed once the one before has not taken it.
    """

    public_id = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    clinician = models.ForeignKey(Clinician, models.PROTECT, related_name="+", db_index=False)
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    automatic = models.BooleanField(_("one after the other by mail"), default=True)
    minutes = models.PositiveSmallIntegerField(_("minutes for each"))
    most = models.PositiveSmallIntegerField(_("mails at most"))
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_as = models.CharField(max_length=10, choices=RoundEnd.choices, blank=True)

    objects = RoundQuerySet.as_manager()

    class Meta:
        ordering = ["starts_at", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(starts_at__lt=F("ends_at")), name="round_end_after_start"),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, ended_as="")
                | (Q(ended_at__isnull=False) & Q(ended_as__in=RoundEnd.values)),
                name="round_end_has_a_time",
            ),
            # Two rounds never offer one clinician's same time: who comes first is asked of one row alone.
            ExclusionConstraint(
                name="round_once_a_time",
                expressions=[
                    ("clinician", RangeOperators.EQUAL),
                    (
                        Func(
                            "starts_at",
                            "ends_at",
                            RangeBoundary(),
                            function="TSTZRANGE",
                            output_field=DateTimeRangeField(),
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                condition=Q(ended_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"round {self.pk}"


class OfferState(models.TextChoices):
    OPEN = "open", _("Offered")
    ACCEPTED = "accepted", _("Taken")
    DECLINED = "declined", _("Declined")
    NO_ANSWER = "no_answer", _("No answer")
    LAPSED = "lapsed", _("Lapsed")
    WITHDRAWN = "withdrawn", _("Taken back")


class OfferBy(models.TextChoices):
    MAIL = "mail", _("by e-mail")
    PHONE = "phone", _("by phone")


class Offer(models.Model):
    """A free time offered to one who waits: by a mail with a link that lapses, or by a call with its outcome.

    `moves` says what taking it does: the visit that is booked goes there, or a new one is booked.
    """

    public_id = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    round = models.ForeignKey(OfferRound, models.CASCADE, related_name="offers")
    entry = models.ForeignKey(WaitingEntry, models.PROTECT, related_name="offers")
    by = models.CharField(max_length=6, choices=OfferBy.choices)
    state = models.CharField(max_length=10, choices=OfferState.choices, default=OfferState.OPEN)
    starts_at = models.DateTimeField(_("starts"))
    arrives_at = models.DateTimeField(_("arrives"))
    moves = models.BooleanField()
    message = models.OneToOneField(Message, models.PROTECT, null=True, blank=True, related_name="of_offer")
    offered_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["offered_at", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=OfferState.values), name="offer_state_is_known"),
            models.CheckConstraint(condition=Q(by__in=OfferBy.values), name="offer_way_is_known"),
            models.CheckConstraint(
                condition=Q(by="phone") | Q(message__isnull=False, expires_at__isnull=False), name="offer_mail_lapses"
            ),
            models.CheckConstraint(
                condition=Q(state="open", ended_at__isnull=True) | (~Q(state="open") & Q(ended_at__isnull=False)),
                name="offer_end_has_a_time",
            ),
            models.UniqueConstraint(fields=["round"], condition=Q(state="open"), name="offer_one_at_a_time"),
            models.UniqueConstraint(fields=["entry"], condition=Q(state="open"), name="offer_one_a_person"),
            models.UniqueConstraint(fields=["round"], condition=Q(state="accepted"), name="offer_one_takes_it"),
        ]

    def __str__(self) -> str:
        return f"offer {self.by} {self.state}"


class OfferRulesManager(models.Manager["OfferRules"]):
    def current(self) -> "OfferRules":
        """Return the clinic's rules; the usual ones before anybody has set others."""
        return self.first() or OfferRules()


class OfferRules(models.Model):
    """How times are offered by mail. One row, one clinic a database."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    is_on = models.BooleanField(_("offer by mail"), default=True)
    minutes = models.PositiveSmallIntegerField(_("minutes that each has"), default=30)
    most = models.PositiveSmallIntegerField(_("mails for one time, at most"), default=4)

    objects = OfferRulesManager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="offer_rules_are_one"),
            models.CheckConstraint(condition=Q(minutes__gte=5, minutes__lte=240), name="offer_minutes_5_to_240"),
            models.CheckConstraint(condition=Q(most__gte=1, most__lte=20), name="offer_most_1_to_20"),
        ]

    def __str__(self) -> str:
        return "offer rules"
