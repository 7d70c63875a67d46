"""A frame's shape: its bytes with zeros where something differs from frame to frame, and what is to go there.

Crafting is scapy's (`craft.py`, `foreign.py`); this module finds the network header in the crafted bytes and says which
checksums have to be summed again. Positions count bytes from the start of the frame.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

SENDER, RECEIVER, GATEWAY = "02:00:00:00:00:01", "02:00:00:00:00:02", "02:00:00:00:00:fe"
SENDER4, RECEIVER4 = "192.0.2.1", "198.51.100.2"
SENDER6, RECEIVER6 = "2001:db8::1", "2001:db8:1::2"
HOPS = 64
MINIMUM = 60

# What fills a field, frame by frame.
(V_IDENT, V_HOPS, V_SOURCE, V_SERIAL, V_SEQ, V_STREAM, V_SLOT, V_TIME, V_NTP) = range(9)

IPV4, IPV6 = 0x0800, 0x86DD
ICMP, TCP, UDP, ICMP6 = 1, 6, 17, 58
SUM_AT = {ICMP: 2, TCP: 16, UDP: 6, ICMP6: 2}  # where each keeps its checksum
NO_PSEUDO = (ICMP,)  # RFC 792: over the message alone


@dataclass(frozen=True, slots=True, kw_only=True)
class Fill:
    """`what` goes to `at`: the lowest `width` bytes of (value % `wrap` // `unit` + `plus`) << `shift`, or-ed in. A
    `wrap` of 0 is none. The value is `ahead` more than the frame's; that of a number is `step` times it, and `round`
    more where it is below `least`. With `digits` (of layout.model.DIGITS) it is written in them, with zeros in
    front."""

    what: int
    at: int
    width: int
    big: bool = True
    shift: int = 0
    unit: int = 1
    wrap: int = 0
    plus: int = 0
    ahead: int = 0
    step: int = 1
    least: int = 0
    round: int = 0
    digits: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """An Internet checksum (RFC 1071) at `at`, over `spans` of bytes (each begins at an even place of the sum), and
    `plus`, the constant part of the pseudo header. `udp`: 0 means "none" and is sent as 0xffff."""

    at: int
    spans: tuple[tuple[int, int], ...]
    plus: int = 0
    udp: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """The shape; `raw` is uint8[size]."""

    raw: NDArray[np.uint8]
    fills: tuple[Fill, ...]
    sums: tuple[Sum, ...]


def framed(upper: Any, vlan: tuple[int, ...], target: str, ethertype: int | None) -> NDArray[np.uint8]:
    """The bytes of scapy's `upper` behind Ethernet and tags, padded as Ethernet does. `ethertype` is for bytes that
    scapy does not know."""
    from scapy.layers.l2 import Dot1Q, Ether

    frame: Any = Ether(dst=target, src=SENDER)
    for tag in vlan:
        frame = frame / Dot1Q(vlan=tag)
    if ethertype is not None:
        frame.lastlayer().type = ethertype
    return np.frombuffer(bytes(frame / upper).ljust(MINIMUM, b"\0"), np.uint8).copy()


def finish(raw: NDArray[np.uint8], base: int, fills: list[Fill], transport: int) -> Template:
    """The template of crafted bytes with its network header at `base` and, where it has a checksum of its own, its
    transport header at `transport` (else -1)."""
    fills = [Fill(what=V_SOURCE, at=11, width=1), *fills]
    sums: list[Sum] = []
    kind = int(raw[base - 2]) << 8 | int(raw[base - 1])
    if kind == IPV4:
        fills += [
            Fill(what=V_IDENT, at=base + 4, width=2),
            Fill(what=V_HOPS, at=base + 8, width=1, plus=int(raw[base + 8])),
            Fill(what=V_SOURCE, at=base + 15, width=1),
        ]
        end = base + (int(raw[base + 2]) << 8 | int(raw[base + 3]))
        sums.append(Sum(at=base + 10, spans=((base, base + 20),)))
        sums += _transport(int(raw[base + 9]), transport, end, (base + 12, base + 20))
        raw[[base + 8, base + 15]] = 0
    elif kind == IPV6:
        fills += [
            Fill(what=V_HOPS, at=base + 7, width=1, plus=int(raw[base + 7])),
            Fill(what=V_SOURCE, at=base + 23, width=1),
        ]
        end = base + 40 + (int(raw[base + 4]) << 8 | int(raw[base + 5]))
        sums += _transport(int(raw[base + 6]), transport, end, (base + 8, base + 40))
        raw[[base + 7, base + 23]] = 0
    raw[11] = 0
    for entry in sums:
        raw[entry.at : entry.at + 2] = 0
    return Template(raw=raw, fills=tuple(fills), sums=tuple(sums))


def _transport(protocol: int, at: int, end: int, addresses: tuple[int, int]) -> list[Sum]:
    if at < 0:
        return []
    pseudo = protocol not in NO_PSEUDO
    spans = ((at, end), addresses) if pseudo else ((at, end),)
    plus = protocol + end - at if pseudo else 0
    return [Sum(at=at + SUM_AT[protocol], spans=spans, plus=plus, udp=protocol == UDP)]
