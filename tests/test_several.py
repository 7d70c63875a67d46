"""Several layouts in one run: a frame is a record of the first that it fits."""

from __future__ import annotations

import io
import json
import struct
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import pytest
from containers import Packet, pcap_file
from hypothesis import given, settings
from hypothesis import strategies as st
from packets import Frame, block, ethernet, frames, ipv4, udp
from twins import KERNELS

from seqcheck import analyze
from seqcheck.decode.several import Several
from seqcheck.errors import UsageError
from seqcheck.kernel import border
from seqcheck.kernel.portable.examine import examine
from seqcheck.kernel.portable.frame import link_addresses
from seqcheck.layout import compile, parse, resolve_all
from seqcheck.model import Report

SPECS = (
    "udp:5000 seq=u16be@0%1000", "udp stream=u8@0 seq=u8@1", "tcp seq=u32be@0", "ip key=hosts seq=u16be@0",
    "eth seq=u8@0", "frame magic=u16be@12==0x0800 seq=u24le@0%1000",
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.sampled_from(SPECS), min_size=2, max_size=3, unique=True), st.lists(frames(), max_size=30),
    st.lists(st.integers(1, 29), max_size=2),
)  # fmt: skip
def test_the_first_that_fits(specs: list[str], some: list[Frame], cuts: list[int]) -> None:
    programs = [compile(parse(spec)) for spec in specs]
    for kernel in KERNELS:
        decoder = Several(kernel, [parse(spec) for spec in specs])
        rows, statuses = decoded(decoder, some, cuts)
        wanted, streams = [], dict[Any, int]()
        before = dict[bytes, int]()
        for at, frame in enumerate(some):
            address = link_addresses(frame.data, frame.link)[0]
            ordinal = before[address] = before.get(address, -1) + 1
            seen = [examine(frame.data, frame.wire, frame.link, program) for program in programs]
            found = [number for number, each in enumerate(seen) if each.status == border.RECORD]
            mine = {each.status for each in seen[1:]}
            assert statuses[at] == border.RECORD if found else statuses[at] in {seen[0].status, *mine & {border.CUT}}
            if found:
                first = seen[found[0]]
                place = first.place
                key = (
                    found[0],
                    place.version,
                    place.protocol,
                    place.source.rstrip(b"\0"),  # addresses are filled up with zeros
                    place.target.rstrip(b"\0"),
                    place.sport,
                    place.dport,
                    place.tunnel,
                    first.streams,
                )
                wanted.append((at, streams.setdefault(key, len(streams)), first.seq, ordinal))
        assert rows == wanted
        assert decoder.which.tolist() == [key[0] for key in streams]
        counts = decoder.sources()["counts"]
        assert counts.sum() == len(some)
        assert counts.sum(axis=0).tolist() == [statuses.count(reason) for reason in range(len(border.REASONS))]


def decoded(decoder: Several, some: Sequence[Frame], cuts: Sequence[int]) -> tuple[list[Any], list[int]]:
    """Rows (frame, stream, number, ordinal), and the status of each frame."""
    made = block(some)
    records, rows, statuses = border.RecordColumns(made.capacity), [], []
    for low, high in pairwise([0, *sorted({cut for cut in cuts if cut < len(some)}), len(some)]):
        decoder.decode(made, low, high, records)
        columns = (records.row, records.stream, records.seq, records.ordinal)
        rows += list(zip(*(column[: records.count].tolist() for column in columns), strict=True))
        statuses += records.status[low:high].tolist()
    return rows, statuses


def wide(numbers: Sequence[int], port: int = 5001) -> Iterator[bytes]:
    for number in numbers:
        yield ethernet(ipv4(udp(struct.pack(">I", number), dport=port)))


def narrow(numbers: Sequence[int]) -> Iterator[bytes]:
    for number in numbers:
        yield ethernet(ipv4(udp(bytes([number % 256]), dport=5002)))


def report(*layouts: str, senders: Sequence[Iterator[bytes]] = ()) -> Report:
    senders = senders or (wide([*range(300), 280, *range(303, 400)]), narrow([*range(400), 399, *range(401, 600)]))
    turns = [frame for turn in zip(*map(list, senders), strict=False) for frame in turn]
    packets = [Packet(data=data, ns=10**18 + at * 1000, wire=len(data)) for at, data in enumerate(turns)]
    return analyze(io.BytesIO(pcap_file(packets)), layout=list(layouts))


def test_each_stream_has_its_layout_and_counts_as_it_does() -> None:
    found = report("udp:5001 seq=u32be@0", "udp:5002 seq=u8@0")
    assert [each.spec for each in found.layouts] == ["udp:5001 seq=u32be@0", "udp:5002 seq=u8@0"]
    assert found.layout == found.layouts[0]
    assert [stream.key["layout"] for stream in found.streams] == ["udp:5001 seq=u32be@0", "udp:5002 seq=u8@0"]
    assert [(s.received, s.duplicates, s.missing, s.wraps) for s in found.streams] == [(398, 1, 3, 0), (398, 0, 0, 1)]
    assert (found.records.sequenced, found.records.foreign, found.records.skipped) == (796, 0, {})
    assert [gap.first_seq for gap in found.gaps.listed] == [300]


def test_the_order_decides() -> None:
    strict, loose = "udp:5001 seq=u32be@0", "udp seq=u8@0"
    one, other = report(strict, loose), report(loose, strict)
    assert [stream.key["layout"] for stream in one.streams] == [strict, loose]
    assert [stream.key["layout"] for stream in other.streams] == [loose, loose]


def test_a_built_in_goes_by_its_name_in_json() -> None:
    plain = json.loads(report("txseq", "udp:5002 seq=u8@0", senders=[wide(range(9), 1234), narrow(range(9))]).to_json())
    assert [each["name"] for each in plain["layouts"]] == ["txseq", "custom"]
    assert [each["key"]["layout"] for each in plain["streams"]] == ["txseq", "udp:5002 seq=u8@0"]


def test_one_in_a_list_is_one() -> None:
    found = report("udp:5001 seq=u32be@0")
    assert "layout" not in found.streams[0].key
    assert [each.spec for each in found.layouts] == ["udp:5001 seq=u32be@0"]


@pytest.mark.parametrize(
    ("layouts", "says"),
    [(["rtp", "rtp"], "is given twice"), (["mgen", "content"], "takes every frame"),
     ([f"udp:{port} seq=u8@0" for port in range(1, 18)], "17 layouts")],
)  # fmt: skip
def test_what_is_refused(layouts: list[str], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        resolve_all(layouts)
