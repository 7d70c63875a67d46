"""An output that grows during a capture, evidence or JSON lines: whole pieces, whatever happens.

A piece that does not fit (a full disk) is removed again, so that the file can be read to its end. Unbuffered: a killed
process has written all that it had. Who reads a pipe may be slow: what waits for him is kept, up to BEHIND bytes, while
the capture goes on (outputs/patient.py).
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from contextlib import suppress
from typing import BinaryIO, Protocol

from seqcheck.outputs.patient import Patient

BEHIND = 16 << 20  # bytes
SLOW = "whoever reads it is too slow"


class Appearing(Protocol):
    """A file, or a pipe, that is there under its name once it has appeared (output.Output, series.Numbered)."""

    stream: BinaryIO

    @property
    def regular(self) -> bool:
        """Whether it is a new file."""

    def appear(self) -> None:
        """Give it its name."""


class Growing:
    """Appends to `output`. `size` bytes were written, or are to be. It is given its name after `silent` pieces; None:
    by whoever writes. `hurried` says that even at the end a slow reader is not waited for."""

    def __init__(
        self, output: Appearing, *, silent: int | None = None, hurried: Callable[[], bool] = lambda: False
    ) -> None:
        self.output = output
        self.size = 0
        self.left_out = 0  # things that a slow reader was not offered
        self._broken: OSError | None = None
        self._silent = silent
        self._hurried = hurried
        self._number = output.stream.fileno()
        self._patient = None if output.regular else Patient(self._number, BEHIND)

    @property
    def broken(self) -> OSError | None:
        """What a piece failed with."""
        return self._patient.broken if self._broken is None and self._patient is not None else self._broken

    def offer(self, data: bytes, count: int = 1) -> None:
        """As `write`, but if there is no room, as a slow reader leaves none, these `count` things are left out."""
        if self._patient is not None and not self._patient.take(data):
            self._check()
            self.left_out += count
            return
        self._written(data)

    def write(self, data: bytes, *, last: bool = False) -> int:
        """All of `data`. OSError if not all of it could be written: then none of it was. At the `last` one, a slow
        reader is waited for."""
        if self._patient is not None:
            self._check()  # on a full disk a smaller piece may fit, but nothing fits behind what was left out here
            taken = self._patient.take(data, always=last)
            if last:
                taken = self._patient.settle(self._hurried)
            self._check()
            if not taken:
                self._broken = OSError(errno.ENOBUFS, SLOW)
                raise self._broken
        return self._written(data)

    def settle(self) -> None:
        """Wait for a slow reader. OSError if not all could be written."""
        if self._patient is not None:
            self.write(b"", last=True)

    def patch(self, at: int, data: bytes) -> None:
        """Write over what was written, where that is possible: not in a pipe."""
        if self.output.regular:
            with suppress(OSError):
                os.pwrite(self._number, data, at)

    def _check(self) -> None:
        if self.broken is not None:
            raise self.broken

    def _written(self, data: bytes) -> int:
        """It was taken by whoever is to write it, or is written here."""
        if self._patient is None:
            self._append(data)
        self.size += len(data)
        if self._silent:
            self._silent -= 1
        elif self._silent is not None:
            self.output.appear()
        return len(data)

    def _append(self, data: bytes) -> None:
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[os.write(self._number, rest) :]
        except OSError as error:
            self._broken = error
            with suppress(OSError):
                os.ftruncate(self._number, self.size)
                os.lseek(self._number, self.size, os.SEEK_SET)
            raise
