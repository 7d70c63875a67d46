"""Numbers ahead of their time, played slot by slot: what was due in their place, and whether it ever came."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from seqcheck.diagnose.due import far_behind
from seqcheck.diagnose.table import Table, table
from seqcheck.kernel import load
from seqcheck.track.tracker import Findings, Track

from columns import columns  # isort: skip

TURNS = 300


def tracked(seqs: list[int]) -> tuple[Findings, Table]:
    frames, records = columns(seqs)
    track = Track(load().Tracker(0), 0)
    track.feed(frames, records)
    track.finish()
    found = track.findings()
    return found, table(found)


def played(early: set[int], lap: int, lost: set[int] = frozenset(), *, instead: bool = True) -> list[int]:  # type: ignore[assignment]
    """What goes out turn by turn: at the turns `early` the number of one lap later, in its place or beside it."""
    seqs: list[int] = []
    for turn in range(TURNS):
        if turn in early:
            seqs.append(turn + lap)
        if turn not in lost and not (turn in early and instead):
            seqs.append(turn)
    return seqs


@st.composite
def faults(draw: st.DrawFn) -> tuple[set[int], int]:
    """Turns at which a slot is filled too early, alone or in batches, and the lap."""
    lap = draw(st.integers(24, 100))
    batch = draw(st.integers(1, 8))
    begins = draw(st.lists(st.integers(2, TURNS - lap - 20), min_size=1, max_size=12, unique=True))
    begins = [begin for begin in begins if not any(0 < begin - other <= 2 * batch for other in begins)]
    early = {turn for begin in begins for turn in range(begin, begin + batch) if turn + lap < TURNS}
    return {turn for turn in early if turn - lap not in early}, lap


@given(faults())
def test_a_slot_filled_too_early_went_out_in_place_of_the_number_due(drawn: tuple[set[int], int]) -> None:
    early, lap = drawn
    early = {turn for turn in early if turn + lap not in early}
    found, told = tracked(played(early, lap))
    assert len(told) == len(early)
    assert told.early.all()
    assert told.overwritten.all()
    assert (told.distance == lap).all()
    assert not told.lost.any()
    assert not far_behind(found, found.missing.left(found.gaps), told.early).any()


@given(faults(), st.sets(st.integers(2, TURNS - 2), max_size=20))
def test_what_was_lost_between_is_counted_once(drawn: tuple[set[int], int], lost: set[int]) -> None:
    early, lap = drawn
    early = {turn for turn in early if turn + lap not in early}
    lost = {turn for turn in lost if turn not in early and turn - lap not in early}
    _, told = tracked(played(early, lap, lost))
    assert told.early.all()
    turns = told.rows["x"] - lap
    between = np.array([sum(turn < gone < turn + lap for gone in lost) for turn in turns.tolist()])
    assert (told.distance == lap - between).all()
    # which of several numbers missing side by side was lost, and which one's place was taken, nobody can tell
    assert (told.lost <= between + 1).all()
    assert (told.lost >= between - len(lost) / 2 - 1).all()


@given(faults())
def test_what_came_by_a_faster_way_took_nobodys_place(drawn: tuple[set[int], int]) -> None:
    early, lap = drawn
    _, told = tracked(played(early, lap, instead=False))
    assert told.early.all()
    assert not told.overwritten.any()


@given(faults())
def test_a_stale_slot_is_not_ahead_of_its_time(drawn: tuple[set[int], int]) -> None:
    turns, lap = drawn
    seqs = [turn - lap if turn - lap in turns else turn for turn in range(TURNS)]
    _, told = tracked(seqs)
    assert len(told)
    assert not told.early.any()


def test_the_number_due_behind_a_gap_as_wide_as_they_get() -> None:
    """What is missing below is nearly all that there is."""
    top = 1 << 30
    seqs = [*range(100), *range(top, top + 40), top + 99, *range(top + 41, top + 99), top + 99]
    _, told = tracked(seqs)
    assert len(told) == 1
    assert told.early.all()
    assert told.overwritten.all()
