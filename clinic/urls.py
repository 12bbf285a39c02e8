"""Every address of the clinic. A new one needs a line in the access matrix (tests/test_access.py)."""

from django.urls import URLPattern, URLResolver, path

from clinic import health

urlpatterns: list[URLPattern | URLResolver] = [
    path("livez", health.livez, name="livez"),
    path("healthz", health.healthz, name="healthz"),
]
