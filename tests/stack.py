"""A pytest plugin: a PostgreSQL cluster and a Valkey of this run's own, before Django reads its settings.

They are children on the runner's leash, so that a killed run leaves no server behind. The SMTP server is a fixture
(`smtp` in tests/conftest.py), because each test wants its own mails.
"""

import atexit
import os
import secrets
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from clinic.stack.child import Child
from clinic.stack.runner import accepts, free_port

BASE = Path(__file__).resolve().parent.parent
FOLDER = Path(tempfile.mkdtemp(prefix="pt-"))
NOT_DURABLE = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
"""The run's data are worth nothing after it."""
PATIENCE = 60


def _start() -> None:
    port = free_port()
    redis_url = f"redis://:{secrets.token_urlsafe(24)}@127.0.0.1:{port}/0"
    postgres = _child("postgres", str(FOLDER / "pg"), *NOT_DURABLE)
    valkey = _child("valkey", str(FOLDER / "valkey"), REDIS_URL=redis_url)
    (FOLDER / "home" / "static").mkdir(parents=True)  # WhiteNoise warns where there is none
    _wait(postgres, lambda: "url" in postgres.said)
    _wait(valkey, lambda: accepts(port))
    os.environ.update(
        DATABASE_URL=postgres.said["url"],
        REDIS_URL=redis_url,
        EMAIL_URL="smtp://127.0.0.1:1",
        PISTOR_HOME=str(FOLDER / "home"),
        PISTOR_MODE="local",
    )


def _child(name: str, *arguments: str, **env: str) -> Child:
    child = Child(name, [sys.executable, "-m", f"clinic.stack.{name}", *arguments], env, BASE, keep=[])
    atexit.register(_stop, child)
    return child


def _wait(child: Child, is_ready: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE
    while not is_ready():
        if not child.is_alive or time.monotonic() > until:
            sys.exit(f"The tests need {child.name}, and it does not start.")
        time.sleep(0.02)


def _stop(child: Child) -> None:
    child.ask_to_stop()
    child.wait(time.monotonic() + PATIENCE)
    child.kill()
    shutil.rmtree(FOLDER, ignore_errors=True)


_start()
