"""The discovery benchmark: what its generators say of a capture is in the bytes, and its arithmetic is right."""

from __future__ import annotations

import pytest

from benchmarks.discovery.__main__ import share
from benchmarks.discovery.judge import judged, true_counts
from benchmarks.discovery.quiet import MAKERS, quiet
from benchmarks.discovery.senders import Case, sender


@pytest.mark.parametrize("seed", range(12))
def test_the_number_stands_where_the_case_says(seed: int) -> None:
    """Its lowest byte goes up by one from a record to the next of its stream, except for flags beside it."""
    case = sender(seed)
    assert len(case.frames) == len(case.ns) == len(case.truth)
    last: dict[int, tuple[int, int]] = {}
    compared = same = 0
    (place,) = case.place
    for frame, truth in zip(case.frames, case.truth, strict=True):
        if truth is None:
            continue
        stream, number = truth
        byte = frame[place]
        if stream in last and number == last[stream][0] + 1:
            compared += 1
            same += byte != last[stream][1]
        last[stream] = (number, byte)
    assert compared
    assert same == compared


def test_the_same_seed_gives_the_same_case() -> None:
    assert sender(5) == sender(5)
    assert quiet(5) == quiet(5)
    assert sender(5) != sender(6)


def test_quiet_traffic_has_no_number() -> None:
    assert all(truth is None for seed in range(5) for truth in quiet(seed).truth)
    assert {quiet(seed).name for seed in range(60)} == {maker.__name__ for maker in MAKERS}


@pytest.mark.parametrize(
    ("numbers", "modulus", "counts"),
    [
        ([1, 2, 3], 16, (0, 0)), ([1, 2, 4], 16, (0, 1)), ([1, 2, 2, 3], 16, (1, 0)), ([14, 15, 0, 1], 16, (0, 0)),
        ([14, 15, 1, 2], 16, (0, 1)), ([5, 6, 7, 5, 9], 256, (1, 1)),
    ],
)  # fmt: skip
def test_true_counts(numbers: list[int], modulus: int, counts: tuple[int, int]) -> None:
    case = Case(name="by hand", truth=[(0, number) for number in numbers], modulus=modulus)
    assert true_counts(case) == counts


def test_a_case_is_judged() -> None:
    result = judged(sender(1), 1)
    assert (result.field, result.counts, result.found) == (True, True, result.true)
    assert judged(quiet(1), 1).field is False


def test_a_share_with_its_interval() -> None:
    assert share([True] * 9 + [False]) == "90.0 % (59.6 to 98.2) of 10"
    assert share([]) == "none"
