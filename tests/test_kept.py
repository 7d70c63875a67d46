"""Kept rows: what a list would hold."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from seqcheck.kept import LEAST, Kept
from seqcheck.kernel.border import EVENT

STEPS = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 7)), max_size=30)


@given(STEPS, st.sampled_from([1, LEAST, 50, 10_000]))
def test_adding_and_dropping(steps: list[tuple[int, int]], most: int) -> None:
    """Each step adds so many rows, as far as there is room, then drops every n-th."""
    kept, expected, number = Kept(most), list[int](), 0
    for count, every in steps:
        rows = np.zeros(min(count, kept.room), EVENT)
        rows["seq"] = np.arange(number, number + len(rows))
        number += len(rows)
        kept.add(rows)
        expected += rows["seq"].tolist()
        if every:
            kept.drop(np.arange(len(kept.rows)) % every == 0)
            expected = [seq for at, seq in enumerate(expected) if at % every]
        assert kept.rows["seq"].tolist() == expected
        assert kept.room == most - len(expected)


def test_it_grows_by_doubling() -> None:
    """Rows that come one by one are seldom copied, and there is never room for more than may be kept."""
    kept, spaces = Kept(1000), set[int]()
    for _ in range(1000):
        kept.add(np.zeros(1, EVENT))
        assert kept.rows.base is not None
        spaces.add(len(kept.rows.base))
    assert sorted(spaces) == [16, 32, 64, 128, 256, 512, 1000]
