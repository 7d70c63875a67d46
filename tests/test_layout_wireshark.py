"""The dissectors, run by tshark on captures that our own decoder reads."""

import random
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from containers import Packet, pcap_file
from test_chain import FORMATS
from test_spread import frame
from test_spread import told as read_by
from tunnels import TUNNELS, packet

from seqcheck.cli.main import main
from seqcheck.engine import session
from seqcheck.kernel import load
from seqcheck.layout import Layout, Word, builtins, dissector, resolve
from seqcheck.layout.wireshark import name

LAYOUTS = [
    "seqcheck", "seqcheck-eth", "pktgen", "gre-key", "ah", "erspan", "trex-stl", "ptp", "sockperf", "rtp:5004",
    "udp:5000 seq=u24le@3 stream=u8@0&0x0f", "udp:5000 seq=u16be@-4%1500", "eth:0x1234 seq=u16le@2&0x3fff",
    "udp:5000 seq=u32be@0 time=u32be@4:s time=u32be@8:us", "udp:5000-5007,6000 seq=u16be@2:u8@0:u16le@6",
    "udp:5000 seq=u16be@0 step=30", "udp:5000 seq=u32be@0:u32be@8 step=1448", "udp:5000 seq=u32be@0%90000 step=90",
    "udp:5000 seq=u8@0 from=1", "udp:5000 stream=u8@2 seq=u16le@0%65535 from=1",
    'udp:5000 seq=text@"seq="+7', "udp:5000 stream=u8@30 seq=hex@2+5", 'udp:5000 seq=text@"n" step=10',
    "udp:5000 seq=bcd@1+4",
]  # fmt: skip


def tshark(capture: Path, script: Path, *fields: str) -> list[list[str]]:
    argv = ["tshark", "-X", f"lua_script:{script}", "-r", str(capture), "-Y", fields[1], "-T", "fields"]
    try:
        done = subprocess.run(
            [*argv, *(word for field in fields for word in ("-e", field))], capture_output=True, text=True, check=True
        )
    except FileNotFoundError:
        pytest.skip("needs tshark")
    assert "Lua" not in done.stderr, done.stderr
    return [line.split("\t") for line in done.stdout.splitlines()]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_tshark_sees_the_records_that_we_see(layout: str, tmp_path: Path) -> None:
    capture, script = tmp_path / "run.pcapng", tmp_path / "layout.lua"
    argv = ["--frames", "300", "--ring-size", "64", "--host-share", "0.05", "--stale", "3", "--format", "pcapng"]
    assert main(["simulate", str(capture), "--layout", layout, "--size", "100", *argv]) == 0
    script.write_text(dissector(resolve(layout)))
    report = session.analyze(capture, layout)
    prefix = f"seqcheck.{name(resolve(layout))}"
    rows = tshark(capture, script, "frame.number", f"{prefix}.seq")
    assert len(rows) == report.records.sequenced
    numbers = {int(frame): int(seq) for frame, seq in rows}
    for each in report.duplicates.listed:
        assert numbers[each.frame] == numbers[each.earlier_frame or 0] == each.seq
    assert report.duplicates.total == 3


def payloads(many: int) -> list[bytes]:
    """Random ones, some of which hold records of these kinds, cut and lying ones too."""
    draw = random.Random(7)
    some = [0, 1, 2, 3, 5, 8, 12, 13, 16, 30, 255, 65535]
    pieces: list[Callable[[int], bytes]] = [
        lambda n: struct.pack(">BHHIHH", draw.choice([0x16, 0x17, 7]), 0xFEFD, n % 3, 0, n, draw.choice(some)),
        lambda n: struct.pack(">BBHI", draw.choice([0, 3, 64]), 3, draw.choice(some), n),
        lambda n: bytes([draw.choice([7, 0x47, 64]), n % 256, draw.randrange(9)]),
        lambda n: draw.randbytes(draw.randrange(9)),
    ]
    heads = [b"", b"\0\1\0\5", b"\3\2\1", b"\4\0", b"\1", b"\0\x09\0\0"]
    return [
        draw.choice(heads) + b"".join(draw.choice(pieces)(n) + draw.randbytes(draw.randrange(6)) for _ in range(5))
        for n in range(many)
    ]


@pytest.mark.parametrize("form", sorted(FORMATS))
def test_tshark_sees_all_records_of_a_frame(form: str, tmp_path: Path) -> None:
    spec, capture, script = FORMATS[form].spec, tmp_path / "run.pcap", tmp_path / "layout.lua"
    some = [frame(payload, None if at % 5 else 60) for at, payload in enumerate(payloads(300))]
    capture.write_bytes(
        pcap_file([Packet(data=each.data, ns=10**18 + at, wire=each.wire) for at, each in enumerate(some)])
    )
    script.write_text(dissector(resolve(spec)))
    rows, _, _ = read_by(resolve(spec), some, (), load())
    told: dict[int, list[int]] = {}
    for row, _, number in rows:
        told.setdefault(row + 1, []).append(number)
    seen = tshark(capture, script, "frame.number", "seqcheck.custom.seq")
    assert {int(number): [*map(int, seqs.split(","))] for number, seqs in seen} == told
    assert max(map(len, told.values())) > 1


