"""What the sending program means to put into each slot, advance by advance, before anything goes wrong.

An advance is one step of the ring's head: advance t uses slot (t + first_slot) % N. The plan says for each what it is
for (OWN, HOST, the EXTRA slots of a frame that takes several, or IDLE: stepped over though there was nothing to send),
whether the slot was really written, and, where a fault says so, whose content goes out. `ring_faults.py` edits the
plan, `number` then deals out the numbers, and `ring.py` lets the slots turn.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seqcheck.errors import UsageError
from seqcheck.simulate.draw import Draw
from seqcheck.simulate.scenario import END_NS, Scenario
from seqcheck.simulate.traffic import FRESH, beyond

OWN, HOST, EXTRA, IDLE = range(4)


@dataclass(slots=True, kw_only=True)
class Plan:
    """One row for each advance.

    kind     uint8   OWN, HOST, EXTRA, IDLE
    written  bool    the slot's content was really put in
    label    uint8   what a fault made of this advance (traffic.FRESH: nothing)
    look     int64   whose content goes out, relative to t, where it is not simply the slot's (0: the slot's)
    taken    bool    a fault has a hand in this advance or needs it healthy
    gone     bool    never sent, though it was written
    pause    int64   ns before this advance
    length   int32   bytes that go out, where they are not the content's own (0: they are)
    cut      int32   from which byte on the slot's new content goes out after all (0: nowhere)
    epoch    int32   restarts so far; what lay in the ring before a restart is gone
    """

    ring_size: int
    first_slot: int
    kind: NDArray[np.uint8]
    written: NDArray[np.bool_]
    label: NDArray[np.uint8]
    look: NDArray[np.int64]
    taken: NDArray[np.bool_]
    gone: NDArray[np.bool_]
    pause: NDArray[np.int64]
    length: NDArray[np.int32]
    cut: NDArray[np.int32]
    epoch: NDArray[np.int32]

    def lap_before(self) -> NDArray[np.bool_]:
        """bool[T]: the slot's content of one lap before is there, whole, and was the stream's own."""
        size, frames = self.ring_size, len(self.kind)
        good = np.zeros(frames, np.bool_)
        if frames > size:
            old = slice(0, frames - size)
            good[size:] = (self.kind[old] == OWN) & ~self.taken[old] & (self.epoch[old] == self.epoch[size:])
        return good

    def claim(self, advances: NDArray[np.int64], kind: int, label: int) -> None:
        """These advances are now for `kind` and leave their slot as it was."""
        self.kind[advances] = kind
        self.written[advances] = False
        self.label[advances] = label
        self.taken[advances] = True


def plan(scenario: Scenario) -> Plan:
    """A healthy sender."""
    frames = scenario.ring.frames
    traffic = scenario.traffic
    kind = np.where(Draw(scenario.seed, "host").hits(traffic.host_share, frames), HOST, OWN).astype(np.uint8)
    for place in traffic.host_at:
        if not 0 <= place < frames:
            raise UsageError(f"traffic.host_at: advance {place} is not among the ring's {frames}")
        kind[place] = HOST
    made = Plan(
        ring_size=scenario.ring.size,
        first_slot=scenario.ring.first_slot,
        kind=kind,
        written=np.ones(frames, np.bool_),
        label=np.full(frames, FRESH, np.uint8),
        look=np.zeros(frames, np.int64),
        taken=np.zeros(frames, np.bool_),
        gone=np.zeros(frames, np.bool_),
        pause=np.zeros(frames, np.int64),
        length=np.zeros(frames, np.int32),
        cut=np.zeros(frames, np.int32),
        epoch=np.zeros(frames, np.int32),
    )
    pauses = (*scenario.ring.pauses, *traffic.restarts)
    if sum(pause for _, pause in pauses) >= END_NS:
        raise beyond("the pauses")
    for place, pause in pauses:
        if not 0 <= place < frames:
            raise UsageError(f"a pause or restart at advance {place}: the ring makes only {frames}")
        made.pause[place] += pause
    if traffic.restarts:
        made.epoch += np.cumsum(np.bincount([place for place, _ in traffic.restarts], minlength=frames), dtype=np.int32)
    _widen(made, scenario)
    return made


def _widen(made: Plan, scenario: Scenario) -> None:
    """Some frames take several slots: the advances behind them become EXTRA."""
    wide, frames = scenario.traffic.multi_slots, len(made.kind)
    heads = np.flatnonzero(Draw(scenario.seed, "multi").hits(scenario.traffic.multi_share, frames) & (made.kind == OWN))
    free = 0
    for head in heads.tolist():
        end = head + wide
        if head < free or end > frames or made.epoch[head] != made.epoch[end - 1]:
            continue
        made.kind[head + 1 : end] = EXTRA
        made.taken[head:end] = True
        free = end


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """Who owns each advance, and with which number. `body` is the advance whose content is put in: t itself, or the
    first of those that carry the same frame again."""

    stream: NDArray[np.int32]
    x: NDArray[np.int64]
    body: NDArray[np.int64]


def number(made: Plan, scenario: Scenario) -> Numbers:
    """Deal the own advances out to the streams and number them within each epoch."""
    frames, traffic = len(made.kind), scenario.traffic
    own = np.flatnonzero(made.kind == OWN)
    stream = np.full(frames, -1, np.int32)
    stream[own] = _streams(len(own), scenario)
    body = np.arange(frames, dtype=np.int64)
    x = np.zeros(frames, np.int64)
    key = made.epoch[own].astype(np.int64) * traffic.streams + stream[own]
    order = np.argsort(key, kind="stable")
    rank = ranks(key[order])
    own = own[order]
    x[own] = rank // traffic.repeat * scenario.layout.step * scenario.layout.records
    if traffic.repeat > 1:
        first = np.arange(len(own)) - rank % traffic.repeat
        body[own] = own[first]
    return Numbers(stream=stream, x=x, body=body)


def ranks(keys: NDArray[np.int64]) -> NDArray[np.int64]:
    """The place of each row among the rows of the same key; `keys` is sorted."""
    place = np.arange(len(keys), dtype=np.int64)
    starts = np.flatnonzero(np.diff(keys, prepend=keys[:1] - 1))
    return place - np.repeat(starts, np.diff(np.append(starts, len(keys))))


def _streams(count: int, scenario: Scenario) -> NDArray[np.int64]:
    traffic = scenario.traffic
    if traffic.streams == 1:
        return np.zeros(count, np.int64)
    if traffic.turns:
        # A frame that is repeated stays with its stream.
        return np.arange(count, dtype=np.int64) // traffic.repeat % traffic.streams
    draw = Draw(scenario.seed, "streams")
    if not traffic.shares:
        return draw.integers(0, traffic.streams, count)
    edges = np.cumsum(np.array(traffic.shares, np.float64))
    return np.searchsorted(edges[:-1] / edges[-1], draw.uniform(count), side="right").astype(np.int64)


def times(made: Plan, scenario: Scenario) -> NDArray[np.int64]:
    """When each advance is sent, int64 ns since 1970."""
    ring, frames = scenario.ring, len(made.kind)
    rates = np.array(ring.slot_ns, np.int64)
    hold = ring.hold or -(-frames // len(rates))
    gaps = rates[np.arange(frames) // hold % len(rates)]
    if ring.jitter:
        swing = (Draw(scenario.seed, "jitter").uniform(frames) * 2.0 - 1.0) * ring.jitter
        gaps = gaps + np.floor(gaps * swing).astype(np.int64)
    gaps = gaps + made.pause
    gaps[:1] = 0
    if scenario.capture.begin_ns + float(gaps.sum(dtype=np.float64)) >= END_NS:
        raise beyond("the ring")
    out: NDArray[np.int64] = scenario.capture.begin_ns + np.cumsum(gaps)
    return out
