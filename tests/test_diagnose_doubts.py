"""Doubts that hold an account back, each by itself."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from seqcheck.dataclass import replace
from seqcheck.diagnose import doubts, doubts_of_others
from seqcheck.diagnose.case import Case
from seqcheck.diagnose.result import Doubt, Figures
from seqcheck.diagnose.units import Brackets
from seqcheck.model import Strength


def case(duplicates: int) -> Case:
    """With so many duplicates in all, and nothing missing."""
    context = SimpleNamespace(jumps=0.0, unique=10**6, beside=0.0)
    return cast("Case", SimpleNamespace(context=context, table=range(duplicates)))


def figures(count: int, **more: Any) -> Figures:
    return Figures(
        count=count, numbers=count, share=0.0, distance=(512, 512), places=None, delay_ns=None, episodes=count,
        longest=1, copies=2, **more,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("count", "of", "held"), [(3, 2_000, False), (3, 4_000, True), (90, 80_000, False), (1, 40, True), (2, 15, False)]
)
def test_a_few_of_a_ring_among_thousands_of_others_may_be_chance(count: int, of: int, held: bool) -> None:
    rows = np.ones(of, np.bool_)
    found = tuple(doubts.of_account(case(of), "stale-slot", "lap", rows, figures(count), None))
    assert ("leftover" in found) is held
    assert "leftover" not in tuple(doubts.of_account(case(of), "path-copy", "at-once", rows, figures(count), None))


def test_a_doubt_that_comes_twice_is_told_once() -> None:
    assert doubts.held("strong", ("one-run", "few", "one-run")) == ("moderate", ("one-run", "few"))


@pytest.mark.parametrize(
    ("found", "instead", "resized", "left"),
    [
        (("slice",), False, False, "weak"),
        (("slice",), True, False, "moderate"),
        (("slice", "slice"), True, False, "moderate"),
        (("slice", "many-counts"), True, False, "weak"),  # each might be the size alone, but not both
        (("wide",), True, False, "weak"),
        (("spared", "wide"), True, False, "moderate"),  # the interval is wide because another queue may be there
        (("wide", "no-count", "scatter"), True, True, "moderate"),
        (("wide", "keeps-time"), True, True, "weak"),
    ],
)
def test_what_copies_that_replace_others_leave(
    found: tuple[Doubt, ...], instead: bool, resized: bool, left: Strength
) -> None:
    assert doubts.held("strong", found, instead=instead, resized=resized)[0] == left


@pytest.mark.parametrize(("distance", "held"), [((4, 9), True), ((4, 900), False)])
def test_groups_that_come_twice_may_be_a_taps_batches(distance: tuple[int, int], held: bool) -> None:
    found = tuple(
        doubts.of_account(
            case(200), "sender-repeat", "block", np.ones(200, np.bool_), replace(figures(200), distance=distance), None
        )
    )
    assert ("groups" in found) is held


@pytest.mark.parametrize(("numbers", "held"), [(32, True), (1000, False)])
def test_numbers_that_come_again_and_again_may_be_a_ring_that_nobody_fills(numbers: int, held: bool) -> None:
    rows = np.ones(2000, np.bool_)
    found = tuple(
        doubts.of_account(case(2000), "sender-repeat", "count", rows, replace(figures(2000), numbers=numbers), None)
    )
    assert ("round" in found) is held


@pytest.mark.parametrize(("times", "held"), [([1.0, 2.0, 3.0, 4.0], True), ([2.0, 2.02, 2.01, 2.0], False)])
def test_copies_that_keep_to_a_count_of_frames_are_hardly_a_timers(times: list[float], held: bool) -> None:
    context, distance = SimpleNamespace(loss=0.0, missing=0), np.array([90, 96, 100, 93])
    table = SimpleNamespace(
        time_lag=(1e6 * np.array(times)).astype(np.int64), stands_in=np.zeros(4, np.bool_),
        distance=distance, frame_distance=distance,
    )  # fmt: skip
    spans = Brackets(low=table.distance, high=table.distance, foreign=np.zeros(4), old=np.zeros(4, np.int64))
    one = cast("Case", SimpleNamespace(context=context, table=table, all_of=np.sum))
    found = tuple(doubts_of_others.of_other_than_a_ring(one, np.ones(4, np.bool_), spans))
    assert found == (("keeps-count",) if held else ())


@pytest.mark.parametrize(
    ("loss", "missing", "held"), [(0.1, 5_000, True), (0.75, 3_020, True), (0.75, 9_000, False), (0.75, 2_000, False)]
)
def test_copies_in_the_place_of_missing_numbers_are_no_way(loss: float, missing: int, held: bool) -> None:
    """With a heavy loss any copy is next to a missing number, unless as many are missing as there are copies."""
    count = 3_000
    distance = np.full(count, 85)
    table = SimpleNamespace(distance=distance, frame_distance=distance, stands_in=np.ones(count, np.bool_))
    context = SimpleNamespace(loss=loss, missing=missing)
    one = cast("Case", SimpleNamespace(context=context, table=table, all_of=np.sum))
    assert ("in-place" in tuple(doubts_of_others.in_place_of_others(one, np.ones(count, np.bool_)))) is held


@pytest.mark.parametrize(("count", "held"), [(4, True), (5, False)])
def test_a_handful_of_overwritten_buffers_may_be_a_program(count: int, held: bool) -> None:
    table = SimpleNamespace(stands_in=np.zeros(count, np.bool_), skipped=np.zeros(count, np.bool_))
    table.overwritten = table.stands_in
    one = cast("Case", SimpleNamespace(context=case(count).context, table=_Sized(table, count)))
    rows = np.ones(count, np.bool_)
    found = tuple(doubts.of_account(one, "early-overwrite", "next-buffer", rows, figures(count, skipped=count), None))
    assert ("handful" in found) is held


class _Sized(SimpleNamespace):
    """A table with a length."""

    def __init__(self, table: SimpleNamespace, count: int) -> None:
        super().__init__(**vars(table))
        self.count = count

    def __len__(self) -> int:
        return self.count
