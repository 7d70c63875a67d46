"""A plain capture in parts that are read and decoded ahead, by threads or elsewhere, put together in order.

    cursor = PartedCursor(cursor, raw, damage, plan, readers)    # continues from where `cursor` is
    cursor.fill()    # as Cursor

A part counts once it is proved: all of the one before ended where this one begins, with the same form (part.py).
Everywhere else one cursor reads in order, as it would have without parts, up to where the next one begins: over blocks
that are not packets, over damage, over wrong guesses, and at the end of the file. So frames, damage and places are
those of a single cursor, whatever the parts were.
"""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

from seqcheck.capture.bytestream import ByteSource, RawBytes
from seqcheck.capture.cursor import Cursor, Damaged
from seqcheck.capture.part import Span
from seqcheck.capture.plan import Plan
from seqcheck.capture.read_ahead import Coming, Read, Readers
from seqcheck.capture.slots import Block
from seqcheck.kernel.border import T_FIRST, T_LAST, T_ODD, T_ODD_AT, T_UNHANDLED

SPARE = 2  # parts that are asked for, beside those that are being read
ENOUGH = 64  # parts that led nowhere, one after another: then there are no more


class _Upto(ByteSource):
    """The input from an offset on, read in order up to `limit`, an offset as well; None is the end."""

    def __init__(self, raw: RawBytes) -> None:
        super().__init__(raw.name)
        self._raw, self.at = raw, 0
        self.limit: int | None = None

    def place(self, offset: int, limit: int | None) -> None:
        """Read on from there."""
        self.at, self.limit = offset, limit
        self._raw.seek(offset)

    @property
    def dry(self) -> bool:
        """Whether nothing is left before the limit."""
        return self.limit is not None and self.at >= self.limit

    def _read(self, view: memoryview) -> int:
        most = len(view) if self.limit is None else min(len(view), self.limit - self.at)
        got = self._raw.read_into(view[:most])
        self.at += got
        self.trouble = self._raw.trouble
        return got

    def close(self) -> None:
        """Nothing was opened."""


class PartedCursor(Cursor):
    """Goes on from where `cursor` is, which is used no more. Not for one that met damage."""

    def __init__(self, cursor: Cursor, raw: RawBytes, damage: Damaged, plan: Plan, readers: Readers) -> None:
        at, first = cursor.origin + cursor.start, cursor.block.first + cursor.block.frames.count
        self._upto = _Upto(raw)
        super().__init__(self._upto, cursor.walker, cursor.block, damage)
        self._own = self.block  # for what is read in order
        self._raw, self._plan, self._readers, self._size = raw, plan, readers, raw.size or 0
        self._totals = self.block.frames.totals
        self._coming: deque[Coming] = deque()  # asked for, in order
        self._ready: deque[Read] = deque()  # of the one that came last,
        self._came: Coming | None = None  # which is in use until all of these are done with
        self._lent: Block | None = None  # the same, as the block that was given out
        self._behind = 0  # the number of the first frame behind that
        self._wasted = 0
        self._before: int | None = None
        self._asked = at  # up to where parts were asked for
        self._in_order = False
        self._read_in_order(at, first, limit=at)

    def step(self) -> tuple[int, int] | None:
        """The rows of a part, or as Cursor where parts do not lead on."""
        at = self.origin + self.start
        if self._in_order and not (self.hungry and self._upto.dry):
            return super().step()
        self._submit()
        begin = self._look(at)
        if begin == at:
            return self._take(self._ready.popleft())
        limit = self._try_again_at() if begin is None else begin
        if self._in_order:
            self._upto.limit = limit
        else:
            self._read_in_order(at, self._following, limit=limit)
        return super().step()

    def resume(self, before: int | None) -> None:
        """From here on by parts again, as long as all time stamps of one lie before that."""
        self._before, self._wasted = before, 0

    def close(self) -> list[Block]:
        """Parts that are being read are nobody's."""
        for coming in self._coming:
            coming.release()
        self._coming.clear()
        self._ready.clear()
        self._done_with()
        return [self._own]

    @property
    def _following(self) -> int:
        """The number of the next frame. The rows of a part that was given out are its thread's again."""
        return self.block.first + self.block.frames.count if self._in_order else self._behind

    def _done_with(self) -> None:
        """What came last is not used any more."""
        if self._lent is not None:
            self._lent.gone = True
            self._lent = None
        if self._came is not None:
            self._came.release()
            self._came = None

    def _read_in_order(self, at: int, first: int, *, limit: int | None) -> None:
        """Go on as a cursor does, from `at` on."""
        self._in_order, self.block = True, self._own
        self._upto.place(at, limit)
        self.place(at, self.walker, first=first)

    def _try_again_at(self) -> int | None:
        """How far to read in order where no part leads on; None is to the end."""
        if self._wasted >= ENOUGH or self._asked >= self._size:
            return None
        return self._past(self._upto.at) if self._in_order else self._asked

    def _past(self, offset: int) -> int:
        """Where the next part begins behind `offset`."""
        size = self._plan.size
        return (offset // size + 1) * size

    def _submit(self) -> None:
        """Have as many parts read ahead as there is room for."""
        form, at = self.walker.form, self.origin + self.start
        if form is None or self._wasted >= ENOUGH:
            return
        done = self._upto.at if self._in_order else at
        if self._asked < done:
            self._asked = self._past(done)
        while len(self._coming) < self._readers.count + SPARE and self._asked < self._size:
            end = min(self._past(self._asked), self._size)
            self._coming.append(self._readers.submit(Span(begin=self._asked, end=end, known=self._asked == at), form))
            self._asked = end

    def _look(self, at: int) -> int | None:
        """Where the next part begins that can be gone on with at `at`, or behind what was read; those that cannot are
        let go. It is then the first that is ready."""
        behind = self._upto.at if self._in_order else at
        while self._ready or self._coming:
            if not self._ready:
                self._done_with()
                self._came = self._coming.popleft()
                self._ready.extend(self._came.get())
                self._wasted += not self._ready
                self._submit()
                continue
            read = self._ready[0]
            begin = read.part.begin
            if self._before is not None and read.totals[T_LAST] >= self._before:
                self._wasted = ENOUGH
            elif read.part.form == self.walker.form and (begin == at or begin > behind):
                return begin
            self._ready.popleft()
            self._wasted += 1
            read.adoption.refuse()  # what the decoder knows from it is not what the capture holds
        self._done_with()
        return None

    def _take(self, read: Read) -> tuple[int, int]:
        """Its rows are next."""
        part, frames, first = read.part, read.frames(), self._following
        self._behind = first + read.count
        self.block = self._lent = Block(frames, 0, 0)
        self.block.gone = not len(frames.buf)
        self.block.first, self.origin, self.start = first, part.origin, part.end - part.origin
        self.stop, self._in_order = self.start, False
        self.pieces = [(0, self.walker.section)]
        self._raw.done = part.end
        self._wasted = 0 if part.whole else self._wasted
        add_totals(self._totals, read.totals)
        return 0, read.count


def add_totals(totals: NDArray[np.int64], more: NDArray[np.int64]) -> None:
    """Totals of what came before, with those of the rows that follow; T_ODD_AT is the first of either."""
    totals[: T_ODD + 1] += more[: T_ODD + 1]
    if totals[T_ODD_AT] < 0:
        totals[T_ODD_AT] = more[T_ODD_AT]
    totals[T_UNHANDLED] += more[T_UNHANDLED]
    totals[T_FIRST] = min(totals[T_FIRST], more[T_FIRST])
    totals[T_LAST] = max(totals[T_LAST], more[T_LAST])
