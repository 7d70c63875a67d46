"""Odds against chance: never more confident than the exact binomial tail allows."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqcheck.diagnose import odds


def tail(hits: int, of: int, chance: float) -> float:
    return sum(math.comb(of, n) * chance**n * (1 - chance) ** (of - n) for n in range(hits, of + 1))


@given(of=st.integers(1, 40), share=st.floats(0, 1), chance=st.floats(1e-6, 0.999), trials=st.integers(1, 500))
def test_never_below_the_exact_tail(of: int, share: float, chance: float, trials: int) -> None:
    hits = round(share * of)
    exact = min(1.0, trials * tail(hits, of, chance)) if hits else 1.0
    assert odds.agreement(hits, of, chance, trials) >= min(0.0, math.log10(max(exact, 1e-300))) - 1e-6


@pytest.mark.parametrize(
    ("log_odds", "hits", "worth"),
    [(-9, 3, "strong"), (-9, 2, "moderate"), (-4, 40, "moderate"), (-2, 40, "weak"), (0, 1, "weak")],
)
def test_strength(log_odds: float, hits: int, worth: str) -> None:
    assert odds.strength(log_odds, hits) == worth


@pytest.mark.parametrize(
    ("log_odds", "words"),
    [(-30, "less than one in a million million"), (0, "better than one in ten"), (-3, "about one in 1,000")],
)
def test_in_words(log_odds: float, words: str) -> None:
    assert odds.in_words(log_odds) == words
