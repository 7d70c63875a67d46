"""What `seqcheck send` puts into a real TX ring, slot by slot, and what a receiver must find: the truth.

The ring's turns are the ring model's (see ring.py): advance t uses slot t % N, and goes out with what the slot holds.
An advance is meant for a frame of our own stream, for one of the host's (other traffic), or, where a fault is injected,
for one of the host's that does not reach the slot: what it held goes out again. In the first lap a slot holds
nothing yet, so nothing can be stale. Deterministic by seed, except for times. The ring's memory and the clock are the
caller's.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqcheck.errors import UsageError
from seqcheck.layout import header
from seqcheck.simulate.template import RECEIVER4, SENDER4

SCHEMA = "seqcheck.send/1"
PORT = 5000
SOURCE_PORT = 14 + 20  # where it is in a frame
HEADERS = SOURCE_PORT + 8
SMALLEST, LARGEST = HEADERS + header.FULL, 16_110  # the largest jumbo frame that adapters send
NOTHING, OTHER, QUERY = -2, -1, -3  # what a slot may hold beside a record's number; QUERY: a DNS query of its own


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """What to send. `frames` slots in total; `other` and `stale` are the shares of advances that carry other traffic,
    and that are left stale. Records are of `streams` streams in turn, `stream` and those that follow it; these come
    from `flows` UDP source ports in turn, PORT and those that follow it."""

    ring_size: int
    frames: int
    size: int = SMALLEST
    other: float = 0.0
    stale: float = 0.0
    stream: int = 0
    streams: int = 1
    flows: int = 1
    seed: int = 1
    target: bytes = bytes.fromhex("020000000002")


@dataclass(slots=True, kw_only=True)
class Truth:
    """What went out. `stale` slots repeated what they held: a record `duplicates` times, and `queries` times a DNS
    query, which its number tells from all others; `by_slot` counts the stale ones by slot."""

    ring_size: int
    sent: int = 0
    records: int = 0
    other: int = 0
    stale: int = 0
    duplicates: int = 0
    queries: int = 0
    by_slot: dict[int, int] = field(default_factory=dict)

    def document(self, orders: Orders) -> dict[str, Any]:
        """As JSON (docs/live.md)."""
        streams = [
            {"stream": orders.stream + place, "records": count, "first_seq": 0, "last_seq": count - 1}
            for place in range(orders.streams)
            if (count := (self.records + orders.streams - 1 - place) // orders.streams)
        ]
        return {
            "schema": SCHEMA,
            "ring_size": self.ring_size,
            "sent": self.sent,
            "records": self.records,
            "other": self.other,
            "stale": self.stale,
            "duplicates": self.duplicates,
            "queries": self.queries,
            "streams": streams,
            "by_slot": {str(slot): count for slot, count in sorted(self.by_slot.items())},
        }


class Outgoing:
    """Fills slots in order. `slots` are those of linux.tx_ring, or any array of that type; `source` the interface's
    own address."""

    def __init__(self, orders: Orders, slots: NDArray[Any], source: bytes) -> None:
        if not SMALLEST <= orders.size <= LARGEST:
            raise UsageError(f"frames of {orders.size} bytes: they may have {SMALLEST} to {LARGEST}")
        if orders.other + orders.stale > 1:
            raise UsageError("--other and stale slots add up to more than all slots")
        self.orders = orders
        self.truth = Truth(ring_size=orders.ring_size)
        self._slots = slots
        self._random = np.random.default_rng(orders.seed)
        self._record = np.frombuffer(record(orders, source), np.uint8)
        self._others = [np.frombuffer(each, np.uint8) for each in others(orders, source)]
        self._holds = np.full(orders.ring_size, NOTHING, np.int64)
        self._own = _own(slots)
        self._asked = 0  # DNS queries so far
        self._filled: dict[str, NDArray[np.bool_]] = {}  # what was filled last, by the truth's names

    def fill(self, count: int, now: int) -> slice:
        """Fill the next `count` slots, or as many as lie before the ring's end or are still to be sent; `now` is the
        time to stamp them with. Which they are: the caller marks and sends them."""
        orders, truth = self.orders, self.truth
        begin = truth.sent % orders.ring_size
        count = min(count, orders.ring_size - begin, orders.frames - truth.sent)
        drawn = self._random.random(count)
        holds = self._holds[begin : begin + count]
        stale = (drawn < orders.stale) & (holds != NOTHING)
        other = (drawn >= orders.stale) & (drawn < orders.stale + orders.other)
        own = np.flatnonzero(~(stale | other))
        twice, asked = stale & (holds >= 0), stale & (holds == QUERY)
        self._put_records(begin + own, now)
        self._put_others(begin + np.flatnonzero(other))
        self._filled = {
            "records": ~(stale | other), "other": other, "stale": stale, "duplicates": twice, "queries": asked,
        }  # fmt: skip
        truth.stale += int(stale.sum())
        truth.duplicates += int(twice.sum())
        truth.queries += int(asked.sum())
        for slot in (begin + np.flatnonzero(stale)).tolist():
            truth.by_slot[slot] = truth.by_slot.get(slot, 0) + 1
        truth.sent += count
        return slice(begin, begin + count)

    def unsent(self, count: int) -> None:
        """The last `count` slots of those filled last could not be sent, and nothing will be after them."""
        if not count:
            return
        truth = self.truth
        stale = self._filled["stale"]
        begin = (truth.sent - len(stale)) % self.orders.ring_size
        for slot in (begin + len(stale) - count + np.flatnonzero(stale[-count:])).tolist():
            truth.by_slot[slot] -= 1
        truth.by_slot = {slot: times for slot, times in truth.by_slot.items() if times}
        for name, which in self._filled.items():
            setattr(truth, name, getattr(truth, name) - int(which[-count:].sum()))
        truth.sent -= count

    def _put_records(self, at: NDArray[np.int64], now: int) -> None:
        first, size = self.truth.records, len(self._record)
        numbers = np.arange(first, first + len(at))
        self._slots["frame"][at, :size] = self._record
        self._own["seq"][at] = numbers // self.orders.streams
        self._own["stream"][at] = self.orders.stream + numbers % self.orders.streams
        self._own["time_ns"][at] = now
        self._own["slot"][at] = at
        if self.orders.flows > 1:
            ports = PORT + self._own["stream"][at] % self.orders.flows
            frames = self._slots["frame"]
            frames[at, SOURCE_PORT], frames[at, SOURCE_PORT + 1] = ports >> 8, ports & 255
        self._slots["length"][at], self._slots["copied"][at] = size + VNET, size
        self._holds[at] = numbers
        self.truth.records += len(at)

    def _put_others(self, at: NDArray[np.int64]) -> None:
        kinds = self._random.integers(0, len(self._others), len(at))
        for kind, frame in enumerate(self._others):
            slots = at[kinds == kind]
            self._slots["frame"][slots, : len(frame)] = frame
            self._slots["length"][slots], self._slots["copied"][slots] = len(frame) + VNET, len(frame)
        self._holds[at] = OTHER
        queries = at[kinds == DNS]
        number = self._asked + np.arange(len(queries))
        self._slots["frame"][queries, HEADERS], self._slots["frame"][queries, HEADERS + 1] = number >> 8, number & 255
        self._asked = (self._asked + len(queries)) % (1 << 16)
        self._holds[queries] = QUERY
        self.truth.other += len(at)


DNS = 2  # of the kinds of `others`
VNET = 10  # as in linux.tx_ring: the virtio header counts as data


def _own(slots: NDArray[Any]) -> NDArray[Any]:
    """The fields of our own header in every slot."""
    begin = _offsets(slots.dtype)["frame"] + HEADERS
    at = {name: begin + offset for name, offset in _offsets(np.dtype(header.COLUMNS)).items()}
    names = ("stream", "seq", "time_ns", "slot")
    kinds = dict(header.COLUMNS)
    view = np.dtype(
        {
            "names": names,
            "formats": [kinds[name] for name in names],
            "offsets": [at[name] for name in names],
            "itemsize": slots.dtype.itemsize,
        }
    )
    return slots.view(view)


def _offsets(kind: np.dtype[Any]) -> dict[str, int]:
    return {name: entry[1] for name, entry in (kind.fields or {}).items()}


def record(orders: Orders, source: bytes) -> bytes:
    """A frame of our own: Ethernet, IPv4, UDP without checksum, our header with stamps, zeros."""
    body = header.pack(0, stream=orders.stream, time_ns=0, slot=0).ljust(orders.size - HEADERS, b"\0")
    datagram = struct.pack(">4H", PORT, PORT, 8 + len(body), 0) + body
    return orders.target + source + b"\x08\x00" + ipv4(17, datagram)


def others(orders: Orders, source: bytes) -> list[bytes]:
    """What a host's stack sends meanwhile: an ARP request, a TCP acknowledgement to port 443, a DNS query, which gets a
    number of its own; each ring's come from a port of their own."""
    target = orders.target
    arp = struct.pack(">HHBBH6s4s6s4s", 1, 0x0800, 6, 4, 1, source, address(SENDER4), bytes(6), address(RECEIVER4))
    tcp = struct.pack(">HHIIHHHH", 40_000, 443, 1, 1, 5 << 12 | 0x10, 1024, 0, 0)
    query = struct.pack(">6H", 1, 0x0100, 1, 0, 0, 0) + b"\x07example\x03com\0" + struct.pack(">HH", 1, 1)
    dns = struct.pack(">4H", 40_001 + orders.stream % 20_000, 53, 8 + len(query), 0) + query
    frames = [
        b"\xff" * 6 + source + b"\x08\x06" + arp,
        target + source + b"\x08\x00" + ipv4(6, tcp),
        target + source + b"\x08\x00" + ipv4(17, dns),
    ]
    return [frame.ljust(60, b"\0") for frame in frames]


def ipv4(protocol: int, body: bytes) -> bytes:
    """The header and the body."""
    parts = (0x45, 0, 20 + len(body), 0, 0x4000, 64, protocol, 0, address(SENDER4), address(RECEIVER4))
    head = struct.pack(">BBHHHBBH4s4s", *parts)
    total = sum(struct.unpack(">10H", head))
    total = (total & 0xFFFF) + (total >> 16)
    check: int = ~(total + (total >> 16)) & 0xFFFF
    return head[:10] + check.to_bytes(2, "big") + head[12:] + body


def address(text: str) -> bytes:
    """An IPv4 address as four bytes."""
    return bytes(map(int, text.split(".")))
