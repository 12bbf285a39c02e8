"""`manage.py up`: the whole clinic, until Ctrl-C."""

import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from clinic.stack.runner import Runner, Wanted


class Command(BaseCommand):
    help = "Start the clinic: its servers where no URL names others, then web, worker and beat. Ctrl-C stops it."
    requires_system_checks = ()  # `prepare` runs them, once the database is there

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        host = settings.ALLOWED_HOSTS[0].lstrip(".")
        wanted = Wanted(
            base=settings.BASE_DIR,
            home=settings.HOME,
            mode=settings.MODE,
            listen=settings.LISTEN,
            port=settings.PORT,
            url=settings.BASE_URL,
            host_header=host,
            database_url=settings.GIVEN_URLS["DATABASE_URL"],
            redis_url=settings.GIVEN_URLS["REDIS_URL"],
            email_url=settings.GIVEN_URLS["EMAIL_URL"],
            demo=settings.DEMO,
        )
        sys.exit(Runner(wanted).run())
