"""`seqcheck`, and `python -m seqcheck`: where our process begins and ends.

Ctrl-C while modules are loaded, or while the interpreter cleans up at the end, ends the process without a traceback; in
between, the verb handles it.
"""

import os
import signal
import sys


def _occupy() -> None:
    """Where a standard stream is closed, what is opened next would get its number, and be taken for it."""
    try:
        while (number := os.open(os.devnull, os.O_RDWR)) <= 2:
            pass  # it stays
    except OSError:
        return
    os.close(number)


def run() -> int:
    """Run the command line; its exit code."""
    before = signal.getsignal(signal.SIGINT)
    if before is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    _occupy()
    from seqcheck.cli.main import INTERRUPTED, main

    try:
        signal.signal(signal.SIGINT, before)
        code = main()
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    except KeyboardInterrupt:  # just before or behind what main answers for
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        code = INTERRUPTED
    return code


if __name__ == "__main__":
    sys.exit(run())
