"""Write the day sheets of the coming week to a file: what a nightly job puts where the desk finds it without us."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from clinic.lib.days import local_day
from clinic.lib.pdf import NoPdfHere
from clinic.models import Clinic
from scheduling.day.sheet import DAYS, sheet_pdf, sheets
from scheduling.models import Appointment


class Command(BaseCommand):
    help = "Write the day sheets of today and the days after it as one PDF."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="where to write it, such as /media/desk/day-sheets.pdf")
        parser.add_argument("--days", type=int, default=DAYS, choices=range(1, 32), metavar="1-31")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        clinic, now = Clinic.objects.current(), timezone.now()
        found = sheets(Appointment.objects.all(), first=local_day(now, clinic.tz), days=options["days"], zone=clinic.tz)
        try:
            made = sheet_pdf(found, clinic, now)
        except NoPdfHere as error:
            raise CommandError(error.sentence) from error
        new = options["file"].with_suffix(".new")
        new.write_bytes(made)
        new.chmod(0o600)
        new.replace(options["file"])  # whoever looks meanwhile finds the old sheet or the new, never half of one
        self.stdout.write(f"{sum(len(sheet.lines) for sheet in found)} visits of {options['days']} days.")
