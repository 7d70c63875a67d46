"""Which rows were taken back: as when each of the rows that take back is looked at in turn."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from seqcheck.kernel.border import DUPLICATE, EVENT, LATE, RETRACT, RETRACT_LATE
from seqcheck.track.retracted import backs, gone

ROW = st.tuples(
    st.sampled_from([DUPLICATE, LATE, LATE, RETRACT]), st.integers(0, 2), st.integers(0, 30), st.booleans()
)  # fmt: skip


@given(st.lists(ROW, max_size=60), st.lists(st.integers(1, 9), max_size=8))
def test_equals_looking_at_each_in_turn(rows: list[tuple[int, int, int, bool]], widths: list[int]) -> None:
    """RETRACT_LATE rows of a stream reach over stretches of records that follow one another, as the tracker's do."""
    events = np.zeros(len(rows), EVENT)
    for at, (kind, stream, record, provisional) in enumerate(rows):
        events[at]["kind"], events[at]["stream"], events[at]["record"] = kind, stream, record
        events[at]["a"], events[at]["b"], events[at]["next"] = record, 99, not provisional
    low = 0
    tail = np.zeros(len(widths), EVENT)
    for at, width in enumerate(widths):
        tail[at]["kind"], tail[at]["a"], tail[at]["b"] = RETRACT_LATE, low, low + width - 1
        low += width
    events = np.concatenate((events, tail))
    expected = list[int]()
    for at, row in enumerate(events):
        if row["kind"] in (DUPLICATE, LATE):
            expected.append(at)
        else:
            expected = [
                other
                for other in expected
                if not (
                    events[other]["stream"] == row["stream"]
                    and row["a"] <= events[other]["record"] <= row["b"]
                    and (
                        row["kind"] == RETRACT
                        or (events[other]["kind"] == LATE and events[other]["x"] == events[other]["next"])
                    )
                )
            ]
    places = np.flatnonzero(np.isin(events["kind"], (DUPLICATE, LATE)))
    left = places[~gone(events[places], places + 7, backs(events, 7))]
    assert left.tolist() == expected
