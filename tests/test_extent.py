"""Where records lie in their frames (kernel/portable/extent.py)."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from packets import Frame, block, ethernet, ipv4, udp
from twins import KERNELS

from seqcheck.kernel.border import RecordColumns
from seqcheck.kernel.portable.extent import Extents, extent
from seqcheck.layout import compile, resolve

ETHERNET = 1


def lying(layout: str, data: bytes) -> list[bytes]:
    """The bytes of each record."""
    program, found = compile(resolve(layout)), list[bytes]()
    while (resolve(layout).each or not found) and (
        place := extent(data, len(data), ETHERNET, program, len(found))
    ) is not None:
        found.append(data[place.start : place.stop])
    return found


def chunk(kind: int, tsn: int, body: bytes) -> bytes:
    made = struct.pack(">BBHIHHI", kind, 3, 16 + len(body), tsn, 1, 2, 0) + body
    return made + bytes(-len(made) % 4)


def test_records_of_one_length() -> None:
    assert lying("udp:5000 seq=u16be@0 each=4", ethernet(ipv4(udp(b"aaaabbbbcccc")))) == [b"aaaa", b"bbbb", b"cccc"]


def test_what_is_passed_over_is_in_none() -> None:
    payload = b"\x01aaa\x00xxx\x01bbb\x00yyy"
    layout = "udp:5000 magic=u8@0==1 seq=u16be@1 each=4"
    assert lying(layout, ethernet(ipv4(udp(payload)))) == [b"\x01aaa", b"\x01bbb"]


def test_lengths_and_moves() -> None:
    chunks = [chunk(0, 7, b"first"), chunk(0, 8, b"second one")]
    data = ethernet(ipv4(struct.pack(">HHII", 1, 2, 3, 4) + chunks[0] + chunk(3, 0, b"ack") + chunks[1], protocol=132))
    assert lying("sctp", data) == chunks


@pytest.mark.parametrize("port", [5000, 5001])
def test_one_record_is_the_whole_payload(port: int) -> None:
    program = compile(resolve("udp:5000 seq=u16be@2"))
    data = ethernet(ipv4(udp(b"payload", dport=port)))
    found = extent(data, len(data), ETHERNET, program, 0)
    assert (found and data[found.start : found.stop]) == (b"payload" if port == 5000 else None)


def test_the_last_one_ends_with_the_payload() -> None:
    frame = ethernet(ipv4(udp(b"\x00\x05a\x00\x09bc")))
    assert lying("udp:5000 seq=u8@1 each=3", frame) == [b"\x00\x05a", b"\x00\x09b"]
    assert lying("udp:5000 seq=u8@1 each=4", frame) == [b"\x00\x05a\x00", b"\x09bc"]


def ts(pid: int, count: int) -> bytes:
    return bytes([0x47, pid >> 8, pid & 255, 0x10 | count % 16]) + bytes([count % 251]) * 184


BLOCKS = {
    "udp:5000 seq=u16be@0 each=4": [ethernet(ipv4(udp(b"aaaabbbbcccc"))), ethernet(ipv4(udp(b"aaaab"))), b"short"],
    "mpeg-ts:5000": [
        ethernet(ipv4(udp(ts(256, 1) + ts(0x1FFF, 2) + ts(256, 3)))), ethernet(ipv4(udp(ts(257, 1)))),
        ethernet(ipv4(udp(b"\0" * 64))), ethernet(ipv4(udp(ts(256, 4) + ts(256, 5)[:100]))),
    ],
    "dtls:5000": [
        ethernet(ipv4(udp(b"".join(
            struct.pack(">BHHHIH", 23, 0xFEFD, 1, 0, number, 5 + number) + b"x" * (5 + number) for number in range(3)
        ))))
    ],
    "sctp": [
        ethernet(ipv4(struct.pack(">HHII", 1, 2, 3, 4) + chunk(0, 7, b"a") + chunk(0, 8, b"bc"), protocol=132)),
    ],
    "udp:5000 seq=u8@0": [ethernet(ipv4(udp(b"payload"))), ethernet(ipv4(udp(b"more")))],
}  # fmt: skip


@pytest.mark.parametrize("inside", [False, True])
@pytest.mark.parametrize("layout", BLOCKS)
def test_a_block_is_as_its_frames(layout: str, inside: bool) -> None:
    program = compile(resolve(layout))
    some = [ethernet(ipv4(each[14:], protocol=4)) if inside else each for each in BLOCKS[layout]]
    frames = block([Frame(data=each, wire=len(each), link=ETHERNET) for each in some])
    for kernel in KERNELS:
        decoder, records = kernel.Decoder(program), RecordColumns(10_000)
        decoder.decode(frames, 0, len(some), records)
        rows = records.row[: records.count].astype(np.int64)
        starts, stops = Extents(program).of(frames, 0, len(some), rows)
        found = [some[row][start:stop] for row, start, stop in zip(rows, starts, stops, strict=True)]
        assert found == [each for data in some for each in lying(layout, data)]
        assert len(found) == records.count > 0
