"""Numbers in pieces, with steps, and starting at another value than 0: the language, both kernels, what is written and
shown."""

from __future__ import annotations

import tomllib
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from containers import Packet, pcap_file
from hypothesis import given, settings
from hypothesis import strategies as st
from made_layouts import counts
from packets import Frame, block, ethernet, ipv4, udp
from twins import KERNELS, decode, native, reference

from seqcheck import analyze, layout
from seqcheck.cli.main import main
from seqcheck.errors import UsageError
from seqcheck.kernel import border
from seqcheck.layout import files, parse, write
from seqcheck.layout.model import FULL, Pieces
from seqcheck.layout.scapy_bridge import packet_class

RECORD, CUT, SHORT, MAGIC = border.RECORD, border.CUT, border.SHORT, border.MAGIC
MARGIN = b"\xee" * 300


def framed(payload: bytes, *, cut: int = 0) -> Frame:
    data = ethernet(ipv4(udp(payload)))
    return Frame(data[: len(data) - cut], len(data), 1)


def roomy(some: list[Frame]) -> border.Frames:
    made = block(some)
    made.buf = np.concatenate([made.buf, np.frombuffer(MARGIN, np.uint8)])
    return made


def read(kernel: Any, spec: str, some: list[Frame]) -> tuple[list[int], list[int]]:
    """Statuses and numbers."""
    records = border.RecordColumns(len(some))
    kernel.Decoder(layout.compile(parse(spec))).decode(roomy(some), 0, len(some), records)
    return records.status.tolist(), records.seq[: records.count].tolist()


@pytest.mark.parametrize(
    ("seq", "payload", "number"),
    [
        ("u16be@0:u16be@4", "1234 ffff 5678", 0x12345678),
        ("u16be@4:u16be@0", "1234 ffff 5678", 0x56781234),
        ("u16le@0:u8@4", "1234 ffff 56", 0x341256),
        ("u8@0&0x0f:u8@1&0xf0:u8@-1", "3a 5b cc", 0xA5CC),
        ("u16be@0:u48be@2", "ffff 800000000001", 0xFFFF800000000001),
        ("u32be@0:u32be@4", "80000001 ffffffff", 0x80000001FFFFFFFF),
        ("u8@0:u8@1:u8@2:u8@3", "01 02 03 04", 0x01020304),
        ("u16be@0:u16be@2%65537", "0001 0000", 0x10000),
        ("u16be@0 step=30", "0078", 4),
        ("u16be@0 step=30", "000e", 2185),  # 65,550 = 2,185 * 30 stands there as 14
        ("u16be@0 step=2", "0009", 4),
        ("u32be@0%9000 step=90", "000022ec", 99),
        ("u64be@0 step=3", "0000000000000002", 2 * 12297829382473034411 % 2**64),  # 3 * that is 2 more than 2**65
        ("u16be@0:u16be@2 step=1448", "0000 05a8", 1),
        ("u8@0 from=1", "01", 1),
        ("u8@0 from=1", "ff", 0),
        ("u16be@0%100 from=1000", "03e8", 0),
        ("u16be@0%100 from=1000", "044b", 99),
        ('text@"n=" step=10', "6e3d323530", 25),
        ("text@0+3 from=1", "393939", 0),
    ],
)
@pytest.mark.parametrize("kernel", KERNELS, ids=lambda kernel: kernel.NAME)
def test_the_number_that_stands_there(kernel: Any, seq: str, payload: str, number: int) -> None:
    assert read(kernel, f"udp:5000 seq={seq}", [framed(bytes.fromhex(payload))]) == ([RECORD], [number])


@pytest.mark.parametrize(
    ("seq", "payload", "cut", "status"),
    [
        ("u8@0 from=1", "00", 0, MAGIC),
        ("u16be@0%100 from=1000", "03e7", 0, MAGIC),
        ("u16be@0%100 from=1000", "044c", 0, MAGIC),
        ("u32be@0%9000 step=90", "00002328", 0, MAGIC),
        ("u16be@0%1024 step=30", "0400", 0, MAGIC),
        ("u16be@0:u16be@2%65536", "0001 0000", 0, MAGIC),
        ("u16be@0:u16be@2", "0001 00", 0, SHORT),
        ("u16be@0:u16be@2", "0001 0000", 1, CUT),
        ("u16be@2:u16be@0%10", "ffff 0000", 1, CUT),
    ],
)
@pytest.mark.parametrize("kernel", KERNELS, ids=lambda kernel: kernel.NAME)
def test_what_is_no_number_has_its_reason(kernel: Any, seq: str, payload: str, cut: int, status: int) -> None:
    assert read(kernel, f"udp:5000 seq={seq}", [framed(bytes.fromhex(payload), cut=cut)]) == ([status], [])


