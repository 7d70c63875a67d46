"""Captures made byte by byte, without seqcheck's own writers: what the tests of wire, index and sources read."""

from __future__ import annotations

from dataclasses import dataclass
from struct import pack

SECOND = 1_000_000_000
START_NS = 1_700_000_000 * SECOND


@dataclass(frozen=True, slots=True, kw_only=True)
class Packet:
    """A frame and what a reader must say of it."""

    data: bytes
    ns: int
    wire: int
    link: int = 1


def packets(count: int, *, size: int = 20, start: int = START_NS, step: int = 1000) -> list[Packet]:
    """Frames of growing lengths from `size` on, each different, `step` ns apart."""
    made = []
    for i in range(count):
        data = bytes((i * 7 + k) % 256 for k in range(size + i % 5))
        made.append(Packet(data=data, ns=start + i * step, wire=len(data) + (i % 3 == 0) * 40))
    return made


def pcap_header(
    *, big: bool = False, nano: bool = True, modified: bool = False, minor: int = 4, link: int = 1
) -> bytes:
    magic = 0xA1B2CD34 if modified else 0xA1B23C4D if nano else 0xA1B2C3D4
    return pack((">" if big else "<") + "IHHiIII", magic, 2, minor, 3600, 0, 65535, link)


def pcap_record(packet: Packet, *, big: bool = False, nano: bool = True, modified: bool = False) -> bytes:
    seconds, fraction = divmod(packet.ns, SECOND)
    order = ">" if big else "<"
    head = pack(order + "4I", seconds, fraction if nano else fraction // 1000, len(packet.data), packet.wire)
    return head + (pack(order + "IHBB", 3, 0x0800, 1, 0) if modified else b"") + packet.data


def pcap_file(made: list[Packet], *, big: bool = False, nano: bool = True, modified: bool = False) -> bytes:
    records = (pcap_record(packet, big=big, nano=nano, modified=modified) for packet in made)
    return pcap_header(big=big, nano=nano, modified=modified) + b"".join(records)


def block(kind: int, body: bytes, *, big: bool = False) -> bytes:
    """A pcapng block that closes."""
    body += bytes(-len(body) % 4)
    order = ">" if big else "<"
    return pack(order + "II", kind, 12 + len(body)) + body + pack(order + "I", 12 + len(body))


def option(code: int, value: bytes, *, big: bool = False) -> bytes:
    return pack((">" if big else "<") + "HH", code, len(value)) + value + bytes(-len(value) % 4)


def shb(*, big: bool = False, major: int = 1, options: bytes = b"") -> bytes:
    order = ">" if big else "<"
    return block(0x0A0D0D0A, pack(order + "IHHq", 0x1A2B3C4D, major, 0, -1) + options, big=big)


def idb(*, big: bool = False, link: int = 1, snap: int = 0, options: bytes | None = None) -> bytes:
    """Nanoseconds, unless `options` says otherwise."""
    options = option(9, b"\x09", big=big) + bytes(4) if options is None else options
    return block(1, pack((">" if big else "<") + "HHI", link, 0, snap) + options, big=big)


def epb(packet: Packet, *, big: bool = False, interface: int = 0, options: bytes = b"") -> bytes:
    order, length = ">" if big else "<", len(packet.data)
    head = pack(order + "5I", interface, packet.ns >> 32, packet.ns & 0xFFFFFFFF, length, packet.wire)
    return block(6, head + packet.data + bytes(-length % 4) + options, big=big)


def spb(packet: Packet, *, big: bool = False, wire: int | None = None) -> bytes:
    """Without a snap length, so whole, unless `wire` says otherwise."""
    return block(3, pack((">" if big else "<") + "I", wire or len(packet.data)) + packet.data, big=big)


def old_pb(packet: Packet, *, big: bool = False, interface: int = 0) -> bytes:
    order, length = ">" if big else "<", len(packet.data)
    head = pack(order + "HH4I", interface, 7, packet.ns >> 32, packet.ns & 0xFFFFFFFF, length, packet.wire)
    return block(2, head + packet.data, big=big)


def isb(number: int, *, big: bool = False, ifdrop: int | None = None, osdrop: int | None = None) -> bytes:
    order = ">" if big else "<"
    counts = [(code, count) for code, count in ((5, ifdrop), (7, osdrop)) if count is not None]
    options = b"".join(option(code, pack(order + "Q", count), big=big) for code, count in counts)
    return block(5, pack(order + "III", number, 0, 0) + options + bytes(4), big=big)


def pcapng_blocks(made: list[Packet], *, big: bool = False) -> list[bytes]:
    """A section with a block of each kind: the packets as EPB, PB and SPB in turn, unknown blocks between them."""
    parts = [shb(big=big), idb(big=big)]
    for i, packet in enumerate(made):
        if i % 4 == 1:
            parts.append(block(0x0BAD, b"not for us" * (i % 7 + 1), big=big))
        if i % 5 == 2:
            parts.append(old_pb(packet, big=big))
        elif i % 5 == 4:
            parts.append(spb(packet, big=big))
        else:
            parts.append(epb(packet, big=big, options=option(1, b"a comment") + bytes(4) if i % 2 else b""))
    return [*parts, isb(0, big=big, ifdrop=3, osdrop=4)]


def simple(packet: Packet) -> Packet:
    """As a simple packet block gives it: without a time, and whole."""
    return Packet(data=packet.data, ns=0, wire=len(packet.data), link=packet.link)


def as_read(made: list[Packet]) -> list[Packet]:
    """The same, as pcapng_blocks writes them."""
    return [simple(packet) if i % 5 == 4 else packet for i, packet in enumerate(made)]
