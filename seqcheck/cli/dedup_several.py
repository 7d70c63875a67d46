"""Frames that hold several numbers: a frame goes only if every number in it came before, so that none is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from seqcheck.errors import UsageError
from seqcheck.kernel import load
from seqcheck.kernel.border import RecordColumns
from seqcheck.layout import resolve
from seqcheck.layout.spread import decoder_of, portions

if TYPE_CHECKING:
    from seqcheck.engine.examined import Examined
    from seqcheck.layout import Layout
    from seqcheck.model import Report


def layout_of_several(report: Report) -> Layout | None:
    """The layout of a capture whose frames hold several numbers; None if they hold one. UsageError if one of several
    layouts is such a one."""
    layouts = [resolve(each.spec) for each in report.read_by]
    if not any(layout.several for layout in layouts):
        return None
    if len(layouts) > 1:
        raise UsageError(
            "dedup with several layouts, of which one reads several numbers from a frame",
            hint="Give one --layout at a time.",
        )
    return layouts[0]


def whole(results: Examined, layout: Layout, copies: NDArray[np.int64]) -> tuple[NDArray[np.int64], int]:
    """Of the frames that `copies` name, once for each number in them that came before: those whose numbers all did,
    ascending; and how many numbers these hold. The capture is read again."""
    frames, came = np.unique(copies, return_counts=True)
    decoder, records = decoder_of(load(), layout), RecordColumns(0)
    held = np.zeros(len(frames), np.int64)
    for block, low, high in results.blocks():
        if len(records.row) < block.capacity:
            records = RecordColumns(block.capacity)
        for begin, end in portions(block, low, high, (layout,)):
            decoder.decode(block, begin, end, records)
            numbers, counts = np.unique(records.row[: records.count] + block.first, return_counts=True)
            at = np.searchsorted(frames, numbers)
            mine = (at < len(frames)) & (frames[np.minimum(at, len(frames) - 1)] == numbers) if len(frames) else at < 0
            held[at[mine]] += counts[mine]
    gone = held == came
    return frames[gone], int(came[gone].sum())
