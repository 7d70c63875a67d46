"""Rows of the histogram: nothing is lost, nothing crosses the end of a lap, few are left."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from seqcheck.model import Bin
from seqcheck.outputs.histogram import LAPS, Row, rows


def singles(*values: int) -> list[Bin]:
    return [Bin(low=value, high=value, count=1) for value in sorted(set(values))]


def test_few_distances_stay_as_they_are() -> None:
    assert rows(singles(4093, 4095, 4096), 4096, 10) == [
        Row(low=4093, high=4093, count=1, laps=0),
        Row(low=4095, high=4095, count=1, laps=0),
        Row(low=4096, high=4096, count=1, laps=1),
    ]


def test_the_ring_is_marked_even_where_nothing_fell() -> None:
    assert rows(singles(31), 32, 10) == [Row(low=31, high=31, count=1, laps=0), Row(low=32, high=32, count=0, laps=1)]


def test_laps_are_marked_as_far_as_the_data_reach() -> None:
    found = rows(singles(511, 1020, 1536), 512, 10)
    assert [(row.high, row.laps) for row in found if row.laps] == [(512, 1), (1024, 2), (1536, 3)]


def test_many_are_gathered_in_equal_cells_down_from_the_ring() -> None:
    assert rows(singles(*range(4000, 4097)), 4096, 4) == [
        Row(low=4000, high=4000, count=1, laps=0),
        Row(low=4001, high=4032, count=32, laps=0),
        Row(low=4033, high=4064, count=32, laps=0),
        Row(low=4065, high=4096, count=32, laps=1),
    ]


def test_a_lone_one_far_away_does_not_blur_the_rest() -> None:
    found = rows([*singles(*range(3000, 3008)), Bin(low=10**9, high=10**9, count=1)], None, 9)
    assert [(row.low, row.high) for row in found] == [(d, d) for d in (*range(3000, 3008), 10**9)]


def test_a_wide_bin_keeps_its_edges() -> None:
    found = rows([Bin(low=3900, high=4100, count=7)], 4096, 10)
    assert found[0] == Row(low=3900, high=4100, count=7, laps=1)


def test_nothing_gives_nothing() -> None:
    assert rows([], 4096, 10) == []
    assert rows([Bin(low=1, high=5, count=0)], 4096, 10) == []


@st.composite
def bins(draw: st.DrawFn, widest: int = 20) -> list[Bin]:
    found, low = [], draw(st.integers(1, 1000))
    for _ in range(draw(st.integers(0, 60))):
        high = low + draw(st.integers(0, widest))
        found.append(Bin(low=low, high=high, count=draw(st.integers(0, 1000))))
        low = high + draw(st.integers(1, 500))
    return found


@given(bins(), st.none() | st.integers(2, 9000), st.integers(1, 20))
def test_rows_hold_every_count_and_are_few(given_bins: list[Bin], ring: int | None, most: int) -> None:
    found = rows(given_bins, ring, most)
    assert sum(row.count for row in found) == sum(bin.count for bin in given_bins)
    assert all(row.low <= row.high for row in found)
    full = [row for row in found if row.count]
    assert len(full) <= max(most, LAPS + 1)
    assert all(one.high < other.low for one, other in pairwise(full))


@given(bins(widest=0), st.none() | st.integers(2, 9000), st.integers(1, 20))
def test_rows_of_single_distances_keep_to_their_lap(given_bins: list[Bin], ring: int | None, most: int) -> None:
    for row in rows(given_bins, ring, most):
        assert row.count == sum(bin.count for bin in given_bins if row.low <= bin.low <= row.high)
        if ring is not None:
            assert not any(row.low <= k * ring < row.high for k in range(1, LAPS + 1))
