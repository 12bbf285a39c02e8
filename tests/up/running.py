"""A clinic started for real by `manage.py up`, in a folder and on a port of its own."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

from clinic.stack.runner import free_port

BASE = Path(__file__).resolve().parent.parent.parent
OURS = ("DATABASE_URL", "REDIS_URL", "EMAIL_URL", "PISTOR_MODE", "PISTOR_HOME", "DJANGO_SETTINGS_MODULE")
"""What tests/stack.py told this process, and a clinic of its own must not hear."""
PATIENCE = 60


def environment(home: Path, **more: str) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if name not in OURS}
    return {**clean, "PISTOR_HOME": str(home), "PISTOR_DEMO": "no", **more}


def manage(home: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run a command in another shell, as a person would."""
    command = [sys.executable, str(BASE / "manage.py"), *arguments]
    return subprocess.run(command, env=environment(home, **more), capture_output=True, text=True, timeout=PATIENCE)


class Running:
    """A started `manage.py up`. Use it as a context: what is left at its end is killed."""

    def __init__(self, home: Path, **more: str) -> None:
        self.home = home
        self.port = int(more.pop("PORT", "") or free_port())
        self.output = home.parent / f"up-{self.port}.log"
        home.parent.mkdir(parents=True, exist_ok=True)
        with self.output.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, str(BASE / "manage.py"), "up"],
                env=environment(home, PORT=str(self.port), **more),
                stdout=output,
                stderr=output,
            )
        self.family: set[psutil.Process] = set()

    def __enter__(self) -> "Running":
        return self

    def __exit__(self, *error: object) -> None:
        self.see_family()
        for process in [self.process, *self.survivors()]:
            process.kill()
        self.process.wait()

    @property
    def said(self) -> str:
        return self.output.read_text()

    def see_family(self) -> None:
        """Remember every process that descends from the runner now, with the PostgreSQL that `pg_ctl` detached."""
        if self.process.poll() is None:
            self.family |= set(psutil.Process(self.process.pid).children(recursive=True))
        for process in psutil.process_iter(["cmdline"]):
            if str(self.home / "postgres") in (process.info["cmdline"] or []):
                self.family.add(process)

    def survivors(self) -> list[psutil.Process]:
        return [process for process in self.family if process.is_running() and process.status() != "zombie"]

    def wait_until(self, true: Callable[[], bool], what: str) -> None:
        until = time.monotonic() + PATIENCE
        while not true():
            assert time.monotonic() < until, f"{what}, not within {PATIENCE} s:\n{self.said}"
            time.sleep(0.1)

    def wait_until_open(self) -> "Running":
        self.wait_until(lambda: "The clinic is open" in self.said or self.process.poll() is not None, "open")
        assert self.process.poll() is None, self.said
        self.see_family()
        return self

    def wait_for_end(self) -> int:
        return self.process.wait(PATIENCE)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> float:
        """Ask it to stop; return the seconds until its process had ended."""
        self.see_family()
        began = time.monotonic()
        self.process.send_signal(how)
        self.wait_for_end()
        return time.monotonic() - began

    def get(self, path: str, **headers: str) -> tuple[int, str]:
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", headers=headers)
        opener = urllib.request.build_opener(_NoRedirect)
        try:
            with opener.open(request, timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.headers.get("Location") or error.read().decode()

    def note(self) -> dict[str, Any]:
        return json.loads((self.home / "stack.json").read_text())


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *given: Any) -> None:
        return None
