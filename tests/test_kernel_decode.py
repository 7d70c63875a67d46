"""decode: the native decoder gives what the reference gives. Frames are made in families that differ in a few bytes,
because that is where the native one takes its fast path."""

from __future__ import annotations

import threading
import time
from typing import Any

import numpy as np
import packets
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packets import Frame, block, ethernet, extension, frames, ipv4, ipv6, udp
from twins import decode, native, reference

from seqcheck import layout
from seqcheck.kernel import border

SPECS = [
    *packets.SPECS, "frame seq=u16le@130", "udp seq=u64le@3%77",
    "ip seq=u8@-1", "ip magic=u8@-1!=9 seq=u8@0", "udp stream=u8@-1 seq=u8@0",
]  # fmt: skip
PROGRAMS = [layout.compile(layout.parse(spec)) for spec in SPECS]
CUTS = st.lists(st.integers(1, 40), max_size=3)
MARGIN = b"\xee" * 300  # after the last frame, so that the short way is open to it too


@st.composite
def families(draw: st.DrawFn) -> list[Frame]:
    """Frames in a random order, each a copy of one of a few with some bytes changed, cut, or padded on the wire."""
    models = draw(st.lists(frames(), min_size=1, max_size=4))
    family = list[Frame]()
    for _ in range(draw(st.integers(1, 30))):
        model = draw(st.sampled_from(models))
        data = bytearray(model.data)
        for _ in range(draw(st.integers(0, 2)) if data else 0):
            data[draw(st.integers(0, len(data) - 1))] = draw(st.one_of(st.integers(0, 9), st.integers(0, 255)))
        data += bytes(draw(st.sampled_from([0, 0, 0, 1, 40])))
        cut = draw(st.sampled_from([0, 0, 0, 1, 9]))
        data = data[: max(len(data) - cut, 0)]
        family.append(Frame(bytes(data), len(data) + draw(st.sampled_from([0, cut])), model.link))
    return family


BUILDS = {
    "ipv4": lambda data, total: ethernet(ipv4(data, total=total)),
    "ipv6": lambda data, total: ethernet(ipv6(data, length=total), kind=0x86DD),
    "ah": lambda data, total: ethernet(ipv4(extension(51, 17, b"") + data, protocol=51, total=total)),
    "hop": lambda data, total: ethernet(ipv6(extension(0, 17, b"") + data, protocol=0, length=total), kind=0x86DD),
    "tag": lambda data, total: ethernet(b"\0\7\x08\0" + ipv4(data, total=total), kind=0x8100),
}
PLAIN_PROGRAMS = [
    layout.compile(layout.parse(spec)) for spec in (
        "udp seq=u16be@2", "udp stream=u8@0 seq=u16be@2 magic=u8@1==0", "udp seq=u16be@-2",
        "udp magic=u8@-1==0 seq=u8@0", "udp magic=u16be@0==len seq=u8@3", "ip seq=u16be@10", "ip:17 seq=u8@-1",
        "udp seq=u16be@2%9",
    )
]  # fmt: skip


@st.composite
def lengthy(draw: st.DrawFn) -> list[Frame]:
    """Frames of one build whose lengths, in every header and as captured, are near what they should be, or 0."""
    build = BUILDS[draw(st.sampled_from(sorted(BUILDS)))]
    some = list[Frame]()
    for _ in range(draw(st.integers(5, 40))):
        payload = bytes(draw(st.lists(st.sampled_from([0, 0, 0, 1, 8, 17]), min_size=0, max_size=12)))
        near = st.sampled_from([None] * 20 + [0, 8, 9, 11, 13, 28, 30, 33, 300])
        data = build(udp(payload, length=draw(near)), draw(near))
        at = draw(st.sampled_from([0, 0, 0, 12, 14, 15, 20, 21, 23, 34, 54, 55, 59]))  # of a byte to damage
        if at and at < len(data) and draw(st.booleans()):
            damage = draw(st.sampled_from([0x46, 0x65] if at == 14 else [0, 1, 17, 51, 0x46]))
            data = data[:at] + bytes([damage]) + data[at + 1 :]
        cut = draw(st.sampled_from([0, 0, 0, 0, 1, 2, 5]))
        some.append(Frame(data[: len(data) - cut], len(data) + draw(st.sampled_from([0, 0, 6])), 1))
    return some


def roomy(some: list[Frame]) -> border.Frames:
    made = block(some)
    made.buf = np.concatenate([made.buf, np.frombuffer(MARGIN, np.uint8)])
    return made


