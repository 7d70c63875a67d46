"""Copies that are made on the way: mirrors, second ways, loops, queues."""

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
# What nobody can tell from a copy made on the way: a frame that layer 2, or a sender whose packets carry nothing of
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


def delayed(making: Making) -> Wire:
    """Some frames once more after a delay, with jitter or without: a tap, a second way, a resend below IP."""
    making.right = either(COPY, RING_WEAKLY, "redundancy/weak", "sender-repeat/weak")
    wire = making.traffic()
    index = chosen(making, wire)
    return merge(wire, wire.again(index, held_back(making, wire, index)))


def delayed_all(making: Making) -> Wire:
    """All frames once more after a delay."""
    making.right = either(COPY, "redundancy", "sender-repeat", RING_WEAKLY)
    wire = making.traffic()
    index = from_source(wire) if making["foreign"] else np.flatnonzero(wire.what == RECORD)
    return merge(wire, wire.again(index, held_back(making, wire, index)))


def two_ways(making: Making) -> Wire:
    """Each frame on two ways, each with a loss and a delay of its own; the skew drifts."""
    making.right = either("redundancy", "path-copy", "unexplained/weak")
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
        "loop", *(("path-copy", "unexplained", "sender-repeat/weak", RING_WEAKLY) if not falls else ())
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
    """After a switch-over a buffer is handed over once more: the last k frames, perhaps by two ports at once."""
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
        start = wire.t[index[-1]] + making["wait"] * gap_of(wire)
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


def faster_way(making: Making) -> Wire:
    """Some frames come by a faster way as well: their numbers come early, and then again in their place."""
    making.right = either(COPY, RING_WEAKLY, "redundancy", "sender-repeat/weak")
    wire = making.traffic()
    index = chosen(making, wire)
    index = index[index > len(wire) // 3]
    delay = min(making["delay"], len(wire) / 4) * gap_of(wire)
    ahead = delay * spread(making.rng, making["law"], making["jitter"], len(index))
    return merge(wire, wire.again(index, wire.t[index] - np.maximum(1, ahead).astype(np.int64)))


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


AT_ONCE: Spaces = {"behind": Log(20, 50_000), "jitter": Mostly(0.0, 0.8, Log(0.001, 0.5))}
KINDS: dict[str, Kind] = {
    "mirror, all": Kind(
        build=mirror_all, spaces={**AT_ONCE, "foreign": Pick(True, True, False), "between": Pick(True, False)}
    ),
    "mirror, some": Kind(build=mirror_some, spaces={**WANT, **AT_ONCE}),
    "copy with another header": Kind(
        build=changed,
        spaces={**WANT, **DELAY, "all": Pick(True, False), "what": Pick("hop", "tag", "vlan", "mac", "tos")},
    ),
    "delayed, some": Kind(build=delayed, spaces={**WANT, **DELAY}, weight=5),
    "delayed, all": Kind(build=delayed_all, spaces={**DELAY, "foreign": Pick(True, False)}, weight=1),
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
    "copy by a faster way": Kind(build=faster_way, spaces={**WANT, **DELAY}, weight=3),
    "capture on any": Kind(
        build=on_any, spaces={"behind": Log(20, 50_000)}, scene={"link": "cooked", "slots": Whole(2_000, 15_000)}
    ),
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
    "failover to another address": Kind(
        build=failover,
        spaces={**WANT, **DELAY, "at": Flat(0.1, 0.9), "around": Log(0.01, 1)},
    ),
    "radio retries": Kind(build=radio, spaces={**WANT, "group": Whole(1, 64), "more": Flat(0, 0.7)}),
}
