"""Addresses about people and the messages to them."""

from django.urls import path

from patients.views import people

patient_urls = [
    path("patients/", people.patient_list, name="patient_list"),
    path("patients/find/", people.patient_find, name="patient_find"),
    path("patients/new/", people.patient_new, name="patient_new"),
    path("patients/<uuid:public_id>/edit/", people.patient_edit, name="patient_edit"),
]

urlpatterns = patient_urls
