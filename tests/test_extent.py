"""Where records lie in their frames (kernel/portable/extent.py)."""

from __future__ import annotations

import struct

import pytest
from packets import ethernet, ipv4, udp

from seqcheck.kernel.portable.extent import extent
from seqcheck.layout import compile, resolve

ETHERNET = 1


def lying(layout: str, data: bytes) -> list[bytes]:
    """The bytes of each record."""
    program, found = compile(resolve(layout)), list[bytes]()
    while (place := extent(data, len(data), ETHERNET, program, len(found))) is not None:
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
