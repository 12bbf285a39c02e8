"""Addresses about courses and about the catalogue that they start from."""

from django.urls import path

from clinic.lib.shelves import shelf_urls
from treatments.views import aftercare, catalogue, plans
from treatments.views.shelves import CONCERNS

plan_urls = [
    path("patients/<uuid:public_id>/plans/new/", plans.plan_new, name="plan_new"),
]
catalogue_urls = [
    path("catalogue/", catalogue.catalogue, name="catalogue"),
    path("catalogue/treatments/new/", catalogue.protocol_new, name="protocol_new"),
    path("catalogue/treatments/<slug:key>/", catalogue.protocol_edit, name="protocol_edit"),
    *shelf_urls(CONCERNS, "catalogue/concerns/"),
    path("catalogue/aftercare/", aftercare.aftercare_list, name="aftercare_list"),
    path("catalogue/aftercare/new/", aftercare.aftercare_new, name="aftercare_new"),
    path("catalogue/aftercare/<int:version>/", aftercare.aftercare_show, name="aftercare_show"),
    path("catalogue/aftercare/<int:version>/use/", aftercare.aftercare_use, name="aftercare_use"),
]

urlpatterns = plan_urls + catalogue_urls
