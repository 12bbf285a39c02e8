"""Become another program that gets SIGTERM when its parent dies: `leash.py PARENT PROGRAM ARGUMENTS…`.

A killed runner cannot stop its children; the kernel can. Linux only: elsewhere the next start ends what was left.
The program is started through this file rather than by a `preexec_fn`, which is unsafe beside threads.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != int(sys.argv[1]):
            sys.exit(1)  # the parent died before the leash was on
    os.execvp(sys.argv[2], sys.argv[2:])  # noqa: S606 - the runner's own commands


if __name__ == "__main__":
    main()
