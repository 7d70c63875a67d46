"""An input read one block ahead, by its own thread: while a block is processed, the next one is decompressed. Both
release the interpreter lock meanwhile, so two processors share the work. For plain files this was measured to gain
nothing: waking one another costs as much as the copy from the page cache.

The thread only reads into the view that it was given, never more than one; it ends with the input, or when the cursor
is closed. What was read, and what to do with it, is the cursor's business.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from seqcheck.capture.bytestream import ByteSource
from seqcheck.capture.container import Walker
from seqcheck.capture.cursor import LEAST_ROOM, Cursor, Damaged
from seqcheck.capture.slots import Block, Pool
from seqcheck.kernel.border import FULL, MAX_BLOCK

if TYPE_CHECKING:
    from queue import SimpleQueue

LEAD = MAX_BLOCK  # bytes before a block, for the part of a record that the block before ends with


def processors() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Ahead:
    """Reads `source` into the views that it is given, one after another."""

    def __init__(self, source: ByteSource) -> None:
        import threading  # here, since short captures do not need it
        from queue import SimpleQueue

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

    def close(self, *, wait: bool) -> None:
        """End the thread. Without `wait`, one that waits for a silent pipe stays until that speaks or the process
        ends."""
        self._views.put(None)
        if wait:
            self._thread.join()

    def _work(self) -> None:
        while (view := self._views.get()) is not None:
            try:
                self._counts.put(self._source.read_into(view))
            except Exception as error:  # noqa: BLE001 - whatever it is, the caller has to know
                self._counts.put(error)


class AheadCursor(Cursor):
    """A cursor that has the next block filled while it walks one. What is left of a block when it was walked moves in
    front of the next (`lead` bytes of the pool are for that). Blocks stay readable after the one in use, so they are
    filled up before the next is begun. `wait`: the thread's reading always comes to an end, so that `close` can wait
    for it.
    """

    def __init__(self, source: ByteSource, walker: Walker, pool: Pool, damage: Damaged, *, wait: bool) -> None:
        if pool.lead < LEAD:
            raise ValueError("reading ahead: a pool without room for the rest of a record")
        super().__init__(source, walker, pool.take(), damage)
        self._pool, self._wait = pool, wait
        self._ahead: Ahead | None = None
        self._coming = self.block  # the one that is being read into,
        self._asked = False  # as long as what was asked for has not come

    def close(self) -> list[Block]:
        """End the thread; what it read last is not looked at. A block that a thread which is not waited for may still
        read into is nobody else's, ever."""
        blocks = list({id(block): block for block in (self.block, self._coming)}.values())
        if self._ahead is not None:
            self._ahead.close(wait=self._wait)
            if self._asked and not self._wait:
                blocks = [block for block in blocks if block is not self._coming]
            self._ahead = None
        return blocks

    def _again(self, why: int) -> None:
        """The rows stay, and so does what was not walked."""
        if why == FULL:
            self.block.frames.grow(self._pool.rows)

    def _read(self, block: Block) -> bool:
        """Take what the thread has read, and let it read on."""
        if self._ahead is None:
            self._ahead = Ahead(self.source)
            self._ahead.ask(self._view[block.low : block.high])
            self._asked = True
        count = self._ahead.get()
        self._asked = False
        if not count:
            return self._ended(block)
        if self._coming is not block:
            self._go_on(block, self._coming)
        self.stop += count
        if self._coming.high - self.stop < self.most // LEAST_ROOM:
            self._coming = self._pool.take()
            self._ahead.ask(self._view[self._coming.low : self._coming.high])
        else:
            self._ahead.ask(self._view[self.stop : self._coming.high])
        self._asked = True
        return True

    def _go_on(self, old: Block, new: Block) -> None:
        """From one block to the next, which was read into meanwhile."""
        left, low = self.stop - self.start, new.low
        new.frames.buf[low - left : low] = old.frames.buf[self.start : self.stop]
        new.frames.totals, new.frames.count, new.first = old.frames.totals, 0, old.first + old.frames.count
        self.origin += self.stop - low
        self.start, self.stop, self.block = low - left, low, new
        self._pool.give(old, keep=True)
