"""How far long work is: a bar on a terminal, a line for each part elsewhere."""

from time import monotonic
from typing import Protocol

BAR = 24
OFTEN = 0.1
"""Seconds between two drawings."""


class Stream(Protocol):
    """What progress is told to: a file, or a command's output."""

    def isatty(self) -> bool: ...
    def write(self, text: str, /) -> object: ...
    def flush(self) -> None: ...


class Progress:
    """Tells a stream how many of how many are done. Without a stream it tells nobody."""

    def __init__(self, stream: Stream | None = None) -> None:
        self.stream = stream
        self.draws = bool(stream and stream.isatty())
        self._label, self._total, self._done, self._since, self._drawn = "", 0, 0, monotonic(), 0.0

    def start(self, label: str, total: int = 0) -> None:
        """Begin a part of the work; `total` is 0 where nobody knows how much it is."""
        self.end()
        self._label, self._total, self._done, self._since = label, total, 0, monotonic()
        self._draw()

    def to(self, done: int) -> None:
        """Say how many of this part are done."""
        self._done = done
        if self.draws and monotonic() - self._drawn >= OFTEN:
            self._draw()

    def end(self) -> None:
        """End the part that runs, and leave a line about it."""
        if not self._label or not self.stream:
            return
        count = f"{self._done:,} " if self._done else ""
        line = f"{count}{self._label}, {monotonic() - self._since:.1f} s"
        self.stream.write(f"\r{line:<78}\n" if self.draws else f"{line}\n")
        self.stream.flush()
        self._label = ""

    def _draw(self) -> None:
        if not self.draws or not self.stream:
            return
        self._drawn = monotonic()
        share = min(self._done / self._total, 1.0) if self._total else 0.0
        bar = "█" * round(share * BAR)
        count = f"{self._done:,} of {self._total:,} " if self._total else ""
        self.stream.write(f"\r{bar:·<{BAR}} {share:4.0%}  {count}{self._label}".ljust(79))
        self.stream.flush()
