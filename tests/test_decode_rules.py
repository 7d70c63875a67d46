"""decode: every kernel against the plain code, and the plain code against dpkt, scapy and the rules one by one."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import dpkt
import numpy as np
import packets
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packets import Frame, block, cooked, cooked2, ethernet, extension, frames, ipv4, ipv6, udp
from scapy.layers.inet import UDP
from scapy.layers.l2 import Ether

from seqcheck import layout
from seqcheck.kernel import border
from seqcheck.kernel.portable.examine import Seen, examine
from seqcheck.kernel.portable.frame import link_addresses, locate

SPECS = [
    *packets.SPECS, "udp key=hosts seq=u8@0", "ip key=source seq=u8@0", "eth key=source seq=u8@0",
    "frame key=none seq=u16le@0", "udp key=none stream=u8@0 seq=u8@1",
]  # fmt: skip
PROGRAMS = [layout.compile(layout.parse(spec)) for spec in SPECS]


def plainly(program: border.Program, some: Sequence[Frame]) -> tuple[Any, ...]:
    """The columns that decode has to give, made one frame at a time."""
    streams: dict[Any, int] = {}
    sources: dict[bytes, int] = {}
    before: dict[int, int] = {}
    statuses, rows = [], []
    for i, frame in enumerate(some):
        seen = examine(frame.data, frame.wire, frame.link, program)
        address = link_addresses(frame.data, frame.link)[0]
        source = sources.setdefault(address, len(sources) + 1) if address else border.NO_SOURCE
        ordinal = before.get(source, 0)
        before[source] = ordinal + 1
        statuses.append(seen.status)
        if seen.status == border.RECORD:
            rows.append((i, streams.setdefault(key_of(seen), len(streams)), seen.seq, source, ordinal))
    return statuses, rows, list(streams), list(sources)


def key_of(seen: Seen) -> tuple[Any, ...]:
    place = seen.place
    addresses = (place.source.ljust(16, b"\0"), place.target.ljust(16, b"\0"))
    fields = seen.streams + (0,) * (border.MAX_STREAM_FIELDS - len(seen.streams))
    return (place.version, place.protocol, place.sport, place.dport, *addresses, fields)


def in_blocks(decoder: Any, some: Sequence[Frame], cuts: Sequence[int] = ()) -> tuple[Any, ...]:
    """The same from a decoder, fed rows up to each of `cuts`."""
    made, records = block(some), border.RecordColumns(len(some))
    rows = []
    for low, high in pairwise([0, *sorted({c for c in cuts if 0 < c < len(some)}), len(some)]):
        decoder.decode(made, low, high, records)
        columns = (records.row, records.stream, records.seq, records.source, records.ordinal)
        rows += list(zip(*(column[: records.count].tolist() for column in columns), strict=True))
    keys = [
        (row["version"], row["protocol"], row["sport"], row["dport"], row["source"].tobytes(), row["target"].tobytes(),
         tuple(row["fields"].tolist()))
        for row in np.asarray(decoder.keys())
    ]  # fmt: skip
    sources = decoder.sources()
    assert sources["counts"].sum(axis=0).tolist() == np.bincount(records.status, minlength=len(border.REASONS)).tolist()
    addresses = [row["address"][: row["length"]].tobytes() for row in sources[1:]]
    return records.status.tolist(), rows, keys, addresses


@settings(max_examples=250, deadline=None)
@given(st.sampled_from(PROGRAMS), st.lists(frames(), min_size=1, max_size=12), st.lists(st.integers(1, 11), max_size=3))
def test_blocks_equal_single_frames(kernel: Any, program: border.Program, some: list[Frame], cuts: list[int]) -> None:
    assert in_blocks(kernel.Decoder(program), some, cuts) == plainly(program, some)


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(PROGRAMS),
    st.lists(st.tuples(st.binary(max_size=80), st.integers(0, 99), st.sampled_from([1, 113, 276, 101, 0])), min_size=1),
)
def test_noise(kernel: Any, program: border.Program, some: list[tuple[bytes, int, int]]) -> None:
    noise = [Frame(data, len(data) + extra, link) for data, extra, link in some]
    assert in_blocks(kernel.Decoder(program), noise) == plainly(program, noise)


# ---- second opinions -------------------------------------------------------------------------------------------------


@st.composite
def sound_udp(draw: st.DrawFn) -> tuple[bytes, bytes]:
    """An Ethernet frame that every dissector must understand, and the UDP payload in it."""
    payload = draw(st.binary(min_size=1, max_size=40))
    data, protocol = udp(payload, sport=40_000, dport=40_001), 17
    if draw(st.booleans()):
        options = draw(st.sampled_from([b"", b"\1\1\1\0", b"\1" * 39 + b"\0"]))
        data, kind = ipv4(data, options=options, fragment=draw(st.sampled_from([0, 0x4000]))), 0x0800
    else:
        headers = st.lists(st.sampled_from([0, 43, 60, 44]), max_size=4, unique=True)
        for header in draw(headers.filter(lambda h: h[-1:] != [44] or len(h) == 1)):  # dpkt cannot: it raises
            body = b"\0\0\0\0\0\0" if header == 43 else b"\1\4\0\0\0\0"  # no segments left; one padding option
            data, protocol = extension(header, protocol, body) + data, header
        data, kind = ipv6(data, protocol=protocol), 0x86DD
    data += bytes(draw(st.sampled_from([0, 0, 6])))  # Ethernet padding
    for tag in draw(st.sampled_from([(), (0x8100,), (0x8100, 0x88A8), (0x8100, 0x8100)])):
        data, kind = b"\0\7" + kind.to_bytes(2, "big") + data, tag
    return ethernet(data, kind=kind), payload


@settings(max_examples=150, deadline=None)
@given(sound_udp())
def test_dpkt_and_scapy_find_the_same_payload(case: tuple[bytes, bytes]) -> None:
    data, payload = case
    place = locate(data, len(data), 1, (border.A_UDP, 40_000, ()))
    assert place.status == border.RECORD
    assert data[place.start : place.end] == payload
    assert place.end == place.stated
    theirs = dpkt.ethernet.Ethernet(data)
    datagram = theirs.data.data
    assert isinstance(datagram, dpkt.udp.UDP)
    assert (bytes(datagram.data), datagram.sport, datagram.dport) == (payload, place.sport, place.dport)
    assert (theirs.data.src, theirs.data.dst) == (place.source, place.target)
    assert bytes(Ether(data)[UDP].payload)[: len(payload)] == payload


@settings(max_examples=100, deadline=None)
@given(sound_udp(), st.data())
def test_a_frame_cut_anywhere_is_cut_or_the_same(case: tuple[bytes, bytes], data: st.DataObject) -> None:
    whole, payload = case
    program = layout.compile(layout.parse("udp:40000 seq=u8@0"))
    cut = whole[: data.draw(st.integers(0, len(whole)))]
    captured = examine(cut, len(whole), 1, program)
    payload_at = locate(whole, len(whole), 1, (border.A_UDP, -1, ())).start
    assert captured.status == (border.RECORD if len(cut) > payload_at else border.CUT)
    assert captured.status == border.CUT or captured.seq == payload[0]
    assert examine(cut, len(cut), 1, program).status in (border.RECORD, border.SHORT)  # the frame itself ends there


# ---- the rules, one by one -------------------------------------------------------------------------------------------

HEAD = bytes([9, 1, 2, 3])
DATAGRAM = udp(HEAD)
ANY = "udp seq=u8@0"
TSO = ethernet(ipv4(udp(HEAD, length=0), total=0))
JUMBO = ethernet(ipv6(udp(HEAD, length=0), length=0), kind=0x86DD)
MANY = extension(60, 60, b"") * 15 + extension(60, 17, b"") + DATAGRAM


def tagged(depth: int, data: bytes) -> bytes:
    kinds = [0x88A8, 0x8100, 0x9100, 0x9200] * (depth // 4 + 1)
    body = b"".join(b"\0\1" + kind.to_bytes(2, "big") for kind in [*kinds[1:depth], 0x0800])
    return ethernet(body + data, kind=kinds[0] if depth else 0x0800)


CASES = [  # what, frame (link 1, whole unless said), layout, status or number
    ("plain", ethernet(ipv4(DATAGRAM)), ANY, "9"),
    ("either port", ethernet(ipv4(udp(HEAD, sport=5000, dport=1))), "udp:5000 seq=u8@0", "9"),
    ("neither port", ethernet(ipv4(DATAGRAM)), "udp:5001 seq=u8@0", border.PORT),
    ("no UDP", ethernet(ipv4(DATAGRAM)), "tcp seq=u8@0", border.PROTOCOL),
    ("ARP", ethernet(HEAD, kind=0x0806), ANY, border.PROTOCOL),
    ("802.3 length", ethernet(ipv4(DATAGRAM), kind=46), ANY, border.PROTOCOL),
    ("802.3 length, eth", ethernet(HEAD, kind=46), "eth seq=u8@0", "9"),
    ("4 tags", tagged(4, ipv4(DATAGRAM)), ANY, "9"),
    ("40 tags", tagged(40, ipv4(DATAGRAM)), ANY, "9"),
    ("tags behind tags to the end", ethernet(b"\0\1\x81\0" * 30, kind=0x8100), ANY, border.SHORT),
    ("eth behind a tag", ethernet(b"\0\1\x12\x34" + HEAD, kind=0x8100), "eth:0x1234 seq=u8@0", "9"),
    ("another ethertype", ethernet(HEAD, kind=0x1235), "eth:0x1234 seq=u8@0", border.PROTOCOL),
    ("frame", ethernet(HEAD, kind=0x1235), "frame seq=u16be@12", str(0x1235)),
    ("no Ethernet header", b"\1" * 13, ANY, border.SHORT),
    ("version differs from ethertype", ethernet(ipv6(DATAGRAM)), ANY, border.MALFORMED),
    ("IP options", ethernet(ipv4(DATAGRAM, options=b"\1" * 40)), ANY, "9"),
    ("header length 4", ethernet(b"\x44" + ipv4(DATAGRAM)[1:]), ANY, border.MALFORMED),
    ("total below header", ethernet(ipv4(DATAGRAM, total=19)), ANY, border.MALFORMED),
    ("total ends before UDP", ethernet(ipv4(DATAGRAM, total=27)), ANY, border.SHORT),
    ("total ends before the field", ethernet(ipv4(DATAGRAM, total=28)), ANY, border.SHORT),
    ("total 0", TSO, ANY, "9"),
    ("total too large: a stale slot with another's length", ethernet(ipv4(DATAGRAM, total=900)), ANY, "9"),
    ("first fragment", ethernet(ipv4(udp(HEAD, length=3000), fragment=0x2000)), ANY, "9"),
    ("later fragment", ethernet(ipv4(DATAGRAM, fragment=0x2001)), ANY, border.FRAGMENT),
    ("last fragment", ethernet(ipv4(DATAGRAM, fragment=1)), ANY, border.FRAGMENT),
    ("don't fragment", ethernet(ipv4(DATAGRAM, fragment=0x4000)), ANY, "9"),
    ("padding is no payload", ethernet(ipv4(udp(b""))) + HEAD, ANY, border.SHORT),
    ("UDP length 7", ethernet(ipv4(udp(HEAD, length=7))), ANY, border.MALFORMED),
    ("UDP length 8", ethernet(ipv4(udp(HEAD, length=8))), ANY, border.SHORT),
    ("UDP length too large", ethernet(ipv4(udp(HEAD, length=99))), ANY, "9"),
    ("from the end", ethernet(ipv4(DATAGRAM)) + b"padding", "udp seq=u8@-1", "3"),
    ("before the start", ethernet(ipv4(DATAGRAM)), "udp seq=u8@-5", border.SHORT),
    ("from an end that is not there", ethernet(ipv4(udp(HEAD, length=99))), "udp seq=u8@-1", border.SHORT),
    ("frame trailer", ethernet(HEAD), "frame seq=u16le@-2", str(0x0302)),
    ("AH in IPv4", ethernet(ipv4(extension(51, 17, b"x" * 10) + DATAGRAM, protocol=51)), ANY, "9"),
    ("stops at AH", ethernet(ipv4(extension(51, 17, b"\0\0abcd") + DATAGRAM, protocol=51)), "ip:51 seq=u8@4", "97"),
    ("IPv4 has no hop-by-hop", ethernet(ipv4(HEAD, protocol=0)), "ip:0 seq=u8@0", "9"),
    ("IPv6", ethernet(ipv6(DATAGRAM), kind=0x86DD), ANY, "9"),
    ("IPv6 length 0", JUMBO, ANY, "9"),
    ("IPv6 length bounds", ethernet(ipv6(DATAGRAM, length=8), kind=0x86DD), ANY, border.SHORT),
    ("16 extension headers", ethernet(ipv6(MANY, protocol=60), kind=0x86DD), ANY, "9"),
    ("17", ethernet(ipv6(extension(60, 60, b"") + MANY, protocol=60), kind=0x86DD), ANY, border.MALFORMED),
    ("IPv6 first fragment", ethernet(ipv6(extension(44, 17, b"", 1) + DATAGRAM, protocol=44), kind=0x86DD), ANY, "9"),
    ("IPv6 later fragment", ethernet(ipv6(extension(44, 17, b"", 8) + DATAGRAM, protocol=44), kind=0x86DD), ANY,
     border.FRAGMENT),
    ("an extension longer than the packet", ethernet(ipv6(b"\x11\xff" + bytes(30), protocol=60), kind=0x86DD),
     "ip seq=u8@0", border.MALFORMED),
    ("behind ESP nothing is walked", ethernet(ipv6(HEAD, protocol=50), kind=0x86DD), "ip:50 seq=u8@0", "9"),
    ("TCP options", ethernet(ipv4(bytes(12) + b"\x60" + bytes(11) + HEAD, protocol=6)), "tcp seq=u8@0", "9"),
    ("TCP header of 4 words", ethernet(ipv4(bytes(12) + b"\x40" + bytes(11), protocol=6)), "tcp seq=u8@0",
     border.MALFORMED),
    ("TCP header beyond the end", ethernet(ipv4(bytes(12) + b"\xf0" + bytes(11), protocol=6)), "tcp seq=u8@0",
     border.MALFORMED),
    ("magic", ethernet(ipv4(DATAGRAM)), "udp magic=u8@1==1 seq=u8@0", "9"),
    ("other magic", ethernet(ipv4(DATAGRAM)), "udp magic=u8@1==2 seq=u8@0", border.MAGIC),
    ("masked magic", ethernet(ipv4(DATAGRAM)), "udp magic=u8@0&0x0c==8 seq=u8@0", "9"),
    ("must differ", ethernet(ipv4(DATAGRAM)), "udp magic=u8@1!=1 seq=u8@0", border.MAGIC),
    ("length", ethernet(ipv4(udp(b"\4abc"))), "udp magic=u8@0==len seq=u8@1", "97"),
    ("another length", ethernet(ipv4(udp(b"\5abc"))), "udp magic=u8@0==len seq=u8@1", border.MAGIC),
    ("magic before length", ethernet(ipv4(DATAGRAM)), "udp magic=u8@1==2 seq=u64be@0", border.MAGIC),
    ("length of the field", ethernet(ipv4(DATAGRAM)), "udp magic=u8@1==1 seq=u64be@0", border.SHORT),
    ("at the modulus", ethernet(ipv4(DATAGRAM)), "udp seq=u8@0%9", border.MAGIC),
    ("below the modulus", ethernet(ipv4(DATAGRAM)), "udp seq=u8@0%10", "9"),
    ("mask and shift", ethernet(ipv4(DATAGRAM)), "udp seq=u16be@0&0x0ff0", str(0x90)),
    ("24 bits", ethernet(ipv4(DATAGRAM)), "udp seq=u24le@1", str(0x030201)),
    ("48 bits", ethernet(ipv4(udp(b"abcdef"))), "udp seq=u48be@0", str(int.from_bytes(b"abcdef", "big"))),
    ("64 bits", ethernet(ipv4(udp(b"\xff" * 8))), "udp seq=u64be@0", str(2**64 - 1)),
]  # fmt: skip


def check(kernel: Any, spec: str, frame: Frame, expected: str | int) -> None:
    """`expected` is a status, or a number as text."""
    program = layout.compile(layout.parse(spec))
    status, rows, _, _ = in_blocks(kernel.Decoder(program), [frame])
    assert (status, rows) == plainly(program, [frame])[:2]
    assert (str(rows[0][2]) if rows else status[0]) == expected


@pytest.mark.parametrize(("frame", "spec", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_rules(kernel: Any, frame: bytes, spec: str, expected: str | int) -> None:
    check(kernel, spec, Frame(frame, len(frame), 1), expected)


@pytest.mark.parametrize(
    ("link", "frame", "expected"),
    [
        (101, ipv4(DATAGRAM), "9"),
        (12, ipv6(DATAGRAM), "9"),
        (14, ipv4(DATAGRAM), "9"),
        (228, ipv4(DATAGRAM), "9"),
        (228, ipv6(DATAGRAM), border.MALFORMED),
        (229, ipv6(DATAGRAM), "9"),
        (101, b"\x50" + bytes(60), border.MALFORMED),
        (101, b"", border.SHORT),
        (0, b"\0\0\0\2" + ipv4(DATAGRAM), "9"),
        (0, b"\2\0\0\0" + ipv4(DATAGRAM), "9"),
        (0, b"\x1e\0\0\0" + ipv6(DATAGRAM), "9"),
        (108, b"\0\0\0\x18" + ipv6(DATAGRAM), "9"),
        (108, b"\0\0\0\x1c" + ipv6(DATAGRAM), "9"),
        (108, b"\0\0\0\x0a" + ipv6(DATAGRAM), "9"),
        (108, b"\0\0\0\2" + ipv6(DATAGRAM), border.MALFORMED),
        (0, b"\0\0\0\7" + ipv4(DATAGRAM), border.PROTOCOL),
        (113, cooked(ipv4(DATAGRAM)), "9"),
        (113, cooked(b"\0\1\x08\0" + ipv4(DATAGRAM), kind=0x8100), "9"),
        (113, cooked(HEAD, kind=4), border.PROTOCOL),
        (276, cooked2(ipv6(DATAGRAM), kind=0x86DD), "9"),
        (127, ethernet(ipv4(DATAGRAM)), border.LINK),
        (65535, b"", border.LINK),
    ],
)
def test_link_layers(kernel: Any, link: int, frame: bytes, expected: str | int) -> None:
    check(kernel, ANY, Frame(frame, len(frame), link), expected)


def test_anchors_on_other_link_layers(kernel: Any) -> None:
    check(kernel, "frame seq=u8@0", Frame(HEAD, 4, 65535), "9")
    check(kernel, "eth seq=u8@0", Frame(HEAD, 4, 65535), border.LINK)
    check(kernel, "eth seq=u8@0", Frame(ipv4(DATAGRAM), 32, 101), border.PROTOCOL)
    check(kernel, "eth:0x1234 seq=u8@0", Frame(cooked(HEAD, kind=0x1234), 20, 113), "9")


@pytest.mark.parametrize(
    ("spec", "captured", "expected"),
    [
        ("udp seq=u8@0", 43, "9"),
        ("udp seq=u8@0", 42, border.CUT),
        ("udp seq=u8@0", 13, border.CUT),
        ("udp magic=u8@0==9 seq=u8@2", 43, border.CUT),
        ("udp magic=u8@0==8 seq=u8@2", 43, border.MAGIC),
        ("udp magic=u8@3==3 magic=u8@0==8 seq=u8@2", 43, border.MAGIC),  # a wrong one outweighs one that was cut
        ("udp magic=u8@3==3 seq=u8@9", 43, border.SHORT),
        ("udp seq=u8@0%9 stream=u8@3", 43, border.MAGIC),
        ("frame seq=u8@-1", 42, border.CUT),
        ("udp:5001 seq=u8@0", 42, border.PORT),
    ],
)
def test_cut(kernel: Any, spec: str, captured: int, expected: str | int) -> None:
    whole = ethernet(ipv4(DATAGRAM))
    check(kernel, spec, Frame(whole[:captured], len(whole), 1), expected)


def test_sources_and_ordinals(kernel: Any) -> None:
    one, two = b"\2\0\0\0\0\1", b"\2\0\0\0\0\2"
    record, other = ipv4(DATAGRAM), b"other"
    some = [
        Frame(data, len(data), link)
        for data, link in [
            (ethernet(other, kind=0x0806, source=two), 1),
            (ethernet(record, source=one), 1),
            (ethernet(other, kind=0x0806, source=one), 1),
            (ipv4(DATAGRAM), 101),
            (cooked(record, source=one), 113),  # the same address on another link layer is the same source
            (cooked2(record, source=one + b"\0\0"), 276),  # another length is another
            (cooked(record, source=b""), 113),
            (ethernet(record, source=two), 1),
            (ethernet(record, source=one)[:13], 1),  # not captured: no source
        ]
    ]
    for cuts in ([], [3], range(1, 9)):
        decoder = kernel.Decoder(layout.compile(layout.parse(ANY)))
        status, rows, _, addresses = in_blocks(decoder, some, cuts)
        assert addresses == [two, one, one + b"\0\0"]
        assert [row[3:] for row in rows] == [(2, 0), (0, 0), (2, 2), (3, 0), (0, 1), (1, 1)]
        counts = decoder.sources()["counts"]
        assert [int(counts[i].sum()) for i in range(4)] == [3, 2, 3, 1]
        assert counts[:, border.RECORD].tolist() == [2, 1, 2, 1]
        assert counts[0, border.SHORT] == 1
        assert status[8] == border.SHORT


def numbered(count: int) -> list[Frame]:
    """Frames that differ in source, address and stream number."""
    made = []
    for i in range(count):
        data = ethernet(ipv4(udp(i.to_bytes(4, "big") + HEAD)), source=i.to_bytes(6, "big"))
        made.append(Frame(data, len(data), 1))
    return made


def test_streams_beyond_the_table_are_said(kernel: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    if kernel.NAME != "reference":
        pytest.skip("the native table's size is compiled in")
    monkeypatch.setattr("seqcheck.kernel.portable.decode.MAX_STREAMS", 5)
    monkeypatch.setattr("seqcheck.kernel.portable.sources.MAX_SOURCES", 3)
    decoder = kernel.Decoder(layout.compile(layout.parse("udp stream=u32be@0 seq=u8@4")))
    some = numbered(8)
    status, rows, keys, addresses = in_blocks(decoder, some + some, [4, 9])
    assert status == [border.RECORD] * 5 + [border.STREAMS] * 3 + [border.RECORD] * 5 + [border.STREAMS] * 3
    assert [row[1] for row in rows] == [0, 1, 2, 3, 4] * 2
    assert [row[3] for row in rows] == [1, 2, 3, 0, 0] * 2
    assert (len(keys), len(addresses)) == (5, 3)


def test_many_streams_and_sources(kernel: Any) -> None:
    program = layout.compile(layout.parse("udp stream=u32be@0 seq=u8@4"))
    some = numbered(3000)
    expected = plainly(program, some + some[::-1])
    assert in_blocks(kernel.Decoder(program), some + some[::-1], [1, 1000, 1001, 4000]) == expected
