"""When `seqcheck send` sends, how much, and when it ends."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

from seqcheck.cli.ending import ENDS

BATCH = 256  # slots that are filled before the kernel is asked to send them
STEP = 0.001  # seconds' worth of frames that a batch has at least: smaller ones would keep a processor busy with little


class Pace:
    """When to send how much: `rate` frames a second, for `duration` seconds; None is no limit."""

    def __init__(self, rate: int | None, duration: float | None) -> None:
        self._rate, self._duration = rate, duration
        self.ended = False
        self.begin()

    def begin(self) -> None:
        """Now."""
        self._begin = time.monotonic()
        self.elapsed = 0.0

    def next(self, sent: int) -> int:
        """How many frames are due, at least one; waits until that is so. 0 at the end."""
        while not self.over():
            if self._rate is None:
                return BATCH
            least = min(max(int(self._rate * STEP), 1), BATCH)
            due = int(self.elapsed * self._rate) - sent
            if due >= least:
                return min(due, BATCH)
            # Wait for the next batch to fall due; at most 0.1 s, so that a signal and the duration are seen in time.
            time.sleep(min(max((sent + least) / self._rate - self.elapsed, 0.0001), 0.1))
        return 0

    def over(self) -> bool:
        """Whether it is to end: the time is over, or a signal said so."""
        self.elapsed = time.monotonic() - self._begin
        self.ended = self.ended or (self._duration is not None and self.elapsed >= self._duration)
        return self.ended

    def done(self) -> None:
        """All is sent."""
        self.elapsed = time.monotonic() - self._begin

    def stop(self, number: int, frame: object) -> None:
        """A signal: end, with what was sent up to now."""
        self.ended = True


@contextmanager
def hearing(pace: Pace) -> Iterator[None]:
    """Signals end the sending, not the program."""
    before = {number: signal.signal(number, pace.stop) for number in ENDS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
