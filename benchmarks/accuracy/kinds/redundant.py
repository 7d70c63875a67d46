"""Two paths on purpose, each with its own delay and loss."""

from __future__ import annotations

import numpy as np

from benchmarks.accuracy.case import (
    RING_WEAKLY,
    Kind,
    Making,
    either,
    from_source,
    gap_of,
    spread,
)
from benchmarks.accuracy.kinds.way import DELAY
from benchmarks.accuracy.spaces import Flat, Log, Mostly, Pick, Whole
from benchmarks.accuracy.wire import RECORD, Wire, merge


def two_ways(making: Making) -> Wire:
    """Each frame on two ways, each with a loss and a delay of its own; the skew drifts."""
    making.right = either("redundancy", "path-copy", "unexplained/weak")
    if making["marked"] == "no":  # as a sender that repeats each packet later, on purpose
        making.right = either(making.right, "sender-repeat", "retransmission/weak", RING_WEAKLY)
    wire = making.traffic()
    rng = making.rng
    index = from_source(wire) if making["foreign"] else np.flatnonzero(wire.what == RECORD)
    place = (wire.t[index] - wire.t[0]) / (wire.t[-1] - wire.t[0])
    delay = min(making["delay"], len(wire) / 4) * gap_of(wire)
    skew = delay * spread(rng, making["law"], making["jitter"], len(index)) * (1 + making["drift"] * place)
    other = wire.again(index, wire.t[index] + np.maximum(1, skew).astype(np.int64))
    mark(making, wire, index, other)
    keep_a = rng.random(len(wire)) >= making["loss_a"] * (wire.what <= 1)
    keep_a[:50] = True
    keep_b = rng.random(len(other)) >= making["loss_b"]
    return merge(wire.rows(np.flatnonzero(keep_a)), other.rows(np.flatnonzero(keep_b)))


def mark(making: Making, first: Wire, index: np.ndarray, second: Wire) -> None:
    """How the two ways are told apart."""
    match making["marked"]:
        case "vlan":
            second.vlan = second.vlan + 100
        case "mac":
            making.force["anchor"] = "udp"
            second.mac = second.mac + 1
        case "prp":
            making.force["anchor"] = "udp"
            first.lan[index] = 1
            second.lan[:] = 2
        case "tag":
            two_lans(making, first, index, second)
        case _:
            pass
    if making["marked"] == "prp":
        making.right = either("redundancy", "path-copy")


def tagged(making: Making) -> Wire:
    """PRP (IEC 62439-3), HSR, or 802.1CB: the spec reads the number of the tag itself, two LANs deliver."""
    making.force["outer"] = making["tag"]
    making.force["anchor"], making.force["tags"] = "udp", 0
    wire = two_ways(making)
    making.right = either("redundancy", "path-copy" if making["tag"] == "frer" else "path-copy/weak")
    return wire


def two_lans(making: Making, first: Wire, index: np.ndarray, second: Wire) -> None:
    """The tag tells the LAN: PRP and HSR write it in, 802.1CB does not."""
    if making["tag"] == "frer":
        first.lan[index], second.lan[:] = 0, 0
    else:
        first.lan[index], second.lan[:] = 1, 2


KINDS: dict[str, Kind] = {
    "two ways": Kind(
        build=two_ways,
        spaces={
            **DELAY,
            "foreign": Pick(True, False),
            "drift": Mostly(0.0, 0.3, Flat(-0.5, 2)),
            "loss_a": Mostly(0.0, 0.7, Log(1e-4, 0.3)),
            "loss_b": Mostly(0.0, 0.7, Log(1e-4, 0.3)),
            "marked": Pick("no", "no", "vlan", "mac", "prp"),
        },
        scene={"slots": Whole(2_000, 20_000), "aliens": 0.0},
        weight=2,
    ),
    "redundancy tag": Kind(
        build=tagged,
        spaces={
            **DELAY,
            "foreign": Pick(False),
            "drift": Mostly(0.0, 0.3, Flat(-0.5, 2)),
            "tag": Pick("prp", "hsr", "frer"),
            "loss_a": Mostly(0.0, 0.7, Log(1e-4, 0.3)),
            "loss_b": Mostly(0.0, 0.7, Log(1e-4, 0.3)),
            "marked": Pick("tag"),
        },
        scene={
            "slots": Whole(2_000, 20_000),
            "aliens": 0.0,
            "host": 0.0,
            "streams": 1,
            "queues": 0.0,
            "queue_streams": 0,
            "link": "ethernet",
            "delay": Log(0.02, 2_000),
        },
        weight=2,
    ),
}
