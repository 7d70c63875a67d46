"""Captures of TX rings that send old slots, of whose frames some were lost or overtaken on the way; made as those of
kinds.py."""

from __future__ import annotations

import io

from kinds import Wire, foreign
from rings import Flows, Ring


def on_the_way(ring: Ring, wire: Wire, *, lost: float = 0.0, overtaken: float = 0.0) -> io.BytesIO:
    """What came of the frames that the ring sent: each may be lost, or change places with the next."""
    frames = [data for data in ring.slots if data is not None and wire.random.random() >= lost]
    for place in range(len(frames) - 1):
        if wire.random.random() < overtaken:
            frames[place], frames[place + 1] = frames[place + 1], frames[place]
    for data in frames:
        wire.put(data)
    return wire.capture()


def in_the_hosts_place(
    size: int, stale: int, *, others: float, chance: float, lost: float, seed: int = 50
) -> io.BytesIO:
    """Slots of the host's frames, which are `others` of all, go out with what they held a lap ago, with some chance.
    Nobody sees that a frame without a number was lost, nor that one with an old number was."""
    wire = Wire(seed)
    ring, flow = Ring(Wire(seed), size), Flows()
    while ring.stale < stale:
        if wire.random.random() < others:
            ring.send(ring.old(chance) or foreign())
        else:
            ring.send(flow.next())
    for _ in range(size):
        ring.send(flow.next())
    return on_the_way(ring, wire, lost=lost)


def in_a_stretch(size: int = 512, stale: int = 200, *, overtaken: float = 0.1) -> io.BytesIO:
    """Within little more than half a lap every fourth slot goes out stale instead of what was due; many frames change
    places."""
    wire = Wire(51)
    ring, flow = Ring(Wire(51), size), Flows()
    while ring.stale < stale:
        due = flow.next()
        ring.send((ring.old(0.5) if len(ring.slots) > 4 * size else None) or due)
    for _ in range(2 * size):
        ring.send(flow.next())
    return on_the_way(ring, wire, overtaken=overtaken)


def with_stragglers(size: int = 1800, stale: int = 10, stragglers: int = 12, by: int = 60) -> io.BytesIO:
    """Slots go out stale instead of what was due; some new frames come so many places late."""
    wire = Wire(52)
    ring, flow = Ring(Wire(52), size), Flows()
    while ring.stale < stale:
        due = flow.next()
        ring.send(ring.old(0.002) or due)
    for _ in range(size):
        ring.send(flow.next())
    frames = list(ring.slots)
    for place in sorted(wire.random.sample(range(len(frames) - by - 1), stragglers), reverse=True):
        frames.insert(place + by, frames.pop(place))
    for data in frames:
        assert data is not None
        wire.put(data)
    return wire.capture()
