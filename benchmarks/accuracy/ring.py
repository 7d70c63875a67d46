"""The ring, slot by slot: what each turn of a slot was meant to send, and what it sent.

Turn i uses slot i % N. A packet takes one slot, a wide one several. A fault says of a turn that what the slot held one
lap before goes out (stale), or what it is to hold one lap later (early), or the next packets (soon). Turns that were
handed over without a packet (unfilled) send what the slot held, whatever it was.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from benchmarks.accuracy.clock import times
from benchmarks.accuracy.spaces import Params
from benchmarks.accuracy.wire import HOST, QUEUE, RECORD, Wire, merge

NOTHING = -1  # no packet begins in this turn
NONE = np.zeros(0, np.int64)


@dataclass(slots=True, kw_only=True)
class Turns:
    """What each turn was meant to send. `packet` int64[turns]: which packet begins here, or NOTHING; `single`: it takes
    one slot; `host`: it carries no number."""

    size: int
    packet: np.ndarray
    single: np.ndarray
    host: np.ndarray

    def numbered(self) -> np.ndarray:
        """bool[turns]: a packet with a number, in one slot."""
        return np.asarray(self.single & ~self.host & (self.packet >= 0))


@dataclass(slots=True, kw_only=True)
class Faults:
    """Turns in which something else went out. `other_length`: with the length of the packet that was meant."""

    stale: np.ndarray = field(default_factory=lambda: NONE)
    early: np.ndarray = field(default_factory=lambda: NONE)
    soon: np.ndarray = field(default_factory=lambda: NONE)
    soon_by: np.ndarray = field(default_factory=lambda: NONE)
    other_length: bool = False


def count_of(params: Params, most: int = 200_000) -> int:
    return min(most, max(int(params["slots"]), int(params["laps"] * params["ring"])))


def meant(params: Params, unfilled: np.ndarray, rng: np.random.Generator) -> Turns:
    """Lay packets into the turns that are filled. `unfilled` bool[turns]."""
    count = len(unfilled)
    packet = np.full(count, NOTHING, np.int64)
    filled = np.flatnonzero(~unfilled)
    width = np.ones(len(filled), np.int64)
    if params["wide"]:
        width = np.where(rng.random(len(filled)) < params["wide"], rng.integers(2, 5, len(filled)), 1)
    first = np.cumsum(width) - width
    first = first[first + width <= len(filled)]
    at = filled[first]
    packet[at] = np.arange(len(at))
    single = np.zeros(count, np.bool_)
    single[at] = width[: len(at)] == 1
    run = params["host_run"]
    hosts = np.repeat(rng.random(len(at) // run + 1) < params["host"], run)[: len(at)]
    host = np.zeros(count, np.bool_)
    host[at] = hosts
    return Turns(size=params["ring"], packet=packet, single=single, host=host)


def streams_of(params: Params, count: int, rng: np.random.Generator) -> np.ndarray:
    streams = params["streams"]
    if params["turns"] == "in turn":
        return np.asarray(np.arange(count) % streams)
    if params["turns"] == "uneven":
        weights = 0.5 ** np.arange(streams)
        return rng.choice(streams, count, p=weights / weights.sum())
    return rng.integers(0, streams, count)


def rank(values: np.ndarray) -> np.ndarray:
    """How many equal values came before: the counter of each stream."""
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    ranks = np.empty(len(values), np.int64)
    ranks[order] = np.arange(len(values)) - np.repeat(starts, np.diff(np.r_[starts, len(values)]))
    return ranks


def sizes_of(count: int, numbered: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Bytes of payload: numbered packets are as long as each other, of two lengths, or of any."""
    most = 1400 if count < 8_000 else 300 if count < 30_000 else 90
    host = rng.choice(rng.integers(0, most, 4), count)
    match rng.integers(4):
        case 0:
            own = rng.choice(rng.integers(0, most, 2), count)
        case 1:
            own = rng.integers(0, max(1, most // 2), count)
        case _:
            own = np.full(count, rng.integers(0, most))
    return np.where(numbered, own, host)


def sent(params: Params, turns: Turns, faults: Faults, rng: np.random.Generator) -> Wire:
    """Play it. -> what left the ring, in order."""
    held = turns.packet.copy()
    size = turns.size
    for turn in faults.stale.tolist():  # in order: a slot stuck for laps sends the same again and again
        held[turn] = held[turn - size]
    held[faults.early] = turns.packet[faults.early + size]
    held[faults.soon] = turns.packet[faults.soon + faults.soon_by]
    again = held != turns.packet
    again[faults.early] = again[faults.soon] = False
    again[faults.early + size] = again[faults.soon + faults.soon_by] = True
    count = int(turns.packet.max()) + 1
    host = np.zeros(count, np.bool_)
    begun = np.flatnonzero(turns.packet >= 0)
    slot = np.zeros(count, np.int64)
    slot[turns.packet[begun]] = begun % size
    host[turns.packet[begun]] = turns.host[begun]
    stream = np.zeros(count, np.int64)
    stream[~host] = streams_of(params, int((~host).sum()), rng)
    seq = np.zeros(count, np.int64)
    seq[~host] = rank(stream[~host])
    length = sizes_of(count, ~host, rng)
    clock = times(params, len(held), rng)
    made = np.zeros(count, np.int64)
    made[turns.packet[begun]] = clock[begun]
    at = np.flatnonzero(held >= 0)
    which = held[at]
    wire = Wire(
        len(at), t=clock[at], what=np.where(host[which], HOST, RECORD), stream=stream[which], seq=seq[which],
        build=which, made=made[which], size=length[which], slot=slot[which],
        resend=again[at] & ~host[which], foreign=again[at] & host[which],
    )  # fmt: skip
    if faults.other_length:
        lost = turns.packet[at]
        changed = (lost >= 0) & (lost != which) & ~host[which]
        wire.cut[changed] = -1 - length[lost[changed]]  # resolved to bytes of the frame when it is drawn
    return beside(params, wire, count, rng)


def beside(params: Params, wire: Wire, builds: int, rng: np.random.Generator) -> Wire:
    """What leaves by other queues of the same address."""
    wires = [wire]
    last = int(wire.t[-1])
    first = int(wire.t[0])
    if params["queues"]:
        count = int(len(wire) * params["queues"])
        t = np.sort(rng.integers(first, last, count))
        wires.append(
            Wire(
                count,
                t=t,
                what=QUEUE,
                build=builds + np.arange(count),
                made=t,
                size=rng.integers(0, 90, count),
                slot=-1,
            )
        )
        builds += count
    if params["queue_streams"]:
        count = max(20, int(len(wire) * rng.uniform(0.01, 0.3)))
        t = np.sort(rng.integers(first, last, count))
        wires.append(
            Wire(
                count, t=t, what=RECORD, stream=params["streams"], seq=np.arange(count),
                build=builds + np.arange(count), made=t, size=40, slot=np.arange(count) % params["ring"],
            )
        )  # fmt: skip
    return merge(*wires) if len(wires) > 1 else wire