def same(program: border.Program, made: border.Frames, cuts: list[int]) -> None:
    """What this processor can do at its best, and what every processor can do."""
    expected = decode(reference, program, made, cuts)
    assert decode(native, program, made, cuts) == expected
    assert decode(native, program, made, cuts, any_processor=True) == expected


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(PROGRAMS), families(), CUTS)
def test_families(program: border.Program, some: list[Frame], cuts: list[int]) -> None:
    same(program, roomy(some), cuts)
    same(program, block(some), cuts)


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(PLAIN_PROGRAMS), lengthy(), CUTS)
def test_lengths(program: border.Program, some: list[Frame], cuts: list[int]) -> None:
    same(program, roomy(some), cuts)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(PROGRAMS),
    st.lists(st.tuples(st.binary(max_size=80), st.integers(0, 99), st.sampled_from([1, 113, 276, 101, 0])), min_size=1),
)
def test_noise(program: border.Program, some: list[tuple[bytes, int, int]]) -> None:
    same(program, roomy([Frame(data, len(data) + extra, link) for data, extra, link in some]), [])


FIELDS = st.tuples(
    st.sampled_from([border.STREAM, border.MATCH, border.TIME]), st.integers(1, 8), st.booleans(), st.integers(0, 2),
    st.integers(-12, 12), st.sampled_from([2**64 - 1, 0xFF, 0xF0, 0x8000000000000001, 0]), st.integers(0, 3),
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(
    st.tuples(st.integers(0, 4), st.sampled_from([-1, 5000, 17, 0x0800]), st.sampled_from([0, 1, 200, 2**63])),
    st.lists(FIELDS, max_size=4), FIELDS, families(),
)  # fmt: skip
def test_any_program(head: tuple[int, int, int], others: list[Any], counter: Any, some: list[Frame]) -> None:
    rows = [
        (role, width, big, op, _shift(role, mask), offset, mask, value)
        for role, width, big, op, offset, mask, value in [*others, (border.SEQ, *counter[1:])]
    ]
    program = border.Program(
        anchor=head[0], selector=head[1], modulus=head[2], fields=np.array(rows, border.FIELD)
    )  # fmt: skip
    same(program, roomy(some), [])


def _shift(role: int, mask: int) -> int:
    return 0 if role == border.MATCH or not mask else (mask & -mask).bit_length() - 1


def crowd(streams: int, sources: int, count: int) -> border.Frames:
    """Frames of the udp layout, `streams` ports and `sources` addresses in turn, some over IPv6 and behind tags."""
    some = list[Frame]()
    for n in range(count):
        data = udp(n.to_bytes(4, "big") + bytes(14), sport=n % streams % 65536)
        source = (n % sources).to_bytes(6, "big")
        match n % 7:
            case 0:
                data = ethernet(ipv6(data), kind=0x86DD, source=source)
            case 1:
                data = ethernet(b"\0\7\x08\0" + ipv4(data), kind=0x8100, source=source)
            case 2:
                data = ethernet(b"\0\7\x81\0\0\1\x86\xdd" + ipv6(data), kind=0x88A8, source=source)
            case _:
                data = ethernet(ipv4(data), source=source)
        some.append(Frame(data, len(data), 1))
    return roomy(some)


@pytest.mark.parametrize(("streams", "sources"), [(1, 1), (2, 1), (300, 5), (3000, 3000), (65536, 2)])
def test_crowds(streams: int, sources: int) -> None:
    same(layout.compile(layout.parse("udp seq=u32be@0")), crowd(streams, sources, 9000), [3000, 6001])


def test_more_streams_and_sources_than_there_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    """1,048,576 streams and 65,535 sources; what comes beyond has a status, or no source."""
    count = border.MAX_STREAMS + 50
    made = border.Frames(count)
    rows = np.zeros((count, 20), np.uint8)
    number = np.arange(count, dtype=">u4").view(np.uint8).reshape(-1, 4)
    rows[:, 8:12], rows[:, 14:18] = number, number
    made.buf, made.count = rows.reshape(-1), count
    made.off[:], made.cap[:], made.wire[:], made.link[:] = np.arange(count) * 20, 20, 20, 1
    program = layout.compile(layout.parse("eth stream=u32be@0 seq=u8@5"))
    records, ends = border.RecordColumns(count), []
    for kernel in (native, reference):
        decoder = kernel.Decoder(program)
        decoder.decode(made, 0, count, records)
        columns = (records.status, records.stream, records.source, records.ordinal)
        ends.append(([column.copy() for column in columns], records.count, decoder.keys(), decoder.sources()))
    assert ends[0][1] == border.MAX_STREAMS
    assert ends[0][0][0][-1] == border.STREAMS
    for one, other in zip(ends[0][0], ends[1][0], strict=True):
        assert np.array_equal(one, other)
    assert ends[0][1] == ends[1][1]
    for one, other in zip(ends[0][2:], ends[1][2:], strict=True):
        assert all(np.array_equal(one[name], other[name]) for name in one.dtype.names)


def scanned(numbers: Any) -> border.Frames:
    """A frame of stream n for each of the numbers."""
    streams = np.asarray(numbers, ">u4")
    made, rows = border.Frames(len(streams)), np.zeros((len(streams), 20), np.uint8)
    rows[:, 14:18] = streams.view(np.uint8).reshape(-1, 4)
    made.buf, made.count = rows.reshape(-1), len(streams)
    made.off[:], made.cap[:], made.wire[:], made.link[:] = np.arange(len(streams)) * 20, 20, 20, 1
    return made


def test_which_unknown_streams_are_taken_in() -> None:
    """A flow of one record takes no place while a second one is asked for; a key waits for so many others at least,
    and for less than twice as many."""
    wait = border.WAITING
    many = range(1000, 1000 + wait - 1)
    steps: list[tuple[int, Any, list[int]]] = [
        (border.ANY_STREAM, [1, 2, 1], [0, 1, 0]),
        (border.SECOND_RECORD, [1, 3, 3, 4, 3, 5, 4], [0, -1, 2, -1, 2, -1, 3]),
        (border.SECOND_RECORD, [5, 6, *many, 6], [4, -1, *[-1] * len(many), 5]),
        (border.SECOND_RECORD, [7, *range(100_000, 100_000 + 2 * wait), 7], [-1] * (2 * wait + 2)),
        (border.NO_STREAM, [8, 8, 1, 3], [-1, -1, 0, 2]),
        (border.ANY_STREAM, [8, 8], [6, 6]),
    ]
    program = layout.compile(layout.parse("eth stream=u32be@0 seq=u8@5"))
    for kernel in (native, reference):
        decoder = kernel.Decoder(program)
        for which, numbers, expected in steps:
            made = scanned(numbers)
            records, got = border.RecordColumns(made.count), np.full(made.count, -1)
            decoder.admit(which)
            decoder.decode(made, 0, made.count, records)
            got[records.row[: records.count]] = records.stream[: records.count]
            assert got.tolist() == expected, kernel.NAME
            assert np.array_equal(records.status == border.STREAMS, got < 0)
        assert decoder.keys()["fields"][:, 0].tolist() == [1, 2, 3, 4, 5, 6, 8]


def test_a_row_outside_the_buffer_is_refused() -> None:
    program = PROGRAMS[0]
    for off, cap in ((0, 11), (-1, 5), (11, 0), (2**62, 3)):
        made = border.Frames(1)
        made.buf, made.count = np.zeros(10, np.uint8), 1
        made.off[0], made.cap[0], made.wire[0] = off, cap, cap
        with pytest.raises(ValueError, match="outside the buffer"):
            native.Decoder(program).decode(made, 0, 1, border.RecordColumns(1))


@pytest.mark.parametrize("build", sorted(BUILDS))
def test_short_among_many_flows(build: str) -> None:
    """More flows than are looked at one by one, one busy, its lengths varying; then a datagram of it without payload,
    which Ethernet fills up: its headers' lengths say that there is no number, whatever stands behind them."""
    make = BUILDS[build]

    def frame(sport: int, seq: int, length: int) -> Frame:
        data = make(udp(seq.to_bytes(2, "big").rjust(length, b"\0")[:length], sport=sport), None).ljust(96, b"\0")
        return Frame(data, len(data), 1)

    some = [frame(2000 + n, n, 18) for n in range(25)]
    some += [frame(1000, n, (18, 40)[n // 3 % 2]) for n in range(900)]
    some += [frame(1000, 0, 0), frame(1000, 0, 3)]
    some += [frame(1000, n, (18, 40)[n // 3 % 2]) for n in range(900, 1000)]
    same(layout.compile(layout.parse("udp seq=u16be@2")), roomy(some), [300, 926, 960])


@pytest.mark.parametrize("other", ["decode", "keys", "sources"])
def test_one_thread_at_a_time(other: str) -> None:
    """A second thread is told so; it does not get at tables that the first one is writing to."""
    one, made = roomy([Frame(ethernet(ipv4(udp(bytes(6)))), 60, 1)]), border.Frames(200_000)
    made.buf, made.count = one.buf, made.capacity
    for name in ("off", "cap", "wire", "link"):
        getattr(made, name)[:] = getattr(one, name)[0]
    decoder, refused, ready = native.Decoder(PLAIN_PROGRAMS[0]), list[str](), threading.Barrier(2)

    def work(method: str) -> None:
        given = (made, 0, made.count, border.RecordColumns(made.capacity)) if method == "decode" else ()
        ready.wait()
        while not refused and time.monotonic() < end:
            try:
                getattr(decoder, method)(*given)
            except RuntimeError as error:
                refused.append(str(error))

    end = time.monotonic() + 60
    threads = [threading.Thread(target=work, args=(method,)) for method in ("decode", other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refused
    assert "another thread" in refused[0]
