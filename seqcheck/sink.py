"""What may observe the data: blocks of frames with their records, and the rows that the tracker writes.

A sink is passed to the pipeline. Each method here does nothing, so a sink defines only what it wants to see. Everything
that it is given belongs to the pipeline and is reused: a sink copies what it keeps, and writes to nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from numpy.typing import NDArray

from .dataclass import dataclass
from .kernel.border import Frames, RecordColumns

if TYPE_CHECKING:
    from .layout import Layout


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFrame:
    """A frame again: `data` as captured, its length on the `wire`, its time stamp `ns`, its LINKTYPE `link`."""

    data: bytes
    wire: int
    ns: int
    link: int


def stored(frames: Frames, row: int) -> StoredFrame:
    """A row of a block."""
    data, wire, link = frames.one(row)
    return StoredFrame(data=data, wire=wire, ns=int(frames.ns[row]), link=link)


class Store(Protocol):
    """Gives single frames again."""

    def get(self, number: int) -> StoredFrame | None:
        """Frame `number` of the input, counted from 1; None if it is no longer at hand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Rows low..high-1 of `frames`, and the `records` among them, none where no layout is known."""

    frames: Frames
    low: int
    high: int
    records: RecordColumns
    store: Store


class Sink:
    """In this order: `begin`; for each block `take`, `found` and `kept` as often as there are rows, `settle`; `drops`
    between blocks."""

    def begin(self, layouts: Sequence[Layout]) -> None:
        """The layouts are known, one or several. Called once at most, before any record is seen."""

    def take(self, block: Block) -> None:
        """A block, before its records are tracked."""

    def found(self, rows: NDArray[Any], block: Block) -> None:
        """Rows of EVENT as the tracker gives them, while it takes `block` (at the end of the input: after it)."""

    def kept(self, duplicates: NDArray[Any]) -> None:
        """The DUPLICATE rows that were kept of those just found, whatever takes some of them back."""

    def settle(self, block: Block) -> None:
        """The block was tracked. At the end of the input the last block is settled again."""

    def drops(self, total: int | None) -> None:
        """What the capturing side says it has lost so far, None if it says nothing."""


class Keeper(Sink):
    """A sink that keeps frames of a live capture in files."""

    @property
    def remarks(self) -> list[str]:
        """What is worth a word in the report."""
        return []

    def attend(self) -> None:
        """After each block, also where nothing came."""

    def finish(self) -> None:
        """Once, when the capture has ended."""
