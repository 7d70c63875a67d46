"""Home-made headers, as people write them: a C struct, packed or as the compiler pads it, network or x86 byte order.

A Header is a list of fields in order; `build` makes the bytes of one packet from the values of that packet.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

NATURAL = {1: 1, 2: 2, 4: 4, 8: 8, 3: 1, 6: 2}
MAGICS = (b"\xde\xad\xbe\xef", b"\xca\xfe", b"SEQ1", b"\x00\x01", b"\x7e", b"PING", b"\x55\xaa", b"\xfe\xed\xfa\xce")


@dataclass(slots=True)
class Field:
    """`kind` names the value; `size` in bytes; `low` and `bits` where it is a bit field of its word, beside `flags`."""

    kind: str
    size: int
    constant: bytes = b""
    low: int = 0
    bits: int = 0
    at: int = 0


@dataclass(slots=True)
class Header:
    """`big` endian; `size` with padding."""

    fields: list[Field]
    big: bool
    size: int = 0
    packed: bool = True
    seq: Field = field(default_factory=lambda: Field("seq", 4))

    def build(self, values: dict[str, int], rng: random.Random) -> bytes:
        """The bytes of one packet; what `values` lacks is noise."""
        out = bytearray(self.size)
        order = "big" if self.big else "little"
        for each in self.fields:
            if each.kind == "magic":
                data = each.constant
            elif each.kind == "seq" and each.bits:
                word = (values["seq"] & ((1 << each.bits) - 1)) << each.low | values["flags"] & ((1 << each.low) - 1)
                if each.low + each.bits < 8 * each.size:
                    word |= values["top"] << (each.low + each.bits)
                word &= (1 << 8 * each.size) - 1
                data = word.to_bytes(each.size, order)  # type: ignore[arg-type]
            else:
                value = values.get(each.kind)
                value = rng.getrandbits(8 * each.size) if value is None else value & ((1 << 8 * each.size) - 1)
                data = value.to_bytes(each.size, order)  # type: ignore[arg-type]
            out[each.at : each.at + each.size] = data
        return bytes(out)


def draw(rng: random.Random, *, stream: bool, kinds: bool) -> Header:
    """A header; with a field that names the stream, with one that tells kinds of packets apart."""
    big = rng.random() < 0.55
    fields = []
    if rng.random() < 0.6:
        magic = rng.choice(MAGICS)
        fields.append(Field("magic", len(magic), constant=magic))
    extras = [
        Field("version", 1),
        Field("flags", rng.choice((1, 2))),
        Field("length", 2),
        Field("zero", rng.choice((1, 2, 4))),
    ]
    extras += [Field("noise", rng.choice((2, 4, 8))), Field("sensor", 2), Field("seconds", 4), Field("micros", 8)]
    extras += [
        Field("nanos", 8),
        Field("millis", 8),
        Field("ticks", 4),
        Field("fraction", 4),
        Field("check", rng.choice((2, 4))),
    ]
    rng.shuffle(extras)
    body = extras[: rng.randint(0, 4)]
    if stream:
        body.append(Field("stream", rng.choice((1, 2, 4))))
    if kinds:
        body.append(Field("kind", rng.choice((1, 1, 2))))
    size = rng.choice((1, 2, 2, 4, 4, 4, 4, 8, 8) + ((3,) if big else ()))
    seq = Field("seq", size)
    if size in (2, 4) and rng.random() < 0.15:
        seq.low = rng.choice((0, 2, 3, 4, 8))
        seq.bits = rng.randint(8, 8 * size - seq.low)
    body.append(seq)
    rng.shuffle(body)
    fields += body
    header = Header(fields=fields, big=big, packed=rng.random() < 0.5, seq=seq)
    at = 0
    for each in fields:
        if not header.packed and each.kind != "magic":
            natural = NATURAL[each.size]
            at += -at % natural
        each.at = at
        at += each.size
    header.size = at if header.packed else at + -at % 4
    return header
