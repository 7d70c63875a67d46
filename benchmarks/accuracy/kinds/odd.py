"""Copies without a mechanism, and numbers that do not say what they seem to."""

from __future__ import annotations

import numpy as np

from benchmarks.accuracy.case import INNOCENT, RING_WEAKLY, Kind, Making, either, records_of, some
from benchmarks.accuracy.spaces import Log, Pick, Whole
from benchmarks.accuracy.wire import HOST, RECORD, Wire, merge

NOT_COUNTING = ("no-counter", "unexplained")


def scattered(making: Making) -> Wire:
    """Copies at distances drawn from a smooth law, at least a fiftieth wide."""
    making.right = either(*INNOCENT, RING_WEAKLY)
    wire = making.traffic()
    rng = making.rng
    index = some(rng, records_of(wire), making["want"])
    centre = min(making["centre"], len(wire) / 3)
    width = max(making["width"], 4 / centre)  # copies at one distance would be what a ring makes
    match making["law"]:
        case "even":
            distance = rng.uniform(0, 2 * centre, len(index))
        case "band":
            distance = centre * (1 + width * rng.uniform(-1, 1, len(index)))
        case "normal":
            distance = centre * (1 + width * rng.normal(0, 1, len(index)))
        case "log":
            distance = centre * np.exp(3 * width * rng.normal(0, 1, len(index)))
        case _:
            distance = rng.exponential(centre, len(index))
    at = index + np.maximum(1, distance).astype(np.int64)
    inside = at < len(wire)
    return merge(wire, wire.again(index[inside], wire.t[at[inside]] + 1))


def shared_number(making: Making) -> Wire:
    """A message in several frames, all with the message's number: the payloads differ."""
    making.right = either(NOT_COUNTING, "clean", "sender-repeat/weak")
    making.counted = False
    wire = making.traffic()
    records = np.flatnonzero(wire.what == RECORD)
    wire.size[records] += 80  # so that there is content to differ in
    if making["share"] < 1:
        records = records[making.rng.random(len(records)) < making["share"]]
    parts = []
    for turn in range(1, making["parts"]):
        part = making.rebuilt(
            wire.again(records, wire.t[records] + turn * max(1, int(making["gap"] * making["apart"])))
        )
        part.salt[:] = turn
        parts.append(part)
    return merge(wire, *parts)


def behind_one_key(making: Making) -> Wire:
    """Several senders, each with a counter of its own, look like one stream."""
    making.right = either(
        NOT_COUNTING, "clean", "retransmission/weak", "sender-repeat/weak", "path-copy/weak", RING_WEAKLY
    )
    making.counted = False
    wire = making.traffic()
    records = np.flatnonzero(wire.what == RECORD)
    which = wire.stream[records]
    wire.size[records] += 80
    wire.salt[records] = which + 1
    wire.seq[records] += which * making["apart"]
    wire.stream[records] = 0
    return wire


def over_flows(making: Making) -> Wire:
    """One counter over several flows, read flow by flow: each looks full of gaps. Some frames are mirrored, or none."""
    making.right = either(
        "path-copy", "redundancy/weak", "sender-repeat", "retransmission/weak", "unexplained/weak", "no-counter"
    )
    making.force["anchor"] = "udp"
    wire = making.traffic()
    spread_over_flows(making, wire)
    index = some(making.rng, np.flatnonzero(wire.what <= HOST)[20:], int(making["mirrored"] * len(wire)))
    if not len(index):
        making.right, making.counted = ("clean", "no-counter"), True
    behind = np.maximum(1, making["behind"] * making.rng.uniform(0.5, 1.5, len(index)))
    return merge(wire, wire.again(index, wire.t[index] + behind.astype(np.int64)))


def spread_over_flows(making: Making, wire: Wire) -> None:
    """The same counter, but the packets take turns over flows of their own ports."""
    records = np.flatnonzero(wire.what == RECORD)
    flow = making.rng.integers(0, making["flows"], making.builds_below(wire))
    wire.stream[records] = flow[wire.build[records]]


