"""One frame, the obvious way: where the header lies, which stream and source it belongs to, what its fields say.

This is the meaning of decode, written for reading. `decode.Decoder` gives the same answers by the block; its
docstring states the rules in words. Bounds are checked before every read; nothing here ever raises on bad data.
Positions count bytes from the first byte of the frame.
"""

from __future__ import annotations

from collections.abc import Mapping

from seqcheck.dataclass import dataclass, field
from seqcheck.kernel.border import (
    A_ETH,
    A_FRAME,
    A_IP,
    A_TCP,
    A_UDP,
    CUT,
    EQ,
    EQ_LENGTH,
    FRAGMENT,
    K_ALL,
    K_HOSTS,
    K_NONE,
    K_SOURCE,
    LINK,
    MAGIC,
    MALFORMED,
    MATCH,
    NE,
    PORT,
    PROTOCOL,
    RECORD,
    SEQ,
    SHORT,
    STREAM,
    Program,
)
from seqcheck.wire.link import COOKED, ETHERNET, FAMILIES, IP_TYPES, LOOPBACK, RAW_IP, TAGS, TYPE_AT

FRAGMENT_HEADER, AH = 44, 51
# Headers between IP and its payload, by version: hop-by-hop, routing, fragment, AH, destination, mobility, HIP, shim6.
EXTENSIONS = {4: (AH,), 6: (0, 43, FRAGMENT_HEADER, AH, 60, 135, 139, 140)}
MAX_EXTENSIONS = 16

# What a program's key leaves out of the stream's key.
FORGOTTEN: dict[int, tuple[str, ...]] = {
    K_ALL: (), K_HOSTS: ("sport", "dport"), K_SOURCE: ("sport", "dport", "target"),
    K_NONE: ("sport", "dport", "target", "source"),
}  # fmt: skip

TRANSPORT = {A_UDP: (17, 8), A_TCP: (6, 20)}  # protocol, length of its header without options


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
    version: int = 0
    protocol: int = 0
    sport: int = 0
    dport: int = 0
    source: bytes = b""
    target: bytes = b""


@dataclass(slots=True, kw_only=True)
class Seen:
    """What decode says of one frame. `streams` and `seq` are valid where `status` is RECORD."""

    status: int
    place: Place
    seq: int = 0
    streams: tuple[int, ...] = field(default=())


class _Decided(Exception):  # noqa: N818  no error
    """Ends the walk through one frame with a status; never leaves this module."""

    def __init__(self, status: int) -> None:
        self.status = status


def link_addresses(data: bytes, link: int) -> tuple[bytes, bytes]:
    """The link-layer source and target addresses, empty where there are none or the link header was not captured."""
    if link not in TYPE_AT or len(data) < TYPE_AT[link][1]:
        return b"", b""
    if link == ETHERNET:
        return bytes(data[6:12]), bytes(data[0:6])
    if link == COOKED:
        return bytes(data[6 : 6 + min(_word(data, 4, 2), 8)]), b""
    return bytes(data[12 : 12 + min(data[11], 8)]), b""


def examine(data: bytes, wire: int, link: int, program: Program) -> Seen:
    """Decode one frame: `data` as captured, `wire` its length on the wire."""
    place = locate(data, wire, link, (program.anchor, program.selector))
    if place.status != RECORD:
        return Seen(status=place.status, place=place)
    seen = Seen(status=RECORD, place=place)
    streams: list[int] = []
    for row in program.fields:
        role = int(row["role"])
        if role not in (SEQ, STREAM, MATCH):
            continue
        at, width = position(place, int(row["offset"])), int(row["width"])
        if at < place.start or at + width > place.end:
            seen.status = SHORT
            return seen
        if at + width > len(data):
            seen.status = CUT  # unless a later field that was captured contradicts
            continue
        masked = _word(data, at, width, "big" if row["big"] else "little") & int(row["mask"])
        if role == MATCH and not _matches(masked, int(row["op"]), int(row["value"]), place):
            seen.status = MAGIC
            return seen
        value = masked >> int(row["shift"])
        if role == STREAM:
            streams.append(value)
        elif role == SEQ:
            if program.modulus and value >= program.modulus:
                seen.status = MAGIC
                return seen
            seen.seq = value
    seen.streams = tuple(streams)
    for forgotten in FORGOTTEN[program.key]:
        setattr(place, forgotten, type(getattr(place, forgotten))())  # 0 or no bytes
    return seen


def position(place: Place, offset: int) -> int:
    """Where a field at `offset` begins; negative offsets count from the stated end of the payload."""
    return (place.start if offset >= 0 else place.stated) + offset


