"""What programs and queues do that looks like a slot's fault in one respect: old numbers in the place of new ones,
after so many others, or whenever something stalls."""

from __future__ import annotations

import numpy as np

from benchmarks.accuracy.case import RING_WEAKLY, Kind, Making, either, gap_of, records_of, some, spread
from benchmarks.accuracy.kinds.way import COPY, DELAY, held_back
from benchmarks.accuracy.spaces import Flat, Log, Mostly, Pick, Whole
from benchmarks.accuracy.wire import RECORD, Wire, merge

LEAST = 3.0  # records by which a count varies: who sends exactly the m-th last one does what a slot of its own does
PROGRAM = either(COPY, "sender-repeat", RING_WEAKLY)


def without(wire: Wire, index: np.ndarray) -> Wire:
    stay = np.ones(len(wire), np.bool_)
    stay[index] = False
    return wire.rows(np.flatnonzero(stay))


def old_instead(making: Making) -> Wire:
    """A program sends a record of a while ago instead of the new one, whose number is lost: about so many records ago,
    or as long ago."""
    making.right = PROGRAM
    wire = making.traffic()
    rng = making.rng
    records = np.flatnonzero(wire.what == RECORD)
    place = np.flatnonzero(np.isin(records, some(rng, records[20:], making["want"])))
    age = min(making["age"], len(records) / 3)
    factors = spread(rng, making["law"], max(making["jitter"], LEAST / age), len(place))
    if making["by"] == "count":
        old = place - np.maximum(1, np.round(age * factors)).astype(np.int64)
    else:
        then = wire.t[records[place]] - (age * gap_of(wire) * factors).astype(np.int64)
        old = np.minimum(np.searchsorted(wire.t[records], then, "right") - 1, place - 1)
    fine = (old >= 0) & ~np.isin(old, place)
    place, old = place[fine], old[fine]
    copies = wire.again(records[old], wire.t[records[place]])
    return merge(without(wire, records[place]), copies)


def pushed_out(making: Making) -> Wire:
    """Some frames again by a way that takes longer and ends in a full queue: most copies push a new frame out of it."""
    making.right = either(COPY, RING_WEAKLY, "sender-repeat/weak", "redundancy/weak")
    wire = making.traffic()
    rng = making.rng
    index = some(rng, records_of(wire), making["want"])
    t = held_back(making, wire, index)
    behind = np.searchsorted(wire.t, t, "right") + rng.integers(0, making["within"] + 1, len(t))
    pushes = (rng.random(len(t)) < making["pushes"]) & (behind < len(wire))
    gone = np.unique(behind[pushes])
    gone = gone[wire.what[gone] == RECORD]
    return merge(without(wire, np.setdiff1d(gone, index)), wire.again(index, t))


def described(making: Making) -> Wire:
    """A record that describes the others comes again after so many of them, or after a while; it may be renewed."""
    making.right = PROGRAM
    wire = making.traffic()
    records = np.flatnonzero(wire.what == RECORD)
    every = min(making["every"], len(records) // 4)
    if making["by"] == "count":
        at = records[every::every]
    else:
        times = np.arange(wire.t[0], wire.t[-1], max(1, int(every * gap_of(wire))))[1:]
        times = times + (making["jitter"] * every * gap_of(wire) * making.rng.uniform(-1, 1, len(times))).astype(
            np.int64
        )
        at = np.minimum(np.searchsorted(wire.t, times), len(wire) - 1)
    which = np.arange(len(at)) // making["renewed"] * making["renewed"]
    what = np.where(wire.what[at[which]] == RECORD, at[which], records[0])
    again = at > what
    return merge(wire, wire.again(what[again], wire.t[at[again]] + 1))


def stalled(making: Making) -> Wire:
    """The window is full, since acknowledgements stay away: the sender stops, and after a timeout sends the oldest
    again."""
    making.right = PROGRAM
    wire = making.traffic()
    rng = making.rng
    records = np.flatnonzero(wire.what == RECORD)
    window = min(making["window"], len(records) // 4)
    place = np.flatnonzero(np.isin(records, some(rng, records[window:], making["want"])))
    pause = (making["timeout"] * gap_of(wire) * spread(rng, "normal", making["jitter"], len(place))).astype(np.int64)
    index, at = records[place - window + 1], wire.t[records[place]].copy()
    later = np.searchsorted(np.sort(at), wire.t, "left")
    wire.t = wire.t + np.concatenate(([0], np.cumsum(pause + 1)))[later]
    return merge(wire, wire.again(index, wire.t[records[place]] + pause))


def swapped(making: Making) -> Wire:
    """Threads fill batches, and now and then an item is that of another place of the batch: its number comes twice, and
    that of the place never."""
    making.right = either(
        "sender-repeat", "unexplained", "retransmission", "path-copy", "early-overwrite/weak", RING_WEAKLY
    )
    wire = making.traffic()
    rng = making.rng
    records = np.flatnonzero(wire.what == RECORD)
    struck = np.flatnonzero(np.isin(records, some(rng, records[making["batch"] :], making["want"])))
    first = struck // making["batch"] * making["batch"]
    other = np.minimum(first + rng.integers(0, making["batch"], len(struck)), len(records) - 1)
    fine = (other != struck) & ~np.isin(other, struck)
    place, other = records[struck[fine]], records[other[fine]]
    return merge(without(wire, place), wire.again(other, wire.t[place]))


KINDS: dict[str, Kind] = {
    "old record instead": Kind(
        build=old_instead,
        spaces={
            "want": Whole(3, 3_000),
            "by": Pick("count", "time", "time"),
            "age": Log(3, 9_000),
            "jitter": Log(0.01, 0.5),
            "law": Pick("uniform", "normal", "tail"),
        },
        weight=3,
    ),
    "pushed out of a queue": Kind(
        build=pushed_out,
        spaces={**DELAY, "want": Whole(3, 3_000), "pushes": Flat(0.4, 1), "within": Pick(0, 0, 1, 4)},
        weight=2,
    ),
    "record described again": Kind(
        build=described,
        spaces={
            "by": Pick("count", "time"),
            "every": Whole(20, 5_000),
            "jitter": Mostly(0.0, 0.5, Log(1e-4, 0.2)),
            "renewed": Pick(1_000_000, 1_000_000, 20, 5),
        },
        weight=2,
    ),
    "window is full": Kind(
        build=stalled,
        spaces={"want": Whole(3, 300), "window": Whole(8, 4_096), "timeout": Log(30, 3_000), "jitter": Log(0.003, 0.3)},
    ),
    "items swapped": Kind(build=swapped, spaces={"want": Whole(3, 1_000), "batch": Whole(4, 64)}),
}
