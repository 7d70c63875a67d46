"""The points compared: for every stream that at least two of them saw, who saw which numbers, and the numbers with
copies. Knows no words and makes no report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..dataclass import dataclass
from ..kernel.border import DUPLICATE
from ..track.hashing import mixed
from .aligned import Laid, lay
from .clocks import Fit, fit
from .copies import Numbers, distinct
from .edges import Edges, edges
from .matching import Group, match
from .points import Observed
from .presence import Stretches, View, complement, stretches
from .recounted import Old, contradicts

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
NEVER = np.zeros(0, np.int64)
AWAY = np.zeros((0, 2), np.int64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """`groups` are the streams, and `laid` of each where its epochs lie at the points (none where only one saw it);
    `recounted` are the points left out of that, because another one tells of other restarts; `fits` are the clocks of
    pairs of points; `seen` the stretches by group and epoch; `numbers` those with copies, and `owners` for each anomaly
    of a point which of them it is (-1: none)."""

    points: tuple[Observed, ...]
    groups: tuple[Group, ...]
    laid: tuple[Mapping[int, Laid], ...]
    recounted: tuple[frozenset[int], ...]
    fits: Mapping[tuple[int, int], Fit]
    seen: Mapping[tuple[int, int], Stretches]
    numbers: Numbers
    owners: tuple[Ints, ...]


def compare(points: Sequence[Observed]) -> Compared:
    """All of it."""
    groups, modulus = match(points), points[0].findings.modulus
    found = [lay(points, group, modulus) if len(group.at) > 1 else {} for group in groups]
    old = [Old(point) for point in points]
    recounted = tuple(contradicts(old, group, where) for group, where in zip(groups, found, strict=True))
    laid = tuple(
        {} if group.at[0] in odd else {at: each for at, each in where.items() if at not in odd}
        for group, where, odd in zip(groups, found, recounted, strict=True)
    )
    fits = _fits(points, groups, laid)
    rows = _placed_all(points, groups, laid)
    near = edges(rows.columns, rows.anomalies["kind"].astype(np.int64), rows.anomalies["behind"])
    seen: dict[tuple[int, int], Stretches] = {}
    known: dict[tuple[int, int], dict[int, View]] = {}
    for number, (group, where) in enumerate(zip(groups, laid, strict=True)):
        if len(where) > 1:
            reference = group.at[0]
            for epoch in range(len(_epochs(points, group, reference))):
                views = {at: _view(points, (number, group), where, (at, epoch), (fits, near)) for at in where}
                known[number, epoch] = {at: view for at, view in views.items() if view is not None}
                seen[number, epoch] = stretches(known[number, epoch])
    numbers, owners = _numbers(len(points), rows, seen, known)
    return Compared(
        points=tuple(points), groups=groups, laid=laid, recounted=recounted, fits=fits, seen=seen, numbers=numbers,
        owners=owners,
    )  # fmt: skip


def _epochs(points: Sequence[Observed], group: Group, at: int) -> Any:
    stream = group.streams[at]
    assert stream is not None
    return points[at].epochs[stream]


def placed(
    points: Sequence[Observed], groups: Sequence[Group], laid: Sequence[Mapping[int, Laid]], at: int, rows: NDArray[Any]
) -> tuple[Ints, Ints, Ints]:
    """int64[n] each: group, epoch and position of rows of point `at` with `stream`, `epoch` and `x`, by the reference's
    count; the group is -1 if it has none."""
    owner = np.full(len(points[at].report.streams), -1, np.int64)
    table: dict[int, dict[int, tuple[int, int]]] = {}
    for number, (group, where) in enumerate(zip(groups, laid, strict=True)):
        stream = group.streams[at]
        if stream is not None and len(where) > 1 and at in where:
            owner[stream] = number
            table[stream] = {
                own: (where[at].first + own, shift) for own, shift in enumerate(where[at].shifts) if shift is not None
            }
    owners = owner[rows["stream"]] if len(owner) else np.full(len(rows), -1, np.int64)
    keys = rows["stream"].astype(np.int64) << 32 | rows["epoch"]
    kinds, which = np.unique(keys, return_inverse=True)
    epochs, shifts = np.zeros(len(kinds), np.int64), np.zeros(len(kinds), np.int64)
    known = np.zeros(len(kinds), np.bool_)
    for row, key in enumerate(kinds.tolist()):
        found = table.get(key >> 32, {}).get(key & 0xFFFFFFFF)
        if found is not None:
            epochs[row], shifts[row] = found
            known[row] = True
    which = which.ravel()
    return np.where(known[which], owners, -1), epochs[which], rows["x"] + shifts[which]


def _fits(
    points: Sequence[Observed], groups: Sequence[Group], laid: Sequence[Mapping[int, Laid]]
) -> dict[tuple[int, int], Fit]:
    """Of every pair of points, by records that both sampled and neither saw twice or late."""
    samples = [_sampled(points, groups, laid, at) for at in range(len(points))]
    found = {}
    for after in range(len(points)):
        for at in range(after + 1, len(points)):
            first, second = samples[after], samples[at]
            both, here, there = _common(first[0], second[0])
            if len(both):
                made = fit(first[1][here], second[1][there])
                if made is not None:
                    found[after, at] = made
    return found


def _common(first: Ints, second: Ints) -> tuple[Ints, Ints, Ints]:
    """Rows (int64[n, 3]) that are in both, without repeats in either: and their places."""
    rows = np.concatenate([first, second])
    side = np.concatenate([np.zeros(len(first), np.int64), np.ones(len(second), np.int64)])
    if not len(rows):
        return rows[:, 0], side, side
    firsts, which = distinct((rows[:, 0], rows[:, 1], rows[:, 2]))
    counts = np.zeros((len(firsts), 2), np.int64)
    np.add.at(counts, (which, side), 1)
    place = np.zeros((len(firsts), 2), np.int64)
    place[which, side] = np.concatenate([np.arange(len(first)), np.arange(len(second))])
    both = np.flatnonzero((counts == 1).all(1))
    return both, place[both, 0], place[both, 1]


def _sampled(
    points: Sequence[Observed], groups: Sequence[Group], laid: Sequence[Mapping[int, Laid]], at: int
) -> tuple[Ints, Ints]:
    """int64[n, 3] group, epoch and position of the sampled records of a point, and their times int64[n]. The position
    follows from the number and from how often the counter has rolled over, going by the records before."""
    point = points[at]
    rows = point.sample.rows if point.sample.dense(point.findings.modulus) else point.sample.rows[:0]
    order = np.argsort(rows["stream"], kind="stable")
    rows = rows[order]
    made = np.zeros(len(rows), [("stream", "<i4"), ("epoch", "<i4"), ("x", "<i8")])
    made["stream"] = rows["stream"]
    turn = point.findings.modulus
    bounds = np.flatnonzero(np.diff(rows["stream"], prepend=-1))
    for start, end in pairwise([*bounds.tolist(), len(rows)]):
        stream = int(rows["stream"][start])
        begun = point.restarts.get(stream, NEVER)
        epoch = np.searchsorted(begun, rows["frame"][start:end], "right")
        epoch[np.isin(rows["frame"][start:end], begun)] = -1  # others of the frame may belong to the epoch before
        made["epoch"][start:end] = epoch
        for each in np.unique(epoch).tolist():
            inside = np.flatnonzero(epoch == each) + start
            if 0 <= each < len(point.epochs[stream]):
                made["x"][inside] = _unrolled(rows["seq"][inside], point.epochs[stream][each].base, turn)
            else:
                made["epoch"][inside] = -1
    twice = np.isin(_named(made), _named(point.anomalies))
    group, epochs, x = placed(points, groups, laid, at, made)
    there = (group >= 0) & ~twice
    return np.stack([group[there], epochs[there], x[there]], axis=1), rows["ns"][there]


def _named(rows: NDArray[Any]) -> NDArray[np.uint64]:
    """One number for the stream, epoch and position of each row; that of two others is the same by chance alone."""
    name = np.zeros(len(rows), np.uint64)
    for column in ("stream", "epoch", "x"):
        name = mixed(name ^ rows[column].astype(np.int64).view(np.uint64))
    return name


def _unrolled(seq: NDArray[np.uint64], base: int, turn: int) -> Ints:
    """Positions from numbers in order of arrival: each is the nearer way round from the one before."""
    if not turn:
        return np.cumsum(np.diff(seq, prepend=np.uint64(base)).view(np.int64))
    before = [base, *seq[:-1].tolist()]  # as Python's integers, since the counter may have 64 bits
    half = turn // 2
    steps = [(one - last + half) % turn - half for one, last in zip(seq.tolist(), before, strict=True)]
    return np.cumsum(np.array(steps, np.int64))


def _view(
    points: Sequence[Observed],
    numbered: tuple[int, Group],
    where: Mapping[int, Laid],
    what: tuple[int, int],
    told: tuple[Mapping[tuple[int, int], Fit], Edges],
) -> View | None:
    """What point `at` saw of an epoch of the reference; None if nothing is known of that."""
    (number, group), (at, epoch), (fits, near) = numbered, what, told
    laid, point, stream = where[at], points[at], group.streams[at]
    assert stream is not None
    own, shift = epoch - laid.first, laid.shift(epoch)
    last = len(laid.shifts) - 1
    head, tail = _ran_before(points, group, at, fits), _ran_behind(points, group, at, fits)
    if shift is None:
        if 0 <= own <= last:  # another count than the reference's
            return None
        return View(low=0, high=0, absent=AWAY, ahead=NEVER, first=0, last=0, head=False, tail=False)
    state = point.epochs[stream][own]
    before = point.early.get((stream, own), ())
    low = before[0] if before else 0
    missing = [(x, x + count) for x, count in point.findings.missing(stream, own, 0, state.length)]
    return View(
        low=low + shift,
        high=state.length + shift,
        absent=np.array([*complement(low, 0, before), *missing], np.int64).reshape(-1, 2) + shift,
        ahead=np.array(point.ahead.get((stream, own), ()), np.int64) + shift,
        first=near.first((number, epoch), state.length, shift, missing),
        last=near.last((number, epoch), state.length, shift),
        head=own > 0 or head,
        tail=own < last or tail,
    )


def _ran_before(points: Sequence[Observed], group: Group, at: int, fits: Mapping[tuple[int, int], Fit]) -> bool:
    """Whether the capture of a point had begun when the first record of the stream can have come by."""
    return _running(points, group, at, fits, begin=True)


def _ran_behind(points: Sequence[Observed], group: Group, at: int, fits: Mapping[tuple[int, int], Fit]) -> bool:
    """Whether it still ran when the last record of the stream must have come by."""
    return _running(points, group, at, fits, begin=False)


def _running(
    points: Sequence[Observed], group: Group, at: int, fits: Mapping[tuple[int, int], Fit], *, begin: bool
) -> bool:
    """A clock that was set back makes all times uncertain by as much."""
    capture = points[at].report.capture
    own = capture.first_ns if begin else capture.last_ns
    if own is None:
        return False
    own += points[at].set_back if begin else -points[at].set_back
    for other in group.at:
        if other == at:
            continue
        pair = (min(other, at), max(other, at))
        clock = fits.get(pair)
        if clock is None:
            return False
        state = points[other].findings.streams[group.streams[other]]
        if begin:
            first = int(state["first_ns"]) - points[other].set_back
            ran = own <= clock.there(first) if other < at else clock.there(own) + clock.most <= first
        else:
            last = int(state["last_ns"]) + points[other].set_back
            ran = own >= clock.there(last) + clock.most if other < at else clock.there(own) >= last
        if not ran:
            return False
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """All anomalies of streams that are compared: ANOMALY[n], int64[n] the point, and group, epoch and position;
    `known` which of each point's those are."""

    anomalies: NDArray[Any]
    point: Ints
    columns: tuple[Ints, Ints, Ints]
    known: tuple[Bools, ...]


