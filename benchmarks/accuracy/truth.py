"""What is true of a capture: counted on the wire by sets, never by what judges it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from benchmarks.accuracy.scene import KNOWN_RINGS
from benchmarks.accuracy.spaces import Params
from benchmarks.accuracy.wire import ALIEN, HOST, QUEUE, RECORD, Wire, before, keys, not_first


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """`right`: causes that are right, "cause/weak" if no more than weakly. `ring`: its size, None if no ring did it.
    `duplicates`, `missing`: None if one may argue what they are. `visible`: resends by the ring whose earlier copy
    was captured. `whole`: every frame of the source that was not lost is in the capture. `size_known`: somebody who
    knew the rates could name the size from what the capture holds, with a chance of 95 % to be right. `given`: the size
    that the user says the ring has. `others`: the frames without a number, but with a payload, that the ring sent again
    after a copy that was captured. `timed`: by the capture's clock the ring's resends come after one time, as a path's
    copies do."""

    kind: str
    seed: int
    layout: str
    right: tuple[str, ...]
    ring: int | None
    ring_fault: bool
    duplicates: int | None
    missing: int | None
    visible: int
    whole: bool
    size_known: bool
    loss: float
    frames: int
    given: int | None = None
    others: tuple[int, ...] = ()
    timed: bool = False
    mixture: tuple[str, ...] = ()
    params: Params = field(default_factory=dict)


def counts(wire: Wire) -> tuple[int, int]:
    """Duplicates, and numbers missing between the first that came and the highest, over all streams."""
    records = wire.rows(wire.records())
    number = keys(records)
    missing = 0
    for stream in np.unique(records.stream):
        came = records.seq[records.stream == stream]
        own = np.unique(came[came >= came[0]])
        missing += int(own[-1] - own[0]) + 1 - len(own)
    return len(number) - len(np.unique(number)), missing


def from_before(wire: Wire) -> bool:
    """Do numbers from before the capture come in a row? Then one may argue whether the sender began again."""
    records = wire.rows(wire.records())
    for stream in np.unique(records.stream):
        numbers = records.seq[records.stream == stream]
        low = numbers < numbers[0]
        if (low[1:] & low[:-1]).any():
            return True
    return False


NEAR = 8  # numbers: the first frames of a new start may be lost
LONG = 8  # numbers that come in a row
APART = 12  # how far neighbours lie apart that belong to one row, lost or overtaken ones among them


def row_from(numbers: np.ndarray, place: int) -> int:
    """Where the row of numbers that begins at `place` ends: the last place before the count goes elsewhere."""
    top = int(numbers[place])
    at = place + 1
    while at < len(numbers):
        for number in numbers[at : at + 256].tolist():
            if abs(number - top) > APART:
                return at - 1
            top = max(top, number)
            at += 1
    return len(numbers) - 1


def arguable(wire: Wire, start: int, modulus: int) -> bool:
    """May one take a block that was sent again for a sender that starts over? Two kinds of them:

    It begins where a new start would, near 0 or the stream's first number, and counts on beyond where the count stood.
    Or the count goes on much further ahead than it stood: stale slots took the place of many numbers in a row.
    """
    records = wire.rows(wire.records())
    for stream in np.unique(records.stream):
        numbers = records.seq[records.stream == stream]
        highest = np.maximum.accumulate(numbers)
        old = not_first(numbers)
        back = np.flatnonzero(np.diff(numbers) < -APART) + 1
        for place in back.tolist():
            first = int(numbers[place])
            if (start + first) % modulus > NEAR and (first - int(numbers[0])) % modulus > NEAR:
                continue
            end = row_from(numbers, place)
            on = end == len(numbers) - 1 or numbers[place : end + 1].max() > highest[place - 1]
            if on and old[place : place + LONG].all():
                return True
        rows = back[np.diff(back, append=len(numbers)) > LONG]
        for place in rows.tolist():
            end = row_from(numbers, place)
            if end - place >= LONG and end + 1 < len(numbers) and old[place : end + 1].all():
                ahead = int(numbers[end + 1] - highest[place - 1])
                if ahead > NEAR + (end - place) // 4:
                    return True
    return False


def visible(wire: Wire) -> int:
    """Resends by the ring that came after an earlier copy."""
    records = wire.rows(wire.records())
    return int((not_first(keys(records)) & records.resend).sum())


def others(wire: Wire) -> tuple[int, ...]:
    """Frames, counted from 1, of the foreign ones that the ring sent again after a copy that was captured."""
    again = not_first(wire.build) & wire.foreign & (wire.what == HOST) & (wire.size > 0)
    return tuple((np.flatnonzero(again) + 1).tolist())


def keeps_count(wire: Wire) -> bool:
    """Do most copies lie the same number of frames behind, by whatever happened? Then times alone tell that no ring did
    it, and a poor clock would take away what there is to know."""
    source = wire.rows(np.flatnonzero(wire.what != ALIEN))
    records = source.records()
    earlier = before(keys(source.rows(records)))
    again = np.flatnonzero(earlier >= 0)
    if len(again) < 2:
        return False
    behind = records[again] - records[earlier[again]]
    usual = np.bincount(behind).argmax()
    return bool(usual >= 12 and (np.abs(behind - usual) <= 1).mean() > 0.3)


def keeps_time(wire: Wire) -> bool:
    """Do the ring's resends come after one time, give or take a frame's? Then a constant delay gives the same
    distances, and what else the frames say has to tell. Where a clock stands still, everything does."""
    records = wire.rows(np.flatnonzero(wire.what == RECORD))
    earlier = before(keys(records))
    again = np.flatnonzero(records.resend & (earlier >= 0))
    if not len(again):
        return False
    time = records.t[again] - records.t[earlier[again]]
    frame = np.median(time / (again - earlier[again]))
    low, high = np.quantile(time, (0.05, 0.95))
    return bool(high - low <= 1.2 * frame)


def in_runs(wire: Wire) -> bool:
    """Do many of the ring's resends follow one another? Then one may call it a replay of a part of the ring as well."""
    source = wire.resend[wire.what != ALIEN]
    if not source.any():
        return False
    beside = np.zeros(len(source), np.bool_)
    beside[1:] |= source[:-1]
    beside[:-1] |= source[1:]
    return bool((beside & source).sum() > 0.3 * source.sum())


