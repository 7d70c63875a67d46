"""`--recorder`: the most recent traffic, saved when something was found.

What is found while it may not be saved yet is saved with what is found later, so the writer is never asked to write
more often than it can. Comments name the findings.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from seqcheck.interfaces.annotated import said
from seqcheck.interfaces.tape import Tape
from seqcheck.kernel.border import DUPLICATE, GAP, LATE
from seqcheck.sink import Block, Keeper

FINDINGS = (DUPLICATE, GAP, LATE)
NAMED = 1000  # findings that have a comment in a file, the newest ones


class Saver(Protocol):
    """Who writes files. `ready` where another one may be written now."""

    @property
    def ready(self) -> bool: ...

    @property
    def remarks(self) -> list[str]:
        """What is worth a word in the report."""

    def save(self, pieces: Iterator[bytes]) -> None:
        """A file of these bytes."""

    def finish(self) -> None:
        """Wait until what was begun is written."""


class Recording(Keeper):
    """A sink: keeps the last `size` bytes, and has them written by `saver`. `program` names who wrote it, `name` where
    the frames came from."""

    def __init__(self, size: int, saver: Saver, *, program: str, name: str) -> None:
        self._tape, self._saver = Tape(size), saver
        self._program, self._name = program, name
        self._found: deque[tuple[int, str]] = deque(maxlen=NAMED)
        self._new = 0  # findings that are in no file
        self._last = 0  # the last frame

    @property
    def remarks(self) -> list[str]:
        """What is worth a word in the report."""
        return self._saver.remarks

    def take(self, block: Block) -> None:
        """Keep it."""
        self._tape.add(block.frames, block.low, block.high)
        self._last = block.frames.first + block.high - 1

    def found(self, rows: NDArray[Any], block: Block) -> None:
        """Note what was found."""
        findings = rows[np.isin(rows["kind"], FINDINGS)]
        self._found += [(int(row["frame"]), said(row)) for row in findings[-NAMED:]]
        self._new += len(findings)

    def attend(self) -> None:
        """Have it saved, if there is something new and it may be."""
        if self._new and self._saver.ready:
            self._save()

    def finish(self) -> None:
        """The capture has ended: what is in no file yet is saved whenever the last one was."""
        self._saver.finish()
        if self._new:
            self._save()
            self._saver.finish()

    def _save(self) -> None:
        comments: dict[int, str] = {}
        for number, text in self._found:
            comments[number] = f"{comments[number]}; {text}" if number in comments else text
        about = f"seqcheck: traffic up to frame {self._last}, saved because {self._new:,} were found out of order"
        self._new = 0
        self._saver.save(self._tape.written(program=self._program, name=self._name, comments=comments, about=about))
