"""A mail server that takes everything and keeps nothing: `python -m tests.bench.sink PORT`."""

import signal
import sys
from typing import Any

from clinic.stack.mail import serve


class Nothing:
    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        return "250 OK"


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    controller = serve(Nothing(), int(sys.argv[1]))
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    signal.sigwait({signal.SIGTERM, signal.SIGINT})
    controller.stop()
