"""A plain capture in parts that threads read and decode ahead, put together in order.

    cursor = PartedCursor(raw, walker, damage, plan)
    cursor.place(offset, walker, first=number)
    cursor.fill()    # as Cursor

A part counts where it is proved: the one before, all of it, ended where this one begins, with the same form (part.py).
Everywhere else one cursor reads in order, as it would have without threads, up to where the next part begins: over
blocks that are no packets, over damage, over what a guess took for a record, and at the end of the file. So frames,
damage and places are those of a single cursor, whatever the parts were.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqcheck.capture.bytestream import ByteSource, RawBytes
from seqcheck.capture.cursor import Cursor, Damaged
from seqcheck.capture.form import Form
from seqcheck.capture.part import ROOM, Part, Span, read_at, read_part
from seqcheck.capture.plan import Plan
from seqcheck.capture.slots import Block
from seqcheck.capture.threads import Answer, Threads
from seqcheck.dataclass import dataclass
from seqcheck.decode.decoded import Adoption, Ahead, Apart, Decoded
from seqcheck.kernel.border import T_FIRST, T_LAST, T_ODD, T_ODD_AT, Frames, RecordColumns

SPARE = 2  # parts that are ready or in use, beside those that the threads have in hand
PART_ROWS = 1 << 16  # frames of a part that there is room for at once
ENOUGH = 64  # parts that led nowhere, one after another: then there are no more
_NOBODY: Any = (-1, None, None)
_NOWHERE = np.zeros(0, np.uint8)


class _Space:
    """The columns of a part. The bytes stay with the thread that read them: what one processor writes and another one
    reads or writes next costs as much as all the work on it."""

    def __init__(self) -> None:
        self.frames = Frames(PART_ROWS)
        self.records = RecordColumns(PART_ROWS)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Taken:
    """A part that a thread has read and decoded; `adoption` belongs to the decoder."""

    part: Part
    space: _Space
    decoded: Decoded
    adoption: Adoption
    generation: int


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

    def __init__(self, cursor: Cursor, raw: RawBytes, damage: Damaged, plan: Plan, threads: Threads) -> None:
        at, first = cursor.origin + cursor.start, cursor.block.first + cursor.block.frames.count
        self._upto = _Upto(raw)
        super().__init__(self._upto, cursor.walker, cursor.block, damage)
        self._own = self.block  # for what is read in order
        self._raw, self._plan, self._threads, self._size = raw, plan, threads, raw.size or 0
        self._totals = self.block.frames.totals
        self._ahead: deque[Answer[_Taken]] = deque()
        self._head: _Taken | None = None  # of `ahead`, where it was looked at
        self._spare: list[_Space] = []
        self._used: _Space | None = None  # what the rows given last lie in
        self._aparts: dict[
            int, tuple[int, Apart, Adoption]
        ] = {}  # by thread: generation, decoder, what was taken of it
        self._buffers: dict[int, NDArray[np.uint8]] = {}  # by thread
        self._generation = self._wasted = 0
        self._before: int | None = None
        self._coming = at  # where the next part to be read begins
        self._in_order = False
        self._read_in_order(at, first, limit=at)

    def step(self) -> tuple[int, int] | None:
        """The rows of a part, or as Cursor where parts do not lead on."""
        at = self.origin + self.start
        if self._in_order and not (self.hungry and self._upto.dry):
            return super().step()
        self._submit()
        taken = self._look(at)
        if taken is not None and taken.part.begin == at:
            return self._take(taken)
        limit = taken.part.begin if taken is not None else self._try_again_at()
        if self._in_order:
            self._upto.limit = limit
        else:
            self._read_in_order(at, self.block.first + self.block.frames.count, limit=limit)
        return super().step()

    def resume(self, before: int | None) -> None:
        """From here on by parts again, as long as all time stamps of one lie before that."""
        self._before, self._wasted = before, 0

    def close(self) -> list[Block]:
        """Parts that threads have in hand are nobody's."""
        self._ahead.clear()
        self._head = None
        return [self._own]

    def _read_in_order(self, at: int, first: int, *, limit: int | None) -> None:
        """Go on as a cursor does, from `at` on."""
        self._in_order, self.block = True, self._own
        self._upto.place(at, limit)
        self.place(at, self.walker, first=first)

    def _try_again_at(self) -> int | None:
        """How far to read in order where no part leads on; None is to the end."""
        if self._wasted >= ENOUGH or self._coming >= self._size:
            return None
        return self._past(self._upto.at) if self._in_order else self._coming

    def _past(self, offset: int) -> int:
        """Where the next part begins behind `offset`."""
        size = self._plan.size
        return (offset // size + 1) * size

    def _submit(self) -> None:
        """Have as many parts read ahead as there is room for."""
        threads, form, at = self._threads, self.walker.form, self.origin + self.start
        if form is None or self._wasted >= ENOUGH:
            return
        done = self._upto.at if self._in_order else at
        if self._coming < done:
            self._coming = self._past(done)
        while len(self._ahead) < threads.count + SPARE and self._coming < self._size:
            end = min(self._past(self._coming), self._size)
            span = Span(begin=self._coming, end=end, known=self._coming == at)
            space = self._spare.pop() if self._spare else _Space()
            self._ahead.append(threads.submit(self._reading(span, form, space, self._generation)))
            self._coming = end

    def _reading(self, span: Span, form: Form, space: _Space, generation: int) -> Callable[[int], _Taken]:
        """What a thread does."""
        plan, file = self._plan, (self._raw.fileno(), self._raw.base)

        def work(number: int) -> _Taken:
            frames, records = space.frames, space.records
            frames.buf = self._buffers.setdefault(number, _NOWHERE)
            if frames.buf is _NOWHERE:
                frames.buf = self._buffers[number] = np.empty(plan.size + ROOM, np.uint8)
            try:
                part = read_part(file, span, form, frames, plan.engine)
            except OSError:  # whoever reads on there will say so
                part = Part.nothing(span, form, frames)
            known, apart, adoption = self._aparts.get(number, _NOBODY)
            if known != generation:
                apart, adoption = Apart(plan.engine, plan.program), Adoption()
                self._aparts[number] = generation, apart, adoption
            if len(records.row) < frames.capacity:
                records = space.records = RecordColumns(frames.capacity)
            decoded = apart.decode(frames, records)
            frames.buf = _NOWHERE
            return _Taken(part=part, space=space, decoded=decoded, adoption=adoption, generation=generation)

        return work

    def _look(self, at: int) -> _Taken | None:
        """The next part that can be gone on with at `at` or behind what was read; those that cannot are let go."""
        read = self._upto.at if self._in_order else at
        while self._head is not None or self._ahead:
            head = self._head = self._head or self._ahead.popleft().get()
            begin, frames = head.part.begin, head.part.frames
            if self._before is not None and frames.count and frames.totals[T_LAST] >= self._before:
                self._wasted = ENOUGH
            elif frames.count and head.part.form == self.walker.form and (begin == at or begin > read):
                return head
            self._drop(head)
            self._submit()
        return None

    def _take(self, taken: _Taken) -> tuple[int, int]:
        """Its rows are next."""
        self._head, part, frames = None, taken.part, taken.part.frames
        first = self.block.first + self.block.frames.count
        if self._used is not None:
            self._spare.append(self._used)
        self._used = taken.space
        if not taken.adoption.good:
            self._renew(taken)
        frames.decoded = Ahead(taken.decoded, taken.adoption, lambda: self._bring(part))
        self.block = Block(frames, 0, 0)
        self.block.gone = True  # its bytes are
        self.block.first, self.origin, self.start = first, part.origin, part.end - part.origin
        self.stop, self._in_order = self.start, False
        self.pieces = [(0, self.walker.section)]
        self._raw.done = part.end
        self._wasted = 0 if part.whole else self._wasted
        add_totals(self._totals, frames.totals)
        return 0, frames.count

    def _bring(self, part: Part) -> None:
        """The bytes of a part once more."""
        part.frames.buf = np.zeros(self._plan.size + ROOM, np.uint8)
        read_at(self._raw.fileno(), self._raw.base + part.origin, memoryview(part.frames.buf), 0)

    def _renew(self, taken: _Taken) -> None:
        """From now on threads begin with a new decoder, instead of one of which not all was taken."""
        self._generation += taken.generation == self._generation

    def _drop(self, taken: _Taken) -> None:
        """It leads nowhere: what its decoder knows from it is not what the capture holds."""
        self._head = None
        if taken.part.frames.count:
            taken.adoption.refuse()
            self._renew(taken)
        self._wasted += 1
        self._spare.append(taken.space)


def add_totals(totals: NDArray[np.int64], more: NDArray[np.int64]) -> None:
    """Totals of what came before, with those of the rows that follow; T_ODD_AT is the first of either."""
    totals[: T_ODD + 1] += more[: T_ODD + 1]
    if totals[T_ODD_AT] < 0:
        totals[T_ODD_AT] = more[T_ODD_AT]
    totals[T_FIRST] = min(totals[T_FIRST], more[T_FIRST])
    totals[T_LAST] = max(totals[T_LAST], more[T_LAST])
