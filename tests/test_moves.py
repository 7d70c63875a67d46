"""Places that the payload itself tells: moves by lengths, over lists of elements, into BER; the language, both kernels,
the dissector, the simulator, what is shown and what stays in a redacted copy."""

from __future__ import annotations

import struct
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packets import block
from test_digits import captured, framed, read, roomy
from test_layout_wireshark import tshark
from twins import KERNELS, decode, native, reference

from seqcheck import analyze, layout
from seqcheck.capture.redaction import Redactor
from seqcheck.cli.main import main
from seqcheck.decode.decoder import Reader
from seqcheck.errors import UsageError
from seqcheck.kernel import border
from seqcheck.layout import dissector, files, parse, resolve, words, write
from seqcheck.layout.scapy_bridge import packet_class

RECORD, CUT, SHORT, MAGIC = border.RECORD, border.CUT, border.SHORT, border.MAGIC
LIST = "udp:5000 magic=u8@0==7 move=1 move=2+u8@+1:u8@+0==9 seq=u16be@+2"  # type, length, content
RTP = "udp:5000 move=12+4*u8@0&0x0f move=4+4*u16be@+2?u8@0&0x10 seq=u16be@+0:u16be@2"
BER = "udp:5000 move=1 move=ber:0x61 stream=ber@0x80 seq=ber@0x86"
PADDED = "udp:5000 move=u8@0/4 seq=u8@+0"
SPECS = [LIST, RTP, BER, PADDED, "udp:5000 move=u16le@-2 stream=u8@0 magic=u8@+0!=3 seq=text@+1",
         "udp:5000 stream=u8@0 seq=ber@0x86%1000", "udp:5000 move=ber:0x60 move=ber:0xa2 seq=u16be@+0 step=30",
         "udp:5000 move=2*u16be@0&0x00f0?u8@1&0x01 seq=u32be@-4 stream=u8@+0",
         "udp move=ber:0x61 seq=u8@+0 from=1"]  # fmt: skip


def element(tag: int, content: bytes, *, long: int = 0) -> bytes:
    """A BER element, its length in `long` bytes if that is not 0."""
    length = bytes([len(content)]) if not long else bytes([0x80 | long]) + len(content).to_bytes(long, "big")
    return bytes([tag]) + length + content


NAME = element(0x80, b"relay/LLN0$GO$gcb01")


@pytest.mark.parametrize("kernel", KERNELS, ids=lambda kernel: kernel.NAME)
@pytest.mark.parametrize(
    ("spec", "payload", "number"),
    [
        (LIST, b"\7\1\3abc\2\0\x09\2\x12\x34", 0x1234),
        (LIST, b"\7\x09\2\0\5", 5),
        (RTP, bytes([0x80, 96]) + struct.pack(">H", 7) + bytes(8) + b"\0\1", 1 << 16 | 7),
        (RTP, bytes([0x82, 96]) + struct.pack(">H", 8) + bytes(8) + bytes(8) + b"\0\2", 2 << 16 | 8),
        (RTP, bytes([0x91, 96]) + struct.pack(">H", 9) + bytes(12) + b"\xbe\xde\0\2" + bytes(8) + b"\0\3", 3 << 16 | 9),
        (BER, b"x" + element(0x61, NAME + element(0x86, b"\x05")), 5),
        (BER, b"x" + element(0x61, NAME + element(0xBF & ~0x1F, b"abc") + element(0x86, b"\1\0\0"), long=2), 65536),
        (BER, b"x" + element(0x61, element(0x80, b"a") + element(0x86, b"\0" + b"\xff" * 8), long=1), (1 << 64) - 1),
        (PADDED, b"\5" + bytes(7) + b"\x2a", 42),
        (PADDED, b"\4" + bytes(3) + b"\x2b", 43),
    ],
)  # fmt: skip
def test_the_number_that_stands_there(kernel: Any, spec: str, payload: bytes, number: int) -> None:
    assert read(kernel, spec, [framed(payload)]) == ([RECORD], [number])


