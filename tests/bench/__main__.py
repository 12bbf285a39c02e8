"""Measure every size and write docs/performance.md: `SIZES=10000 BENCH_FOLDER=/somewhere python -m tests.bench`.

A folder that is kept keeps the databases that were filled: the next run copies them and measures at once.
"""

import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg2

from clinic.stack.child import Child
from tests.bench import report

BASE = Path(__file__).resolve().parents[2]
POSTGRES = ("shared_buffers=1GB", "max_wal_size=8GB", "work_mem=32MB", "random_page_cost=1.1")
"""As in the measured limits; durable: fsync, synchronous_commit and full_page_writes stay on."""
CLINIC = ("--clinicians", "20", "--rooms", "20", "--days-ahead", "90")
SIZES = {
    "10000": ("--patients", "2000", "--days-back", "18"),
    "100000": ("--patients", "10000", "--days-back", "640"),
    "1000000": ("--patients", "100000", "--days-back", "6950"),
    "people": ("--patients", "1000000", "--days-back", "200"),
}
"""What each size is made of: about 200 visits a working day, as far back as it takes. `people` is for search alone."""


def main() -> None:
    asked = [size for size in os.environ.get("SIZES", " ".join(SIZES)).replace(",", " ").split() if size]
    unknown = set(asked) - set(SIZES)
    if unknown:
        sys.exit(f"SIZES knows {', '.join(SIZES)}; not {', '.join(sorted(unknown))}.")
    kept = os.environ.get("BENCH_FOLDER")
    folder = Path(kept) if kept else Path(tempfile.mkdtemp(prefix="pistor-bench-"))
    postgres = Child(
        "postgres", [sys.executable, "-m", "clinic.stack.postgres", str(folder / "pg"), *POSTGRES], {}, BASE, []
    )
    try:
        url = _url(postgres)
        results: list[report.Result] = []
        for size in asked:
            results.append(_measured(size, url, folder))
            report.write(results, _machine(results), BASE / "docs")
    finally:
        postgres.ask_to_stop()
        postgres.wait(time.monotonic() + 60)
        if not kept:
            shutil.rmtree(folder, ignore_errors=True)
    sys.stdout.write(report.table(results) + "\n\n" + report.growth(results) + "\n")


def _url(postgres: Child) -> str:
    until = time.monotonic() + 120
    while "url" not in postgres.said:
        if not postgres.is_alive or time.monotonic() > until:
            sys.exit("PostgreSQL does not start.")
        time.sleep(0.1)
    return postgres.said["url"]


def _named(url: str, name: str) -> str:
    return url.replace("/postgres?", f"/{name}?")


def _run(url: str, folder: Path, *arguments: str) -> None:
    """Run a command of the clinic on one database, as its embedded one."""
    home = folder / "home"
    (home / "static").mkdir(parents=True, exist_ok=True)
    servers = {"DATABASE_URL": url, "REDIS_URL": "redis://localhost:1/0", "EMAIL_URL": "smtp://127.0.0.1:1"}
    mode = {"PISTOR_HOME": str(home), "PISTOR_MODE": "local", "PISTOR_EMBEDDED": "1"}
    env = {**os.environ, **servers, **mode, "DJANGO_SETTINGS_MODULE": "clinic.settings"}
    subprocess.run([sys.executable, *arguments], env=env, cwd=BASE, check=True)


def _sql(url: str, statement: str) -> list[tuple[Any, ...]]:
    with closing(psycopg2.connect(url)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []


def _measured(size: str, url: str, folder: Path) -> report.Result:
    """Fill a database unless it is there, copy it, and measure the copy."""
    filled, copy = f"bench_{size}", f"bench_{size}_run"
    if filled not in {name for (name,) in _sql(url, "SELECT datname FROM pg_database")}:
        _sql(url, f'CREATE DATABASE "{filled}_new" TEMPLATE template0')
        _run(_named(url, f"{filled}_new"), folder, "manage.py", "migrate", "--verbosity", "0")
        _run(_named(url, f"{filled}_new"), folder, "manage.py", "demo", *CLINIC, *SIZES[size])
        _sql(url, f'ALTER DATABASE "{filled}_new" RENAME TO "{filled}"')
    _sql(url, f'DROP DATABASE IF EXISTS "{copy}"')
    _sql(url, f'CREATE DATABASE "{copy}" TEMPLATE "{filled}"')
    file = folder / f"{size}.json"
    before = os.getloadavg()[0]
    _run(_named(url, copy), folder, "manage.py", "migrate", "--verbosity", "0")
    _run(_named(url, copy), folder, "-m", "tests.bench.one", "people" if size == "people" else "all", str(file))
    _sql(url, f'DROP DATABASE "{copy}"')
    return {"what": size, "load": before, **json.loads(file.read_text())}


def _machine(results: list[report.Result]) -> str:
    """Name the machine by its cores, and what else it did."""
    cpu = next(
        (line.partition(": ")[2] for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line),
        platform.machine(),
    )
    load = max(result["load"] for result in results)
    day = datetime.now(tz=UTC).date().isoformat()
    words = f"{day}, {os.cpu_count()} cores ({cpu}), everything on them: PostgreSQL, web server, senders, sink."
    if load > 0.5:
        words += (
            f" **Other work ran beside it** (load up to {load:.0f} before a size began): trust the processor's time."
        )
    return words


if __name__ == "__main__":
    main()
