"""Frames of several interfaces in time order, while they come.

Each interface gives its own in order (what its driver mixes up is left as it is). A silent one may still hold frames
that are older than those of the others, but none older than HORIZON_NS: the kernel hands over a block that is not full
after packet_socket.RETIRE_MS. So a frame older than all that can come is due. Bounded: when more than `most` bytes
wait, the oldest is given out anyway; so is everything at the end.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from seqcheck.capture.slots import Block
from seqcheck.interfaces.af_packet import Piece
from seqcheck.interfaces.live_window import merged
from seqcheck.kernel.border import Frames
from seqcheck.linux.packet_socket import RETIRE_MS

HORIZON_NS = 3 * RETIRE_MS * 1_000_000

Due = tuple[Frames, tuple[Block, ...], int]  # the frames, where their bytes lie, what was dropped just before them


class Interleave:
    """What waits. `most` is the number of bytes that may."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._waiting: list[tuple[object, Piece]] = []
        self._latest: dict[object, int] = {}

    def add(self, port: object, pieces: Sequence[Piece]) -> None:
        """New from `port`."""
        for piece in pieces:
            self._waiting.append((port, piece))
            if piece.high > piece.low:
                self._latest[port] = max(self._latest.get(port, 0), int(piece.frames.ns[piece.low : piece.high].max()))

    def due(self, now: int | None, idle: Sequence[object]) -> Iterator[Due]:
        """What is to be given out at `now` (None: all of it), when the ports `idle` have nothing that is ready."""
        if not self._waiting:
            return
        limit = self._limit(now, idle)
        parts, blocks, marks, left = [], list[Block](), list[tuple[int, int]](), list[tuple[object, Piece]]()
        for port, piece in self._waiting:
            times = np.maximum.accumulate(piece.frames.ns[piece.low : piece.high])
            cut = piece.low + int(np.searchsorted(times, limit, "right"))
            if cut > piece.low:
                parts.append((piece.frames, piece.low, cut))
                blocks.append(piece.block)
                if piece.dropped:
                    marks.append((int(times[0]), piece.dropped))
                    piece.dropped = 0
            if cut < piece.high:
                left.append((port, Piece(piece.block, cut, piece.high, piece.dropped)))
        self._waiting = left
        if parts:
            yield from _cut(merged(parts), tuple(dict.fromkeys(blocks)), sorted(marks))

    def _limit(self, now: int | None, idle: Sequence[object]) -> int:
        """The time up to which nothing older can come."""
        if now is None or sum(self._size(piece) for _, piece in self._waiting) > self._most:
            return int(np.iinfo(np.int64).max)
        ports = {*idle, *self._latest}
        return min(max(self._latest.get(port, 0), now - HORIZON_NS if port in idle else 0) for port in ports)

    @staticmethod
    def _size(piece: Piece) -> int:
        frames = piece.frames
        if piece.high == piece.low:
            return 0
        return int(frames.off[piece.high - 1]) + int(frames.cap[piece.high - 1]) - int(frames.off[piece.low])


def _cut(frames: Frames, blocks: tuple[Block, ...], marks: Sequence[tuple[int, int]]) -> Iterator[Due]:
    """`frames`, cut before each time at which something was dropped."""
    low, lost = 0, 0
    for ns, dropped in marks:
        high = int(np.searchsorted(np.maximum.accumulate(frames.ns), ns, "left"))
        if high > low:
            yield _rows(frames, low, high), blocks, lost
            low, lost = high, 0
        lost += dropped
    yield _rows(frames, low, frames.count), blocks, lost


def _rows(frames: Frames, low: int, high: int) -> Frames:
    if (low, high) == (0, frames.count):
        return frames
    out = Frames(0)
    out.buf = frames.buf
    for name in ("off", "cap", "wire", "ns", "link"):
        setattr(out, name, getattr(frames, name)[low:high])
    out.count = high - low
    return out
