"""Where an act returns to: the page it was done on, and never another site."""

from urllib.parse import urlsplit

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme


def back(request: HttpRequest, otherwise: str) -> str:
    """Return the path that the form named as `next`, or the page that it stood on, or `otherwise`."""
    for url in (request.POST.get("next", ""), request.headers.get("referer", "")):
        if url and url_has_allowed_host_and_scheme(url, {request.get_host()}, require_https=request.is_secure()):
            parts = urlsplit(url)
            return f"{parts.path}?{parts.query}" if parts.query else parts.path
    return otherwise
