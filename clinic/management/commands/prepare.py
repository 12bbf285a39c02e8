"""`manage.py prepare`: what must be done to the database and the static files before the clinic opens."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from clinic.stack import prepare


class Command(BaseCommand):
    help = "Bring the database and the static files up to date. `up` runs it; run it yourself before your own servers."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--demo", action="store_true", help="Fill an empty database with the demo clinic.")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        prepare.check_servers()
        prepare.migrate()
        prepare.collect_static()
        if options["demo"]:
            prepare.fill_with_the_demo()
