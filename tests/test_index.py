"""Index: every rule of its definition (the module `portable_index`), on each kernel."""

from __future__ import annotations

from fractions import Fraction
from struct import pack
from typing import Any

import numpy as np
import pytest
from containers import START_NS, Packet, block, epb, old_pb, packets, pcap_record, simple, spb
from hypothesis import given, settings
from hypothesis import strategies as st

from seqcheck.kernel import load
from seqcheck.kernel.border import (
    BAD,
    BLOCK,
    FULL,
    INTERFACE,
    MAX_BLOCK,
    MAX_FRAME,
    MAX_WIRE,
    MORE,
    OVER,
    SHIFT,
    T_BYTES,
    T_CUT,
    T_FIRST,
    T_LAST,
    T_ODD,
    T_ODD_AT,
    TIMES,
    Frames,
    PcapRule,
)  # fmt: skip

LOW, HIGH = -(2**63), 2**63 - 1
PLAIN = PcapRule(big=False, nano=True, header=16, link=1)
ONE = packets(1)[0]


class Indexed:
    """What an index made of `data`, which lies in a larger buffer."""

    def __init__(self, kernel: Any, data: bytes, how: PcapRule | tuple[bool, Any], *, rows: int = 100) -> None:
        buf = np.full(len(data) + 80, 0xA5, np.uint8)
        buf[40 : 40 + len(data)] = np.frombuffer(data, np.uint8)
        self.frames = Frames(rows)
        self.frames.buf = buf
        stop = 40 + len(data)
        if isinstance(how, PcapRule):
            self.pos, self.why = kernel.index_pcap(buf, 40, stop, how, self.frames)
        else:
            self.pos, self.why = kernel.index_pcapng(buf, 40, stop, *how, self.frames)
        self.pos -= 40
        self.totals = self.frames.totals.tolist()

    @property
    def packets(self) -> list[Packet]:
        f = self.frames
        return [
            Packet(data=f.buf[off : off + cap].tobytes(), ns=ns, wire=wire, link=link)
            for off, cap, wire, ns, link in zip(
                *(column[: f.count].tolist() for column in (f.off, f.cap, f.wire, f.ns, f.link)), strict=True
            )
        ]


def interfaces(*rows: tuple[int, int, int, int, int]) -> Any:
    """(link, kind, snap, value, offset) of each."""
    return np.array(list(rows) or [(1, TIMES, 0, 1, 0)], INTERFACE)


# ---- pcap ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("big", [False, True])
@pytest.mark.parametrize(("nano", "modified"), [(False, False), (True, False), (False, True)])
def test_pcap_rows(kernel: Any, big: bool, nano: bool, modified: bool) -> None:
    made = packets(30)
    data = b"".join(pcap_record(packet, big=big, nano=nano, modified=modified) for packet in made)
    got = Indexed(kernel, data, PcapRule(big=big, nano=nano, header=24 if modified else 16, link=1))
    assert (got.packets, got.pos, got.why) == (made, len(data), MORE)
    cut = sum(len(packet.data) < packet.wire for packet in made)
    assert got.totals == [sum(packet.wire for packet in made), cut, 0, -1, made[0].ns, made[-1].ns, 0]


def test_pcap_stops_before_a_record_that_is_not_whole(kernel: Any) -> None:
    made = packets(3)
    records = [pcap_record(packet) for packet in made]
    data = b"".join(records)
    for size in range(len(data) + 1):
        whole = [i for i in range(4) if len(b"".join(records[:i])) <= size][-1]
        got = Indexed(kernel, data[:size], PLAIN)
        assert (got.packets, got.pos, got.why) == (made[:whole], len(b"".join(records[:whole])), MORE)


def test_pcap_stops_when_the_columns_are_full(kernel: Any) -> None:
    made = packets(3)
    data = b"".join(map(pcap_record, made))
    assert (Indexed(kernel, data, PLAIN, rows=2).why, Indexed(kernel, data, PLAIN, rows=3).why) == (FULL, FULL)
    assert Indexed(kernel, data, PLAIN, rows=2).packets == made[:2]
    assert Indexed(kernel, data, PLAIN, rows=4).why == MORE


