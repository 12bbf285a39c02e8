"""Addresses about people and the messages to them."""

from django.urls import path

from patients.views import messages, people, twins

patient_urls = [
    path("patients/", people.patient_list, name="patient_list"),
    path("patients/find/", people.patient_find, name="patient_find"),
    path("patients/new/", people.patient_new, name="patient_new"),
    path("patients/twins/", twins.patient_twin_list, name="patient_twin_list"),
    path("patients/new/twins/", people.patient_twins, name="patient_twins"),
    path("patients/new/guardian/", people.patient_guardian, name="patient_guardian"),
    path("patients/<uuid:public_id>/edit/", people.patient_edit, name="patient_edit"),
]

message_urls = [
    path("messages/", messages.message_list, name="message_list"),
    path("messages/<uuid:public_id>/", messages.message_detail, name="message_detail"),
    path("messages/<uuid:public_id>/seen/", messages.message_seen, name="message_seen"),
    path("messages/<uuid:public_id>/again/", messages.message_resend, name="message_resend"),
    path("messages/<uuid:public_id>/told/", messages.message_told, name="message_told"),
]

urlpatterns = patient_urls + message_urls
