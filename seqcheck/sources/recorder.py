"""The flight recorder: both copies of each duplicate and the frames around them, as pcapng, written as it happens.

A frame is written once, though the surroundings of several duplicates may share it; the frames behind a duplicate are
written as soon as they have come. Each write ends with a whole block and goes to the operating system at once, so that
a killed seqcheck leaves a file that can be read (at worst, its last block is cut). It is never longer than `limit`.

Frames stand in the order in which they were written: the surroundings of an earlier copy may stand behind later frames
(reordercap puts them in order). Comments name the copies; numbers are those of the whole capture, not of the file.
A frame that turns out to be an earlier copy after it was written has room left for its comment.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any, Protocol

from numpy.typing import NDArray

from seqcheck.dataclass import dataclass
from seqcheck.kernel.border import DUPLICATE
from seqcheck.sink import Block, Sink, Store
from seqcheck.wire import pcapng

PIECE = 1 << 16  # bytes of a write, about
REMEMBERED = 1 << 16  # frame numbers known to be written
TAIL = 4  # bytes of a block behind its options
ROOM = 108  # bytes for a comment that comes later


class RawFile(Protocol):
    """An unbuffered file: `write` writes all of `data` or, with an OSError, none; `patch` writes over what is there."""

    def write(self, data: bytes, /) -> int: ...

    def patch(self, at: int, data: bytes, /) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """How many frames before and after each copy."""

    before: int = 5
    after: int = 5


class Recorder(Sink):
    """A sink. Writes to `out`, at most `limit` bytes. `program` names who wrote it, `name` where the frames came from.
    `failure` is what kept it from being written to the end, empty where nothing did."""

    def __init__(self, out: RawFile, *, program: str, name: str, around: Around, limit: int) -> None:
        self.remarks: list[str] = []
        self.frames = self.copies = 0
        self.failure = ""
        self._out, self._around, self._limit = out, around, limit
        self._name = name
        self._left_out = 0
        self._new: list[NDArray[Any]] = []
        self._size = 0
        self._links: dict[int, int] = {}
        self._written: deque[int] = deque()
        self._known: dict[int, int] = {}  # where the room for its comment ends; 0 where it has one
        self._end = self._reach = 0  # the last frame so far, and up to which one all are wanted
        self._buffer: list[bytes] = []
        self._buffered = self._flushed = 0  # bytes
        self._put(pcapng.section_block(program=program))
        self._flush()

    def found(self, rows: NDArray[Any], block: Block) -> None:
        """Note the duplicates."""
        duplicates = rows[rows["kind"] == DUPLICATE]
        if len(duplicates):
            self._new.append(duplicates)

    def settle(self, block: Block, duplicates: NDArray[Any]) -> None:
        """Write what they call for, up to the end of the block."""
        new, self._new = self._new, []
        self.record(new, block.frames.first + block.high - 1, block.store)

    def record(self, duplicates: Sequence[NDArray[Any]], frames: int, store: Store) -> None:
        """The DUPLICATE rows of a block that ends with frame number `frames`."""
        if self._full:
            self._left_out += sum(len(rows) for rows in duplicates)
            return
        wanted = dict.fromkeys(range(self._end + 1, min(self._reach, frames) + 1), "")
        copies = dict[int, str]()
        for rows in duplicates:
            for row in rows:
                self._duplicate(row, wanted, copies)
        self._end = frames
        wanted.update(copies)
        for number in sorted(wanted):
            if 0 < number <= frames:
                self._frame(number, store, wanted[number])
        self._flush()

    def finish(self) -> None:
        """The capture has ended."""
        if self._left_out:
            self.remarks.append(
                f"The evidence file reached its limit of {self._limit:,} bytes: {self._left_out:,} duplicates or more"
                " are not in it."
            )

    def _duplicate(self, row: Any, wanted: dict[int, str], copies: dict[int, str]) -> None:
        """Note which frames to write because of it, and which of them are copies."""
        later, earlier, seq = int(row["frame"]), int(row["e_frame"]), int(row["seq"])
        before, after = self._around.before, self._around.after
        distance = ""
        if row["e_record"] >= 0:
            distance = f", {row['record'] - row['e_record']} records after frame {earlier}"
            wanted.update(dict.fromkeys(range(earlier - before, earlier + after + 1), ""))
            copies.setdefault(earlier, f"seqcheck: frame {earlier}, number {seq}, which frame {later} has once more")
        wanted.update(dict.fromkeys(range(later - before, later + after + 1), ""))
        copies[later] = f"seqcheck: frame {later}, number {seq} once more{distance}"
        self._reach = max(self._reach, later + after)
        self.copies += 1

    def _frame(self, number: int, store: Store, comment: str) -> None:
        """Write it, unless it was written."""
        if number in self._known:
            self._remark(number, comment)
            return
        if self._full:
            self._left_out += bool(comment)
            return
        frame = store.get(number)
        if frame is None:
            return
        if frame.link not in self._links:
            self._links[frame.link] = len(self._links)
            self._put(pcapng.interface_block(link=frame.link, name=self._name))
        interface = self._links[frame.link]
        block = pcapng.packet_block(
            frame.ns, frame.data, wire=frame.wire, interface=interface, comment=comment, room=ROOM
        )
        if self._put(block):
            self.frames += 1
            self._known[number] = 0 if comment else self._size - TAIL
            self._written.append(number)
            if len(self._written) > REMEMBERED:
                self._known.pop(self._written.popleft(), None)
        elif comment:
            self._left_out += 1

    def _remark(self, number: int, comment: str) -> None:
        """Give a frame that was written without one its comment."""
        end = self._known[number]
        if not comment or not end:
            return
        self._known[number] = 0
        self._flush()
        if end <= self._flushed:
            self._out.patch(end - ROOM, pcapng.comment_in(ROOM, comment))

    @property
    def _full(self) -> bool:
        return self._size >= self._limit

    def _put(self, block: bytes) -> bool:
        """Add a block, if the limit allows."""
        if self._size + len(block) > self._limit:
            self._size = self._limit
            return False
        self._size += len(block)
        self._buffer.append(block)
        self._buffered += len(block)
        if self._buffered >= PIECE:
            self._flush()
        return True

    def _flush(self) -> None:
        """Write what waits; what finds no room is cut off between two packets."""
        waiting, self._buffer, self._buffered = self._buffer, [], 0
        if not waiting or self.failure:
            return
        try:
            try:
                self._flushed += self._out.write(b"".join(waiting))
            except OSError:
                for block in waiting:
                    self._flushed += self._out.write(block)
        except OSError as error:
            self._size = self._limit
            self.failure = error.strerror or str(error)
            self.remarks.append(f"The evidence file could not be written to the end: {self.failure}.")