def test_rows_are_added_behind_those_that_are_there(kernel: Any) -> None:
    made = packets(6)
    data = b"".join(map(pcap_record, made))
    buf, frames = np.frombuffer(data, np.uint8).copy(), Frames(8)
    frames.buf = buf
    half = len(b"".join(map(pcap_record, made[:3])))
    assert kernel.index_pcap(buf, 0, half, PLAIN, frames) == (half, MORE)
    assert kernel.index_pcap(buf, half, len(data), PLAIN, frames) == (len(data), MORE)
    assert frames.count == 6
    assert frames.totals.tolist() == Indexed(kernel, data, PLAIN).totals
    assert frames.off[:6].tolist() == (Indexed(kernel, data, PLAIN).frames.off[:6] - 40).tolist()


@pytest.mark.parametrize(
    ("cap", "wire", "why"),
    [
        (0, 0, MORE), (MAX_FRAME, MAX_FRAME, MORE), (MAX_FRAME, MAX_WIRE, MORE), (MAX_FRAME + 1, MAX_FRAME + 1, BAD),
        (0, MAX_WIRE + 1, BAD), (0xFFFFFFFF, 0xFFFFFFFF, BAD), (0x80000000, 10, BAD),
    ],
)  # fmt: skip
@pytest.mark.parametrize("swapped", [False, True])
def test_pcap_lengths_that_cannot_be(kernel: Any, cap: int, wire: int, why: int, swapped: bool) -> None:
    rule = PcapRule(big=False, nano=True, header=16, link=1, swapped=swapped)
    got = Indexed(kernel, pack("<4I", 1, 2, cap, wire) + bytes(min(cap, MAX_FRAME)), rule)
    lone = Indexed(kernel, pack("<4I", 1, 2, cap, wire), rule)
    if swapped and wire < cap:
        cap, wire = wire, cap
    assert got.why == (BAD if cap > MAX_FRAME or wire > MAX_WIRE else MORE)
    assert [(len(p.data), p.wire) for p in got.packets] == ([] if got.why == BAD else [(cap, wire)])
    assert lone.why == got.why, "a header is judged before the frame is there"
    assert swapped or got.why == why


def test_pcap_wire_length_is_never_below_the_captured_one(kernel: Any) -> None:
    got = Indexed(kernel, pack("<4I", 1, 2, 9, 4) + bytes(9), PLAIN)
    assert [(len(p.data), p.wire) for p in got.packets] == [(9, 9)]
    assert got.totals[T_BYTES : T_CUT + 1] == [9, 0]


def test_pcap_swapped_lengths(kernel: Any) -> None:
    rule = PcapRule(big=False, nano=True, header=16, link=1, swapped=True)
    data = pack("<4I", 1, 2, 90, 4) + bytes(4) + pack("<4I", 1, 2, 5, 80) + bytes(5)
    got = Indexed(kernel, data, rule)
    assert [(len(p.data), p.wire) for p in got.packets] == [(4, 90), (5, 80)]
    assert got.totals[T_BYTES : T_CUT + 1] == [170, 2]


@pytest.mark.parametrize(("nano", "second"), [(True, 10**9), (False, 10**6)])
def test_pcap_fractions_of_a_second_or_more_are_odd(kernel: Any, nano: bool, second: int) -> None:
    fractions = [second - 1, second, 0xFFFFFFFF]
    data = b"".join(pack("<4I", 0xFFFFFFFF, fraction, 0, 0) for fraction in fractions)
    got = Indexed(kernel, data, PcapRule(big=False, nano=nano, header=16, link=1))
    scale = 10**9 // second
    assert [p.ns for p in got.packets] == [0xFFFFFFFF * 10**9 + fraction * scale for fraction in fractions]
    assert got.totals[T_ODD : T_ODD_AT + 1] == [2, 40 + 16]


def test_first_and_last_are_the_extremes(kernel: Any) -> None:
    data = b"".join(pack("<4I", seconds, 5, 0, 0) for seconds in (7, 3, 9, 4))
    assert Indexed(kernel, data, PLAIN).totals[T_FIRST : T_LAST + 1] == [3 * 10**9 + 5, 9 * 10**9 + 5]
    assert Indexed(kernel, b"", PLAIN).totals == [0, 0, 0, -1, HIGH, LOW, 0]


