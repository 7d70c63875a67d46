"""Files of a recording, each written by a separate process, so that the capture continues meanwhile.

The process is forked: it sees the memory as it was at that moment, whatever is put there later, and ends when its file
is written. Then the file gets its name, so it is complete or absent, however either process ends. One is written at a
time, and none within `pause_s` of the last one's end.
"""

from __future__ import annotations

import errno
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import NoReturn

from seqcheck.cli.series import Series
from seqcheck.errors import OutputError

LOOK_S = 0.01  # until it is looked again whether a file is written, at the end
POLITE = 10  # nice(2)
FILES = 1 << 16  # descriptors that may be open
UNKNOWN = errno.EIO  # where a process cannot say what failed
FAILED = 255  # its exit code for what is no error of the system


class Saver:
    """See recording.Saver. `hurried` says that even the end of a file is not waited for. `failed` is what went wrong
    last: a disk that is full may have room again for the next file."""

    def __init__(self, series: Series, *, pause_s: float, hurried: Callable[[], bool]) -> None:
        self.failed: OutputError | None = None
        self.saved = 0
        self._series, self._pause_s, self._hurried = series, pause_s, hurried
        self._child = 0
        self._due = 0.0

    @property
    def ready(self) -> bool:
        """Whether another file may be written now."""
        self._look(os.WNOHANG)
        return not self._child and time.monotonic() >= self._due

    @property
    def remarks(self) -> list[str]:
        """What is worth a word in the report."""
        if self.failed is not None:
            return [f"A recording could not be written: {self.failed.message}."]
        if self._series.removed:
            return [f"Of {self.saved} recordings the last {self.saved - self._series.removed} were kept."]
        return []

    def save(self, pieces: Iterator[bytes]) -> None:
        """Write them in a new process."""
        self._due = time.monotonic() + self._pause_s
        try:
            number = self._series.begin()
        except OutputError as error:
            self.failed = error
            return
        ours = os.getpid()
        before = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        try:
            if not (child := os.fork()):
                _write(pieces, number, ours)
            self._child = child
        except OSError as error:  # no memory, or no more processes
            self.failed = OutputError(f"cannot write {self._series.path}: {error.strerror}")
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        os.close(number)

    def finish(self) -> None:
        """Wait for the file that is being written; in a hurry it is given up."""
        while self._child:
            self._look(os.WNOHANG)
            if self._child and self._hurried():
                os.kill(self._child, signal.SIGKILL)
                os.waitpid(self._child, 0)
                self._child = 0
            elif self._child:
                time.sleep(LOOK_S)  # looked at, since a second signal may hurry us while the file is written

    def _look(self, how: int) -> None:
        """Whether it is written."""
        if not self._child:
            return
        ended, status = os.waitpid(self._child, how)
        if not ended:
            return
        self._child = 0
        self._due = time.monotonic() + self._pause_s
        code = os.waitstatus_to_exitcode(status)
        if code:
            why = os.strerror(code) if 0 < code < FAILED else "the process that writes it failed"
            self.failed = OutputError(f"cannot write {self._series.path}: {why}")
            return
        try:
            self._series.name()
            self.saved += 1
        except OutputError as error:
            self.failed = error


def _write(pieces: Iterator[bytes], number: int, parent: int) -> NoReturn:
    """The process. Signals are for the capture: they stay blocked here."""
    code = FAILED
    try:
        os.closerange(0, number)
        os.closerange(number + 1, FILES)
        with suppress(OSError):
            os.nice(POLITE)
        for piece in pieces:
            rest = memoryview(piece)
            while rest:
                rest = rest[os.write(number, rest) :]
            if os.getppid() != parent:  # nobody will name it
                break
        else:
            os.fsync(number)
            code = 0
    except OSError as error:
        code = error.errno or UNKNOWN
    finally:
        os._exit(code)
