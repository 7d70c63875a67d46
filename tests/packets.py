"""Frames for the decode tests: hypothesis strategies that stack headers by hand, and blocks made of frames."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from hypothesis import strategies as st

from seqcheck.kernel import border

TAGS = (0x8100, 0x88A8, 0x9100, 0x9200)
LOOP, COOKED, COOKED2 = 0, 113, 276  # LINKTYPE


class Frame(NamedTuple):
    """One captured frame."""

    data: bytes
    wire: int
    link: int


def block(frames: Sequence[Frame]) -> border.Frames:
    """A block that holds these frames, with other bytes before, between and behind them."""
    made = border.Frames(max(len(frames), 1))
    made.count = len(frames)
    whole = bytearray(b"\xee" * 3)
    for i, frame in enumerate(frames):
        made.off[i], made.cap[i], made.wire[i], made.link[i] = len(whole), len(frame.data), frame.wire, frame.link
        whole += frame.data + b"\xee"
    made.buf = np.frombuffer(whole, np.uint8)
    return made


def udp(payload: bytes, *, sport: int = 5, dport: int = 5000, length: int | None = None) -> bytes:
    return struct.pack(">HHHH", sport, dport, 8 + len(payload) if length is None else length, 0) + payload


def ipv4(
    payload: bytes, *, protocol: int = 17, fragment: int = 0, options: bytes = b"", total: int | None = None
) -> bytes:
    size = 20 + len(options)
    head = struct.pack(
        ">BBHHHBBH", 0x40 | size // 4, 0, size + len(payload) if total is None else total, 7, fragment, 64, protocol, 0
    )
    return head + bytes([10, 0, 0, 1, 10, 0, 0, 2]) + options + payload


def ipv6(payload: bytes, *, protocol: int = 17, length: int | None = None) -> bytes:
    head = struct.pack(">IHBB", 6 << 28, len(payload) if length is None else length, protocol, 64)
    return head + bytes(range(32)) + payload


def ethernet(payload: bytes, *, kind: int = 0x0800, source: bytes = b"\2\0\0\0\0\1") -> bytes:
    return b"\2\0\0\0\0\2" + source + struct.pack(">H", kind) + payload


def cooked(payload: bytes, *, kind: int = 0x0800, source: bytes = b"\2\0\0\0\0\1") -> bytes:
    return struct.pack(">HHH8sH", 0, 1, len(source), source, kind) + payload


def cooked2(payload: bytes, *, kind: int = 0x0800, source: bytes = b"\2\0\0\0\0\1") -> bytes:
    return struct.pack(">HHIHBB8s", kind, 0, 3, 1, 0, len(source), source) + payload


def loop(payload: bytes, *, kind: int = 0x0800) -> bytes:
    """In the other byte order, as most captures have it; `kind` is not said except for IPv6."""
    return struct.pack("<I", 24 if kind == 0x86DD else 2) + payload


def extension(kind: int, following: int, body: bytes, offset: int = 0) -> bytes:
    """An IPv6 extension header of `kind`, whose body is padded as its length formula asks."""
    if kind == 44:
        return struct.pack(">BBHI", following, 0, offset, 9)
    if kind == 51:
        body += bytes(-(len(body) + 2) % 4)
        body = body.ljust(6, b"\0")
        return bytes([following, (len(body) + 2) // 4 - 2]) + body
    body = (body + bytes(-(len(body) + 2) % 8)).ljust(6, b"\0")
    return bytes([following, (len(body) + 2) // 8 - 1]) + body


@st.composite
def transports(draw: st.DrawFn) -> tuple[int, bytes]:
    """A protocol number and a packet of it."""
    payload = draw(st.binary(max_size=24))
    ports = st.sampled_from([5, 7, 5000])
    sport, dport = draw(ports), draw(ports)
    kind = draw(st.sampled_from(["udp", "udp", "udp", "tcp", "other"]))
    if kind == "udp":
        length = draw(st.sampled_from([8 + len(payload)] * 5 + [0, 7, 8, 500]))
        return 17, udp(payload, sport=sport, dport=dport, length=length)
    if kind == "tcp":
        words = draw(st.sampled_from([5, 5, 6, 8, 15, 4]))
        options = bytes(max(words - 5, 0) * 4)
        return 6, struct.pack(">HHIIBBHHH", sport, dport, 1, 2, words << 4, 0, 3, 4, 5) + options + payload
    return draw(st.sampled_from([1, 47, 50, 59, 0, 43])), payload


@st.composite
def networks(draw: st.DrawFn) -> tuple[int, bytes]:
    """An IP version and a packet of it."""
    protocol, data = draw(transports())
    fragment = draw(st.sampled_from([0] * 8 + [0x2000, 0x4000, 1, 0x3000]))
    if draw(st.booleans()):
        if draw(st.integers(0, 5)) == 0:
            data, protocol = extension(51, protocol, b"123456789") + data, 51
        options = draw(st.sampled_from([b"", b"", b"\1" * 4, b"\1" * 40]))
        full = 20 + len(options) + len(data)
        total = draw(st.sampled_from([full] * 6 + [0, 19, full + 9, full - 1]))
        return 4, ipv4(data, protocol=protocol, fragment=fragment, options=options, total=total)
    for kind in draw(st.lists(st.sampled_from([0, 43, 44, 51, 60, 135, 139, 140]), max_size=4)):
        offset = draw(st.sampled_from([0, 0, 1, 8])) if kind == 44 else 0
        data, protocol = extension(kind, protocol, draw(st.binary(max_size=20)), offset) + data, kind
    if draw(st.integers(0, 20)) == 0:
        for _ in range(draw(st.integers(15, 18))):
            data, protocol = extension(60, protocol, b"") + data, 60
    length = draw(st.sampled_from([len(data)] * 6 + [0, len(data) + 3, max(len(data) - 1, 0)]))
    return 6, ipv6(data, protocol=protocol, length=length)


@st.composite
def frames(draw: st.DrawFn) -> Frame:
    """A frame that is mostly sound: any link layer, any tags, cut and padded now and then, a byte off now and then."""
    version, data = draw(networks())
    link = draw(st.sampled_from([1, 1, 1, 1, 113, 276, 101, 12, 14, 228, 229, 0, 108, 127, 9999]))
    kind = draw(st.sampled_from([{4: 0x0800, 6: 0x86DD}[version]] * 9 + [0x0806, 46, 0x0800]))
    source = draw(st.sampled_from([b"\2\0\0\0\0\1", b"\2\0\0\0\0\3", b"\0" * 6]))
    if link in (1, 113, 276):
        for tag in draw(st.lists(st.sampled_from(TAGS), max_size=3)):
            data, kind = struct.pack(">HH", 7, kind) + data, tag
        if link != 1:
            source = draw(st.sampled_from([source, b"", b"\1" * 8, b"\0" * 2]))
        data = {1: ethernet, 113: cooked, 276: cooked2}[link](data, kind=kind, source=source)
    elif link in (0, 108):
        family = draw(st.sampled_from([2, 2, 24, 28, 30, 10, 7]))
        data = struct.pack(draw(st.sampled_from("<>")) + "I", family) + data
    data += bytes(draw(st.sampled_from([0, 0, 0, 5])))
    if data and draw(st.integers(0, 9)) == 0:
        at = draw(st.integers(0, len(data) - 1))
        data = data[:at] + bytes([draw(st.integers(0, 255))]) + data[at + 1 :]
    wire = len(data) + draw(st.sampled_from([0] * 9 + [40]))
    if draw(st.integers(0, 5)) == 0:
        data = data[: draw(st.integers(0, len(data)))]
        wire = draw(st.sampled_from([wire, wire, len(data)]))
    return Frame(data, wire, link)


# Specs of all kinds of anchors, words and conditions, that frames of all kinds are read by.
SPECS = [
    "udp seq=u8@0", "udp:5000 magic=u8@0&0xf0==0 stream=u16le@1 seq=u32be@2&0xffff0", "tcp:5000 seq=u16be@0",
    "ip seq=u32be@4 stream=u24be@0", "ip:51 seq=u32be@4", "ip:44 seq=u32be@4",
    "ip:17 seq=u16be@-2 magic=u16be@4==len", "udp magic=u8@-1!=0 seq=u48le@-8 stream=u8@0", "eth seq=u16be@0",
    "eth:0x0800 magic=u8@0==0x45 seq=u16be@4", "frame seq=u64le@-8", "frame magic=u16be@12==0x0800 seq=u24le@0%1000",
    "udp magic=u32be@0==0 stream=u8@9 seq=u8@1", "ip:6 seq=u64be@0", "tcp seq=u8@-1 stream=u8@0",
]  # fmt: skip
