"""track: the native tracker gives the rows and states of the reference, for any records, however they are cut."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from columns import columns
from fed import MODULI, ROWS, SHAPES, TIGHT, Fed, agree, walks
from hypothesis import given, settings
from hypothesis import strategies as st
from twins import KERNELS

from seqcheck.kernel import border


def same(
    seqs: Sequence[int], modulus: int, cuts: Sequence[int] = (), room: border.Room = border.ROOM, **rest: Any
) -> list[Fed]:
    """Feed both, compare all they say, and what is missing."""
    edges = [0, *sorted({cut for cut in cuts if 0 < cut < len(seqs)}), len(seqs)]
    both = [Fed(kernel, modulus, room) for kernel in KERNELS]
    for fed in both:
        for low, high in pairwise(edges):
            part = {name: value[low:high] for name, value in rest.items()}
            fed.feed(*columns(seqs[low:high], first=low + 1, **part))
        fed.finish()
    agree(both[1].result(), both[0].result())
    for one, other in zip(*(fed.tracker.missing() for fed in both), strict=True):
        assert one.tobytes() == other.tobytes()
    assert both[1].tracker.distances().tolist() == both[0].tracker.distances().tolist()
    return both


@settings(max_examples=500, deadline=None)
@given(walks(), MODULI, st.lists(st.integers(1, 200), max_size=5))
def test_walks(seqs: list[int], modulus: int, cuts: list[int]) -> None:
    same([n % (modulus or 1 << 64) for n in seqs], modulus, cuts)


@settings(max_examples=300, deadline=None)
@given(walks(), MODULI, st.lists(st.integers(1, 200), max_size=3), st.integers(1, 3))
def test_walks_where_there_is_little_room(seqs: list[int], modulus: int, cuts: list[int], streams: int) -> None:
    which = [n * 7 % streams for n in range(len(seqs))]
    same([n % (modulus or 1 << 64) for n in seqs], modulus, cuts, TIGHT, streams=which)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 30), st.integers(0, 2)), min_size=1, max_size=200),
    st.lists(st.integers(1, 200), max_size=3), st.sampled_from([0, 16, 31]),
)  # fmt: skip
def test_streams_that_interleave(some: list[tuple[int, int, int]], cuts: list[int], modulus: int) -> None:
    streams, seqs, pauses = zip(*some, strict=True)
    times = np.cumsum(np.array([1000, 2_000_000, 10**10])[list(pauses)]).tolist()
    same([n % (modulus or 99) for n in seqs], modulus, cuts, streams=streams, times=times)


@settings(max_examples=200, deadline=None)
@given(walks(), st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1), st.sampled_from([0, 256]))
def test_any_times(seqs: list[int], times: list[int], modulus: int) -> None:
    same([n % (modulus or 1 << 64) for n in seqs], modulus, times=(times * len(seqs))[: len(seqs)])


@pytest.mark.parametrize("shape", SHAPES)
def test_shapes(shape: str) -> None:
    same(SHAPES[shape], 0, [10_000, 10_001, 15_000])


@pytest.mark.parametrize("shape", ["every frame twice", "random order", "half lost", "a restart, over and over"])
def test_shapes_of_a_short_counter(shape: str) -> None:
    same([n % 4096 for n in SHAPES[shape]], 4096, [9_999])


@pytest.mark.parametrize("modulus", [0, 256, 1000, 65536, 70_001, 2**32])
def test_long_runs_round_the_window_and_the_counter(modulus: int) -> None:
    """Healthy runs of all lengths, over the ends of windows of every size, of the counter and of the chunks; copies
    tell what the window kept of each."""
    span, draw = modulus or 2**64, np.random.default_rng(modulus % 2**31)
    count, reach = 150_000, min(span // 4, 60_000)
    seqs, at = list[int](), 0
    while at < count:
        run = int(draw.choice([1, 2, 3, 23, 24, 25, 63, 64, 65, 1000, 5000]))
        seqs += [(span - 1000 + n) % span for n in range(at, at + run)]
        at += run
        seqs.append((span - 1000 + at - 1 - int(draw.integers(0, min(at, reach)))) % span)
    cuts = sorted(draw.integers(0, len(seqs), 40).tolist())
    both = same(seqs, modulus, cuts, streams=[0] * len(seqs))
    assert both[1].tracker.streams()["duplicates"].sum() > 100


def test_ten_thousand_streams_in_turn() -> None:
    count = 60_000
    draw = np.random.default_rng(5).random(count)
    seqs = [n // 10_000 + (2 if draw[n] < 0.1 else 0) for n in range(count)]
    same(seqs, 2**32, [20_000, 33_333], streams=[n % 10_000 for n in range(count)])


def test_more_streams_than_windows() -> None:
    """Windows are as small as they get; distances farther back are then unknown, and nothing else."""
    count = 2_000
    streams = [*range(count)] * 40
    seqs = [lap for lap in range(40) for _ in range(count)]
    both = same(
        [*seqs, *[39] * 9, *[5] * 9],
        2**32,
        room=border.Room(entries=4_000),
        streams=[*streams, *range(9), *range(9)],
    )
    rows = np.concatenate(both[1].rows)
    twice = rows[rows["kind"] == border.DUPLICATE]
    assert (twice["e_record"] >= 0).tolist() == [True] * 9 + [False] * 9
    assert both[1].tracker.streams()["beyond"].sum() == 9


def test_more_pages_than_there_are() -> None:
    """Numbers 300 apart: a page for a dozen of them. The pool is spent, and what lies lowest is no longer judged."""
    seqs = [n * 300 for n in range(6_000)]
    both = same([*seqs, seqs[-1] - 3, seqs[20] + 7, seqs[-1] + 1], 0, room=border.Room(pages=128))
    state = both[1].tracker.streams()[0]
    assert (state["unjudged"], state["late"], state["outliers"]) == (1, 1, 1)
    assert 0 < state["forgotten"] < state["missing"]


def test_more_repeated_than_there_are() -> None:
    """Numbers that came twice, a page for each: when the pool is spent all copies count still."""
    count = 300
    both = same([n * border.SMALL_PAGE for n in range(count) for _ in range(2)], 0, room=border.Room(small_pages=20))
    state = both[1].tracker.streams()[0]
    assert (state["duplicates"], state["replicated"], state["restarts"]) == (count, count, 0)


def test_more_holes_than_there_are() -> None:
    seqs = [n * 40_000 for n in range(200)]
    both = same([*seqs, seqs[3] + 20_000, seqs[-1] - 20_000, seqs[-1] + 1], 0, room=border.Room(holes=64))
    state = both[1].tracker.streams()[0]
    assert (state["unjudged"], state["late"]) == (1, 1)
    assert state["forgotten"] > 0


def test_more_streams_than_pages_and_holes() -> None:
    """Each has one of both, a page of numbers that came twice, too, and loses none."""
    count = 300
    seqs = [n for n in (0, 5, 6, 2_000, 2_001, 5, 3, 1_990) for _ in range(count)]
    room = border.Room(pages=16, small_pages=16, holes=16)
    both = same(seqs, 0, room=room, streams=list(range(count)) * 8)
    states = both[1].tracker.streams()
    assert set(states["late"].tolist()) == {2}
    assert set(states["duplicates"].tolist()) == {1}
    assert not states["forgotten"].any()


def test_one_stream_does_not_take_from_others_what_they_need() -> None:
    """One loses numbers all over, the other one a few, which come late: it gets them, whichever came first."""
    much, few = [n * 300 for n in range(6_000)], [0, 5, 6, 3, 4]
    for seqs, streams in (
        ([*few[:2], *much, *few[2:]], [1, 1, *[0] * len(much), 1, 1, 1]),
        ([*much, *few], [*[0] * len(much), *[1] * len(few)]),
    ):
        both = same(seqs, 0, room=border.Room(pages=128), streams=streams)
        for state in both[1].tracker.streams():
            if state["received"] == len(few):
                assert (state["late"], state["unjudged"], state["missing"]) == (2, 0, 2)


def test_pages_that_come_and_go() -> None:
    """20,000 streams miss one number each, and get it in another order: a page for each, given back."""
    count = 20_000
    order = np.random.default_rng(9).permutation(count).tolist()
    both = same([n for n in (0, 2, 3, 1) for _ in range(count)], 0, streams=[*list(range(count)) * 3, *order])
    assert not both[1].tracker.streams()["missing"].any()


def test_chains_in_many_streams() -> None:
    """5,000 streams that all step back, and all for long."""
    count = 5_000
    streams = list(range(count)) * 14
    seqs = [1_000 + lap for lap in range(2) for _ in range(count)]
    seqs += [1_000 + lap for lap in range(12) for _ in range(count)]
    same(seqs, 0, streams=streams)


@pytest.mark.parametrize(("steps", "restarts"), [(border.CHAIN_LONG - 200, 0), (border.CHAIN_LONG + 200, 1)])
def test_a_long_chain_with_strays(steps: int, restarts: int) -> None:
    """At the end of the input, which decides."""
    chain = [number for step in range(steps) for number in ((10_000 + step, 59_999) if step % 3 else (10_000 + step,))]
    seqs = [*range(60_000), 9_997, 9_998, 9_999, *chain]
    for fed in same(seqs, 2**32):
        state = fed.tracker.streams()[0]
        assert (state["restarts"], state["unfollowed"], state["received"]) == (restarts, 0, len(seqs))


def test_a_chain_with_more_findings_than_may_wait() -> None:
    """It is given up, and that is told; what it was counts as copies."""
    seqs = [*range(60_000), *range(10_000, 30_000, 2)]
    for fed in same(seqs, 2**32, room=border.Room(chain_rows=1_000)):
        state = fed.tracker.streams()[0]
        assert state["unfollowed"] > 0
        assert (state["restarts"], state["duplicates"]) == (0, 10_000)


def test_rows_and_streams_that_cannot_be_are_refused() -> None:
    _, native = KERNELS
    events = np.zeros(ROWS, border.EVENT)
    for change in ("row", "stream"):
        frames, records = columns([1, 2, 3])
        getattr(records, change)[1] = -1
        with pytest.raises(ValueError, match="record 1"):
            native.Tracker(0).feed(frames, records, 0, events)
    frames, records = columns([1, 2, 3])
    records.row[2] = 3
    with pytest.raises(ValueError, match="record 2"):
        native.Tracker(0).feed(frames, records, 0, events)


@pytest.mark.parametrize("kernel", KERNELS)
def test_what_is_missing_can_be_let_go_of(kernel: Any) -> None:
    fed = Fed(kernel, 0, border.ROOM)
    fed.feed(*columns([*range(10), 5000, 3, *range(5010, 5020), 9000, 8999, 20, 20], first=1))
    fed.finish()
    pages, holes = fed.tracker.missing()
    assert len(pages)
    assert len(holes)
    before = fed.tracker.streams()
    fed.tracker.forget()
    assert [len(each) for each in fed.tracker.missing()] == [0, 0]
    assert fed.tracker.streams().tobytes() == before.tobytes()
