"""Rooms and devices. A protocol asks for a kind; an appointment holds one of that kind."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class RoomKind(models.Model):
    key = models.SlugField(_("key"), unique=True)
    name = models.CharField(_("name"), max_length=60)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Room(models.Model):
    name = models.CharField(_("name"), max_length=60)
    kind = models.ForeignKey(RoomKind, models.PROTECT, related_name="rooms")
    position = models.PositiveSmallIntegerField(_("place in lists"), default=0)
    is_active = models.BooleanField(_("can be booked"), default=True)

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name


class DeviceKind(models.Model):
    key = models.SlugField(_("key"), unique=True)
    name = models.CharField(_("name"), max_length=60)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Device(models.Model):
    name = models.CharField(_("name"), max_length=60)
    kind = models.ForeignKey(DeviceKind, models.PROTECT, related_name="devices")
    position = models.PositiveSmallIntegerField(_("place in lists"), default=0)
    is_active = models.BooleanField(_("can be booked"), default=True)

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name
