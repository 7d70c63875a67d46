"""What a sender itself sends again: resends, repeats, reused buffers."""

from __future__ import annotations

import numpy as np

from benchmarks.accuracy.case import RING_WEAKLY, Kind, Making, apart, either, gap_of, records_of, some, spread
from benchmarks.accuracy.kinds.way import DELAY
from benchmarks.accuracy.spaces import Flat, Log, Mostly, Pick, Whole
from benchmarks.accuracy.wire import RECORD, Wire, merge


def resend_causes(making: Making) -> tuple[str, ...]:
    """A packet that was built again says so by its identification, if it has one; without, it is like any copy."""
    if making["new"]:
        making.right_if_new = either("retransmission", "sender-repeat/weak", "unexplained")
    return either(
        "retransmission", "path-copy", "unexplained", "sender-repeat/weak", "redundancy/weak", "loop/weak", RING_WEAKLY
    )


def resent(making: Making, copies: Wire) -> Wire:
    return making.rebuilt(copies) if making["new"] else copies


def timer(making: Making) -> Wire:
    """A timer or a round trip after the first try the packet is sent again, perhaps more than once."""
    making.right = resend_causes(making)
    wire = making.traffic()
    rng = making.rng
    index = some(rng, records_of(wire), making["want"])
    t = wire.t[index]
    wait = min(making["delay"], len(wire) / 4) * gap_of(wire)
    copies = []
    for _ in range(4):
        t = t + np.maximum(1, wait * spread(rng, making["law"], making["jitter"], len(index))).astype(np.int64)
        copies.append(resent(making, wire.again(index, t)))
        wait *= making["backoff"]
        more = rng.random(len(index)) < making["more"]
        index, t = index[more], t[more]
    return merge(wire, *copies)