def locate(data: bytes, wire: int, link: int, anchor: tuple[int, int]) -> Place:
    """Find the payload of `anchor` (kind and selector) in one frame."""
    place = Place(end=wire, stated=wire)
    kind, selector = anchor
    try:
        if kind in (A_FRAME, A_ETH):
            place.source, place.target = link_addresses(data, link)
        if kind == A_ETH:
            _to_ethertype(data, link, selector, place)
        elif kind != A_FRAME:
            _to_network(data, link, place)
            _through_ip(data, place, selector if kind == A_IP else -1)
            if kind == A_IP:
                _demand(selector in (-1, place.protocol), PROTOCOL)
            else:
                _through_transport(data, place, kind, selector)
        _demand(place.start <= place.stated, MALFORMED)
    except _Decided as decided:
        place.status = decided.status
    return place


def _word(data: bytes, at: int, width: int, order: str = "big") -> int:
    return int.from_bytes(data[at : at + width], "big" if order == "big" else "little")


def _matches(masked: int, op: int, value: int, place: Place) -> bool:
    right: Mapping[int, bool] = {
        EQ: masked == value, NE: masked != value, EQ_LENGTH: masked == place.stated - place.start,
    }  # fmt: skip
    return right[op]


def _demand(holds: bool, status: int) -> None:
    if not holds:
        raise _Decided(status)


def _need(data: bytes, place: Place, length: int) -> None:
    """`length` bytes of header at place.start: within the frame, and captured."""
    _demand(place.start + length <= place.end, SHORT)
    _demand(place.start + length <= len(data), CUT)


def _ethertype(data: bytes, link: int, place: Place) -> int:
    """Behind the link header and all VLAN tags; the ethertype found there."""
    at, length = TYPE_AT[link]
    _need(data, place, length)
    place.start = length
    kind = _word(data, at, 2)
    while kind in TAGS:
        _need(data, place, 4)
        kind = _word(data, place.start + 2, 2)
        place.start += 4
    return kind


def _to_ethertype(data: bytes, link: int, selector: int, place: Place) -> None:
    _demand(link in TYPE_AT or link in RAW_IP or link in LOOPBACK, LINK)
    _demand(link in TYPE_AT, PROTOCOL)
    kind = _ethertype(data, link, place)
    _demand(selector in (-1, kind), PROTOCOL)


def _to_network(data: bytes, link: int, place: Place) -> None:
    """To the first byte of the IP header, its version checked against what the link layer announced."""
    if link in TYPE_AT:
        kind = _ethertype(data, link, place)
        _demand(kind in IP_TYPES, PROTOCOL)
        versions: tuple[int, ...] = (IP_TYPES[kind],)
    elif link in LOOPBACK:
        _need(data, place, 4)
        family = _word(data, 0, 4)
        family = family if family in FAMILIES else _word(data, 0, 4, "little")
        _demand(family in FAMILIES, PROTOCOL)
        place.start = 4
        versions = (FAMILIES[family],)
    else:
        _demand(link in RAW_IP, LINK)
        versions = RAW_IP[link]
    _need(data, place, 1)
    place.version = data[place.start] >> 4
    _demand(place.version in versions, MALFORMED)


def _through_ip(data: bytes, place: Place, selector: int) -> None:
    """Behind the IP header and its extension headers, up to the one that is `selector`."""
    at = place.start
    if place.version == 4:
        _need(data, place, 20)
        header, total = (data[at] & 15) * 4, _word(data, at + 2, 2)
        _demand(header >= 20 and (total == 0 or total >= header), MALFORMED)
        if total:  # 0: the length was left to the NIC (TSO)
            place.stated = at + total
        _demand(_word(data, at + 6, 2) & 0x1FFF == 0, FRAGMENT)
        place.protocol = data[at + 9]
        place.source, place.target = bytes(data[at + 12 : at + 16]), bytes(data[at + 16 : at + 20])
        place.start = at + header
    else:
        _need(data, place, 40)
        length = _word(data, at + 4, 2)
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
        _need(data, place, 8)
        at = place.start
        if place.protocol == FRAGMENT_HEADER:
            _demand(_word(data, at + 2, 2) & 0xFFF8 == 0, FRAGMENT)
            length = 8
        elif place.protocol == AH:
            length = (data[at + 1] + 2) * 4
        else:
            length = (data[at + 1] + 1) * 8
        place.protocol = data[at]
        place.start = at + length


def _through_transport(data: bytes, place: Place, kind: int, selector: int) -> None:
    protocol, length = TRANSPORT[kind]
    _demand(place.protocol == protocol, PROTOCOL)
    _need(data, place, length)
    at = place.start
    place.sport, place.dport = _word(data, at, 2), _word(data, at + 2, 2)
    _demand(selector in (-1, place.sport, place.dport), PORT)
    if kind == A_UDP:
        stated = _word(data, at + 4, 2)
        _demand(stated == 0 or stated >= 8, MALFORMED)
        if stated:
            place.stated = at + stated
            place.end = min(place.end, place.stated)
        place.start = at + 8
    else:
        header = (data[at + 12] >> 4) * 4
        _demand(header >= 20, MALFORMED)
        place.start = at + header
