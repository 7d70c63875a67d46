"""Draw a wire as a pcap file: bytes of frames from columns."""

from __future__ import annotations

import struct

import numpy as np

from benchmarks.accuracy.header import Header
from benchmarks.accuracy.wire import ALIEN, HOST, QUEUE, RECORD, Wire

PCAP = 16  # bytes before each frame
OWN, OTHER, TARGET = b"\x02\0\0\0\x10\x01", b"\x02\0\0\0\x20\x02", b"\x02\0\0\0\x30\x03"


def put(rows: np.ndarray, at: int, values: np.ndarray | int, width: int, *, big: bool = True) -> None:
    """An unsigned number into bytes at .. at+width of each row."""
    numbers = np.asarray(values).astype(np.uint64)
    for index in range(width):
        shift = np.uint64(8 * (width - 1 - index if big else index))
        rows[:, at + index] = (numbers >> shift & np.uint64(255)).astype(np.uint8)


def mixed(values: np.ndarray, salt: int) -> np.ndarray:
    """Numbers that look like chance, the same for the same value."""
    mix = (values.astype(np.uint64) + np.uint64(salt)) * np.uint64(0x9E3779B97F4A7C15)
    mix ^= mix >> np.uint64(29)
    mix *= np.uint64(0xBF58476D1CE4E5B9)
    return mix ^ mix >> np.uint64(32)


def checksum(words: np.ndarray, start: np.ndarray | int = 0) -> np.ndarray:
    """The Internet checksum of each row of bytes; an even number of them."""
    pairs = words[:, 0::2].astype(np.uint32).sum(1) * 256 + words[:, 1::2].astype(np.uint32).sum(1) + start
    while (pairs >> 16).any():
        pairs = (pairs & 0xFFFF) + (pairs >> 16)
    return np.asarray(0xFFFF - pairs)


def ip_ids(header: Header, wire: Wire) -> np.ndarray:
    """What the sender put in: by the packet, not by the frame."""
    if header.ip_id == "zero":
        return np.zeros(len(wire), np.int64)
    if header.ip_id == "constant":
        return np.full(len(wire), 0x1234)
    if header.ip_id == "random":
        return (mixed(wire.build, header.salt) & np.uint64(0xFFFF)).astype(np.int64)
    builds, first, back = np.unique(wire.build, return_index=True, return_inverse=True)
    order = np.argsort(wire.made[first], kind="stable")
    place = np.empty(len(builds), np.int64)
    place[order] = np.arange(len(builds))
    return (place[back] + header.salt) & 0xFFFF


