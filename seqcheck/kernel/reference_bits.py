"""Sparse sets of positions, for what is missing, what was repeated, and what came from below the first record.

A set is a family of pages of PAGE bits, kept under (kind, stream, epoch, page number); a page without a bit is not
kept, so memory follows what is out of order and not the length of the stream. A long stretch of MISSING numbers is a
hole, [first page, past page), until a number in it arrives. All sets of a tracker share two pools: MISSING and BELOW
one of at most PAGES_CAP pages and HOLES_CAP holes, REPEATED one of SMALL_PAGES_CAP pages of SMALL_PAGE bits, since its
numbers lie far apart and never leave. `add` and `discard` say False where the pool is spent: the caller then stops
judging what lies below (its floor).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .border import HOLE, HOLE_PAGES, HOLES_CAP, MISSING_PAGE, PAGE, PAGES_CAP, SMALL_PAGE, SMALL_PAGES_CAP

MISSING, REPEATED, BELOW = range(3)
FULL_PAGE = (1 << PAGE) - 1

Key = tuple[int, int, int, int]  # kind, stream, epoch, page


class Bits:
    """A pool, of pages of PAGE bits or `small` ones. `current` tells the epoch a stream is in, so that pages of epochs
    that are over can be dropped."""

    __slots__ = ("cap", "current", "holes", "over", "page", "pages")

    def __init__(self, current: Callable[[int], int], *, small: bool = False) -> None:
        self.page, self.cap = (SMALL_PAGE, SMALL_PAGES_CAP) if small else (PAGE, PAGES_CAP)
        self.current = current
        self.over = False  # an epoch ended since the last purge
        self.pages: dict[Key, int] = {}
        self.holes: list[tuple[int, int, int, int]] = []  # stream, epoch, first page, past page; unordered

    def has(self, kind: int, stream: int, epoch: int, x: int) -> bool:
        page, bit = divmod(x, self.page)
        bits = self.pages.get((kind, stream, epoch, page))
        if bits is not None:
            return bool(bits >> bit & 1)
        return kind == MISSING and self._hole(stream, epoch, page) is not None

    def add(self, kind: int, stream: int, epoch: int, x: int) -> bool:
        """Put one position in."""
        page, bit = divmod(x, self.page)
        return self._or((kind, stream, epoch, page), 1 << bit)

    def add_missing(self, stream: int, epoch: int, low: int, high: int) -> bool:
        """Put low <= x < high into MISSING, of which none is in it."""
        first, past = -(-low // PAGE), high // PAGE  # the pages that lie wholly within
        if past - first >= HOLE_PAGES:
            if len(self.holes) >= HOLES_CAP:
                self.purge()
                if len(self.holes) >= HOLES_CAP:
                    return False
            self.holes.append((stream, epoch, first, past))
            edges = [(low, first * PAGE), (past * PAGE, high)]
        else:
            edges = [(low, high)]
        for start, stop in edges:
            while start < stop:
                page, bit = divmod(start, PAGE)
                width = min(stop - start, PAGE - bit)
                if not self._or((MISSING, stream, epoch, page), ((1 << width) - 1) << bit):
                    return False
                start += width
        return True

    def discard_missing(self, stream: int, epoch: int, x: int) -> bool:
        """Take x, which is in it, out of MISSING."""
        page, bit = divmod(x, PAGE)
        key = (MISSING, stream, epoch, page)
        if key not in self.pages and not self._open(stream, epoch, page):
            return False
        bits = self.pages[key] & ~(1 << bit)
        if bits:
            self.pages[key] = bits
        else:
            del self.pages[key]
        return True

    def missing(self) -> tuple[NDArray[Any], NDArray[Any]]:
        """See TrackerLike.missing."""
        found = sorted((key[1:], bits) for key, bits in self.pages.items() if key[0] == MISSING)
        pages = np.zeros(len(found), MISSING_PAGE)
        for at, ((stream, epoch, page), bits) in enumerate(found):
            pages[at] = (stream, epoch, page, np.frombuffer(bits.to_bytes(PAGE // 8, "little"), "<u8"))
        holes = [(stream, epoch, first * PAGE, past * PAGE) for stream, epoch, first, past in sorted(self.holes)]
        return pages, np.array(holes, HOLE)

    def purge(self) -> None:
        """Drop the pages and holes of epochs that are over. Free where none is: a full pool asks again and again."""
        if not self.over:
            return
        self.over = False
        self.pages = {key: bits for key, bits in self.pages.items() if key[2] == self.current(key[1])}
        self.holes = [hole for hole in self.holes if hole[1] == self.current(hole[0])]

    def _or(self, key: Key, bits: int) -> bool:
        if key not in self.pages and len(self.pages) >= self.cap:
            self.purge()
            if len(self.pages) >= self.cap:
                return False
        self.pages[key] = self.pages.get(key, 0) | bits
        return True

    def _hole(self, stream: int, epoch: int, page: int) -> int | None:
        for at, (s, e, first, past) in enumerate(self.holes):
            if s == stream and e == epoch and first <= page < past:
                return at
        return None

    def _open(self, stream: int, epoch: int, page: int) -> bool:
        """Cut one page out of the hole that covers it."""
        at = self._hole(stream, epoch, page)
        if at is None or len(self.holes) >= HOLES_CAP or not self._or((MISSING, stream, epoch, page), FULL_PAGE):
            return False
        at = self._hole(stream, epoch, page)  # a purge may have moved it
        if at is None:
            return False
        _, _, first, past = self.holes[at]
        rest = [(stream, epoch, a, b) for a, b in ((first, page), (page + 1, past)) if a < b]
        self.holes[at : at + 1] = rest
        return True
