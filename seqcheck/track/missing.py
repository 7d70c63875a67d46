"""What has not come, as it stood at one moment: a value that can be asked.

The kernel's tracker keeps missing numbers as pages of bits and, where a stretch is long, as its two ends (a hole). Here
are copies of both, in order, so that a question costs a search and not the width of the stretch asked for. A page
decides for all its numbers; a hole for those that lie in no page. Positions are those of an epoch, int64; numbers from
the wire are never sizes.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..kernel.border import PAGE
from .ranking import rank_in_order

Ints = NDArray[np.int64]
_ONES = np.array([byte.bit_count() for byte in range(256)], np.uint8)  # np.bitwise_count needs NumPy 2


class Missing:
    """The numbers that were missing. `pages` is MISSING_PAGE[n], `holes` HOLE[m], each in order of stream, epoch and
    position."""

    def __init__(self, pages: NDArray[Any], holes: NDArray[Any]) -> None:
        self._pages, self._holes = pages, _cut(holes, pages)
        self._page_group, self._hole_group = _group(pages), _group(self._holes)
        self._page_sum = _sums(_ones(pages["words"]))
        self._hole_sum = _sums(self._holes["high"] - self._holes["low"])

    def __call__(self, stream: int, epoch: int, low: int, high: int) -> list[tuple[int, int]]:
        """The stretches (position, count) within low <= x < high."""
        group = int(epoch_key(np.array([stream]), np.array([epoch]))[0])
        found: list[tuple[int, int]] = []
        first, past = _slice(self._page_group, group)
        numbers = self._pages["number"][first:past]
        for at in range(
            first + int(np.searchsorted(numbers, low // PAGE)), first + int(np.searchsorted(numbers, -(-high // PAGE)))
        ):
            start = int(self._pages["number"][at]) * PAGE
            bits = np.flatnonzero(np.unpackbits(self._pages["words"][at].view(np.uint8), bitorder="little")) + start
            bits = bits[(bits >= low) & (bits < high)]
            if len(bits):
                edges = np.flatnonzero(np.diff(bits) > 1)
                starts, ends = bits[np.append(0, edges + 1)], bits[np.append(edges, len(bits) - 1)]
                found += zip(starts.tolist(), (ends - starts + 1).tolist(), strict=True)
        first, past = _slice(self._hole_group, group)
        lows, highs = self._holes["low"][first:past], self._holes["high"][first:past]
        for at in range(int(np.searchsorted(highs, low, "right")), int(np.searchsorted(lows, high))):
            start = max(low, int(lows[at]))
            found.append((start, min(high, int(highs[at])) - start))
        return _joined(sorted(found))

    def count(self, streams: NDArray[Any], epochs: NDArray[Any], lows: NDArray[Any], highs: NDArray[Any]) -> Ints:
        """int64[n]: how many numbers are missing within lows[i] <= x < highs[i] of that stream and epoch."""
        group = epoch_key(streams, epochs)
        whole: Ints = self._below(group, np.maximum(highs, lows)) - self._below(group, np.asarray(lows))
        return whole

    def left(self, gaps: NDArray[Any]) -> Ints:
        """int64[n]: how many numbers of each GAP row never came."""
        return self.count(gaps["stream"], gaps["epoch"], gaps["x"], gaps["x"] + gaps["a"])

    def _below(self, group: Ints, x: NDArray[Any]) -> Ints:
        """How many are missing below each x, of its own group and all before it in order."""
        x = x.astype(np.int64)
        at = rank_in_order(self._page_group, self._pages["number"], group, x >> (PAGE.bit_length() - 1))
        total = self._page_sum[at]  # pages up to x's own, which counts in part
        own = np.maximum(at - 1, 0)
        if len(self._pages):
            number = self._pages["number"][own]
            inside = (at > 0) & (self._page_group[own] == group) & (number == x >> (PAGE.bit_length() - 1))
            place = np.flatnonzero(inside)
            total[place] -= self._from(own[place], x[place] & (PAGE - 1))
        at = rank_in_order(self._hole_group, self._holes["low"], group, x)
        total += self._hole_sum[at]
        own = np.maximum(at - 1, 0)
        if len(self._holes):
            inside = (at > 0) & (self._hole_group[own] == group)
            total -= np.where(inside, np.maximum(0, self._holes["high"][own] - x), 0)
        return total

    def _from(self, pages: Ints, bit: Ints) -> Ints:
        """How many bits of each of these pages stand at `bit` or behind it. Each page is counted once, however often it
        is asked for."""
        result = np.empty(len(pages), np.int64)
        order = np.argsort(pages, kind="stable")
        firsts = np.flatnonzero(np.append(True, np.diff(pages[order]) > 0)[: len(pages)])
        ends = np.append(firsts, len(pages))
        for start in range(0, len(firsts), 4096):
            begins = ends[start : start + 4097]
            octets = np.ascontiguousarray(self._pages["words"][pages[order[begins[:-1]]]]).view(np.uint8)
            behind = np.cumsum(_ONES[octets[:, ::-1]], axis=1, dtype=np.int32)[:, ::-1]  # from each octet on
            own = np.repeat(np.arange(len(octets)), np.diff(begins))
            asked = order[begins[0] : begins[-1]]
            octet, inner = bit[asked] >> 3, bit[asked] & 7
            before = _ONES[octets[own, octet] & ((1 << inner) - 1).astype(np.uint8)]
            result[asked] = behind[own, octet] - before
        return result


def _ones(words: NDArray[np.uint64]) -> Ints:
    """int64[n]: how many bits are set in each row; in parts, for the sake of memory."""
    counts = np.empty(len(words), np.int64)
    for start in range(0, len(words), 4096):
        part = np.ascontiguousarray(words[start : start + 4096])
        counts[start : start + 4096] = _ONES[part.view(np.uint8)].sum(1, np.int64)
    return counts


def epoch_key(streams: NDArray[Any], epochs: NDArray[Any]) -> Ints:
    key: Ints = (np.asarray(streams).astype(np.int64) << 32) + np.asarray(epochs)
    return key


def _group(rows: NDArray[Any]) -> Ints:
    return epoch_key(rows["stream"], rows["epoch"])


def _sums(counts: Ints) -> Ints:
    """sums[n] is the sum of the first n counts; modulo 2**64, as differences of them may be."""
    sums = np.zeros(len(counts) + 1, np.int64)
    np.cumsum(counts, out=sums[1:])
    return sums


def _slice(groups: Ints, group: int) -> tuple[int, int]:
    return int(np.searchsorted(groups, group)), int(np.searchsorted(groups, group, "right"))


def _cut(holes: NDArray[Any], pages: NDArray[Any]) -> NDArray[Any]:
    """What is left of the holes between the pages that lie over them."""
    if not len(holes) or not len(pages):
        return holes
    group, over = _group(holes), _group(pages)
    first = rank_in_order(over, (pages["number"] + 1) * PAGE, group, holes["low"])  # the first page that ends within
    past = rank_in_order(over, pages["number"] * PAGE, group, holes["high"] - 1)  # the first one that begins behind
    inner = np.maximum(past - first, 0)
    pieces = np.repeat(holes, inner + 1)
    ends = np.cumsum(inner + 1)
    place = np.arange(len(pieces)) - np.repeat(ends - inner - 1, inner + 1)  # of a piece, within its hole
    page = np.repeat(first, inner + 1) + place
    before, behind = place > 0, place < np.repeat(inner, inner + 1)
    pieces["low"][before] = (pages["number"][page[before] - 1] + 1) * PAGE
    pieces["high"][behind] = pages["number"][page[behind]] * PAGE
    return pieces[pieces["low"] < pieces["high"]]


def _joined(found: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Stretches in order, those that touch made one."""
    result: list[tuple[int, int]] = []
    for start, count in found:
        if result and sum(result[-1]) == start:
            result[-1] = (result[-1][0], result[-1][1] + count)
        else:
            result.append((start, count))
    return result