class Painter:
    """Frames of one kind and one number of tags, as rows of bytes that are cut to length afterwards."""

    def __init__(self, header: Header, wire: Wire, ids: np.ndarray) -> None:
        self.header, self.wire, self.ids = header, wire, ids
        self.what = int(wire.what[0])
        self.tags = 0 if header.cooked else max(0, header.tags + int(wire.tags[0]))
        self.link = (16 if header.cooked else 14) + 4 * self.tags + 6 * (header.outer in ("hsr", "frer"))
        record = self.what == RECORD
        self.ip = (header.anchor in ("udp", "ip") if record else True) and (40 if header.v6 else 20)
        self.transport = (8 if header.anchor == "udp" else 0) if record else 20
        self.front = self.link + int(self.ip) + self.transport
        least = max(0, header.base) + header.block if record else 0
        payload = np.maximum(wire.size, least).astype(np.int64)
        if record and header.base < 0:
            payload = wire.size.astype(np.int64) + header.block
        self.payload = payload

    def length(self) -> np.ndarray:
        """Bytes of each frame, without a trailer: its own, or those of the host's packet whose length it has."""
        own = np.maximum(60, self.front + self.payload)
        other = self.link + int(self.header.v6) * 20 + 40 - 1 - self.wire.cut.astype(np.int64)
        return np.where(self.wire.cut < 0, np.maximum(60, other), own)

    def frames(self, micro: bool) -> list[bytes]:
        wire, header = self.wire, self.header
        most = int(self.payload.max())
        length = self.length()
        longest = max(60, self.front + most, int(length.max())) + 6
        rows = np.zeros((len(wire), PCAP + longest + longest % 2), np.uint8)
        body = rows[:, PCAP:]
        self.paint_link(body)
        self.paint_payload(body, most)
        if self.ip:
            self.paint_ip(body)
        trailer = (wire.lan > 0) & (header.outer != "hsr")
        if trailer.any():
            self.paint_trailer(body, length)
            length = length + 6 * trailer
        kept = np.minimum(length, header.snap) if header.snap else length
        divisor = 1000 if micro else 1
        put(rows, 0, wire.t // 10**9, 4, big=False)
        put(rows, 4, wire.t % 10**9 // divisor, 4, big=False)
        put(rows, 8, kept, 4, big=False)
        put(rows, 12, length, 4, big=False)
        data, width = rows.tobytes(), rows.shape[1]
        ends = (np.arange(len(wire)) * width + PCAP + kept).tolist()
        return [data[index * width : end] for index, end in enumerate(ends)]

    def paint_link(self, body: np.ndarray) -> None:
        wire, header = self.wire, self.header
        if header.cooked:
            self.paint_cooked(body)
            return
        body[:, 0:6] = np.frombuffer(TARGET, np.uint8)
        body[:, 6:12] = np.frombuffer(OTHER if self.what == ALIEN else OWN, np.uint8)
        body[:, 10] += (wire.mac & 15).astype(np.uint8)
        body[:, 4] += (wire.mac >> 4).astype(np.uint8)
        at = 12
        for index in range(self.tags):
            put(body, at, 0x8100, 2)
            put(body, at + 2, 10 + index + (wire.vlan if index == 0 else 0), 2)
            at += 4
        if header.outer in ("hsr", "frer"):
            put(body, at, 0x892F if header.outer == "hsr" else 0xF1C1, 2)
            put(body, at + 2, (wire.lan == 2) * 0x1000 + 60 if header.outer == "hsr" else 0, 2)
            put(body, at + 4, (header.start & 0xFFFF) + wire.seq & 0xFFFF, 2)
            at += 6
        inner = header.number if self.what == RECORD and header.anchor == "eth" else 0x88B7
        put(body, at, (0x86DD if header.v6 else 0x0800) if self.ip else inner, 2)

    def paint_cooked(self, body: np.ndarray) -> None:
        """LINKTYPE_LINUX_SLL: packet type, ARPHRD, length of the address, address, protocol."""
        put(body, 0, self.wire.arrival, 2)
        put(body, 2, 1, 2)
        put(body, 4, 6, 2)
        body[:, 6:12] = np.frombuffer(OTHER if self.what == ALIEN else OWN, np.uint8)
        body[:, 10] += (self.wire.mac & 15).astype(np.uint8)
        put(body, 14, 0x86DD if self.header.v6 else 0x0800, 2)

    def paint_payload(self, body: np.ndarray, most: int) -> None:
        wire, header, at = self.wire, self.header, self.front
        rows = np.arange(len(wire))
        filling = self.what != RECORD
        if header.filler == "text" and not filling:
            body[:, at : at + most] = np.resize(np.frombuffer(b"seven wet dogs ", np.uint8), most)
        elif filling or header.filler == "number":
            source = mixed(wire.build if filling else wire.seq + (wire.stream.astype(np.int64) << 40), header.salt)
            some = source.view(np.uint8).reshape(len(wire), 8)
            for start in range(0, min(most, 64), 8):
                width = min(8, most - start)
                body[:, at + start : at + start + width] = some[:, :width]
        salted = np.flatnonzero(wire.salt)
        if len(salted):
            body[salted, at : at + most] ^= (wire.salt[salted] & 255).astype(np.uint8)[:, None]
        # nothing after the payload
        over = np.flatnonzero(self.payload < most)
        if len(over):
            inside = np.arange(most)[None, :] < self.payload[over, None]
            body[over, at : at + most] *= inside
        if self.what != RECORD:
            if self.transport:
                self.paint_tcp(body)
            return
        values = self.values()
        if header.base >= 0:
            for name, one in header.fields.items():
                put(body, at + header.base + one.at, values[name], one.width, big=one.big)
        else:
            for name, one in header.fields.items():
                bytes_of = np.zeros((len(wire), one.width), np.uint8)
                put(bytes_of, 0, values[name], one.width, big=one.big)
                place = at + self.payload + header.base + one.at
                for index in range(one.width):
                    body[rows, place + index] = bytes_of[:, index]
        if self.transport == 8:
            put(body, at - 8, header.sport + (0 if "stream" in header.fields else wire.stream), 2)
            put(body, at - 6, header.number, 2)
            put(body, at - 4, 8 + self.payload, 2)

    def values(self) -> dict[str, np.ndarray]:
        """What stands in each field."""
        wire, header = self.wire, self.header
        number = np.array(
            [(header.start + one) % header.modulus for one in wire.seq.tolist()]
            if header.modulus > 2**62
            else (header.start + wire.seq) % header.modulus,
            np.uint64,
        )
        mask = header.fields["seq"].mask
        if mask:
            shift = (mask & -mask).bit_length() - 1
            rest = ~mask & (1 << 8 * header.fields["seq"].width) - 1
            number = number << np.uint64(shift) | (mixed(wire.seq, header.salt + 1) & np.uint64(rest))
        ids = header.stream_ids[wire.stream % len(header.stream_ids)]
        return {
            "seq": number, "magic": np.full(len(wire), header.magic), "stream": ids, "time": wire.made - 1500,
            "slot": wire.slot.clip(0),
        }  # fmt: skip

    def paint_tcp(self, body: np.ndarray) -> None:
        at = self.front - 20
        put(body, at, 40_000 + (self.what == QUEUE), 2)
        put(body, at + 2, 443, 2)
        put(body, at + 4, self.wire.build * 1400 & 0xFFFFFFFF, 4)
        put(body, at + 12, 0x5010, 2)

    def paint_ip(self, body: np.ndarray) -> None:
        wire, header, at = self.wire, self.header, self.link
        record = self.what == RECORD
        protocol = (17 if header.anchor == "udp" else header.number) if record else 6
        hop = 64 - wire.hop - 3 * (self.what == ALIEN)
        if header.v6:
            put(body, at, 6 << 12 | (wire.tos & 255) << 4, 2)
            put(body, at + 4, self.transport + self.payload, 2)
            body[:, at + 6] = protocol
            body[:, at + 7] = hop
            for place, last in ((8, 1 + 8 * (self.what == ALIEN)), (24, 2)):
                body[:, at + place] = 0xFD
                body[:, at + place + 15] = last
        else:
            put(body, at, 0x4500 | wire.tos & 255, 2)
            put(body, at + 2, 20 + self.transport + self.payload, 2)
            put(body, at + 4, self.ids, 2)
            put(body, at + 6, 0x4000, 2)
            body[:, at + 8] = hop
            body[:, at + 9] = protocol
            put(body, at + 12, 0xC6336401 + 8 * (self.what == ALIEN), 4)
            put(body, at + 16, 0xC6336402, 4)
            put(body, at + 10, checksum(body[:, at : at + 20]), 2)
        if record and self.transport == 8 and (header.v6 or header.checksum):
            addresses = body[:, at + 8 : at + 40] if header.v6 else body[:, at + 12 : at + 20]
            pseudo = addresses[:, 0::2].astype(np.uint32).sum(1) * 256 + addresses[:, 1::2].astype(np.uint32).sum(1)
            udp = body[:, self.front - 8 :]
            udp = udp[:, : udp.shape[1] // 2 * 2]
            total = checksum(udp, pseudo + 17 + (8 + self.payload).astype(np.uint32))
            put(body, self.front - 2, np.where(total == 0, 0xFFFF, total), 2)

    def paint_trailer(self, body: np.ndarray, length: np.ndarray) -> None:
        """PRP, IEC 62439-3: 16 bits of number, 4 of the LAN, 12 of the size, the suffix 0x88fb."""
        wire = self.wire
        six = np.zeros((len(wire), 6), np.uint8)
        put(six, 0, (self.header.start & 0xFFFF) + wire.seq & 0xFFFF, 2)
        put(six, 2, np.where(wire.lan == 1, 0xA000, 0xB000) | (length - self.link + 6) & 0xFFF, 2)
        put(six, 4, 0x88FB, 2)
        rows = np.flatnonzero(wire.lan > 0)
        for index in range(6):
            body[rows, length[rows] + index] = six[rows, index]


def as_read(wire: Wire, header: Header) -> Wire:
    """The wire as a receiver reads it: a frame that ends before its number does carries none."""
    read = wire.rows(np.arange(len(wire)))
    short = np.flatnonzero(wire.cut < 0)
    if len(short):
        painter = Painter(header, wire.rows(short), np.zeros(0))
        ends = [one.at + one.width for one in header.fields.values() if one.name in ("seq", "magic", "stream")]
        read.what[short[painter.length() < painter.front + header.base + max(ends)]] = HOST
    return read


def pcap(wire: Wire, header: Header) -> bytes:
    """The whole file: classic pcap, little endian, Ethernet."""
    magic = 0xA1B2C3D4 if header.micro else 0xA1B23C4D
    ids = ip_ids(header, wire)
    parts: list[bytes] = [b""] * len(wire)
    group = wire.what.astype(np.int64) << 8 | wire.tags.astype(np.int64) + 8
    for one in np.unique(group):
        index = np.flatnonzero(group == one)
        painter = Painter(header, wire.rows(index), ids[index])
        for place, frame in zip(index.tolist(), painter.frames(header.micro), strict=True):
            parts[place] = frame
    return struct.pack("<IHHiIII", magic, 2, 4, 0, 0, 262_144, 113 if header.cooked else 1) + b"".join(parts)
