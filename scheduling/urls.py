"""Addresses of this app."""

from django.urls import URLPattern, path

from scheduling.views import visit_notes

urlpatterns: list[URLPattern] = [
    path("n/<str:token>/", visit_notes.visit_notes, name="visit_notes"),
]
