"""One storey of a frame's headers, the obvious way: where the anchor's payload lies, and which stream it belongs to.

This is the meaning of decode, with inside.py and examine.py, written for reading. `decode.Decoder` gives the same
answers by the block; its docstring states the rules in words. Bounds are checked before every read; nothing here ever
raises on bad data.
Positions count bytes from the first byte of the frame.
"""

from __future__ import annotations

from seqcheck.dataclass import dataclass
from seqcheck.kernel.border import (
    A_ETH,
    A_FRAME,
    A_IP,
    A_TCP,
    A_UDP,
    CUT,
    FRAGMENT,
    HERE,
    K_ALL,
    K_HOSTS,
    K_NONE,
    K_SOURCE,
    LINK,
    MALFORMED,
    PORT,
    PROTOCOL,
    RECORD,
    SHORT,
    Sought,
)
from seqcheck.wire.link import COOKED, ETHERNET, FAMILIES, IP_TYPES, LOOPBACK, RAW_IP, TAGS, TYPE_AT

FRAGMENT_HEADER, AH = 44, 51
# Headers between IP and its payload, by version: hop-by-hop, routing, fragment, AH, destination, mobility, HIP, shim6.
EXTENSIONS = {4: (AH,), 6: (0, 43, FRAGMENT_HEADER, AH, 60, 135, 139, 140)}
MAX_EXTENSIONS = 16

# What a program's key leaves out of the stream's key.
FORGOTTEN: dict[int, tuple[str, ...]] = {
    K_ALL: (), K_HOSTS: ("sport", "dport"), K_SOURCE: ("sport", "dport", "target"),
    K_NONE: ("sport", "dport", "target", "source", "tunnel"),
}  # fmt: skip

TRANSPORT = {A_UDP: (17, 8), A_TCP: (6, 20)}  # protocol, length of its header without options


# What a storey begins with: the frame's own link header; inside a tunnel an Ethernet header, an IP header, or what an
# ethertype (0 or more) names.
FROM_LINK, ETHERNET_HERE, IP_HERE = -1, -2, -3


@dataclass(slots=True, kw_only=True)
class Storey:
    """Where a storey of headers begins, as `way` says; `end` and `stated` as in Place. `tunnel`: the ids of those that
    lead there, as STREAM_KEY has them; `mac`: where the innermost Ethernet header in a tunnel is, or -1."""

    way: int
    start: int
    end: int
    stated: int
    tunnel: int = 0
    mac: int = -1


@dataclass(slots=True, kw_only=True)
class Place:
    """Where the anchor's payload lies in one frame, and what names its stream.

    Bytes start..end-1 are the payload as far as the frame goes; `stated` is where the lengths in the headers say that
    it ends, which may lie behind `end`. Valid where `status` is RECORD.
    """

    status: int = RECORD
    start: int = 0
    end: int = 0
    stated: int = 0
    here: int = 0  # where the program's moves lead; the payload's first byte, if it has none
    version: int = 0
    protocol: int = 0
    sport: int = 0
    dport: int = 0
    source: bytes = b""
    target: bytes = b""
    tunnel: int = 0
    type: int = -1  # the last ethertype
    mac: int = -1


class Decided(Exception):  # noqa: N818  no error
    """Ends the walk through one frame with a status; never leaves the walk."""

    def __init__(self, status: int) -> None:
        self.status = status


def link_addresses(data: bytes, link: int) -> tuple[bytes, bytes]:
    """The link-layer source and target addresses, empty if there are none or the link header was not captured."""
    if link not in TYPE_AT or len(data) < TYPE_AT[link][1]:
        return b"", b""
    if link == ETHERNET:
        return bytes(data[6:12]), bytes(data[0:6])
    if link == COOKED:
        return bytes(data[6 : 6 + min(word(data, 4, 2), 8)]), b""
    return bytes(data[12 : 12 + min(data[11], 8)]), b""


def position(place: Place, offset: int) -> int:
    """Where a field at `offset` begins; negative offsets count from the stated end of the payload, those from HERE on
    from where the program's moves lead."""
    if offset >= HERE:
        return place.here + offset - HERE
    return (place.start if offset >= 0 else place.stated) + offset


def outermost(wire: int) -> Storey:
    """A frame's own headers."""
    return Storey(way=FROM_LINK, start=0, end=wire, stated=wire)


def locate(data: bytes, wire: int, link: int, sought: Sought, storey: Storey | None = None) -> Place:
    """Find the payload of the anchor that is `sought` in one storey of a frame, the outermost if none is given."""
    storey = storey or outermost(wire)
    place = Place(start=storey.start, end=storey.end, stated=storey.stated, tunnel=storey.tunnel, mac=storey.mac)
    kind, selector, _ = sought
    try:
        if kind in (A_FRAME, A_ETH):
            place.source, place.target = link_addresses(data, link)
        if kind == A_ETH:
            _to_ethertype(data, link, selector, place, storey.way)
        elif kind != A_FRAME:
            to_network(data, link, place, storey.way)
            through_ip(data, place, selector if kind == A_IP else -1)
            if kind == A_IP:
                _demand(selector in (-1, place.protocol), PROTOCOL)
            else:
                _through_transport(data, place, sought)
        _demand(place.start <= place.stated, MALFORMED)
        place.here = place.start
    except Decided as decided:
        place.status = decided.status
    return place


def word(data: bytes, at: int, width: int, order: str = "big") -> int:
    return int.from_bytes(data[at : at + width], "big" if order == "big" else "little")


