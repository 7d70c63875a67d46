"""A plain file read one block ahead, by a thread of its own: while a block is worked on, the next one comes from the
disk or the page cache. Both let go of the interpreter lock meanwhile, so two processors share the work.

The thread does nothing but read into the block that it was handed, never more than one; it ends with the input, or when
the cursor is closed. What was read and what became of it is the cursor's business alone.
"""

from __future__ import annotations

import os
import threading
from queue import SimpleQueue

from seqcheck.kernel.border import FULL, MAX_BLOCK, MORE
from seqcheck.sources.bytestream import ByteSource
from seqcheck.sources.container import Walker
from seqcheck.sources.cursor import Cursor, Damaged
from seqcheck.sources.slots import SLOT, Block, Pool

LEAD = MAX_BLOCK  # bytes in front of what is read, for the part of a record that the block before ends with
WORTH = 4 * SLOT  # bytes; a shorter file is read before a thread has started


def processors() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def pool() -> Pool:
    """The two blocks that are used in turn."""
    return Pool(2, size=LEAD + SLOT)


class Ahead:
    """Reads `source` into the views that it is given, one after another."""

    def __init__(self, source: ByteSource) -> None:
        self._source = source
        self._views: SimpleQueue[memoryview | None] = SimpleQueue()
        self._counts: SimpleQueue[int | Exception] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, name=f"read {source.name}", daemon=True)
        self._thread.start()

    def ask(self, view: memoryview) -> None:
        """Fill this one next; it is the thread's until `get` has returned."""
        self._views.put(view)

    def get(self) -> int:
        """How many bytes were put into the view asked for; 0 at the end."""
        count = self._counts.get()
        if isinstance(count, Exception):
            raise count
        return count

    def close(self) -> None:
        """End the thread."""
        self._views.put(None)
        self._thread.join()

    def _work(self) -> None:
        while (view := self._views.get()) is not None:
            try:
                self._counts.put(self._source.read_into(view))
            except Exception as error:  # noqa: BLE001 - whatever it is, whoever asked has to know
                self._counts.put(error)


class AheadCursor(Cursor):
    """A cursor over two blocks. What is left of one when it was walked moves in front of what was read into the
    other."""

    def __init__(self, source: ByteSource, walker: Walker, blocks: tuple[Block, Block], damage: Damaged) -> None:
        super().__init__(source, walker, blocks[0], damage)
        self._other = blocks[1]
        self._ahead: Ahead | None = None

    def place(self, offset: int, walker: Walker, *, first: int) -> None:
        """As Cursor.place; the blocks begin LEAD bytes later."""
        super().place(offset, walker, first=first)
        self.start = self.stop = self.block.low + LEAD
        self.origin -= LEAD

    def _read(self, block: Block) -> bool:
        """Take what the thread has read, and have it read on into the block that is done with."""
        if self._ahead is None:
            self._ahead = Ahead(self.source)
            self._ask(self._other)
        count = self._ahead.get()
        if not count:
            return self._ended(block)
        other, left = self._other, self.stop - self.start
        begin = other.low + LEAD
        other.frames.buf[begin - left : begin] = block.frames.buf[self.start : self.stop]
        self.origin += self.stop - begin
        self.start, self.stop = begin - left, begin + count
        other.first, other.frames.count = block.first, 0
        other.frames.totals = block.frames.totals
        self.block, self._other = other, block
        self._ask(block)
        return True

    def _again(self, why: int) -> None:
        """The rows are done with; what was not walked moves when the next bytes are there."""
        super()._again(FULL if why == MORE else why)

    def _ask(self, block: Block) -> None:
        assert self._ahead is not None
        self._ahead.ask(self._view[block.low + LEAD : block.high])

    def close(self) -> None:
        """End the thread. Its last block is not read from any more."""
        if self._ahead is not None:
            self._ahead.close()
            self._ahead = None
