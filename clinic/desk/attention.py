"""What asks for a person, counted beside its place in the navigation."""

from collections.abc import Callable

from django.http import HttpRequest
from django.utils import timezone

from patients.message_list import needing


def attention(request: HttpRequest) -> dict[str, Callable[[], int]]:  # noqa: ARG001 - a context processor
    """Return how many messages need a person. Only a page that shows the navigation asks the database, once."""
    return {"messages_needing_a_person": lambda: needing(timezone.now())}
