"""The histogram of distances: nothing is lost, no bar reaches across the end of a lap, few are left."""

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from seqcheck.model import Bin
from seqcheck.report.bars import CELLS, HEAVY, SINGLES
from seqcheck.report.bars import bars as made


def bins(counts: dict[int, int], ring: int | None = None) -> tuple[Bin, ...]:
    distances = np.zeros(max(counts, default=0) + 2, np.int64)
    for value, count in counts.items():
        distances[value] = count
    return made(distances, ring)


def test_few_values_have_a_bar_each() -> None:
    counts = {value * 7: value for value in range(1, SINGLES + 1)}
    assert bins(counts) == tuple(Bin(low=value, high=value, count=count) for value, count in counts.items())
    assert bins({}) == ()


def test_what_is_beyond_the_window_is_in_no_bar() -> None:
    assert bins({0: 5, 3: 1}) == (Bin(low=3, high=3, count=1),)


def test_of_many_the_heavy_ones_stay_alone() -> None:
    counts = dict.fromkeys(range(1, 5001), 1) | {4096: 900, 4095: 300}
    found = {each.low: each for each in bins(counts, 4096)}
    assert found[4096] == Bin(low=4096, high=4096, count=900)
    assert found[4095] == Bin(low=4095, high=4095, count=300)


VALUES = st.dictionaries(st.integers(1, 20_000), st.integers(1, 1000), max_size=400)


@given(VALUES, st.none() | st.integers(2, 9000))
def test_every_count_is_in_one_bar(counts: dict[int, int], ring: int | None) -> None:
    found = bins(counts, ring)
    for each in found:
        assert each.count == sum(count for value, count in counts.items() if each.low <= value <= each.high) > 0
        assert each.low in counts
        assert each.high in counts
    assert sum(each.count for each in found) == sum(counts.values())
    assert all(one.high < other.low for one, other in pairwise(found))


@given(st.sets(st.integers(1, 20_000), min_size=SINGLES + 1, max_size=400), st.integers(400, 9000))
def test_a_ring_that_is_wider_than_a_cell_cuts_every_bar(values: set[int], ring: int) -> None:
    for each in bins(dict.fromkeys(values, 1), ring):
        assert (each.low - 1) // ring == (each.high - 1) // ring


@given(st.sets(st.integers(1, 60_000), max_size=2000), st.none() | st.integers(2, 9000))
def test_the_bars_are_few(values: set[int], ring: int | None) -> None:
    assert len(bins(dict.fromkeys(values, 1), ring)) <= max(SINGLES, 3 * CELLS + 2 * HEAVY + 2)
