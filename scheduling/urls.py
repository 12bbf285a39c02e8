"""Addresses of this app."""

from django.urls import URLPattern, path

from scheduling.views import planner, visit_notes

urlpatterns: list[URLPattern] = [
    path("plans/<uuid:public_id>/book/", planner.series_planner, name="series_planner"),
    path("plans/<uuid:public_id>/book/lines/", planner.series_lines, name="series_lines"),
    path("plans/<uuid:public_id>/book/save/", planner.series_book, name="series_book"),
    path("n/<str:token>/", visit_notes.visit_notes, name="visit_notes"),
]
