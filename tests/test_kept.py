"""Kept rows: the first ones, or a sample of all; what was taken back is not among them, however they come."""

from __future__ import annotations

import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from seqcheck.kernel.border import DUPLICATE, EVENT, RETRACT
from seqcheck.track.kept import LEAST, Firsts, Sampled
from seqcheck.track.retracted import backs


@given(st.lists(st.integers(0, 40), max_size=30), st.sampled_from([1, LEAST, 50, 10_000]))
def test_the_first_ones(steps: list[int], most: int) -> None:
    firsts, number = Firsts(most), 0
    for count in steps:
        rows = np.zeros(count, EVENT)
        rows["seq"] = np.arange(number, number + count)
        number += count
        firsts.add(rows, np.arange(count))
        assert firsts.rows["seq"].tolist() == list(range(min(number, most)))
        assert firsts.dropped == max(0, number - most)


def history(steps: list[tuple[int, int]], streams: int) -> NDArray[np.void]:
    """Duplicates of a few streams in turn; `back` records of a stream are taken back after each lot."""
    rows, records = list[tuple[int, int, int]](), [0] * streams
    for at, (count, back) in enumerate(steps):
        stream = at % streams
        rows += [(DUPLICATE, stream, record) for record in range(records[stream], records[stream] + count)]
        records[stream] += count
        if back:
            rows.append((RETRACT, stream, max(0, records[stream] - back)))
    events = np.zeros(len(rows), EVENT)
    for name, column in zip(
        ("kind", "stream", "record"), zip(*rows, strict=True) if rows else ((), (), ()), strict=True
    ):
        events[name] = column
    events["a"], events["b"] = events["record"], 1 << 40
    return events


def feed(sampled: Sampled, events: NDArray[np.void], cuts: list[int]) -> None:
    for low, high in pairwise([0, *sorted({cut for cut in cuts if 0 < cut < len(events)}), len(events)]):
        part = events[low:high]
        at = np.flatnonzero(part["kind"] == DUPLICATE)
        sampled.add(part, at, low, backs(part, low))


def left(events: NDArray[np.void]) -> list[tuple[int, int]]:
    """What was not taken back, row by row."""
    rows = list[tuple[int, int]]()
    for row in events:
        if row["kind"] == DUPLICATE:
            rows.append((int(row["stream"]), int(row["record"])))
        else:
            rows = [(s, r) for s, r in rows if s != row["stream"] or r < row["a"]]
    return rows


STEPS = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 40)), max_size=40)


@given(STEPS, st.integers(1, 3), st.lists(st.integers(1, 900), max_size=6))
def test_all_that_were_not_taken_back_where_there_is_room(
    steps: list[tuple[int, int]], streams: int, cuts: list[int]
) -> None:
    events, sampled = history(steps, streams), Sampled(10_000, 10)
    feed(sampled, events, cuts)
    assert list(zip(*(sampled.rows[name].tolist() for name in ("stream", "record")), strict=True)) == left(events)


@given(
    STEPS, st.integers(1, 3), st.lists(st.integers(1, 900), max_size=6), st.sampled_from([(1, 0), (64, 8), (200, 100)])
)
def test_a_sample_is_the_same_however_it_came(
    steps: list[tuple[int, int]], streams: int, cuts: list[int], room: tuple[int, int]
) -> None:
    events, whole, parts = history(steps, streams), Sampled(*room), Sampled(*room)
    feed(whole, events, [])
    feed(parts, events, cuts)
    assert len(whole.rows) <= room[0]
    assert parts.rows.tobytes() == whole.rows.tobytes()
    kept = set(zip(*(whole.rows[name].tolist() for name in ("stream", "record")), strict=True))
    assert kept <= set(left(events))


def test_a_sample_is_spread_over_all_of_it() -> None:
    events = np.zeros(400_000, EVENT)
    events["stream"], events["record"] = np.arange(len(events)) % 2, np.arange(len(events)) // 2
    sampled = Sampled(64_000, 500)
    feed(sampled, events, list(range(0, len(events), 30_000)))
    kept = sampled.rows
    assert kept["record"][:500].tolist() == (np.arange(500) // 2).tolist()
    tenths = np.bincount(kept["record"][500:] // 20_000, minlength=10)
    assert 24_000 <= len(kept) <= 64_000
    assert tenths.min() > 0.5 * tenths.mean()
    assert np.bincount(kept["stream"]).min() > 0.4 * len(kept)


def test_what_was_taken_back_gives_its_place_to_others() -> None:
    """Restarts, over and over: what each took back is not in the way of what comes after."""
    events = history([(40, 40)] * 50 + [(30, 0)], 1)
    sampled = Sampled(64, 8)
    feed(sampled, events, [])
    assert len(sampled.rows) == 30


@pytest.mark.parametrize("count", [100_000, 200_000])
def test_rows_taken_back_one_by_one_are_not_sought_among_all(count: int) -> None:
    """That many steps back by one would otherwise be 10**10 comparisons; none is left."""
    events = np.zeros(2 * count, EVENT)
    events["record"] = np.repeat(np.arange(count), 2)
    events["kind"][1::2] = RETRACT
    events["a"], events["b"] = events["record"], events["record"]
    sampled = Sampled(1 << 16, 8)
    feed(sampled, events, [])
    assert not len(sampled.rows)


PAGES = Path("/sys/kernel/mm/transparent_hugepage/enabled")
GROWTH = """
import re
import numpy as np
from seqcheck.kernel.border import EVENT
from seqcheck.linux import memory
from seqcheck.track.kept import Firsts, Sampled
from seqcheck.track.retracted import BACK
memory.give_back()  # as live captures do
def anonymous():
    with open("/proc/self/status") as status:
        return int(re.search("RssAnon: *(\\d+)", status.read().replace("\\t", " "))[1]) << 10
row, at, none = np.zeros(1, EVENT), np.zeros(1, np.int64), np.zeros(0, BACK)
sampled, firsts = Sampled(1 << 16, 1 << 12), Firsts(1 << 16)
for add in (lambda place: sampled.add(row, at, place, none)), (lambda place: firsts.add(row, at)):
    add(0)
    before = anonymous()
    for place in range(1, 33_000):
        add(place)
    print(anonymous() - before)
"""


@pytest.mark.skipif(not PAGES.exists() or "[always]" in PAGES.read_text(), reason="needs pages that are not all huge")
def test_memory_grows_with_the_rows() -> None:
    """Not by megabytes where the array is made longer."""
    command = [sys.executable, "-c", GROWTH]
    told = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout
    for grown in map(int, told.split()):
        assert grown < 33_000 * (EVENT.itemsize + 8) + (1 << 20)
