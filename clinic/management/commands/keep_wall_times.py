"""`manage.py keep_wall_times`: after an update of the zone rules, give visits ahead their wall times back."""

import sys
import uuid
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from clinic.lib.days import local_day
from clinic.models import Clinic
from scheduling.services.wall_times import keep_wall_times, rules_differ_on


class Command(BaseCommand):
    help = "Move visits ahead whose instant is no longer the wall time that was booked. Ends with 1 when some stay."

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        now, zone = timezone.now(), Clinic.objects.current().tz
        if day := rules_differ_on(zone, local_day(now, zone)):
            self.stderr.write(
                f"Python and PostgreSQL do not agree on {zone} from {day} on. Nothing was changed. "
                "Update the older of the two (the package tzdata, or PostgreSQL), then call this again."
            )
            sys.exit(1)
        operation, left = keep_wall_times(key=uuid.uuid4(), actor=None, now=now)
        self.stdout.write(f"Moved: {operation.result['moved']}. Left: {len(left)}.")
        for one in left:
            visit = one.visit
            self.stdout.write(f"visit {visit.pk} of {visit.wall_date} {visit.wall_time:%H:%M}: {one.why}")
        if left:
            sys.exit(1)
