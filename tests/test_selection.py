"""Which frames are read: by number, time and tcpdump expression; and the filter's machine against tcpdump itself."""

import json
import re
import shutil
import struct
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import seqcheck
from seqcheck import kernel
from seqcheck.capture import CaptureReader
from seqcheck.capture.selected import Selected
from seqcheck.cli.main import main
from seqcheck.cli.quantity import frames as frame_range
from seqcheck.cli.quantity import moment
from seqcheck.kernel.border import Frames
from seqcheck.linux import bpf as compiler
from seqcheck.wire import bpf

SAMPLES = Path(__file__).parent.parent / "samples"
STALE, STREAMS = SAMPLES / "thread-4096.pcap", SAMPLES / "two-streams.pcap"
BEGIN = seqcheck.analyze(STALE).capture.first_ns or 0
COMPILES = compiler._library() is not None or shutil.which("tcpdump") is not None
needs_compiler = pytest.mark.skipif(not COMPILES, reason="needs libpcap or tcpdump")
EXPRESSIONS = (
    "udp", "tcp", "udp port 5000", "not udp", "ip and udp[8:4] > 1000", "len > 100", "ip[8] < 10 or arp", "vlan",
    "udp[10:4] & 7 = 3", "ip6", "ether[6] & 1 = 0", "ip[2:2] % 3 = 1", "udp[8] * 2 + 1 > ip[0] / 3 - 2", "port 5001",
    "ether src 02:00:00:00:00:01 and (udp[0:2] >> 3) ^ 1 != 0", "ip[0] << 2 = 276", "5 < -ip[0]",
)  # fmt: skip


def numbers(path: Path, selection: seqcheck.Selection) -> list[int]:
    """Those of the frames that are read."""
    with CaptureReader([str(path)], kernel=kernel.load()) as reader:
        selected = Selected(reader, selection)
        return [frames.first + row for frames, low, high in selected for row in range(low, high)]


