"""The ways into tunnels: from one storey of a frame's headers to the next. See frame.py.

A way in is a header that says that others follow it: by its ethertype, its IP protocol, its UDP target port. What is
not said here is no way in; nor is what the frame is too short for, or what was not captured. Words are big endian.
Where a tunnel has an id, it goes into the key of the streams inside, with that of the tunnel around it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from seqcheck.kernel.border import MAX_STOREYS
from seqcheck.kernel.portable.frame import (
    ETHERNET_HERE,
    IP_HERE,
    Decided,
    Place,
    Storey,
    need,
    outermost,
    through_ip,
    to_network,
    word,
)

UDP, MOST_LABELS, MOST_EXTENSIONS = 17, 16, 16
LEAST_TYPE = 0x0600  # below: a length, IEEE 802.3
SNAP = b"\xaa\xaa\x03\0\0\0"  # IEEE 802.2, RFC 1042
ADDRESS_AND_CONTROL = 0xFF03  # RFC 1662
COMMON = (0x0800, 0x86DD, 0x8100, 0x88A8)  # ethertypes
PPP = (0x0021, 0x0057)  # IPv4, IPv6
ERSPAN, ERSPAN_III = 0x88BE, 0x22EB  # draft-foschiano-erspan-03

Way = Callable[[bytes, Place], int]  # moves place.start, and says what is there


class _Closed(Exception):  # noqa: N818  no error
    """It is no way in; never leaves this module."""


def storeys(data: bytes, wire: int, link: int) -> Iterator[Storey]:
    """The storeys inside tunnels, outside in."""
    storey: Storey | None = outermost(wire)
    for _ in range(MAX_STOREYS):
        storey = _inside(data, link, storey) if storey else None
        if storey is None:
            return
        yield storey


def _inside(data: bytes, link: int, storey: Storey) -> Storey | None:
    """The storey inside the tunnel that this one carries."""
    place = Place(start=storey.start, end=storey.end, stated=storey.stated, tunnel=storey.tunnel, mac=storey.mac)
    try:
        way = _way(data, link, place, storey.way)
    except (Decided, _Closed):
        return None
    return Storey(way=way, start=place.start, end=place.end, stated=place.stated, tunnel=place.tunnel, mac=place.mac)


def _way(data: bytes, link: int, place: Place, way: int) -> int:
    try:
        to_network(data, link, place, way)
    except Decided:
        if place.type < LEAST_TYPE and place.type >= 0:
            return _snap(data, place, place.type)
        return _taken(BY_TYPE, place.type)(data, place)
    through_ip(data, place, -1)
    if place.protocol == UDP:
        return _udp(data, place)
    return _taken(BY_PROTOCOL, place.protocol)(data, place)


def _taken(ways: dict[int, Way], number: int) -> Way:
    if number not in ways:
        raise _Closed
    return ways[number]


def _open(holds: bool) -> None:
    if not holds:
        raise _Closed


def _name(place: Place, id_: int) -> None:
    place.tunnel = (place.tunnel << 32 | id_) & 0xFFFF_FFFF_FFFF_FFFF


def _ethernet(data: bytes, place: Place) -> int:
    return ETHERNET_HERE


def _ip(data: bytes, place: Place) -> int:
    return IP_HERE


def _tag(data: bytes, place: Place) -> int:
    """Six bytes, the last two an ethertype."""
    need(data, place, 6)
    place.start += 6
    return word(data, place.start - 2, 2)


def _i_tag(data: bytes, place: Place) -> int:
    need(data, place, 4)
    _name(place, word(data, place.start + 1, 3))
    place.start += 4
    return ETHERNET_HERE


def _mpls(data: bytes, place: Place) -> int:
    """RFC 3032; what follows the labels is told by its first four bits. 0 is a control word (RFC 4385) before an
    Ethernet header, or an address: then the ethertype is where it would be."""
    for count in range(MOST_LABELS + 1):
        _open(count < MOST_LABELS)
        need(data, place, 4)
        label = word(data, place.start, 4)
        place.start += 4
        if label & 0x100:
            _name(place, label >> 12)
            break
    need(data, place, 1)
    first = data[place.start] >> 4
    if first == 0:
        need(data, place, 14)
        place.start += 0 if word(data, place.start + 12, 2) in COMMON else 4
    return IP_HERE if first in (4, 6) else ETHERNET_HERE


def _ppp(data: bytes, place: Place) -> int:
    need(data, place, 2)
    if word(data, place.start, 2) == ADDRESS_AND_CONTROL:
        place.start += 2
        need(data, place, 2)
    _open(word(data, place.start, 2) in PPP)
    place.start += 2
    return IP_HERE


def _pppoe(data: bytes, place: Place) -> int:
    """RFC 2516: version 1, type 1, code 0, session id, length."""
    need(data, place, 6)
    _open(word(data, place.start, 2) == 0x1100)
    _name(place, word(data, place.start + 2, 2))
    place.start += 6
    return _ppp(data, place)


def _macsec(data: bytes, place: Place) -> int:
    """IEEE 802.1AE: version, encryption and changed text all 0; with an SCI of 8 bytes if bit 5 says so."""
    need(data, place, 6)
    control = data[place.start]
    length = 14 if control & 0x20 else 6
    _open(control & 0x8C == 0)
    need(data, place, length + 2)
    place.start += length + 2
    return word(data, place.start - 2, 2)


def _snap(data: bytes, place: Place, length: int) -> int:
    _state(place, place.start + length)
    need(data, place, 8)
    _open(data[place.start : place.start + 6] == SNAP)
    place.start += 8
    return word(data, place.start - 2, 2)


def _gre(data: bytes, place: Place) -> int:
    """RFC 2784 and 2890, without routing; checksum, key and sequence number where their bits say so."""
    need(data, place, 4)
    flags, kind = word(data, place.start, 2), word(data, place.start + 2, 2)
    checksum, key, number = ((4 if flags & bit else 0) for bit in (0x8000, 0x2000, 0x1000))
    _open(flags & 0x4007 == 0)
    need(data, place, 4 + checksum + key + number)
    if key:
        _name(place, word(data, place.start + 4 + checksum, 4))
    place.start += 4 + checksum + key + number
    if kind in (ERSPAN, ERSPAN_III):
        return _erspan(data, place, 12 if kind == ERSPAN_III else 8 if number else 0)
    return kind


def _erspan(data: bytes, place: Place, length: int) -> int:
    need(data, place, length)
    if length == 12 and data[place.start + 11] & 1:
        length += 8
    if length:
        _name(place, word(data, place.start + 2, 2) & 0x03FF)
    place.start += length
    return ETHERNET_HERE


def _udp(data: bytes, place: Place) -> int:
    need(data, place, 8)
    at, length = place.start, word(data, place.start + 4, 2)
    _open(length == 0 or length >= 8)
    if length:
        _state(place, at + length)
    place.start += 8
    return _taken(BY_PORT, word(data, at + 2, 2))(data, place)


def _vxlan(data: bytes, place: Place) -> int:
    """RFC 7348."""
    need(data, place, 8)
    _open(data[place.start] & 0x08 != 0)
    _name(place, word(data, place.start + 4, 3))
    place.start += 8
    return ETHERNET_HERE


def _geneve(data: bytes, place: Place) -> int:
    """RFC 8926: version 0, options of any length."""
    need(data, place, 8)
    first, kind = data[place.start], word(data, place.start + 2, 2)
    length = 8 + (first & 0x3F) * 4
    _open(first >> 6 == 0)
    need(data, place, length)
    _name(place, word(data, place.start + 4, 3))
    place.start += length
    return kind


def _gtp(data: bytes, place: Place) -> int:
    """3GPP TS 29.281: version 1, a user's packet, with extension headers."""
    need(data, place, 8)
    flags = data[place.start]
    _open(flags & 0xF0 == 0x30 and data[place.start + 1] == 255)
    _name(place, word(data, place.start + 4, 4))
    place.start += 8
    if flags & 7 == 0:
        return IP_HERE
    need(data, place, 4)
    place.start += 3  # the type of the next extension
    for count in range(MOST_EXTENSIONS + 1):
        if flags & 4 == 0 or data[place.start] == 0:
            break
        _open(count < MOST_EXTENSIONS)
        need(data, place, 2)
        length = data[place.start + 1] * 4
        _open(length != 0)
        need(data, place, 1 + length)
        place.start += length
    place.start += 1
    return IP_HERE


