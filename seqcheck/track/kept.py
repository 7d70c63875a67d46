"""Rows that are kept of one kind, in arrays that grow with them and never beyond a limit.

`Firsts` keeps the first ones. `Sampled` keeps an even sample of all of them, and the first ones beside it:

    Rows are taken as they come, and so are the rows that take some of them back. Who is gone is found out when somebody
    asks, or where no room is left. If there is none even then, rows are thinned out: only those stay whose hash of
    stream and place is below a bar, which is halved as often as is needed. So what is kept of a long capture is spread
    over all of it, whatever its streams and its parts are like.

What is kept does not depend on how rows are cut into batches: room is made at the row that finds none. Making room
sorts all rows, and happens at most once for each SHARE of the limit that came.
"""

from __future__ import annotations

import mmap
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..kernel.border import EVENT
from ..saved import Saved
from .hashing import of_records
from .retracted import BACK, gone

LEAST = 16  # rows that there is room for, to begin with
SHARE = 16  # 1 / SHARE of the limit
LARGE = 1 << 22  # bytes
NEIGHBOURS = 6  # log2 of how many records
ALL = np.uint64(0xFFFFFFFFFFFFFFFF)
Ints = NDArray[np.int64]
Rows = NDArray[Any]


class Firsts:
    """The first `most` rows of EVENT, of a kind that is never taken back. `dropped` counts the others."""

    def __init__(self, most: int) -> None:
        self._most, self._count = most, 0
        self._space: NDArray[Any] = np.empty(0, EVENT)
        self.dropped = 0

    def add(self, rows: Rows, at: Ints) -> None:
        """Keep rows[at], as far as there is room."""
        kept = at[: self._most - self._count]
        self.dropped += len(at) - len(kept)
        count = self._count + len(kept)
        self._space = _with_room(self._space, count, self._most)
        self._space[self._count : count] = rows[kept]
        self._count = count

    @property
    def rows(self) -> NDArray[Any]:
        """A copy of them."""
        return self._space[: self._count].copy()

    def save(self, into: Saved) -> None:
        """What is kept, and what was dropped."""
        into.put("rows", self._space[: self._count])
        into.note("dropped", self.dropped)

    def load(self, saved: Saved) -> None:
        """What was saved, where nothing is kept yet; ValueError if that cannot be."""
        self._space = saved.rows("rows", EVENT, self._most)
        self._count, self.dropped = len(self._space), saved.number("dropped")


