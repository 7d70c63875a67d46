"""Work for processes, in a module of its own so that they can find it."""

import os
import signal
from collections.abc import Callable
from typing import Any


def double(task: int, tell: Callable[[Any], None]) -> int:
    tell(("half of", task * 2))
    return task * 2


def heard(task: int, tell: Callable[[Any], None]) -> tuple[Any, list[int]]:
    """What Ctrl-C does, and the signals that wait."""
    return signal.getsignal(signal.SIGINT), sorted(signal.pthread_sigmask(signal.SIG_BLOCK, []))


def die_of_three(task: int, tell: Callable[[Any], None]) -> int:
    if task == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    if task == 4:
        os._exit(7)
    return task


def leave_a_mark(task: tuple[str, str], tell: Callable[[Any], None]) -> int:
    """Wait on a pipe that nobody writes to; whoever ends us finds that we cleaned up."""
    mark, pipe = task
    with open(mark, "x"):
        try:
            tell("at work")
            with open(pipe, "rb") as stream:
                stream.read()
        finally:
            os.unlink(mark)
    return 0


def process(task: int, tell: Callable[[Any], None]) -> int:
    return os.getpid()
