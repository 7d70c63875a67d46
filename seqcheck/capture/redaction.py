"""Frames without private content: addresses and payload replaced, sequence numbers kept.

What stays: the structure of link layer, VLAN tags, ARP, IP, UDP, TCP and ICMP headers, ports, lengths, and in records
the words that the layout reads. Addresses are replaced one for one. All other bytes are drawn from a keyed hash over
themselves and those before them: what is equal from the start on stays equal, what differs stays different, so copies
compare as before, and nobody without the key can tell what they were. Checksums are correct if the whole frame is
there. What is not understood is replaced, never kept.
"""

from __future__ import annotations

from hashlib import blake2b
from itertools import product
from struct import unpack

from ..dataclass import dataclass
from ..errors import InputError, UsageError
from ..kernel.border import CUT, FIELD, HERE, MATCH, RECORD
from ..kernel.portable.chain import is_each, to_next
from ..kernel.portable.digits import is_digits, label_of, stretch
from ..kernel.portable.examine import Seen, examine, following
from ..kernel.portable.frame import (
    EXTENSIONS,
    FRAGMENT_HEADER,
    MAX_EXTENSIONS,
    Place,
    extension_length,
    locate,
    position,
)
from ..kernel.portable.moves import content, is_ber, is_move, move
from ..layout import Layout, compile
from ..layout.model import Sets
from ..wire.link import COOKED, ETHERNET, IP_TYPES, LOOPBACK, RAW_IP, TYPE_AT, ethertype_at, payload_at, word

MOST = 1 << 20  # addresses of a kind
TRIES = 8  # until a frame that is no record remains none; then what the layout would read of it stays
ARP = 0x0806
TCP, UDP, ICMP, ICMP6 = 6, 17, 1, 58
LENGTHS = {UDP: 8, TCP: 20, ICMP: 8, ICMP6: 8}  # of the headers that stay
CHECKSUM_AT = {UDP: 6, TCP: 16, ICMP: 2, ICMP6: 2}
SINGLE, PIECE = 128, 16  # bytes


@dataclass(frozen=False, slots=True, kw_only=True)
class _Work:
    """A frame under way: `data` as it becomes, and the bits of each byte that stay."""

    data: bytearray
    stays: bytearray

    def keep(self, start: int, stop: int) -> None:
        """Bytes start..stop-1 stay, as far as there are any."""
        stop = min(stop, len(self.data))
        if start < stop:
            self.stays[start:stop] = b"\xff" * (stop - start)


class _Reads:
    """What reads the records of a frame, sorted once, since each frame needs it: `words` are (offset, mask), `rows`
    those of the program, by what they do."""

    __slots__ = ("bers", "digits", "each", "label", "matches", "moves", "program", "words")

    def __init__(self, layout: Layout) -> None:
        self.program = compile(layout)
        # Offsets count from the payload, or from HERE, where a record begins.
        begin = HERE if layout.each and not layout.moves else 0
        self.words = tuple(
            (begin + one.offset, one.mask.to_bytes(one.width, "big" if one.big else "little")) for one in layout.words()
        )
        rows = [dict(zip(FIELD.names or (), row, strict=True)) for row in self.program.fields.tolist()]
        self.moves, self.digits = tuple(filter(is_move, rows)), tuple(filter(is_digits, rows))
        self.bers, self.each = tuple(filter(is_ber, rows)), tuple(filter(is_each, rows))
        self.matches = tuple((row["offset"], row["width"]) for row in rows if row["role"] == MATCH)
        self.label = label_of(self.program)

    def of(self, data: bytes, wire: int, link: int) -> list[Seen]:
        """What it says of a frame, or of each record in it."""
        first = examine(data, wire, link, self.program)
        return [first, *following(data, self.program, first)] if first.status == RECORD else [first]


