"""A small SMTP server on localhost. Nothing leaves the machine: each mail becomes a file that a person can open.

Run as `python -m clinic.stack.mail FOLDER PORT`. The tests use `serve` with a handler of their own.
"""

import argparse
import contextlib
import itertools
import logging
import signal
import socket
import time
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller

log = logging.getLogger(__name__)


def free_port() -> int:
    """Return a port of localhost on which nobody listens now."""
    with contextlib.closing(socket.socket()) as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


class Keeper:
    """Keeps each mail under `folder` as `<time>-<number>.eml`; the folder and its files are for their owner only."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        self.folder = folder
        self.numbers = itertools.count(1)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: ANN401, ARG002
        """Write the mail under a name that is not there yet, whole or not at all."""
        stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime())
        path = self.folder / f"{stamp}-{next(self.numbers):05d}.eml"
        part = path.with_suffix(".part")
        part.touch(mode=0o600)
        part.write_bytes(envelope.original_content)
        part.rename(path)
        log.warning("kept %s", path.name)
        return "250 Message accepted for delivery"


def serve(handler: Any, port: int | None = None) -> Controller:  # noqa: ANN401 - aiosmtpd takes any object with hooks
    """Start the server on a thread of its own and return it; `controller.stop()` ends it."""
    controller = Controller(handler, hostname="127.0.0.1", port=port or free_port(), data_size_limit=20_000_000)
    controller.start()
    return controller


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("port", type=int)
    given = parser.parse_args()
    logging.basicConfig(format="%(message)s")
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    controller = serve(Keeper(given.folder), given.port)
    signal.sigwait({signal.SIGTERM, signal.SIGINT})
    controller.stop()


if __name__ == "__main__":
    main()
