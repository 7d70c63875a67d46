"""What a run leaves for the outputs: results.Results, made from the findings set aside and a second pass over the
files.

The second pass reads from the first frame on: that is quicker than asking for single frames, and works for compressed
files as well. Of a pipe there is only what was set aside while it was read.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import FileIO
from typing import TYPE_CHECKING, Any, BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from ..capture import CaptureReader
from ..capture.bytestream import State, state_of
from ..errors import InputError
from ..kernel.border import DUPLICATE, GAP, LATE
from ..kernel.border import Frames as Block
from ..kernel.protocols import Kernel
from ..model import Report
from ..model.results import Batch, CapturedFrame
from ..report import assemble, unjudged
from .observation import Conclusion

if TYPE_CHECKING:
    from . import spool


class Examined:
    """results.Results."""

    def __init__(self, conclusion: Conclusion, rows: spool.Rows | None, frames: Frames) -> None:
        self.conclusion, self._rows, self._frames = conclusion, rows, frames

    @property
    def report(self) -> Report:
        """The report, the same one every time."""
        return self.conclusion.report

    @property
    def fault(self) -> Exception | None:
        """Why nothing was judged, where that was an exception."""
        return self.conclusion.fault

    def findings(self) -> Iterator[Batch]:
        """Every finding, as it was settled within its kind."""
        yield from map(self._batch, self.rows())

    def rows(self) -> Iterator[NDArray[Any]]:
        """The same as the tracker's rows: EVENT[n] of one kind at a time."""
        if self._rows is None:
            raise RuntimeError("the findings were not kept; ask for them by Query.keep")
        nature = self.conclusion.natural
        for rows in self._rows.read():
            if nature is not None and rows["kind"][0] == DUPLICATE:
                rows = rows[nature.keeps(rows)]
            if len(rows):
                yield rows

    def at_hand(self, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        """Those that `frames` will give."""
        return self._frames.known(numbers)

    def frames(self, numbers: NDArray[np.int64] | None) -> Iterator[CapturedFrame]:
        """Those frames, or all, as far as they are at hand."""
        return self._frames.read(numbers)

    def blocks(self) -> Iterator[tuple[Block, int, int]]:
        """All frames of the files that were read, which are read again: rows low..high-1 of each block."""
        return self._frames.blocks()

    def _batch(self, rows: NDArray[Any]) -> Batch:
        conclusion = self.conclusion
        kind = rows["kind"][0]
        if kind == DUPLICATE and conclusion.diagnosis is None:
            return Batch(
                kind="duplicate", columns=unjudged.duplicate_columns(rows, conclusion.findings, conclusion.facts)
            )
        if kind == DUPLICATE:
            assert conclusion.diagnosis is not None
            columns = assemble.duplicate_columns(rows, conclusion.findings, conclusion.diagnosis, conclusion.facts)
            return Batch(kind="duplicate", columns=columns)
        if kind == GAP:
            return Batch(kind="gap", columns=assemble.gap_columns(rows, conclusion.findings))
        if kind == LATE:
            return Batch(kind="late", columns=assemble.late_columns(rows))
        return Batch(kind="restart", columns=assemble.restart_columns(rows))


class Frames:
    """Where single frames come from: `kept` where that is not None, else the files again, which must be in the
    `states` in which they were."""

    def __init__(
        self,
        kept: spool.Frames | None,
        files: Sequence[FileIO],
        states: Sequence[State | None],
        kernel: Kernel,
    ) -> None:
        self._kept, self._files, self._states, self._kernel = kept, files, tuple(states), kernel

    def known(self, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        """Those of these frames that are at hand: of files, all."""
        return numbers if self._kept is None else self._kept.known(numbers)

    def read(self, numbers: NDArray[np.int64] | None) -> Iterator[CapturedFrame]:
        """Those frames (ascending numbers), or all, as far as they are at hand. InputError if the files are not what
        they were: the numbers would be those of other frames."""
        if self._kept is not None and numbers is not None:
            yield from self._kept.read(numbers)
            return
        if numbers is not None and not len(numbers):
            return
        with self._again() as reader:
            for block, low, high in reader:
                yield from _frames(block, _wanted(block, low, high, numbers))
                if numbers is not None and block.first + high > numbers[-1]:
                    break

    def blocks(self) -> Iterator[tuple[Block, int, int]]:
        """All frames of the files: rows low..high-1 of each block. InputError as for `read`."""
        with self._again() as reader:
            yield from reader

    @contextmanager
    def _again(self) -> Iterator[CaptureReader]:
        for file in self._files:
            file.seek(0)
        with CaptureReader(cast("Sequence[BinaryIO]", self._files), kernel=self._kernel) as reader:
            names = zip(reader.inputs, reader.states, self._states, strict=True)
            _refuse(next((name for name, now, before in names if now != before), "") or replaced(reader))
            yield reader
            _refuse(reader.changed)


def replaced(reader: CaptureReader) -> str:
    """The name of an input that leads to another file now than when it was opened, or to the same one after a change;
    empty if none does. What is no file here (only workers see it) is passed over."""
    files = zip(reader.inputs, reader.states, strict=True)
    return next((name for name, state in files if state is not None and not still(name, state)), "")


def altered(name: str) -> str:
    """What there is to say of such an input."""
    return f"{name} was changed while it was being read"


def still(name: str, state: State | None) -> bool:
    """Whether that name leads to the file in that state, or to where we may not look."""
    try:
        return state_of(os.stat(name)) == state
    except PermissionError:
        return True
    except OSError:
        return False


def _refuse(name: str) -> None:
    if name:
        raise InputError(
            altered(name),
            hint="Another program is writing to it or replaced it. Make a copy, and read that.",
        )


def _wanted(block: Block, low: int, high: int, numbers: NDArray[np.int64] | None) -> NDArray[np.int64]:
    """Which rows of low..high-1 are asked for."""
    if numbers is None:
        return np.arange(low, high)
    first, last = np.searchsorted(numbers, (block.first + low, block.first + high))
    return numbers[first:last] - block.first


def _frames(block: Block, rows: NDArray[np.int64]) -> Iterator[CapturedFrame]:
    names = ("off", "cap", "wire", "ns", "link")
    for row, off, cap, wire, ns, link in zip(
        rows.tolist(), *(getattr(block, name)[rows].tolist() for name in names), strict=True
    ):
        yield CapturedFrame(
            number=block.first + row, ns=ns, link=link, wire=wire, data=block.buf[off : off + cap].tobytes()
        )
