"""pcapng: what a section tells, and that others can read what is written."""

import io
import json
import shutil
import subprocess
from fractions import Fraction
from pathlib import Path
from struct import pack

import dpkt
import numpy as np
import pytest
from containers import START_NS, block, epb, idb, isb, option, packets, shb, spb
from hypothesis import given
from hypothesis import strategies as st

from seqcheck.kernel.border import MAX_BLOCK, OVER, SHIFT, TIMES
from seqcheck.wire import pcapng
from seqcheck.wire.pcapng import Section


@pytest.mark.parametrize("big", [False, True])
def test_interfaces_are_read_in_order(big: bool) -> None:
    order = ">" if big else "<"
    section = Section(shb(big=big))
    assert (section.big, section.known, section.version) == (big, True, (1, 0))
    assert section.interface(idb(big=big, link=1, snap=96, options=b"")) == ""
    options = option(2, b"eth0", big=big) + option(9, b"\x09", big=big) + option(14, pack(order + "q", -5), big=big)
    assert section.interface(idb(big=big, link=101, options=options)) == ""
    assert section.interfaces.tolist() == [(1, TIMES, 96, 1000, 0), (101, TIMES, 0, 1, -5_000_000_000)]


def test_an_unknown_version_is_not_known() -> None:
    assert not Section(shb(major=2)).known


