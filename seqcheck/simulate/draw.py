"""Numbers drawn by seed, the same on every machine and with every NumPy.

NumPy promises stable streams for its bit generators, not for the distributions on top of them, so this takes the raw
words of PCG64 and makes what it needs itself, without a transcendental function (libm differs in the last bit). Each
purpose has its own stream, named: one more fault in a scenario leaves the draws of the others as they were.
"""

from __future__ import annotations

from zlib import crc32

import numpy as np
from numpy.typing import NDArray

DENSE = 4  # pick() shuffles all candidates when it needs more than one in this many of them


class Draw:
    """A stream of draws for one purpose."""

    __slots__ = ("_bits",)

    def __init__(self, seed: int, purpose: str) -> None:
        self._bits = np.random.PCG64(np.random.SeedSequence([seed, crc32(purpose.encode())]))

    def uniform(self, count: int) -> NDArray[np.float64]:
        """float64[count], 0 <= u < 1, multiples of 2**-53."""
        raw: NDArray[np.uint64] = self._bits.random_raw(count)
        return (raw >> np.uint64(11)).astype(np.float64) * 2.0**-53

    def integers(self, low: int, high: int, count: int) -> NDArray[np.int64]:
        """int64[count], low <= v < high, evenly."""
        return low + np.floor(self.uniform(count) * (high - low)).astype(np.int64)

    def hits(self, rate: float, count: int) -> NDArray[np.bool_]:
        """bool[count], each true with probability `rate`."""
        if rate <= 0.0:
            return np.zeros(count, np.bool_)
        return self.uniform(count) < rate

    def pick(self, candidates: NDArray[np.int64], count: int) -> NDArray[np.int64]:
        """`count` different ones of `candidates`, in ascending order; all of them if there are no more."""
        size = len(candidates)
        if count >= size:
            return candidates
        if count * DENSE > size:
            return np.sort(candidates[np.argsort(self.uniform(size), kind="stable")[:count]])
        chosen: set[int] = set()
        while len(chosen) < count:
            chosen.update(self.integers(0, size, count - len(chosen)).tolist())
        return candidates[np.array(sorted(chosen), np.int64)]
