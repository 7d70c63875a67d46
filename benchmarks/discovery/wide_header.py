"""Headers wider than `structs` has them: any width, order and place of the number, and beside it what programs put into
headers: clocks of all units, lengths, totals, checksums, readings, names, acknowledgements, frames of a picture.

A Head says how the bytes of one packet are made from its Packet; nothing of it is known to discovery.
"""

from __future__ import annotations

import random
import struct
from dataclasses import dataclass, field

NTP = 2_208_988_800
ALIGN = {1: 1, 2: 2, 3: 1, 4: 4, 6: 2, 8: 8}
CLOCKS = {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}
# What stands beside the number, with the sizes that it has.
BESIDE = {
    "constant": (1, 2, 4, 8, 16), "zero": (1, 2, 4, 8), "noise": (1, 2, 4, 8, 16), "body": (2, 4), "whole": (2,),
    "s": (4, 8), "ms": (8,), "us": (8,), "ns": (8,), "ntp": (8,), "uptime": (4,), "micros": (4,), "walk": (2, 4),
    "octets": (4, 8), "picture": (2, 4), "ack": (4,), "float": (4, 8), "text": (4, 8), "sum": (1, 2, 4),
    "flags": (1,), "few": (1, 2), "boot": (4,),
}  # fmt: skip


@dataclass(slots=True)
class Packet:
    """What the sender knows when it fills in a header. `count`: packets of this stream so far, `number` as written."""

    number: int
    count: int
    stream: int
    ns: int
    body: bytes
    octets: int


@dataclass(slots=True)
class Part:
    kind: str
    size: int
    big: bool
    at: int = 0
    constant: bytes = b""


@dataclass(slots=True)
class Head:
    """`low` and `bits`: where the number is some bits of its word; `names` of streams, as written."""

    parts: list[Part]
    seq: Part
    low: int = 0
    bits: int = 0
    size: int = 0
    names: list[int] = field(default_factory=list)
    pictures: int = 7
    boot: int = 0
    walk: float = 500.0
    ack: int = 0

    def build(self, packet: Packet, rng: random.Random) -> bytes:
        out = bytearray(self.size)
        self.walk += rng.gauss(0, 3)
        self.ack += rng.choice((0, 0, 1, 2))
        for part in self.parts:
            if part.constant:
                out[part.at : part.at + part.size] = part.constant
            else:
                value = self._value(part, packet, rng) & ((1 << 8 * part.size) - 1)
                out[part.at : part.at + part.size] = value.to_bytes(part.size, "big" if part.big else "little")
        return bytes(out)

    def _value(self, part: Part, packet: Packet, rng: random.Random) -> int:
        kind = part.kind
        if kind == "seq":
            if not self.bits:
                return packet.number
            around = rng.getrandbits(self.low) if self.low and rng.random() < 0.1 else 1
            return packet.number << self.low | around & ((1 << self.low) - 1)
        if kind in CLOCKS:
            return packet.ns // CLOCKS[kind]
        if kind == "float":
            data = struct.pack(">f" if part.size == 4 else ">d", self.walk / 7)
            return int.from_bytes(data, "big")
        return {
            "zero": 0, "body": len(packet.body), "whole": self.size + len(packet.body),
            "ntp": ((packet.ns // 10**9 + NTP) << 32) + (packet.ns % 10**9 << 32) // 10**9,
            "uptime": self.boot + packet.ns // 10**6, "micros": packet.ns % 10**9 // 1000,
            "walk": int(self.walk), "octets": packet.octets, "picture": packet.count // self.pictures,
            "ack": self.ack, "sum": rng.getrandbits(64), "noise": rng.getrandbits(128),
            "flags": int(rng.random() < 0.05), "few": rng.choice((1, 1, 1, 4, 9)), "boot": self.boot,
            "stream": self.names[packet.stream] if self.names else 0,
        }[kind]  # fmt: skip


def head(rng: random.Random, *, stream: bool, streams: int) -> Head:
    """A header drawn at random; with a field that names the stream."""
    big = rng.random() < 0.5
    parts = []
    if rng.random() < 0.15:  # a long one before it: another protocol, or a big struct
        size = rng.choice((20, 40, 64, 130, 300))
        parts.append(Part("constant", size, big, constant=rng.randbytes(size)))
    for _ in range(rng.choice((0, 1, 1, 2, 2, 3, 4, 6, 9))):
        kind = rng.choice(list(BESIDE))
        size = rng.choice(BESIDE[kind])
        part = Part(kind, size, big if rng.random() < 0.92 else not big)
        if kind == "constant":
            part.constant = rng.randbytes(size)
        elif kind == "text":
            part.constant = bytes(rng.choices(b"abcdefgHIJK", k=size))
        parts.append(part)
    if stream:
        parts.append(Part("stream", rng.choice((1, 1, 2, 4, 8)), big))
    size = rng.choice((1, 2, 2, 2, 3, 4, 4, 4, 4, 4, 6, 8, 8, 8))
    seq = Part("seq", size, big if rng.random() < 0.95 else not big)
    parts.append(seq)
    if rng.random() < 0.4:
        rng.shuffle(parts)
    else:  # near the front, as most are
        parts.remove(seq)
        parts.insert(rng.randint(0, min(2, len(parts))), seq)
    made = Head(parts=parts, seq=seq, boot=rng.getrandbits(31), pictures=rng.randint(3, 40))
    if size in (2, 4) and rng.random() < 0.12:
        made.low = rng.choice((0, 1, 2, 3, 4, 8))
        made.bits = rng.randint(6, 8 * size - made.low)
    if stream:
        most = 1 << 8 * min(next(part.size for part in parts if part.kind == "stream"), 4)
        made.names = rng.sample(range(most), streams) if rng.random() < 0.5 else list(range(streams))
    packed = rng.random() < 0.5
    for part in parts:
        if not packed and part.size in ALIGN:
            made.size += -made.size % ALIGN[part.size]
        part.at = made.size
        made.size += part.size
    if not packed:
        made.size += -made.size % 4
    return made
