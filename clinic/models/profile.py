"""The clinic's own facts: one row, one clinic a database."""

from datetime import time
from zoneinfo import ZoneInfo

from django.db import models
from django.utils.translation import gettext_lazy as _
from phonenumber_field.modelfields import PhoneNumberField
from timezone_field import TimeZoneField

from clinic.lib.reading import read_again, read_once

FACT = "clinic"


class ClinicManager(models.Manager["Clinic"]):
    def current(self) -> "Clinic":
        """Return this database's clinic; one with plain defaults before anybody has named it.

        Read once a request, and once an act outside one. It is shared: whoever is to change it takes `anew`.
        """
        return read_once(FACT, self._read)

    def anew(self) -> "Clinic":
        """Return the clinic as it is at this moment, to be changed; `current` reads it again as well."""
        read_again(FACT)
        return self._read()

    def _read(self) -> "Clinic":
        return self.first() or Clinic(name=str(_("Clinic")), short_name=str(_("Clinic")))


class Clinic(models.Model):
    """Names, place, zone and the hours at which the clinic may write to patients."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    name = models.CharField(_("name"), max_length=120)
    short_name = models.CharField(
        _("name in messages"), max_length=60, help_text=_("Neutral: it must not tell what the clinic does.")
    )
    address = models.CharField(_("mailing address"), max_length=200, blank=True)
    phone = PhoneNumberField(_("phone"), blank=True)
    sender_email = models.EmailField(_("sender of messages"), blank=True)
    zone = TimeZoneField(_("time zone"), default="America/St_Johns")
    zone_word = models.CharField(_("zone, in words"), max_length=60, default="Newfoundland time")
    zone_mark = models.CharField(_("zone, in short"), max_length=10, default="NT")
    grid_minutes = models.PositiveSmallIntegerField(_("minutes between possible starts"), default=15)
    age_of_majority = models.PositiveSmallIntegerField(_("age of majority"), default=19)
    late_minutes = models.PositiveSmallIntegerField(_("minutes after which a patient counts as late"), default=15)
    notice_hours = models.PositiveSmallIntegerField(_("hours of notice to cancel"), default=24)
    quiet_minutes = models.PositiveSmallIntegerField(_("minutes a change must rest before it is told"), default=3)
    hold_minutes = models.PositiveSmallIntegerField(_("minutes a change is held at most"), default=15)
    send_from = models.TimeField(_("messages from"), default=time(8, 0))
    send_until = models.TimeField(_("messages until"), default=time(20, 30))

    objects = ClinicManager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="clinic_is_one"),
            models.CheckConstraint(
                condition=models.Q(send_from__lt=models.F("send_until")), name="clinic_sends_by_day"
            ),
            models.CheckConstraint(
                condition=models.Q(quiet_minutes__lte=models.F("hold_minutes")), name="clinic_rest_within_hold"
            ),
            models.CheckConstraint(
                condition=models.Q(grid_minutes__in=[5, 10, 15, 20, 30]), name="clinic_grid_divides_the_hour"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def tz(self) -> ZoneInfo:
        return ZoneInfo(str(self.zone))
