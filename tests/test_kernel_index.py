"""index: the native walk gives what the reference gives, for sound, damaged, cut and random bytes, in any chunks."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st
from twins import KERNELS, index, native, reference

from seqcheck.kernel import border

U32 = st.one_of(st.integers(0, 80), st.sampled_from([262_144, 262_145, 1_000_000, 2**31 - 1, 2**31, 2**32 - 1]))
EDGES = [0, 1, 999_999, 1_000_000, 999_999_999, 1_000_000_000, 2**32 - 1]
CUTS = st.lists(st.integers(0, 600), max_size=4)
CAPACITY = st.integers(1, 9)


@st.composite
def pcaps(draw: st.DrawFn) -> tuple[bytes, border.PcapRule]:
    """A rule, and records that mostly follow it."""
    rule = border.PcapRule(
        big=draw(st.booleans()), nano=draw(st.booleans()), header=draw(st.sampled_from([16, 24])),
        link=draw(st.sampled_from([1, 113, 65535])), swapped=draw(st.booleans()),
    )  # fmt: skip
    data = b""
    for _ in range(draw(st.integers(0, 12))):
        body = draw(st.binary(max_size=40))
        cap = draw(U32) if draw(st.integers(0, 9)) == 0 else len(body)
        wire = draw(U32) if draw(st.integers(0, 3)) == 0 else len(body)
        time = (draw(st.sampled_from(EDGES)), draw(st.sampled_from(EDGES)))
        data += struct.pack(">4I" if rule.big else "<4I", *time, cap, wire) + bytes(rule.header - 16) + body
    return data[: len(data) - draw(st.sampled_from([0, 0, 1, 17]))], rule


@st.composite
def sections(draw: st.DrawFn) -> tuple[bytes, bool, Any]:
    """Blocks of a pcapng section that are mostly sound, and its interfaces."""
    rows = draw(st.lists(st.tuples(
        st.sampled_from([1, 101]), st.integers(0, 2), st.sampled_from([0, 5, 262_144]),
        st.sampled_from([0, 1, 9, 1000, 10**9, 10**18, 40, 63, 64, 94, 127, 128, 2**64 - 1]),
        st.sampled_from([0, 1, -1, 10**18, 2**63 - 1, -(2**63)]),
    ), max_size=3))  # fmt: skip
    big, order = (True, ">") if draw(st.booleans()) else (False, "<")
    data = b""
    for _ in range(draw(st.integers(0, 10))):
        kind = draw(st.sampled_from([6, 6, 6, 3, 2, 5]))
        body = draw(st.binary(max_size=30))
        cap = draw(U32) if draw(st.integers(0, 9)) == 0 else len(body)
        wire = draw(U32) if draw(st.integers(0, 3)) == 0 else len(body)
        ticks = draw(st.one_of(st.integers(0, 2**64 - 1), st.sampled_from([0, 10**15, 2**63, 2**64 - 1])))
        number, time = draw(st.integers(0, 2)), struct.pack(order + "II", ticks >> 32, ticks & 0xFFFFFFFF)
        head = {
            6: struct.pack(order + "I", number) + time + struct.pack(order + "II", cap, wire),
            2: struct.pack(order + "HH", number, 7) + time + struct.pack(order + "II", cap, wire),
            3: struct.pack(order + "I", wire),
            5: b"",
        }[kind]
        block = head + body + bytes(-len(body) % 4) + draw(st.sampled_from([b"", b"\0" * 4, b"\1\0\4\0abcd"]))
        length = draw(U32) if draw(st.integers(0, 15)) == 0 else len(block) + 12
        after = draw(U32) if draw(st.integers(0, 15)) == 0 else length
        data += struct.pack(order + "II", kind, length) + block + struct.pack(order + "I", after)
    return data[: len(data) - draw(st.sampled_from([0, 0, 1, 9]))], big, np.array(rows, border.INTERFACE)


def same(data: bytes, cuts: list[int], capacity: int, *how: Any) -> None:
    expected, given_ = (index(kernel, data, cuts, capacity, *how) for kernel in KERNELS)
    assert given_ == expected


@settings(max_examples=300, deadline=None)
@given(pcaps(), CUTS, CAPACITY)
def test_pcap(some: tuple[bytes, border.PcapRule], cuts: list[int], capacity: int) -> None:
    same(some[0], cuts, capacity, some[1])


@settings(max_examples=400, deadline=None)
@given(sections(), CUTS, CAPACITY)
def test_pcapng(some: tuple[bytes, bool, Any], cuts: list[int], capacity: int) -> None:
    same(some[0], cuts, capacity, *some[1:])


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300), CUTS, st.booleans())
@example(b"\0" * 100, [16, 32], False)
@example(b"\xff" * 100, [], True)
def test_noise(data: bytes, cuts: list[int], big: bool) -> None:
    same(data, cuts, 4, border.PcapRule(big=big, nano=False, header=16, link=1))
    same(data, cuts, 4, big, np.array([(1, 0, 0, 1, 0)], border.INTERFACE))


def test_positions_outside_the_buffer_are_refused() -> None:
    buf, rule = np.zeros(64, np.uint8), border.PcapRule(big=False, nano=False, header=16, link=1)
    for start, stop in ((-1, 5), (6, 5), (0, 65)):
        for call in (
            lambda a, b: native.index_pcap(buf, a, b, rule, border.Frames(4)),
            lambda a, b: native.index_pcapng(buf, a, b, False, np.zeros(0, border.INTERFACE), border.Frames(4)),
        ):
            try:
                call(start, stop)
            except ValueError:
                continue
            raise AssertionError((start, stop))


def test_totals_add_up_over_calls() -> None:
    record = struct.pack("<4I", 5, 1_000_000, 2, 9) + b"ab"
    rule = border.PcapRule(big=False, nano=False, header=16, link=1)
    for kernel in (reference, native):
        frames = border.Frames(8)
        for _ in range(3):
            kernel.index_pcap(np.frombuffer(record, np.uint8), 0, len(record), rule, frames)
        assert frames.totals.tolist() == [27, 3, 3, 0, 6_000_000_000, 6_000_000_000, 0]
