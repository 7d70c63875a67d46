"""What tells a frame apart, without a layout: its flow, and its content from the network header on.

The rules (native/content_frame.c gives the same)
    The link layer and VLAN tags are read as decode.py has it; its statuses hold here, too, except PROTOCOL, which is
    given only if there is no ethertype.

    No IP: `content` is all that was captured after the ethertype. INDISTINCT for those that repeat by nature: 802.3
    lengths without SNAP behind them (spanning tree and the like) and the ethertypes of BY_NATURE. The flow: link-layer
    addresses and ethertype, 0 for SNAP.
    IP: need(20) or need(40) and MALFORMED as in decode.py. The layer ends where the header says, or the wire.
    `content` is from the IP header to that end, as far as it was captured, without what a path changes (ToS, hop count,
    header checksum) and, in IPv4, without the identification. The flow: addresses, protocol (IPv6: the next header),
    and ports of TCP, UDP, SCTP and UDP-Lite where the fragment has them and they were captured. INDISTINCT: protocols
    of BY_NATURE_IP, neighbour discovery and multicast listeners of ICMPv6, TCP that carries no payload.
    All of these count inside tunnels (inside.py) and behind extension headers, too.
"""

from __future__ import annotations

import struct

import numpy as np

from seqcheck.dataclass import dataclass
from seqcheck.kernel.border import CUT, INDISTINCT, MALFORMED, PROTOCOL, RECORD, SHORT, STREAM_KEY
from seqcheck.kernel.portable.frame import (
    FROM_LINK,
    Decided,
    Place,
    Storey,
    link_addresses,
    outermost,
    through_ip,
    to_network,
    word,
)
from seqcheck.kernel.portable.inside import storeys

# ARP, RARP, flow control, link aggregation and OAM, 802.1X, LLDP, loopback tests (IEEE 802 Numbers, IANA).
BY_NATURE = (0x0806, 0x8035, 0x8808, 0x8809, 0x888E, 0x88CC, 0x9000)
SIZES = 0x0600  # ethertypes begin here, below are lengths
SNAP = b"\xaa"  # the LLC address of what has an ethertype behind it
BY_NATURE_IP = (2, 88, 89, 103, 112)  # IGMP, EIGRP, OSPF, PIM, VRRP
TCP, UDP, ICMP6, SCTP, UDP_LITE = 6, 17, 58, 132, 136
PORTED = (TCP, UDP, SCTP, UDP_LITE)
NEIGHBOURS = (*range(130, 138), 143)  # types of ICMPv6 (RFC 2710, RFC 4861, RFC 3810)


@dataclass(slots=True, kw_only=True)
class Shape:
    """A frame's `status`; where that is RECORD, its flow as a STREAM_KEY's bytes, its content, IPv4's identification
    (0 if there is none) and the hop count."""

    status: int
    flow: bytes = b""
    content: bytes = b""
    identification: int = 0
    hops: int = 0


def shape(data: bytes, wire: int, link: int) -> Shape:
    """Of one frame: `data` as captured, its length on the `wire`."""
    place = Place(start=0, end=wire, stated=wire)
    try:
        to_network(data, link, place, FROM_LINK)
    except Decided as decided:
        if decided.status != PROTOCOL or place.type < 0:
            return Shape(status=decided.status)
        found = _other(data, wire, link, place)
    else:
        found = (_ipv4 if place.version == 4 else _ipv6)(data, wire, place)
    if found.status == RECORD and any(
        _repeats(data, link, storey) for storey in (outermost(wire), *storeys(data, wire, link))
    ):
        return Shape(status=INDISTINCT)
    return found


def _repeats(data: bytes, link: int, storey: Storey) -> bool:
    """Whether what a storey of headers leads to repeats by nature."""
    place = Place(start=storey.start, end=storey.end, stated=storey.stated)
    try:
        to_network(data, link, place, storey.way)
    except Decided as decided:
        return decided.status == PROTOCOL and place.type >= 0 and _repeats_by_type(data, place)
    try:
        through_ip(data, place, -1)
    except Decided:
        return False
    return place.protocol in BY_NATURE_IP or _is_bare(data, place.end, place.start, place.protocol)


