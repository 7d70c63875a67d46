"""layout.scapy_bridge: there and back."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packets import ethernet, ipv4, udp
from scapy.fields import (
    BitField,
    ByteEnumField,
    ByteField,
    ConditionalField,
    IntField,
    LEIntField,
    LELongField,
    LEThreeBytesField,
    MACField,
    ShortField,
    StrField,
    StrFixedLenField,
    XIntField,
)
from scapy.layers.rtp import RTP
from scapy.packet import Packet

from seqcheck.decode.decoder import Reader
from seqcheck.errors import UsageError
from seqcheck.layout import Layout, builtins, parse, write
from seqcheck.layout.model import Word
from seqcheck.layout.scapy_bridge import layout_of, packet_class

FRONT = [
    name
    for name, layout in builtins().items()
    if isinstance(layout.seq, Word) and not layout.each and all(word.offset >= 0 for word in layout.words())
]


class Probe(Packet):
    name = "Probe"
    fields_desc = (
        XIntField("magic", 0x12345678),
        BitField("flow", 3, 3),
        BitField("number", 0, 13),
        LEThreeBytesField("three", 0),
        BitField("six", 0, -48),
        LELongField("sent", 0),
        MACField("mac", None),
        StrFixedLenField("pad", b"", 3),
        ByteEnumField("kind", 1, {1: "data"}),
        LEIntField("slot", 0),
        StrField("rest", b""),
        ByteField("behind", 0),
    )


ROLES = {
    "seq": "number", "stream": ["flow", "six", "three"], "magic": ["magic", "kind!=9"],
    "time": "sent:us", "slot": "slot",
}  # fmt: skip


@pytest.mark.parametrize("name", FRONT)
def test_a_built_in_s_packets_are_its_records(name: str) -> None:
    layout = builtins()[name]
    header = packet_class(layout)(seq=7)
    frame = {
        "udp": lambda data: ethernet(ipv4(udp(data, dport=layout.selector or 9))),
        "ip": lambda data: ethernet(ipv4(data, protocol=layout.selector or 0)),
        "eth": lambda data: ethernet(data, kind=layout.selector or 0),
        "frame": bytes,
    }[layout.anchor](bytes(header / b"payload"))
    read = Reader(layout).read(frame, len(frame), 1)
    assert read is not None
    assert read["seq"] == 7


def test_the_fields_have_the_roles_names() -> None:
    made = packet_class(builtins()["seqcheck"])
    assert made.__name__ == "Seqcheck"
    assert [field.name for field in made.fields_desc] == [
        "magic1", "magic2", "flags", "stream", "seq", "time", "slot", "buf",
    ]  # fmt: skip
    packet = made(bytes(made(seq=2**63, slot=5, flags=2)) + b"rest")
    assert (packet.seq, packet.slot, bytes(packet.payload)) == (2**63, 5, b"rest")


def test_a_length_is_filled_in_unless_given() -> None:
    made = packet_class(parse("udp magic=u16le@1==len seq=u8@0"))
    assert bytes(made(seq=9) / b"abcd") == b"\x09\x07\x00abcd"
    assert bytes(made(seq=9, magic=3) / b"abcd") == b"\x09\x03\x00abcd"


def test_what_does_not_cross() -> None:
    with pytest.raises(UsageError, match="counts from the end"):
        packet_class(builtins()["trex-tpg"])
    with pytest.raises(UsageError, match="overlap"):
        packet_class(parse("udp seq=u32be@0 stream=u16be@2"))


def test_a_user_s_class() -> None:
    layout = layout_of(Probe, "udp:5000", ROLES)
    assert write(layout) == (
        "udp:5000 magic=u32be@0==0x12345678 magic=u8@32!=9 stream=u8@4&0xe0 stream=u48le@9 stream=u24le@6"
        " seq=u16be@4&0x1fff time=u64le@15:us slot=u32le@33"
    )
    assert layout.name == "Probe"
    assert layout.modulus == 8192


@settings(max_examples=50)
@given(st.integers(0, 8191), st.integers(0, 7), st.integers(0, 2**64 - 1), st.integers(0, 2**32 - 1))
def test_scapy_builds_what_the_layout_reads(number: int, flow: int, sent: int, slot: int) -> None:
    payload = bytes(Probe(number=number, flow=flow, sent=sent, slot=slot))
    frame = ethernet(ipv4(udp(payload)))
    read = Reader(layout_of(Probe, "udp:5000", ROLES)).read(frame, len(frame), 1)
    assert read == {"seq": number, "time_ns": sent * 1000, "slot": slot}


def test_scapy_s_own_rtp() -> None:
    rtp = layout_of(RTP, "udp", {"seq": "sequence", "stream": "sourcesync", "magic": "version"})
    builtin = builtins()["rtp"]
    assert (rtp.seq, rtp.streams, rtp.matches[0]) == (builtin.seq, builtin.streams, builtin.matches[0])


@pytest.mark.parametrize(
    ("roles", "what"),
    [
        ({"seq": "behind"}, "no integer 'behind'"),
        ({"seq": "none"}, "no integer 'none'"),
        ({"seq": "mac"}, "no integer 'mac'"),
        ({"seq": "pad"}, "no integer 'pad'"),
        ({"seq": "number", "magic": "kind==300"}, "outside 0xff"),
        ({"seq": "number", "time": "sent"}, "without a unit"),
        ({"stream": "flow"}, "no seq field"),
        ({"seq": "number", "sequence": "flow"}, "sequence"),
    ],
)
def test_mistakes(roles: dict[str, str], what: str) -> None:
    with pytest.raises(UsageError) as caught:
        layout_of(Probe, "udp:5000", roles)
    assert what in caught.value.message


def test_fields_behind_a_condition_are_out_of_reach() -> None:
    class Choosy(Packet):
        name = "Choosy"
        fields_desc = (
            ShortField("seq", 0), ConditionalField(IntField("maybe", 0), lambda p: p.seq), IntField("late", 0),
        )  # fmt: skip

    assert layout_of(Choosy, "udp", {"seq": "seq"}) == Layout(anchor="udp", seq=Word(bits=16, offset=0))
    with pytest.raises(UsageError, match="no integer 'late'"):
        layout_of(Choosy, "udp", {"seq": "late"})


def test_a_number_in_pieces_that_goes_by_steps() -> None:
    class Split(Packet):
        name = "Split"
        fields_desc = [ShortField("low", 0), IntField("flow", 0), ShortField("high", 0)]  # noqa: RUF012

    made = layout_of(Split, "udp:5000-5001", {"seq": "high:low", "stream": "flow", "step": "30", "key": "hosts"})
    assert write(made) == "udp:5000-5001 stream=u32be@2 key=hosts seq=u16be@6:u16be@0 step=30"
    with pytest.raises(UsageError, match="no integer 'middle'"):
        layout_of(Split, "udp", {"seq": "high:middle"})
