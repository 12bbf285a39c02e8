"""Addresses of the owner's settings, and of the places on the body."""

from django.urls import path

from clinic.lib.shelves import shelf_urls

from . import areas, offers, planning, views
from .areas import AREAS
from .places import DEVICE_KINDS, DEVICES, ROOM_KINDS, ROOMS

urlpatterns = [
    path("settings/", views.clinic_settings, name="clinic_settings"),
    path("settings/visits/", views.visit_types, name="visit_types"),
    path("settings/offers/", offers.offer_settings, name="offer_settings"),
    path("settings/planning/", planning.planning_settings, name="planning_settings"),
    *shelf_urls(ROOMS, "settings/rooms/"),
    *shelf_urls(ROOM_KINDS, "settings/room-kinds/"),
    *shelf_urls(DEVICES, "settings/devices/"),
    *shelf_urls(DEVICE_KINDS, "settings/device-kinds/"),
    *shelf_urls(AREAS, "catalogue/areas/"),
    path("catalogue/areas/<int:pk>/visits/", areas.area_visits, name="area_visits"),
]
