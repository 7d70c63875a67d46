"""How likely an agreement is by chance.

All in log10, since the numbers are far below what a float can hold. `trials` candidates may be tried, `hits` of `of`
independent duplicates agree, each would agree by chance with probability `chance`.
"""

from __future__ import annotations

import math

from ..model import Strength

STRONG, MODERATE = -6.0, -3.0  # log10 of the odds against chance; one in a million, one in a thousand
CHANCE = -1.5  # above this it is no agreement at all
WORTH = -2.0
FEWEST = 3  # agreeing duplicates for "strong": ring-signatures, 3.3


def agreement(hits: int, of: int, chance: float, trials: int = 1) -> float:
    """log10 of the probability that at least `hits` of `of` agree by chance on one of `trials` candidates (the
    binomial tail, bounded by Chernoff: never smaller than the truth by more than rounding)."""
    if not hits or not of or chance >= 1:
        return 0.0
    chance = max(chance, 1e-12)
    share = hits / of
    if share <= chance:
        return 0.0
    divergence = share * math.log(share / chance)
    if share < 1:
        divergence += (1 - share) * math.log((1 - share) / (1 - chance))
    return min(0.0, (-of * divergence + math.log(trials)) / math.log(10))


def strength(log_odds: float, hits: int) -> Strength:
    """What that is worth."""
    if log_odds <= STRONG and hits >= FEWEST:
        return "strong"
    if log_odds <= MODERATE:
        return "moderate"
    return "weak"


def in_words(log_odds: float) -> str:
    """As a reader says it."""
    if log_odds <= -12:
        return "less than one in a million million"
    if log_odds > -1:
        return "better than one in ten"
    return f"about one in {round(10**-log_odds, -max(0, int(-log_odds) - 1)):,.0f}"
