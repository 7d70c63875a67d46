"""What a live source keeps to look back at: the memory into which frames are copied, and single frames by number.

Blocks of frames are appended to slots of one arena (see `slots`) until a slot is full; the least recently used slot is
then refilled. So memory is bounded, and reaches back as many frames as fit, however slowly they come.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seqcheck.capture.slots import Block, Pool
from seqcheck.kernel.border import Frames
from seqcheck.linux.packet_socket import BLOCK
from seqcheck.sink import StoredFrame, stored

SLOT = BLOCK  # bytes
ROWS = 1 << 15  # frames in it: as many as a block can hold of 60-byte frames, and half as many again
COLUMNS = ("off", "cap", "wire", "ns", "link")


class Slots:
    """Where one interface's frames are appended; several may share a pool. `block` is the slot in use, filled up to
    `stop`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self.block = pool.take()
        self.stop = self.block.low

    def room(self, size: int, rows: int) -> Block:
        """The slot in which `size` more bytes find place, with `rows` or a whole slot's rows free."""
        frames = self.block.frames
        if self.stop + size > self.block.high or frames.count + rows > frames.capacity:
            self._pool.give(self.block, keep=True)
            self.block = self._pool.take()
            self.stop = self.block.low
        return self.block

    def used(self, size: int) -> None:
        """So many bytes were appended. What comes next begins at a multiple of 16."""
        self.stop += size + (-size & 15)


@dataclass(slots=True, kw_only=True)
class _Part:
    """Rows low.. of `frames` are the frames from number `first` on, as long as none of `blocks` is gone."""

    first: int
    low: int
    count: int
    frames: Frames
    blocks: tuple[Block, ...]


class LiveStore:
    """Single frames again, by number, while their slot was not refilled."""

    def __init__(self) -> None:
        self._parts: deque[_Part] = deque()

    def note(self, first: int, frames: Frames, span: tuple[int, int], blocks: tuple[Block, ...]) -> None:
        """Rows span[0]..span[1]-1 of `frames` have numbers from `first` on; their bytes lie in `blocks`."""
        low, high = span
        parts = self._parts
        if parts and (last := parts[-1]).frames is frames and last.low + last.count == low and last.blocks == blocks:
            last.count += high - low
            return
        while parts and any(block.gone for block in parts[0].blocks):
            parts.popleft()
        parts.append(_Part(first=first, low=low, count=high - low, frames=frames, blocks=blocks))

    def get(self, number: int) -> StoredFrame | None:
        """Frame `number` of the capture, or None if it has not come yet or is no longer kept."""
        at = bisect_right(self._parts, number, key=lambda part: part.first) - 1
        if at < 0:
            return None
        part = self._parts[at]
        row = number - part.first + part.low
        if number - part.first >= part.count or any(block.gone for block in part.blocks):
            return None
        return stored(part.frames, row)


def pool(window: int) -> Pool:
    """Slots for `window` bytes of frames."""
    return Pool(max(window // SLOT, 4), size=SLOT, rows=ROWS)


def merged(parts: list[tuple[Frames, int, NDArray[np.int64]]]) -> Frames:
    """Rows from `low` on of several Frames over one arena, in the order of their keys (as many as rows), as Frames of
    their own. Equal keys keep the order of `parts`."""
    out = Frames(0)
    out.buf = parts[0][0].buf
    order = np.argsort(np.concatenate([keys for _, _, keys in parts]), kind="stable")
    for name in COLUMNS:
        rows = [getattr(frames, name)[low : low + len(keys)] for frames, low, keys in parts]
        setattr(out, name, np.concatenate(rows)[order])
    out.count = len(order)
    return out
