"""One input of a capture: opened, decompressed, walked; with all that is known of it.

Errors are raised immediately (InputError: not there, no permission, no capture), damage is reported later (`damage`, in
order of offset).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from seqcheck.capture import ahead
from seqcheck.capture.ahead import AheadCursor
from seqcheck.capture.bytestream import ByteSource, Input, PlacedBytes, State, open_raw
from seqcheck.capture.container import HEAD, open_walker
from seqcheck.capture.cursor import Cursor
from seqcheck.capture.evidence import Trail, Window
from seqcheck.capture.form import Indexer
from seqcheck.capture.magic import codec_of
from seqcheck.capture.slots import Block, Pool
from seqcheck.errors import InputError
from seqcheck.kernel.border import T_ODD, T_ODD_AT, new_totals
from seqcheck.model import Damage
from seqcheck.sink import StoredFrame

if TYPE_CHECKING:
    from seqcheck.capture.parted import PartedCursor
    from seqcheck.capture.plan import Plan

MAX_DAMAGE = 100  # places that are told of, for each input, beside the one where it ended


class Feed:
    """Blocks of frames of one input.

    place    its place among the inputs, from 0
    name     for people
    count    frames so far
    totals   int64[6], as in border.Frames
    plain    it can be read again at any place, so nothing need be kept of it
    broken   it ended for damage
    dropped  frames that the capturing side says it lost, by the last `settle`
    """

    def __init__(self, source: Input, indexer: Indexer, *, place: int = 0, until: float | None = None) -> None:
        self.place = place
        self._indexer = indexer
        self._halted = ""
        self._raw = open_raw(source, until)
        self.name = self._raw.name
        try:
            self._codec = codec_of(self._raw.peek(6))
            self.plain = self._raw.plain and not self._codec
            self._begin()
        except BaseException:
            self._raw.close()
            raise

    def _begin(self) -> None:
        """Everything from the first byte on."""
        self._idle = self.broken = self._ended = False
        self._left_at = 0
        self.dropped: int | None = None
        self.source: ByteSource = self._unpacked() if self._codec else self._raw
        self.count = 0
        self.totals = new_totals()
        self._damage: list[Damage] = []
        self._odd_at: int | None = None
        self._cursor: Cursor | None = None
        self._parted: PartedCursor | None = None  # the same, where it is one
        head = self.source.peek(HEAD)
        try:
            self._walker, self._headed = open_walker(head, self._indexer)
        except ValueError as error:
            self._refuse(head, str(error))
        self.source.skip(self._headed)
        self._trail: Trail | Window = Trail(PlacedBytes(self._raw), self._walker) if self.plain else Window()

    def _unpacked(self) -> ByteSource:
        from seqcheck.capture.compressed import Unpacked  # here, since plain captures do not need it

        return Unpacked(self._raw, self._codec)

    def _refuse(self, head: bytes, what: str) -> None:
        trouble, hint = self.source.trouble, ""
        if self._codec:
            self.source.close()
        if trouble:
            raise InputError(f"{self.name}: {trouble}", hint="Nothing of it could be read.")
        if len(head) == HEAD:
            hint = "If it is another capture format, convert it first: editcap -F pcapng IN OUT"
        raise InputError(f"{self.name} {what}", hint=hint)

    def start(self, pool: Pool) -> None:
        """Get ready to fill; once, and again after each `suspend`."""
        if self._idle:
            self._begin()
        if self.eager and pool.lead:
            cursor: Cursor = AheadCursor(self.source, self._walker, pool, self._note, wait=self._raw.plain)
        else:
            turn = None if self.plain else self._turn
            cursor = Cursor(self.source, self._walker, pool.take(), self._note, turn)
        self._pool, self._cursor = pool, cursor
        cursor.block.frames.totals = self.totals
        cursor.place(self._headed, self._walker, first=1)

    def fill(self) -> tuple[Block, int, int] | None:
        """The block, and which of its rows are new; None at the end."""
        cursor = self._cursor
        if cursor is None or self._ended:
            return None
        if self._halted:
            self._left_at = cursor.origin + cursor.start
            return None
        rows = cursor.fill()
        if rows is None:
            self.broken, self._ended = cursor.broken, True
            return None
        low, high = rows
        self.count += high - low
        if self._odd_at is None and self.totals[T_ODD]:
            self._odd_at = cursor.origin + int(self.totals[T_ODD_AT])
        if high > low:
            self._trail.note(cursor, low, high)
        return cursor.block, low, high

    def hasten(self, plan: Plan, before: int | None = None) -> None:
        """From here on read in parts by several threads, where that is worth it: a plain file with enough left. Only as
        long as all time stamps of a part lie `before`. All rows that were given have been used."""
        cursor = self._cursor
        if not self.plain or self._ended or cursor is None or cursor.broken:
            return
        if not self._parted:
            readers = plan.readers(self._raw, (self._raw.size or 0) - cursor.origin - cursor.start)
            if readers is None:
                return
            from seqcheck.capture.parted import PartedCursor  # here, since small captures do not need it

            self._parted = PartedCursor(cursor, self._raw, self._note, plan, readers)
            self._cursor = self._parted
        self._parted.resume(before)

    def stop(self) -> None:
        """No more fills: give the block back."""
        if self._cursor is not None:
            for block in self._cursor.close():
                self._pool.give(block, keep=not self.plain)
            self._cursor = self._parted = None

    def suspend(self) -> None:
        """Hold nothing but the open file; the next `start` begins from the first byte. Not for pipes."""
        self.stop()
        if self._codec:
            self.source.close()
        self._raw.rewind()
        self._idle, self.dropped = True, None

    def halt(self, why: str) -> None:
        """Read no further; `why` is told as damage is, with the place."""
        self._halted = why

    @property
    def eager(self) -> bool:
        """Whether it is worth a thread that reads ahead: it has to be unpacked, and there is a processor for that."""
        return bool(self._codec) and ahead.processors() > 1

    @property
    def again(self) -> bool:
        """Whether it can be suspended and read again."""
        return self._raw.plain

    @property
    def state(self) -> State | None:
        """Which file it was, and in which state, when it was opened."""
        return self._raw.state

    @property
    def changed(self) -> bool:
        """Whether that is so no more."""
        return self._raw.changed

    def frame(self, number: int) -> StoredFrame | None:
        """Frame `number` of this input, from 1; None if it was not read yet or is no longer known."""
        return self._trail.get(number) if 1 <= number <= self.count else None

    @property
    def bytes_done(self) -> int:
        """Bytes of the input itself that were read."""
        return self._raw.done

    @property
    def bytes_total(self) -> int | None:
        """How many it has, None if that is not known."""
        return self._raw.size

    def settle(self) -> None:
        """All rows that were given have been used: what was lost up to there is told."""
        self.dropped = self._walker.dropped

    def damage(self) -> Iterator[Damage]:
        """What is wrong with the input, as far as it was read."""
        yield from self._damage
        if self._halted and not self._ended:
            yield Damage(input=self.name, offset=self._left_at, what=self._halted)
        odd = int(self.totals[T_ODD])
        if self._odd_at is not None:
            what = f"{odd} time stamp{'s are' if odd > 1 else ' is'} out of range, the first one here"
            yield Damage(input=self.name, offset=self._odd_at, what=what)

    def close(self) -> None:
        """Let go of everything that was opened here."""
        self.stop()
        self.source.close()
        self._raw.close()
        self._trail = Window()  # the old one holds the cursor, which holds this feed

    def _turn(self, old: Block) -> Block:
        block = self._pool.take()
        block.frames.totals = self.totals
        self._pool.give(old, keep=True)
        return block

    def _note(self, offset: int, what: str) -> None:
        if len(self._damage) < MAX_DAMAGE or (self._cursor and self._cursor.broken):
            self._damage.append(Damage(input=self.name, offset=offset, what=what))
