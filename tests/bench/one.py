"""Measure one size in a process of its own: `python -m tests.bench.one WHAT FILE`; DATABASE_URL names its database."""

import gc
import json
import os
import sys
from functools import partial
from pathlib import Path

import django
from django.conf import settings

settings.ROOT_URLCONF = "tests.bench.bare"
settings.ALLOWED_HOSTS = ["*"]
settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
django.setup()

from django.db import connection  # noqa: E402 - needs the apps
from django.test import Client  # noqa: E402
from django.utils import timezone  # noqa: E402

from clinic.models import User  # noqa: E402
from patients.models import Patient  # noqa: E402
from scheduling.models import Appointment  # noqa: E402
from tests.bench import courses, desk, mail, planning, screens  # noqa: E402
from tests.bench.figures import Row  # noqa: E402

BARE = 40


def everything(client: Client, user: User, session: str) -> list[Row]:
    """Measure every row; those that write come last."""
    now, bare = timezone.now(), [partial(client.get, "/bare/page/")] * BARE
    rows = [*screens.search_rows(), screens.find_row(client, bare)]
    rows += planning.propose_rows(now, bare)
    rows.append(screens.day_row(client, bare))
    rows += screens.board_rows(client, bare)
    rows += courses.course_rows(client, screens.full_day(), now, bare)
    rows.append(planning.save_row(now, user))
    rows.append(desk.book_row(session, now))
    rows.append(mail.mail_row(int(os.environ.get("MAILS", mail.MAILS))))
    return rows


def main() -> None:
    what, file = sys.argv[1:]
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE)")
        cursor.execute("CHECKPOINT")
    gc.collect()
    gc.freeze()  # as clinic.wsgi does
    user, client = User.objects.get(email="desk@demo.example"), Client()
    client.force_login(user, "allauth.account.auth_backends.AuthenticationBackend")
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    sizes = {"appointments": Appointment.objects.count(), "patients": Patient.objects.count()}
    rows = screens.search_rows() if what == "people" else everything(client, user, session)
    Path(file).write_text(json.dumps({**sizes, "rows": [row.as_dict() for row in rows]}))


if __name__ == "__main__":
    main()
