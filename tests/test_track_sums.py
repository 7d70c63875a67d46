"""Sums agree: what is counted, what is kept and what is told add up, on both kernels, for streams that misbehave."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from columns import columns
from hypothesis import given, settings
from hypothesis import strategies as st
from twins import KERNELS

from seqcheck.kernel import border
from seqcheck.track import tracker as track
from seqcheck.track.tracker import Findings, Track


def findings(kernel: Any, seqs: list[int], modulus: int = 0, cuts: tuple[int, ...] = (), **rest: Any) -> Findings:
    found = Track(kernel.Tracker(modulus), modulus)
    for low, high in pairwise([0, *sorted({cut for cut in cuts if 0 < cut < len(seqs)}), len(seqs)]):
        part = {name: value[low:high] for name, value in rest.items()}
        found.feed(*columns(seqs[low:high], first=low + 1, **part))
    found.finish()
    return found.findings()


def agree(found: Findings) -> None:
    streams = found.streams
    assert int(found.distances.sum()) == int(streams["duplicates"].sum())
    assert found.distances.min() >= 0
    for name in streams.dtype.names or ():
        if name not in ("base", "first_seq", "first_ns", "last_ns", "next"):
            assert streams[name].min() >= 0, name
    assert (streams["duplicates"] < streams["received"]).all()
    assert (streams["late"] <= streams["received"] - streams["duplicates"]).all()
    assert (streams["reordered"] >= streams["late"]).all()
    told = {limit.name: limit.count for limit in found.limits if limit.stream is None}
    for kind, rows in (("duplicates", found.duplicates), ("late", found.late)):
        assert len(rows) + told.get(kind, 0) == int(streams[kind].sum())  # type: ignore[call-overload]
    far = np.minimum(found.duplicates["record"] - found.duplicates["e_record"], border.DISTANCES)
    kept = np.bincount(np.where(found.duplicates["e_record"] >= 0, far, 0), minlength=len(found.distances))
    assert (kept <= found.distances).all()


@st.composite
def misbehaving(draw: st.DrawFn) -> tuple[list[int], list[int], list[int]]:
    """Numbers, streams and times: runs, restarts, replays, early numbers, pauses, in a few streams."""
    seqs, streams, times, at, ns = list[int](), list[int](), list[int](), [0, 1000, 7], 0
    for _ in range(draw(st.integers(1, 30))):
        stream = draw(st.integers(0, 2))
        step = draw(st.sampled_from([0, 0, 0, 1, 2, 5, 40, 300, 70_000, -1, -3, -30, -45, -200, -5000]))
        run = draw(st.sampled_from([1, 1, 2, 3, 9, 35, 60]))
        ns += draw(st.sampled_from([1000, 1000, 10**9]))
        first = 0 if step == -5000 else max(0, at[stream] + step)
        for seq in range(first, first + run):
            ns += 1000
            seqs.append(seq)
            streams.append(stream)
            times.append(ns)
        if draw(st.booleans()):
            at[stream] = first + run
    return seqs, streams, times


@settings(max_examples=150, deadline=None)
@given(misbehaving(), st.sampled_from([0, 256, 4776, 65536]), st.sampled_from(KERNELS), st.data())
def test_sums_agree(
    drawn: tuple[list[int], list[int], list[int]], modulus: int, kernel: Any, data: st.DataObject
) -> None:
    seqs, streams, times = drawn
    seqs = [seq % (modulus or 1 << 64) for seq in seqs]
    cuts = tuple(data.draw(st.lists(st.integers(1, 500), max_size=3)))
    small = data.draw(st.booleans())
    with pytest.MonkeyPatch.context() as patch:
        if small:
            patch.setattr(track, "LIMIT", 64)
            patch.setattr(track, "HEAD", 8)
        agree(findings(kernel, seqs, modulus, cuts, streams=streams, times=times))


@pytest.mark.parametrize("kernel", KERNELS, ids=lambda kernel: str(kernel.NAME))
def test_duplicates_beyond_the_kept_ones_that_a_restart_takes_back(
    kernel: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each number twice, then a restart, whose first records were taken for duplicates."""
    monkeypatch.setattr(track, "LIMIT", 512)
    monkeypatch.setattr(track, "HEAD", 32)
    found = findings(kernel, [*(n // 2 for n in range(2_000)), *range(1_200)])
    agree(found)
    assert (found.streams["duplicates"][0], found.streams["restarts"][0]) == (1_000, 1)
    assert found.distances[:3].tolist() == [0, 1_000, 0]


@pytest.mark.parametrize("kernel", KERNELS, ids=lambda kernel: str(kernel.NAME))
def test_late_is_never_negative(kernel: Any) -> None:
    """An early number before a restart, and another one among the records that the restart took back."""
    seqs = [*range(44, 53), 77, 539, 52, 54, 56, 176]
    times = [*range(9), 30, 100_000_116, *(302_000_000 + n for n in (229, 231, 233, 348))]
    found = findings(kernel, seqs, 4776, times=[time * 1000 for time in times])
    agree(found)
    assert (found.streams["restarts"][0], found.streams["late"][0]) == (1, 0)


@pytest.mark.parametrize("kernel", KERNELS, ids=lambda kernel: str(kernel.NAME))
def test_what_was_settled_as_late_is_not_taken_back(kernel: Any) -> None:
    """77 is early and comes again in its place; in between, 71 came before 70, and the count went on past it."""
    found = findings(kernel, [*range(68), 77, 68, 69, 71, 70, *range(72, 78), 77, *range(78, 90)])
    agree(found)
    assert found.streams["late"][0] == len(found.late) > 0


@pytest.mark.parametrize("kernel", KERNELS, ids=lambda kernel: str(kernel.NAME))
@pytest.mark.parametrize(
    "seqs", [[0, 3, 1, 3], [0, 3, 1, 3, 3], [0, 3, 1, 3, 2, 3, 4], [0, 5, 1, 5, 7, 2, 5, 7, 3, 4, 5]]
)
def test_late_is_taken_back_since_the_first_copy_of_an_early_number(kernel: Any, seqs: list[int]) -> None:
    agree(findings(kernel, seqs))
