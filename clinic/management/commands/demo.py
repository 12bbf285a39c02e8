"""`manage.py demo`: fill the empty embedded database with a believable clinic."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from clinic.demo import house
from clinic.demo.guard import DemoRefused, refuse_unless_safe

try:
    from clinic.demo.build import build
except ModuleNotFoundError as missing:
    if missing.name != "faker":  # only that comes with requirements-dev.txt
        raise
    build = None  # type: ignore[assignment]


class Command(BaseCommand):
    help = "Fill an empty embedded database with a believable clinic and three demo sign-ins."

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        try:
            refuse_unless_safe()
            if build is None:
                raise CommandError("The demo's names come from Faker: pip install -r requirements-dev.txt")
            demo = build(timezone.now())
        except DemoRefused as refused:
            raise CommandError(refused.sentence) from refused
        if options["verbosity"]:
            self.stdout.write(
                f"{demo.patients} patients, {demo.courses} courses, {demo.visits} visits; "
                f"the next four weeks are {demo.fullness:.0%} full."
            )
            self.stdout.write(
                f"Sign in as {house.DESK[0]}, {house.CLINICIANS[house.MOIRA].email} or {house.OWNER[0]}; "
                f"the password is {house.PASSWORD}."
            )