# ---- pcapng ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("big", [False, True])
def test_pcapng_rows(kernel: Any, big: bool) -> None:
    made = packets(12)
    makers = (epb, old_pb, spb)
    data = b"".join(makers[i % 3](packet, big=big) for i, packet in enumerate(made))
    got = Indexed(kernel, data, (big, interfaces()))
    assert got.packets == [simple(packet) if i % 3 == 2 else packet for i, packet in enumerate(made)]
    assert (got.pos, got.why) == (len(data), MORE)
    cut = sum(packet.wire > len(packet.data) for packet in got.packets)
    assert got.totals == [sum(packet.wire for packet in got.packets), cut, 0, -1, made[0].ns, made[10].ns, 0]


def test_simple_packets_have_no_time(kernel: Any) -> None:
    got = Indexed(kernel, spb(ONE), (False, interfaces((1, TIMES, 0, 1, 777))))
    assert [packet.ns for packet in got.packets] == [0]
    assert got.totals[T_FIRST : T_LAST + 1] == [HIGH, LOW]


@pytest.mark.parametrize(
    ("snap", "wire", "cap"), [(0, 20, 20), (16, 20, 16), (16, 12, 12), (16, 16, 16), (16, 5000, 16)]
)
def test_simple_packets_are_cut_by_the_first_interface(kernel: Any, snap: int, wire: int, cap: int) -> None:
    data = pack("<III", 3, 36, wire) + bytes(range(20)) + pack("<I", 36)
    got = Indexed(kernel, data, (False, interfaces((9, TIMES, snap, 1, 0), (1, TIMES, 0, 1, 0))))
    assert got.packets == [Packet(data=bytes(range(cap)), ns=0, wire=wire, link=9)]


def test_pcapng_stops_before_a_block_that_is_not_whole(kernel: Any) -> None:
    made = packets(3)
    parts = [epb(made[0]), spb(made[1]), old_pb(made[2])]
    data, expected = b"".join(parts), [made[0], simple(made[1]), made[2]]
    for size in range(len(data) + 1):
        whole = [i for i in range(4) if len(b"".join(parts[:i])) <= size][-1]
        got = Indexed(kernel, data[:size], (False, interfaces()))
        assert (got.packets, got.pos, got.why) == (expected[:whole], len(b"".join(parts[:whole])), MORE)


def test_pcapng_stops_when_the_columns_are_full(kernel: Any) -> None:
    data = epb(ONE) * 3 + block(0x0BAD, b"")
    assert Indexed(kernel, data, (False, interfaces()), rows=2).why == FULL
    assert Indexed(kernel, data, (False, interfaces()), rows=3).why == FULL
    got = Indexed(kernel, data, (False, interfaces()), rows=4)
    assert (got.why, got.pos, got.frames.count) == (BLOCK, 3 * len(epb(ONE)), 3)


@pytest.mark.parametrize("kind", [0, 1, 4, 5, 7, 0x0A0D0D0A, 0x0BAD, 0x80000006, 0x06000000])
def test_other_blocks_are_left_to_the_caller(kernel: Any, kind: int) -> None:
    got = Indexed(kernel, pack("<II", kind, 0xFFFFFFFF), (False, interfaces()))
    assert (got.pos, got.why, got.frames.count) == (0, BLOCK, 0)


@pytest.mark.parametrize("kind", [2, 3, 6])
@pytest.mark.parametrize("length", [0, 8, 12, 16, 28, 30, 31, 33, MAX_BLOCK - 1, MAX_BLOCK, MAX_BLOCK + 4, 2**32 - 4])
def test_pcapng_lengths_that_cannot_be(kernel: Any, kind: int, length: int) -> None:
    possible = length % 4 == 0 and (16 if kind == 3 else 32) <= length <= MAX_BLOCK
    got = Indexed(kernel, pack("<II", kind, length), (False, interfaces()))
    assert (got.pos, got.why) == (0, MORE if possible else BAD), "judged by the first 8 bytes"


def test_the_largest_block_is_read(kernel: Any) -> None:
    largest = pack("<7I", 6, MAX_BLOCK, 0, 0, 5, MAX_FRAME, MAX_FRAME) + bytes(MAX_BLOCK - 32) + pack("<I", MAX_BLOCK)
    got = Indexed(kernel, largest, (False, interfaces()))
    assert [(len(p.data), p.ns) for p in got.packets] == [(MAX_FRAME, 5)]


