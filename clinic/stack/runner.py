"""The runner behind `manage.py up`: starts everything in order, watches it, and stops it in order.

Servers that a URL names are somebody else's and are left alone. What the runner starts itself ends with it: on Ctrl-C
and SIGTERM within five seconds; when it is killed, by the kernel's leash (`leash.py`); and what is left even then, at
the next start (`folder.py`).
"""

import http.client
import secrets
import signal
import socket
import sys
import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from .child import Child, say
from .folder import Folder, Held

PATIENCE = 60.0
"""Seconds that one part may take to be ready: the first start on a slow machine."""
STOP_APPS, STOP_SERVERS, STOP_DATABASE = 3.0, 1.0, 20.0
"""Seconds for each group to end by itself before it is killed. The database saves what it holds: it gets its time."""
APPS, SERVERS, DATABASE = {"prepare", "web", "worker", "beat"}, {"valkey", "mail"}, {"postgres"}
WEB = "--worker-class gthread --workers 2 --threads 4 --graceful-timeout 2 --log-level warning --no-control-socket"
WORKER = "--concurrency 2 --without-gossip --without-mingle --loglevel WARNING"
BEAT = "--pidfile= --loglevel WARNING"
QUIET = "ignore:You're running the worker with superuser"
"""In a container there is often nobody but root; the worker takes JSON only."""


class Stopped(Exception):
    """Somebody asked the runner to stop."""


class Trouble(Exception):
    """The clinic cannot start or go on. The message is a sentence for the person at the terminal."""


@dataclass(frozen=True)
class Wanted:
    """What the settings ask of this start. A URL that is empty asks for a server of our own."""

    base: Path
    home: Path
    mode: str
    listen: str
    port: int
    url: str
    host_header: str
    database_url: str
    redis_url: str
    email_url: str
    demo: bool


def free_port() -> int:
    """Return a port of localhost on which nobody listens now."""
    with closing(socket.socket()) as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def accepts(port: int) -> bool:
    """Say whether somebody listens on this port of localhost."""
    with closing(socket.socket()) as sock:
        sock.settimeout(1)
        return sock.connect_ex(("127.0.0.1", port)) == 0