def apart(wire: Wire, earlier: np.ndarray, again: np.ndarray) -> np.ndarray:
    """How many frames of the source left between those rows, captured or not: whole laps, where each frame takes a slot
    of this ring."""
    sent = np.cumsum(wire.what != ALIEN)
    return np.asarray(sent[again] - sent[earlier])


def size_is_known(params: Params, wire: Wire, gone: np.ndarray) -> bool:
    """Could somebody who knew host share and loss name the size? Each resend shows the ring's size less the foreign
    frames that were lost in its lap; how many these are follows Poisson's law. With other queues or wide frames nobody
    asks."""
    if params["filter"] or params["queues"] or params["wide"] or params["queue_streams"]:
        return False
    here = ~gone
    records = np.flatnonzero((wire.what == RECORD) & here)
    earlier = before(keys(wire.rows(records)))
    again = np.flatnonzero(wire.resend[records] & (earlier >= 0))
    if not len(again):
        return False
    laps = apart(wire, records[earlier[again]], records[again]) % params["ring"]
    if (laps == 0).mean() < 0.5:  # overtaken frames blur it
        return False
    unseen = np.cumsum(gone & np.isin(wire.what, (HOST, QUEUE)))
    short = unseen[records[again]] - unseen[records[earlier[again]]]
    size = params["ring"]
    rate = params["host"] * float(gone.mean()) * size
    if rate < 1e-9:
        return True
    most = int(short.max()) + 60
    sizes = size + np.arange(-most, most + 1)
    sizes = sizes[sizes >= 2]
    known, times = np.unique(KNOWN_RINGS, return_counts=True)
    prior = 0.5 / (sizes * np.log(16_384 / 24))
    for one, often in zip(known, times, strict=True):
        prior[sizes == one] += 0.5 * often / times.sum()
    missing = sizes[:, None] - size + short[None, :]
    log_factorial = np.r_[0, np.cumsum(np.log(np.arange(1, 4 * most + 200)))]
    law = missing * np.log(rate) - rate - log_factorial[missing.clip(0)]
    score = np.where((missing >= 0).all(1), np.log(prior) + law.sum(1), -np.inf)
    share = np.exp(score - score.max())
    return bool(share[sizes == size][0] / share.sum() >= 0.95)
