"""Addresses that a page asks by itself every few seconds: they tell nothing of whether somebody sits before it."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse

View = Callable[..., HttpResponse]


def asks_by_itself(view: View) -> View:
    """Mark a view that is polled: it counts as no activity, and writes no session (design 9)."""

    @wraps(view)
    def polled(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return view(request, *args, **kwargs)

    polled.asks_by_itself = True  # type: ignore[attr-defined]
    return polled
