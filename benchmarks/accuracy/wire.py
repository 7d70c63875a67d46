"""Frames on the wire, one row each, in columns. What a row is made of stays the same when the frame is sent again.

t       when, ns
what    RECORD (carries a number), HOST (through the ring, without), QUEUE (same source, no slot), ALIEN
stream, seq     the counter and its value, never wrapped here
build   which packet: rows of one build are byte for byte the same except for what the path changes
made    when that packet was built, ns
size    bytes of payload
resend  sent again by the ring's fault; `foreign` the same of a frame without a number
slot    the one that the packet was put into, as its sender stamps it; -1 if none
hop, tags, vlan, mac, tos, lan      what the path changed: hop count less, VLAN tags more, VLAN number, addresses,
        type of service, redundancy trailer (1 LAN A, 2 LAN B)
salt    other content under the same number
arrival how a capture of all interfaces saw it (0 to us, 3 to somebody else, 4 from us)
cut     bytes of the frame, where the length is another packet's; 0 if its own
"""

from __future__ import annotations

from typing import Any

import numpy as np

RECORD, HOST, QUEUE, ALIEN = range(4)
COLUMNS: dict[str, Any] = {
    "t": np.int64, "what": np.int8, "stream": np.int32, "seq": np.int64, "build": np.int64, "made": np.int64,
    "size": np.int32, "resend": np.bool_, "foreign": np.bool_, "slot": np.int32, "hop": np.int16, "tags": np.int8,
    "vlan": np.int16, "mac": np.int8, "tos": np.int16, "lan": np.int8, "salt": np.int32, "cut": np.int32,
    "arrival": np.int8,
}  # fmt: skip


class Wire:
    """Rows in time order."""

    def __init__(self, count: int, **columns: Any) -> None:
        for name, kind in COLUMNS.items():
            given = columns.get(name, 0)
            column = np.empty(count, kind)
            column[:] = given
            setattr(self, name, column)

    t: np.ndarray
    what: np.ndarray
    stream: np.ndarray
    seq: np.ndarray
    build: np.ndarray
    made: np.ndarray
    size: np.ndarray
    resend: np.ndarray
    foreign: np.ndarray
    slot: np.ndarray
    hop: np.ndarray
    tags: np.ndarray
    vlan: np.ndarray
    mac: np.ndarray
    tos: np.ndarray
    lan: np.ndarray
    salt: np.ndarray
    cut: np.ndarray
    arrival: np.ndarray

    def __len__(self) -> int:
        return len(self.t)

    def rows(self, index: np.ndarray) -> Wire:
        """Those rows, as a Wire of its own."""
        taken = Wire.__new__(Wire)
        for name in COLUMNS:
            setattr(taken, name, getattr(self, name)[index])
        return taken

    def again(self, index: np.ndarray, t: np.ndarray) -> Wire:
        """Those frames again, at `t`, by nobody's fault."""
        copies = self.rows(index)
        copies.t = np.asarray(t, np.int64)
        copies.resend = np.zeros(len(copies), np.bool_)
        copies.foreign = np.zeros(len(copies), np.bool_)
        return copies

    def records(self) -> np.ndarray:
        return np.flatnonzero(self.what == RECORD)


def merge(*wires: Wire) -> Wire:
    """All of them in time order; at the same time in the order given."""
    whole = Wire.__new__(Wire)
    order = np.argsort(np.concatenate([one.t for one in wires]), kind="stable")
    for name in COLUMNS:
        setattr(whole, name, np.concatenate([getattr(one, name) for one in wires])[order])
    return whole


def keys(wire: Wire) -> np.ndarray:
    """Stream and number in one integer."""
    return np.asarray(wire.stream.astype(np.int64) << 48 | wire.seq)


def not_first(values: np.ndarray) -> np.ndarray:
    """bool: was this value there before?"""
    seen = np.ones(len(values), np.bool_)
    seen[np.unique(values, return_index=True)[1]] = False
    return seen


def before(values: np.ndarray) -> np.ndarray:
    """For each place the last place before it with the same value, -1 if there is none."""
    order = np.argsort(values, kind="stable")
    earlier = np.full(len(values), -1, np.int64)
    same = values[order[1:]] == values[order[:-1]]
    earlier[order[1:][same]] = order[:-1][same]
    return earlier
