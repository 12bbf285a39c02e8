"""Send what is due now: the same sweep as beat's, for a day on which the broker is down."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from patients.services.outbox.sweep import sweep


class Command(BaseCommand):
    help = "Send the messages that are due, once."

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        self.stdout.write(f"Swept: {sweep(timezone.now())}.")
