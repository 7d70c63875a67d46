"""Copies that took another path than the frame, or waited: delays, queues, loops, radio."""

from __future__ import annotations

import numpy as np

from benchmarks.accuracy.case import (
    RING_WEAKLY,
    Kind,
    Making,
    apart,
    either,
    from_source,
    gap_of,
    records_of,
    some,
    spread,
)
from benchmarks.accuracy.spaces import Flat, Log, Mostly, Pick, Spaces, Whole
from benchmarks.accuracy.wire import RECORD, Wire, merge

WANT: Spaces = {"want": Whole(1, 10_000), "foreign": Pick(True, False)}
DELAY: Spaces = {
    "delay": Log(0.02, 20_000),  # in gaps between frames
    "jitter": Mostly(0.0, 0.75, Log(1e-4, 0.5)),  # standard deviation, of the delay
    "law": Pick("uniform", "normal", "tail", "two"),
}
# What nobody can tell from a copy made on the path: a frame that layer 2, or a sender whose packets carry nothing of
# their own, sent again. A ring fits as well, where the rate is steady or copies are few, but must not be stated.
COPY = ("path-copy", "retransmission", "unexplained")


def chosen(making: Making, wire: Wire) -> np.ndarray:
    """Rows that are copied: `want` of the numbered ones and as large a share of the others."""
    rng = making.rng
    records = records_of(wire)
    picked = some(rng, records, making["want"])
    if making["foreign"] and len(records):
        others = np.flatnonzero((wire.what != RECORD) & (wire.what <= 1))
        picked = np.sort(np.r_[picked, some(rng, others, int(len(others) * len(picked) / len(records)))])
    return picked


def held_back(making: Making, wire: Wire, index: np.ndarray) -> np.ndarray:
    """When the copies of these rows come: a delay with jitter, at most a third of the capture."""
    delay = min(making["delay"], len(wire) / 3) * gap_of(wire)
    factors = spread(making.rng, making["law"], making["jitter"], len(index))
    return np.asarray(wire.t[index] + np.maximum(1, delay * factors).astype(np.int64))


def delayed(making: Making) -> Wire:
    """Some frames again after a delay, with jitter or without: a tap, a second way, a resend below IP."""
    making.right = either(COPY, RING_WEAKLY, "redundancy/weak", "sender-repeat/weak")
    wire = making.traffic()
    index = chosen(making, wire)
    return merge(wire, wire.again(index, held_back(making, wire, index)))


def delayed_all(making: Making) -> Wire:
    """All frames again after a delay."""
    making.right = either(COPY, "redundancy", "sender-repeat", RING_WEAKLY)
    wire = making.traffic()
    index = from_source(wire) if making["foreign"] else np.flatnonzero(wire.what == RECORD)
    return merge(wire, wire.again(index, held_back(making, wire, index)))


def netem(making: Making) -> Wire:
    """netem duplicates some frames, and original and copy wait for a time of their own each."""
    making.right = either(COPY, RING_WEAKLY, "redundancy/weak", "sender-repeat/weak")
    wire = making.traffic()
    index = chosen(making, wire)
    copies = wire.again(index, wire.t[index])
    delay = min(making["delay"], len(wire) / 3) * gap_of(wire)
    for one in (wire, copies):
        waited = delay * spread(making.rng, making["law"], making["jitter"], len(one))
        one.t = one.t + np.maximum(0, waited).astype(np.int64)
    return merge(wire, copies)


