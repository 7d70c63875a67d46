"""Headers inside headers: searched from the outside in, by both kernels, through every tunnel."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packets import Frame, block
from scapy.layers.inet import IP, UDP
from scapy.packet import Raw
from tunnels import CLOSED, LINK, OUTER, TUNNELS, packet
from twins import KERNELS, decode, native, reference

from seqcheck import layout
from seqcheck.decode.decoder import key_texts
from seqcheck.kernel import border

SPEC = "udp:5000 magic=u8@0==0x5a seq=u32be@1"
MARGIN = b"\xee" * 300
NAMES = ("version", "protocol", "sport", "dport", "source", "target", "tunnel")


def payload(number: int, size: int = 20) -> bytes:
    return b"\x5a" + struct.pack(">I", number) + bytes(size - 5)


def whole(made: Any) -> Frame:
    data = bytes(made)
    return Frame(data, len(data), 1)


def roomy(some: Sequence[Frame]) -> border.Frames:
    made = block(some)
    made.buf = np.concatenate([made.buf, np.frombuffer(MARGIN, np.uint8)])
    return made


def read(kernel: Any, spec: str, some: Sequence[Frame]) -> tuple[list[int], list[int], Any]:
    """Statuses, numbers and keys."""
    made, records = roomy(some), border.RecordColumns(len(some))
    decoder = kernel.Decoder(layout.compile(layout.parse(spec)))
    decoder.decode(made, 0, len(some), records)
    return records.status.tolist(), records.seq[: records.count].tolist(), decoder.keys()


@pytest.mark.parametrize("kernel", KERNELS, ids=lambda kernel: kernel.NAME)
@pytest.mark.parametrize("name", TUNNELS)
def test_the_header_inside_is_found(kernel: Any, name: str) -> None:
    into, tunnel = TUNNELS[name]
    some = [whole(into(packet(payload(number)))) for number in range(40)]
    _, numbers, keys = read(kernel, SPEC, some)
    assert numbers == list(range(40))
    (key,) = keys
    assert (key["sport"], key["dport"], key["tunnel"]) == (5, 5000, tunnel)


@pytest.mark.parametrize("kernel", KERNELS, ids=lambda kernel: kernel.NAME)
@pytest.mark.parametrize("name", CLOSED)
def test_what_is_no_tunnel_is_not_entered(kernel: Any, name: str) -> None:
    status, numbers, _ = read(kernel, SPEC, [whole(CLOSED[name](packet(payload(1))))])
    assert numbers == []
    assert status[0] in (border.PORT, border.PROTOCOL, border.FRAGMENT)


@pytest.mark.parametrize("kernel", KERNELS, ids=lambda kernel: kernel.NAME)
def test_the_outermost_that_fits_is_taken(kernel: Any) -> None:
    """Both a record outside and one inside: the outer one. A magic that fails outside sends the search inside."""
    inside = packet(payload(2))
    both = LINK / OUTER / UDP(dport=5000, sport=4789) / Raw(payload(1) + bytes(inside))
    other = LINK / OUTER / UDP(dport=4789, sport=5000) / Raw(b"\x08\0\0\0\0\0\7\0" + bytes(LINK / inside))
    _, numbers, keys = read(kernel, SPEC, [whole(both), whole(other), whole(both), whole(other)])
    assert numbers == [1, 2, 1, 2]
    assert keys["tunnel"].tolist() == [0, 7]
    assert keys["sport"].tolist() == [4789, 5]


@pytest.mark.parametrize("kernel", KERNELS, ids=lambda kernel: kernel.NAME)
def test_tunnels_tell_streams_apart_unless_the_key_is_none(kernel: Any) -> None:
    some = []
    for number in range(20):
        for vni in (1, 2):
            outer = LINK / OUTER / UDP(dport=4789) / Raw(b"\x08\0\0\0" + struct.pack(">I", vni << 8))
            some.append(whole(outer / Raw(bytes(LINK / packet(payload(number))))))
    assert read(kernel, SPEC, some)[2]["tunnel"].tolist() == [1, 2]
    assert read(kernel, f"{SPEC} key=source", some)[2]["tunnel"].tolist() == [1, 2]
    assert read(kernel, f"{SPEC} key=none", some)[2]["tunnel"].tolist() == [0]


@pytest.mark.parametrize("kernel", KERNELS, ids=lambda kernel: kernel.NAME)
def test_the_source_stays_that_of_the_frame(kernel: Any) -> None:
    made, records = roomy([whole(TUNNELS["vxlan"][0](packet(payload(1))))]), border.RecordColumns(1)
    decoder = kernel.Decoder(layout.compile(layout.parse(SPEC)))
    decoder.decode(made, 0, 1, records)
    assert decoder.sources()["address"][1][:6].tobytes() == bytes.fromhex("020000000001")


@pytest.mark.parametrize("kernel", KERNELS, ids=lambda kernel: kernel.NAME)
def test_an_ethertype_inside(kernel: Any) -> None:
    """The key has the addresses of the innermost Ethernet header; straight behind IP there are none but the frame's."""
    inner = LINK.__class__(src="02:00:00:00:00:21", dst="02:00:00:00:00:22", type=0x88B5) / Raw(payload(3))
    bridged = TUNNELS["vxlan"][0](packet(b""))
    bridged[IP].payload = UDP(dport=4789) / Raw(b"\x08\0\0\0\0\0\7\0" + bytes(inner))
    plain = LINK / IP(proto=47) / Raw(b"\0\0\x88\xb5" + payload(4))
    _, numbers, keys = read(kernel, "eth:0x88b5 magic=u8@0==0x5a seq=u32be@1", [whole(bridged), whole(plain)])
    assert numbers == [3, 4]
    texts = key_texts(keys, layout.parse("eth:0x88b5 seq=u32be@1"))
    assert texts[0] == {"source": "02:00:00:00:00:21", "target": "02:00:00:00:00:22", "tunnel": 7}
    assert texts[1] == {"source": "02:00:00:00:00:01", "target": "02:00:00:00:00:02"}


