"""Records whose length stands in a field: `each=AMOUNT` with words, against a plain reading of the bytes."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packets import Frame, block, ethernet, frames, ipv4, udp
from test_kernel_decode import families
from test_spread import START, frame, refused, told
from tunnels import TUNNELS, packet
from twins import KERNELS, plain

from seqcheck.kernel import border
from seqcheck.layout import compile, dump, parse, spread, write
from seqcheck.layout.files import from_table
from seqcheck.layout.spread import decoder_of


class Absent(Exception):  # noqa: N818  no error
    """The payload ends before that, or was not captured so far."""


class Payload:
    """Big-endian numbers in what was captured of a payload."""

    def __init__(self, whole: bytes, captured: int) -> None:
        self.size, self.data = len(whole), whole[: max(captured, 0)]

    def number(self, at: int, width: int) -> int:
        if at < 0 or at + width > len(self.data):
            raise Absent
        return int.from_bytes(self.data[at : at + width], "big")


class Format(NamedTuple):
    """A layout, and the same in plain Python: where the records begin, the stream and the number of the record at a
    place (None: it is none), and how far the next place is."""

    spec: str
    begin: Callable[[Payload], int | None]
    record: Callable[[Payload, int], tuple[int, int] | None]
    size: Callable[[Payload, int], int]


def dtls(p: Payload, at: int) -> tuple[int, int] | None:
    kind, epoch, number = p.number(at, 1), p.number(at + 3, 2), p.number(at + 5, 6)
    return (epoch, number) if kind & 0xF0 == 0x10 else None


def chunk(p: Payload, at: int) -> tuple[int, int] | None:
    kind, number = p.number(at, 1), p.number(at + 4, 4)
    return (p.number(2, 2), number) if kind in (0, 64) and p.number(1, 1) != 9 else None


def optional(p: Payload, at: int) -> tuple[int, int] | None:
    kind, number = p.number(at, 1), p.number(at + 1, 1)
    return (0, number) if kind == 7 else None


FORMATS = {
    "dtls": Format(
        "udp:5000 magic=u8@0&0xf0==0x10 stream=u16be@3 seq=u48be@5 each=13+u16be@11",
        lambda p: 0, dtls, lambda p, at: 13 + p.number(at + 11, 2),
    ),
    "sctp": Format(
        "udp:5000 magic=u8@1!=9 move=4 magic=u8@+0&0xbf==0 stream=u16be@2 seq=u32be@+4 each=u16be@+2/4",
        lambda p: 4 if p.size >= 4 else None, chunk, lambda p, at: (p.number(at + 2, 2) + 3) // 4 * 4,
    ),
    "optional part": Format(
        "udp:5000 magic=u8@0==7 seq=u8@1 each=3+u8@2&0xf each=5?u8@0&0x40",
        lambda p: 0, optional, lambda p, at: 3 + (p.number(at + 2, 1) & 15) + 5 * (p.number(at, 1) >> 6 & 1),
    ),
    "may be 0": Format(
        "udp:5000 move=u8@0 seq=u8@+0 each=2*u8@+1&0xf",
        lambda p: p.number(0, 1) if p.number(0, 1) <= p.size else None,
        lambda p, at: (0, p.number(at, 1)), lambda p, at: 2 * (p.number(at + 1, 1) & 15),
    ),
    "size in front": Format(
        "udp:5000 move=2 magic=u8@+0!=3 seq=u8@+1 each=u8@0",
        lambda p: 2 if p.size >= 2 else None,
        lambda p, at: (0, p.number(at + 1, 1)) if p.number(at, 1) != 3 else None, lambda p, at: p.number(0, 1),
    ),
    "constant": Format(
        "udp:5000 move=1 magic=u8@+0==7 seq=u8@+1 each=4",
        lambda p: 1 if p.size >= 1 else None,
        lambda p, at: (0, p.number(at + 1, 1)) if p.number(at, 1) == 7 else None, lambda p, at: 4,
    ),
}  # fmt: skip


def expected(form: Format, p: Payload) -> list[tuple[int, int]]:
    """All records, in their order."""
    found = []
    try:
        at = form.begin(p)
    except Absent:
        return []
    if at is None:
        return []
    while True:
        try:
            if (record := form.record(p, at)) is not None:
                found.append(record)
        except Absent:
            pass
        try:
            size = form.size(p, at)
        except Absent:
            break
        at += size
        if size <= 0 or at >= min(p.size, len(p.data)):
            break
    return found


KIND = st.sampled_from([0, 0, 0, 7, 7, 0x47, 0x16, 0x16, 0x17, 64, 3, 3, 255])
LENGTH = st.sampled_from([0, 0, 1, 2, 3, 4, 5, 8, 12, 13, 16, 17, 30, 255, 256, 65535])
PIECE = st.one_of(
    st.builds(lambda kind, n, length, more: struct.pack(">BHHIHH", kind, 0xFEFD, n % 3, 0, n, length) + more,
              KIND, st.integers(0, 65535), LENGTH, st.binary(max_size=20)),
    st.builds(lambda kind, length, n, more: struct.pack(">BBHI", kind, 3, length, n) + more,
              KIND, LENGTH, st.integers(0, 999), st.binary(max_size=8)),
    st.builds(lambda kind, n, more: bytes([kind, n, len(more)]) + more,
              KIND, st.integers(0, 255), st.binary(max_size=9)),
    st.binary(max_size=6),
)  # fmt: skip
PAYLOADS = st.builds(
    lambda head, some: head + b"".join(some),
    st.sampled_from([b"", b"\0\1\0\5", b"\3\2\1", b"\4\0", b"\1", b"\0\x09\0\0"]), st.lists(PIECE, max_size=6),
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(
    st.sampled_from(sorted(FORMATS)),
    st.lists(st.tuples(PAYLOADS, st.none() | st.integers(0, 90)), min_size=1, max_size=20),
    st.lists(st.integers(1, 19), max_size=2),
)
def test_what_a_plain_reading_finds(name: str, payloads: list[tuple[bytes, int | None]], cuts: list[int]) -> None:
    form = FORMATS[name]
    some = [frame(payload, captured) for payload, captured in payloads]
    wanted = []
    for at, (payload, captured) in enumerate(payloads):
        there = Payload(payload, len(payload) if captured is None else captured - START)
        wanted += [(at, *record) for record in expected(form, there)]
    answers = []
    for kernel in KERNELS:
        rows, statuses, counts = told(parse(form.spec), some, cuts, kernel)
        assert [(row, field, number) for row, field, number in rows] == wanted
        assert [at for at, status in enumerate(statuses) if status == border.RECORD] == sorted({row[0] for row in rows})
        assert counts == [statuses.count(reason) for reason in range(len(border.REASONS))]
        answers.append(statuses)
    assert answers[0] == answers[1]


SPECS = [
    *(form.spec for form in FORMATS.values()),
    "eth magic=u8@0!=9 stream=u8@1 seq=u16be@2 each=1+u8@3", "ip key=hosts seq=u8@0 each=u16le@0&0x3f",
    "frame move=12 stream=u8@+1 seq=u8@+0 each=1+u8@+2", "udp key=none seq=u8@0 each=8*u8@1&0x3/16 each=1?u8@0",
    "udp move=1+u8@0&0x07 move=1:u8@+0==0 seq=u8@+0 magic=u8@-1!=7 each=1",
    "tcp stream=u8@0 stream=u8@1 seq=u8@2 each=3", "udp move=1 seq=u8@+0 magic=u16be@0==len each=u24be@+0",
]  # fmt: skip
COLUMNS = ("row", "stream", "seq", "source", "ordinal")


def all_of(kernel: Any, spec: str, made: border.Frames, cuts: Sequence[int], admission: int) -> tuple[Any, ...]:
    """Everything that comes out."""
    decoder, records = decoder_of(kernel, parse(spec)), border.RecordColumns(made.capacity)
    decoder.admit(admission)
    rows = list[tuple[int, ...]]()
    for low, high in pairwise([0, *sorted({cut for cut in cuts if 0 < cut < made.count}), made.count]):
        decoder.decode(made, low, high, records)
        rows += zip(*(getattr(records, name)[: records.count].tolist() for name in COLUMNS), strict=True)
    return records.status[: made.count].tolist(), rows, plain(decoder.keys()), plain(decoder.sources())


@settings(max_examples=400, deadline=None)
@given(
    st.sampled_from(SPECS),
    st.one_of(families(), st.lists(st.builds(frame, PAYLOADS, st.none() | st.integers(0, 90)), min_size=1)),
    st.lists(st.integers(1, 30), max_size=2), st.sampled_from([border.ANY_STREAM, border.SECOND_RECORD]),
)  # fmt: skip
def test_both_kernels_agree(spec: str, some: list[Frame], cuts: list[int], admission: int) -> None:
    one, other = (all_of(kernel, spec, block(some), cuts, admission) for kernel in KERNELS)
    assert one == other


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(SPECS), st.lists(frames(), min_size=1, max_size=20))
def test_both_kernels_agree_on_any_traffic(spec: str, some: list[Frame]) -> None:
    one, other = (all_of(kernel, spec, block(some), [], border.ANY_STREAM) for kernel in KERNELS)
    assert one == other


ROW = st.tuples(
    st.sampled_from([border.STREAM, border.MATCH, border.EACH, border.EACH, border.MOVE]), st.integers(0, 8),
    st.booleans(), st.integers(0, 2), st.sampled_from([0, 1, 2, 5, border.HERE, border.HERE + 1, border.HERE + 3, -1]),
    st.sampled_from([2**64 - 1, 0xFF, 0x07, 0xF0, 0]), st.sampled_from([0, 1, 3, 1 << 32, 2 | 3 << 32 | 4 << 48]),
)  # fmt: skip


def program_of(rows: Sequence[tuple[int, ...]], anchor: int, modulus: int) -> border.Program:
    """A move or an amount is one by itself, or what one depends on with one behind it; a field has a byte at least."""
    made: list[tuple[int, ...]] = []
    for role, width, big, op, offset, mask, value in rows:
        shift = (mask & -mask).bit_length() - 1 if mask and role != border.MATCH else 0
        if role in (border.EACH, border.MOVE):
            if op == border.ONLY_IF:
                made.append((role, max(width, 1), big, border.ONLY_IF, shift, offset, mask, 0))
            made.append((role, width, big, border.AMOUNT, shift, offset, mask, value))
        else:
            made.append((role, max(width, 1), big, border.EQ if op == 1 else op, shift, offset, mask, value & mask))
    made += [
        (border.SEQ, 1, True, border.EQ, 0, border.HERE, 0xFF, 0),
        (border.EACH, 1, True, 1, 0, border.HERE, 3, 1 << 32),
    ]
    return border.Program(anchor=anchor, selector=-1, modulus=modulus, fields=np.array(made, border.FIELD))


@settings(max_examples=400, deadline=None)
@given(
    st.lists(ROW, max_size=3), st.sampled_from([border.A_FRAME, border.A_ETH, border.A_IP, border.A_UDP]),
    st.sampled_from([0, 0, 200]), st.one_of(families(), st.lists(st.builds(frame, PAYLOADS), min_size=1, max_size=20)),
)  # fmt: skip
def test_both_kernels_agree_on_any_program(rows: list[Any], anchor: int, modulus: int, some: list[Frame]) -> None:
    program, made, found = program_of(rows, anchor, modulus), block(some), []
    for kernel in KERNELS:
        decoder, records = kernel.Decoder(program), border.RecordColumns(len(some) + int(made.cap.sum()))
        decoder.decode(made, 0, len(some), records)
        columns = [getattr(records, name)[: records.count].tolist() for name in COLUMNS]
        found.append((columns, records.status[: len(some)].tolist(), plain(decoder.keys()), plain(decoder.sources())))
    assert found[0] == found[1]


@pytest.mark.parametrize("tunnel", sorted(TUNNELS))
def test_all_records_in_a_tunnel(tunnel: str) -> None:
    """Also where the first place holds none."""
    payload = b"".join(struct.pack(">BBHI", kind, 3, 10, n) + bytes(4) for n, kind in enumerate((3, 0, 64, 3, 0)))
    whole = bytes(TUNNELS[tunnel][0](packet(b"\0\1\0\5" + payload)))
    found = [
        all_of(kernel, FORMATS["sctp"].spec, block([Frame(whole, len(whole), 1)] * 2), [], border.ANY_STREAM)
        for kernel in KERNELS
    ]
    assert found[0] == found[1]
    assert [row[2] for row in found[0][1]] == [1, 2, 4] * 2


def test_nothing_is_taken_in_where_no_stream_is_wanted() -> None:
    some = [frame(struct.pack(">BHHIHH", 0x16, 0xFEFD, 1, 0, n, 0) * 3) for n in range(4)]
    for kernel in KERNELS:
        statuses, rows, keys, sources = all_of(kernel, FORMATS["dtls"].spec, block(some), [], border.NO_STREAM)
        assert (statuses, rows, keys) == ([border.STREAMS] * 4, [], [])
        assert sources[1][-1][border.STREAMS] == 4


@pytest.mark.parametrize("kernel", KERNELS, ids=lambda kernel: kernel.NAME)
def test_a_frame_has_as_many_records_as_there_are(kernel: Any) -> None:
    """And each of them may be of a stream of its own: tables grow within a frame."""
    many = 3000
    some = [frame(b"".join(struct.pack(">HB", at * many + n, 3) for n in range(many))) for at in range(20)]
    rows, statuses, _ = told(parse("udp:5000 stream=u16be@0 seq=u8@2 each=u8@2"), some, [7], kernel)
    assert statuses == [border.RECORD] * 20
    assert [(row, field) for row, field, _ in rows] == [(at, at * many + n) for at in range(20) for n in range(many)]


@pytest.mark.parametrize("kernel", KERNELS, ids=lambda kernel: kernel.NAME)
def test_room_for_a_record_a_byte_is_asked_for(kernel: Any) -> None:
    made = block([frame(bytes(100)), frame(bytes(50))])
    decoder = decoder_of(kernel, parse("udp:5000 seq=u8@0 each=1"))._decoder  # type: ignore[attr-defined]
    room = int(made.cap[:2].sum())
    decoder.decode(made, 0, 2, border.RecordColumns(room))
    if kernel.NAME == "native":
        with pytest.raises(ValueError, match="rows outside"):
            decoder.decode(made, 0, 2, border.RecordColumns(room - 1))


@pytest.mark.parametrize("kernel", KERNELS, ids=lambda kernel: kernel.NAME)
def test_more_frames_than_are_read_at_once(kernel: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spread, "ROWS_AT_ONCE", 100)
    some = [frame(bytes([n % 256, 2, (n + 1) % 256, 2])) for n in range(0, 210, 2)]
    rows, _, _ = told(parse("udp:5000 seq=u8@0 each=u8@1"), some * 3, [], kernel)
    assert [number for _, _, number in rows] == [n % 256 for n in range(210)] * 3
    monkeypatch.setattr(spread, "BYTES_AT_ONCE", 200)
    assert told(parse("udp:5000 seq=u8@0 each=u8@1"), some * 3, [], kernel)[0] == rows


@pytest.mark.parametrize("kernel", KERNELS, ids=lambda kernel: kernel.NAME)
def test_hostile_lengths_end_the_frame(kernel: Any) -> None:
    def record(number: int, length: int) -> bytes:
        return struct.pack(">BHHIHH", 0x16, 0xFEFD, 0, 0, number, length)

    payloads = [
        record(0, 65535), record(1, 0) + record(2, 1) + b"x", record(3, 0) + b"\x16\xfe", b"", record(4, 5) + b"xx",
    ]  # fmt: skip
    rows, statuses, _ = told(parse(FORMATS["dtls"].spec), [frame(each) for each in payloads], [], kernel)
    assert [(row, number) for row, _, number in rows] == [(0, 0), (1, 1), (1, 2), (2, 3), (4, 4)]
    assert statuses == [border.RECORD] * 3 + [border.SHORT, border.RECORD]
    stuck = frame(bytes([1, 0] * 9))  # a length of 0
    rows, _, _ = told(parse("udp:5000 seq=u8@0 each=u8@1"), [stuck], [], kernel)
    assert len(rows) == 1


@pytest.mark.parametrize("kernel", KERNELS, ids=lambda kernel: kernel.NAME)
@pytest.mark.parametrize("where", ["", "move=1 "])
def test_padding_holds_no_lengths(kernel: Any, where: str) -> None:
    """Behind the payload there are bytes of the frame, which are not the payload's."""
    plus = "+" if where else ""
    data = frame(bytes(4 + bool(where))).data + bytes(18)
    spec = f"udp:5000 {where}seq=u8@{plus}0 each=1+u8@{plus}2"
    rows, _, _ = told(parse(spec), [Frame(data, len(data), 1)], [], kernel)
    assert len(rows) == 3