class Runner:
    def __init__(self, wanted: Wanted) -> None:
        self.wanted = wanted
        self.folder = Folder(wanted.home)
        self.children: list[Child] = []
        self.own: dict[str, str] = {}
        self.demo = ""
        self.asked_to_stop = False

    def run(self) -> int:
        """Run the clinic until somebody asks it to stop (0) or a part of it ends by itself (1)."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._ask_to_stop)
        try:
            self._take_folder()
            self._check_port()
            self._start_servers()
            self._prepare()
            self._start_apps()
            self._announce()
            while True:
                self._rest()
        except Stopped:
            return 0
        except Trouble as trouble:
            say(f"\n{trouble}")
            return 1
        finally:
            self._stop()

    def _ask_to_stop(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002 - a signal handler's signature
        self.asked_to_stop = True

    # --- Before anything starts ---------------------------------------------------------------------------------------
    def _take_folder(self) -> None:
        try:
            self.folder.take()
        except Held as held:
            raise Trouble(f"This clinic runs already: {held.note['URL']} (process {held.note['PID']}).") from held

    def _check_port(self) -> None:
        listen, port = self.wanted.listen, self.wanted.port
        with closing(socket.socket()) as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                sock.bind((listen, port))
            except OSError as error:
                raise Trouble(
                    f"Port {port} cannot be used ({error.strerror}). Nothing was started. "
                    f"Choose another one: PORT={port + 1} make run"
                ) from error

    # --- Starting -----------------------------------------------------------------------------------------------------
    def _start_servers(self) -> None:
        """Start what no URL names, all at once, and wait for each."""
        waits: list[tuple[str, Callable[[], bool]]] = []
        home = self.wanted.home
        if not self.wanted.database_url:
            postgres = self._python("postgres", "-m", "clinic.stack.postgres", str(home / "postgres"))
            waits.append(("PostgreSQL", lambda: "url" in postgres.said))
        if not self.wanted.redis_url:
            redis_port, password = free_port(), secrets.token_urlsafe(24)
            self.own["REDIS_URL"] = f"redis://:{password}@127.0.0.1:{redis_port}/0"
            self._python("valkey", "-m", "clinic.stack.valkey", str(home / "valkey"))
            waits.append(("Valkey", lambda: accepts(redis_port)))
        if not self.wanted.email_url:
            mail_port = free_port()
            self.own["EMAIL_URL"] = f"smtp://127.0.0.1:{mail_port}"
            self._python("mail", "-m", "clinic.stack.mail", str(home / "mail"), str(mail_port))
            waits.append(("the mail server", lambda: accepts(mail_port)))
        for name, is_ready in waits:
            self._wait_for(name, is_ready)
        if not self.wanted.database_url:
            self.own["DATABASE_URL"] = postgres.said["url"]

    def _prepare(self) -> None:
        """Bring database and static files up to date, in a process that ends before the clinic opens."""
        demo = ["--demo"] if self.wanted.demo and not self.wanted.database_url else []
        child = self._python("prepare", str(self.wanted.base / "manage.py"), "prepare", *demo)
        self._write_note()
        while child.is_alive:
            self._rest(ending=child)
        self.children.remove(child)
        child.wait(time.monotonic() + 1)
        if child.process.returncode:
            raise Trouble("The clinic could not be prepared. The lines above say why.")
        self.demo = child.said.get("demo", "")

    def _start_apps(self) -> None:
        bind = f"{self.wanted.listen}:{self.wanted.port}"
        celery = ["-m", "celery", "--quiet", "-A", "clinic"]
        self._python("web", "-m", "gunicorn", "clinic.wsgi", "--bind", bind, *WEB.split())
        self._python("worker", *celery, "worker", *WORKER.split())
        self._python("beat", *celery, "beat", *BEAT.split())
        self._write_note()
        self._wait_for("the web server", self._is_live)

    def _is_live(self) -> bool:
        connection = http.client.HTTPConnection(self.wanted.listen, self.wanted.port, timeout=5)
        with closing(connection), suppress(OSError, http.client.HTTPException):
            connection.request("GET", "/livez", headers={"Host": self.wanted.host_header})
            return connection.getresponse().status == http.HTTPStatus.OK
        return False

    def _python(self, name: str, *arguments: str) -> Child:
        """Start a child that is told by variables where the servers are: it needs no file and cannot disagree."""
        told = {"PISTOR_MODE": self.wanted.mode, "PISTOR_HOME": str(self.wanted.home)}
        told |= {"PYTHONUNBUFFERED": "1", "PYTHONWARNINGS": QUIET}
        if not self.wanted.database_url:
            told["PISTOR_EMBEDDED"] = "1"
        child = Child(name, [sys.executable, *arguments], told | self.own, self.wanted.base, keep=[self.folder.lock])
        self.children.append(child)
        return child

    def _write_note(self) -> None:
        self.folder.write(self.wanted.url, self.own, {child.name: child.pid for child in self.children})

    def _announce(self) -> None:
        lines = [f"The clinic is open: {self.wanted.url}"]
        if self.demo:
            lines.append(f"Sign in as {self.demo}")
        if "EMAIL_URL" in self.own:
            lines.append(f"Mails go to {_short(self.wanted.home / 'mail')} and nowhere else.")
        lines.append("Ctrl-C stops it.")
        say("\n" + "\n".join(f"  {line}" for line in lines) + "\n")

    # --- Watching and stopping ----------------------------------------------------------------------------------------
    def _wait_for(self, name: str, is_ready: Callable[[], bool]) -> None:
        until = time.monotonic() + PATIENCE
        while not is_ready():
            if time.monotonic() > until:
                raise Trouble(f"Waited {PATIENCE:.0f} seconds for {name}; it is not ready.")
            self._rest()

    def _rest(self, ending: Child | None = None) -> None:
        """Wait a moment. Raises Stopped when asked to stop, Trouble when a child ended that is not meant to."""
        time.sleep(0.1)
        if self.asked_to_stop:
            raise Stopped
        for child in self.children:
            if child is not ending and not child.is_alive:
                code = child.process.returncode
                raise Trouble(f"{child.name} ended by itself (code {code}). Stopping the rest.")

    def _stop(self) -> None:
        """Stop in the order that loses nothing: who uses a server goes before the server."""
        if self.children:
            say("\nStopping …")
        for names, seconds in ((APPS, STOP_APPS), (SERVERS, STOP_SERVERS), (DATABASE, STOP_DATABASE)):
            group = [child for child in self.children if child.name in names]
            for child in group:
                child.ask_to_stop()
            until = time.monotonic() + seconds
            for child in group:
                if not child.wait(until):
                    say(f"{child.name} did not end in time and was killed.")
                child.kill()
        self.folder.leave()
        if self.children:
            say("Stopped.")


def _short(path: Path) -> Path:
    """Return the path as seen from here, when it lies below."""
    with suppress(ValueError):
        return path.relative_to(Path.cwd())
    return path