@pytest.mark.parametrize("kernel", KERNELS, ids=lambda kernel: kernel.NAME)
@pytest.mark.parametrize(
    ("spec", "payload", "cut", "status"),
    [
        (LIST, b"\7\1\3abc\2\0", 0, MAGIC),  # no such element
        (LIST, b"\7\1\3ab", 0, MAGIC),  # an element that does not end in the payload
        (LIST, b"\7\1\3abc\x09\2\x12\x34", 3, CUT),
        (LIST, b"\7\x09\2\1", 0, SHORT),
        (LIST, b"\6\x09\2\0\5", 0, MAGIC),
        ("udp:5000 move=u8@+0:u8@+1==9 seq=u8@+0", b"\0" * 9, 0, MAGIC),  # an element without length
        ("udp:5000 move=1:u8@+0==9 seq=u8@+0", b"\0" * 64 + b"\x09", 0, MAGIC),  # too many of them
        ("udp:5000 move=1:u8@+0==9 seq=u8@+0", b"\0" * 63 + b"\x09", 0, RECORD),
        (RTP, bytes([0x8F]) + bytes(40), 0, SHORT),
        ("udp:5000 move=u64be@0 seq=u8@+0", b"\xff" * 9, 0, SHORT),
        (BER, b"x" + element(0x61, NAME), 0, MAGIC),
        (BER, b"x" + element(0x61, NAME + element(0x86, b"")), 0, MAGIC),
        (BER, b"x" + element(0x61, NAME + element(0x86, b"\1" * 9)), 0, MAGIC),
        (BER, b"x\x61\x80" + NAME + element(0x86, b"\1"), 0, MAGIC),  # an indefinite length
        (BER, b"x" + element(0x61, element(0x9F, b"a") + element(0x86, b"\1")), 0, MAGIC),  # a tag of several bytes
        (BER, b"x" + element(0x61, NAME + element(0x86, b"\1")), 1, CUT),
        (BER, b"x" + element(0x61, NAME + element(0x86, b"\1")), 9, CUT),
        (BER, b"x" + element(0x61, NAME + b"\x86\4\1"), 0, MAGIC),
    ],
)  # fmt: skip
def test_what_is_no_number_has_its_reason(kernel: Any, spec: str, payload: bytes, cut: int, status: int) -> None:
    assert read(kernel, spec, [framed(payload, cut=cut)])[0] == [status]


@st.composite
def payloads(draw: st.DrawFn) -> bytes:
    """Elements and headers that the layouts nearly fit, some of them changed."""
    number = draw(st.integers(0, 9)).to_bytes(draw(st.integers(1, 3)), "big")
    base = draw(
        st.sampled_from([
            b"\7\1\3abc\x09\2" + number.rjust(2, b"\0"),
            bytes([0x80 | draw(st.integers(0, 3)) | draw(st.sampled_from([0, 0x10]))]) + bytes(11) + b"\0\0\0\1" * 5,
            b"x" + element(0x61, NAME + element(0x86, number), long=draw(st.integers(0, 4))),
            element(0x60, element(0xA2, b"\0" + number)) + b"\0\0",
            bytes([draw(st.integers(0, 12))]) + bytes(16),
        ])
    )  # fmt: skip
    data = bytearray(base)
    for _ in range(draw(st.integers(0, 2))):
        data[draw(st.integers(0, len(data) - 1))] = draw(st.sampled_from([0, 1, 2, 3, 9, 0x61, 0x80, 0x84, 0x86, 255]))
    return bytes(data)


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(SPECS), st.lists(st.tuples(payloads(), st.sampled_from([0, 0, 0, 1, 4])), min_size=1, max_size=30),
    st.lists(st.integers(1, 30), max_size=2),
)  # fmt: skip
def test_both_kernels_agree(spec: str, some: list[tuple[bytes, int]], cuts: list[int]) -> None:
    program = layout.compile(parse(spec))
    frames = [framed(payload, cut=cut) for payload, cut in some for _ in range(2)]
    for made in (roomy(frames), block(frames)):
        assert decode(native, program, made, cuts) == decode(reference, program, made, cuts)


@pytest.mark.parametrize("spec", SPECS)
def test_there_and_back(spec: str) -> None:
    made = parse(spec)
    assert parse(write(made)) == made
    assert files.from_table(tomllib.loads(files.dump(made))) == made