SPECS = [
    "udp seq=u8@0:u8@2", "udp:5000 seq=u16le@-2:u8@0%70000", "udp stream=u8@1 seq=u8@0:u16be@2 step=6",
    "ip seq=u8@8:u8@-1",    "udp seq=u8@0 from=1", "udp seq=u8@0%16 step=4", "udp magic=u8@1!=3 seq=u16be@0%99 step=9",
    "udp seq=u16be@0 step=10",
    "udp:1-4,5000,7000-7010 seq=u8@0", 'udp seq=text@"=" step=3', "udp seq=u16be@0%40 from=3", "tcp:5000-5009 seq=u8@0",
]  # fmt: skip
PAYLOADS = st.lists(
    st.tuples(
        st.binary(max_size=4) | st.sampled_from([b"=12", b"\0\0\0\0", b"\1\0\2\0\3"]),
        st.sampled_from([0, 0, 0, 1, 3]),
        st.sampled_from([5000, 5000, 4, 5, 7010, 7011]),
    ),
    min_size=1,
    max_size=30,
)


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(SPECS), PAYLOADS, st.lists(st.integers(1, 30), max_size=2))
def test_both_kernels_agree(spec: str, payloads: list[tuple[bytes, int, int]], cuts: list[int]) -> None:
    program = layout.compile(parse(spec))
    some = list[Frame]()
    for payload, cut, port in payloads:
        data = ethernet(ipv4(udp(payload, dport=port)))
        some.append(Frame(data[: len(data) - cut], len(data), 1))
    for made in (roomy(some), block(some)):
        expected = decode(reference, program, made, cuts)
        assert decode(native, program, made, cuts) == expected
        assert decode(native, program, made, cuts, any_processor=True) == expected


@settings(max_examples=300, deadline=None)
@given(st.data(), st.sampled_from([256, 65536, 1 << 32, 0, 9000, 4096]), st.integers(0, 1 << 70))
def test_every_step_is_one_more(data: st.DataObject, modulus: int, begin: int) -> None:
    """A plain counter, written as the wire has it: both kernels read numbers that go up by one, round and round."""
    span = modulus or FULL
    step, least = data.draw(counts(modulus))
    span = span - least if least else span
    spec = f"udp:5000 seq=u64be@0%{span} step={step} from={least}"
    spec = spec.replace(" step=1 ", " ").replace(" from=0", "")
    made = parse(spec)
    values = [(begin * step + at * step) % span if step > 1 else least + (begin + at) % span for at in range(40)]
    some = [framed(value.to_bytes(8, "big")) for value in values]
    numbers = made.counted or FULL
    for kernel in KERNELS:
        status, seq = read(kernel, spec, some)
        assert status == [RECORD] * 40
        assert all((later - before) % numbers == 1 for before, later in pairwise(seq))
        assert len(set(seq)) == min(40, numbers)
        if step > 1:
            shared = span // numbers  # so many values are one number
            assert [made.value(number) for number in seq] == [value - value % shared for value in values]
        else:
            assert [made.value(number) for number in seq] == values


@pytest.mark.parametrize(
    "spec",
    [
        "udp:5000 seq=u16be@12:u32be@2",
        "udp seq=u8@0&0xf:u8@1&0xf0:u24le@-3%1000",
        "tcp seq=u32be@4 step=1448",
        "udp stream=u8@0 seq=u16be@2%65535 from=1 time=u32be@4:s",
        "udp:5000,5002-5010 seq=u8@0",
        'udp seq=text@"a:b" from=1',
    ],
)
def test_there_and_back(spec: str) -> None:
    made = parse(spec)
    assert write(made) == spec.replace("%65535", "")
    assert files.from_table(tomllib.loads(files.dump(made))) == made


def test_what_a_file_may_say() -> None:
    table = {"anchor": "udp:5000-5001", "seq": "u16be@0", "step": 30}
    assert files.from_table(table) == parse("udp:5000-5001 seq=u16be@0 step=30")
    with pytest.raises(UsageError):
        files.from_table({**table, "step": True})


