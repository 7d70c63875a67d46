"""`seqcheck`, and `python -m seqcheck`: where our process begins and ends.

Ctrl-C while modules are loaded, or while the interpreter cleans up at the end, ends the process without a traceback; in
between, the verb handles it.
"""

import signal
import sys


def run() -> int:
    """Run the command line; its exit code."""
    before = signal.getsignal(signal.SIGINT)
    if before is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
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
