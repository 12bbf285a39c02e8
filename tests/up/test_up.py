"""`manage.py up`, started for real: it opens, says what it did, and leaves nothing behind however it ends."""

import os
import signal
import smtplib
import stat
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import psycopg2
import pytest

from tests.up.running import Running, manage

pytestmark = pytest.mark.stack
STOPS_WITHIN = 5.0


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture(scope="module")
def deep(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of several starts, so deep that a Unix socket's path (107 bytes at most) cannot lie in it."""
    return tmp_path_factory.mktemp("home") / ("deep" * 20) / ("deeper" * 10)


def child(running: Running, name: str) -> psutil.Process:
    return psutil.Process(running.note()["CHILDREN"][name][0])


def test_it_opens_serves_and_stops_within_five_seconds(deep: Path, tmp_path: Path) -> None:
    home = deep
    with Running(home) as running:
        running.wait_until_open()
        assert f"http://localhost:{running.port}" in running.said
        assert running.get("/livez") == (200, '{"ok": true, "wrong": {}}')
        running.wait_until(lambda: running.get("/healthz")[0] == 200, "healthy")

        assert mode(home / "stack.json") == mode(home / "secret_key") == 0o600
        assert mode(home / "mail") == mode(home / "valkey") == 0o700
        assert manage(home, "migrate", "--check").returncode == 0, "another shell does not find the database"
        _mails_are_kept(running)
        _a_second_runner_is_refused(running, tmp_path)

        assert running.stop(signal.SIGINT) < STOPS_WITHIN
        assert running.process.returncode == 0, running.said
        assert not running.survivors()
        assert not (home / "stack.json").exists()


def _mails_are_kept(running: Running) -> None:
    url = urlsplit(running.note()["EMAIL_URL"])
    with smtplib.SMTP(url.hostname or "", url.port or 0) as sender:
        sender.sendmail("a@clinic.example", ["b@patient.example"], b"Subject: kept\r\n\r\nwords\r\n")
    (mail,) = (running.home / "mail").glob("*.eml")
    assert mail.read_bytes().startswith(b"Subject: kept")
    assert mode(mail) == 0o600


def _a_second_runner_is_refused(running: Running, tmp_path: Path) -> None:
    same_folder = manage(running.home, "up")
    assert same_folder.returncode == 1
    assert f"runs already: http://localhost:{running.port} (process {running.process.pid})" in same_folder.stdout
    assert running.get("/livez")[0] == 200
    same_port = manage(tmp_path / "other", "up", PORT=str(running.port))
    assert same_port.returncode == 1
    assert f"Port {running.port} cannot be used" in same_port.stdout
    assert "Nothing was started" in same_port.stdout
    assert not (tmp_path / "other" / "postgres").exists()


def test_whatever_is_killed_nothing_is_left_behind_and_the_next_start_works(deep: Path) -> None:
    with Running(deep) as running:
        running.wait_until_open().stop(signal.SIGKILL)
        with Running(deep) as again:
            again.wait_until_open()
            assert not running.survivors(), "a killed runner takes its children along"
            assert again.get("/livez")[0] == 200
            server = _postgres_ends_alone(again)
            with Running(deep) as last:
                last.wait_until_open()
                assert server.is_running(), "the PostgreSQL that was left behind is adopted"
                _the_worker_dies(last)
                assert not server.is_running() or server.status() == "zombie"


def _postgres_ends_alone(running: Running) -> psutil.Process:
    """Kill the child that watches PostgreSQL; its server lives on, as nobody is there to stop it. Return the server."""
    child(running, "postgres").kill()
    assert running.wait_for_end() == 1
    assert "postgres ended by itself" in running.said
    (server,) = [process for process in running.survivors() if process.name() == "postgres"]
    return server


def _the_worker_dies(running: Running) -> None:
    child(running, "worker").kill()
    assert running.wait_for_end() == 1
    assert "worker ended by itself (code -9). Stopping the rest." in running.said
    assert not running.survivors()


@pytest.fixture
def own_database() -> Iterator[str]:
    """A clinic's own empty database, on the server of this test run."""
    admin = psycopg2.connect(os.environ["DATABASE_URL"])
    admin.autocommit = True
    with admin.cursor() as cursor:
        cursor.execute("CREATE DATABASE own_clinic TEMPLATE template0")
    yield os.environ["DATABASE_URL"].replace("/postgres?", "/own_clinic?")
    with admin.cursor() as cursor:
        cursor.execute("DROP DATABASE own_clinic WITH (FORCE)")
    admin.close()


def test_on_a_clinics_own_servers_nothing_embedded_starts_and_no_demo_is_made(
    tmp_path: Path, own_database: str
) -> None:
    own = {
        "DATABASE_URL": own_database,
        "REDIS_URL": os.environ["REDIS_URL"].removesuffix("/0") + "/1",
        "SECRET_KEY": "a-long-random-string-of-this-clinic-0123456789-abcdefghij",
        "ALLOWED_HOSTS": "book.clinic.example",
        "MAIL_FROM": "hello@clinic.example",
        "BEHIND_PROXY": "yes",
        "PISTOR_DEMO": "yes",
    }
    asked = {"Host": "book.clinic.example", "X-Forwarded-Proto": "https"}
    with Running(tmp_path / "var", **own) as running:
        running.wait_until_open()
        assert running.get("/livez", **asked)[0] == 200
        running.wait_until(lambda: running.get("/healthz", **asked)[0] == 200, "healthy")
        assert running.get("/", Host="book.clinic.example") == (301, "https://book.clinic.example/")
        assert running.get("/patients/", **asked) == (302, "/accounts/login/?next=/patients/")
        assert running.get("/livez", Host="elsewhere.example")[0] == 400

        assert set(running.note()["CHILDREN"]) == {"mail", "web", "worker", "beat"}
        assert own_database not in (running.home / "stack.json").read_text()
        assert {path.name for path in running.home.iterdir()}.isdisjoint({"postgres", "valkey", "secret_key"})
        assert running.stop() < STOPS_WITHIN
        assert not running.survivors()
    database = psycopg2.connect(own_database)
    with database.cursor() as cursor:
        cursor.execute("SELECT (SELECT count(*) FROM clinic_user), (SELECT count(*) FROM patients_patient)")
        assert cursor.fetchone() == (0, 0)
    database.close()
