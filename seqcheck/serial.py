"""Arithmetic on counters that wrap (RFC 1982, for any modulus).

A modulus of 0 stands for 2**64, so that it fits a 64-bit word like every other one. Pure integers, no I/O.
"""

from __future__ import annotations

FULL = 1 << 64


def span(modulus: int) -> int:
    """The number of distinct counter values: `modulus`, or 2**64 where it is 0."""
    return modulus or FULL


def wraps(first: int, positions: int, modulus: int) -> int:
    """How often a counter that began at `first` and went on by `positions` rolled over."""
    return (first + positions) // span(modulus)
