"""When a clinician works, and when nobody does. Weekly hours are wall times in the clinic's zone."""

from datetime import date

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeBoundary, RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import gettext_lazy as _

from clinic.models import Clinician


class HoursKind(models.TextChoices):
    WORK = "work", _("works")
    BREAK = "break", _("break")


class WeeklyHours(models.Model):
    """On this weekday (0 is Monday), from one wall time to another, between two dates: works, or has a break."""

    clinician = models.ForeignKey(Clinician, models.CASCADE, related_name="hours")
    kind = models.CharField(max_length=6, choices=HoursKind.choices, default=HoursKind.WORK)
    weekday = models.PositiveSmallIntegerField(_("weekday"))
    starts = models.TimeField(_("from"))
    ends = models.TimeField(_("until"))
    valid_from = models.DateField(_("from the day"))
    valid_until = models.DateField(_("until the day"), null=True, blank=True)

    class Meta:
        ordering = ["clinician", "weekday", "starts"]
        constraints = [
            models.CheckConstraint(condition=Q(weekday__lte=6), name="hours_weekday_0_to_6"),
            models.CheckConstraint(condition=Q(starts__lt=F("ends")), name="hours_end_after_start"),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gte=F("valid_from")), name="hours_valid_in_order"
            ),
            models.CheckConstraint(condition=Q(kind__in=HoursKind.values), name="hours_kind_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.clinician} {self.weekday} {self.starts:%H:%M}-{self.ends:%H:%M}"

    def covers(self, day: date) -> bool:
        """Say whether this row speaks of a local day: its weekday, within its validity."""
        valid = self.valid_from <= day and (self.valid_until is None or day <= self.valid_until)
        return valid and self.weekday == day.weekday()


class HoursChange(models.Model):
    """On this one local day a clinician works other hours than the week says; without times, not at all.

    A day with rows here takes no weekly work; the week's breaks stay.
    """

    clinician = models.ForeignKey(Clinician, models.CASCADE, related_name="hours_changes")
    on = models.DateField(_("on the day"))
    starts = models.TimeField(_("from"), null=True, blank=True)
    ends = models.TimeField(_("until"), null=True, blank=True)
    note = models.CharField(_("note"), max_length=80, blank=True)

    class Meta:
        ordering = ["on", "starts"]
        indexes = [models.Index(fields=["on", "clinician"], name="hours_change_on")]
        constraints = [
            models.UniqueConstraint(
                fields=["clinician", "on", "starts"], nulls_distinct=False, name="hours_change_once"
            ),
            models.CheckConstraint(
                condition=Q(starts__isnull=True, ends__isnull=True) | Q(starts__lt=F("ends")),
                name="hours_change_in_order",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.clinician} {self.on}"


class Absence(models.Model):
    """A clinician is away, from one instant to another."""

    clinician = models.ForeignKey(Clinician, models.CASCADE, related_name="absences")
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    reason = models.CharField(_("reason"), max_length=80, blank=True)

    class Meta:
        ordering = ["starts_at"]
        indexes = [models.Index(fields=["clinician", "ends_at"], name="absence_of_clinician")]
        constraints = [
            models.CheckConstraint(condition=Q(starts_at__lt=F("ends_at")), name="absence_end_after_start"),
            ExclusionConstraint(
                name="absence_once",
                expressions=[
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
                    ("clinician", RangeOperators.EQUAL),
                ],
                violation_error_message=_("This absence overlaps another one of the same clinician."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.clinician} {self.starts_at:%Y-%m-%d}"


class Closure(models.Model):
    """The whole clinic is closed, from one local day to another, both included."""

    name = models.CharField(_("name"), max_length=80)
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"))

    class Meta:
        ordering = ["starts_on"]
        indexes = [models.Index(fields=["ends_on"], name="closure_by_end")]
        constraints = [models.CheckConstraint(condition=Q(starts_on__lte=F("ends_on")), name="closure_end_after_start")]

    def __str__(self) -> str:
        return self.name
