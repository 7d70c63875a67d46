"""decode: the block decoder against the plain one, the plain one against dpkt, and the rules one by one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import dpkt
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packets import Frame, block, cooked, cooked2, ethernet, extension, frames, ipv4, ipv6, udp

from seqcheck import layout
from seqcheck.kernel import border
from seqcheck.kernel.reference_decode import Decoder
from seqcheck.kernel.reference_frame import Place, Seen, examine, link_addresses, locate
from seqcheck.kernel.reference_intern import Interner

SPECS = [
    "udp seq=u8@0", "udp:5000 magic=u8@0&0xf0==0 stream=u16le@1 seq=u32be@2&0xffff0", "tcp:5000 seq=u16be@0",
    "ip seq=u32be@4 stream=u24be@0", "ip:51 seq=u32be@4", "ip:44 seq=u32be@4", "ip:17 seq=u16be@-2 magic=u16be@4==len",
    "udp magic=u8@-1!=0 seq=u48le@-8 stream=u8@0", "eth seq=u16be@0", "eth:0x0800 magic=u8@0==0x45 seq=u16be@4",
    "frame seq=u64le@-8", "frame magic=u16be@12==0x0800 seq=u24le@0%1000", "udp magic=u32be@0==0 stream=u8@9 seq=u8@1",
    "ip:6 seq=u64be@0", "tcp seq=u8@-1 stream=u8@0", "udp key=hosts seq=u8@0", "ip key=source seq=u8@0", "eth key=source seq=u8@0",
    "frame key=none seq=u16le@0", "udp key=none stream=u8@0 seq=u8@1",
]  # fmt: skip
PROGRAMS = [layout.compile(layout.parse(spec)) for spec in SPECS]


def plainly(program: border.Program, given_frames: Sequence[Frame]) -> tuple[Any, ...]:
    """The columns that decode has to give, made one frame at a time."""
    streams: dict[Any, int] = {}
    sources: dict[bytes, int] = {}
    seen_of: dict[int, int] = {}
    statuses, rows = [], []
    for i, frame in enumerate(given_frames):
        seen = examine(frame.data, frame.wire, frame.link, program)
        address = link_addresses(frame.data, frame.link)[0]
        source = sources.setdefault(address, len(sources) + 1) if address else border.NO_SOURCE
        ordinal = seen_of.get(source, 0)
        seen_of[source] = ordinal + 1
        statuses.append(seen.status)
        if seen.status == border.RECORD:
            rows.append((i, streams.setdefault(key_of(seen), len(streams)), seen.seq, source, ordinal))
    return statuses, rows, list(streams), list(sources)


def key_of(seen: Seen) -> tuple[Any, ...]:
    place: Place = seen.place
    pad = (place.source.ljust(16, b"\0"), place.target.ljust(16, b"\0"))
    fields = seen.streams + (0,) * (8 - len(seen.streams))
    return (place.version, place.protocol, place.sport, place.dport, *pad, fields)


def in_blocks(program: border.Program, given_frames: Sequence[Frame], cuts: Sequence[int]) -> tuple[Any, ...]:
    """The same from the decoder, fed rows up to each of `cuts`."""
    made, records, decoder = block(given_frames), border.RecordColumns(len(given_frames)), Decoder(program)
    rows = []
    edges = [0, *sorted({c for c in cuts if 0 < c < len(given_frames)}), len(given_frames)]
    for low, high in zip(edges, edges[1:], strict=False):
        decoder.decode(made, low, high, records)
        columns = (records.row, records.stream, records.seq, records.source, records.ordinal)
        rows += list(zip(*(column[: records.count].tolist() for column in columns), strict=True))
    keys = [
        (int(k["version"]), int(k["protocol"]), int(k["sport"]), int(k["dport"]), k["source"].tobytes(),
         k["target"].tobytes(), tuple(k["fields"].tolist()))
        for k in decoder.keys()
    ]  # fmt: skip
    sources = decoder.sources()
    assert sources["counts"].sum() == len(given_frames)
    assert sources["counts"].sum(axis=0).tolist() == np.bincount(records.status, minlength=10).tolist()
    addresses = [row["address"][: row["length"]].tobytes() for row in sources[1:]]
    return records.status.tolist(), rows, keys, addresses


@settings(max_examples=250, deadline=None)
@given(
    st.sampled_from(PROGRAMS), st.lists(frames(), min_size=1, max_size=12), st.lists(st.integers(1, 11), max_size=3)
)
def test_blocks_equal_single_frames(program: border.Program, some: list[Frame], cuts: list[int]) -> None:
    assert in_blocks(program, some, cuts) == plainly(program, some)


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(PROGRAMS),
    st.lists(st.tuples(st.binary(max_size=80), st.integers(0, 99), st.sampled_from([1, 113, 276, 101, 0])), min_size=1),
)
def test_noise(program: border.Program, some: list[tuple[bytes, int, int]]) -> None:
    noise = [Frame(data, len(data) + extra, link) for data, extra, link in some]
    assert in_blocks(program, noise, ()) == plainly(program, noise)
