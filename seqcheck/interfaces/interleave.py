"""Frames of several sockets in time order, while they come.

Each socket gives its own in order, and they stay in that order, whatever their times (what a driver mixes up, or a
clock that is set back). A silent one may still hold frames that are older than those of the others, but says how old
they are at most (`af_packet.Port.floor`). So a frame older than all that can come is due. Bounded: when more than
`most` bytes wait, the oldest are given out anyway; so is everything at the end.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqcheck.capture.slots import Block
from seqcheck.interfaces.af_packet import HORIZON_NS, Piece
from seqcheck.interfaces.live_window import merged
from seqcheck.kernel.border import Frames

EVER = int(np.iinfo(np.int64).max)

Due = tuple[Frames, tuple[Block, ...], int]  # the frames, where their bytes lie, what was dropped just before them


class _Waiting(NamedTuple):
    """A piece, and what its rows are put in order by: their times, but never less than that of the port's last one."""

    piece: Piece
    keys: NDArray[np.int64]


class Interleave:
    """What waits. `most` is the number of bytes that may."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._waiting: list[_Waiting] = []
        self._latest: dict[object, int] = {}
        self._set_back = False  # the clock was

    def add(self, port: object, pieces: Sequence[Piece]) -> None:
        """New from `port`."""
        for piece in pieces:
            keys = np.maximum.accumulate(piece.frames.ns[piece.low : piece.high])
            if len(keys):
                before = self._latest.get(port, 0)
                self._set_back = self._set_back or int(keys[-1]) < before - HORIZON_NS
                if keys[0] < before:
                    keys = np.maximum(keys, before)
                self._latest[port] = int(keys[-1])
            self._waiting.append(_Waiting(piece, keys))

    def due(self, floors: Mapping[object, int] | None) -> Iterator[Due]:
        """What is to be given out, when no frame that comes from a port is older than its `floors` (ns; 0: not known).
        None: all of it."""
        if not self._waiting:
            return
        limit = EVER if floors is None or self._set_back else self._limit(floors)
        if self._set_back:
            self._set_back = False
            self._latest.clear()
        parts, blocks, marks, left = [], list[Block](), list[tuple[int, int]](), list[_Waiting]()
        for piece, keys in self._waiting:
            count = int(np.searchsorted(keys, limit, "right"))
            cut = piece.low + count
            if count:
                parts.append((piece.frames, piece.low, keys[:count]))
                blocks.append(piece.block)
                if piece.dropped:
                    marks.append((int(keys[0]), piece.dropped))
                    piece.dropped = 0
            if cut < piece.high:
                left.append(_Waiting(Piece(piece.block, cut, piece.high, piece.dropped), keys[count:]))
        self._waiting = left
        if parts:
            yield from _cut(merged(parts), tuple(dict.fromkeys(blocks)), sorted(marks))

    def _limit(self, floors: Mapping[object, int]) -> int:
        """The time up to which nothing older can come, or at which half of what may wait is left."""
        limit = min(max(self._latest.get(port, 0), floor) for port, floor in floors.items())
        ends = sorted((int(keys[-1]), _size(piece)) for piece, keys in self._waiting if len(keys))
        total = sum(size for _, size in ends)
        if total > self._most:
            for end, size in ends:
                limit, total = max(limit, end), total - size
                if total <= self._most // 2:
                    break
        return limit


def _size(piece: Piece) -> int:
    frames = piece.frames
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
