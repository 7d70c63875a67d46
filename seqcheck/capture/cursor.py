"""One capture, from a source of bytes to rows of frames, a block at a time.

The cursor owns the place in the input: what lies in the block, how far it was walked, and which offset of the input
(after decompression) a position in the buffer stands for. It ends at the end of the input or at the first record that
contradicts itself. Nothing is allocated from block to block.
"""

from __future__ import annotations

from collections.abc import Callable

from seqcheck.capture.bytestream import ByteSource
from seqcheck.capture.container import Walker
from seqcheck.capture.slots import Block
from seqcheck.kernel.border import BAD, BLOCK, FULL, MORE, Frames
from seqcheck.wire.pcapng import Section

Damaged = Callable[[int, str], None]  # an offset, and what is wrong there
LEAST_ROOM = 8  # parts of a block; with less than one of them free, the next block is taken


class Cursor:
    """`block` holds the rows that `fill` gave last. `turn` hands out the block to go on in, given the one that is full;
    without it the one block is used again and again, and holds but the rows of the last `fill`.

    damage   called with an offset and what is wrong there
    broken   whether the reading ended for damage
    pieces   of the rows that `fill` gave last: where each section's begin, and the section
    """

    def __init__(
        self, source: ByteSource, walker: Walker, block: Block, damage: Damaged,
        turn: Callable[[Block], Block] | None = None,
    ) -> None:  # fmt: skip
        self.source, self.walker, self.block = source, walker, block
        self._damage, self._turn, self.broken = damage, turn, False
        self._view = memoryview(block.frames.buf)
        self.place(0, walker, first=1)

    def place(self, offset: int, walker: Walker, *, first: int) -> None:
        """Begin at `offset`, from where the source is going to read on, with frame number `first`."""
        block = self.block
        self.walker = walker
        self.start = self.stop = block.low
        self.origin = offset - block.low  # offset of buf[0] in the input; negative at first
        self.most = block.high - block.low  # bytes to read at a time
        block.first, block.frames.count = first, 0
        self._why = MORE
        self.pieces: list[tuple[int, Section | None]] = []

    def fill(self) -> tuple[int, int] | None:
        """Read on and walk until there are new rows low..high-1 in `block`, or another number of lost frames; None at
        the end."""
        lost = self.walker.dropped
        while (rows := self.step()) is not None and rows[0] == rows[1] and self.walker.dropped == lost:
            pass
        return rows

    def step(self) -> tuple[int, int] | None:
        """Read once at most, and walk: rows low..high-1 in `block` are new, perhaps none; None at the end."""
        why = self._why
        if why == BAD:
            return None
        if self._turn is None:
            self._again(why)
        elif why == FULL or (why == MORE and self.block.high - self.stop < self.most // LEAST_ROOM):
            self._next(self._turn)
        if why == MORE and not self._read(self.block):
            self._why = BAD
            return None
        frames = self.block.frames
        low = frames.count
        self._walk(frames)
        if self.walker.notes:
            self._tell()
        if self._why == BAD:
            self._break(self.start, self.walker.fault(frames.buf, self.start, self.stop))
        return low, frames.count

    @property
    def hungry(self) -> bool:
        """Whether the next step begins by reading."""
        return self._why == MORE

    def _walk(self, frames: Frames) -> None:
        """Walk as far as it goes, over any number of sections, and up to where the number of lost frames changes: so
        that it is told between the frames where it is."""
        self.pieces = []
        self._why, lost = BLOCK, self.walker.dropped
        while self._why == BLOCK and self.walker.dropped == lost:
            low = frames.count
            self.start, self._why = self.walker.walk(frames.buf, self.start, self.stop, frames)
            if frames.count > low:
                self.pieces.append((low, self.walker.section))

    def _read(self, block: Block) -> bool:
        """Whether there was more to read; at the end, say what is wrong with it."""
        count = self.source.read_into(self._view[self.stop : min(self.stop + self.most, block.high)])
        if count:
            self.stop += count
            return True
        return self._ended(block)

    def _ended(self, block: Block) -> bool:
        """Say what is wrong with the end, if anything; False."""
        if self.source.trouble:
            self._break(self.stop, self.source.trouble)
        elif what := self.walker.unfinished(block.frames.buf, self.start, self.stop):
            self._break(self.start, what)
        return False

    def _again(self, why: int) -> None:
        """Go on in the same block: its rows are done with, what was not walked moves to the front."""
        block = self.block
        block.first += block.frames.count
        block.frames.count = 0
        if why == MORE:
            self._move(block)

    def _next(self, turn: Callable[[Block], Block]) -> None:
        """Go on in another block."""
        old = self.block
        self.block = turn(old)
        self.block.first = old.first + old.frames.count
        self._move(self.block)

    def _move(self, block: Block) -> None:
        left, low = self.stop - self.start, block.low
        if left and self.start != low:  # another block may lie on either side of this one
            block.frames.buf[low : low + left] = block.frames.buf[self.start : self.stop]
        self.origin += self.start - low
        self.start, self.stop = low, low + left

    def close(self) -> list[Block]:
        """No more fills. The blocks that nobody reads into any more, the one in use among them."""
        return [self.block]

    def _break(self, position: int, what: str) -> None:
        self.broken = True
        self._damage(self.origin + position, what)

    def _tell(self) -> None:
        for position, what in self.walker.notes:
            self._damage(self.origin + position, what)
        self.walker.notes.clear()
