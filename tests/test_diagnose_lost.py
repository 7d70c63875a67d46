"""What went missing between copies: gaps and late records of many streams and epochs do not meet in one another."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from seqcheck.diagnose.due import Ahead
from seqcheck.diagnose.keys import UNKNOWN
from seqcheck.diagnose.lost import elsewhere_of, filled_late, lost_by_number
from seqcheck.kernel.border import HOLE, MISSING_PAGE
from seqcheck.track.missing import Missing
from seqcheck.track.tracker import Findings

ALL = np.ones(8, np.bool_)
PLACE = [("stream", "<u4"), ("epoch", "<u4"), ("x", "<i8")]


def made(gaps: list[tuple[int, ...]], late: list[tuple[int, ...]]) -> Findings:
    """Findings of `gaps` (stream, epoch, x, a) and `late` (stream, epoch, x)."""
    found = SimpleNamespace(
        gaps=np.array(gaps, [*PLACE, ("a", "<i8")]),
        late=np.array(late, PLACE),
    )
    return cast(Findings, cast(Any, found))


def test_what_came_late_fills_the_gap_it_lies_in() -> None:
    found = made([(0, 0, 100, 3), (0, 0, 50, 2)], [(0, 0, 101), (0, 0, 102), (0, 0, 51), (0, 0, 52), (0, 0, 49)])
    assert filled_late(found, ALL[:5]).tolist() == [2, 1]


@pytest.mark.parametrize("other", [(1, 0), (0, 16), (70_000, 0), (0, 1)])
def test_what_came_late_elsewhere_fills_no_gap(other: tuple[int, int]) -> None:
    """Another stream or another epoch."""
    assert filled_late(made([(0, 0, 100, 3)], [(*other, 101)]), ALL[:1]).tolist() == [0]
    assert filled_late(made([(*other, 100, 3)], [(0, 0, 101)]), ALL[:1]).tolist() == [0]
    assert filled_late(made([(*other, 100, 3), (2, 0, 100, 3)], [(*other, 101)]), ALL[:1]).tolist()[0] == 1


def test_only_what_came_after_more_than_reordering_counts() -> None:
    assert filled_late(made([(0, 0, 100, 3)], [(0, 0, 101)]), ~ALL[:1]).tolist() == [0]


class Uncounted(Missing):
    """Stretches must not be listed: there may be millions of them between two copies."""

    def __call__(self, stream: int, epoch: int, low: int, high: int) -> list[tuple[int, int]]:
        raise AssertionError("listed")


def early(rows: list[tuple[int, ...]], holes: list[tuple[int, ...]]) -> Findings:
    """Findings of duplicates (stream, epoch, x, e_record, record, next), and of `holes` in what came, which a gap
    each tells."""
    columns = [*PLACE, ("e_record", "<i8"), ("record", "<i8"), ("next", "<i8")]
    missing = Uncounted(np.zeros(0, MISSING_PAGE), np.array(holes, HOLE))
    gaps = np.array([(stream, epoch, low, high - low) for stream, epoch, low, high in holes], [*PLACE, ("a", "<i8")])
    found = SimpleNamespace(duplicates=np.array(rows, columns), missing=missing, gaps=gaps, streams=np.zeros(2))
    return cast(Findings, cast(Any, found))


def lost(found: Findings, due: list[int], which: Any, *, told: int = 0) -> list[int]:
    """Of the rows `which`, with so many numbers of each gap accounted for."""
    still, places = found.gaps["a"], np.array(due)
    ahead = Ahead(early=which, due=places, gap=np.full(len(which), UNKNOWN))
    return lost_by_number(found, np.maximum(still - told, 0), still, ahead, found.duplicates[~which]).tolist()


@pytest.mark.parametrize(
    ("place", "x", "between"),
    [
        (10, 110, 5 - 1),
        (UNKNOWN, 110, 0),
        (30, 110, 0),
        (10, 22, 2),
        (22, 110, 2 - 1),
        (10, 1 << 62, (1 << 40) + 5 - 1),
    ],
)
def test_what_lies_between_a_copy_ahead_of_its_time_and_its_place(place: int, x: int, between: int) -> None:
    """20 to 24 never came, nor did 2**40 numbers far beyond; in the place of 50 another frame was sent."""
    holes = [(0, 0, 20, 25), (0, 0, 1 << 41, 3 << 40), (0, 1, 5, 500), (1, 0, 5, 500)]
    rows = [(0, 0, x, 10, 200, x + 1), (0, 0, 40, 150, 151, 50), (0, 1, 40, 150, 151, 60), (1, 0, 40, 150, 151, 60)]
    which = np.array([True, False, False, False])
    assert lost(early(rows, holes), [place, UNKNOWN, UNKNOWN, UNKNOWN], which) == [between]


def test_what_another_stream_was_sent_in_place_of_is_not_lost() -> None:
    found = early([(0, 0, 110, 10, 200, 111)], [(0, 0, 20, 25)])
    assert [lost(found, [10], np.ones(1, np.bool_), told=told) for told in (0, 2, 5)] == [[5], [3], [0]]


def streams_apart(records: list[int], gaps: list[tuple[int, ...]], rows: list[tuple[int, ...]]) -> Findings:
    """Findings of one source whose streams sent so many records in frames 0 to 10,000: gaps (stream, frame) of one
    number each, and duplicates (stream, frame)."""
    columns = [("stream", "<i4"), ("frame", "<i8")]
    found = SimpleNamespace(
        gaps=np.array([(*gap, 0, 1) for gap in gaps], [*columns, ("source", "<i4"), ("a", "<i8")]),
        duplicates=np.array([(*row, 0) for row in rows], [*columns, ("source", "<i4")]),
        streams=np.array(
            [(0, 0, 10_000, sent) for sent in records],
            [("source", "<i8"), ("first_frame", "<i8"), ("last_frame", "<i8"), ("received", "<i8")],
        ),
    )
    return cast(Findings, cast(Any, found))


def stand_in_elsewhere(found: Findings) -> tuple[int, int]:
    """How many duplicates stand where a number of another stream is missing, and what is left of the gaps."""
    widths = found.gaps["a"].copy()
    all_of_them = np.ones(len(found.duplicates), np.bool_)
    result = elsewhere_of(found, widths, found.gaps["a"], found.duplicates, all_of_them)
    return int(result.sum()), int(widths.sum())


def test_what_stands_in_for_a_number_of_another_stream() -> None:
    rows = [(0, frame) for frame in range(500, 10_000, 500)]
    found = streams_apart([3333] * 3, [(1, frame + 4) for _, frame in rows], rows)
    assert stand_in_elsewhere(found) == (len(rows), 0)


def test_a_gap_of_a_rare_stream_shows_late() -> None:
    rows = [(0, frame) for frame in range(500, 10_000, 500)]
    found = streams_apart([9600, 300, 100], [(2, frame + 180) for _, frame in rows], rows)
    assert stand_in_elsewhere(found) == (len(rows), 0)
    often = streams_apart([600, 300, 9100], [(2, frame + 180) for _, frame in rows], rows)
    assert stand_in_elsewhere(often) == (0, len(rows))


def test_among_many_streams_a_loss_is_never_far() -> None:
    """Frames lost at random, and duplicates anywhere: chance puts a gap of one of 40 streams close behind each."""
    random = np.random.default_rng(5)
    gaps = [(int(random.integers(40)), int(frame)) for frame in np.sort(random.integers(0, 10_000, 150))]
    rows = [(0, int(frame)) for frame in np.sort(random.integers(0, 9000, 13))]
    assert stand_in_elsewhere(streams_apart([250] * 40, gaps, rows)) == (0, 150)
