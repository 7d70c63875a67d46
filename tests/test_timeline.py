"""The time line: bounded, exact in its sums, and the same however the frames were cut into blocks."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from seqcheck.kernel.border import DUPLICATE, EVENT, GAP, Frames, RecordColumns
from seqcheck.report.timeline import BINS, HALF, MOST, POINT, SAMPLES, Sample, Timeline
from seqcheck.sink import Block


def block(first: int, count: int, every: int, low: int = 0) -> tuple[Frames, RecordColumns]:
    """Frames first..first+count-1 in rows from `low` on, 10 ns apart; each `every`-th one is a record."""
    frames, records = Frames(low + count), RecordColumns(count)
    frames.first, frames.count = first - low, low + count
    numbers = np.arange(first, first + count)
    frames.ns[low:] = numbers * 10
    rows = np.flatnonzero(numbers % every == 0)
    records.count = len(rows)
    records.row[: len(rows)] = low + rows
    records.seq[: len(rows)] = numbers[rows]
    return frames, records


class Nowhere:
    """A store that has nothing."""

    def get(self, number: int) -> None:
        return None


def of(frames: Frames, low: int, high: int, records: RecordColumns) -> Block:
    return Block(frames=frames, low=low, high=high, records=records, store=Nowhere())


NOTHING = of(Frames(0), 0, 0, RecordColumns(0))


def told(sizes: list[int], every: int, low: int = 0) -> Timeline:
    line, first = Timeline(), 1
    for size in sizes:
        frames, records = block(first, size, every, low)
        line.take(of(frames, low, low + size, records))
        first += size
    return line


@given(
    st.lists(st.integers(1, 3000) | st.integers(1, 60), min_size=1, max_size=12), st.integers(1, 5), st.integers(0, 9)
)
@settings(max_examples=100, deadline=None)
def test_blocks_make_no_difference(sizes: list[int], every: int, low: int) -> None:
    whole, parts = told([sum(sizes)], every), told(sizes, every, low)
    assert np.array_equal(whole.bins(), parts.bins())
    assert whole.points()["frame"].tolist() == parts.points()["frame"].tolist()
    assert int(parts.bins()["records"].sum()) == sum(sizes) // every


@given(st.integers(1, 60_000))
@settings(max_examples=40, deadline=None)
def test_bins_begin_where_they_say(count: int) -> None:
    line = told([count], 1)
    bins = line.bins()
    assert len(bins) <= BINS
    assert len(bins) > BINS // 2 or line.stride == 16
    assert bins["ns"].tolist() == [(at * line.stride + 1) * 10 for at in range(len(bins))]


def test_findings_fall_into_the_bins_of_their_frames() -> None:
    line = told([1000], 1)
    events = np.zeros(3, EVENT)
    events["kind"], events["frame"], events["a"] = [DUPLICATE, GAP, DUPLICATE], [1, 500, 1000], [0, 7, 0]
    line.found(events, NOTHING)
    assert line.bins()["duplicates"][[0, -1]].tolist() == [1, 1]
    assert int(line.bins()["missing"][499 // line.stride]) == 7
    assert line.strays()["frame"].tolist() == [1, 1000]


def test_drops_count_once() -> None:
    line = told([100], 1)
    for total in (None, 5, 5, 9):
        line.drops(total)
    assert int(line.bins()["dropped"].sum()) == 9


def test_blocks_of_merged_inputs_begin_in_the_middle() -> None:
    line = Timeline()
    frames, records = block(1, 100, 1)
    records.count = 40
    line.take(of(frames, 0, 40, records))
    records.row[:60], records.count = np.arange(40, 100), 60
    line.take(of(frames, 40, 100, records))
    assert line.frames == 100
    assert int(line.bins()["records"].sum()) == 100


@given(st.lists(st.integers(0, 2000), max_size=20))
@settings(max_examples=60, deadline=None)
def test_a_sample_is_even_and_bounded(sizes: list[int]) -> None:
    sample, number = Sample(POINT), 0
    for size in sizes:
        rows = np.zeros(size, POINT)
        rows["frame"] = np.arange(number, number + size)
        sample.put(rows[sample.pick(size)])
        number += size
    kept = sample.rows()["frame"]
    assert len(kept) <= SAMPLES
    steps = set(np.diff(kept).tolist())
    assert len(steps) <= 1
    assert not number or (kept[0] == 0 and len(kept) * 2 >= min(number, SAMPLES))


def test_gaps_of_any_width_are_added_exactly() -> None:
    line = told([100], 1)
    rows = np.zeros(9, EVENT)
    rows["kind"], rows["frame"], rows["a"] = GAP, 5, (1 << 62) + 7
    line.found(rows, NOTHING)
    first = line.bins()[0]
    assert int(first["missing"]) + (int(first["missing_high"]) << HALF) == 9 * ((1 << 62) + 7)


def test_drops_beyond_all_bounds_stay_in_bounds() -> None:
    line = told([100], 1)
    for total in (1 << 62, 1 << 64, 1 << 80):
        line.drops(total)
    assert line.bins()["dropped"].max() == MOST
