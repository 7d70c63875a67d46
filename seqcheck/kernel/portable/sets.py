"""Sparse sets of positions, for what is out of order: memory follows that, and not the length of the stream.

Pages of bits are kept under (stream, epoch, page number); one that is not there holds nothing. There are two pools: one
for what is missing (positions >= 0) and what came from below the first record (positions < 0), and one of small pages
for numbers that came more than once, which lie far apart and never leave. Beside the pages of the first, a long stretch
of missing numbers is a *hole*, kept as its two ends by its stream: a page decides for all its numbers, a hole for those
that lie in no page.

A pool that is full takes from the streams that have most, and of those the lowest positions: so a stream loses nothing
to others as long as it needs no more than its share. What lies below is then no longer judged (`floor`).
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter

Key = tuple[int, int, int]  # stream, epoch, page
Hole = tuple[int, int, int]  # epoch, low, high: in order
Floors = dict[tuple[int, int], int]  # by stream and epoch


class Pages:
    """A pool of at most `most` pages of `width` bits. `forgotten` counts, by stream, bits at positions >= 0 that were
    dropped for lack of room."""

    __slots__ = ("forgotten", "most", "pages", "width")

    def __init__(self, width: int, most: int) -> None:
        self.width, self.most = width, most
        self.pages: dict[Key, int] = {}
        self.forgotten: Counter[int] = Counter()

    def room(self) -> Floors:
        """Make room for one more; the positions below which streams and epochs have lost what they had."""
        if len(self.pages) < self.most:
            return {}
        share = fair_share(Counter(key[0] for key in self.pages), self.most)
        counts: Counter[int] = Counter()
        floors: Floors = {}
        for key in sorted(self.pages, reverse=True):
            stream, epoch, number = key
            counts[stream] += 1
            if counts[stream] > share:
                bits = self.pages.pop(key)
                self.forgotten[stream] += bits.bit_count() if number >= 0 else 0
                floors.setdefault((stream, epoch), (number + 1) * self.width)
        self.most = more_for_many(self.most, len(self.pages))
        return floors

    def drop_after(self, stream: int, epoch: int) -> None:
        """Forget the later epochs of a stream."""
        self.pages = {key: bits for key, bits in self.pages.items() if key[0] != stream or key[1] <= epoch}


def fair_share(counts: Counter[int], most: int) -> int:
    """How many each may keep, so that an eighth of `most` is free."""
    share = most
    while share > 1 and sum(min(count, share) for count in counts.values()) > most - most // 8:
        share //= 2
    return share


def more_for_many(most: int, count: int) -> int:
    """Where a share of one leaves no room, there are that many streams, and each may have as much."""
    return 2 * most if count > most - most // 8 else most


def hole_at(holes: list[Hole], epoch: int, x: int) -> bool:
    """Whether x lies in one of them."""
    at = bisect_right(holes, (epoch, x, 1 << 64)) - 1
    return at >= 0 and holes[at][0] == epoch and x < holes[at][2]


def holes_within(holes: list[Hole], epoch: int, low: int, high: int) -> int:
    """The bits, counted from `low`, of what they cover of low <= x < high."""
    bits, at = 0, bisect_right(holes, (epoch, high - 1, 1 << 64)) - 1
    while at >= 0 and holes[at][0] == epoch and holes[at][2] > low:
        start, stop = max(low, holes[at][1]), min(high, holes[at][2])
        bits |= ((1 << (stop - start)) - 1) << (start - low)
        at -= 1
    return bits
