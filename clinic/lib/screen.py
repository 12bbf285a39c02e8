"""What a person chose for the screen of this browser; kept with its session, so another screen keeps its own."""

from django.http import HttpRequest

CHOICES = ("names", "off")
"""`names`: hidden where passers-by can read the screen. `off`: visits that did not take place."""
STATES = ("shown", "hidden")


def is_hidden(request: HttpRequest, what: str) -> bool:
    """Say whether this browser's session leaves something out; everything is shown until someone chooses."""
    return request.session.get(f"screen_{what}") == "hidden"


def choose(request: HttpRequest, what: str, state: str) -> None:
    """Keep a choice until the session ends."""
    request.session[f"screen_{what}"] = state