def loop(making: Making) -> Wire:
    """Some frames go round: switches leave the hop count, routers count it down."""
    falls = making["hops"]
    making.right = either(
        "loop",
        *(("path-copy", "unexplained", "sender-repeat/weak", "retransmission/weak", RING_WEAKLY) if not falls else ()),
    )
    if falls:
        making.force["anchor"] = "udp"
    if falls and making["rounds"] < 3:
        making.right = either("loop", "path-copy")
    wire = making.traffic()
    index = some(making.rng, records_of(wire), max(1, making["want"] // making["rounds"]))
    copies = []
    period = min(making["delay"], len(wire) / 3 / making["rounds"]) * gap_of(wire)
    t = wire.t[index]
    for turn in range(1, making["rounds"] + 1):
        t = t + np.maximum(1, period * spread(making.rng, making["law"], making["jitter"], len(index))).astype(np.int64)
        once = wire.again(index, t)
        once.hop = once.hop + falls * turn
        if making["keep"] < 1:
            alive = making.rng.random(len(index)) < making["keep"]
            once, index, t = once.rows(np.flatnonzero(alive)), index[alive], t[alive]
        copies.append(once)
    return merge(wire, *copies)


def block(making: Making) -> Wire:
    """After a switch-over a buffer is handed over again: the last k frames, perhaps by two ports at once."""
    making.right = either(COPY, RING_WEAKLY, "sender-repeat", "redundancy/weak")
    wire = making.traffic()
    rng = making.rng
    source = from_source(wire) if making["foreign"] else np.flatnonzero(wire.what == RECORD)
    copies = []
    ends: list[tuple[float, float]] = []
    for _ in range(making["times"]):
        length = making["k"] if making["same"] else max(1, int(making["k"] * rng.uniform(0.3, 1)))
        length = min(length, len(source) // 3)
        end = int(rng.integers(length + 20, len(source) - 200 - length // 4))
        ends.append((end, end + length * making["pace"] + making["wait"]))
        index = source[end - length : end]
        pace = making["pace"] * gap_of(wire)
        start = wire.t[index[-1]] + making["wait"] * gap_of(wire) * np.exp(0.5 * rng.normal())
        t = start + pace * np.arange(1, length + 1)
        if making["ports"] == 2:  # the ports share the block, and each hands over its part in order
            port = rng.random(length) < 0.5
            t = np.where(port, start + pace * np.cumsum(port), start + 0.5 * pace + 1.3 * pace * np.cumsum(~port))
        copies.append(wire.again(index, t.astype(np.int64)))
    making.counted &= apart(making, ends)
    return merge(wire, *copies)


def queue(making: Making) -> Wire:
    """The copy went through a congested queue, whose depth wanders."""
    making.right = either(COPY, RING_WEAKLY, "redundancy/weak", "sender-repeat/weak")
    wire = making.traffic()
    index = chosen(making, wire)
    walk = np.cumsum(making.rng.normal(0, 1, len(wire)))
    walk = (walk - walk.min()) / max(1e-9, walk.max() - walk.min())
    depth = making["base"] + (1 - making["base"]) * walk
    delay = min(making["delay"], len(wire) / 3) * gap_of(wire) * depth[index]
    return merge(wire, wire.again(index, wire.t[index] + np.maximum(1, delay).astype(np.int64)))


def faster_way(making: Making) -> Wire:
    """Some frames come by a faster way as well: their numbers come early, and then again in their place."""
    making.right = either(COPY, RING_WEAKLY, "redundancy", "sender-repeat/weak")
    wire = making.traffic()
    index = chosen(making, wire)
    index = index[index > len(wire) // 3]
    delay = min(making["delay"], len(wire) / 4) * gap_of(wire)
    ahead = delay * spread(making.rng, making["law"], making["jitter"], len(index))
    return merge(wire, wire.again(index, wire.t[index] - np.maximum(1, ahead).astype(np.int64)))


def failover(making: Making) -> Wire:
    """The sender changes to another link-layer address; some frames leave from both."""
    making.right = either("path-copy", "redundancy", "retransmission/weak", "unexplained")
    making.force["anchor"] = "udp"
    wire = making.traffic()
    at = int(len(wire) * making["at"])
    wire.mac[at:] = 1
    index = some(making.rng, records_of(wire), making["want"])
    near = index[np.abs(index - at) < max(10, making["around"] * len(wire))]
    copies = wire.again(near, held_back(making, wire, near))
    copies.mac = 1 - copies.mac
    return merge(wire, copies)


def radio(making: Making) -> Wire:
    """Retries on the air: the copy is next to the frame, or a few frames behind where groups are acknowledged."""
    making.right = either("path-copy", "retransmission", "unexplained", "sender-repeat/weak", "loop/weak")
    wire = making.traffic()
    rng = making.rng
    index = some(rng, from_source(wire)[20:], making["want"])
    copies = []
    for turn in range(1, 5):
        if len(index):
            behind = np.minimum(index + rng.integers(0, making["group"] + 1, len(index)), len(wire) - 1)
            copies.append(wire.again(index, wire.t[behind] + turn))
        index = index[rng.random(len(index)) < making["more"]]
    return merge(wire, *copies)


KINDS: dict[str, Kind] = {
    "delayed, some": Kind(build=delayed, spaces={**WANT, **DELAY}, weight=5),
    "delayed, all": Kind(build=delayed_all, spaces={**DELAY, "foreign": Pick(True, False)}, weight=1),
    "netem duplicate": Kind(build=netem, spaces={**WANT, **DELAY, "delay": Log(0.5, 5_000)}, weight=3),
    "loop": Kind(
        build=loop,
        spaces={
            **WANT,
            **DELAY,
            "rounds": Whole(2, 40),
            "hops": Pick(0, 0, 1, 2),
            "keep": Mostly(1.0, 0.3, Flat(0.6, 1)),
            "jitter": Mostly(0.0, 0.75, Log(1e-4, 0.1)),
        },
        weight=2,
    ),
    "block once more": Kind(
        build=block,
        spaces={
            "k": Whole(2, 16_384),
            "times": Whole(1, 30),
            "same": Pick(True, False),
            "pace": Log(0.01, 2),
            "wait": Log(0.1, 1_000),
            "ports": Pick(1, 1, 2),
            "foreign": Pick(True, False),
        },
        weight=3,
    ),
    "queue of varying depth": Kind(
        build=queue, spaces={**WANT, "delay": Log(1, 20_000), "base": Flat(0, 0.95)}, weight=2
    ),
    "copy by a faster way": Kind(build=faster_way, spaces={**WANT, **DELAY}, weight=3),
    "failover to another address": Kind(
        build=failover,
        spaces={**WANT, **DELAY, "at": Flat(0.1, 0.9), "around": Log(0.01, 1)},
    ),
    "radio retries": Kind(build=radio, spaces={**WANT, "group": Whole(1, 64), "more": Flat(0, 0.7)}),
}
