"""How a live capture is ended: signals end the capture, not the program, until its reports are written."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seqcheck.interfaces.ongoing import Ongoing

# What ends a capture, and `send`. Windows, where neither runs but their options are read, has no SIGHUP.
ENDS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


@dataclass(slots=True)
class Ending:
    """How the capture is told to end. `interrupted`: by Ctrl-C."""

    reader: Ongoing
    asked: int = 0
    interrupted: bool = False

    def heard(self, number: int, frame: object) -> None:
        """A signal. The first one ends the capture, the second what takes time after that; a third Ctrl-C
        everything."""
        self.asked += 1
        self.interrupted = self.interrupted or number == signal.SIGINT
        self.reader.stop(f"it was ended by {signal.Signals(number).name}")
        if self.asked > 1:
            self.reader.hurried = True
            signal.signal(signal.SIGINT, signal.default_int_handler)


@contextmanager
def stopping(reader: Ongoing) -> Iterator[Ending]:
    """Ctrl-C, SIGTERM and SIGHUP end the capture, not the program, until the reports are written. Under nohup SIGHUP
    does nothing."""
    ending = Ending(reader)
    wanted = [number for number in ENDS if signal.getsignal(number) != signal.SIG_IGN or number != signal.SIGHUP]
    before = {number: signal.signal(number, ending.heard) for number in wanted}
    try:
        yield ending
    finally:
        for number, handler in before.items():  # who was heard once is not in a hurry by now: all is written
            signal.signal(number, signal.SIG_IGN if ending.asked else handler)
