"""One child of the runner: a process in a session of its own, its lines prefixed with its name."""

import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from .folder import end_group

LEASH = Path(__file__).with_name("leash.py")
NAME_WIDTH = 8
WORD = re.compile(r"@(\w+) (.*)")
"""A line such as `@url postgresql://…` is a word to the runner, and is not shown."""


def say(text: str) -> None:
    """Print a line for the person at the terminal, who may have closed it meanwhile."""
    with suppress(OSError):
        print(text, flush=True)  # noqa: T201


class Child:
    """A started process. `said` holds the words it gave the runner."""

    def __init__(
        self, name: str, command: Sequence[str], env: Mapping[str, str], folder: Path, keep: Sequence[int]
    ) -> None:
        """Start `command` in `folder`; `keep` are open files that it inherits."""
        self.name = name
        self.said: dict[str, str] = {}
        self.process = subprocess.Popen(  # noqa: S603 - the runner's own commands
            [sys.executable, "-I", "-S", str(LEASH), str(os.getpid()), *command],
            env={**os.environ, **env},
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=keep,
            start_new_session=True,  # Ctrl-C on the terminal reaches the runner alone
            text=True,
            errors="replace",
        )
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self) -> None:
        for line in self.process.stdout or ():
            if word := WORD.fullmatch(line.strip()):
                self.said[word[1]] = word[2]
            elif line.strip():
                say(f"{self.name:{NAME_WIDTH}} | {line.rstrip()}")

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def is_alive(self) -> bool:
        return self.process.poll() is None

    def ask_to_stop(self) -> None:
        """Send SIGTERM to the leader only: to Celery's whole group it would kill the children of its pool."""
        if self.is_alive:
            self.process.terminate()

    def wait(self, until: float) -> bool:
        """Wait for the end until a moment of `time.monotonic()`; say whether it came."""
        try:
            self.process.wait(max(0.0, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            return False
        self.reader.join(0.2)
        return True

    def kill(self) -> None:
        """End it and what is left of its session, now."""
        end_group(self.pid)
        self.process.wait(1)
