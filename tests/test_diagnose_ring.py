"""Which ring size brackets agree on: the arithmetic alone, without a capture."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqcheck.diagnose.ring import Brackets, Lost, Ring, infer

NOTHING = Lost(loss=0.0, foreign=0.05, echo=0.0)
FILTERED = Lost(loss=0.0, foreign=0.0, echo=0.0)


def brackets(low: list[int], high: list[int]) -> Brackets:
    return Brackets(low=np.array(low), high=np.array(high), foreign=np.array(high, float) - np.array(low))


def size(found: Ring | None) -> int | None:
    return found.size if found else None


def ask(low: list[int], high: list[int], lost: Lost, given_: tuple[int, ...] = ()) -> Ring | None:
    every = np.ones(len(low), np.bool_)
    return infer(brackets(low, high), every, given_, lost, np.full(len(low), 100_000))


@settings(max_examples=200, deadline=None)
@given(ring=st.integers(16, 16_384), host=st.lists(st.integers(0, 60), min_size=3, max_size=40))
def test_whole_captures_give_the_exact_size(ring: int, host: list[int]) -> None:
    low = [max(1, ring - min(h, ring // 3)) for h in host]
    found = ask(low, [ring] * len(low), NOTHING)
    assert found is not None
    assert (found.size, found.sure, found.exact) == (ring, True, len(low))
    assert found.bracket == (max(low), ring)


def test_a_size_that_is_given_wins_and_one_that_cannot_be_is_no_fit() -> None:
    assert size(ask([4090, 4093, 4096], [4096] * 3, NOTHING, (512, 4096))) == 4096
    assert ask([4090, 4093, 4095], [4096] * 3, NOTHING, (1000,)) is None


def test_the_published_case_of_32_slots_has_a_shortfall_of_one() -> None:
    found = ask([31], [31], FILTERED, (32,))
    assert found is not None
    assert (found.size, found.laps.tolist(), found.bracket) == (32, [1], (31, None))


def test_a_stuck_slot_shows_laps() -> None:
    found = ask([508, 1020, 1531, 510, 509], [512, 1024, 1536, 512, 512], NOTHING)
    assert found is not None
    assert (found.size, found.laps.tolist()) == (512, [1, 2, 3, 1, 1])


def test_open_upper_ends_are_said_to_be_open() -> None:
    found = ask([505, 500, 502, 503, 501, 499, 504, 502], [0] * 8, FILTERED)
    assert found is not None
    assert not found.closed
    assert found.bracket == (505, None)
    assert found.size >= 505


def test_lost_foreign_frames_do_not_move_the_size() -> None:
    generator = np.random.default_rng(1)
    gone = generator.poisson(0.01 * 800, 30)
    lost = Lost(loss=0.01, foreign=0.2, echo=0.0)
    assert size(ask([3296] * 30, (4096 - gone).tolist(), lost)) == 4096


def test_other_causes_mixed_in_do_not_spoil_the_consensus() -> None:
    generator = np.random.default_rng(2)
    stray = generator.integers(20, 9000, 10).tolist()
    found = ask([1590] * 30 + stray, [1600] * 30 + [d + 10 for d in stray], NOTHING)
    assert size(found) == 1600


@pytest.mark.parametrize("seed", range(20))
def test_distances_spread_evenly_are_no_strong_agreement(seed: int) -> None:
    drawn = np.random.default_rng(seed).integers(100, 10_000, 60)
    found = ask(drawn.tolist(), (drawn * 1.05).astype(int).tolist(), NOTHING)
    assert found is None or found.log_odds > -3 or not found.agree
