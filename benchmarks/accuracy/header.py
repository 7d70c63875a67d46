"""A home-made header, drawn at random, and the spec that reads it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

OUTER = {
    "prp": "frame magic=u16be@-2==0x88fb seq=u16be@-6",
    "hsr": "frame magic=u16be@12==0x892f seq=u16be@16",
    "frer": "frame magic=u16be@12==0xf1c1 seq=u16be@16",
}
BITS = (8, 10, 12, 14, 16, 16, 20, 24, 32, 32, 32, 48, 64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """Bytes `at` … `at + width` of the block; `mask` 0 if the whole word is meant."""

    name: str
    at: int
    width: int
    big: bool = True
    mask: int = 0

    def word(self, base: int) -> str:
        order = "" if self.width == 1 else "be" if self.big else "le"
        return f"u{8 * self.width}{order}@{base + self.at}" + (f"&{self.mask:#x}" if self.mask else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """`base` is where the block of fields begins in the payload; from its end if it is negative."""

    anchor: str
    number: int  # port, ethertype or protocol
    v6: bool
    tags: int
    base: int
    block: int  # bytes
    fields: dict[str, Field]
    modulus: int
    in_spec: bool  # whether the modulus is not simply what the word holds
    start: int  # the counter's first value
    magic: int
    stream_ids: np.ndarray
    sport: int
    ip_id: str
    checksum: bool
    filler: str
    salt: int
    micro: bool  # the capture's times are in microseconds
    snap: int  # bytes kept of a frame; 0 is all
    outer: str = ""  # "prp", "hsr" or "frer": the number stands in a redundancy tag, and that is what the spec reads
    cooked: bool = False  # captured on all interfaces: a Linux cooked header in place of Ethernet's

    def tells(self) -> bool:
        """Does a packet that was built again differ from a copy, by its IP identification or its time stamp?"""
        numbered = self.anchor in ("udp", "ip") and not self.v6 and self.ip_id in ("count", "random")
        return numbered or "time" in self.fields

    def spec(self) -> str:
        if self.outer:
            return OUTER[self.outer]
        base = self.base + (14 + 4 * self.tags if self.anchor == "frame" else 0)
        parts = ["frame" if self.anchor == "frame" else f"{self.anchor}:{self.number:#x}"]
        for name, one in self.fields.items():
            word = one.word(base)
            if name == "magic":
                parts.append(f"magic={word}=={self.magic:#x}")
            elif name == "time":
                parts.append(f"time={word}:ns")
            elif name == "seq":
                parts.append(f"seq={word}" + (f"%{self.modulus}" if self.in_spec else ""))
            else:
                parts.append(f"{name}={word}")
        return " ".join(parts)


def draw(seed: int, *, streams: int, reach: int, last: int, force: dict[str, object] | None = None) -> Header:
    """`reach`: how far the numbers step back or ahead; the counter is wide enough for four times that. `last`: the
    highest number, to place a wrap."""
    force = force or {}
    rng = np.random.default_rng([seed, 77])
    anchor = str(force.get("anchor", rng.choice(["udp", "udp", "udp", "udp", "udp", "udp", "eth", "ip", "frame"])))
    need = 4 * reach + 64
    bits = int(rng.choice([one for one in BITS if 2**one >= need]))
    if "bits" in force:
        bits = int(str(force["bits"]))
    width = {8: 1, 16: 2, 24: 3, 32: 4, 48: 6, 64: 8}.get(bits, (bits + 7) // 8)
    room = 8 * width - bits
    mask = 0
    if room or (bits in (16, 32) and rng.random() < 0.1):
        if not room:
            width, room = {16: 4, 32: 8}[bits], {16: 16, 32: 32}[bits]
        mask = (2**bits - 1) << int(rng.integers(0, room + 1))
    modulus = 2**bits
    in_spec = bool(rng.random() < 0.15)
    if in_spec:
        modulus = min(modulus, int(need * np.exp(rng.uniform(0, 5))) | 1)
    if "modulus" in force:
        modulus, in_spec = int(str(force["modulus"])), True
    field_of_stream = bool(streams > 1 and (anchor != "udp" or rng.random() < 0.7)) or rng.random() < 0.2
    chosen = [("seq", width)]
    if anchor == "frame" or rng.random() < 0.5:
        chosen.append(("magic", 4))
    if field_of_stream:
        chosen.append(("stream", int(rng.choice([1, 2, 4]))))
    if rng.random() < 0.2:
        chosen.append(("time", 8))
    if force.get("stamped") and rng.random() < 0.06:
        chosen.append(("slot", 2))
    at = 0
    fields: dict[str, Field] = {}
    for index in rng.permutation(len(chosen)):
        name, size = chosen[index]
        at += int(rng.choice([0, 0, 0, 1, 2, 5]))
        big = bool(rng.random() < 0.6)
        fields[name] = Field(name=name, at=at, width=size, big=big, mask=mask if name == "seq" else 0)
        at += size
    at_end = anchor in ("udp", "ip") and not force.get("no_end") and rng.random() < 0.15
    base = -at if at_end else int(rng.choice([0, 0, 0, 4, 8, 12, 17, 24, 30]))
    place = rng.random()
    start = 0 if place < 0.3 else int(rng.integers(0, min(modulus, 1 << 62)))
    if place > 0.75:  # the counter wraps on the way
        start = (modulus - int(rng.uniform(0, 1) * (last + 1)) - 1) % modulus
    outer = str(force.get("outer", ""))
    if outer:
        start %= 1 << 16
    if anchor == "udp":
        number = int(rng.integers(2000, 30_000))
    else:
        number = int(rng.choice([253, 254, 99])) if anchor == "ip" else int(rng.choice([0x88B5, 0x88B6, 0x9000]))
    return Header(
        anchor=anchor,
        number=number,
        v6=bool(rng.random() < 0.25),
        tags=int(str(force.get("tags", rng.choice([0, 0, 0, 1, 2])))),
        base=base,
        block=at,
        fields=fields,
        modulus=1 << 16 if outer else modulus,
        in_spec=in_spec,
        start=int(str(force.get("start", start))),
        magic=int(rng.integers(1 << 24, 1 << 32)),
        stream_ids=rng.permutation(200)[: streams + 1] + 1,
        sport=int(rng.integers(30_000, 60_000)),
        ip_id=str(force.get("ip_id", rng.choice(["zero", "zero", "constant", "count", "count", "random"]))),
        checksum=bool(rng.random() < 0.3),
        filler=str(rng.choice(["zero", "text", "number", "number"])),
        salt=int(rng.integers(1 << 30)),
        micro=bool(rng.random() < 0.25),
        outer=outer,
        cooked=bool(force.get("cooked")) and anchor in ("udp", "ip"),
        snap=96 + base + at if base >= 0 and rng.random() < 0.1 and not outer else 0,
    )
