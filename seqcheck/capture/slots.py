"""Memory for blocks of frames: one array cut into slots, so that rows of several inputs can lie in one Frames.

A slot that was given back with its rows to be kept is used again after all others, one without at once. Memory that is
never used is never touched, so a pool may be larger than what one input needs.
"""

from __future__ import annotations

from collections import deque

import numpy as np

from seqcheck.kernel.border import MAX_BLOCK, Frames

SLOT = 2 << 20  # bytes of input in a slot: more leave the processor's cache, fewer mean more rounds of Python
SHARED_SLOT = 1 << 20  # the same if there are several inputs, each with slots of its own
LEAST_SLOT = MAX_BLOCK + (1 << 16)  # a record that is not whole and what is read behind it
ROWS = 1 << 15  # frames in a slot
MAX_OPEN = 64  # inputs whose times overlap, each with a slot


class Block:
    """A slot in use: buf[low:high] of `frames`, whose row 0 is number `first` of its input (from 1). It is `gone` once
    the slot was handed out again."""

    __slots__ = ("first", "frames", "gone", "high", "low")

    def __init__(self, frames: Frames, low: int, high: int) -> None:
        self.frames, self.low, self.high = frames, low, high
        self.first, self.gone = 1, False


class Pool:
    """`count` slots of `size` bytes and `rows` frames, with `lead` bytes of their own before each."""

    def __init__(self, count: int, *, size: int = SLOT, rows: int = ROWS, lead: int = 0) -> None:
        self.size, self.rows, self.lead = max(size, LEAST_SLOT), rows, lead
        self.arena = np.empty(count * (self.size + lead), np.uint8)
        self._fresh = iter(range(count))
        self._free: deque[Block] = deque()

    def take(self) -> Block:
        """A slot to fill: one given back with nothing to keep, else a new one, else the one given back longest ago.
        IndexError if all are in use."""
        if not self._free or not self._free[0].gone:
            for number in self._fresh:
                frames = Frames(self.rows)
                frames.buf = self.arena
                low = number * (self.size + self.lead) + self.lead
                return Block(frames, low, low + self.size)
        old = self._free.popleft()
        old.gone = True
        frames = old.frames
        if frames.capacity > self.rows:  # it had to grow, for frames shorter than others are
            frames = Frames(self.rows)
            frames.buf = self.arena
        frames.count = 0
        return Block(frames, old.low, old.high)

    def give(self, block: Block, *, keep: bool) -> None:
        """Take a slot back; with `keep` its rows stay readable for as long as other slots can be used instead."""
        if keep:
            self._free.append(block)
        else:
            block.gone = True
            self._free.appendleft(block)