class Sampled:
    """At most `most` rows of EVENT that may be taken back, the first `head` of them where there is room."""

    def __init__(self, most: int, head: int) -> None:
        self._most = most
        self._head = min(head, most - max(1, most // SHARE))  # so that fewer of the others always makes room
        self._space: NDArray[Any] = np.empty(0, EVENT)
        self._places: Ints = np.empty(0, np.int64)
        self._count = self._seen = 0
        self._leading = 0  # of the rows kept, those of the head
        self._bar = ALL
        self._back: list[NDArray[Any]] = []
        self._backs = 0  # rows in `_back`

    @property
    def rows(self) -> NDArray[Any]:
        """A copy of those that are kept and were not taken back, in order."""
        return self._space[: self._count][self._here()]

    def save(self, into: Saved) -> None:
        """What is kept, what took some of it back, and where the bar is."""
        into.put("rows", self._space[: self._count])
        into.put("places", self._places[: self._count])
        into.put("back", np.concatenate([np.zeros(0, BACK), *self._back]))
        into.note("seen", self._seen)
        into.note("leading", self._leading)
        into.note("bar", int(self._bar))

    def load(self, saved: Saved) -> None:
        """What was saved, where nothing is kept yet; ValueError if that cannot be."""
        self._space, self._places = saved.rows("rows", EVENT, self._most), saved.rows("places", np.int64)
        self._count, back = len(self._space), saved.rows("back", BACK, self._most)
        if len(self._places) != self._count or (np.diff(self._places) <= 0).any() or (np.diff(back["place"]) < 0).any():
            raise ValueError("rows that are kept, in another order")
        self._back, self._backs = [back], len(back)
        self._seen, self._leading = saved.number("seen", self._count), saved.number("leading", 0, self._count)
        self._bar = np.uint64(saved.number("bar", 0, int(ALL)))

    def add(self, rows: Rows, at: Ints, place: int, back: Rows) -> Rows:
        """Take rows[at], and BACK rows; row 0 of `rows` is number `place` of all rows. The rows kept for now. No other
        row is copied: where every frame comes twice, few of them are kept."""
        new: list[Rows] = []
        hashes: NDArray[np.uint64] | None = None
        while True:
            if self._bar != ALL and hashes is None:
                hashes = _hashes(rows["stream"][at], rows["record"][at])
            mine = at if hashes is None else at[self._wanted(hashes)]
            cut = self._cut(mine + place, back)
            here, behind = int(np.searchsorted(at, cut - place)), int(np.searchsorted(back["place"], cut))
            mine = mine[: np.searchsorted(mine, cut - place)]
            new.append(self._append(_taken(rows, mine), mine + place, here))
            if behind:
                self._back.append(back[:behind])
                self._backs += behind
            at, back, hashes = at[here:], back[behind:], None if hashes is None else hashes[here:]
            if not (len(at) or len(back)):
                return new[0] if len(new) == 1 else _rows(np.concatenate([_words(each) for each in new]))
            self._make_room()

    def _cut(self, wanted: Ints, back: NDArray[Any]) -> int:
        """The first place that there is no room for; `wanted` are those of the rows to be kept."""
        room, cut = self._most - self._count, np.iinfo(np.int64).max
        if len(wanted) > room:
            cut = int(wanted[room])
        if len(back) > self._most - self._backs:
            cut = min(cut, int(back["place"][self._most - self._backs]))
        return cut

    def _wanted(self, hashes: NDArray[np.uint64]) -> NDArray[np.bool_]:
        """Which of the next rows are to be kept, where there is a bar."""
        wanted: NDArray[np.bool_] = hashes < self._bar
        wanted[: max(0, self._head - self._seen)] = True
        return wanted

    def _append(self, kept: Rows, places: Ints, seen: int) -> Rows:
        """Keep these, out of so many more that were seen."""
        self._leading += min(seen, max(0, self._head - self._seen))
        self._seen += seen
        count = self._count + len(kept)
        self._space = _with_room(self._space, count, self._most)
        self._places = _with_room(self._places, count, self._most)
        _words(self._space)[self._count : count] = _words(kept)
        self._places[self._count : count] = places
        self._count = count
        return kept

    def _make_room(self) -> None:
        if self._backs:
            self._keep(self._here())
            self._back, self._backs = [], 0
        while self._count > self._most - max(1, self._most // SHARE):
            self._bar >>= np.uint64(1)
            kept = self._space[: self._count]
            stay = _hashes(kept["stream"], kept["record"]) < self._bar
            stay[: self._leading] = True
            self._keep(stay)

    def _here(self) -> NDArray[np.bool_]:
        """Which of those kept were not taken back."""
        back = np.concatenate([np.zeros(0, BACK), *self._back])
        return ~gone(self._space[: self._count], self._places[: self._count], back)

    def _keep(self, stay: NDArray[np.bool_]) -> None:
        self._leading = int(stay[: self._leading].sum())
        for space in (self._space, self._places):
            left = space[: self._count][stay]
            space[: len(left)] = left
        self._count = int(stay.sum())


def _words(rows: Rows) -> NDArray[np.int64]:
    """int64[n, words], the same memory: NumPy copies rows of EVENT field by field, and these as they are."""
    return rows.view(np.int64).reshape(len(rows), EVENT.itemsize // 8)


def _taken(rows: Rows, at: Ints) -> Rows:
    """rows[at]."""
    return _rows(_words(rows).take(at, axis=0))


def _rows(words: NDArray[np.int64]) -> Rows:
    """The other way round."""
    return words.view(EVENT).reshape(len(words))


def _with_room(space: NDArray[Any], count: int, most: int) -> NDArray[Any]:
    """The same, or longer by doubling, so that rows that come one by one are seldom copied."""
    if count <= len(space):
        return space
    longer = _empty(min(max(2 * len(space), count, LEAST), most), space.dtype)
    longer[: len(space)] = space
    return longer


def _empty(rows: int, dtype: np.dtype[Any]) -> NDArray[Any]:
    """As np.empty; only what is written to takes memory, also where it is large. NumPy asks for huge pages from 4 MiB
    on (NUMPY_MADVISE_HUGEPAGE): 2 MB at once, although rows come one by one."""
    size = rows * dtype.itemsize
    if size < LARGE or not hasattr(mmap, "MAP_ANONYMOUS"):
        return np.empty(rows, dtype)
    return np.frombuffer(mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS), dtype)


def _hashes(stream: NDArray[Any], record: Ints) -> NDArray[np.uint64]:
    """uint64[n]: neighbours have the same, so that what belongs together stays together."""
    return of_records(stream, record >> NEIGHBOURS)
