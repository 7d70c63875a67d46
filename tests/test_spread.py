"""Several numbers in one frame: `step=WORD` and `each=BYTES`, against a plain reading of the bytes."""

from __future__ import annotations

import io
import struct
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest
from containers import Packet, pcap_file
from hypothesis import given, settings
from hypothesis import strategies as st
from packets import Frame, block, ethernet, ipv4, udp
from twins import KERNELS

from seqcheck import analyze
from seqcheck.errors import InputError, UsageError
from seqcheck.kernel import border
from seqcheck.layout import Layout, dump, parse, write
from seqcheck.layout.files import from_table
from seqcheck.layout.model import MOST_COVERED
from seqcheck.layout.scapy_bridge import packet_class
from seqcheck.layout.spread import decoder_of
from seqcheck.model import Report

COVERED = "udp:5000 magic=u8@0==1 stream=u8@1 seq=u16be@2 step=u16be@4"
EACH = "udp:5000 magic=u8@0==71 stream=u8@1 seq=u8@2&0xf each=5"
START = 42  # of the payload


def told(layout: Layout, some: Sequence[Frame], cuts: Sequence[int], kernel: Any) -> tuple[Any, ...]:
    """Records (frame, stream field, number), statuses, and what the sources' counts add up to."""
    decoder, made = decoder_of(kernel, layout), block(some)
    records, rows, statuses = border.RecordColumns(made.capacity), list[tuple[int, int, int]](), list[int]()
    for low, high in pairwise([0, *sorted({cut for cut in cuts if cut < len(some)}), len(some)]):
        decoder.decode(made, low, high, records)
        columns = (records.row, records.stream, records.seq)
        rows += list(zip(*(column[: records.count].tolist() for column in columns), strict=True))
        statuses += records.status[low:high].tolist()
    fields = decoder.keys()["fields"][:, 0].tolist()
    assert list(dict.fromkeys(stream for _, stream, _ in rows)) == list(range(len(fields)))[: len({r[1] for r in rows})]
    found = [(row, fields[stream], seq) for row, stream, seq in rows]
    return found, statuses, decoder.sources()["counts"].sum(axis=0).tolist()


def frame(payload: bytes, captured: int | None = None) -> Frame:
    data = ethernet(ipv4(udp(payload)))
    return Frame(data[:captured], len(data), 1)


BYTES = st.binary(max_size=30)
COUNTED = st.builds(
    lambda magic, stream, seq, count, more: struct.pack(">BBHH", magic, stream, seq, count) + more,
    st.sampled_from([1, 1, 1, 2]), st.integers(0, 2), st.integers(0, 65535),
    st.sampled_from([0, 1, 2, 3, 40, MOST_COVERED, MOST_COVERED + 1, 65535]), BYTES,
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(COUNTED | BYTES, max_size=20), st.lists(st.integers(1, 19), max_size=2))
def test_a_field_says_how_many_numbers_a_frame_covers(payloads: list[bytes], cuts: list[int]) -> None:
    wanted, statuses = [], []
    for at, payload in enumerate(payloads):
        whole = len(payload) >= 6
        magic, stream, seq, count = struct.unpack(">BBHH", payload[:6]) if whole else (payload[:1] == b"\1", 0, 0, 0)
        kept = whole and magic == 1 and count <= MOST_COVERED
        statuses.append(border.RECORD if kept else border.MAGIC if (payload and magic != 1) or whole else border.SHORT)
        wanted += [(at, stream, (seq + n) % 65536) for n in range(count)] if kept else []
    for kernel in KERNELS:
        rows, found, counts = told(parse(COVERED), [frame(payload) for payload in payloads], cuts, kernel)
        assert rows == wanted
        assert found == statuses
        assert counts == [statuses.count(reason) for reason in range(len(border.REASONS))]


ONE = st.builds(
    lambda magic, more: bytes([magic]) + more, st.sampled_from([71, 71, 71, 7]), st.binary(min_size=4, max_size=4)
)
RECORDS = st.builds(lambda some, more: b"".join(some) + more, st.lists(ONE, max_size=6), st.binary(max_size=4))


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(RECORDS, st.none() | st.integers(0, 75)), max_size=20), st.lists(st.integers(1, 19), max_size=2)
)
def test_records_behind_one_another(payloads: list[tuple[bytes, int | None]], cuts: list[int]) -> None:
    some = [frame(payload, captured) for payload, captured in payloads]
    wanted = []
    for at, (payload, captured) in enumerate(payloads):
        payload = payload[: None if captured is None else max(0, captured - START)]
        places = range(0, max(0, len(payload) - 2), 5)
        wanted += [(at, payload[n + 1], payload[n + 2] & 15) for n in places if payload[n] == 71]
    for kernel in KERNELS:
        rows, statuses, counts = told(parse(EACH), some, cuts, kernel)
        assert rows == wanted
        assert [at for at, status in enumerate(statuses) if status == border.RECORD] == sorted({row[0] for row in rows})
        assert counts == [statuses.count(reason) for reason in range(len(border.REASONS))]


def test_both_kernels_say_the_same_of_what_is_cut() -> None:
    some = [frame(struct.pack(">BBHH", 1, 2, 3, 4), captured) for captured in range(START, START + 7)]
    one, other = (told(parse(COVERED), some, (), kernel) for kernel in KERNELS)
    assert one == other
    assert one[1] == [border.CUT] * 6 + [border.RECORD]


