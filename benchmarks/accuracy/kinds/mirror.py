"""Copies that a mirror port, a bond, a bridge or a capture of all interfaces makes."""

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
from benchmarks.accuracy.kinds.way import COPY, DELAY, WANT, chosen, held_back
from benchmarks.accuracy.spaces import Flat, Log, Mostly, Pick, Spaces, Whole
from benchmarks.accuracy.wire import RECORD, Wire, merge

AT_ONCE: Spaces = {"behind": Log(20, 50_000), "jitter": Mostly(0.0, 0.8, Log(0.001, 0.5))}


def mirror_all(making: Making) -> Wire:
    """A mirror port, a bond or `any`: each frame twice, at once."""
    making.right = either("path-copy", "sender-repeat", "redundancy", "unexplained/weak")
    wire = making.traffic()
    index = from_source(wire) if making["foreign"] else np.flatnonzero(wire.what == RECORD)
    step = np.diff(wire.t, append=wire.t[-1] + making["gap"])[index]
    behind = np.maximum(1, making["behind"] * spread(making.rng, "uniform", making["jitter"], len(index)))
    if making["between"]:  # never behind the next frame
        behind = np.minimum(behind, np.maximum(1, step - 1))
    return merge(wire, wire.again(index, wire.t[index] + behind.astype(np.int64)))


def mirror_some(making: Making) -> Wire:
    """Copies at once, of some frames."""
    making.right = either("path-copy", "unexplained", "retransmission", "sender-repeat/weak")
    wire = making.traffic()
    index = chosen(making, wire)
    behind = np.maximum(1, making["behind"] * spread(making.rng, "uniform", making["jitter"], len(index)))
    return merge(wire, wire.again(index, wire.t[index] + behind.astype(np.int64)))


def changed(making: Making) -> Wire:
    """The copy passed a router or a bridge: hop count, VLAN, addresses or type of service differ."""
    making.right = either(
        "path-copy", "redundancy" if making["all"] else "redundancy/weak", "unexplained/weak", "loop/weak"
    )
    if making["what"] != "vlan":  # on layer 2 other addresses would be another stream
        making.force["anchor"] = "udp"
    else:
        making.force["tags"] = int(making.rng.integers(1, 3))
    wire = making.traffic()
    index = from_source(wire) if making["all"] else chosen(making, wire)
    copies = wire.again(index, held_back(making, wire, index))
    match making["what"]:
        case "hop":
            copies.hop = copies.hop + 1
            copies.mac = copies.mac + 1
        case "tag":
            copies.tags = copies.tags + 1
        case "vlan":
            copies.vlan = copies.vlan + 7
        case "mac":
            copies.mac = copies.mac + 1
        case _:
            copies.tos = copies.tos + 0x28
    return merge(wire, copies)


def in_batches(making: Making) -> Wire:
    """The copies are collected and handed over together, by number or by time."""
    making.right = either(COPY, RING_WEAKLY, "redundancy", "sender-repeat")
    wire = making.traffic()
    index = chosen(making, wire) if making["some"] else from_source(wire)
    every = min(making["every"], max(2, len(wire) // 4))
    if making["by"] == "time":
        period = int(every * gap_of(wire))
        out = wire.t[0] + ((wire.t[index] - wire.t[0]) // period + 1) * period
    else:
        last = np.minimum((np.arange(len(index)) // every + 1) * every - 1, len(index) - 1)
        out = wire.t[index[last]] + 1
    place = np.arange(len(index)) - np.searchsorted(out, out)  # in the batch
    return merge(wire, wire.again(index, out + place * max(1, int(making["pace"] * gap_of(wire)))))


def for_a_while(making: Making) -> Wire:
    """A mirror is switched on for a part of the time, or two take over from each other and both send for a while."""
    making.right = either(
        "path-copy", "redundancy/weak", "unexplained", "sender-repeat/weak", "retransmission/weak", RING_WEAKLY
    )
    wire = making.traffic()
    source = from_source(wire)
    begin = int(len(source) * making["at"])
    index = source[begin : begin + max(1, int(len(source) * making["long"]))]
    copies = wire.again(index, held_back(making, wire, index))
    if making["other_address"]:
        making.force["anchor"] = "udp"
        copies.mac = copies.mac + 1
    return merge(wire, copies)


def on_any(making: Making) -> Wire:
    """A capture of all interfaces: each frame on the way in and out of a bridge, or at a bond and at its port."""
    making.right = either("path-copy", "redundancy/weak", "sender-repeat/weak")
    wire = making.traffic()
    index = from_source(wire)
    copies = wire.again(
        index, wire.t[index] + np.maximum(1, making["behind"] * making.rng.random(len(index))).astype(np.int64)
    )
    wire.arrival[:], copies.arrival[:] = making.rng.choice([0, 3, 4], 2)
    return merge(wire, copies)


KINDS: dict[str, Kind] = {
    "mirror, all": Kind(
        build=mirror_all, spaces={**AT_ONCE, "foreign": Pick(True, True, False), "between": Pick(True, False)}
    ),
    "mirror, some": Kind(build=mirror_some, spaces={**WANT, **AT_ONCE}),
    "copy with another header": Kind(
        build=changed,
        spaces={**WANT, **DELAY, "all": Pick(True, False), "what": Pick("hop", "tag", "vlan", "mac", "tos")},
    ),
    "copies in batches": Kind(
        build=in_batches,
        spaces={
            **WANT,
            "some": Pick(True, True, False),
            "every": Whole(2, 8_000),
            "by": Pick("time", "number"),
            "pace": Log(1e-3, 0.5),
        },
        weight=2,
    ),
    "copies for a while": Kind(
        build=for_a_while,
        spaces={**DELAY, "at": Flat(0.05, 0.8), "long": Log(0.001, 0.5), "other_address": Pick(True, False)},
        weight=2,
    ),
    "capture on any": Kind(
        build=on_any, spaces={"behind": Log(20, 50_000)}, scene={"link": "cooked", "slots": Whole(2_000, 15_000)}
    ),
}
