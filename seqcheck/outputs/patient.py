"""Writing to whoever may be slow, or stand still: a pipe's reader, a terminal after Ctrl-S, a connection that hangs.

A live capture may not wait for these, since the kernel drops frames meanwhile. So a thread writes, and what waits for
it is bounded: beyond that nothing more is taken. Signals are left to the main thread.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections import deque
from collections.abc import Callable

LOOK_S = 0.05  # until it is looked again whether to go on waiting
STILL_S = 1.0  # after which a reader that takes nothing stands still
IDLE_S = 1.0  # after which a thread without work ends


class Patient:
    """Writes to the descriptor `number`, in order, at most `most` bytes behind. `broken` is what it failed with; then
    nothing more is written."""

    def __init__(self, number: int, most: int) -> None:
        self.broken: OSError | None = None
        self._number, self._most = number, most
        self._pieces: deque[bytes] = deque()
        self._waiting = 0  # bytes that were taken and not written
        self._changed = threading.Condition()
        self._served = False  # by a thread
        self._moved = time.monotonic()  # when something was taken, or written, last

    @property
    def busy(self) -> bool:
        """Whether anything waits to be written."""
        return self._waiting > 0

    def take(self, data: bytes, *, always: bool = False) -> bool:
        """Have it written, unless there is no room: then False, and none of it is. `always`: whether or not."""
        with self._changed:
            if self.broken is not None or (self._waiting + len(data) > self._most and not always):
                return False
            if data:
                self._pieces.append(data)
                self._waiting += len(data)
                self._moved = time.monotonic()
                self._changed.notify()
                if not self._served:
                    self._served = True
                    threading.Thread(target=self._serve, name="patient", daemon=True).start()
        return True

    def settle(self, enough: Callable[[], bool]) -> bool:
        """Wait until all is written, or cannot be, or it is `enough` and nothing moves for STILL_S. Whether all is
        written."""
        while self.busy and self.broken is None and not (enough() and time.monotonic() > self._moved + STILL_S):
            with self._changed:
                self._changed.wait(LOOK_S)
        return not self.busy

    def _serve(self) -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        while True:
            with self._changed:
                if not self._pieces:
                    self._changed.wait(IDLE_S)
                if not self._pieces:
                    self._served = False
                    return
                piece = self._pieces.popleft()
            rest = memoryview(piece)
            try:
                while rest:
                    rest = rest[os.write(self._number, rest) :]
                    self._moved = time.monotonic()
            except OSError as error:
                self.broken = error
            with self._changed:
                self._waiting -= len(piece)
                self._changed.notify_all()
            if self.broken is not None:
                return


def within(seconds: float) -> Callable[[], bool]:
    """For `settle`: no longer than that."""
    until = time.monotonic() + seconds
    return lambda: time.monotonic() > until