def _demand(holds: bool, status: int) -> None:
    if not holds:
        raise Decided(status)


def need(data: bytes, place: Place, length: int) -> None:
    """`length` bytes of header at place.start: within the frame, and captured."""
    _demand(place.start + length <= place.end, SHORT)
    _demand(place.start + length <= len(data), CUT)


def _ethertype(data: bytes, link: int, place: Place, way: int) -> int:
    """Behind the link header (if the storey has one) and all VLAN tags; the ethertype found there."""
    kind = way
    if way < 0:
        at, length = TYPE_AT[link if way == FROM_LINK else ETHERNET]
        need(data, place, length)
        kind = word(data, place.start + at, 2)
        if way == ETHERNET_HERE:
            place.mac = place.start
        place.start += length
    while kind in TAGS:
        need(data, place, 4)
        kind = word(data, place.start + 2, 2)
        place.start += 4
    place.type = kind
    return kind


def _to_ethertype(data: bytes, link: int, selector: int, place: Place, way: int) -> None:
    if way == FROM_LINK:
        _demand(link in TYPE_AT or link in RAW_IP or link in LOOPBACK, LINK)
        _demand(link in TYPE_AT, PROTOCOL)
    _demand(way != IP_HERE, PROTOCOL)
    kind = _ethertype(data, link, place, way)
    if place.mac >= 0:
        place.target, place.source = data[place.mac : place.mac + 6], data[place.mac + 6 : place.mac + 12]
    _demand(selector in (-1, kind), PROTOCOL)


def to_network(data: bytes, link: int, place: Place, way: int) -> None:
    """To the first byte of the IP header, its version checked against what the storey announced."""
    if way == IP_HERE:
        versions: tuple[int, ...] = (4, 6)
    elif way != FROM_LINK or link in TYPE_AT:
        kind = _ethertype(data, link, place, way)
        _demand(kind in IP_TYPES, PROTOCOL)
        versions = (IP_TYPES[kind],)
    elif link in LOOPBACK:
        need(data, place, 4)
        family = word(data, 0, 4)
        family = family if family in FAMILIES else word(data, 0, 4, "little")
        _demand(family in FAMILIES, PROTOCOL)
        place.start = 4
        versions = (FAMILIES[family],)
    else:
        _demand(link in RAW_IP, LINK)
        versions = RAW_IP[link]
    need(data, place, 1)
    place.version = data[place.start] >> 4
    _demand(place.version in versions, MALFORMED)


def through_ip(data: bytes, place: Place, selector: int) -> None:
    """Behind the IP header and its extension headers, up to the one that is `selector`."""
    at = place.start
    if place.version == 4:
        need(data, place, 20)
        header, total = (data[at] & 15) * 4, word(data, at + 2, 2)
        _demand(header >= 20 and (total == 0 or total >= header), MALFORMED)
        if total:  # 0: the length was left to the NIC (TSO)
            place.stated = at + total
        _demand(word(data, at + 6, 2) & 0x1FFF == 0, FRAGMENT)
        place.protocol = data[at + 9]
        place.source, place.target = bytes(data[at + 12 : at + 16]), bytes(data[at + 16 : at + 20])
        place.start = at + header
    else:
        need(data, place, 40)
        length = word(data, at + 4, 2)
        if length:  # 0: a jumbogram, or left to the NIC
            place.stated = at + 40 + length
        place.protocol = data[at + 6]
        place.source, place.target = bytes(data[at + 8 : at + 24]), bytes(data[at + 24 : at + 40])
        place.start = at + 40
    place.end = min(place.end, place.stated)
    _through_extensions(data, place, selector)


def _through_extensions(data: bytes, place: Place, selector: int) -> None:
    for count in range(MAX_EXTENSIONS + 1):
        if place.protocol == selector or place.protocol not in EXTENSIONS[place.version]:
            return
        _demand(count < MAX_EXTENSIONS, MALFORMED)
        need(data, place, 8)
        at = place.start
        if place.protocol == FRAGMENT_HEADER:
            _demand(word(data, at + 2, 2) & 0xFFF8 == 0, FRAGMENT)
        place.start = at + extension_length(data, at, place.protocol)
        place.protocol = data[at]


def extension_length(data: bytes | bytearray, at: int, protocol: int) -> int:
    """Bytes of the extension header of that protocol, of which two are there."""
    if protocol == FRAGMENT_HEADER:
        return 8
    return (data[at + 1] + 2) * 4 if protocol == AH else (data[at + 1] + 1) * 8


def _through_transport(data: bytes, place: Place, sought: Sought) -> None:
    kind, selector, ports = sought
    protocol, length = TRANSPORT[kind]
    _demand(place.protocol == protocol, PROTOCOL)
    need(data, place, length)
    at = place.start
    place.sport, place.dport = word(data, at, 2), word(data, at + 2, 2)
    _demand(selector in (-1, place.sport, place.dport), PORT)
    _demand(not ports or any(low <= port <= high for low, high in ports for port in (place.sport, place.dport)), PORT)
    if kind == A_UDP:
        stated = word(data, at + 4, 2)
        _demand(stated == 0 or stated >= 8, MALFORMED)
        if stated:
            place.stated = at + stated
            place.end = min(place.end, place.stated)
        place.start = at + 8
    else:
        header = (data[at + 12] >> 4) * 4
        _demand(header >= 20, MALFORMED)
        place.start = at + header