def test_names_of_a_struct_may_be_pieces() -> None:
    made = parse("udp:5000 struct=>HIH:low,flow,high seq=high:low stream=flow")
    assert made == parse("udp:5000 stream=u32be@2 seq=u16be@6:u16be@0")
    assert isinstance(made.seq, Pieces)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("udp seq=u64be@0:u8@8", "72 bits"),
        ("udp seq=u8@0:u8@1:u8@2:u8@3:u8@4", "5 pieces"),
        ("udp seq=u8@0:", "not TYPE@OFFSET"),
        ("udp seq=u8@0&5:u8@1", "not adjacent"),
        ("udp seq=u8@0 step=0", "a step of 0"),
        ("udp seq=u8@0 step=256", "a step of 256"),
        ("udp seq=u8@0%100 step=30", "never return to their start"),
        ("udp seq=u8@0 step=2 from=1", "may have one"),
        ("udp seq=u8@0 from=255", "a count from 255"),
        ("udp seq=u8@0%256 from=1", "256 does not fit"),
        ("udp:5000-4000 seq=u8@0", "not a port or a range"),
        ("udp:5000, seq=u8@0", "not a port"),
        ("udp:0-7 seq=u8@0", "0 is not a valid port"),
        ("ip:1,2 seq=u8@0", "not a number"),
        ("udp:" + ",".join(str(port) for port in range(1, 80, 2)) + " seq=u8@0", "port"),
    ],
)
def test_mistakes(text: str, what: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(text)
    assert what in caught.value.message + caught.value.hint


def test_ports_are_told_in_order() -> None:
    assert write(parse("udp:9,7-8,5,1-3,2 seq=u8@0")) == "udp:1-3,5,7-9 seq=u8@0"
    assert write(parse("udp:5000-5000 seq=u8@0")) == "udp:5000 seq=u8@0"
    assert layout.resolve("iperf3:5201-5210").ports == ((5201, 5210),)
    assert layout.resolve("rtp:5004,5006").ports == ((5004, 5004), (5006, 5006))


def captured(path: Path, payloads: list[tuple[int, bytes]]) -> str:
    frames = [ethernet(ipv4(udp(payload, dport=port))) for port, payload in payloads]
    path.write_bytes(pcap_file([Packet(data=each, ns=10**18 + at, wire=len(each)) for at, each in enumerate(frames)]))
    return str(path)


def test_an_analysis_of_several_ports(tmp_path: Path) -> None:
    """Each port is a stream of its own; what goes to others is no record."""
    rows = [(port, at.to_bytes(4, "big")) for at in range(50) for port in (5000, 5003, 5009, 6000) if at != 20]
    capture = captured(tmp_path / "run.pcap", rows)
    report = analyze(capture, layout="udp:5000,5002-5009 seq=u32be@0")
    assert [stream.key["dport"] for stream in report.streams] == [5000, 5003, 5009]
    assert (report.records.sequenced, report.gaps.missing, report.records.foreign) == (147, 3, 49)
    assert report.layout.spec == "udp:5000,5002-5009 seq=u32be@0"


def test_an_analysis_of_steps_over_the_end(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """30 bytes a record, a counter of 16 bits that rolls over in the middle of a step."""
    numbers = [at for at in range(5000) if at not in (2184, 2185, 4000)]
    numbers.insert(3000, 2900)
    capture = captured(tmp_path / "run.pcap", [(5000, (at * 30 % 65536).to_bytes(2, "big")) for at in numbers])
    report = analyze(capture, layout="udp:5000 seq=u16be@0 step=30")
    assert (report.records.sequenced, report.duplicates.total, report.gaps.missing) == (4998, 1, 3)
    assert (report.streams[0].late, report.streams[0].restarts) == (0, 0)
    assert main(["layouts", "udp:5000 seq=u16be@0 step=30"]) == 0
    assert "the numbers shown count the steps" in " ".join(capsys.readouterr().out.split())
    assert main(["layouts", "udp:5000-5001 seq=u8@0:u8@1", "--on", capture]) == 0
    assert "0: [00 1e]" in capsys.readouterr().out


def test_a_counter_that_skips_0_misses_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    values = [1 + at % 255 for at in range(900)]
    capture = captured(tmp_path / "run.pcap", [(6454, bytes([value])) for value in values])
    assert analyze(capture, layout="udp seq=u8@0 from=1").gaps.missing == 0
    assert analyze(capture, layout="udp seq=u8@0").gaps.missing == 3
    assert main(["layouts", "udp seq=u8@0 from=1"]) == 0
    assert "begins again at 1 after 255" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    "spec",
    [
        "udp:5000-5004 seq=u8@0:u16le@4:u8@9",
        "udp seq=u16be@0 step=30",
        "udp seq=u16be@0%9000 step=90",
        "udp seq=u8@0:u8@4 step=6",
        "udp seq=u8@0 from=1",
        "udp seq=u16be@0:u16be@8 from=9",
        'udp stream=u8@0 seq=text@"n="',
        "udp seq=text@4+9 step=5",
        "udp seq=bcd@4+5",
        "udp seq=hex@-9+8",
        'udp seq=hex@"x"',
    ],
)
def test_the_simulator_writes_what_is_read(spec: str, tmp_path: Path) -> None:
    capture = tmp_path / "run.pcap"
    argv = ["--frames", "3000", "--ring-size", "64", "--stale", "3", "--size", "120", "--streams", "2"]
    assert main(["simulate", str(capture), "--layout", spec, *argv]) == 0
    report = analyze(str(capture), layout=spec)
    assert (report.records.sequenced, report.duplicates.total, len(report.streams)) == (3000, 3, 2)
    assert report.gaps.missing == 0


def test_a_scapy_class_has_a_field_for_each_piece() -> None:
    made = packet_class(parse("udp seq=u16be@4:u16be@0"))
    assert [field.name for field in made.fields_desc] == ["seq2", "skipped2", "seq1"]
