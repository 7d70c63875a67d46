"""Findings and frames set aside in temporary files, for the outputs that have no cap.

Only used where such an output was asked for. The files have no name, so that nothing is left behind. Memory follows
the restarts (what is taken back), not the findings. Assumes rows in the order in which the tracker gave them.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from struct import Struct
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import OutputError
from ..kernel.border import DUPLICATE, EVENT, GAP, LATE, RESTART
from ..model.results import CapturedFrame
from ..track.retracted import BACK, backs, gone

CHUNK = 1 << 15  # rows given at a time
_FRAME = Struct("<qIIH")  # ns, wire, captured, link


class Rows:
    """Rows of EVENT, without end, in `file`, or in a temporary one."""

    def __init__(self, file: IO[bytes] | None = None) -> None:
        self._file = _unnamed() if file is None else file
        self._count = 0
        self._back: list[NDArray[Any]] = []

    def add(self, events: NDArray[Any]) -> None:
        """Set these aside."""
        if len(back := backs(events, self._count)):
            self._back.append(back)
        _write(self._file, events.tobytes())
        self._count += len(events)

    def read(self) -> Iterator[NDArray[Any]]:
        """Everything that was not taken back, in order, in chunks of one kind."""
        self._file.flush()
        back = np.concatenate([np.zeros(0, BACK), *self._back])
        for start in range(0, self._count, CHUNK):
            self._file.seek(start * EVENT.itemsize)
            rows = np.frombuffer(self._file.read(CHUNK * EVENT.itemsize), EVENT)
            kinds = rows["kind"]
            at = np.flatnonzero((kinds == DUPLICATE) | (kinds == LATE))
            taken = np.zeros(len(rows), np.bool_)
            taken[at] = gone(rows[at], start + at, back)
            for kind in (DUPLICATE, GAP, LATE, RESTART):
                left = rows[(kinds == kind) & ~taken]
                if len(left):
                    yield left

    def close(self) -> None:
        """Forget everything."""
        self._file.close()


class Frames:
    """Frames of a pipe, while they are still at hand. Any of them may be added more than once."""

    def __init__(self) -> None:
        self._file = _unnamed()
        self._numbers = array("q")
        self._places = array("q")

    def add(self, frame: CapturedFrame) -> None:
        """Set it aside."""
        if self._numbers and self._numbers[-1] == frame.number:
            return
        self._numbers.append(frame.number)
        self._places.append(self._file.tell())
        head = _FRAME.pack(frame.ns, frame.wire, len(frame.data), frame.link)
        _write(self._file, head + frame.data)

    def known(self, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        """Those of `numbers` that were set aside."""
        return numbers[np.isin(numbers, np.array(self._numbers, np.int64))]

    def read(self, numbers: NDArray[np.int64]) -> Iterator[CapturedFrame]:
        """Those of `numbers` (ascending) that were set aside."""
        self._file.flush()
        have, first = np.unique(np.frombuffer(self._numbers, np.int64), return_index=True)
        places = np.frombuffer(self._places, np.int64)[first]
        for at in np.flatnonzero(np.isin(have, numbers)).tolist():
            self._file.seek(int(places[at]))
            ns, wire, size, link = _FRAME.unpack(self._file.read(_FRAME.size))
            yield CapturedFrame(number=int(have[at]), ns=ns, wire=wire, link=link, data=self._file.read(size))

    def close(self) -> None:
        """Forget everything."""
        self._file.close()


def _unnamed() -> IO[bytes]:
    """A new temporary file."""
    import tempfile  # here, since it is slow to load and few runs need it

    return tempfile.TemporaryFile(prefix="seqcheck-")


def _write(file: IO[bytes], data: bytes) -> None:
    try:
        file.write(data)
    except OSError as error:
        import tempfile

        raise OutputError(
            f"cannot store findings in {tempfile.gettempdir()}: {error.strerror}",
            hint="Set TMPDIR to use another folder.",
        ) from error
