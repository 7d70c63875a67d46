"""Hashes that samples go by: known values, and an even spread."""

from __future__ import annotations

import numpy as np
import pytest

from seqcheck.track.hashing import mixed, of_records


def test_the_published_sequence() -> None:
    """splitmix64 from the seed 1234567, as its reference implementation gives it: each state is hashed."""
    step = 0x9E3779B97F4A7C15
    states = np.array([(1234567 + step * n) % (1 << 64) for n in range(3)], np.uint64)
    assert mixed(states).tolist() == [6457827717110365317, 3203168211198807973, 9817491932198370423]


@pytest.mark.parametrize("step", [1, 64, 4096, 1 << 32])
def test_neighbours_are_spread_evenly(step: int) -> None:
    top = mixed(np.arange(100_000, dtype=np.uint64) * np.uint64(step)) >> np.uint64(60)
    assert np.bincount(top.astype(np.int64), minlength=16).min() > 5500


def test_streams_with_the_same_records_have_samples_of_their_own() -> None:
    record = np.arange(1000)
    found = [of_records(np.full(1000, stream, np.int32), record) for stream in (0, 1)]
    assert len(set(np.concatenate(found).tolist())) == 2000
    low = [set(np.flatnonzero(each < np.uint64(1 << 61)).tolist()) for each in found]
    assert low[0] != low[1]
    assert all(80 < len(each) < 180 for each in low)