@pytest.mark.parametrize("spec", [COVERED, EACH, "tcp seq=u64le@8&0xffffff00 step=u8@-1&0x7f", "frame seq=u8@3 each=9"])
def test_written_and_read_again(spec: str) -> None:
    layout = parse(spec)
    assert parse(write(layout)) == layout
    table = dict(line.partition(" = ")[::2] for line in dump(layout).splitlines())
    assert "each" in table or "step" in table
    assert from_table({"anchor": "udp", "seq": "u8@0", "each": 4}) == parse("udp seq=u8@0 each=4")


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ("udp seq=u8@0 step=u8@1 each=4", "may have one"), ("udp seq=u8@0%9 step=u8@1", "counts by one from 0"),
        ("udp seq=u8@0 step=u8@1 from=1", "counts by one from 0"), ('udp seq=text@"a" step=u8@1', "counts by one"),
        ("udp seq=u32be@4 each=6", "lies outside a record of 6"),
        ("udp seq=u8@-1 each=6", "lies outside"), ("udp seq=u8@0 time=u8@1:s each=6", "a time"),
        ("udp seq=u8@0 magic=u8@1==len each=6", "length"), ("udp seq=u8@0 each=70000", "1 to 65535"),
        ("udp seq=u8@0 step=u9@1", "u9"),
    ],
)  # fmt: skip
def test_what_cannot_be(spec: str, says: str) -> None:
    assert says in refused(spec)


def refused(spec: str) -> str:
    """Why there is no such layout."""
    with pytest.raises(UsageError) as caught:
        parse(spec)
    return f"{caught.value.message} {caught.value.hint}"


def report(packets: Sequence[bytes], *layouts: str) -> Report:
    rows = [Packet(data=data, ns=10**18 + at * 100_000, wire=len(data)) for at, data in enumerate(packets)]
    return analyze(io.BytesIO(pcap_file(rows)), layout=list(layouts))


def messages(skipped: Sequence[int] = (), again: Sequence[int] = ()) -> list[bytes]:
    """Packets of 1 to 4 messages, every fifth one a heartbeat; some never come, some again at the end."""
    made, number = [], 1
    for at in range(60):
        count = 0 if at % 5 == 4 else at % 4 + 1
        made.append(frame(struct.pack(">BBHH", 1, 0, number, count)).data)
        number += count
    return [data for at, data in enumerate(made) if at not in skipped] + [made[at] for at in again]


def test_every_number_counts() -> None:
    clean = report(messages(), COVERED)
    assert (clean.verdict.cause, clean.exit_code, clean.records.sequenced) == ("clean", 0, 60)
    assert clean.streams[0].received == clean.streams[0].last_seq
    found = report(messages(skipped=[6, 20], again=[11]), COVERED)
    assert found.gaps.missing == 3 + 1
    assert [(gap.first_seq, gap.count) for gap in found.gaps.listed] == [(13, 3), (41, 1)]
    assert (found.duplicates.total, found.duplicates.by_cause) == (4, {"not-judged": 4})
    assert found.verdict.cause == "not-judged"
    assert "several records" in found.verdict.statement
    assert found.exit_code == 1
    assert found.records.sequenced + found.records.foreign + sum(found.records.skipped.values()) == found.capture.frames


def test_frames_that_cover_nothing_only() -> None:
    with pytest.raises(InputError, match="5 of 6 frames fit the layout custom, but none covers a number"):
        report([messages()[4]] * 5 + [ethernet(ipv4(udp(b"abc", dport=53)))], COVERED)


def test_the_time_line_has_each_number_in_its_frames_place() -> None:
    """As many numbers as frames, though not one in each."""
    own = [frame(struct.pack(">BBHH", 1, 0, 2 * at, 2)).data for at in range(16)] + [messages()[4]] * 16
    found = report(own, COVERED)
    assert found.overview is not None
    assert [each.records for each in found.overview.timeline] == [32, 0]


def test_beside_another_layout() -> None:
    plain = [frame(struct.pack(">BI", 9, number)).data for number in range(60)]
    mixed = [each for pair in zip(messages(), plain, strict=True) for each in pair]
    found = report(mixed, COVERED, "udp:5000 magic=u8@0==9 seq=u32be@1")
    assert [(stream.key["layout"], stream.missing) for stream in found.streams] == [
        (COVERED, 0), ("udp:5000 magic=u8@0==0x9 seq=u32be@1".replace("0x9", "9"), 0),
    ]  # fmt: skip
    assert found.records.sequenced == 120


def mold(counts: Sequence[int]) -> list[bytes]:
    """MoldUDP64 packets of so many messages each."""
    made, number = [], 1
    for count in counts:
        head = b"SESSION001" + struct.pack(">QH", number, count)
        made.append(ethernet(ipv4(udp(head + b"\0\4abcd" * count, dport=26400))))
        number += count
    return made


def test_what_counts_by_a_field_is_found_and_named() -> None:
    found = report(mold([at * 7 % 4 for at in range(200)]))
    assert (found.layout.name, found.gaps.missing) == ("moldudp64", 0)
    parts = [struct.pack(">BHB", 0x47, 0x100, 0x10 | at % 16) + bytes(184) for at in range(420)]
    found = report([ethernet(ipv4(udp(b"".join(parts[at : at + 7])))) for at in range(0, 420, 7)])
    assert (found.layout.name, found.streams[0].received, found.gaps.missing) == ("mpeg-ts", 420, 0)


def test_a_number_that_stays_while_nothing_is_covered_is_no_count() -> None:
    own = [bytes(20) + struct.pack(">I", at) + at.to_bytes(2, "big") * 9 for at in range(200)]
    assert report([ethernet(ipv4(udp(payload, dport=6005))) for payload in own]).layout.name == "discovered"


def test_a_scapy_class_has_one_record() -> None:
    with pytest.raises(UsageError, match="one record"):
        packet_class(parse(EACH))