@pytest.mark.parametrize(
    "body",
    [
        epb(ONE)[:-4] + bytes(4),  # does not close
        epb(ONE, interface=1),
        old_pb(ONE, interface=1),
        epb(ONE)[:20] + pack("<II", 21, 60) + epb(ONE)[28:],  # longer than the block has room for
        epb(ONE)[:20] + pack("<II", 0xFFFFFFFF, 0xFFFFFFFF) + epb(ONE)[28:],
        epb(ONE)[:24] + pack("<I", MAX_WIRE + 1) + epb(ONE)[28:],
        spb(ONE, wire=21),
        spb(ONE, wire=MAX_WIRE + 1),
    ],
)
def test_pcapng_bodies_that_cannot_be(kernel: Any, body: bytes) -> None:
    got = Indexed(kernel, epb(ONE) + body, (False, interfaces()))
    assert (got.pos, got.why, got.packets) == (len(epb(ONE)), BAD, [ONE])
    assert got.totals[T_BYTES] == ONE.wire


def test_no_interface_is_no_packet(kernel: Any) -> None:
    for data in (epb(ONE), spb(ONE), old_pb(ONE)):
        assert Indexed(kernel, data, (False, interfaces()[:0])).why == BAD


RULES = st.one_of(
    st.integers(0, 9).map(lambda power: (TIMES, 10**power, Fraction(10**power))),
    st.integers(1, 19).map(lambda power: (OVER, 10**power, Fraction(1, 10**power))),
    st.integers(0, 127).map(lambda power: (SHIFT, power, Fraction(10**9, 2**power))),
)
WORDS = st.one_of(st.integers(0, 2**64 - 1), st.sampled_from([0, 1, 2**63 - 1, 2**63, 2**64 - 1]))


@settings(max_examples=300)
@given(rule=RULES, ticks=WORDS, offset=st.one_of(st.integers(LOW, HIGH), st.sampled_from([LOW, 0, HIGH])))
@pytest.mark.parametrize("made", [epb, old_pb])
def test_times_are_exact(kernel: Any, made: Any, rule: tuple[int, int, Fraction], ticks: int, offset: int) -> None:
    kind, value, tick = rule
    data = made(Packet(data=b"abc", ns=ticks, wire=3))
    got = Indexed(kernel, data, (False, interfaces((1, kind, 0, value, offset))))
    exact = (ticks * tick).__floor__() + offset
    inside = LOW <= exact <= HIGH
    assert got.packets[0].ns == min(max(exact, LOW), HIGH)
    assert got.totals[T_ODD : T_ODD_AT + 1] == ([0, -1] if inside else [1, 40])
    assert got.totals[T_FIRST] == got.totals[T_LAST] == got.packets[0].ns


# ---- any bytes -------------------------------------------------------------------------------------------------------

MADE = packets(4, start=START_NS)
PIECES = st.one_of(
    st.binary(max_size=40),
    st.sampled_from([pcap_record(packet) for packet in MADE]),
    st.sampled_from([maker(packet) for packet in MADE for maker in (epb, spb, old_pb)]),
    st.builds(lambda kind, length: pack("<II", kind, length), st.sampled_from([2, 3, 6]), st.integers(0, 200)),
    st.builds(lambda cap, wire: pack("<4I", 5, 6, cap, wire), st.integers(0, 60), st.integers(0, 2**32 - 1)),
)


@settings(max_examples=300)
@given(pieces=st.lists(PIECES, max_size=12), cut=st.integers(0, 40), rows=st.integers(0, 6), pcap=st.booleans())
def test_any_bytes_stay_within_bounds(kernel: Any, pieces: list[bytes], cut: int, rows: int, pcap: bool) -> None:
    data = b"".join(pieces)
    data = data[: max(0, len(data) - cut)]
    how = PLAIN if pcap else (False, interfaces((1, SHIFT, 30, 20, -5), (1, TIMES, 0, 10**9, HIGH)))
    got = Indexed(kernel, data, how, rows=rows)
    assert 0 <= got.pos <= len(data)
    count, frames = got.frames.count, got.frames
    assert count == rows if got.why == FULL else count <= rows
    ends = frames.off[:count] + frames.cap[:count]
    assert all(frames.off[:count] >= 40)
    assert all(ends <= 40 + got.pos)
    assert all(frames.off[1:count] > ends[: count - 1])
    assert all(frames.wire[:count] >= frames.cap[:count])
    assert got.totals[T_BYTES] == frames.wire[:count].sum(dtype=np.int64)
    one = Indexed(load("reference"), data, how, rows=rows)
    assert (got.packets, got.pos, got.why, got.totals) == (one.packets, one.pos, one.why, one.totals)
