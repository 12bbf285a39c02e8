"""What happens to the database and the static files before the clinic opens. Called by `manage.py prepare`."""

import hashlib

import redis
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command, get_commands
from django.core.management.base import CommandError
from django.db import OperationalError, connection

from clinic.models import User

from .child import say

POSTGRESQL_AT_LEAST = 15
REDIS_AT_LEAST = 6
DEMO_SIGN_INS = ("desk@demo.example", "clinician@demo.example", "owner@demo.example")
DEMO_PASSWORD = "pistor-demo"  # noqa: S105 - the demo's own, printed for everybody to see


def check_servers() -> None:
    """Raise CommandError with a sentence where the database or Redis is away or too old."""
    try:
        connection.ensure_connection()
    except OperationalError as error:
        raise CommandError(f"The database does not answer: {error}") from error
    if connection.pg_version < POSTGRESQL_AT_LEAST * 10_000:  # type: ignore[attr-defined]
        raise CommandError(f"PostgreSQL {POSTGRESQL_AT_LEAST} or later is needed.")
    try:
        version = redis.Redis.from_url(settings.REDIS_URL).info("server")["redis_version"]
    except redis.RedisError as error:
        raise CommandError(f"Redis does not answer: {error}") from error
    if int(version.partition(".")[0]) < REDIS_AT_LEAST:
        raise CommandError(f"Redis {REDIS_AT_LEAST} or later is needed; this is {version}.")


def migrate() -> None:
    call_command("migrate", interactive=False, verbosity=0)
    call_command("createcachetable", verbosity=0)


def collect_static() -> None:
    """Collect and compress the static files where any of them changed since the last time."""
    note = settings.HOME / "static.fingerprint"
    fingerprint = _fingerprint()
    if not settings.STATIC_ROOT.exists() or not note.exists() or note.read_text() != fingerprint:
        call_command("collectstatic", interactive=False, clear=True, verbosity=0)
        note.write_text(fingerprint)


def _fingerprint() -> str:
    """Return a hash of every static file's name, size and time of change."""
    digest = hashlib.sha256()
    for finder in get_finders():
        for name, storage in finder.list([]):
            digest.update(f"{name} {storage.size(name)} {storage.get_modified_time(name)}\n".encode())
    return digest.hexdigest()


def fill_with_the_demo() -> None:
    """Make the demo clinic in a database where nobody signs in yet; tell the runner of its sign-ins."""
    if "demo" in get_commands() and not User.objects.exists():
        say("Making the demo clinic …")
        call_command("demo", verbosity=0)
    if User.objects.filter(email=DEMO_SIGN_INS[0]).exists():
        say(f"@demo {DEMO_SIGN_INS[0]}, {DEMO_SIGN_INS[1]} or {DEMO_SIGN_INS[2]}; the password is {DEMO_PASSWORD}")
