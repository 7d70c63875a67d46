"""An output that grows during a capture, evidence or JSON lines: whole pieces, whatever happens.

A piece that does not fit (a full disk) is removed again, so that the file can be read to its end. Unbuffered: a killed
process has written all that it had.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import BinaryIO, Protocol


class Appearing(Protocol):
    """A file, or a pipe, that is there under its name once it has appeared (output.Output, series.Numbered)."""

    stream: BinaryIO

    @property
    def regular(self) -> bool:
        """Whether it is a new file."""

    def appear(self) -> None:
        """Give it its name."""


class Growing:
    """Appends to `output`. `size` bytes were written. It is given its name after `silent` pieces; None: by whoever
    writes."""

    def __init__(self, output: Appearing, *, silent: int | None = None) -> None:
        self.output = output
        self.size = 0
        self.broken: OSError | None = None  # what a piece failed with
        self._silent = silent
        self._number = output.stream.fileno()

    def write(self, data: bytes) -> int:
        """All of `data`. OSError if not all of it could be written: then none of it was."""
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[os.write(self._number, rest) :]
        except OSError as error:
            self.broken = error
            if self.output.regular:
                with suppress(OSError):
                    os.ftruncate(self._number, self.size)
                    os.lseek(self._number, self.size, os.SEEK_SET)
            raise
        self.size += len(data)
        if self._silent:
            self._silent -= 1
        elif self._silent is not None:
            self.output.appear()
        return len(data)

    def patch(self, at: int, data: bytes) -> None:
        """Write over what was written, where that is possible: not in a pipe."""
        if self.output.regular:
            with suppress(OSError):
                os.pwrite(self._number, data, at)