@given(code=st.integers(0, 255), ticks=st.integers(0, 2**64 - 1))
def test_resolution_is_exact(code: int, ticks: int) -> None:
    kind, value = pcapng.resolution(code)
    base = 2 if code & 0x80 else 10
    exact = ticks * Fraction(10**9, base ** (code & 0x7F))
    got = {TIMES: lambda: ticks * value, OVER: lambda: ticks // value, SHIFT: lambda: ticks * 10**9 >> value}[kind]()
    assert got == exact.__floor__()
    assert 0 <= value < 2**64


def test_time_offset_out_of_range_is_told_and_clamped() -> None:
    section = Section(shb())
    assert "out of range" in section.interface(idb(options=option(14, pack("<q", 10**18))))
    assert section.interfaces[0]["offset"] == 2**63 - 1


def test_options_that_do_not_fit_are_told_and_the_interface_stays() -> None:
    section = Section(shb())
    assert "option 2 claims 200 bytes" in section.interface(idb(options=pack("<HH", 2, 200) + b"abcd"))
    assert len(section.interfaces) == 1


def test_interfaces_are_limited() -> None:
    section, one = Section(shb()), idb()
    for _ in range(pcapng.MAX_INTERFACES):
        assert section.interface(one) == ""
    assert "more than" in section.interface(one)
    assert len(section.interfaces) == pcapng.MAX_INTERFACES


def test_the_last_statistics_of_each_interface_count() -> None:
    section = Section(shb())
    assert section.dropped is None
    section.interface(idb())
    section.interface(idb())
    assert section.statistics(isb(0)) == ""
    assert section.dropped is None
    section.statistics(isb(0, ifdrop=5))
    section.statistics(isb(0, ifdrop=8, osdrop=2))
    section.statistics(isb(1, osdrop=100))
    assert section.dropped == 110
    assert "interface 7" in section.statistics(isb(7, ifdrop=1))
    assert section.dropped == 110


def test_block_order_comes_from_the_section_header() -> None:
    assert pcapng.block_order(shb(big=True)[:12], "<") == ">"
    assert pcapng.block_order(shb()[:12], ">") == "<"
    assert pcapng.block_order(idb()[:12], ">") == ">"
    assert pcapng.block_order(pcapng.START + bytes(8), "<") == ""


ONE = packets(1)[0]


@pytest.mark.parametrize(
    ("bad", "what"),
    [
        (pack("<II", 6, 30) + bytes(30), "claims a length of 30"),
        (pack("<II", 6, 28) + bytes(30), "claims a length of 28"),
        (pack("<II", 3, MAX_BLOCK + 4) + bytes(30), f"claims a length of {MAX_BLOCK + 4}"),
        (epb(ONE)[:-4] + bytes(4), "does not close"),
        (epb(ONE, interface=9), "interface 9, but the section has 1"),
        (epb(ONE)[:20] + pack("<II", 5000, 5000) + epb(ONE)[28:], "claims 5000 captured"),
        (epb(ONE)[:24] + pack("<I", 1 << 31) + epb(ONE)[28:], f"{1 << 31} bytes on the wire"),
        (spb(ONE)[:8] + pack("<I", 1 << 31) + spb(ONE)[12:], f"{1 << 31} bytes on the wire"),
        (spb(ONE)[:8] + pack("<I", 9999) + spb(ONE)[12:], "claims 9999 captured"),
    ],
)
def test_fault_says_what_is_wrong(bad: bytes, what: str) -> None:
    assert what in pcapng.fault(bad, "<", 1)


def written() -> tuple[bytes, list[bytes]]:
    frames = [bytes([i]) * (60 + i) for i in range(8)]
    parts = [pcapng.section_block(program="seqcheck"), pcapng.interface_block(link=1, snap=70, name="eth0")]
    for i, frame in enumerate(frames):
        comment = f"twin of frame {i}, ↔ <b>" if i % 2 else ""
        parts.append(pcapng.packet_block(START_NS + i, frame[:65], wire=len(frame), comment=comment))
    return b"".join([*parts, pcapng.statistics_block(START_NS, received=9, dropped=1)]), frames


def test_dpkt_reads_what_is_written() -> None:
    data, frames = written()
    assert [frame for _, frame in dpkt.pcapng.Reader(io.BytesIO(data))] == [frame[:65] for frame in frames]


@pytest.mark.skipif(not shutil.which("tshark"), reason="tshark is not installed")
def test_tshark_reads_what_is_written(tmp_path: Path) -> None:
    data, frames = written()
    path = tmp_path / "made.pcapng"
    path.write_bytes(data)
    names = ["frame.time_epoch", "frame.len", "frame.cap_len", "frame.comment", "frame.interface_name"]
    fields = [word for name in names for word in ("-e", name)]
    done = subprocess.run(
        ["tshark", "-r", str(path), "-T", "json", *fields], capture_output=True, text=True, check=True, timeout=60
    )
    layers = [each["_source"]["layers"] for each in json.loads(done.stdout)]
    assert [int(each["frame.len"][0]) for each in layers] == [len(frame) for frame in frames]
    assert [int(each["frame.cap_len"][0]) for each in layers] == [min(len(frame), 65) for frame in frames]
    seconds, digits = divmod(START_NS, 10**9)
    assert [each["frame.time_epoch"][0] for each in layers] == [f"{seconds}.{digits + i:09}" for i in range(8)]
    assert layers[3]["frame.comment"] == ["twin of frame 3, ↔ <b>"]
    assert layers[0]["frame.interface_name"] == ["eth0"]


def test_times_before_1970_are_written_as_two_s_complement() -> None:
    assert pcapng.packet_block(-1, b"")[12:20] == b"\xff" * 8


def test_a_comment_that_is_too_long_is_cut_within_a_character() -> None:
    made = pcapng.packet_block(0, b"x", comment="ä" * 40_000)
    length = int.from_bytes(made[34:36], "little")
    assert 65_000 < length <= 65_535
    made[36 : 36 + length].decode()
    assert len(made) == int.from_bytes(made[-4:], "little") == int.from_bytes(made[4:8], "little")


def test_unknown_blocks_have_the_least_of_any() -> None:
    assert len(block(0x0BAD, b"")) == pcapng.least(0x0BAD) == 12


@given(
    st.lists(st.tuples(st.binary(max_size=9), st.integers(0, 5), st.integers(-(1 << 62), 1 << 62), st.integers(0, 3))),
    st.integers(0, 7),
)
def test_blocks_in_bulk_are_those_made_one_by_one(some: list[tuple[bytes, int, int, int]], ahead: int) -> None:
    whole = bytes(ahead) + b"".join(data + b"\xee" for data, *_ in some)
    cap = np.array([len(data) for data, *_ in some], np.int64)
    off = ahead + np.cumsum(cap + 1) - cap - 1
    more, ns, interface = (np.array([row[at] for row in some], np.int64) for at in (1, 2, 3))
    made = pcapng.packet_blocks(np.frombuffer(bytearray(whole + b"\0"), np.uint8), off, cap, cap + more, ns, interface)
    single = [
        pcapng.packet_block(time, data, wire=len(data) + extra, interface=number) for data, extra, time, number in some
    ]
    assert made == b"".join(single)