def no_counter(making: Making) -> Wire:
    """What the spec reads does not count: a time stamp, chance, a counter in another byte order, a few values."""
    making.right = either(NOT_COUNTING)
    making.counted = False
    wire = making.traffic()
    rng = making.rng
    records = np.flatnonzero(wire.what == RECORD)
    count = len(records)
    making.force |= {"bits": making["bits"], "start": 0}
    most = 2 ** min(62, making["bits"])
    above = making["instead"] == "upper"
    match making["instead"]:
        case "chance":
            numbers = rng.integers(0, most, count)
        case "time":
            numbers = (wire.t[records] - wire.t[0]) // making["tick"] % most
        case "other order":
            width = making["bits"] // 8
            numbers = (rng.integers(0, most // 2) + wire.seq[records]) % most
            swapped = np.zeros(count, np.uint64)
            for index in range(width):
                swapped |= (numbers.astype(np.uint64) >> np.uint64(8 * index) & np.uint64(255)) << np.uint64(
                    8 * (width - 1 - index)
                )
            numbers = (swapped & np.uint64(2**62 - 1)).astype(np.int64)
        case "few":
            numbers = rng.integers(0, making["values"], count)
        case "upper":  # the counter's upper bits: each value many times, as if sent on purpose
            numbers = wire.seq[records] // making["often"]
        case _:  # the counter, and something else below it
            numbers = (wire.seq[records] * making["times"] + rng.integers(0, making["times"], count)) % most
    steps = np.diff(numbers)
    if above or (steps == 0).mean() > 0.4:
        making.right = either(NOT_COUNTING, "sender-repeat", "path-copy/weak", "retransmission/weak")
    elif ((steps > 0) & (steps <= 4)).mean() > 0.8:  # as good as a counter under loss
        making.right = either(NOT_COUNTING, "clean", INNOCENT)
    wire.seq[records] = numbers
    return wire


def restarted(making: Making) -> Wire:
    """The sender starts over now and then, and some frames are mirrored."""
    making.right = either("path-copy", "redundancy/weak", "sender-repeat", "retransmission/weak", "unexplained/weak")
    making.counted = False
    making.force["start"] = 0
    wire = making.traffic()
    records = np.flatnonzero(wire.what == RECORD)
    for cut in np.sort(making.rng.integers(300, max(301, len(records) - 300), making["times"])):
        wire.seq[records[cut:]] -= wire.seq[records[cut]]
        wire.t[records[cut] :] += int(making["pause"] * making["gap"])
    index = some(making.rng, np.flatnonzero(wire.what <= HOST)[20:], max(1, int(making["mirrored"] * len(wire))))
    behind = np.maximum(1, making["behind"] * making.rng.uniform(0.5, 1.5, len(index)))
    return merge(wire, wire.again(index, wire.t[index] + behind.astype(np.int64)))


def short_counter(making: Making) -> Wire:
    """A counter of eight bits or ten, and copies that come later than it goes round."""
    making.right = either(INNOCENT, NOT_COUNTING, "clean", RING_WEAKLY)
    making.counted = False
    making.force["bits"] = making["bits"]
    wire = making.traffic()
    index = some(making.rng, records_of(wire), making["want"])
    round_ = 2 ** making["bits"]
    distance = np.maximum(1, making["rounds"] * round_ * (1 + making["width"] * making.rng.normal(0, 1, len(index))))
    at = index + distance.astype(np.int64)
    inside = at < len(wire)
    return merge(wire, wire.again(index[inside], wire.t[at[inside]] + 1))


KINDS: dict[str, Kind] = {
    "scattered": Kind(
        build=scattered,
        spaces={
            "want": Whole(1, 10_000),
            "centre": Log(2, 15_000),
            "width": Log(0.02, 0.5),
            "law": Pick("even", "band", "band", "normal", "normal", "log", "exponential"),
        },
        weight=5,
    ),
    "parts share a number": Kind(
        build=shared_number,
        spaces={"parts": Whole(2, 5), "share": Pick(1.0, 1.0, 0.3, 0.02), "apart": Log(0.001, 0.2)},
        scene={"late": 0.0},
    ),
    "several behind one key": Kind(
        build=behind_one_key,
        spaces={"apart": Whole(1, 100_000)},
        scene={"streams": Whole(2, 8), "queue_streams": 0},
    ),
    "counter too short": Kind(
        build=short_counter,
        spaces={
            "bits": Pick(8, 8, 10),
            "want": Whole(1, 3_000),
            "rounds": Log(0.3, 12),
            "width": Log(0.02, 0.5),
        },
        weight=2,
    ),
    "one counter over flows": Kind(
        build=over_flows,
        spaces={"flows": Whole(2, 12), "mirrored": Pick(0.0, 0.01, 0.3, 1.0), "behind": Log(20, 50_000)},
        scene={"streams": 1, "queue_streams": 0},
    ),
    "restarts among copies": Kind(
        build=restarted,
        spaces={
            "mirrored": Pick(0.01, 0.3, 1.0),
            "behind": Log(20, 50_000),
            "times": Whole(1, 5),
            "pause": Pick(0, 10, 1_000_000),
        },
        scene={"streams": 1, "queue_streams": 0, "late": 0.0, "begins": 0.0},
    ),
    "no counter": Kind(
        build=no_counter,
        spaces={
            "bits": Pick(16, 32, 32, 64),
            "instead": Pick("chance", "time", "other order", "few", "times", "upper"),
            "tick": Log(1, 1e6),
            "values": Whole(1, 2_000),
            "often": Pick(16, 256, 4096),
            "times": Pick(256, 65_536, 1 << 24, 3, 1000),
        },
        scene={"streams": 1, "queue_streams": 0, "late": 0.0},
        weight=3,
    ),
}