def _l2tp(data: bytes, place: Place) -> int:
    """RFC 2661: version 2, data; tunnel and session are its id."""
    need(data, place, 2)
    flags = word(data, place.start, 2)
    at = 4 if flags & 0x4000 else 2
    _open(flags & 0x800F == 2)
    need(data, place, at + 4)
    _name(place, word(data, place.start + at, 4))
    at += 8 if flags & 0x0800 else 4
    if flags & 0x0200:
        need(data, place, at + 2)
        at += 2 + word(data, place.start + at, 2)
    place.start += at
    return _ppp(data, place)


def _state(place: Place, stated: int) -> None:
    """A header says where its payload ends."""
    place.stated = stated
    place.end = min(place.end, stated)


# 802.1ah, the tags of Cisco's VN, HSR and 802.1CB; MPLS; PPPoE; 802.1AE; Ethernet in GRE (RFC 1701).
BY_TYPE: dict[int, Way] = {
    0x88E7: _i_tag, 0x8926: _tag, 0x892F: _tag, 0xF1C1: _tag, 0x8847: _mpls, 0x8848: _mpls, 0x8864: _pppoe,
    0x88E5: _macsec, 0x6558: _ethernet,
}  # fmt: skip
# RFC 2003, RFC 2473 and 4213, RFC 2784, RFC 4023.
BY_PROTOCOL: dict[int, Way] = {4: _ip, 41: _ip, 47: _gre, 137: _mpls}
# 8472 is what Linux took for VXLAN before there was a number; 6635: RFC 7510.
BY_PORT: dict[int, Way] = {
    4789: _vxlan, 8472: _vxlan, 6081: _geneve, 2152: _gtp, 6635: _mpls, 1701: _l2tp,
}  # fmt: skip
