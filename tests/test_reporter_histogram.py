"""Rows of the histogram: nothing is lost, nothing crosses the end of a lap."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from seqcheck.model import Bin
from seqcheck.reporters.histogram import LAPS, Row, rows


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


def test_a_lone_one_far_away_stays_alone() -> None:
    found = rows(singles(*range(3000, 4000), 10**9), None, 5)
    assert found[-1] == Row(low=10**9, high=10**9, count=1, laps=0)


def test_nothing_gives_nothing() -> None:
    assert rows([], 4096, 10) == []
    assert rows([Bin(low=1, high=5, count=0)], 4096, 10) == []


@st.composite
def bins(draw: st.DrawFn) -> list[Bin]:
    found, low = [], draw(st.integers(1, 1000))
    for _ in range(draw(st.integers(0, 60))):
        high = low + draw(st.integers(0, 20))
        found.append(Bin(low=low, high=high, count=draw(st.integers(0, 1000))))
        low = high + draw(st.integers(1, 500))
    return found


@given(bins(), st.none() | st.integers(2, 9000), st.integers(1, 20))
def test_rows_hold_every_count_in_order_and_keep_to_the_laps(
    given_bins: list[Bin], ring: int | None, most: int
) -> None:
    found = rows(given_bins, ring, most)
    assert sum(row.count for row in found) == sum(bin.count for bin in given_bins)
    assert [row for row in found if row.low > row.high] == []
    for one, other in pairwise(found):
        assert one.high < other.low or (not one.count or not other.count)
    ends = [] if ring is None else [k * ring for k in range(1, LAPS + 1)]
    whole = {(bin.low, bin.high) for bin in given_bins}
    for row in found:
        if (row.low, row.high) not in whole and row.count:
            crossed = [end for end in ends if row.low <= end < row.high]
            assert all(any(bin.low <= end < bin.high for bin in given_bins) for end in crossed)
    assert len([row for row in found if row.count]) <= most + LAPS + 1
