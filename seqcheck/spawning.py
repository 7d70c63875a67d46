"""Processes that are started do not hear what ends their employer: it ends them, and only once they are ready for it.

A process that hears Ctrl-C while it still loads Python prints a traceback; so does one whose employer is ended before
it has said what to do.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

# Windows has no masks, and starts processes that hear nothing unless told to.
ENDS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP")) if hasattr(signal, "SIGHUP") else ()
CTRL_C = ENDS[:1]


@contextmanager
def undisturbed(by: tuple[int, ...] = ENDS) -> Iterator[None]:
    """These signals, which would end this process, wait until the end of this block. Processes and threads that are
    started in it inherit that, and hear them once they say so (`listen`)."""
    if not by:
        yield
        return
    from multiprocessing import resource_tracker

    resource_tracker.ensure_running()  # which unblocks them, if it was not
    before = signal.pthread_sigmask(signal.SIG_BLOCK, by)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def listen() -> None:
    """This process is ready for what ends it."""
    if ENDS:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDS)
