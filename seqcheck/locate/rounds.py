"""Which round of a counter of few values each record belongs to, told by contents.

Theory of operation
    The numbers of a counter with 16 values say where a record lies in a round, and not in which one: half a round lost
    in a row looks like old numbers, and a whole one like nothing. So records are numbered anew, through all rounds: at
    the first point by going on from record to record (`unrolled`), and at each later one by the records of the points
    before that have the same content (`Rounds`); in between by going on from those. What was numbered so is tracked
    once more (retracked.py), as if the counter had 64 bits, and all else is as for any counter.

Invariants
    A number is the counter's value plus whole rounds. Contents that a stream shows under a few numbers tell that it is
    one of these, those under many (tables that are sent again and again) tell nothing. A record is never placed by
    content in a stream that is another's.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..dataclass import dataclass, replace
from .contents import UNKNOWN
from .inner import inner

Ints = NDArray[np.int64]
Words = NDArray[np.uint64]
Bools = NDArray[np.bool_]
Key = Mapping[str, str | int]
ORIGIN = 1 << 40  # where the first record of all is counted from, so that others may lie before it
NONE = -1
COPIES = 4  # records with one content; if there are more, it is one that the sender repeats
MEANT = 0.125  # as many contents that come again in place of new ones, by those that break in: the sender repeats them
FEW = 32  # values of a counter that cannot start over visibly
LOOK_BACK = 128  # records in which a number that comes again is looked for
SAME = 0.5  # of a stream's contents that have to be another's, if it is the same with other addresses
ASKED = 512  # records that are asked for that
MOST_PAIRS = 1 << 16  # of streams that are compared so
TWICE = 2  # times as many as any other's


@dataclass(frozen=True, slots=True, kw_only=True)
class Unrolled:
    """int64[n] `numbers` of a stream's records; `placed`: some of them by contents; `doubtful`: contents and numbers
    contradict each other."""

    numbers: Ints
    placed: bool
    doubtful: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Hints:
    """What the points before tell of n records by their contents: int64[n] `known` numbers, int64[n, COPIES] those
    `among` which they are, NONE where none is, and `ns`, the times at which the known ones came there. The first record
    is `due` with this number, going by times."""

    known: Ints
    among: Ints
    ns: Ints
    due: float = ORIGIN


def no_hints(count: int) -> Hints:
    """Nothing, of so many records."""
    none = np.full((count, COPIES), NONE, np.int64)
    return Hints(known=none[:, 0], among=none, ns=none[:, 0])


def unrolled(seq: Ints, content: Words, by: Hints, turn: int) -> Unrolled:
    """Of one stream, in order of arrival: `seq` as counted, of `turn` values; `by` is what contents tell.

    Records go on from the highest one so far, to the nearer side; so a loss of half a round or more would make old
    numbers of them, unless that number came with another content before (that is asked of counters which are too short
    to see a restart). What does not go on, and has a content that came before, is a copy of that; but not in a stream
    whose sender repeats contents under new numbers. Where each has several, those are taken which follow one another,
    and of these the ones that come next.
    """
    known = by.known
    goes_on = np.zeros(len(seq), np.bool_)
    goes_on[1:] = np.diff(seq) % turn == 1
    first = _first(content, goes_on, known)
    numbers, coming = np.zeros(len(seq), np.int64), _coming(known)
    highest: int | None = None
    placed = doubtful = guessed = False
    for begin, end in pairwise(_runs(goes_on, known, first)):
        told, copy = np.flatnonzero(known[begin:end] != NONE), first[begin] != NONE
        value = int(seq[begin])
        near = round((by.due - value) / turn) * turn + value if highest is None else highest
        nearest = near + _nearer(value - near, turn)
        number = nearest
        if len(told):
            number = int(known[begin + told[0]] - told[0])
            if not placed:
                numbers[:begin] += number - nearest
                placed, highest = True, None
            elif guessed and number < nearest and (highest is None or number + turn > highest or end - begin > turn):
                doubtful = True
        elif (choice := _choice(by, (begin, end), highest, float(coming[end]))) is not None:
            number, placed = choice, True
        elif copy:
            number = int(numbers[first[begin]])
        elif highest is not None and number < highest and turn <= FEW and _other(numbers, content, (begin, number)):
            number += turn
        guessed = known[end - 1] == NONE and not copy
        numbers[begin:end] = np.arange(number, number + end - begin)
        last = number + end - begin - 1
        if highest is None or last > highest or (not copy and end - begin > turn):
            highest = last
    return Unrolled(numbers=numbers, placed=placed, doubtful=doubtful)


def _coming(known: Ints) -> NDArray[np.float64]:
    """float64[n + 1]: the first number that is known from each record on."""
    own = np.arange(len(known))
    first = np.minimum.accumulate(np.where(known != NONE, own, len(known))[::-1])[::-1]
    found: NDArray[np.float64] = np.append(known.astype(np.float64), np.inf)[np.append(first, len(known))]
    return found


def _choice(by: Hints, run: tuple[int, int], highest: int | None, before: float) -> int | None:
    """The number of the first record of a run, of those that most of its contents may have: the first one behind the
    highest so far and `before` what is known to come; else the last one up to the highest. At the beginning, the one
    that is due. None if there is none."""
    begin, end = run
    among = by.among[begin:end]
    found, votes = np.unique((among - np.arange(end - begin)[:, None])[among != NONE], return_counts=True)
    if not len(found):
        return None
    choices = found[votes == votes.max()].tolist()
    if highest is None:
        return int(min(choices, key=lambda each: abs(each - by.due)))
    behind = [each for each in choices if each <= highest]
    return next((each for each in choices if highest < each < before), behind[-1] if behind else None)


def _first(content: Words, goes_on: Bools, known: Ints) -> Ints:
    """For each record that is a copy the first one with its content, NONE for all others."""
    own = np.arange(len(content))
    _, first, which, counts = np.unique(content, return_index=True, return_inverse=True, return_counts=True)
    which = which.ravel()
    again = (first[which] < own) & (content != UNKNOWN)
    begun, fresh = (np.maximum.accumulate(np.where(each, 0, own)) for each in (goes_on, again))
    resent = again & (begun > fresh)  # as all of its run so far; the first record of all is fresh
    if np.count_nonzero(again & ~resent) > MEANT * np.count_nonzero(resent):
        return np.full(len(content), NONE, np.int64)
    return np.where(resent & (counts[which] <= COPIES) & (known == NONE), first[which], NONE)


def _runs(goes_on: Bools, known: Ints, first: Ints) -> list[int]:
    """Where records begin that do not simply go on: in their values, in the numbers told, in being copies."""
    own = np.arange(len(known))
    told, copied = known - own, first - own
    latest = np.maximum.accumulate(np.where(known != NONE, own, NONE))
    breaks = ~goes_on
    breaks[1:] |= (latest[:-1] != NONE) & (known[1:] != NONE) & (told[1:] != told[latest[:-1]])
    breaks[1:] |= (first[1:] != NONE) != (first[:-1] != NONE)
    breaks[1:] |= (first[1:] != NONE) & (copied[1:] != copied[:-1])
    return [*np.flatnonzero(breaks).tolist(), len(known)]


def _nearer(ahead: int, turn: int) -> int:
    return (ahead + turn // 2) % turn - turn // 2


def _other(numbers: Ints, content: Words, record: tuple[int, int]) -> bool:
    """Whether the number of this record (its place, and its number) came before, with other contents alone."""
    at, number = record
    low = max(0, at - LOOK_BACK)
    same = np.flatnonzero(numbers[low:at] == number) + low
    return len(same) > 0 and content[at] != UNKNOWN and not (content[same] == content[at]).any()


class Stream:
    """A stream of the points before, which first had this `key`: contents, with their numbers (in order) and times."""

    def __init__(self, key: Key) -> None:
        self.key = key
        self._contents = np.zeros(0, np.uint64)
        self._numbers, self._ns = np.zeros(0, np.int64), np.zeros(0, np.int64)

    def hints(self, content: Words, seq: Ints, turn: int) -> Hints:
        """Of these records."""
        low = np.searchsorted(self._contents, content)
        count = np.searchsorted(self._contents, content, "right") - low
        count[(count > COPIES) | (content == UNKNOWN)] = 0
        numbers = np.full((len(content), COPIES), NONE, np.int64)
        for place in range(COPIES):
            rows = np.flatnonzero(count > place)
            found = self._numbers[low[rows] + place]
            numbers[rows, place] = np.where((found - seq[rows]) % turn == 0, found, NONE)
        ns = np.zeros(len(content), np.int64)
        one = np.flatnonzero(count == 1)
        ns[one] = self._ns[low[one]]
        return Hints(known=np.where(count == 1, numbers[:, 0], NONE), among=numbers, ns=ns)

    def shows(self, content: Words) -> int:
        """How many of these it has."""
        at = np.minimum(np.searchsorted(self._contents, content), len(self._contents) - 1)
        return int((self._contents[at] == content).sum())

    def add(self, content: Words, numbers: Ints, ns: Ints) -> None:
        """More of them."""
        content, numbers = np.concatenate([self._contents, content]), np.concatenate([self._numbers, numbers])
        ns = np.concatenate([self._ns, ns])
        order = np.lexsort((numbers, content))
        new = np.ones(len(order), np.bool_)
        new[1:] = (np.diff(content[order]) != 0) | (np.diff(numbers[order]) != 0)
        order = order[new]
        self._contents, self._numbers, self._ns = content[order], numbers[order], ns[order]


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbered:
    """int64[n]: the `numbers` of a point's records. Of its streams, those that nothing but times placed, and those of
    which contents and numbers contradict each other."""

    numbers: Ints
    by_time: frozenset[int]
    doubtful: frozenset[int]


class Rounds:
    """Numbers the records of one point after the other, in the order of the path."""

    def __init__(self) -> None:
        self._streams: list[Stream] = []
        self._named: dict[str, int] = {}  # which of them has this key
        self._rates: dict[int, tuple[int, int, float]] = {}  # of each stream: a time, the number then, numbers a ns

    def number(self, rows: NDArray[Any], keys: Sequence[Key], turn: int) -> Numbered:
        """The records of a point, SEEN[n], whose streams have these keys."""
        order = np.argsort(rows["stream"], kind="stable")
        edges = np.flatnonzero(np.diff(rows["stream"][order], prepend=-1, append=-1))
        mine = {int(rows["stream"][order[low]]): order[low:high] for low, high in pairwise(edges.tolist())}
        seq = rows["seq"].astype(np.int64)
        which = self._same(keys, {stream: rows["content"][at[:ASKED]] for stream, at in mine.items()})
        told = {
            stream: self._streams[which[stream]].hints(rows["content"][at], seq[at], turn)
            for stream, at in mine.items()
            if which[stream] != NONE
        }
        numbers, by_time, doubtful = np.zeros(len(rows), np.int64), set(), set()
        offset = _offset([(rows["ns"][mine[stream]], each) for stream, each in told.items()])
        for stream, at in mine.items():
            by = told.get(stream, no_hints(len(at)))
            if stream in told:
                ns, number, rate = self._rates[which[stream]]
                by = replace(by, due=number + (int(rows["ns"][at[0]]) - offset - ns) * rate)
            found = unrolled(seq[at], rows["content"][at], by, turn)
            numbers[at] = found.numbers
            if stream in told and not found.placed:
                by_time.add(stream)
            if found.doubtful:
                doubtful.add(stream)
        for stream, at in mine.items():
            self._take(which[stream], keys[stream], (rows["content"][at], numbers[at], rows["ns"][at]))
        return Numbered(numbers=numbers, by_time=frozenset(by_time), doubtful=frozenset(doubtful))

    def _take(self, which: int, key: Key, columns: tuple[Words, Ints, Ints]) -> None:
        """A point's records of a stream, which is one of ours or a new one."""
        if which == NONE:
            which = len(self._streams)
            self._streams.append(Stream(key))
            _, numbers, ns = columns
            time = int(ns[-1]) - int(ns[0])
            self._rates[which] = int(ns[0]), int(numbers[0]), int(numbers[-1] - numbers[0]) / time if time > 0 else 0.0
        self._named.setdefault(_name(key), which)
        self._streams[which].add(*columns)

    def _same(self, keys: Sequence[Key], shown: Mapping[int, Words]) -> dict[int, int]:
        """Which of our streams each of these is, which show such contents: by its key; else the one that no other is by
        its key, and that alone has the contents. NONE if there is none."""
        which = {stream: self._named.get(_name(keys[stream]), NONE) for stream in shown}
        free = [number for number in range(len(self._streams)) if number not in which.values()]
        left = [stream for stream, number in which.items() if number == NONE]
        if len(free) * len(left) > MOST_PAIRS:
            return which
        for stream in left:
            shares = sorted(
                (self._streams[number].shows(shown[stream]), number)
                for number in free
                if inner(self._streams[number].key) == inner(keys[stream])
            )
            alone = len(shares) == 1 or (len(shares) > 1 and shares[-2][0] * TWICE < shares[-1][0])
            if alone and shares[-1][0] >= SAME * len(shown[stream]):
                which[stream] = shares[-1][1]
        return which


def _name(key: Key) -> str:
    return json.dumps(key, sort_keys=True)


def _offset(told: Sequence[tuple[Ints, Hints]]) -> int:
    """How far this point's clock is ahead, with the delay in it, going by all contents that are known; else 0."""
    ahead = [(ns - each.ns)[each.known != NONE] for ns, each in told]
    found = np.concatenate([np.zeros(0, np.int64), *ahead])
    return int(np.median(found)) if len(found) else 0
