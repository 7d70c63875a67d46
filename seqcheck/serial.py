"""Arithmetic on counters that wrap (RFC 1982, for any modulus).

A modulus of 0 stands for 2**64, so that it fits a 64-bit word like every other one. Pure integers, no I/O.
"""

from __future__ import annotations

FULL = 1 << 64


def span(modulus: int) -> int:
    """The number of distinct counter values: `modulus`, or 2**64 where it is 0."""
    return modulus or FULL


def step(new: int, old: int, modulus: int) -> int:
    """The signed distance from `old` to `new`, by the shorter way round.

    RFC 1982 leaves the distance of exactly half the range undefined; here it counts as ahead.
    """
    whole = span(modulus)
    ahead = (new - old) % whole
    return ahead if ahead <= whole // 2 else ahead - whole


def wraps(first: int, positions: int, modulus: int) -> int:
    """How often a counter that began at `first` and went on by `positions` rolled over."""
    return (first + positions) // span(modulus)