def _placed_all(points: Sequence[Observed], groups: Sequence[Group], laid: Sequence[Mapping[int, Laid]]) -> Placed:
    columns = [placed(points, groups, laid, at, point.anomalies) for at, point in enumerate(points)]
    known = tuple(each[0] >= 0 for each in columns)
    group, epoch, x = (
        np.concatenate([each[column][mine] for each, mine in zip(columns, known, strict=True)]) for column in range(3)
    )
    return Placed(
        anomalies=np.concatenate([each.anomalies[mine] for each, mine in zip(points, known, strict=True)]),
        point=np.concatenate([np.full(int(mine.sum()), at, np.int64) for at, mine in enumerate(known)]),
        columns=(group, epoch, x),
        known=known,
    )


def _numbers(
    points: int,
    placed_all: Placed,
    seen: Mapping[tuple[int, int], Stretches],
    views: Mapping[tuple[int, int], Mapping[int, View]],
) -> tuple[Numbers, tuple[Ints, ...]]:
    rows, point, joined = placed_all.anomalies, placed_all.point, placed_all.columns
    firsts, which = distinct(joined)
    group, epoch, x = (column[firsts] for column in joined)
    extra = np.zeros((len(firsts), points), np.int64)
    late = np.zeros((len(firsts), points), np.bool_)
    again = rows["kind"] == DUPLICATE
    np.add.at(extra, (which[again], point[again]), 1)
    late[which[~again], point[~again]] = True
    end = x.copy()  # how far the count had come, at most, when the number came
    np.maximum.at(end, which, rows["next"] + (joined[2] - rows["x"]) - 1)
    there, whole = np.zeros_like(late), np.zeros_like(late)
    bounds = np.flatnonzero((np.diff(group, prepend=-1) != 0) | (np.diff(epoch, prepend=-1) != 0))
    for start, stop in pairwise([*bounds.tolist(), len(firsts)]):
        name = int(group[start]), int(epoch[start])
        if name in seen:
            there[start:stop, list(seen[name].points)] = seen[name].at(x[start:stop])
        for at, view in views.get(name, {}).items():
            whole[start:stop, at] = view.judges(x[start:stop], end[start:stop] + 1)
    owners, at = [], 0
    for mine in placed_all.known:
        owner = np.full(len(mine), -1, np.int64)
        owner[mine] = which[at : at + int(mine.sum())]
        at += int(mine.sum())
        owners.append(owner)
    # A copy proves that the number was there, also where the tracker's sets no longer say so.
    there |= (extra > 0) | late
    numbers = Numbers(group=group, epoch=epoch, x=x, extra=extra, late=late, seen=there, whole=whole)
    return numbers, tuple(owners)