@pytest.mark.parametrize("kernel", KERNELS, ids=lambda kernel: kernel.NAME)
def test_there_has_to_be_room(kernel: Any) -> None:
    program = compile(parse("udp:5000 seq=u8@0 each=u8@1"))
    made = block([frame(bytes([1, 2] * 4))])
    with pytest.raises(ValueError, match=r"rows outside the frames or the records|broadcast"):
        kernel.Decoder(program).decode(made, 0, 1, border.RecordColumns(1))


@pytest.mark.parametrize("kernel", KERNELS[1:], ids=lambda kernel: kernel.NAME)
def test_what_is_no_program(kernel: Any) -> None:
    good = compile(parse("udp:5000 seq=u8@0 each=1?u8@1 each=u8@1"))
    assert good.fields["role"].tolist() == [border.SEQ, *[border.EACH] * 3]
    for change in (
        lambda rows: rows[:2],  # a condition without its amount
        lambda rows: np.concatenate([rows[:2], rows[1:]]),
        lambda rows: np.concatenate([rows, *[rows[3:]] * border.MOST_EACH]),
    ):
        wrong = border.Program(anchor=3, selector=-1, fields=change(good.fields), modulus=0)
        with pytest.raises(ValueError, match="program"):
            kernel.Decoder(wrong)


