"""The first and the last frames of a run, kept for the run that continues."""

from __future__ import annotations

import numpy as np
import pytest

from seqcheck.engine import frames_kept
from seqcheck.engine.frames_kept import FramesKept
from seqcheck.kernel.border import Frames, RecordColumns
from seqcheck.saved import Saved
from seqcheck.sink import Block


def block(first: int, sizes: list[int]) -> Block:
    """Frames with bytes of their own, in no order in the buffer, with something between them."""
    frames = Frames(len(sizes))
    frames.count, frames.first = len(sizes), first
    frames.buf = np.arange(sum(sizes) + 7 * len(sizes) + 1, dtype=np.int64).astype(np.uint8)
    at = 0
    for row in reversed(range(len(sizes))):
        frames.off[row], frames.cap[row], frames.wire[row] = at, sizes[row], sizes[row] + 4
        frames.ns[row], frames.link[row] = -(first + row), 113
        at += sizes[row] + 7
    return Block(frames=frames, low=0, high=len(sizes), records=RecordColumns(0), store=FramesKept())


def fed(kept: FramesKept, count: int) -> dict[int, bytes]:
    """Blocks of 10 frames; all of them."""
    draw, every = np.random.default_rng(1), dict[int, bytes]()
    for first in range(1, count, 10):
        one = block(first, draw.integers(0, 200, 10).tolist())
        kept.take(one)
        every |= {first + row: one.frames.one(row)[0] for row in range(10)}
    return every


def test_the_first_and_the_last_ones_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frames_kept, "FIRST", 25)
    monkeypatch.setattr(frames_kept, "LAST_BYTES", 5000)
    kept = FramesKept()
    every = fed(kept, 1000)
    saved = Saved()
    kept.save(saved)
    for each in (kept, kept.now(), FramesKept.load(saved, 1000)):
        there = [number for number in range(-1, 1010) if each.get(number) is not None]
        assert there[:25] == list(range(1, 26))
        assert there[25:] == list(range(there[25], 1001))
        assert 5000 <= sum(len(every[number]) for number in there[25:]) < 5000 + 10 * 200
        for number in there:
            frame = each.get(number)
            assert frame is not None
            assert (frame.data, frame.wire, frame.ns, frame.link) == (
                every[number], len(every[number]) + 4, -number, 113,
            )  # fmt: skip


def test_a_few_large_ones_fill_the_room_of_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frames_kept, "FIRST_BYTES", 1000)
    monkeypatch.setattr(frames_kept, "LAST_BYTES", 1)
    kept = FramesKept()
    every = fed(kept, 300)
    there = [number for number in range(1, 290) if kept.get(number) is not None]
    assert there == list(range(1, len(there) + 1))
    assert 0 < sum(len(every[number]) for number in there) <= 1000


def test_more_frames_than_came_are_refused() -> None:
    kept, saved = FramesKept(), Saved()
    fed(kept, 100)
    kept.save(saved)
    with pytest.raises(ValueError, match="did not come"):
        FramesKept.load(saved, 99)
