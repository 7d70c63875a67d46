"""decode: what the report says of streams, sources and counts, and single frames read again."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_layouts import layouts
from packets import Frame, block, cooked, ethernet, frames, ipv4, ipv6, udp

from seqcheck.decode.decoder import FEW, Reader, foreign, key_texts, tally
from seqcheck.kernel import border
from seqcheck.kernel.portable.decode import Decoder
from seqcheck.kernel.portable.examine import examine
from seqcheck.layout import Layout, compile, header, parse

HEAD = (7).to_bytes(4, "big") + (1).to_bytes(4, "big")


def decoded(layout: Layout, some: list[Frame]) -> Any:
    decoder, records = Decoder(compile(layout)), border.RecordColumns(len(some))
    decoder.decode(block(some), 0, len(some), records)
    return decoder


def whole(data: bytes, link: int = 1) -> Frame:
    return Frame(data, len(data), link)


@pytest.mark.parametrize(
    ("spec", "frame", "expected"),
    [
        ("udp seq=u32be@4", whole(ethernet(ipv4(udp(HEAD)))),
         {"source": "10.0.0.1", "target": "10.0.0.2", "protocol": 17, "sport": 5, "dport": 5000}),
        ("udp stream=u32be@0 seq=u32be@4", whole(ethernet(ipv6(udp(HEAD)), kind=0x86DD)),
         {"source": "1:203:405:607:809:a0b:c0d:e0f", "target": "1011:1213:1415:1617:1819:1a1b:1c1d:1e1f",
          "protocol": 17, "sport": 5, "dport": 5000, "stream": 7}),
        ("ip stream=u8@3 stream=u8@7 seq=u32be@4", whole(ipv4(HEAD, protocol=50), 101),
         {"source": "10.0.0.1", "target": "10.0.0.2", "protocol": 50, "stream1": 7, "stream2": 1}),
        ("udp key=hosts seq=u8@0", whole(ethernet(ipv4(udp(HEAD)))),
         {"source": "10.0.0.1", "target": "10.0.0.2", "protocol": 17}),
        ("udp key=source seq=u8@0", whole(ethernet(ipv4(udp(HEAD)))), {"source": "10.0.0.1", "protocol": 17}),
        ("udp key=none stream=u8@3 seq=u8@0", whole(ethernet(ipv4(udp(HEAD)))), {"protocol": 17, "stream": 7}),
        ("eth seq=u8@0", whole(ethernet(HEAD)), {"source": "02:00:00:00:00:01", "target": "02:00:00:00:00:02"}),
        ("eth key=source seq=u8@0", whole(ethernet(HEAD)), {"source": "02:00:00:00:00:01"}),
        ("eth seq=u8@0", whole(cooked(HEAD, source=b"abcdefgh"), 113),
         {"source": "61:62:63:64:65:66:67:68"}),
        ("frame seq=u8@0", whole(HEAD, 147), {}),
    ],
)  # fmt: skip
def test_keys(spec: str, frame: Frame, expected: dict[str, str | int]) -> None:
    layout = parse(spec)
    keys = decoded(layout, [frame]).keys()
    assert len(keys) == 1
    assert key_texts(keys, layout) == [expected]
    assert all(type(value) in (int, str) for value in key_texts(keys, layout)[0].values())


def test_sources() -> None:
    some = [whole(ipv4(udp(HEAD)), 101), whole(ethernet(HEAD)), whole(cooked(HEAD, source=b"\1\2"), 113)]
    rows = decoded(parse("udp seq=u8@0"), some).sources()
    assert [row["address"][: row["length"]].tobytes().hex(":") for row in rows] == ["", "02:00:00:00:00:01", "01:02"]


def test_foreign_and_skipped() -> None:
    one, two, three = (bytes([2, 0, 0, 0, 0, i]) for i in (1, 2, 3))
    record, other = ipv4(udp(HEAD)), ipv4(b"x" * 20, protocol=6)
    some = [
        whole(ethernet(record, source=one)),
        whole(ethernet(other, source=one)),
        whole(ethernet(HEAD, kind=0x0806, source=one)),
        Frame(ethernet(record, source=one)[:44], 60, 1),  # may be a record: cut, not foreign
        whole(ethernet(other, source=two)),  # a source without records: skipped
        Frame(ethernet(record, source=three)[:44], 60, 1),
        whole(b"radio", 127),
    ]
    sources = decoded(parse("udp seq=u32be@4"), some).sources()
    assert tally(sources) == (2, {"link-type": 1, "cut": 2, "protocol": 1})


@settings(deadline=None)
@given(st.lists(frames(), max_size=20))
def test_every_frame_is_in_one_place(some: list[Frame]) -> None:
    decoder = Decoder(compile(parse("udp seq=u8@0")))
    records = border.RecordColumns(max(len(some), 1))
    decoder.decode(block(some), 0, len(some), records)
    others, skipped = tally(decoder.sources())
    assert records.count + others + sum(skipped.values()) == len(some)
    assert set(skipped) <= set(border.REASONS[1:])
    assert 0 not in skipped.values()


def test_too_many_streams_are_skipped_never_foreign() -> None:
    table = np.zeros(2, border.SOURCE)
    table["counts"][1, [border.RECORD, border.STREAMS, border.MAGIC]] = 5, 3, 2
    assert tally(table) == (2, {"too-many-streams": 3})


# ---- single frames ---------------------------------------------------------------------------------------------------


def read(spec: str, payload: bytes, captured: int | None = None) -> dict[str, int] | None:
    data = ethernet(ipv4(udp(payload)))
    return Reader(parse(spec)).read(data[: None if captured is None else 42 + captured], len(data), 1)


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("udp seq=u8@0", {"seq": 1}),
        ("udp seq=u8@0 slot=u16be@1", {"seq": 1, "slot": 0x0203}),
        ("udp seq=u8@0 slot=u16le@1&0x0ff0 buf=u8@3", {"seq": 1, "slot": 0x30, "buf": 4}),
        ("udp seq=u8@0 slot=u8@-1", {"seq": 1, "slot": 16}),
        ("udp seq=u8@0 slot=u8@1?u8@2&4", {"seq": 1}),
        ("udp seq=u8@0 slot=u8@1?u8@2&2", {"seq": 1, "slot": 2}),
        ("udp seq=u8@0 slot=u8@16", {"seq": 1}),  # after the payload
        ("udp seq=u8@0 slot=u8@1?u8@16", {"seq": 1}),
        ("udp seq=u8@0 time=u8@1:s time=u8@2:ms time=u8@3:us", {"seq": 1, "time_ns": 2_003_004_000}),
        ("udp seq=u8@0 time=u8@1:s time=u8@16:us", {"seq": 1}),
        ("udp magic=u8@0==2 seq=u8@0", None),
    ],
)
def test_reading_fields(spec: str, expected: dict[str, int] | None) -> None:
    assert read(spec, bytes(range(1, 17))) == expected


def test_ntp_time() -> None:
    payload = (2_208_988_800 + 1_500_000_000).to_bytes(4, "big") + b"\x80\0\0\0"
    assert read("udp seq=u8@4 time=u64be@0:ntp", payload) == {"seq": 0x80, "time_ns": 1_500_000_000_500_000_000}


def test_what_was_not_captured_is_not_read() -> None:
    payload = header.pack(5, time_ns=7, slot=8, buf=9)
    layout = "udp seq=u64be@10 slot=u32be@26?u8@5&2 buf=u32be@30?u8@5&4"
    assert read(layout, payload) == {"seq": 5, "slot": 8, "buf": 9}
    assert read(layout, payload, captured=33) == {"seq": 5, "slot": 8}
    assert read(layout, payload, captured=18) == {"seq": 5}
    assert read(layout, payload, captured=17) is None


@settings(max_examples=150, deadline=None)
@given(layouts(), frames())
def test_a_reader_agrees_with_decode(layout: Layout, frame: Frame) -> None:
    seen = examine(frame.data, frame.wire, frame.link, compile(layout))
    values = Reader(layout).read(frame.data, frame.wire, frame.link)
    assert (values is not None) == (seen.status == border.RECORD)
    if values is not None:
        assert values["seq"] == seen.seq
        assert set(values) <= {"seq", "slot", "buf", "time_ns"}


@pytest.mark.parametrize("count", [0, 1, FEW - 1, FEW, 3 * FEW])
def test_foreign_frames_alone_as_in_the_tally(count: int) -> None:
    sources = np.zeros(count, border.SOURCE)
    sources["counts"] = np.random.default_rng(count).integers(0, 4, sources["counts"].shape)
    assert foreign(sources) == tally(sources)[0]
