"""Numbers written in digits: the language, both kernels, the dissector, what is shown."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from containers import Packet, pcap_file
from hypothesis import given, settings
from hypothesis import strategies as st
from packets import Frame, block, ethernet, ipv4, udp
from test_layout_wireshark import tshark
from twins import KERNELS, decode, native, reference

from seqcheck import analyze, layout
from seqcheck.cli.main import main
from seqcheck.errors import UsageError
from seqcheck.kernel import border
from seqcheck.layout import dissector, files, parse, resolve, write
from seqcheck.layout.model import Digits
from seqcheck.layout.scapy_bridge import packet_class

MARGIN = b"\xee" * 300
LONG = "x" * 33
RECORD, CUT, SHORT, MAGIC = border.RECORD, border.CUT, border.SHORT, border.MAGIC


def framed(payload: bytes, *, cut: int = 0) -> Frame:
    data = ethernet(ipv4(udp(payload)))
    return Frame(data[: len(data) - cut], len(data), 1)


def roomy(some: Sequence[Frame]) -> border.Frames:
    made = block(some)
    made.buf = np.concatenate([made.buf, np.frombuffer(MARGIN, np.uint8)])
    return made


def read(kernel: Any, spec: str, some: Sequence[Frame]) -> tuple[list[int], list[int]]:
    """Statuses and numbers."""
    records = border.RecordColumns(len(some))
    kernel.Decoder(layout.compile(parse(spec))).decode(roomy(some), 0, len(some), records)
    return records.status.tolist(), records.seq[: records.count].tolist()


@pytest.mark.parametrize(
    ("seq", "payload", "number"),
    [
        ('text@"seq="', b"hello seq=12345 t=9", 12345),
        ('text@"seq="', b"seq=7", 7),
        ('text@"seq="', b"seq=   42;", 42),
        ("text@'\"seq\":'", b'{"t": 1, "seq": 95, "v": 3}', 95),
        ('text@"n "', b"xn 5", 5),
        ("text@4", b"abcd0017x", 17),
        ("text@4+4", b"abcd001799", 17),
        ("text@4+4", b"abcd  1799", 17),
        ("text@-3", b"abc 123", 123),
        ("text@-4+4", b"abcd0099", 99),
        ("hex@0+4", b"00fFzz", 255),
        ('hex@"#"', b"#1A!", 26),
        ("bcd@1+2", b"\xff\x12\x34", 1234),
        ('bcd@"N"+1', b"xN\x99", 99),
        ("text@0", b"18446744073709551615", 2**64 - 1),
        ('text@"seq="+3', b"seq=0123", 12),
        ('text@"s="%100', b"s=99,", 99),
        ("varint@1", b"x\x07", 7),
        ("varint@0", b"\xac\x02rest", 300),
        ("varint@-2", b"rest\xac\x02", 300),
        ("varint@0", b"\x80\x80\x00", 0),
        ('varint@"n"', b"xn\x20", 32),
        ("varint@0", b"\xff" * 9 + b"\x01", 2**64 - 1),
        ("varint@0%200", b"\xc7\x01", 199),
    ],
)
@pytest.mark.parametrize("kernel", KERNELS, ids=lambda kernel: kernel.NAME)
def test_the_number_that_stands_there(kernel: Any, seq: str, payload: bytes, number: int) -> None:
    assert read(kernel, f"udp:5000 seq={seq}", [framed(payload)]) == ([RECORD], [number])


@pytest.mark.parametrize(
    ("seq", "payload", "cut", "status"),
    [
        ('text@"seq="', b"hello sec=1", 0, MAGIC),
        ('text@"seq="', b"seq=x1", 0, MAGIC),
        ('text@"seq="', b"seq=", 0, MAGIC),
        ('text@"seq="', b"seq=18446744073709551616", 0, MAGIC),
        ('text@"seq="', b"seq=" + b"0" * 21, 0, MAGIC),
        ("text@4", b"abcd", 0, SHORT),
        ("text@4+4", b"abcd12", 0, SHORT),
        ("text@4+4", b"abcd12 3", 0, MAGIC),
        ("text@4+4", b"abcd    ", 0, MAGIC),
        ("bcd@0+2", b"\x1a\x00", 0, MAGIC),
        ("bcd@0+2", b"\x10", 0, SHORT),
        ('text@"seq="', b"hello seq=123", 2, CUT),
        ('text@"seq="', b"hello seq=123", 5, CUT),
        ("text@0", b"123", 1, CUT),
        ("text@0+3", b"123", 1, CUT),
        ('text@"seq="+4', b"seq=123", 0, SHORT),
        ('text@"s="%100', b"s=100,", 0, MAGIC),
        ("text@0", b"-1", 0, MAGIC),
        ('text@"seq="', b"x" * (4096) + b"seq=1", 0, MAGIC),
        ("varint@1", b"x", 0, SHORT),
        ("varint@0", b"\xac", 0, SHORT),
        ("varint@0", b"\xac\x02", 1, CUT),
        ("varint@0", b"\xff" * 9 + b"\x02", 0, MAGIC),
        ("varint@0", b"\x80" * 10 + b"\x00", 0, MAGIC),
        ('varint@"n"', b"xn", 0, SHORT),
        ("varint@0%200", b"\xc8\x01", 0, MAGIC),
    ],
)
@pytest.mark.parametrize("kernel", KERNELS, ids=lambda kernel: kernel.NAME)
def test_what_is_no_number_has_its_reason(kernel: Any, seq: str, payload: bytes, cut: int, status: int) -> None:
    assert read(kernel, f"udp:5000 seq={seq}", [framed(payload, cut=cut)]) == ([status], [])


SPECS = [
    'udp seq=text@"q="',
    "udp:5000 seq=text@2",
    "udp seq=text@-4",
    "udp seq=text@1+3",
    "udp seq=hex@0",
    'udp seq=hex@"="+2',
    "udp seq=bcd@1+2",
    "udp seq=bcd@-2+1",
    'udp stream=u8@0 magic=u8@1!=0x31 seq=text@"="',
    'udp seq=text@"q="%50',
    "ip seq=text@-2",
    "udp seq=varint@0",
    'udp stream=u8@0 seq=varint@"q"%50',
    "udp seq=varint@-3",
]
PIECES = st.lists(
    st.sampled_from([b"q=", b"=", b"1", b"23", b"9", b" ", b"a", b"F", b"\x12", b"\x9a", b"q", b"\xff" * 9]),
    max_size=14,
)


@settings(max_examples=400, deadline=None)
@given(
    st.sampled_from(SPECS),
    st.lists(st.tuples(PIECES, st.sampled_from([0, 0, 0, 1, 3])), min_size=1, max_size=30),
    st.lists(st.integers(1, 30), max_size=2),
)
def test_both_kernels_agree(spec: str, payloads: list[tuple[list[bytes], int]], cuts: list[int]) -> None:
    program = layout.compile(parse(spec))
    some = [framed(b"".join(pieces), cut=cut) for pieces, cut in payloads]
    for made in (roomy(some), block(some)):
        assert decode(native, program, made, cuts) == decode(reference, program, made, cuts)


@pytest.mark.parametrize(
    "spec",
    [
        'udp:5000 seq=text@"seq="',
        "udp seq=text@'\"Seq\": '%1000",
        "udp seq=hex@-8+8",
        'tcp seq=text@"a%b = "+6',
        "udp seq=bcd@3+4",
        "udp seq=varint@3",
        "udp seq=varint@-3%1000",
    ],
)
def test_there_and_back(spec: str) -> None:
    made = parse(spec)
    assert write(made) == spec
    assert files.from_table(tomllib.loads(files.dump(made))) == made


def test_what_a_number_of_digits_may_be() -> None:
    assert parse("udp seq=text@0+8").modulus == 10**8
    assert parse("udp seq=hex@0+4").modulus == 16**4
    assert parse("udp seq=bcd@0+4").modulus == 10**8
    assert parse("udp seq=text@0").modulus == parse("udp seq=text@0+20").modulus == 0
    assert parse('UDP SEQ=TEXT@"Seq="').seq == Digits(kind="text", label="Seq=")
    for spec in (
        "udp seq=text@0+21",
        "udp seq=bcd@0",
        "udp seq=varint@0+2",
        "udp seq=text@-2+4",
        f'udp seq=text@"{LONG}"',
        'udp seq=text@"é"',
    ):
        with pytest.raises(UsageError):
            parse(spec)
    for spec in ('udp seq=text@"', "udp seq=text", 'udp stream=text@"a" seq=u8@0'):
        with pytest.raises(UsageError):
            parse(spec)


def captured(path: Path, payloads: Sequence[bytes]) -> str:
    frames = [framed(payload).data for payload in payloads]
    path.write_bytes(pcap_file([Packet(data=each, ns=10**18 + at, wire=len(each)) for at, each in enumerate(frames)]))
    return str(path)


def test_an_analysis_and_the_first_values(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    numbers = [at for at in range(200) if at != 90]
    numbers.insert(150, 120)
    capture = captured(tmp_path / "run.pcap", [f"log seq={number} v=1".encode() for number in numbers])
    report = analyze(capture, layout='udp:5000 seq=text@"seq="')
    assert (report.records.sequenced, report.duplicates.total, report.gaps.missing) == (200, 1, 1)
    assert main(["layouts", 'udp:5000 seq=text@"seq="', "--on", capture]) == 0
    assert "71 3d [30] 20 76" in capsys.readouterr().out
    assert main(["layouts", 'udp:5000 seq=text@"seq="']) == 0
    assert "decimal text after the first 'seq='" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    ("spec", "payload"),
    [
        ('udp:5000 seq=text@"seq="', b"a seq= %d,"),
        ("udp:5000 seq=text@2+6", b"ab%6d."),
        ("udp:5000 seq=hex@0", b"%x "),
        ("udp:5000 seq=text@0", b"%d"),
    ],
)
def test_tshark_reads_the_same(spec: str, payload: bytes, tmp_path: Path) -> None:
    numbers = [0, 7, 1234, 99_999, 65_536]
    capture, script = (
        Path(captured(tmp_path / "run.pcap", [payload % number for number in numbers])),
        tmp_path / "l.lua",
    )
    script.write_text(dissector(resolve(spec)))
    assert [int(row[1]) for row in tshark(capture, script, "frame.number", "seqcheck.custom.seq")] == numbers


def test_tshark_reads_bcd(tmp_path: Path) -> None:
    capture, script = (
        Path(captured(tmp_path / "run.pcap", [b"x\x12\x34", b"x\x00\x99", b"x\x1f\x00"])),
        tmp_path / "l.lua",
    )
    script.write_text(dissector(resolve("udp:5000 seq=bcd@1+2")))
    assert [int(row[1]) for row in tshark(capture, script, "frame.number", "seqcheck.custom.seq")] == [1234, 99]


def test_tshark_reads_varints(tmp_path: Path) -> None:
    payloads = [b"x\x07", b"x\xac\x02", b"x\xac", b"x" + b"\xff" * 9 + b"\1", b"x" + b"\xff" * 9 + b"\2"]
    capture, script = Path(captured(tmp_path / "run.pcap", payloads)), tmp_path / "l.lua"
    script.write_text(dissector(resolve("udp:5000 seq=varint@1")))
    found = [int(row[1]) for row in tshark(capture, script, "frame.number", "seqcheck.custom.seq")]
    assert found == [7, 300, 2**64 - 1]


def test_varints_from_the_simulator_to_the_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capture, spec = str(tmp_path / "run.pcap"), "udp:5000 seq=varint@3"
    assert main(["simulate", "--layout", spec, "--frames", "5000", capture]) == 0
    report = analyze(capture, layout=spec)
    assert (report.records.sequenced > 4000, report.gaps.missing, report.streams[0].restarts) == (True, 0, 0)
    capsys.readouterr()
    assert main(["layouts", spec]) == 0
    assert "a varint from byte 3 on" in " ".join(capsys.readouterr().out.split())


def test_who_cannot_write_digits_says_so() -> None:
    with pytest.raises(UsageError, match="digits"):
        packet_class(parse("udp seq=text@0+4"))
