"""track: streams that count by moduli of their own, in one tracker; both kernels, and each stream by itself."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from columns import columns, drain, end
from hypothesis import given, settings
from hypothesis import strategies as st
from twins import KERNELS

MODULI = st.sampled_from([0, 16, 256, 1000, 65536, 2**32, 2**64 - 59])
COUNTS = ("received", "duplicates", "missing", "gaps", "late", "restarts", "outliers", "early", "reordered", "base")
STREAMS = 3


@st.composite
def counters(draw: st.DrawFn) -> tuple[list[int], list[int], list[int]]:
    """The modulus of each stream, the stream of each record, and its number."""
    moduli = draw(st.lists(MODULI, min_size=STREAMS, max_size=STREAMS))
    at = [draw(st.sampled_from([0, 5, 250, 2**32 - 3])) for _ in range(STREAMS)]
    steps = st.sampled_from([1, 1, 1, 1, 2, 3, -1, -5, 40, 2**31])
    streams, seqs = [], []
    for which, step in draw(st.lists(st.tuples(st.integers(0, STREAMS - 1), steps), min_size=1, max_size=150)):
        at[which] += step
        streams.append(which)
        seqs.append(at[which] % (moduli[which] or 1 << 64))
    return moduli, streams, seqs


def told(kernel: Any, moduli: list[int], streams: list[int], seqs: list[int]) -> tuple[Any, ...]:
    """All that a tracker says of the records, after half of which the others of the streams are made known."""
    tracker, first = kernel.Tracker(16), max(streams[: len(streams) // 2], default=-1) + 1
    tracker.count_by(np.array(moduli[:first], np.uint64))
    half = len(seqs) // 2
    events = [drain(tracker, *columns(seqs[:half], streams=streams[:half]))]
    tracker.count_by(np.array(moduli[first:], np.uint64))
    events += [drain(tracker, *columns(seqs[half:], streams=streams[half:], first=half + 1)), end(tracker)]
    return np.concatenate(events).tolist(), tracker.streams(), tracker.distances().tolist()


@settings(max_examples=200, deadline=None)
@given(counters())
def test_each_stream_is_counted_as_if_it_were_alone(drawn: tuple[list[int], list[int], list[int]]) -> None:
    moduli, streams, seqs = drawn
    reference, native = (told(kernel, *drawn) for kernel in KERNELS)
    assert native[0] == reference[0]
    assert native[1].tobytes() == reference[1].tobytes()
    assert native[2] == reference[2]
    order = list(dict.fromkeys(streams))
    for row, which in zip(native[1], order, strict=True):
        tracker = KERNELS[1].Tracker(moduli[which])
        at = [n for n, stream in enumerate(streams) if stream == which]
        drain(tracker, *columns([seqs[n] for n in at], times=[(n + 1) * 1000 for n in at]))
        end(tracker)
        alone = tracker.streams()[0]
        assert {name: row[name] for name in COUNTS} == {name: alone[name] for name in COUNTS}


@pytest.mark.parametrize("kernel", KERNELS)
def test_without_moduli_all_count_by_the_trackers_own(kernel: Any) -> None:
    tracker = kernel.Tracker(16)
    tracker.count_by(np.zeros(0, np.uint64))
    drain(tracker, *columns([14, 15, 0, 1]))
    assert tracker.streams()[0]["missing"] == 0


def test_a_modulus_of_one_is_refused() -> None:
    with pytest.raises(ValueError, match="modulus of 1"):
        KERNELS[1].Tracker(16).count_by(np.array([8, 1], np.uint64))
