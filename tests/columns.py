"""Records for the tracker, made without a capture."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqcheck.kernel import border


def columns(
    seqs: Sequence[int], *, streams: Sequence[int] | None = None, times: Sequence[int] | None = None, first: int = 1
) -> tuple[border.Frames, border.RecordColumns]:
    """One frame per number, a microsecond apart unless `times` says otherwise, all from source 1."""
    n = len(seqs)
    frames, records = border.Frames(max(n, 1)), border.RecordColumns(max(n, 1))
    frames.count, frames.first = n, first
    frames.ns[:n] = np.arange(first, first + n) * 1000 if times is None else times
    records.count = n
    records.row[:n] = np.arange(n)
    records.stream[:n] = 0 if streams is None else streams
    records.seq[:n] = np.array(seqs, np.uint64)
    records.source[:n] = 1
    records.ordinal[:n] = np.arange(first - 1, first - 1 + n)
    return frames, records


def drain(tracker: Any, frames: border.Frames, records: border.RecordColumns) -> NDArray[Any]:
    """All events that these records cause."""
    out, low = [], 0
    buffer = np.zeros(border.EVENTS, border.EVENT)
    while True:
        before = low
        low, count = tracker.feed(frames, records, low, buffer)
        assert count or low > before or low >= records.count, "it asks for more rows than there is room for"
        out.append(buffer[:count].copy())
        if low >= records.count:
            return np.concatenate(out)


def end(tracker: Any) -> NDArray[Any]:
    """All events of the end."""
    out, done = [], False
    buffer = np.zeros(border.EVENTS, border.EVENT)
    while not done:
        done, count = tracker.finish(buffer)
        assert done or count, "it asks for more rows than there is room for"
        out.append(buffer[:count].copy())
    return np.concatenate(out)


def run(
    tracker_type: Any, seqs: Sequence[int], *, modulus: int = 0, cuts: Sequence[int] = (), **rest: Any
) -> tuple[NDArray[Any], NDArray[Any], Any]:
    """Streams, events and the tracker after `seqs`, fed in chunks that end at `cuts`."""
    tracker = tracker_type(modulus)
    events = []
    edges = [0, *sorted(c for c in set(cuts) if 0 < c < len(seqs)), len(seqs)]
    for a, b in itertools.pairwise(edges):
        part = {name: value[a:b] for name, value in rest.items() if value is not None}
        events.append(drain(tracker, *columns(seqs[a:b], first=a + 1, **part)))
    events.append(end(tracker))
    return tracker.streams(), np.concatenate(events), tracker
