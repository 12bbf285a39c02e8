"""Front-end files: `npm ci` from the lockfile, then a copy of what pages use into the git-ignored `static/vendor`.

Run as `python -m clinic.stack.assets`; it imports nothing of Django, so that it works before anything is set up.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent.parent
MODULES = BASE_DIR / "node_modules"
VENDOR = BASE_DIR / "static" / "vendor"
FILES = {
    "bootstrap/dist/css/bootstrap.min.css": "bootstrap.min.css",
    "bootstrap/dist/js/bootstrap.bundle.min.js": "bootstrap.bundle.min.js",
    "bootstrap-icons/font/bootstrap-icons.min.css": "bootstrap-icons.min.css",
    "bootstrap-icons/font/fonts/bootstrap-icons.woff": "fonts/bootstrap-icons.woff",
    "bootstrap-icons/font/fonts/bootstrap-icons.woff2": "fonts/bootstrap-icons.woff2",
    "@event-calendar/build/dist/event-calendar.min.css": "event-calendar.min.css",
    "@event-calendar/build/dist/event-calendar.min.js": "event-calendar.min.js",
    **{
        f"@fontsource-variable/inter/files/inter-{part}-opsz-normal.woff2": f"fonts/inter-{part}-opsz-normal.woff2"
        for part in ("latin", "latin-ext", "vietnamese")
    },
}
SOURCE_MAP = re.compile(rb"\n?(//|/\*)# sourceMappingURL=[^\n*]*(\*/)?")


def install() -> None:
    """Run `npm ci`: with the machine's own npm, otherwise with the one in requirements-node.txt."""
    npm = shutil.which("npm") or shutil.which("npm", path=str(Path(sys.executable).parent))
    if npm is None:
        sys.exit("There is no npm here. Install Node.js, or run: pip install -r requirements-node.txt")
    subprocess.run([npm, "ci", "--silent"], cwd=BASE_DIR, check=True)  # noqa: S603 - a fixed command


def copy() -> None:
    """Copy the files. Names of source maps are struck out: the manifest storage refuses a name that leads nowhere."""
    shutil.rmtree(VENDOR, ignore_errors=True)
    for source, target in FILES.items():
        path = VENDOR / target
        path.parent.mkdir(parents=True, exist_ok=True)
        content = (MODULES / source).read_bytes()
        path.write_bytes(SOURCE_MAP.sub(b"", content) if path.suffix in {".css", ".js"} else content)


if __name__ == "__main__":
    install()
    copy()
