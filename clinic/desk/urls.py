"""Addresses of the first page, a person's own screen, and the pages that need several apps."""

from django.urls import path

from . import patient, views, visit

urlpatterns = [
    path("", views.home, name="home"),
    path("me/theme/", views.set_theme, name="set_theme"),
    path("patients/<uuid:public_id>/", patient.patient_page, name="patient_page"),
    path("appointments/<uuid:public_id>/", visit.appointment, name="appointment"),
    path("appointments/<uuid:public_id>/restore/", visit.appointment_restore, name="appointment_restore"),
]
