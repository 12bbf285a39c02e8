"""Addresses about courses."""

from django.urls import path

from treatments import views

plan_urls = [
    path("patients/<uuid:public_id>/plans/new/", views.plan_new, name="plan_new"),
]

urlpatterns = plan_urls
