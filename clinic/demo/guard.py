"""Where the demo may be made: in the embedded database of `manage.py up`, while nobody signs in yet."""

import os

from django.conf import settings
from django.utils.translation import gettext as _

from clinic.models import User


class DemoRefused(Exception):
    """The demo was not made, and nothing was changed. `sentence` says why and what to do."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def is_embedded() -> bool:
    """Say whether the database is the one that `manage.py up` runs itself, and not a clinic's own.

    The runner tells its children so; a command beside a running clinic finds the address in the runner's note.
    """
    by_the_runner = os.environ.get("PISTOR_EMBEDDED") == "1"
    by_its_note = "DATABASE_URL" in settings.STACK and not settings.GIVEN_URLS["DATABASE_URL"]
    return settings.MODE == "local" and (by_the_runner or by_its_note)


def refuse_unless_safe() -> None:
    """Raise DemoRefused where demo data could mix with a clinic's own."""
    if not is_embedded():
        raise DemoRefused(
            _(
                "The demo goes only into the embedded database of “make run”, and this is another one. "
                "Nothing was changed."
            )
        )
    if User.objects.exists():
        raise DemoRefused(
            _(
                "People sign in to this clinic already, so no demo was made and nothing was changed. "
                "For a fresh demo, stop the clinic, move its folder var/ away and start it again."
            )
        )