@pytest.mark.skipif(not shutil.which("tcpdump"), reason="needs tcpdump")
@pytest.mark.parametrize("name", ["mixed.pcapng", "two-streams.pcap", "retransmission.pcap"])
def test_expressions_take_what_tcpdump_takes(name: str, tmp_path: Path) -> None:
    taken = 0
    for number, expression in enumerate(EXPRESSIONS):
        part = tmp_path / f"{number}.pcap"
        command = ["tcpdump", "-n", "-r", str(SAMPLES / name), "-w", "-", expression]
        done = subprocess.run(command, capture_output=True, check=True, timeout=60)
        part.write_bytes(done.stdout)
        with CaptureReader([str(part)], kernel=kernel.load()) as reader:
            expected = [frames.ns[row] for frames, low, high in reader for row in range(low, high)]
        with CaptureReader([str(SAMPLES / name)], kernel=kernel.load()) as reader:
            selected = Selected(reader, seqcheck.Selection(where=expression))
            found = [frames.ns[row] for frames, low, high in selected for row in range(low, high)]
        assert [int(ns) // 1000 for ns in found] == [int(ns) // 1000 for ns in expected], expression
        taken += len(found)
    assert taken


def block(*data: bytes) -> Frames:
    made = Frames(len(data))
    made.buf = np.frombuffer(b"".join(data), np.uint8).copy()
    made.cap[:] = made.wire[:] = [len(each) for each in data]
    made.off[1:] = np.cumsum(made.cap)[:-1]
    made.count = len(data)
    return made


@pytest.mark.parametrize(("program", "taken"), [
    ([(0x06, 0, 0, 1)], [True, True, True]),
    ([], [False, False, False]),
    ([(0x20, 0, 0, 0), (0x16, 0, 0, 0)], [False, True, False]),                  # a word that all but one lack
    ([(0x30, 0, 0, 0), (0x16, 0, 0, 0)], [True, True, False]),                   # ret a
    ([(0x80, 0, 0, 0), (0x15, 0, 1, 1), (0x06, 0, 0, 9), (0x06, 0, 0, 0)], [True, False, False]),  # len == 1
    ([(0x01, 0, 0, 1), (0x50, 0, 0, 1), (0x06, 0, 0, 1)], [False, True, False]),   # ldb [x + 1]
    ([(0x00, 0, 0, 5), (0x01, 0, 0, 0), (0x3C, 0, 0, 0), (0x06, 0, 0, 1)], [False] * 3),  # division by zero
    ([(0x00, 0, 0, 7), (0x02, 0, 0, 3), (0x00, 0, 0, 0), (0x60, 0, 0, 3), (0x15, 0, 1, 7), (0x06, 0, 0, 1),
      (0x06, 0, 0, 0)], [True] * 3),                                            # through memory
    ([(0x00, 0, 0, 3), (0x07, 0, 0, 0), (0x00, 0, 0, 1), (0x6C, 0, 0, 0), (0x15, 0, 1, 8), (0x06, 0, 0, 1),
      (0x06, 0, 0, 0)], [True] * 3),                                            # 1 << x
    ([(0x00, 0, 0, 0), (0x14, 0, 0, 1), (0x15, 0, 1, 0xFFFFFFFF), (0x06, 0, 0, 1), (0x06, 0, 0, 0)], [True] * 3),
    ([(0x20, 0, 0, 0xFFFFF000), (0x06, 0, 0, 1)], [False] * 3),                 # the kernel's own offsets
    ([(0x05, 0, 0, 7), (0x06, 0, 0, 1)], [False] * 3),                          # a jump past the end
])  # fmt: skip
def test_the_machine(program: list[bpf.Instruction], taken: list[bool]) -> None:
    frames = block(b"\x01", b"\x02\x03\x04\x05", b"")
    assert bpf.matches(program, frames, np.arange(3)).tolist() == taken


@pytest.mark.parametrize("code", [0x94 | 0x60, 0x38, 0xA5, 0xE0, 0x84 | 0x70])
def test_the_machine_knows_what_it_does_not_know(code: int) -> None:
    with pytest.raises(ValueError, match="not known"):
        bpf.matches([(code, 0, 0, 1), (0x06, 0, 0, 1)], block(b"\x01\x02"), np.arange(1))


@pytest.mark.parametrize(("frames", "first", "last"), [
    ((1, 1), 1, 1), ((100, 200), 100, 200), ((4100, None), 4100, 4120), ((4000, 9999), 4000, 4120),
])  # fmt: skip
def test_by_number(frames: tuple[int, int | None], first: int, last: int) -> None:
    assert numbers(STALE, seqcheck.Selection(frames=frames)) == [*range(first, last + 1)]


def test_what_is_left_is_read_as_if_nothing_else_had_been_captured() -> None:
    whole = seqcheck.analyze(STALE)
    (twice,) = whole.duplicates.listed
    part = seqcheck.analyze(STALE, select=seqcheck.Selection(frames=(2, None)))
    (same,) = part.duplicates.listed
    assert (same.frame, same.earlier_frame, same.distance) == (twice.frame, twice.earlier_frame, twice.distance)
    assert part.capture.frames == part.records.sequenced == whole.capture.frames - 1
    assert part.capture.selected == "frames from 2 on (4,119 of 4,120 frames)"
    assert any("frames from 2 on" in caveat for caveat in part.verdict.caveats)
    assert seqcheck.analyze(STALE, select=seqcheck.Selection()) == whole


@pytest.mark.parametrize(("start", "end", "count"), [
    (timedelta(milliseconds=10), None, 3120), (None, timedelta(milliseconds=5), 500),
    (BEGIN + 10_000_000, BEGIN + 20_000_000, 1000), (BEGIN, BEGIN + 1, 1),
    (datetime.fromtimestamp(BEGIN // 10**9, UTC), None, 4120),
])  # fmt: skip
def test_by_time(start: Any, end: Any, count: int) -> None:
    found = seqcheck.analyze(STALE, select=seqcheck.Selection(start=start, end=end))
    assert found.capture.frames == count
    assert found.capture.first_ns is not None
    assert found.overview is not None
    assert sum(moment.frames for moment in found.overview.timeline) == count
    assert found.overview.timeline[0].ns == found.capture.first_ns


@needs_compiler
def test_one_of_two_senders() -> None:
    whole = seqcheck.analyze(STREAMS)
    which = whole.streams[1].key["stream"]
    part = seqcheck.analyze(STREAMS, select=seqcheck.Selection(where=f"udp[14:4] = {which}"))
    (stream,) = part.streams
    assert stream.key == whole.streams[1].key
    assert stream.received == whole.streams[1].received
    frames = {each.frame for each in whole.duplicates.listed if each.stream == 1}
    assert {each.frame for each in part.duplicates.listed} == frames
    assert part.overview is not None
    assert sum(moment.frames for moment in part.overview.timeline) == part.capture.frames


@needs_compiler
def test_an_expression_that_does_not_suit_the_link_layer_says_so(tmp_path: Path) -> None:
    raw = tmp_path / "raw.pcap"
    packet = bytes.fromhex("4500002000000000401100000a0000010a0000020009000900000000") + bytes(4)
    raw.write_bytes(
        struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101)
        + b"".join(struct.pack("<IIII", n, 0, len(packet), len(packet)) + packet for n in range(20))
    )
    assert len(numbers(raw, seqcheck.Selection(where="udp port 9"))) == 20
    with pytest.raises(seqcheck.UsageError, match="invalid filter"):
        seqcheck.analyze(raw, select=seqcheck.Selection(where="ether src 02:00:00:00:00:01"))


def test_nothing_to_compile_with(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiler, "_library", lambda: None)
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(seqcheck.UsageError, match="--where needs libpcap or tcpdump"):
        seqcheck.analyze(STALE, select=seqcheck.Selection(where="udp"))


@pytest.mark.skipif(not shutil.which("tcpdump"), reason="needs tcpdump")
@pytest.mark.parametrize("link", [1, 101, 113])
def test_tcpdump_compiles_as_the_library_does(link: int, monkeypatch: pytest.MonkeyPatch) -> None:
    if compiler._library() is None:
        pytest.skip("needs libpcap")
    by_library = compiler.offline("udp port 5000", link)
    monkeypatch.setattr(compiler, "_library", lambda: None)
    assert compiler.offline("udp port 5000", link) == by_library


@pytest.mark.parametrize("options", [
    {"where": 5}, {"frames": (0, 1)}, {"frames": (5, 4)}, {"frames": 7}, {"frames": (1, 2, 3)}, {"start": "now"},
    {"start": datetime(2026, 1, 1)}, {"start": 5, "end": 5}, {"start": 1.5},
    {"start": timedelta(seconds=2), "end": timedelta(seconds=1)},
])  # fmt: skip
def test_what_cannot_be_asked_for(options: dict[str, Any]) -> None:
    with pytest.raises(seqcheck.UsageError):
        seqcheck.Selection(**options)


@pytest.mark.parametrize(("text", "when"), [
    ("1500000000", 1_500_000_000 * 10**9),
    ("1500000000.25", 1_500_000_000_250_000_000), ("+90s", timedelta(seconds=90)),
    ("2017-07-14T02:40:00Z", 1_500_000_000 * 10**9), ("2017-07-14 02:40:00", 1_500_000_000 * 10**9),
    ("2017-07-14T02:40:00.000000001Z", 1_500_000_000 * 10**9 + 1), ("2017-07-14T04:40+02:00", 1_500_000_000 * 10**9),
    ("2017-07-14", 1_499_990_400 * 10**9),
])  # fmt: skip
def test_times(text: str, when: Any) -> None:
    assert moment(text) == when


@pytest.mark.parametrize("text", ["", "2018", "now", "2017-13-01", "2017-07-14T25:00Z", "+", "+0", "1.5.5", "10ms"])
def test_times_that_are_none(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The message says how a time after the first frame is written: `10ms` alone is what people try."""
    assert main(["analyze", f"--from={text}", str(STALE)]) == 2
    said = " ".join(capsys.readouterr().err.split())
    assert "is not a time" in said
    assert text.startswith("+") or "+90s (after the first frame)" in said


@pytest.mark.parametrize(("text", "value"), [("100-200", (100, 200)), ("5-", (5, None)), ("7", (7, 7))])
def test_ranges_of_frames(text: str, value: tuple[int, int | None]) -> None:
    assert frame_range(text) == value


@pytest.mark.parametrize("text", ["0-5", "9-5", "-5", "a-b", "1-2-3", ""])
def test_ranges_that_are_none(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["analyze", f"--frames={text}", str(STALE)]) == 2
    assert "is not a range of frames" in capsys.readouterr().err


@needs_compiler
def test_from_the_command_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    out = tmp_path / "run.json"
    asked = ["--where", "udp", "--from", "+1ms", "--to", "+5ms", "--frames", "50-300"]
    assert main(["analyze", *asked, "--report", "terminal", "--report", f"json={out}", str(STALE)]) == 0
    assert "selected  frames 50 to 300" in capsys.readouterr().out
    capture = json.loads(out.read_text())["capture"]
    assert capture["frames"] == 200
    assert capture["selected"].endswith("where udp (200 of 300 frames)")
    assert main(["analyze", "--where", "tcp", str(STALE)]) == 2
    assert "the selection matches no frame: where tcp (0 of 4,120 frames)" in capsys.readouterr().err


@pytest.mark.parametrize("argv", [["--from", "2030-01-01T00:00:00Z"], ["--to", "1970-01-01T00:00:01Z"]], ids=" ".join)
def test_a_time_that_no_frame_has_is_compared_with_those_there_are(
    argv: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Mostly it is the time zone that is wrong."""
    sample = Path(__file__).parent.parent / "samples" / "thread-4096.pcap"
    assert main(["analyze", *argv, str(sample)]) == 2
    said = capsys.readouterr().err
    assert "the selection matches no frame: " in said
    assert re.search(r"The frames are from 20\d\d-[-\d :.]+ UTC to 20\d\d-[-\d :.]+ UTC\.", said)