def go_back(making: Making) -> Wire:
    """A timeout: the last window is sent again, and then on."""
    making.right = either(resend_causes(making), "sender-repeat")
    wire = making.traffic()
    rng = making.rng
    records = np.flatnonzero(wire.what == RECORD)
    copies: list[Wire] = []
    ends: list[tuple[float, float]] = []
    for _ in range(making["times"]):
        window = making["window"] if making["same"] else max(1, int(making["window"] * rng.uniform(0.3, 1)))
        window = min(window, len(records) // 3)
        # the count goes on behind it: at the end of the capture nobody could tell it from a restart
        end = int(rng.integers(window + 20, len(records) - 200 - window // 4))
        ends.append((end, end))
        index = records[end - window : end]
        if making["asked"] < 1:  # only those that the receiver missed, or did not confirm in time
            index = index[rng.random(window) < making["asked"]]
        if not len(index):
            continue
        window = len(index)
        # the resends push what follows back
        pause = int(making["wait"] * gap_of(wire))
        pace = max(1, int(making["pace"] * gap_of(wire)))
        start = int(wire.t[index[-1]])
        later = wire.t > start
        wire.t[later] += pause + pace * window
        for one in copies:
            one.t[one.t > start] += pause + pace * window
        copies.append(resent(making, wire.again(index, start + pause + pace * np.arange(1, window + 1))))
    making.counted &= apart(making, ends)
    return merge(wire, *copies)


def history(making: Making) -> Wire:
    """On a new connection the last k messages are sent again, one by one or the whole history."""
    making.params["window"] = making["k"]
    return go_back(making)


def repair(making: Making) -> Wire:
    """The receiver asks for what it misses, a round trip later; some of it comes twice, since it was only late."""
    making.right = resend_causes(making)
    wire = making.traffic()
    rng = making.rng
    index = some(rng, records_of(wire), making["want"])
    missed = rng.random(len(index)) < making["missed"]
    trip = min(making["delay"], len(wire) / 4) * gap_of(wire)
    t = wire.t[index] + np.maximum(1, trip * spread(rng, making["law"], making["jitter"], len(index))).astype(np.int64)
    copies = resent(making, wire.again(index, t))
    stay = np.ones(len(wire), np.bool_)
    stay[index[missed]] = False
    return merge(wire.rows(np.flatnonzero(stay)), copies)


def n_times(making: Making) -> Wire:
    """Each number n times, on purpose."""
    making.right = either("sender-repeat", "retransmission", "path-copy", "redundancy/weak", "loop/weak")
    if making["new"]:
        making.right_if_new = either("sender-repeat", "retransmission")
    wire = making.traffic()
    index = np.flatnonzero(wire.what == RECORD)
    step = max(1, int(making["gap"] * making["apart"]))
    copies = [resent(making, wire.again(index, wire.t[index] + step * turn)) for turn in range(1, making["n"])]
    return merge(wire, *copies)


def burst_tail(making: Making) -> Wire:
    """The last packet of each burst goes out twice."""
    making.right = either("sender-repeat", "unexplained", "path-copy", "retransmission/weak")
    wire = making.traffic()
    records = np.flatnonzero(wire.what == RECORD)
    index = records[making["burst"] - 1 :: making["burst"]]
    return merge(wire, wire.again(index, wire.t[index] + 1))


def later_again(making: Making) -> Wire:
    """Every packet again, m packets later, against loss in bursts."""
    making.right = either("sender-repeat", "retransmission", "path-copy", "redundancy", "unexplained", RING_WEAKLY)
    if making["new"]:
        making.right_if_new = either("sender-repeat", "retransmission", "unexplained")
    wire = making.traffic()
    records = np.flatnonzero(wire.what == RECORD)
    copies = []
    for turn in range(1, making["n"]):
        m = min(making["m"] * turn, len(records) // 2)
        copies.append(resent(making, wire.again(records[:-m], wire.t[records[m:]] + turn)))
    return merge(wire, *copies)


def every_kth(making: Making) -> Wire:
    """Every k-th packet again, about m packets later: the important ones."""
    making.right = either("sender-repeat", "retransmission", "path-copy", "unexplained", RING_WEAKLY)
    if making["new"]:
        making.right_if_new = either("sender-repeat", "retransmission", "unexplained")
    wire = making.traffic()
    records = np.flatnonzero(wire.what == RECORD)
    m = min(making["m"], len(records) // 2)
    place = np.arange(0, len(records) - m, making["k"])
    late = np.minimum(place + m + making.rng.integers(0, making["slack"] + 1, len(place)), len(records) - 1)
    return merge(wire, resent(making, wire.again(records[place], wire.t[records[late]] + 1)))


def idle_repeat(making: Making) -> Wire:
    """While there is nothing new the last packet is sent again, as a sign of life."""
    making.right = either("sender-repeat", "retransmission", "unexplained", "path-copy", "loop/weak")
    if making["new"]:
        making.right_if_new = either("sender-repeat", "retransmission", "unexplained")
    wire = making.traffic()
    rng = making.rng
    records = records_of(wire)
    index = some(rng, records, max(1, min(making["want"], len(records) // 5)))
    again = rng.geometric(1 / making["often"], len(index))
    rows = np.repeat(index, again)
    turn = np.concatenate([np.arange(1, one + 1) for one in again])
    step = np.diff(wire.t, append=wire.t[-1] + 1)[rows]
    t = wire.t[rows] + np.maximum(1, step * turn // (np.repeat(again, again) + 1))
    return merge(wire, resent(making, wire.again(rows, t)))


def pool(making: Making) -> Wire:
    """Buffers that were filled once go round: by turns, or through a cache that returns the last one first."""
    making.right = either(
        "unexplained",
        "sender-repeat",
        "no-counter",
        "clean",
        "retransmission",
        "loop/weak",
        "path-copy/weak",
        RING_WEAKLY,
    )
    making.counted = False
    wire = making.traffic()
    rng = making.rng
    index = np.flatnonzero(wire.what == RECORD)
    count, size = len(index), min(making["buffers"], len(index) // 2)
    if making["cache"] <= 1:
        which = np.arange(count) % size
    else:
        free, cache = list(range(size - 1, -1, -1)), int(making["cache"])
        which = np.empty(count, np.int64)
        at = 0
        while at < count:
            batch = min(count - at, int(rng.integers(1, min(size, cache) + 1)))
            taken = [free.pop() for _ in range(batch)]
            which[at : at + batch] = taken
            at += batch
            if making["order"] == "last first":
                free.extend(taken)
            else:
                free[:0] = reversed(taken)
    first = index[which]
    for name in ("stream", "seq", "build", "made", "size"):
        column = getattr(wire, name)
        column[index] = column[first]
    return wire


def over_again(making: Making) -> Wire:
    """A file is played several times, or was joined with itself."""
    making.right = either(
        "clean",
        "sender-repeat",
        "unexplained",
        "retransmission",
        "path-copy",
        "no-counter",
        "redundancy/weak",
        RING_WEAKLY,
    )
    making.counted = False
    wire = making.traffic()
    long = int(wire.t[-1] - wire.t[0]) + making["gap"]
    rounds = [wire]
    for turn in range(1, making["rounds"]):
        once = wire.again(np.arange(len(wire)), wire.t + int(long * turn) * (not making["same_times"]))
        rounds.append(once)
    if not making["same_times"]:
        return merge(*rounds)
    joined = merge(*rounds)
    order = np.argsort(np.tile(np.arange(len(wire)), making["rounds"]), kind="stable")
    turns = np.repeat(np.arange(making["rounds"]), len(wire))[order]
    by_round = np.lexsort((joined.t, turns))
    return joined.rows(by_round)


RESEND = {"new": Pick(True, True, False)}
KINDS: dict[str, Kind] = {
    "resend by timer": Kind(
        build=timer,
        spaces={
            **RESEND,
            **DELAY,
            "want": Whole(1, 10_000),
            "delay": Log(1, 20_000),
            "backoff": Pick(1.0, 1.0, 2.0),
            "more": Mostly(0.0, 0.4, Log(0.01, 0.6)),
        },
        weight=5,
    ),
    "repair on request": Kind(
        build=repair,
        spaces={**RESEND, **DELAY, "want": Whole(1, 10_000), "delay": Log(1, 20_000), "missed": Flat(0, 1)},
        weight=2,
    ),
    "go back n": Kind(
        build=go_back,
        spaces={
            **RESEND,
            "window": Whole(2, 4_096),
            "times": Whole(1, 60),
            "same": Pick(True, False),
            "pace": Log(0.02, 1.5),
            "wait": Log(0.1, 1_000),
            "asked": Mostly(1.0, 0.3, Flat(0.1, 1)),
        },
        weight=3,
    ),
    "history once more": Kind(
        build=history,
        spaces={
            **RESEND,
            "k": Whole(16, 16_384),
            "times": Whole(1, 5),
            "same": Pick(True, False),
            "pace": Log(0.01, 1.5),
            "wait": Log(0.1, 10_000),
            "asked": Pick(1.0),
        },
    ),
    "each n times": Kind(
        build=n_times,
        spaces={**RESEND, "n": Whole(2, 9), "apart": Log(0.001, 0.1)},
        scene={"slots": Whole(2_000, 12_000), "late": 0.0},
    ),
    "last of each burst twice": Kind(build=burst_tail, spaces={"burst": Whole(4, 512)}),
    "again m packets later": Kind(
        build=later_again,
        spaces={**RESEND, "m": Whole(2, 9_000), "n": Pick(2, 2, 2, 3, 4)},
        scene={"slots": Whole(2_000, 15_000)},
        weight=2,
    ),
    # At one distance throughout, every 60th would be a ring whose host sends every 60th frame and always fails.
    "every kth again": Kind(
        build=every_kth,
        spaces={**RESEND, "m": Whole(1, 5_000), "k": Whole(2, 60), "slack": Whole(2, 60)},
    ),
    "last again while idle": Kind(build=idle_repeat, spaces={**RESEND, "want": Whole(1, 3_000), "often": Flat(1, 6)}),
    "buffers go round": Kind(
        build=pool,
        spaces={
            "buffers": Whole(20, 9_000),
            "cache": Mostly(1, 0.7, Whole(2, 512)),
            "order": Pick("last first", "first first"),
        },
        scene={"streams": 1, "loss": Mostly(0.0, 0.4, Log(1e-4, 0.02))},
        weight=2,
    ),
    "played over again": Kind(
        build=over_again,
        spaces={"rounds": Whole(2, 12), "same_times": Pick(False, False, True)},
        scene={
            "slots": Whole(100, 8_000),
            "ring": Whole(24, 400),
            "late": 0.0,
            "loss": Mostly(0.0, 0.4, Log(1e-4, 0.02)),
        },
        weight=2,
    ),
}
