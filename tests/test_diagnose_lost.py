"""What went missing between copies: gaps and late records of many streams and epochs do not meet in one another."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from seqcheck.diagnose.lost import FAR_BEHIND, filled_late
from seqcheck.track import Findings

PLACE = [("stream", "<u4"), ("epoch", "<u4"), ("x", "<i8")]


def made(gaps: list[tuple[int, ...]], late: list[tuple[int, ...]]) -> Findings:
    """Findings of `gaps` (stream, epoch, x, a) and `late` (stream, epoch, x), of which each came far too late."""
    found = SimpleNamespace(
        gaps=np.array(gaps, [*PLACE, ("a", "<i8")]),
        late=np.array([(*each, each[2] + FAR_BEHIND) for each in late], [*PLACE, ("next", "<i8")]),
    )
    return cast(Findings, cast(Any, found))


def test_what_came_late_fills_the_gap_it_lies_in() -> None:
    found = made([(0, 0, 100, 3), (0, 0, 50, 2)], [(0, 0, 101), (0, 0, 102), (0, 0, 51), (0, 0, 52), (0, 0, 49)])
    assert filled_late(found).tolist() == [2, 1]


@pytest.mark.parametrize("other", [(1, 0), (0, 16), (70_000, 0), (0, 1)])
def test_what_came_late_elsewhere_fills_no_gap(other: tuple[int, int]) -> None:
    """Another stream or another epoch."""
    assert filled_late(made([(0, 0, 100, 3)], [(*other, 101)])).tolist() == [0]
    assert filled_late(made([(*other, 100, 3)], [(0, 0, 101)])).tolist() == [0]
    assert filled_late(made([(*other, 100, 3), (2, 0, 100, 3)], [(*other, 101)])).tolist()[0] == 1


def test_only_what_came_after_more_than_reordering_counts() -> None:
    found = made([(0, 0, 100, 3)], [(0, 0, 101)])
    found.late["next"] -= 1
    assert filled_late(found).tolist() == [0]