def test_the_places_are_those_of_the_kernels() -> None:
    assert words.HERE == border.HERE


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("udp seq=u8@+0", "no move"),
        ("udp move=x seq=u8@+0", "not a number of bytes"),
        ("udp move=0 seq=u8@+0", "without a number of bytes"),
        ("udp move=u8@0/1 seq=u8@+0", "out of range"),
        ("udp move=u8@0&0x05 seq=u8@+0", "adjacent"),
        ("udp move=1:u8@0!=4 seq=u8@+0", "until"),
        ("udp move=1:u8@0==len seq=u8@+0", "until"),
        ("udp move=ber:0x1f seq=u8@+0", "more than one byte"),
        ("udp seq=ber@0x186", "more than one byte"),
        ("udp move=1 move=1 move=1 move=1 move=1 move=1 move=1 seq=u8@0", "too many move fields"),
        ("udp move=1 each=4 seq=u8@0", "a number outside them"),
        ("udp move=1 step=u8@0 seq=u8@1", "moves or BER"),
        ("udp seq=u8@16777216", "out of range"),
    ],
)
def test_what_cannot_be_is_refused(spec: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        parse(spec)


def test_a_long_name_stands_for_itself() -> None:
    """The key of a name is its FNV-1a hash; of a short one the number that its bytes make."""
    both = [b"x" + element(0x61, element(0x80, name) + element(0x86, b"\1")) for name in (b"MU01", b"abcdefghi")]
    frames = block([framed(payload) for payload in both])
    for kernel in KERNELS:
        _, _, keys, _ = decode(kernel, layout.compile(parse(BER)), frames, [])
        assert [key[-1][0] for key in keys] == [0x4D553031, 0xFB321124E0E3A8CC]


def test_what_is_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capture = captured(tmp_path / "run.pcap", [b"\7\1\1a\x09\2" + n.to_bytes(2, "big") for n in range(300)])
    assert main(["layouts", LIST, "--on", capture]) == 0
    assert "09 02 [00 00]" in capsys.readouterr().out
    assert main(["layouts", RTP]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "forward by 4 bytes plus 4 times the value of bytes 2 to 3 of that place (u16be), if byte 0 (u8)" in said
    assert main(["layouts", BER]) == 0
    assert "into the first BER element 0x61" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    ("spec", "some"),
    [
        (LIST, [b"\7\1\3abc\x09\2\1\2", b"\7\x09\2\0\5", b"\7\1\3abc"]),
        (RTP, [bytes([0x91, 96]) + struct.pack(">H", 9) + bytes(12) + b"\xbe\xde\0\1" + bytes(4) + b"\0\3"]),
        (BER, [b"x" + element(0x61, NAME + element(0x86, b"\1\2"), long=2), b"x" + element(0x61, NAME)]),
        (PADDED, [b"\5" + bytes(7) + b"\x2a", b"\x0d" + bytes(7)]),
    ],
)
def test_tshark_reads_the_same(spec: str, some: list[bytes], tmp_path: Path) -> None:
    capture, script = Path(captured(tmp_path / "run.pcap", some)), tmp_path / "l.lua"
    script.write_text(dissector(resolve(spec)))
    _, expected = read(reference, spec, [framed(payload) for payload in some])
    assert [int(row[1]) for row in tshark(capture, script, "frame.number", "seqcheck.custom.seq")] == expected


RTPS = (
    "udp:7400 magic=u32be@0==0x52545053 move=20 move=4+u16le@+2:u16be@+0&0xff01==0x1501 stream=u64be@8 stream=u32be@16"
    " stream=u32be@+12 seq=u32le@+16:u32le@+20"
)  # the first DATA submessage of each frame


@pytest.mark.parametrize("spec", [LIST, RTP, BER, "goose", "sv", RTPS, "rtp-extended:5004"])
def test_from_the_simulator_to_the_report(spec: str, tmp_path: Path) -> None:
    capture = str(tmp_path / "run.pcap")
    assert main(["simulate", "--layout", spec, "--frames", "3000", "--size", "200", capture]) == 0
    report = analyze(capture, layout=spec)
    assert report.records.sequenced > 2000
    assert (report.gaps.missing, report.duplicates.total) == (0, 0)


@pytest.mark.parametrize(
    ("spec", "payload"),
    [
        (LIST, b"\7\1\3abc\x09\2\1\2swordfish"),
        (BER, b"x" + element(0x61, NAME + element(0x86, b"\1\2")) + b"swordfish"),
    ],
)
def test_a_redacted_copy_can_be_read_again(spec: str, payload: bytes) -> None:
    frame = framed(payload).data
    made = Redactor(resolve(spec), b"key" * 8).frame(frame, len(frame), 1)
    assert b"swordfish" not in made
    assert Reader(resolve(spec)).read(made, len(made), 1) == {"seq": 0x0102}


def test_who_needs_fixed_places_says_so() -> None:
    with pytest.raises(UsageError, match="fixed places"):
        packet_class(parse(LIST))
