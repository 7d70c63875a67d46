"""What the tests of the trackers feed them: walks of a counter, shapes, and one kernel's tracker that is fed."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from seqcheck.kernel import border

MODULI = st.sampled_from([0, 256, 1000, 65536, 70_001, 2**32, 2**63, 2**64 - 59])
# Few enough rows that the tracker has to stop for more, enough that it can go on.
ROWS = border.CHAIN_DEPTH * border.ROOM.chain_rows + 3 * border.CHAIN_BUFFER + 1024
TIGHT = border.Room(entries=64, pages=16, small_pages=16, holes=8, chain_rows=64)


class Fed:
    """What one kernel's tracker gave, after records in chunks."""

    def __init__(self, kernel: Any, modulus: int, room: border.Room = border.ROOM) -> None:
        self.tracker = kernel.Tracker(modulus, room)
        self.steps: list[tuple[int, int]] = []
        self.rows: list[NDArray[Any]] = []
        self.events = np.zeros(ROWS, border.EVENT)

    def feed(self, frames: border.Frames, records: border.RecordColumns) -> None:
        low = 0
        while low < records.count:
            before = low
            low, count = self.tracker.feed(frames, records, low, self.events)
            assert low > before or count, f"it stopped for good at record {low}"
            self._note(low, count)

    def finish(self) -> None:
        done = False
        while not done:
            done, count = self.tracker.finish(self.events)
            self._note(-int(done), count)

    def _note(self, low: int, count: int) -> None:
        self.steps.append((low, count))
        self.rows.append(self.events[:count].copy())

    def result(self) -> tuple[Any, ...]:
        return self.steps, np.concatenate([np.zeros(0, border.EVENT), *self.rows]), self.tracker.streams()


def agree(one: tuple[Any, ...], other: tuple[Any, ...]) -> None:
    for name in border.EVENT.names or ():
        assert one[1][name].tolist() == other[1][name].tolist(), name
    for name in border.STREAM_STATE.names or ():
        assert one[2][name].tolist() == other[2][name].tolist(), name
    assert one[0] == other[0]


STEPS = st.one_of(
    st.just(1), st.integers(-3, 4), st.integers(-80, 80), st.integers(-70_000, 70_000), st.integers(-(2**63), 2**63),
    st.sampled_from([-(2**32), 2**32, 2**32 + 1, 8 * 4096, 9 * 4096 + 5, -4096, 4096]),
)  # fmt: skip


@st.composite
def walks(draw: st.DrawFn) -> list[int]:
    """A count with steps in it, some of which last, and runs repeated."""
    at, seqs = draw(st.sampled_from([0, 5, 250, 2**32 - 5])), list[int]()
    for _ in range(draw(st.integers(1, 25))):
        step = draw(STEPS)
        run = draw(st.sampled_from([1, 1, 1, 2, 3, 9, 40]))
        back = draw(st.booleans())
        seqs += range(at + step, at + step + run)
        at = at + 1 if back else at + step + run
    return seqs


def shuffled(count: int, window: int) -> list[int]:
    draw = np.random.default_rng(7)
    return np.concatenate([low + draw.permutation(window) for low in range(0, count, window)]).tolist()  # type: ignore[no-any-return]


HALF = np.flatnonzero(np.random.default_rng(3).random(60_000) < 0.5).tolist()
SHAPES = {
    "every frame twice": [n // 2 for n in range(30_000)],
    "every lap of 512 twice": [lap * 512 + n for lap in range(30) for _ in range(2) for n in range(512)],
    "random order in windows of 1,000": shuffled(20_000, 1000),
    "random order": shuffled(6_000, 6_000),
    "half lost": HALF,
    "half lost, the other half late": [*HALF, *sorted(set(range(60_000)) - set(HALF))],
    "backwards": list(range(20_000, 0, -1)),
    "a restart, over and over": [n % 1234 for n in range(12_000)],
    "a restart in the middle of the count": [*range(70_000, 90_000), *range(75_000, 95_000)],
    "the same number": [5] * 20_000,
    "a jump far ahead and back": [n + 50_000 * (n % 50 == 0) for n in range(20_000)],
    "holes": [n * 40_000 + n % 7 for n in range(6_000)],
    "holes, filled": [n * 40_000 for n in range(1_000)] + [n * 4_999 + 3 for n in range(8_000)],
    # Each with copies, lost and late numbers, and some from below its first.
    "counts far apart, one after the other": [
        (epoch << 40) + n
        for epoch, length in ((1, 9_000), (2, 30), (3, 4_000), (4, 700), (5, 20_000))
        for n in (*range(length), length + 9, length + 10, length + 4, *range(length // 2, length, 3), -7, -3, 0)
    ],
    "far below": [10**9, *range(10**9 - 300_000, 10**9 - 200_000, 7)],
}
