"""Captures in which nothing came twice."""

from __future__ import annotations

import numpy as np

from benchmarks.accuracy.case import Kind, Making
from benchmarks.accuracy.spaces import Flat, Log, Pick, Whole
from benchmarks.accuracy.wire import RECORD, Wire


def clean(making: Making) -> Wire:
    """Nothing happens but what the scene has: loss, overtaking, other machines."""
    making.right = ("clean",)
    return making.traffic()


def wrapping(making: Making) -> Wire:
    """A narrow counter goes round many times."""
    making.right = ("clean",)
    making.force["bits"] = making["bits"]
    return making.traffic()


def restarts(making: Making) -> Wire:
    """The sender begins again, with a pause or without."""
    making.right = ("clean",)
    making.counted, making.no_duplicates = False, True
    making.force["start"] = making["start"]
    wire = making.traffic()
    records = np.flatnonzero(wire.what == RECORD)
    cuts = np.sort(making.rng.integers(300, max(301, len(records) - 300), making["times"]))
    cuts = cuts[np.diff(cuts, prepend=0) > 300]
    for cut in cuts:
        at = records[cut]
        for stream in np.unique(wire.stream):
            mine = records[cut:][wire.stream[records[cut:]] == stream]
            if len(mine):
                wire.seq[mine] -= wire.seq[mine[0]]
        wire.t[at:] += int(making["pause"] * making["gap"])
        wire.made = np.minimum(wire.made, wire.t)
    return wire


KINDS: dict[str, Kind] = {
    "healthy": Kind(build=clean, weight=2),
    "much lost": Kind(build=clean, scene={"loss": Log(0.01, 0.6), "heavy_loss": 1.0}),
    "much overtaken": Kind(build=clean, scene={"late": Log(0.005, 0.2), "late_by": Whole(1, 100)}),
    "wrapping counter": Kind(
        build=wrapping,
        spaces={"bits": Pick(8, 10, 12, 16)},
        scene={"late_by": Whole(1, 8), "heavy_loss": 1.0, "loss": Flat(0, 0.01), "loss_run": 1},
    ),
    "sender restarts": Kind(
        build=restarts,
        spaces={"times": Whole(1, 8), "pause": Pick(0, 0, 10, 10_000, 1_000_000), "start": Pick(0, 1, 1, 1000)},
        scene={"slots": Whole(4_000, 30_000), "streams": 1, "queue_streams": 0, "late": 0.0},
    ),
}
