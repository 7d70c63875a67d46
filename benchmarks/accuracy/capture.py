"""What the capture holds of a wire: some frames were overtaken, some lost, some filtered away, some are from other
senders."""

from __future__ import annotations

import numpy as np

from benchmarks.accuracy.ring import rank
from benchmarks.accuracy.spaces import Params
from benchmarks.accuracy.wire import ALIEN, RECORD, Wire, merge


def strangers(params: Params, wire: Wire, rng: np.random.Generator) -> Wire:
    """Frames of other machines in between."""
    count = int(len(wire) * params["aliens"])
    if not count:
        return wire
    t = np.sort(rng.integers(wire.t[0], wire.t[-1] + 1, count))
    return merge(wire, Wire(count, t=t, what=ALIEN, build=(1 << 50) + np.arange(count), made=t, size=20, slot=-1))


def overtaken(params: Params, wire: Wire, rng: np.random.Generator) -> Wire:
    """Some frames fall back behind some others."""
    count = len(wire)
    if not params["late"] or count < 100:
        return wire
    index = np.flatnonzero(rng.random(count) < params["late"])
    index = index[(index > 20) & (index < count - 20 - params["late_by"])]
    t = wire.t.copy()
    t[index] = wire.t[index + rng.integers(1, params["late_by"] + 1, len(index))] + 1
    wire.t = t
    return wire.rows(np.argsort(t, kind="stable"))


def seen_from(params: Params, wire: Wire) -> Wire:
    """Without what went by before the capture began."""
    return wire.rows(np.arange(int(len(wire) * params["begins"]), len(wire)))


def stamped(params: Params, wire: Wire, rng: np.random.Generator) -> Wire:
    """The times as a capture's clock gives them, which may be poor; the order stays."""
    match params["stamps"]:
        case "to the ms":
            wire.t = wire.t // 10**6 * 10**6
        case "all alike":
            wire.t = np.full(len(wire), wire.t[0])
        case "set back" if len(wire) > 10:
            at = int(rng.integers(5, len(wire) - 5))
            wire.t = wire.t - np.where(np.arange(len(wire)) >= at, 2_500_000_000, 0)
        case _:
            pass
    return wire


def lost(params: Params, wire: Wire, rng: np.random.Generator) -> np.ndarray:
    """bool[rows]: never captured. The first numbers of each stream always come: what is missing counts from them."""
    rate = min(0.7, params["loss"] * params["heavy_loss"])
    run = params["loss_run"]
    gone = np.zeros(len(wire), np.bool_)
    if rate:
        begins = np.flatnonzero(rng.random(len(wire)) < rate / run)
        for step in range(run):
            gone[np.minimum(begins + step, len(wire) - 1)] = True
    records = np.flatnonzero(wire.what == RECORD)
    gone[records[rank(wire.stream[records]) < 4]] = False
    return gone