KNOWN_TO_TSHARK = (
    "vxlan", "vxlan-tagged", "geneve", "gtp", "gre", "gre-all", "gre-ethernet", "erspan", "4in4", "4in6", "6in4",
    "mpls", "pppoe", "802.1ah", "hsr", "r-tag", "snap", "gre-in-vxlan",
)  # fmt: skip


def test_tshark_sees_the_records_inside_tunnels(tmp_path: Path) -> None:
    layout = "udp:5000 magic=u8@0==0x5a seq=u32be@1"
    frames = [
        bytes(TUNNELS[each][0](packet(b"\x5a" + at.to_bytes(4, "big") + bytes(15))))
        for at, each in enumerate(KNOWN_TO_TSHARK)
    ]
    capture, script = tmp_path / "run.pcap", tmp_path / "layout.lua"
    capture.write_bytes(
        pcap_file([Packet(data=data, ns=10**18 + at, wire=len(data)) for at, data in enumerate(frames)])
    )
    script.write_text(dissector(resolve(layout)))
    rows = tshark(capture, script, "frame.number", "seqcheck.custom.seq")
    assert [(int(frame), int(seq)) for frame, seq in rows] == [(at + 1, at) for at in range(len(frames))]


WRITERS = ("pcapng", "pcapng-all", "evidence", "recorder")


@pytest.mark.parametrize("writer", WRITERS)
def test_duplicates_of_a_capture_that_seqcheck_wrote_are_marked(writer: str, tmp_path: Path) -> None:
    sample, script = Path(__file__).parent.parent / "samples" / "stale-slot.pcap", tmp_path / "layout.lua"
    script.write_text(dissector(resolve("seqcheck")))
    made = tmp_path / "made.pcapng"
    if writer.startswith("pcapng"):
        assert main(["analyze", str(sample), "-q", "--layout", "seqcheck", "--report", f"{writer}={made}"]) == 1
    else:
        option = ["--evidence", str(made)]
        if writer == "recorder":
            option = ["--recorder", "8M", "--recorder-file", str(made), "--recorder-pause", "1h"]
        words = ["live", "-", "-q", "--layout", "seqcheck", *option, "--report", "json"]
        command = [sys.executable, "-m", "seqcheck", *words]
        done = subprocess.run(command, input=sample.read_bytes(), capture_output=True, check=False, timeout=120)
        assert done.returncode == 1, done.stderr
        made = max(tmp_path.glob("made*.pcapng"))
    report = session.analyze(sample, "seqcheck")
    twice = sorted(each.seq for each in report.duplicates.listed)
    prefix = "seqcheck.seqcheck"
    rows = tshark(made, script, f"{prefix}.seq", f"{prefix}.duplicate", "_ws.col.Info", "_ws.expert.message")
    assert sorted(int(seq) for seq, *_ in rows) == twice
    assert all(info.startswith("[Duplicate]") and "Number came before" in expert for _, _, info, expert in rows)
    if writer != "recorder":
        rows = tshark(made, script, f"{prefix}.seq", f"{prefix}.earlier_copy")
        assert sorted({int(seq) for seq, _ in rows}) == sorted(set(twice))
    assert tshark(sample, script, f"{prefix}.seq", f"{prefix}.duplicate") == []


def test_the_time_and_the_slot_are_shown(tmp_path: Path) -> None:
    script = tmp_path / "layout.lua"
    script.write_text(dissector(resolve("seqcheck")))
    capture = Path(__file__).parent.parent / "samples" / "stale-slot-stamped.pcap"
    rows = tshark(capture, script, "frame.number", "seqcheck.seqcheck.seq", "seqcheck.seqcheck.slot")
    assert all(slot.isdigit() for _, _, slot in rows)
    assert len({slot for _, _, slot in rows}) > 100


def test_the_command_prints_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["layouts", "pktgen", "--wireshark"]) == 0
    assert capsys.readouterr().out == dissector(resolve("pktgen"))
    assert main(["layouts", "--wireshark"]) == 2


@pytest.mark.parametrize("layout", builtins().values(), ids=lambda layout: layout.name)
def test_every_layout_has_one_of_printable_ascii(layout: Layout) -> None:
    text = dissector(layout)
    assert not [character for character in text if not (" " <= character <= "~" or character == "\n")]
    assert f'name = "{name(layout)}"' in text


def test_a_hostile_name_stays_a_string() -> None:
    layout = Layout(anchor="udp", seq=Word(bits=32, offset=0), name='x" }\nos.execute("id")\\', description="]]")
    text = dissector(layout)
    assert 'name = "x_os_execute_id"' in text
    assert 'title = "x\\034 }\\010os.execute(\\034id\\034)\\092"' in text
    assert not [line for line in text.splitlines() if line.startswith("os.")]