@pytest.mark.parametrize("kernel", KERNELS, ids=lambda kernel: kernel.NAME)
def test_a_record_that_was_cut_inside_is_told_as_cut(kernel: Any) -> None:
    data = bytes(TUNNELS["vxlan"][0](packet(payload(1))))
    at = len(data) - 20 + 3
    status, _, _ = read(kernel, SPEC, [Frame(data[:at], len(data), 1), Frame(data[:60], len(data), 1)])
    assert status[0] == border.CUT
    assert status[1] != border.RECORD


@pytest.mark.parametrize("kernel", KERNELS, ids=lambda kernel: kernel.NAME)
def test_it_ends(kernel: Any) -> None:
    """IP in IP in IP…: as deep as MAX_STOREYS and no deeper."""
    for depth, found in ((border.MAX_STOREYS, [7]), (border.MAX_STOREYS + 1, [])):
        made = packet(payload(7))
        for _ in range(depth):
            made = IP(src="1.1.1.1", dst="2.2.2.2") / made
        assert read(kernel, SPEC, [whole(LINK / made)])[1] == found


SPECS = [
    SPEC, "udp seq=u8@1", "udp:5000 seq=u16be@-2", "udp:5000 magic=u16be@0==len seq=u8@2",
    "udp magic=u8@0==0x5a seq=u8@1",
    "udp:5000 magic=u8@0!=0 seq=u32be@1%1500", "udp:5000 stream=u8@5 seq=u32be@1", "udp:5000 key=none seq=u8@-1",
    "tcp seq=u8@0", "ip:17 magic=u8@9==0 seq=u8@0", "eth:0x0800 magic=u8@9==17 seq=u16be@4", "eth seq=u8@0",
    "ip:1 seq=u8@0", "eth:0x88b5 seq=u8@0",
]  # fmt: skip
PROGRAMS = [layout.compile(layout.parse(spec)) for spec in SPECS]
MODELS = [bytes(into(packet(payload(0x01020304)))) for into, _ in TUNNELS.values()]
MODELS += [bytes(into(packet(payload(0x01020304)))) for into in CLOSED.values()]


@st.composite
def tunnelled(draw: st.DrawFn) -> list[Frame]:
    """Frames of a few tunnels in a random order, with some bytes changed, cut, or padded on the wire."""
    models = draw(st.lists(st.sampled_from(MODELS), min_size=1, max_size=4))
    some = list[Frame]()
    for _ in range(draw(st.integers(1, 30))):
        data = bytearray(draw(st.sampled_from(models)))
        for _ in range(draw(st.integers(0, 2))):
            value = draw(st.one_of(st.integers(0, 9), st.sampled_from([0x45, 0x60, 0x12, 0xB5]), st.integers(0, 255)))
            data[draw(st.integers(0, len(data) - 1))] = value
        data += bytes(draw(st.sampled_from([0, 0, 0, 1, 40])))
        cut = draw(st.sampled_from([0, 0, 0, 0, 1, 9, 30]))
        data = data[: len(data) - cut]
        some.append(
            Frame(bytes(data), len(data) + draw(st.sampled_from([0, cut])), draw(st.sampled_from([1] * 9 + [113, 101])))
        )
    return some


@settings(max_examples=500, deadline=None)
@given(st.sampled_from(PROGRAMS), tunnelled(), st.lists(st.integers(1, 30), max_size=2))
def test_both_kernels_agree(program: border.Program, some: list[Frame], cuts: list[int]) -> None:
    for made in (roomy(some), block(some)):
        expected = decode(reference, program, made, cuts)
        assert decode(native, program, made, cuts) == expected
        assert decode(native, program, made, cuts, any_processor=True) == expected


@settings(max_examples=100, deadline=None)
@given(st.permutations(range(len(MODELS))), st.integers(1, 4))
def test_many_tunnels_at_once(order: list[int], times: int) -> None:
    """More ways than templates are remembered."""
    some = [Frame(MODELS[at], len(MODELS[at]), 1) for at in order for _ in range(times)]
    for program in PROGRAMS:
        assert decode(native, program, roomy(some), []) == decode(reference, program, roomy(some), [])
