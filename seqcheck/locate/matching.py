"""Which streams of different points are the same: by their keys, or, if addresses were changed on the way, by their
numbers and the bytes after them. Pure.

If another point has the same key, it is the same stream. The rest is matched by payloads: two streams are one if the
same numbers carry the same first bytes, hardly ever others, and no other stream fits half as well. If two fit, none is
taken. A number that comes again, as after a restart, may carry other bytes each time: one pair of them has to be equal.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

import numpy as np

from ..dataclass import dataclass
from .inner import inner
from .points import Observed

MOST_PAIRS = 1 << 20  # of records that are compared
FOREIGN = 0.1  # of the numbers in common, those that may carry other bytes
Streams = tuple[int | None, ...]
Seen = dict[int, list[tuple[int, bytes]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """One stream along the way: its id at each point, None if it was not seen; `by_numbers` where a key differs."""

    streams: Streams
    by_numbers: bool

    @property
    def at(self) -> tuple[int, ...]:
        """The points that saw it."""
        return tuple(point for point, stream in enumerate(self.streams) if stream is not None)


def match(points: Sequence[Observed]) -> tuple[Group, ...]:
    """Every stream of every point is in one group; those that no other point saw are alone there."""
    streams: list[list[int | None]] = []
    by_key: dict[str, int] = {}
    changed: set[int] = set()
    for at, point in enumerate(points):
        left: list[int] = []
        keys = [json.dumps(stream.key, sort_keys=True) for stream in point.report.streams]
        for number, key in enumerate(keys):
            group = by_key.get(key)
            if group is not None and streams[group][at] is None:
                streams[group][at] = number
            else:
                left.append(number)
        open_groups = [group for group, each in enumerate(streams) if each[at] is None]
        found = _by_payload(points, streams, open_groups, at, left) if at else {}
        for stream in left:
            if stream in found:
                streams[found[stream]][at] = stream
                changed.add(found[stream])
            else:
                streams.append([stream if each == at else None for each in range(len(points))])
                found[stream] = len(streams) - 1
            by_key.setdefault(keys[stream], found[stream])
    return tuple(Group(streams=tuple(each), by_numbers=number in changed) for number, each in enumerate(streams))


def _by_payload(
    points: Sequence[Observed], streams: Sequence[Sequence[int | None]], groups: Sequence[int], at: int, left: list[int]
) -> dict[int, int]:
    """For streams of point `at`, the group that each belongs to, where that is clear."""
    if not groups or not left:
        return {}
    mine = _seen(points[at], set(left))
    latest = {group: max(each for each in range(at) if streams[group][each] is not None) for group in groups}
    votes: Counter[tuple[int, int]] = Counter()
    against: Counter[tuple[int, int]] = Counter()
    pairs = 0
    for other in sorted(set(latest.values())):
        owner = {streams[group][other]: group for group in groups if latest[group] == other}
        theirs = _seen(points[other], {stream for stream in owner if stream is not None})
        for seq in mine.keys() & theirs.keys():
            pairs += len(mine[seq]) * len(theirs[seq])
            if pairs > MOST_PAIRS:
                return {}
            agree: dict[tuple[int, int], bool] = {}
            for stream, payload in mine[seq]:
                for there, before in theirs[seq]:
                    length = min(len(payload), len(before))
                    same = length > 0 and payload[:length] == before[:length]
                    pair = stream, owner[there]
                    agree[pair] = agree.get(pair, False) or same
            for pair, same in agree.items():
                (votes if same else against)[pair] += 1
    fits = {
        (stream, group): count
        for (stream, group), count in votes.items()
        if against[stream, group] <= FOREIGN * count
        and _inner(points[at], stream) == _inner(points[latest[group]], streams[group][latest[group]])
    }
    return _clear(fits)


def _inner(point: Observed, stream: int | None) -> dict[str, str | int]:
    assert stream is not None
    return inner(point.report.streams[stream].key)


def _clear(fits: Mapping[tuple[int, int], int]) -> dict[int, int]:
    """The pairs that fit twice as well as any other of either side."""
    best: tuple[defaultdict[int, list[int]], ...] = (defaultdict(list), defaultdict(list))
    for pair, count in fits.items():
        for side in (0, 1):
            best[side][pair[side]].append(count)
    clear = {}
    for (stream, group), count in fits.items():
        rivals = [sorted(best[side][each], reverse=True) for side, each in ((0, stream), (1, group))]
        if all(counts[0] == count and (len(counts) == 1 or counts[1] * 2 < count) for counts in rivals):
            clear[stream] = group
    return clear


def _seen(point: Observed, streams: set[int]) -> Seen:
    """The sampled records of these streams whose first bytes are known, by number."""
    rows = point.sample.rows
    rows = rows[np.isin(rows["record"], list(point.sample.payloads))]
    found: Seen = defaultdict(list)
    for stream, seq, record in zip(*(rows[name].tolist() for name in ("stream", "seq", "record")), strict=True):
        if stream in streams and len(found[seq]) < len(streams) + 8:
            found[seq].append((stream, point.sample.payloads[record][1]))
    return found
