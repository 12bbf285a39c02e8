"""The clinic's folder (`var/` or PISTOR_HOME): held by one runner at a time, with a note of who runs where."""

import fcntl
import json
import os
import signal
import time
from pathlib import Path
from typing import Any

REMAINS = 8.0
"""Seconds given to the children of a killed runner to end by themselves."""


class Held(Exception):
    """Another runner has the folder. `note` is what it wrote down."""

    def __init__(self, note: dict[str, Any]) -> None:
        super().__init__("held")
        self.note = note


def birth(pid: int) -> str:
    """Return the kernel's start time of a process, empty when there is none: a pid alone may be somebody else's."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except OSError:
        return ""


def end_group(pid: int) -> None:
    """Kill a process and the others of its session."""
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


class Folder:
    """The folder, its lock and its note."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.lock = -1

    @property
    def _note(self) -> Path:
        return self.home / "stack.json"

    def take(self) -> None:
        """Take the lock, or raise Held. Children inherit it: it is free when all of a killed runner have ended."""
        self.home.mkdir(parents=True, exist_ok=True)
        lock = os.open(self.home / "up.lock", os.O_RDWR | os.O_CREAT, 0o600)
        patience = time.monotonic() + REMAINS
        while not _locked(lock):
            note = self.read()
            if note and birth(note["PID"]) == note["BIRTH"]:
                os.close(lock)
                raise Held(note)
            if time.monotonic() > patience:
                _end_remains(note)
            time.sleep(0.1)
        self.lock = lock

    def read(self) -> dict[str, Any]:
        """Return the note of the last runner; empty when it stopped in order."""
        return json.loads(self._note.read_text()) if self._note.exists() else {}

    def write(self, url: str, servers: dict[str, str], pids: dict[str, int]) -> None:
        """Write down our own servers' addresses for `manage.py` in another shell, and who runs, for the next start."""
        note = {
            **servers,
            "URL": url,
            "PID": os.getpid(),
            "BIRTH": birth(os.getpid()),
            "CHILDREN": {name: [pid, birth(pid)] for name, pid in pids.items()},
        }
        part = self._note.with_suffix(".part")
        part.touch(mode=0o600)
        part.write_text(json.dumps(note, indent=1))
        part.replace(self._note)

    def leave(self) -> None:
        """Remove the note and let the lock go."""
        if self.lock != -1:
            self._note.unlink(missing_ok=True)
            os.close(self.lock)
            self.lock = -1


def _locked(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _end_remains(note: dict[str, Any]) -> None:
    """End what a killed runner left and the kernel's leash did not; only processes that are still those recorded."""
    for pid, born in note.get("CHILDREN", {}).values():
        if born and birth(pid) == born:
            end_group(pid)
