"""The figures of a stream: what docs/metrics.md says of each, and its worked examples."""

from __future__ import annotations

import math
import re
from pathlib import Path

import numpy as np
import pytest
from columns import run

from seqcheck.kernel.border import EARLY_REACH, OPENERS, STREAM_STATE
from seqcheck.kernel.portable.track import Tracker
from seqcheck.track.metrics import CHUNK, Metrics, States, metrics

PAGE = (Path(__file__).parent.parent / "docs" / "metrics.md").read_text(encoding="utf-8")


def figures(arrivals: list[int]) -> tuple[dict[str, int | float | None], int]:
    """The metrics of a stream with these numbers, and its `late`."""
    states, _, _ = run(Tracker, arrivals)
    (late,) = states["late"].tolist()
    return one(metrics(states)), late


def one(columns: dict[str, list[int | float | None]]) -> dict[str, int | float | None]:
    """Of a single stream."""
    return {name: value for name, (value,) in columns.items()}


def test_duplicates_as_in_rfc_5560() -> None:
    got, _ = figures([1, 1, 1, 2, 3, 3, 3, 4])
    assert "Numbers 1 1 1 2 3 3 3 4:" in PAGE
    assert (got["duplication_fraction"], got["replicated_packet_rate"]) == (1.0, 0.5)


def test_loss_as_in_rfc_3357() -> None:
    """Section 5.4.3, with a packet before and one behind so that the ends are known: lost are 2, 5, 7, 9 and 10."""
    got, _ = figures([1, 3, 4, 6, 8, 11])
    assert got["loss_ratio"] == 5 / 11
    assert (got["loss_periods"], got["mean_loss_period"]) == (4, 5 / 4)


def test_a_duplicate_does_not_make_up_for_a_loss() -> None:
    got, _ = figures([1, 2, 3, 3, 4, 10])
    assert got["loss_ratio"] == 5 / 10
    assert got["duplication_fraction"] == 1 / 5


def test_reordering_as_in_rfc_4737() -> None:
    got, late = figures([1, 2, 3, 5, 6, 7, 8, 4, 9, 10])
    assert "1 2 3 5 6 7 8 4 9 10" in PAGE
    assert (got["reordered"], got["reordered_ratio"], late) == (1, 0.1, 1)
    assert (got["reordering_extent_max"], got["reordering_extent_mean"]) == (4, 4.0)
    assert (got["discontinuities"], got["discontinuity_max"]) == (1, 1)
    assert [got[f"reordered_{n}"] for n in range(1, 9)] == [1, 1, 1, 1, 0, 0, 0, 0]
    assert (got["free_runs"], got["free_run_length_sum"], got["free_run_squares_sum"]) == (1, 7, 49)
    assert got["reordering_gap_max"] is None


def test_late_leaves_out_what_a_number_ahead_of_its_time_makes_of_others() -> None:
    """One slot of a ring of 64 filled before it was sent: 100 goes out in place of 36, and again in its own."""
    got, late = figures([*range(36), 100, *range(37, 160)])
    assert (got["reordered"], late) == (63, 0)
    assert got["early"] == 1


def test_a_number_that_overtook_others_makes_them_late() -> None:
    got, late = figures([*range(36), 60, *range(36, 60), *range(61, 160)])
    assert (got["reordered"], late) == (24, 24)
    assert got["early"] == 0


def test_what_has_no_meaning_is_none() -> None:
    nothing = one(metrics(np.zeros(1, STREAM_STATE)))
    assert {key for key, value in nothing.items() if value is None} == {
        "duplication_fraction", "replicated_packet_rate", "loss_ratio", "mean_loss_period", "reordered_ratio",
        "reordering_extent_max", "reordering_extent_mean", "late_time_max_ns", "reordering_gap_max",
        "reordering_gap_mean",
    }  # fmt: skip


@pytest.mark.parametrize("arrivals", [[7], [5, 4, 3, 2, 1], [1] * 20, [*range(50), *range(60, 90), 55, 55, 300, 90]])
def test_ratios_are_floats_and_all_else_is_integers(arrivals: list[int]) -> None:
    got, late = figures(arrivals)
    ratios = {key for key in got if key.endswith(("_ratio", "_mean", "_fraction", "_rate")) or key.startswith("mean_")}
    for key, value in got.items():
        assert value is None or isinstance(value, float if key in ratios else int), key
        assert value is None or (math.isfinite(value) and value >= 0), key
    assert late <= (got["reordered"] or 0)


def test_the_page_is_in_the_order_of_the_keys() -> None:
    keys = list(one(metrics(np.zeros(1, STREAM_STATE))))
    rows = [name for row in re.findall(r"^\| (`.*?) \|", PAGE, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)]
    assert rows == [key for key in keys if not re.fullmatch(r"reordered_[2-7]", key)]


def test_the_limits_on_the_page_are_those_of_the_tracker() -> None:
    assert f"last {OPENERS} jumps of each stream" in " ".join(PAGE.split())
    assert f"more than {EARLY_REACH} ahead" in PAGE


def test_the_figures_of_many_streams_are_those_of_each() -> None:
    count = 2 * CHUNK + 3
    table = np.zeros(count, STREAM_STATE)
    table["received"], table["missing"] = np.arange(count) + 5, np.arange(count) % 7
    states = States(table)
    for at in (0, count - 1, CHUNK, CHUNK - 1, 1, CHUNK + 1):
        assert dict(Metrics(states, at)) == one(metrics(table[at : at + 1]))
        assert Metrics(states, at)["last_ns"] == 0