def _repeats_by_type(data: bytes, place: Place) -> bool:
    snap = place.type < SIZES and data[place.start : place.start + 1] == SNAP
    return (place.type < SIZES and not snap) or place.type in BY_NATURE


def _other(data: bytes, wire: int, link: int, place: Place) -> Shape:
    if _repeats_by_type(data, place):
        return Shape(status=INDISTINCT)
    source, target = link_addresses(data, link)
    key = np.zeros(1, STREAM_KEY)
    _put(key, source, target)
    key["fields"][0, 0] = 0 if place.type < SIZES else place.type
    content = data[place.start :] + struct.pack("<q", wire - place.start)
    return Shape(status=RECORD, flow=key.tobytes(), content=content)


def _ipv4(data: bytes, wire: int, place: Place) -> Shape:
    at = place.start
    if at + 20 > wire or at + 20 > len(data):
        return Shape(status=SHORT if at + 20 > wire else CUT)
    header, total = (data[at] & 15) * 4, word(data, at + 2, 2)
    if header < 20 or 0 < total < header:
        return Shape(status=MALFORMED)
    end = min(wire, at + total) if total else wire
    protocol, first = data[at + 9], word(data, at + 6, 2) & 0x1FFF == 0
    if protocol in BY_NATURE_IP or (first and _is_bare(data, end, at + header, protocol)):
        return Shape(status=INDISTINCT)
    head = bytearray(data[at : at + 12])
    head[1] = head[4] = head[5] = head[8] = head[10] = head[11] = 0
    ports = _ports(data, end, at + header) if first else (0, 0)
    return Shape(
        status=RECORD,
        flow=_flow(4, protocol, (data[at + 12 : at + 16], data[at + 16 : at + 20]), ports),
        content=bytes(head) + data[at + 12 : end] + struct.pack("<q", end - at),
        identification=word(data, at + 4, 2),
        hops=data[at + 8],
    )


def _ipv6(data: bytes, wire: int, place: Place) -> Shape:
    at = place.start
    if at + 40 > wire or at + 40 > len(data):
        return Shape(status=SHORT if at + 40 > wire else CUT)
    length = word(data, at + 4, 2)
    end = min(wire, at + 40 + length) if length else wire
    protocol = data[at + 6]
    if protocol in BY_NATURE_IP or _is_bare(data, end, at + 40, protocol):
        return Shape(status=INDISTINCT)
    head = bytearray(data[at : at + 8])
    head[0] &= 0xF0
    head[1] &= 0x0F
    head[7] = 0
    return Shape(
        status=RECORD,
        flow=_flow(6, protocol, (data[at + 8 : at + 24], data[at + 24 : at + 40]), _ports(data, end, at + 40)),
        content=bytes(head) + data[at + 8 : end] + struct.pack("<q", end - at),
        hops=data[at + 7],
    )


def _is_bare(data: bytes, end: int, at: int, protocol: int) -> bool:
    """Whether the header at `at` is TCP's without a payload behind it, or of one of ICMPv6's NEIGHBOURS."""
    if protocol == ICMP6:
        return at < min(end, len(data)) and data[at] in NEIGHBOURS
    if protocol != TCP or at + 20 > min(end, len(data)):
        return False
    return at + (data[at + 12] >> 4) * 4 >= end


def _ports(data: bytes, end: int, at: int) -> tuple[int, int]:
    return (word(data, at, 2), word(data, at + 2, 2)) if at + 4 <= min(end, len(data)) else (0, 0)


def _flow(version: int, protocol: int, addresses: tuple[bytes, bytes], ports: tuple[int, int] = (0, 0)) -> bytes:
    key = np.zeros(1, STREAM_KEY)
    key["version"], key["protocol"] = version, protocol
    if protocol in PORTED:
        key["sport"], key["dport"] = ports
    _put(key, *addresses)
    return key.tobytes()


def _put(key: np.ndarray[tuple[int], np.dtype[np.void]], source: bytes, target: bytes) -> None:
    for name, address in (("source", source), ("target", target)):
        key[name][0, : len(address)] = np.frombuffer(address, np.uint8)
