"""What is believed before a capture is looked at, as data: base rates of causes, ring sizes, jitter, shares.

Each number has its reason beside it. None of them decides where the duplicates speak: ten duplicates that agree
outweigh the base rates by far. docs/accuracy.md has a table of how the result depends on them. Probabilities, natural
logs."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from numpy.typing import NDArray

from .keys import Bools, Floats

# How often each cause is behind duplicates that people bring to a tool like this. Copies on the way are by far the
# most usual (Wireshark's wiki, Riverbed, packetevents: nearly every report of duplicates is a mirror port); rings are
# what the tool is asked about, so they are not rare among its captures. Of a mixture, each part costs its own rate.
BASE = {
    "stale-slot": 0.15,
    "ring-replay": 0.04,
    "early-overwrite": 0.04,
    "path-copy": 0.35,
    "loop": 0.06,
    "retransmission": 0.15,
    "sender-repeat": 0.08,
    "redundancy": 0.05,
    "unexplained": 0.08,
}

# Ring sizes: (size, weight, where). Defaults and maxima as drivers set them, and those of public reports.
KNOWN: tuple[tuple[int, float, str], ...] = (
    (32, 1, "freebsd-net 2017 (netmap over ixgbe)"),
    (48, 0.5, "a 48-slot audio ring (ASFireWire PR 80)"),
    (64, 2, "power of two"),
    (128, 3, "virtio, 256 descriptors at two per packet (netmap PR 726)"),
    (256, 6, "default of e1000, e1000e, igb, ice; virtio in netmap"),
    (512, 8, "default of ixgbe, i40e and vmxnet3; netmap issue 400"),
    (1024, 7, "default of mlx5e and of older ixgbe; netmap's emulated adapter; DPDK examples"),
    (1600, 0.5, "netmap issue 950"),
    (2048, 5, "default of AF_XDP (libxdp)"),
    (4096, 7, "maximum of ixgbe, i40e, igb, e1000e; freebsd-net 2017"),
    (8160, 2, "maximum of ice and of i40e on XL710"),
    (8192, 3, "maximum of mlx5e"),
    (16384, 1, "power of two"),
)
SMALLEST, LARGEST = 2, 1 << 17
HARDLY = 24  # below it no driver that we know of; a ring in software may be smaller, so it is not excluded
# Shares of the sizes: those above; multiples of 32 and of 8 (ixgbe, i40e and others round to them), log-uniform; any.
FROM_KNOWN, FROM_32, FROM_8, FROM_ANY, FROM_TINY = 0.40, 0.15, 0.15, 0.30, 1e-5
GIVEN = 0.95  # that the size the user gives is the ring's
# (share of the slots that is in view, probability): frames that a filter hides and that take every second slot, or
# every third one, ... shorten all laps alike. Flows sent in turn do that; few senders keep to it for a whole capture.
# NOW_AND_THEN: at other fixed shares, such as every 45th slot, that leave at least so many in view.
NOW_AND_THEN, IN_VIEW = 1e-5, 0.75
IN_TURN = ((1 / 2, 2e-4), (2 / 3, 1e-4), (1 / 3, 5e-5), (3 / 4, 1e-4), (1 / 4, 3e-5), (4 / 5, 5e-5), (1 / 5, 2e-5))

# Lengths of a window, history or block that is sent again: powers of two and round decimal numbers are what people
# write, the rest is log-uniform up to 2**15.
BLOCK_POWER, BLOCK_ROUND = 0.25, 0.15
LONGEST = 1 << 15

REPLAY_WHOLE = 0.08  # of ring faults send all of the ring again (netmap 883), each time

LAPS = (0.985, 0.012, 0.003)  # a slot's content survives k laps only where it is not written meanwhile
DELAY = (math.log(50.0), math.log(1e11))  # ns: from a mirror in the same switch to a timer of 100 s
# How much burstier than independent events the other frames of a lap come; below 1, more evenly (polling, keepalives).
OTHERS = (0.3, 1.0, 2.0, 4.0, 8.0)
OTHERS_WEIGHT = (0.1, 0.45, 0.2, 0.15, 0.1)
NARROW, NARROW_WEIGHT = 0.05, 0.01  # a smooth spread narrower than that (natural log) has no known reason
TOGETHER = 0.03  # that a further cause is at work beside one, each time
ODD = 0.01  # of duplicates are none of what was thought of, in any explanation


@cache
def _sizes() -> Floats:
    """Log-probability of each ring size up to LARGEST; index = size."""
    weight = np.zeros(LARGEST + 1)
    every = np.arange(1, LARGEST + 1)
    flat = np.where((every >= HARDLY) & (every <= 20_000), 1.0 / every, 0.05 / every * (every > 20_000))
    for share, step in ((FROM_32, 32), (FROM_8, 8), (FROM_ANY, 1)):
        chosen = np.where(every % step == 0, flat, 0.0)
        weight[1:] += share * chosen / chosen.sum()
    tiny = np.where((every >= SMALLEST) & (every < HARDLY), 1.0 / every, 0.0)
    weight[1:] += FROM_TINY * tiny / tiny.sum()
    total = sum(each for _, each, _ in KNOWN)
    for size, each, _ in KNOWN:
        weight[size] += FROM_KNOWN * each / total
    with np.errstate(divide="ignore"):
        result: Floats = np.log(weight)
    return result


def size(sizes: NDArray[np.int64], given: tuple[int, ...] = ()) -> Floats:
    """Log-probability of these ring sizes."""
    inside = (sizes >= SMALLEST) & (sizes <= LARGEST)
    free = np.where(inside, _sizes()[np.clip(sizes, 0, LARGEST)], -np.inf)
    if not given:
        return free
    named = np.isin(sizes, np.array(given))
    result: Floats = np.logaddexp(np.where(named, math.log(GIVEN / len(given)), -np.inf), free + math.log(1 - GIVEN))
    return result


def origin(of: int) -> str:
    """Where a ring of this size is known from, or nothing."""
    return next((where for known, _, where in KNOWN if known == of), "")


def _powers(numbers: NDArray[np.int64]) -> Bools:
    result: Bools = (numbers & (numbers - 1)) == 0
    return result


def _rounds(numbers: NDArray[np.int64]) -> Bools:
    result: Bools = (numbers >= 10) & np.isin(numbers / 10 ** np.floor(np.log10(numbers)), (1.0, 2.0, 2.5, 5.0))
    return result


def written(length: int) -> bool:
    """Whether that is the kind of number that people write for a window or a block: a power of two, or a round one."""
    one = np.array([length], np.int64)
    return bool((_powers(one) | _rounds(one))[0])


@cache
def _blocks() -> Floats:
    every = np.arange(1, LONGEST + 1)
    weight = np.zeros(LONGEST + 1)
    power, round_ = _powers(every), _rounds(every)
    for share, chosen in (
        (BLOCK_POWER, power / every**0.75),
        (BLOCK_ROUND, round_ / np.sqrt(every)),
        (1 - BLOCK_POWER - BLOCK_ROUND, 1.0 / every),
    ):
        weight[1:] += share * chosen / chosen.sum()
    with np.errstate(divide="ignore"):
        result: Floats = np.log(weight)
    return result


def block(lengths: NDArray[np.int64]) -> Floats:
    """Log-probability of the length of a block that is sent again for another reason than a ring."""
    return np.where(lengths <= LONGEST, _blocks()[np.clip(lengths, 0, LONGEST)], math.log(1e-7))
