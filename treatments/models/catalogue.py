"""What the clinic offers. Changing a protocol changes no booked course: a plan copies its values (design 9)."""

from typing import Self

import pghistory
import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from clinic.models import Clinician, DeviceKind, RoomKind
from patients.models import Language


class Concern(models.Model):
    """What a patient comes for."""

    key = models.SlugField(_("key"), unique=True)
    name = models.CharField(_("name"), max_length=80)
    is_active = models.BooleanField(_("offered"), default=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Area(models.Model):
    """A place on the body. `sided` areas are treated left, right or both; the others lie on the midline.

    A restricted one is treated by `clinicians` alone; by nobody while none is named (treatments/named.py).
    """

    key = models.SlugField(_("key"), unique=True)
    name = models.CharField(_("name"), max_length=60)
    sided = models.BooleanField(_("has a left and a right"), default=True)
    restricted = models.BooleanField(_("named clinicians only"), default=False)
    clinicians = models.ManyToManyField(
        Clinician, verbose_name=_("who treats it"), related_name="named_for", blank=True
    )
    position = models.PositiveSmallIntegerField(_("place in lists"), default=0)

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name


class AftercareText(models.Model):
    """One version of the note that a patient reads after a visit. A version that was shown is never changed."""

    version = models.PositiveSmallIntegerField(_("version"))
    language = models.CharField(max_length=10, choices=Language.choices, default=Language.ENGLISH)
    steps = models.JSONField(_("what to do, and until when"), default=list)
    common = models.JSONField(_("common, and it settles"), default=list)
    same_day = models.JSONField(_("call us the same day"), default=list)
    emergency = models.TextField(_("call 911"), blank=True)
    months = models.TextField(_("the next three months"), blank=True)
    ahead = models.TextField(_("looking ahead"), blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-version"]
        constraints = [models.UniqueConstraint(fields=["version", "language"], name="aftercare_version_once")]
        triggers = [pgtrigger.Protect(name="keep_version", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.version} ({self.language})"


class ProtocolQuerySet(models.QuerySet["Protocol"]):
    def offered(self) -> Self:
        return self.filter(is_active=True)

    def called(self, words: str) -> Self:
        """Return protocols whose name, other names or concerns contain every word ("cellulite removal")."""
        found = self
        for word in words.split():
            found = found.filter(
                Q(name__icontains=word) | Q(other_names__icontains=word) | Q(concerns__name__icontains=word)
            )
        return found.distinct()


@pghistory.track()
class Protocol(models.Model):
    """A treatment that the clinic offers. Minutes, days and counts are limits that a plan starts from.

    Sessions 4 to 15 and 7 to 14 days apart: domain 1, rows 37 and 38.
    """

    key = models.SlugField(_("key"), unique=True)
    name = models.CharField(_("name"), max_length=80)
    aliases = ArrayField(models.CharField(max_length=80), verbose_name=_("other names"), default=list, blank=True)
    other_names = models.TextField(editable=False, default="", help_text=_("The aliases as searched; kept by save()."))
    concerns = models.ManyToManyField(Concern, related_name="protocols", blank=True)
    areas = models.ManyToManyField(Area, related_name="protocols")
    sessions_min = models.PositiveSmallIntegerField(_("fewest sessions"))
    sessions_usual = models.PositiveSmallIntegerField(_("usual sessions"))
    sessions_max = models.PositiveSmallIntegerField(_("most sessions"))
    interval_min = models.PositiveSmallIntegerField(_("days between, at least"))
    interval_ideal = models.PositiveSmallIntegerField(_("days between, best"))
    interval_max = models.PositiveSmallIntegerField(_("days between, at most"))
    minutes = models.PositiveSmallIntegerField(_("minutes of a visit"), default=30)
    numbing_minutes = models.PositiveSmallIntegerField(_("minutes before, for the numbing cream"), default=0)
    turnover_minutes = models.PositiveSmallIntegerField(_("minutes after, for the room"), default=0)
    room_kind = models.ForeignKey(RoomKind, models.PROTECT, related_name="+")
    device_kind = models.ForeignKey(DeviceKind, models.PROTECT, null=True, blank=True, related_name="+")
    shares_day = models.BooleanField(_("may share a day with another treatment"), default=True, db_default=True)
    massage_from_hours = models.PositiveSmallIntegerField(_("massage from, hours after"), null=True, blank=True)
    recovery_days = models.PositiveSmallIntegerField(_("days of rest"), default=2)
    aftercare_version = models.PositiveSmallIntegerField(_("aftercare text"), default=1)
    limits_reason = models.CharField(_("where the limits come from"), max_length=200, blank=True)
    version = models.PositiveIntegerField(default=1)
    is_active = models.BooleanField(_("offered"), default=True)

    objects = ProtocolQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    sessions_min__gte=4,
                    sessions_usual__gte=F("sessions_min"),
                    sessions_max__gte=F("sessions_usual"),
                    sessions_max__lte=15,
                ),
                name="protocol_sessions_4_to_15",
                violation_error_message=_("A course has 4 to 15 sessions, the usual number between the two."),
            ),
            models.CheckConstraint(
                condition=Q(
                    interval_min__gte=7, interval_ideal__gte=F("interval_min"), interval_max__gte=F("interval_ideal")
                ),
                name="protocol_days_in_order",
                violation_error_message=_("Seven days at least; the best between the shortest and the longest."),
            ),
            models.CheckConstraint(
                condition=Q(interval_max__lte=14) | ~Q(limits_reason=""),
                name="protocol_long_gap_has_a_reason",
                violation_error_message=_("More than 14 days between sessions needs to say where that comes from."),
            ),
            models.CheckConstraint(condition=Q(minutes__gt=0, minutes__lte=60), name="protocol_minutes_up_to_60"),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: object, **kwargs: object) -> None:
        self.other_names = " · ".join(self.aliases)
        super().save(*args, **kwargs)  # type: ignore[arg-type]
