"""Let offers go on and send what is due now: the same sweeps as beat's, for a day on which the broker is down."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from patients.services.outbox.sweep import sweep
from scheduling.services.offer_sweep import advance


class Command(BaseCommand):
    help = "Let offers of free times go on, and send the messages that are due, once."

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        offers = str(advance(timezone.now()))
        if offers != "nothing":
            self.stdout.write(f"Offers: {offers}.")
        self.stdout.write(f"Swept: {sweep(timezone.now())}.")
