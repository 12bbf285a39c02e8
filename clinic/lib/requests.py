"""What a view knows about who asks."""

from django.http import HttpRequest

from clinic.models import User


def person(request: HttpRequest) -> User:
    """Return the person who is signed in. Only for views that `requires(…)` guards: nobody else comes in there."""
    if not isinstance(request.user, User):
        raise TypeError("This view is open to people who are not signed in.")
    return request.user
