"""Every address of the clinic. A new one needs a line in the access matrix (tests/test_access.py)."""

from django.urls import URLPattern, URLResolver

urlpatterns: list[URLPattern | URLResolver] = []