@pytest.mark.parametrize("spec", SPECS)
def test_written_and_read_again(spec: str) -> None:
    layout = parse(spec)
    assert parse(write(layout)) == layout
    words = [f"each={word}" for word in spec.split(" each=")[1:]]
    assert write(layout).endswith(" ".join(words))
    name, _, value = next(line for line in dump(layout).splitlines() if line.startswith("each")).partition(" = ")
    assert (name, value[0]) == ("each", "[" if len(words) > 1 else '"')


def test_a_file() -> None:
    table = {"anchor": "udp", "seq": "u8@0"}
    assert from_table({**table, "each": "13+u16be@11"}) == parse("udp seq=u8@0 each=13+u16be@11")
    assert from_table({**table, "each": ["12+u8@1", "13?u8@2"]}) == parse("udp seq=u8@0 each=12+u8@1 each=13?u8@2")
    assert from_table({**table, "each": 0}) == parse("udp seq=u8@0") == parse("udp seq=u8@0 each=0")


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ("udp seq=u8@0 each=u8@-1", "lies outside a record"), ("udp seq=u16be@-2 each=u8@1", "lies outside a record"),
        ("udp seq=u8@0 each=u8@+1", "no move"), ("udp move=4 seq=u8@0 each=u8@+1", "a number outside them"),
        ("udp seq=u8@0 magic=u8@1==len each=u8@2", "length"), ("udp seq=u8@0 time=u8@1:s each=u8@2", "a time"),
        ("udp seq=u8@0 each=u8@1:u8@0==3", "is not TYPE@OFFSET"), ("udp seq=u8@0 each=ber:0x61", "number of bytes"),
        ("udp seq=u8@0 each=u8@1&0x05", "adjacent"), ("udp seq=u8@0%9 each=u8@1", "counts by one from 0"),
        ("udp seq=u8@0 step=u8@2 each=u8@1", "may have one"), ("udp seq=u8@0 stream=ber@0x80 each=u8@1", "BER"),
        ("udp seq=u8@0 each=1 each=2 each=3 each=4 each=5", "too many each fields"),
        ("udp move=1 seq=u8@+0 each=70000", "1 to 65535"),
    ],
)  # fmt: skip
def test_what_cannot_be(spec: str, says: str) -> None:
    assert says in refused(spec)


def test_the_frame_helper_is_what_the_oracle_assumes() -> None:
    assert frame(b"abc").data == ethernet(ipv4(udp(b"abc")))
    assert len(frame(b"").data) == START
