"""`manage.py demo`: fill the empty embedded database with a believable clinic, of any size."""

from argparse import ArgumentParser
from datetime import datetime
from random import Random
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from clinic.demo import house
from clinic.demo.guard import DemoRefused, refuse_unless_safe
from clinic.demo.today import keep_today
from clinic.models import Clinic

try:
    from clinic.demo.build import SEED, Demo, build
    from clinic.demo.large.build import build_large
    from clinic.demo.large.progress import Progress
    from clinic.demo.large.size import Size
    from clinic.demo.waiting import keep_waiting_list
except ModuleNotFoundError as missing:
    if missing.name != "faker":  # only that comes with requirements-dev.txt
        raise
    build = None  # type: ignore[assignment]


class Command(BaseCommand):
    help = "Fill an empty embedded database with a believable clinic and three demo sign-ins."

    def add_arguments(self, parser: ArgumentParser) -> None:
        said = "Any of these makes a clinic of another size, by the same rules, without the stories of the small one."
        size = parser.add_argument_group("size", said)
        size.add_argument("--patients", type=int, help="1000 unless told")
        size.add_argument("--clinicians", type=int, help="4 unless told")
        size.add_argument("--rooms", type=int, help="as many as clinicians unless told")
        size.add_argument("--days-back", type=int, help="how far the book goes back; 42 unless told")
        size.add_argument("--days-ahead", type=int, help="how far ahead it is booked; 84 unless told")
        size.add_argument("--fill", type=float, help="part of the working minutes taken, 0.05 to 1; 0.6 unless told")
        size.add_argument("--seed", type=int, help="another number, other people")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        try:
            refuse_unless_safe()
            if build is None:
                raise CommandError("The demo's names come from Faker: pip install -r requirements-dev.txt")
            demo = self._make(timezone.now(), options)
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

    def _make(self, now: datetime, options: dict[str, Any]) -> "Demo":
        size = Size.of(options)
        if size is None:
            with transaction.atomic():
                demo = build(now)
                # What happened within the hour is not the same at every hour of a day, as the rest is.
                keep_today(now)
                keep_waiting_list(Random(SEED), Clinic.objects.current(), now)  # noqa: S311 - must come out the same
            return demo
        self.stdout.ending = ""  # a bar is drawn over itself
        try:
            return build_large(now, size, Progress(self.stdout if options["verbosity"] else None))
        finally:
            self.stdout.ending = "\n"
