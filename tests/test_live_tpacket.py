"""Index of a TPACKET_V3 block: its definition, and the native walk equal to it for sound, damaged and random bytes."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqcheck.kernel import border
from seqcheck.kernel.portable import kernel as reference

COLUMNS = ("off", "cap", "wire", "ns", "link")
VALID, TPID = 0x10, 0x40


def packet(
    body: bytes, *, last: bool = False, mac: int = 86, wire: int | None = None, vlan: tuple[int, int, int] = (0, 0, 0)
) -> bytes:
    """A packet as the kernel lays it; `vlan` is status, tag and protocol. Its time is 7 s and 9 ns."""
    size = mac + len(body)
    size += -size & 7
    status, tag, protocol = vlan
    lengths = (len(body), len(body) if wire is None else wire)
    head = struct.pack("=6IHHIIHH8x", 0 if last else size, 7, 9, *lengths, status, mac, 0, 0xABCD, tag, protocol, 0)
    return (head.ljust(mac, b"\xee") + body).ljust(size, b"\0")


def walk(kernel: Any, data: bytes, capacity: int, link: int) -> tuple[Any, ...]:
    """All that comes of it: positions and reasons, rows, totals, and the bytes afterwards."""
    buf = np.frombuffer(bytearray(data or b"\0"), np.uint8)
    frames = border.Frames(capacity)
    stops, rows, pos, why = list[tuple[int, int]](), list[list[int]](), 0, border.FULL
    while why == border.FULL:
        pos, why = kernel.index_tpacket(buf, pos, len(data), link, frames)
        stops.append((pos, why))
        rows += [[int(getattr(frames, name)[row]) for name in COLUMNS] for row in range(frames.count)]
        frames.count = 0
    return stops, rows, frames.totals.tolist(), buf.tobytes()


def test_a_chain_of_packets() -> None:
    data = packet(b"a" * 60) + packet(b"b" * 61, wire=100) + packet(b"c" * 3, last=True, wire=0)
    stops, rows, totals, after = walk(reference, data, 9, 1)
    assert stops == [(len(data), border.MORE)]
    ns = 7_000_000_009
    assert rows == [[86, 60, 60, ns, 1], [152 + 86, 61, 100, ns, 1], [304 + 86, 3, 3, ns, 1]]
    assert totals == [163, 1, 0, -1, ns, ns, 0]
    assert after == data


def test_what_lies_behind_the_last_packet_is_not_looked_at() -> None:
    data = packet(b"a" * 60, last=True)
    assert walk(reference, data + b"\xff" * 200, 9, 1)[0] == [(len(data) + 200, border.MORE)]


def test_full_columns_are_gone_on_from() -> None:
    data = packet(b"a" * 60) * 4 + packet(b"z" * 60, last=True)
    stops, rows, _, _ = walk(reference, data, 2, 1)
    assert stops == [(304, border.FULL), (608, border.FULL), (len(data), border.MORE)]
    assert len(rows) == 5


@pytest.mark.parametrize(("vlan", "words"), [
    ((VALID | TPID, 0x2005, 0x88A8), "88a8 2005"), ((VALID, 5, 0x1234), "8100 0005"),
])  # fmt: skip
def test_a_tag_is_put_back(vlan: tuple[int, int, int], words: str) -> None:
    body = bytes(range(60))
    _, rows, totals, after = walk(reference, packet(body, last=True, vlan=vlan), 9, 1)
    assert rows == [[82, 64, 64, 7_000_000_009, 1]]
    assert after[82:146] == body[:12] + bytes.fromhex(words) + body[12:]
    assert totals[border.T_BYTES] == 64


@pytest.mark.parametrize(("how", "link"), [
    ({"vlan": (VALID, 5, 0)}, 101), ({"vlan": (TPID, 5, 0x8100)}, 1), ({"vlan": (VALID, 5, 0), "mac": 51}, 1),
])  # fmt: skip
def test_where_no_tag_belongs_none_is_put(how: dict[str, Any], link: int) -> None:
    data = packet(bytes(60), last=True, **how)
    _, rows, _, after = walk(reference, data, 9, link)
    assert rows[0][1] == 60
    assert after == data


@pytest.mark.parametrize(("status", "protocol", "kind", "mac", "link", "counted"), [
    (VALID, 0x88B8, 0, 88, 1, 1), (VALID, 0x8100, 3, 88, 1, 1), (VALID, 0x88B8, 0, 100, 276, 1),
    (0, 0x88B8, 0, 88, 1, 0), (VALID, 0x88B8, 4, 88, 1, 0), (VALID, 0x88B8, 0, 67, 1, 0),
    (VALID, 0x0800, 0, 88, 1, 0), (VALID, 0x0806, 1, 88, 1, 0), (VALID, 0x86DD, 2, 88, 1, 0),
])  # fmt: skip
def test_tagged_frames_that_the_host_does_not_handle(
    status: int, protocol: int, kind: int, mac: int, link: int, counted: int
) -> None:
    """They came, and the kernel counts them as dropped by the interface."""
    one = bytearray(packet(b"E" * 60, mac=mac, vlan=(status, 5, 0x8100)))
    one[48:68] = struct.pack("=H2sIHBB8s", 17, protocol.to_bytes(2, "big"), 3, 1, kind, 6, bytes(8))
    for kernel in kernels():
        assert walk(kernel, bytes(one) * 2, 9, link)[2][border.T_UNHANDLED] == 2 * counted


def test_a_cooked_header_is_put_in_front() -> None:
    """Of what stands in sockaddr_ll: family, protocol, interface, hardware, type, length, address."""
    told = struct.pack("=H2sIHBB8s", 17, b"\x08\x00", 3, 1, 4, 6, b"\x02\0\0\0\0\x09\0\0")
    data = bytearray(packet(b"E" * 60, last=True, mac=100))
    data[48:68] = told
    for kernel in kernels():
        _, rows, totals, after = walk(kernel, bytes(data), 9, 276)
        assert rows == [[80, 80, 80, 7_000_000_009, 276]]
        assert after[80:100].hex(" ", -2) == "0800 0000 0000 0003 0001 0406 0200 0000 0009 0000"
        assert after[100:160] == b"E" * 60
        assert totals[border.T_BYTES] == 80


def kernels() -> list[Any]:
    native = pytest.importorskip("seqcheck.kernel.binding.kernel", reason="the native kernel is not built here")
    return [reference, native]


@pytest.mark.parametrize("mac", [48, 68, 87])
def test_where_a_cooked_header_has_no_room(mac: int) -> None:
    for kernel in kernels():
        assert walk(kernel, packet(b"E" * 60, last=True, mac=mac), 9, 276)[0] == [(0, border.BAD)]


@pytest.mark.parametrize("patch", [
    (0, struct.pack("=I", 47)), (0, struct.pack("=I", 1 << 31)), (12, struct.pack("=I", 61)),
    (12, struct.pack("=I", border.MAX_FRAME + 1)), (16, struct.pack("=I", 1 << 31)), (24, struct.pack("=H", 47)),
    (24, struct.pack("=H", 65535)),
])  # fmt: skip
def test_what_cannot_be_is_bad(patch: tuple[int, bytes]) -> None:
    data = bytearray(packet(b"a" * 58) + packet(b"b" * 58, last=True))
    at = 144 + patch[0]
    data[at : at + len(patch[1])] = patch[1]
    stops, rows, _, _ = walk(reference, bytes(data), 9, 1)
    assert stops == [(144, border.BAD)]
    assert len(rows) == 1


@st.composite
def blocks(draw: st.DrawFn) -> bytes:
    """Packets that are mostly sound."""
    data = b""
    for _ in range(draw(st.integers(0, 8))):
        vlan = draw(st.sampled_from([(0, 0, 0), (VALID, 5, 0), (VALID | TPID, 0x1FFF, 0x88A8), (TPID, 1, 2)]))
        wire = draw(st.sampled_from([None, None, 0, 100, 2**31 - 1, 2**31]))
        mac = draw(st.sampled_from([88, 88, 88, 87, 48, 51, 52, 47]))
        data += packet(draw(st.binary(max_size=40)), mac=mac, wire=wire, vlan=vlan, last=draw(st.integers(0, 9)) == 0)
    noise = draw(st.lists(st.tuples(st.integers(0, max(len(data) - 1, 0)), st.integers(0, 255)), max_size=3))
    out = bytearray(data)
    for at, value in noise:
        if out:
            out[at] = value
    return bytes(out[: len(out) - draw(st.sampled_from([0, 0, 0, 1, 50]))])


@settings(max_examples=300, deadline=None)
@given(
    data=st.one_of(blocks(), st.binary(max_size=300)), capacity=st.integers(1, 5), link=st.sampled_from([1, 101, 276])
)
def test_the_native_walk_is_the_same(data: bytes, capacity: int, link: int) -> None:
    native = pytest.importorskip("seqcheck.kernel.binding.kernel", reason="the native kernel is not built here")
    assert walk(native, data, capacity, link) == walk(reference, data, capacity, link)


def test_positions_outside_the_buffer_are_refused() -> None:
    native = pytest.importorskip("seqcheck.kernel.binding.kernel", reason="the native kernel is not built here")
    with pytest.raises(ValueError, match="outside"):
        native.index_tpacket(np.zeros(10, np.uint8), 0, 11, 1, border.Frames(1))
