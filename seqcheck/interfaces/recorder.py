"""The evidence of a live capture: both copies of each duplicate and the frames around them, written during the capture.

A frame is written once to a file, although the surroundings of several duplicates may share it; the frames after a
duplicate are written as soon as they have come. When a file is full or old, the next one begins, if there is one
(evidence_file.py says what a file is).

Frames are in the order in which they were written: the surroundings of an earlier copy may come after later frames
(reordercap sorts them). Comments name the copies; numbers are those of the whole capture, not of the file.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from numpy.typing import NDArray

from seqcheck.dataclass import dataclass
from seqcheck.errors import OutputError
from seqcheck.interfaces.evidence_file import EvidenceFile
from seqcheck.kernel.border import DUPLICATE
from seqcheck.sink import Block, Keeper, Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """How many frames before and after each copy."""

    before: int = 5
    after: int = 5


class Recorder(Keeper):
    """A sink. Writes to the first of `files`, and to the next one where a file is full, or older than `lasting_ns` by
    the time stamps of its frames. `failure` is what kept a file from being written to its end, empty if nothing
    did. OutputError if the next file cannot be made."""

    def __init__(
        self, files: Iterator[EvidenceFile], *, around: Around, lasting_ns: int | None = None, kept: int = 0
    ) -> None:
        self._remarks: list[str] = []
        self.frames = self.copies = 0
        self._files, self._around, self._lasting_ns = files, around, lasting_ns
        self._file = next(files)
        self._begun, self._kept = 1, kept
        self._broken = ""  # what kept the next file from being made
        self._left_out = 0
        self._new: list[NDArray[Any]] = []
        self._end = self._reach = 0  # the last frame so far, and up to which one all are wanted

    @property
    def failure(self) -> str:
        """What went wrong with the disk, if anything."""
        return self._broken or self._file.failure

    @property
    def remarks(self) -> list[str]:
        """What is worth a word in the report."""
        return self._remarks

    def found(self, rows: NDArray[Any], block: Block) -> None:
        """Note the duplicates."""
        duplicates = rows[rows["kind"] == DUPLICATE]
        if len(duplicates):
            self._new.append(duplicates)

    def settle(self, block: Block) -> None:
        """Write what they call for, up to the end of the block."""
        new, self._new = self._new, []
        self.record(new, block.frames.first + block.high - 1, block.store)

    def record(self, duplicates: Sequence[NDArray[Any]], frames: int, store: Store) -> None:
        """The DUPLICATE rows of a block that ends with frame number `frames`."""
        if self._file.full and not self._turned():
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
        self._file.flush()

    def finish(self) -> None:
        """The capture has ended."""
        if self.failure:
            self._remarks.append(f"The evidence file could not be written to the end: {self.failure}.")
        elif 0 < self._kept < self._begun:
            self._remarks.append(f"Of {self._begun} evidence files the last {self._kept} were kept.")
        elif self._left_out:
            self._remarks.append(
                f"The evidence file reached its limit of {self._file.limit:,} bytes: {self._left_out:,} duplicates or"
                " more are not in it."
            )

    def _duplicate(self, row: Any, wanted: dict[int, str], copies: dict[int, str]) -> None:
        """Note which frames to write because of it, and which of them are copies."""
        later, earlier, seq = int(row["frame"]), int(row["e_frame"]), int(row["seq"])
        before, after = self._around.before, self._around.after
        distance = ""
        if row["e_record"] >= 0:
            distance = f", {row['record'] - row['e_record']} records after frame {earlier}"
            wanted.update(dict.fromkeys(range(earlier - before, earlier + after + 1), ""))
            copies.setdefault(earlier, f"seqcheck: frame {earlier}, number {seq}, which comes again in frame {later}")
        wanted.update(dict.fromkeys(range(later - before, later + after + 1), ""))
        copies[later] = f"seqcheck: frame {later}, number {seq} again{distance}"
        self._reach = max(self._reach, later + after)
        self.copies += 1

    def _frame(self, number: int, store: Store, comment: str) -> None:
        """Write it, unless it was written."""
        if number in self._file:
            self._file.remark(number, comment)
            return
        frame = store.get(number)
        if frame is None:
            return
        if self._file.full or self._old(frame.ns):
            self._turned()
        if self._file.add(number, frame, comment) or (self._turned() and self._file.add(number, frame, comment)):
            self.frames += 1
        else:
            self._left_out += bool(comment)

    def _old(self, ns: int) -> bool:
        """Whether a frame of that time belongs into another file."""
        first = self._file.first_ns
        return self._lasting_ns is not None and first is not None and ns - first >= self._lasting_ns

    def _turned(self) -> bool:
        """Whether there is a next file, to which it has changed. Not where a file failed: the disk is full."""
        self._file.flush()
        try:
            following = None if self.failure else next(self._files, None)
        except OutputError as error:
            self._broken, following = error.message, None
        if following is not None:
            self._file, self._begun = following, self._begun + 1
        return following is not None
