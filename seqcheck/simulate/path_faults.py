"""What happens between the sender's ring and the capture file. Each fault is a dataclass of what a scenario may say,
and edits the frames that were sent, in the order in which the scenario lists them: a copy made after a loss is not
lost.

Lost frames stay in the columns with their fate, so that the truth can count them. Times are int64 ns.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqcheck.errors import UsageError
from seqcheck.simulate.draw import Draw
from seqcheck.simulate.ring import append, records
from seqcheck.simulate.scenario import END_NS
from seqcheck.simulate.template import HOPS
from seqcheck.simulate.traffic import (
    COPY,
    DROPPED,
    LEFTOVER,
    LOOP,
    LOST,
    RECEIVER,
    RETRANSMIT,
    SCATTER,
    THERE,
    Traffic,
    merge,
    room,
)  # fmt: skip

SECOND = 1_000_000_000  # ns


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """Frames that never arrive: a share of `rate` of them, in stretches of `burst`. `only` may be "records" or
    "foreign"."""

    rate: float = 0.0
    burst: int = 1
    only: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reorder:
    """A share of `rate` of the frames arrives up to `distance` places later than it was sent."""

    rate: float = 0.0
    distance: int = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class PathCopy:
    """A share of the frames comes a second time after `delay_ns`, give or take `jitter_ns`: a mirror of two ports, a
    bond, a tap. The copy may be routed (`hops` less, `mac` other addresses) or tagged (`vlan`)."""

    share: float = 1.0
    delay_ns: int = 2_000
    jitter_ns: int = 0
    hops: int = 0
    mac: bool = False
    vlan: int = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Loop:
    """A share of the frames goes round: `times` more copies, each `period_ns` after the one before and with `hops`
    less to live (0: a loop of switches, 1: of routers)."""

    share: float = 0.1
    times: int = 5
    period_ns: int = 700_000
    hops: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Retransmission:
    """The sender repeats records after `timeout_ns` (give or take `jitter_ns`) with a new IP identification, by another
    queue: `run` neighbours at a time; a share of `rate` though they arrived, and `lost` of those that did not."""

    rate: float = 0.0
    lost: float = 0.0
    run: int = 1
    timeout_ns: int = 5_000_000
    jitter_ns: int = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Scatter:
    """Copies without any pattern: `count` records come again, each 1 to `within` frames later, evenly."""

    count: int = 0
    within: int = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiverRing:
    """The receiver's own RX ring of `size` is read before it is filled: at a share of `rate` of the frames the slot's
    old frame shows instead. With `leftover` once, in the first lap's last slot: the frame `size` numbers ahead, left
    from a run before."""

    size: int = 512
    rate: float = 0.0
    leftover: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureDrop:
    """The capturing machine is too slow: a share of `rate` of the frames, in stretches of `burst`, is dropped and
    counted."""

    rate: float = 0.0
    burst: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Delay:
    """Every frame takes `delay_ns`, and up to `jitter_ns` more. Frames stay in order where it is a `queue`; else they
    overtake one another."""

    delay_ns: int = 20_000
    jitter_ns: int = 0
    queue: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """Nothing happens: here the frames are captured, too, under this `name`, by a clock that is `offset_ns` ahead and
    gains `drift_ppb` ns a second. The capture misses a share of `rate` of them, and counts them."""

    name: str = "point"
    offset_ns: int = 0
    drift_ppb: int = 0
    rate: float = 0.0


def _bursts(rate: float, burst: int, count: int, draw: Draw) -> NDArray[np.bool_]:
    starts = draw.hits(rate / burst, count).astype(np.int64)
    if burst > 1:
        total = np.cumsum(starts)
        total[burst:] -= total[:-burst].copy()
        starts = total
    return starts > 0


def _loss(traffic: Traffic, fault: Loss, draw: Draw) -> None:
    sent = traffic.sent
    hit = _bursts(fault.rate, fault.burst, len(sent), draw) & (sent["fate"] == THERE)
    if fault.only:
        if fault.only not in ("records", "foreign"):
            raise UsageError(f"loss: only = {fault.only!r}", hint='it may be "records" or "foreign"')
        hit &= records(traffic) == (fault.only == "records")
    sent["fate"][hit] = LOST


def _reorder(traffic: Traffic, fault: Reorder, draw: Draw) -> None:
    """Places change, times stay: the n-th arrival is when it was."""
    sent = traffic.sent
    late = draw.hits(fault.rate, len(sent))
    shift = np.where(late, draw.integers(1, fault.distance + 1, len(sent)), 0)
    # A moved frame lands after the one that stood `shift` places further on.
    order = np.lexsort((late, np.arange(len(sent)) + shift))
    when = sent["ns"].copy()
    traffic.sent = sent[order]
    traffic.sent["ns"] = when


def _path_copy(traffic: Traffic, fault: PathCopy, draw: Draw) -> None:
    there = np.flatnonzero(traffic.sent["fate"] == THERE)
    rows = there if fault.share >= 1 else there[draw.hits(fault.share, len(there))]
    room(traffic, len(rows))
    copies = traffic.sent[rows]
    copies["ns"] += fault.delay_ns
    if fault.jitter_ns:
        copies["ns"] += draw.integers(-fault.jitter_ns, fault.jitter_ns + 1, len(copies))
    copies["label"] = COPY
    copies["hops"] += fault.hops
    copies["mac"] |= fault.mac
    if fault.vlan >= 0:
        copies["vlan"] = fault.vlan
        copies["length"] += 4
    traffic.sent = merge(traffic.sent, copies[copies["hops"] < HOPS])


def _loop(traffic: Traffic, fault: Loop, draw: Draw) -> None:
    there = np.flatnonzero(traffic.sent["fate"] == THERE)
    looped = traffic.sent[there[draw.hits(fault.share, len(there))]]
    room(traffic, len(looped) * fault.times)
    rounds = []
    for turn in range(1, fault.times + 1):
        copies = looped.copy()
        copies["ns"] += turn * fault.period_ns
        copies["hops"] += min(turn * fault.hops, HOPS)
        copies["label"] = LOOP
        rounds.append(copies[copies["hops"] < HOPS])  # the others have died
    traffic.sent = merge(traffic.sent, np.concatenate(rounds)) if rounds else traffic.sent


def _retransmission(traffic: Traffic, fault: Retransmission, draw: Draw) -> None:
    sent = traffic.sent
    mine = records(traffic)
    again = mine & (sent["fate"] == THERE) & _bursts(fault.rate, fault.run, len(sent), draw)
    again |= mine & (sent["fate"] == LOST) & draw.hits(fault.lost, len(sent))
    rows = np.flatnonzero(again)
    room(traffic, len(rows))
    fresh = traffic.contents[sent["content"][rows]]
    fresh["ident"] += np.uint16(0x4000)  # a later number of the same counter
    fresh["slot"] = -1
    fresh["ns"] = sent["ns"][rows] + fault.timeout_ns
    if fault.jitter_ns:
        # One timer for the whole window: neighbours stay neighbours.
        window = np.cumsum(np.diff(rows, prepend=-2) > 1)
        swing = draw.integers(-fault.jitter_ns, fault.jitter_ns + 1, int(window[-1]) + 1 if len(rows) else 1)
        fresh["ns"] += swing[window]
    append(traffic, fresh, RETRANSMIT)


def _scatter(traffic: Traffic, fault: Scatter, draw: Draw) -> None:
    sent = traffic.sent
    can = np.flatnonzero(records(traffic) & (sent["fate"] == THERE))
    chosen = draw.pick(can[can < len(sent) - fault.within], fault.count)
    room(traffic, len(chosen))
    copies = sent[chosen]
    copies["ns"] = sent["ns"][chosen + draw.integers(1, fault.within + 1, len(chosen))]
    copies["label"] = SCATTER
    traffic.sent = merge(sent, copies)


def _receiver_ring(traffic: Traffic, fault: ReceiverRing, draw: Draw) -> None:
    sent = traffic.sent
    there = np.flatnonzero(sent["fate"] == THERE)  # what the receiver's NIC puts into its ring
    hit = draw.hits(fault.rate, len(there))
    hit[: fault.size] = False
    old = there[np.flatnonzero(hit) - fault.size]
    _show(traffic, there[hit], old, RECEIVER)
    if fault.leftover and len(there) >= 2 * fault.size:
        _show(traffic, there[fault.size - 1 : fault.size], there[2 * fault.size - 1 : 2 * fault.size], LEFTOVER)
        traffic.sent["early"][there[fault.size - 1]] = True


def _show(traffic: Traffic, rows: NDArray[np.int64], instead: NDArray[np.int64], label: int) -> None:
    """At `rows` the frames `instead` are read, at the time of the frames that are lost by it."""
    when = traffic.sent["ns"][rows]
    traffic.sent[rows] = traffic.sent[instead]
    traffic.sent["ns"][rows] = when
    traffic.sent["label"][rows] = label


def _capture_drop(traffic: Traffic, fault: CaptureDrop, draw: Draw) -> None:
    hit = _bursts(fault.rate, fault.burst, len(traffic.sent), draw) & (traffic.sent["fate"] == THERE)
    traffic.sent["fate"][hit] = DROPPED


def _delay(traffic: Traffic, fault: Delay, draw: Draw) -> None:
    sent = traffic.sent
    sent["ns"] += fault.delay_ns
    if not fault.jitter_ns:
        return
    sent["ns"] += draw.integers(0, fault.jitter_ns + 1, len(sent))
    if fault.queue:
        sent["ns"] = np.maximum.accumulate(sent["ns"])
    else:
        traffic.sent = sent[np.argsort(sent["ns"], kind="stable")]


def _point(traffic: Traffic, fault: Point, draw: Draw) -> None:
    if fault.name in traffic.points:
        raise UsageError(f"point: there are two points {fault.name!r}")
    room(traffic, len(traffic.sent))
    seen = traffic.sent.copy()
    seen["fate"][(seen["fate"] == THERE) & draw.hits(fault.rate, len(seen))] = DROPPED
    if len(seen):
        since = seen["ns"] - seen["ns"][0]
        seen["ns"] += fault.offset_ns + since // SECOND * fault.drift_ppb + since % SECOND * fault.drift_ppb // SECOND
        if int(seen["ns"].min()) < 0 or int(seen["ns"].max()) >= END_NS:
            raise UsageError(f"point: the clock of {fault.name!r} shows times before 1970 or after 2106")
    traffic.points[fault.name] = seen


PATH_FAULTS: dict[str, tuple[type[Any], Callable[[Traffic, Any, Draw], None]]] = {
    "loss": (Loss, _loss),
    "reordering": (Reorder, _reorder),
    "path-copy": (PathCopy, _path_copy),
    "loop": (Loop, _loop),
    "retransmission": (Retransmission, _retransmission),
    "scatter": (Scatter, _scatter),
    "receiver-ring": (ReceiverRing, _receiver_ring),
    "capture-drop": (CaptureDrop, _capture_drop),
    "delay": (Delay, _delay),
    "point": (Point, _point),
}
