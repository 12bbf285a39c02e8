"""Addresses of the owner's settings."""

from django.urls import path

from clinic.lib.shelves import shelf_urls

from . import views
from .places import DEVICE_KINDS, DEVICES, ROOM_KINDS, ROOMS

urlpatterns = [
    path("settings/", views.clinic_settings, name="clinic_settings"),
    path("settings/visits/", views.visit_types, name="visit_types"),
    *shelf_urls(ROOMS, "settings/rooms/"),
    *shelf_urls(ROOM_KINDS, "settings/room-kinds/"),
    *shelf_urls(DEVICES, "settings/devices/"),
    *shelf_urls(DEVICE_KINDS, "settings/device-kinds/"),
]
