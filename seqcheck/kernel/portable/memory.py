"""What the streams of a tracker share: sets of odd positions, holes, and windows, all within one room. Nobody who asks
for no more than a share loses by what others ask for.

A page is a bit set: of positions that are missing, from 0 on, and below 0 of those that were received. A hole is a long
stretch that is missing; where a page lies in one, the page says what is still missing there.
"""

from __future__ import annotations

from collections import Counter

from ..border import HOLE_LEAST, PAGE, SMALL_PAGE, WINDOW_CAP, WINDOW_FIRST, WINDOW_STEP, Room
from .sets import Floors, Pages, fair_share, hole_at, holes_within, more_for_many
from .stream import Track
from .strict import NOWHERE


class Memory:
    """Of the streams in `_tracks`, and of `_others`: what chains may turn out to be."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._tracks: dict[int, Track] = {}
        self._others: list[Track] = []
        self._odd = Pages(PAGE, room.pages)
        self._repeated = Pages(SMALL_PAGE, room.small_pages)
        self._holes, self._most_holes = 0, room.holes  # of all streams
        self._allotted = 0  # window entries
        self._windows: Counter[int] = Counter()  # how many there are of each size
        self._widest = WINDOW_CAP  # entries that a window may have

    def _is_new(self, track: Track, x: int) -> bool:
        """Whether x < next was not received."""
        epoch = track.s["epoch"]
        bits = self._odd.pages.get((track.id, epoch, x // PAGE))
        if bits is not None:
            return bool(bits >> x % PAGE & 1) == (x >= 0)
        return x < 0 or hole_at(track.holes, epoch, x)

    def _page(self, track: Track, x: int) -> tuple[int, int, int]:
        """The page of x, made if it is not there."""
        key = (track.id, track.s["epoch"], x // PAGE)
        if key not in self._odd.pages:
            self._lift(self._odd.room())
            start = key[2] * PAGE
            self._odd.pages[key] = holes_within(track.holes, key[1], start, start + PAGE)
        return key

    def _set(self, track: Track, x: int) -> None:
        """Missing, or below 0 received."""
        self._odd.pages[self._page(track, x)] |= 1 << x % PAGE

    def _find(self, track: Track, x: int) -> None:
        """x >= 0 is missing no longer."""
        key = self._page(track, x)
        self._odd.pages[key] &= ~(1 << x % PAGE)
        start = key[2] * PAGE
        if not self._odd.pages[key] and not holes_within(track.holes, key[1], start, start + PAGE):
            del self._odd.pages[key]

    def _lose(self, track: Track, low: int, high: int) -> None:
        """low <= x < high are missing, which lie above all that was before."""
        epoch = track.s["epoch"]
        if high - low >= HOLE_LEAST:
            self._dig(track, low, high)
            if (track.id, epoch, low // PAGE) not in self._odd.pages:
                return
            high = min(high, (low // PAGE + 1) * PAGE)
        while low < high:
            key = self._page(track, low)
            stop = min(high, (key[2] + 1) * PAGE)
            self._odd.pages[key] |= ((1 << (stop - low)) - 1) << low % PAGE
            low = stop

    def _dig(self, track: Track, low: int, high: int) -> None:
        """A hole more; where there are too many, those who have most lose their lowest."""
        if self._holes >= self._most_holes:
            tracks = [*self._tracks.values(), *self._others]
            share = fair_share(Counter({at: len(each.holes) for at, each in enumerate(tracks)}), self._most_holes)
            for each in tracks:
                for epoch, start, stop in each.holes[: max(0, len(each.holes) - share)]:
                    self._odd.forgotten[each.id] += stop - start
                    if epoch == each.s["epoch"]:
                        each.floor = max(each.floor, stop)
                each.holes = each.holes[max(0, len(each.holes) - share) :]
            self._holes = sum(len(each.holes) for each in tracks)
            self._most_holes = more_for_many(self._most_holes, self._holes)
        track.holes.append((track.s["epoch"], low, high))
        self._holes += 1

    def _lift(self, floors: Floors) -> None:
        if floors:
            for track in (*self._tracks.values(), *self._others):
                track.floor = max(track.floor, floors.get((track.id, track.s["epoch"]), NOWHERE))

    def _repeat(self, track: Track, x: int) -> None:
        """x came more than once; count it the first time."""
        key = (track.id, track.s["epoch"], x // SMALL_PAGE)
        if key not in self._repeated.pages:
            self._repeated.room()
            self._repeated.pages[key] = 0
        bit = 1 << x % SMALL_PAGE
        track.s["replicated"] += not self._repeated.pages[key] & bit
        self._repeated.pages[key] |= bit

    def _grow(self, track: Track, x: int) -> None:
        """A window twice as large as x, the position to be settled: it reaches back to the first record, and as far
        again below. A jump alone does not make it large. None is larger than all those that have come as far can be,
        so that it does not matter who came first."""
        while 2 * x >= track.entries and 4 * track.s["received"] >= track.entries:
            old, new = track.entries, track.entries * WINDOW_STEP or WINDOW_FIRST
            if new > self._widest:
                return
            peers = self._windows[old] if old else 1
            if self._allotted + peers * (new - old) <= self._room.entries or self._widest == WINDOW_FIRST:
                self._resize(track, new)
                continue
            self._widest = old or self._widest // WINDOW_STEP
            for each in (*self._tracks.values(), *self._others):
                if each.entries > self._widest:
                    self._resize(each, self._widest)

    def _resize(self, track: Track, entries: int) -> None:
        self._drop_window(track)
        self._windows[entries] += 1
        self._allotted += entries
        track.resize(entries)

    def _drop_window(self, track: Track) -> None:
        """Give its window back, as far as limits go."""
        self._windows[track.entries] -= 1
        self._allotted -= track.entries
