"""Several inputs as one capture: frame by frame in time order.

Inputs whose times do not overlap follow one another; where they overlap, their rows are merged. Within an input the
order of its frames never changes, even if its clock went backwards: the highest time so far counts. Equal times are
ordered as the inputs were named. An input is read only when its first frame is due, so hundreds of files in a row take
no more memory than one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from seqcheck.capture.feed import Feed
from seqcheck.capture.slots import MAX_OPEN, Block, Pool
from seqcheck.dataclass import dataclass
from seqcheck.errors import InputError
from seqcheck.kernel.border import Frames

if TYPE_CHECKING:
    from seqcheck.capture.plan import Plan

NEVER = int(np.iinfo(np.int64).min)  # before all times


class _Active:
    """An input that is being read: rows low..high-1 of its block are next, `key` their order."""

    def __init__(self, feed: Feed) -> None:
        self.feed, self.place = feed, feed.place
        self.block: Block
        self.reset()

    def reset(self) -> None:
        """As if nothing had been read."""
        self.low = self.high = 0
        self.key: NDArray[np.int64] = np.zeros(0, np.int64)
        self._latest = NEVER

    @property
    def end(self) -> tuple[int, int]:
        """The order of the last row; whatever comes later comes after it."""
        return self._latest, self.place

    def fill(self) -> bool:
        """Get the next rows; whether there are any."""
        rows = self.feed.fill()
        if rows is None or rows[1] == rows[2]:
            self.feed.settle()
        if rows is None:
            return False
        self.block, self.low, self.high = rows
        times = self.block.frames.ns[self.low : self.high]
        self.key = np.maximum.accumulate(np.maximum(times, self._latest))
        if len(self.key):
            self._latest = int(self.key[-1])
        return True

    def due(self, end: tuple[int, int]) -> int:
        """How many of the rows come no later than `end`."""
        return int(np.searchsorted(self.key, end[0], "right" if self.place <= end[1] else "left"))

    def take(self, count: int) -> tuple[int, int]:
        """Pass over that many rows, which were low..high-1."""
        low = self.low
        self.low += count
        self.key = self.key[count:]
        return low, self.low

    def settle(self) -> None:
        """Rows that were taken are given out now: what was lost after the last one is told."""
        if self.low == self.high:
            self.feed.settle()


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """What comes next: rows low..high-1 of `frames`. `places`: the input each row is from, one number where it is the
    same for all. `firsts`: for each of these inputs, the number there of the first frame."""

    frames: Frames
    low: int
    high: int
    places: NDArray[np.uint16] | int
    firsts: dict[int, int]


def in_order(feeds: Sequence[Feed], pool: Pool, planned: Callable[[], Plan | None] = lambda: None) -> Iterator[Slice]:
    """The frames of all inputs. A feed is given its end (`stop`) as soon as it has no more. One that is read alone is
    read as `planned`."""
    waiting = sorted((_waiting(feed, pool) for feed in feeds), key=lambda each: each[0], reverse=True)
    active: list[_Active] = []
    merged = Frames(pool.rows)
    merged.buf = pool.arena
    while active or waiting:
        while waiting and (not active or waiting[-1][0] <= min(each.end for each in active)):
            each = waiting.pop()[1]
            if _open(each, active, pool):
                yield _lost(each)
        end = min((each.end for each in active), default=(NEVER, 0))
        due = [(each, count) for each in active if (count := each.due(end))]
        if len(due) == 1:
            each, count = due[0]
            low, high = each.take(count)
            each.settle()
            first = {each.place: each.block.first + low}
            yield Slice(frames=each.block.frames, low=low, high=high, places=each.place, firsts=first)
        elif due:
            yield from _mixed(due, merged)
        alone = len(active) == 1
        for each in [each for each in active if each.low == each.high]:
            if alone and (plan := planned()) is not None:
                each.feed.hasten(plan, waiting[-1][0][0] if waiting else None)
            if not each.fill():
                each.feed.stop()
                active.remove(each)
            elif each.low == each.high:
                yield _lost(each)


def _waiting(feed: Feed, pool: Pool) -> tuple[tuple[int, int], _Active]:
    """The order of its first frame. What can be read again is, later; what cannot stays open, with its first rows."""
    each = _Active(feed)
    feed.start(pool)
    time = NEVER
    while time == NEVER and each.fill():  # before its first frame it may tell how many were lost
        time = int(each.key[0]) if len(each.key) else NEVER
    if feed.again:
        feed.suspend()
        each.reset()
    return (time, feed.place), each


def _lost(each: _Active) -> Slice:
    """Of no frames, but of how many were lost."""
    return Slice(frames=each.block.frames, low=each.low, high=each.low, places=each.place, firsts={})


def _open(each: _Active, active: list[_Active], pool: Pool) -> bool:
    """Begin to read it, unless it holds nothing. Whether it tells at once how many frames were lost."""
    if len(active) == MAX_OPEN:
        raise InputError(
            f"more than {MAX_OPEN} inputs overlap in time, beginning with {each.feed.name}",
            hint="Merge them first: mergecap -w merged.pcapng FILES",
        )
    if each.feed.again:
        each.feed.start(pool)
    if each.low < each.high or each.fill():
        active.append(each)
        return each.low == each.high
    each.feed.stop()
    return False


def _mixed(due: list[tuple[_Active, int]], merged: Frames) -> Iterator[Slice]:
    """Rows of several inputs, put in order; `merged` is used again for each slice."""
    due.sort(key=lambda each: each[0].place)
    counts = [count for _, count in due]
    order = np.argsort(np.concatenate([each.key[:count] for each, count in due]), kind="stable")
    places = np.repeat(np.array([each.place for each, _ in due], np.uint16), counts)[order]
    firsts = {each.place: each.block.first + each.low for each, _ in due}
    rows = [(each.block.frames, *each.take(count)) for each, count in due]
    names = ("off", "cap", "wire", "ns", "link")
    columns = {name: np.concatenate([getattr(frames, name)[low:high] for frames, low, high in rows]) for name in names}
    for start in range(0, len(order), merged.capacity):
        part = order[start : start + merged.capacity]
        merged.count = len(part)
        for name, column in columns.items():
            getattr(merged, name)[: len(part)] = column[part]
        here = places[start : start + len(part)]
        if start + len(part) == len(order):
            for each, _ in due:
                each.settle()
        yield Slice(frames=merged, low=0, high=len(part), places=here, firsts=dict(firsts))
        for place in firsts:
            firsts[place] += int(np.count_nonzero(here == place))
