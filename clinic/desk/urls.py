"""Addresses of the first page, a person's own screen, and the pages that need several apps."""

from django.urls import path

from . import course, files, find, merge, patient, views, visit

urlpatterns = [
    path("", views.home, name="home"),
    path("me/theme/", views.set_theme, name="set_theme"),
    path("me/keys/", views.set_keys, name="set_keys"),
    path("me/rows/", views.set_rows, name="set_rows"),
    path("me/screen/", views.set_screen, name="set_screen"),
    path("find/", find.find, name="find"),
    path("plans/<uuid:public_id>/", course.course, name="course"),
    path("patients/<uuid:public_id>/", patient.patient_page, name="patient_page"),
    path("patients/<uuid:public_id>/archive/", files.patient_archive, name="patient_archive"),
    path("patients/<uuid:public_id>/unarchive/", files.patient_unarchive, name="patient_unarchive"),
    path("patients/<uuid:public_id>/merge/", merge.patient_merge_find, name="patient_merge_find"),
    path("patients/<uuid:public_id>/merge/<uuid:other_id>/", merge.patient_merge, name="patient_merge"),
    path("patients/<uuid:public_id>/two/<uuid:other_id>/", files.patient_not_twins, name="patient_not_twins"),
    path("appointments/<uuid:public_id>/", visit.appointment, name="appointment"),
    path("appointments/<uuid:public_id>/restore/", visit.appointment_restore, name="appointment_restore"),
]
