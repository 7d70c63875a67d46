"""Both kernels, side by side: the same input to each, and what came out, in a form that can be compared."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from seqcheck.kernel import border
from seqcheck.kernel.portable import kernel as reference

native: Any = pytest.importorskip("seqcheck.kernel.binding.kernel", reason="the native kernel is not built here")
KERNELS: tuple[Any, Any] = (reference, native)

COLUMNS = ("off", "cap", "wire", "ns", "link")
Indexed = tuple[list[tuple[int, int]], list[list[int]], list[int]]


def index(kernel: Any, data: bytes, cuts: Sequence[int], capacity: int, *how: Any) -> Indexed:
    """Feed `data` as it grows to each of `cuts`, into columns of `capacity` that are emptied when full; `how` is what
    stands between the positions and the frames: a PcapRule, or byte order and interfaces."""
    frames = border.Frames(capacity)
    walk = kernel.index_pcap if len(how) == 1 else kernel.index_pcapng
    stops, rows = list[tuple[int, int]](), list[list[int]]()
    start = 0
    for stop in [*sorted({cut for cut in cuts if cut < len(data)}), len(data)]:
        buf = np.frombuffer(bytearray(data[:stop]), np.uint8)  # nothing behind `stop`, so that a sanitizer sees a step
        while start <= stop:
            start, why = walk(buf, start, stop, *how, frames)
            stops.append((start, why))
            rows += [[int(getattr(frames, name)[i]) for name in COLUMNS] for i in range(frames.count)]
            frames.count = 0
            if why != border.FULL:
                break
    return stops, rows, frames.totals.tolist()


def decode(
    kernel: Any, program: border.Program, frames: border.Frames, cuts: Sequence[int], **how: bool
) -> tuple[Any, ...]:
    """All columns, keys and sources, after feeding rows up to each of `cuts`; `how` is for the decoder."""
    records, decoder = border.RecordColumns(frames.capacity), kernel.Decoder(program, **how)
    rows = list[tuple[int, ...]]()
    edges = [0, *sorted({cut for cut in cuts if 0 < cut < frames.count}), frames.count]
    for low, high in pairwise(edges):
        decoder.decode(frames, low, high, records)
        columns = (records.row, records.stream, records.seq, records.source, records.ordinal)
        rows += list(zip(*(column[: records.count].tolist() for column in columns), strict=True))
    status = records.status[: frames.count].tolist()
    return status, rows, plain(decoder.keys()), plain(decoder.sources())


def plain(table: Any) -> list[Any]:
    """A structured array without its padding."""
    return [tuple(np.asarray(row[name]).tolist() for name in table.dtype.names) for row in table]
