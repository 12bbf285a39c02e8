"""`manage.py check_book`: read the whole book; print 0, or each row that cannot be right, and end with 1."""

import sys
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from clinic.models import Clinic
from scheduling.checking.scan import Rot, scan


class Command(BaseCommand):
    help = "Check the whole book, without trusting constraints and services: prints 0, or one line for each wrong row."

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        found = scan(timezone.now())
        with timezone.override(Clinic.objects.current().tz):
            for rot in found:
                self.stdout.write(line(rot))
        self.stdout.write(str(len(found)))
        if found:
            sys.exit(1)


def line(rot: Rot) -> str:
    """Return one row: which check, which thing and when, and what is wrong with it."""
    at = f" {timezone.localtime(rot.at):%Y-%m-%d %H:%M}" if rot.at else ""
    return f"{rot.check}: {rot.what} {rot.key}{at} {rot.words}"
