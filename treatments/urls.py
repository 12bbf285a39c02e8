"""Addresses about courses."""

from django.urls import path

from treatments.views import plans

plan_urls = [
    path("patients/<uuid:public_id>/plans/new/", plans.plan_new, name="plan_new"),
]

urlpatterns = plan_urls