class Redactor:
    """Redacts the frames of one capture, which `layout` reads; `key` is secret, and forgotten afterwards."""

    def __init__(self, layout: Layout, key: bytes) -> None:
        if isinstance(layout.covers, Sets):
            raise UsageError("redact takes out what IPFIX sets hold, and without it their records cannot be counted")
        self._reads = _Reads(layout)
        self._key = key
        self._known: dict[bytes, bytes] = {}
        self._counts: dict[int, int] = {}

    def frame(self, data: bytes, wire: int, link: int) -> bytes:
        """One frame, as captured, of which the layout reads the same as before. InputError if it is a record whose
        words cannot be kept (inside a tunnel), or there are too many addresses."""
        seen = self._reads.of(data, wire, link)
        for salt in range(TRIES):
            made = self._redacted(data, wire, link, kept=seen if seen[0].status in (RECORD, CUT) else [], salt=salt)
            if _alike(self._reads.of(made, wire, link), seen):
                return made
        return self._redacted(data, wire, link, kept=seen, salt=0)

    def _redacted(self, data: bytes, wire: int, link: int, *, kept: list[Seen], salt: int) -> bytes:
        """What the layout reads of the records `kept` stays. By another `salt` all else becomes something else."""
        work = _Work(data=bytearray(data), stays=bytearray(len(data)))
        kind, at = self._link(work, link)
        if kind == ARP:
            self._arp(work, at)
        elif kind in IP_TYPES:
            self._network(work, IP_TYPES[kind], at)
        if kept:
            self._keep_words(work, data, kept, locate(data, wire, link, self._reads.program.sought))
        self._replace(work, self._key + bytes([salt]) * (salt > 0))
        if kind in IP_TYPES:
            _sum_up(work.data, IP_TYPES[kind], at, whole=len(data) == wire)
        return bytes(work.data)

    def _link(self, work: _Work, link: int) -> tuple[int, int]:
        """The ethertype, and where what it names begins; -1 if that is not known."""
        data, at = work.data, payload_at(work.data, link)
        if link in RAW_IP or link in LOOPBACK:
            work.keep(0, at)
            version = data[at] >> 4 if at < len(data) else 0
            return {4: 0x0800, 6: 0x86DD}.get(version, -1), at
        if link not in TYPE_AT:
            return -1, 0
        if link == ETHERNET:
            self._address(work, 0, 6)
            self._address(work, 6, 6)
            work.keep(12, at)
        else:
            work.keep(0, at)
            self._address(work, 6 if link == COOKED else 12, 6)
        return word(data, ethertype_at(data, link)), at

    def _arp(self, work: _Work, at: int) -> None:
        work.keep(at, at + 8)
        if work.data[at + 4 : at + 6] == b"\x06\x04":
            for place, size in ((8, 6), (14, 4), (18, 6), (24, 4)):
                self._address(work, at + place, size)

    def _network(self, work: _Work, version: int, at: int) -> None:
        data = work.data
        if len(data) <= at or data[at] >> 4 != version:
            return
        work.keep(at, at + (12 if version == 4 else 8))
        behind = _behind_ip(data, version, at)
        for start, stop in behind.ways:
            work.keep(start, stop)
        for place, length in ((12, 4), (16, 4)) if version == 4 else ((8, 16), (24, 16)):
            self._address(work, at + place, length)
        if behind.protocol in LENGTHS:
            work.keep(behind.start, behind.start + LENGTHS[behind.protocol])

    def _keep_words(self, work: _Work, data: bytes, seen: list[Seen], outer: Place) -> None:
        """`outer` is where the outermost payload is."""
        reads = self._reads
        place, status = seen[0].place, seen[0].status
        if (outer.status, outer.start) != (RECORD, place.start):
            if status != RECORD:
                return
            raise InputError(
                "a record lies inside a tunnel, where its number cannot be kept",
                hint="Give a layout that names its place from the outer header: seqcheck discover.",
            )
        for field in reads.digits if status == RECORD else ():
            stays = stretch(data, place, field, reads.label)
            work.keep(stays.start, stays.stop)
        if reads.moves or reads.bers or reads.each:
            for stays in _decisive(data, place, reads):
                work.keep(stays.start, stays.stop)
        for record, (offset, mask) in product(seen, reads.words):
            for byte, bits in enumerate(mask, position(record.place, offset)):
                if 0 <= byte < len(work.stays):
                    work.stays[byte] |= bits
                    work.data[byte] = (work.data[byte] & ~bits) | (data[byte] & bits)

    def _replace(self, work: _Work, key: bytes) -> None:
        """All that does not stay."""
        gone = [at for at, bits in enumerate(work.stays) if bits != 0xFF]
        if not gone:
            return
        secret = bytes(work.data[at] & ~work.stays[at] & 0xFF for at in gone)
        for at, new in zip(gone, _drawn(secret, key), strict=True):
            bits = work.stays[at]
            work.data[at] = (work.data[at] & bits) | (new & ~bits & 0xFF)

    def _address(self, work: _Work, at: int, size: int) -> None:
        """The one that stands for it. Where the frame ends before, what there is of it goes with the rest."""
        address = bytes(work.data[at : at + size])
        if len(address) == size:
            work.data[at : at + size] = self._stand_in(address)
            work.keep(at, at + size)

    def _stand_in(self, address: bytes) -> bytes:
        """Unspecified, broadcast and loopback addresses stay; a group's stays one of a group."""
        size = len(address)
        if address in (bytes(size), b"\xff" * size, bytes(size - 1) + b"\x01"):
            return address
        found = self._known.get(address)
        if found is None:
            number = self._counts[size] = self._counts.get(size, 0) + 1
            if number > MOST:
                raise InputError(f"more than {MOST} addresses of {size} bytes")
            group, single = _GROUPS[size]
            head = group if _of_group(address) else single
            found = self._known[address] = head + number.to_bytes(size - len(head), "big")
        return found


