"""What is true of a capture: counted on the wire by sets, never by what judges it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from benchmarks.accuracy.scene import KNOWN_RINGS
from benchmarks.accuracy.spaces import Params
from benchmarks.accuracy.wire import HOST, QUEUE, RECORD, Wire, before, keys, not_first


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """`right`: causes that are right, "cause/weak" if no more than weakly. `ring`: its size, None where no ring did it.
    `duplicates`, `missing`: None where one may argue what they are. `visible`: resends by the ring whose earlier copy
    was captured. `whole`: every frame of the source that was not lost is in the capture. `size_known`: somebody who
    knew the rates could name the size from what the capture holds, with a chance of 95 % to be right. `given`: the size
    that the user says the ring has."""

    kind: str
    seed: int
    layout: str
    right: tuple[str, ...]
    ring: int | None
    ring_fault: bool
    duplicates: int | None
    missing: int | None
    visible: int
    whole: bool
    size_known: bool
    loss: float
    frames: int
    given: int | None = None
    mixture: tuple[str, ...] = ()
    params: Params = field(default_factory=dict)


def counts(wire: Wire) -> tuple[int, int]:
    """Duplicates, and numbers missing between the first that came and the highest, over all streams."""
    records = wire.rows(wire.records())
    number = keys(records)
    missing = 0
    for stream in np.unique(records.stream):
        came = records.seq[records.stream == stream]
        own = np.unique(came[came >= came[0]])
        missing += int(own[-1] - own[0]) + 1 - len(own)
    return len(number) - len(np.unique(number)), missing


def from_before(wire: Wire) -> bool:
    """Do numbers from before the capture come in a row? Then one may argue whether the sender began again."""
    records = wire.rows(wire.records())
    for stream in np.unique(records.stream):
        numbers = records.seq[records.stream == stream]
        low = numbers < numbers[0]
        if (low[1:] & low[:-1]).any():
            return True
    return False


def like_restart(wire: Wire, start: int, modulus: int) -> bool:
    """Does a block that is sent again begin where a sender would begin that starts over: with 0, 1 or its first number?
    It cannot be told from that, and what is a duplicate then is arguable."""
    records = wire.rows(wire.records())
    for stream in np.unique(records.stream):
        numbers = records.seq[records.stream == stream]
        back = np.flatnonzero(np.diff(numbers) < 0) + 1
        back = back[back + 8 < len(numbers)]
        for place in back.tolist():
            first = int(numbers[place])
            begins = (start + first) % modulus in (0, 1) or first - numbers[0] <= 1
            if begins and np.abs(numbers[place : place + 9] - first).max() < 12:  # it counts on from there
                return True
    return False


def visible(wire: Wire) -> int:
    """Resends by the ring that came after an earlier copy."""
    records = wire.rows(wire.records())
    return int((not_first(keys(records)) & records.resend).sum())


def size_is_known(params: Params, wire: Wire, gone: np.ndarray) -> bool:
    """Could somebody who knew host share and loss name the size? Each resend shows the ring's size less the foreign
    frames that were lost in its lap; how many these are follows Poisson's law. With other queues or wide frames nobody
    asks."""
    if params["filter"] or params["queues"] or params["wide"] or params["queue_streams"]:
        return False
    here = ~gone
    records = np.flatnonzero((wire.what == RECORD) & here)
    earlier = before(keys(wire.rows(records)))
    again = np.flatnonzero(wire.resend[records] & (earlier >= 0))
    if not len(again):
        return False
    unseen = np.cumsum(gone & np.isin(wire.what, (HOST, QUEUE)))
    short = unseen[records[again]] - unseen[records[earlier[again]]]
    size = params["ring"]
    rate = params["host"] * float(gone.mean()) * size
    if rate < 1e-9:
        return True
    most = int(short.max()) + 60
    sizes = size + np.arange(-most, most + 1)
    sizes = sizes[sizes >= 2]
    known, times = np.unique(KNOWN_RINGS, return_counts=True)
    prior = 0.5 / (sizes * np.log(16_384 / 24))
    for one, often in zip(known, times, strict=True):
        prior[sizes == one] += 0.5 * often / times.sum()
    missing = sizes[:, None] - size + short[None, :]
    log_factorial = np.r_[0, np.cumsum(np.log(np.arange(1, 4 * most + 200)))]
    law = missing * np.log(rate) - rate - log_factorial[missing.clip(0)]
    score = np.where((missing >= 0).all(1), np.log(prior) + law.sum(1), -np.inf)
    share = np.exp(score - score.max())
    return bool(share[sizes == size][0] / share.sum() >= 0.95)
