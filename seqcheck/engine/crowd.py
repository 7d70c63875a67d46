"""Whether new streams are still admitted: how many there may be depends on the memory that they take.

A stream has a fixed cost, and a far larger one once something was found in it. When streams in which nothing was found
take half of the room, a new one must send a second record before it gets a place, so that a scan (one flow per frame)
leaves the other half to streams that continue; when all is taken, no new one is followed. This is checked every STEP
frames, wherever blocks end, so the room can be exceeded by what that many new streams take, and by what is found later
in those that have a place. Both kernels do the same, because the room is computed from streams and rows, not asked of
an allocator.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..kernel.border import ANY_STREAM, MAX_STREAMS, NO_STREAM, SECOND_RECORD
from ..saved import Saved

ROOM = 340 << 20  # bytes
# Bytes of a stream in which nothing was found, and of one in which something was: tables, keys and report. And of each
# row, up to a handful for each of these streams.
LEAN, FULL, ROW = 2400, 5300, 100
HANDFUL = 16
MORE = FULL - LEAN + HANDFUL * ROW  # that one frame may add, at most: what it is a first finding of
STEP = 1 << 15  # frames, counted from the first one


class Crowd:
    """Of one capture. `memory` is what the whole run may take, in bytes, if that was said: two thirds are room."""

    def __init__(self, memory: int | None = None) -> None:
        self._room = ROOM if memory is None else memory * 2 // 3
        self._streams = self._found = self._rows = 0
        self._faulty = np.zeros(64, np.bool_)  # by stream: whether there was a row of it

    def save(self, into: Saved) -> None:
        """What came so far; the room is the next run's own."""
        into.put("faulty", self._faulty)
        into.note("streams", self._streams)
        into.note("rows", self._rows)

    def load(self, saved: Saved) -> None:
        """What was saved; ValueError if that cannot be."""
        self._faulty = saved.rows("faulty", np.bool_, 2 * MAX_STREAMS)
        self._streams, self._rows = saved.number("streams", 0, MAX_STREAMS), saved.number("rows")
        self._found = int(np.count_nonzero(self._faulty))

    def records(self, streams: NDArray[np.int32]) -> None:
        """Records of these streams came, at least one."""
        self._streams = max(self._streams, int(streams.max()) + 1)

    def found(self, events: NDArray[Any]) -> None:
        """Rows of EVENT."""
        if not len(events):
            return
        streams = np.ascontiguousarray(events["stream"])
        least, top = int(streams.min()), int(streams.max()) + 1
        if top > len(self._faulty):
            self._faulty = np.concatenate([self._faulty, np.zeros(2 * top - len(self._faulty), np.bool_)])
        self._faulty[least if least == top - 1 else streams] = True
        self._found = int(np.count_nonzero(self._faulty))
        self._rows += len(streams)

    def near(self, frames: int) -> bool:
        """Whether that many more frames can change which streams are taken in: each a new stream, or a row of one in
        which nothing was found so far."""
        quiet, taken = self._taken()
        return 2 * (quiet + frames * LEAN) >= self._room or taken + frames * MORE >= self._room

    @property
    def admission(self) -> int:
        """Which new streams are to be taken in, as protocols.DecoderLike.admit has it."""
        quiet, taken = self._taken()
        if taken >= self._room:
            return NO_STREAM
        return SECOND_RECORD if 2 * quiet >= self._room else ANY_STREAM

    def _taken(self) -> tuple[int, int]:
        """Bytes of streams in which nothing was found, and of all."""
        quiet = (self._streams - self._found) * LEAN
        return quiet, quiet + self._found * FULL + min(self._rows, self._found * HANDFUL) * ROW