def _alike(some: list[Seen], others: list[Seen]) -> bool:
    """Whether the layout reads the same of two frames: a word that goes may turn out as one that it asks for."""
    return len(some) == len(others) and all(
        one.status == two.status and (two.status != RECORD or (one.seq, one.streams) == (two.seq, two.streams))
        for one, two in zip(some, others, strict=True)
    )


def _drawn(secret: bytes, key: bytes) -> bytes:
    """As many bytes: one by one at first, each of all up to it; then in pieces, for speed."""
    chain, made = blake2b(key=key), bytearray()
    for at in range(min(len(secret), SINGLE)):
        chain.update(secret[at : at + 1])
        made += chain.copy().digest()[:1]
    for at in range(SINGLE, len(secret), PIECE):
        piece = secret[at : at + PIECE]
        chain.update(piece)
        made += chain.copy().digest()[: len(piece)]
    return bytes(made)


_GROUPS = {6: (b"\x03\x00", b"\x02\x00"), 4: (b"\xef", b"\x0a"), 16: (b"\xff\x0e", b"\xfd\x00")}


def _of_group(address: bytes) -> bool:
    if len(address) == 6:
        return bool(address[0] & 1)
    return address[0] == 0xFF if len(address) == 16 else 224 <= address[0] < 240


@dataclass(frozen=False, slots=True, kw_only=True)
class _Behind:
    """What is after an IP header and its extension headers, and the bytes of these that lead there. `protocol` is -1
    where no header of it begins in this frame, `part` whether the packet is a fragment."""

    protocol: int
    start: int
    part: bool
    ways: list[tuple[int, int]]


def _behind_ip(data: bytes | bytearray, version: int, at: int) -> _Behind:
    start, names = (at + (data[at] & 15) * 4, at + 9) if version == 4 else (at + 40, at + 6)
    fragment = word(data, at + 6) if version == 4 else 0
    found = _Behind(
        protocol=data[names] if len(data) > names else -1, start=start, part=fragment & 0x3FFF != 0, ways=[]
    )
    later = fragment & 0x1FFF != 0
    for _ in range(MAX_EXTENSIONS):
        at = found.start
        if later or found.protocol not in EXTENSIONS[version] or len(data) < at + 8:
            break
        length = extension_length(data, at, found.protocol)
        if found.protocol == FRAGMENT_HEADER:
            later, found.part = word(data, at + 2) & 0xFFF8 != 0, found.part or word(data, at + 2) & 0xFFF9 != 0
        found.ways.append((at, at + (8 if found.protocol == FRAGMENT_HEADER else 2)))
        found.protocol, found.start = data[at], at + length
    if later:
        found.protocol = -1
    return found


def _sum_up(data: bytearray, version: int, at: int, *, whole: bool) -> None:
    """Put checksums right; 0, for none, where the frame was cut and they cannot be known."""
    size = 40 if version == 6 else (data[at] & 15) * 4 if len(data) > at else 0
    if size < 20 or len(data) < at + size:
        return
    behind = _behind_ip(data, version, at)
    if version == 4:
        data[at + 10 : at + 12] = bytes(2)
        data[at + 10 : at + 12] = _checksum(bytes(data[at : at + size]))
    if behind.part:  # its checksum is over all of them
        return
    ends, stop = (data[at + 12 : at + 20], at) if version == 4 else (data[at + 8 : at + 40], at + size)
    stop += word(data, at + (2 if version == 4 else 4))
    protocol, begin = behind.protocol, behind.start
    place = CHECKSUM_AT.get(protocol, -1)
    if place < 0 or len(data) < begin + place + 2 or (protocol == UDP and not word(data, begin + place)):
        return
    data[begin + place : begin + place + 2] = bytes(2)
    if not whole or not begin + LENGTHS[protocol] <= stop <= len(data):
        return
    pseudo = b"" if protocol == ICMP else bytes(ends) + (stop - begin).to_bytes(4, "big") + protocol.to_bytes(4, "big")
    found = _checksum(pseudo + bytes(data[begin:stop]))
    data[begin + place : begin + place + 2] = b"\xff\xff" if protocol == UDP and found == bytes(2) else found


def _checksum(data: bytes) -> bytes:
    """Source: RFC 1071."""
    data += bytes(len(data) & 1)
    total: int = sum(unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return (~total & 0xFFFF).to_bytes(2, "big")


def _decisive(data: bytes, place: Place, reads: _Reads) -> list[range]:
    """The bytes that lead to places which the payload itself tells, and those of BER elements; and what decides at each
    place of a record whether there is one."""
    looked: list[range] = []
    again = Place(start=place.start, end=place.end, stated=place.stated, here=place.start)
    led = move(data, again, reads.moves, looked)
    for field in reads.bers:
        looked.append(content(data, again, field["value"], looked))
    goes_on = bool(reads.each) and led == RECORD
    while goes_on:
        for offset, width in reads.matches:
            at = max(position(again, offset), 0)
            looked.append(range(at, at + width))
        goes_on = to_next(data, again, reads.each, looked)
    return looked
