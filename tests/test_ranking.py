"""Ranks among (group, value) pairs, against counting them."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from seqcheck.track.ranking import rank, rank_in_order

PAIRS = st.lists(st.tuples(st.integers(0, 3), st.integers(-(2**62), 2**62) | st.integers(0, 9)), max_size=40)


def columns(pairs: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    made = np.array(pairs, np.int64).reshape(-1, 2)
    return made[:, 0], made[:, 1]


@given(table=PAIRS, asked=PAIRS)
def test_they_count_what_is_not_greater(table: list[tuple[int, int]], asked: list[tuple[int, int]]) -> None:
    expected = [sum(each <= pair for each in table) for pair in asked]
    assert rank(*columns(table), *columns(asked)).tolist() == expected
    assert rank_in_order(*columns(sorted(table)), *columns(asked)).tolist() == expected
