"""`seqcheck discover` and `seqcheck layouts LAYOUT --on CAPTURE`: outputs, exit codes, advice."""

import json
import struct
from pathlib import Path

import numpy as np
import pytest
from containers import Packet, pcap_file
from packets import ethernet, ipv4, udp

from seqcheck.cli.main import main
from seqcheck.layout import resolve

SAMPLES = Path(__file__).parent.parent / "samples"
SPEC = "udp:6005 seq=u32le@6"


@pytest.fixture
def capture(tmp_path: Path) -> str:
    """A packed C struct of x86: magic, port, number; 120 frames, one lost."""
    return written(tmp_path / "own.pcap", [struct.pack("<IHI", 0xFEEDFACE, 5000, at) for at in range(121) if at != 60])


def written(path: Path, heads: list[bytes]) -> str:
    random = np.random.default_rng(1)
    frames = [ethernet(ipv4(udp(head + random.bytes(20), dport=6005))) for head in heads]
    made = [
        Packet(data=data, ns=1_760_000_000_000_000_000 + at * 100_000, wire=len(data)) for at, data in enumerate(frames)
    ]
    path.write_bytes(pcap_file(made))
    return str(path)


def test_json(capture: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["discover", "--report", "json", capture]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["schema"], told["frames"]) == ("seqcheck.discovery/1", 120)
    first = told["candidates"][0]
    assert (first["spec"], first["layout"], first["records"], first["streams"]) == (SPEC, None, 120, 1)
    assert 0.9 < first["score"] <= 1
    assert first["values"] == [list(range(8))]
    assert all(isinstance(reason, str) for reason in first["because"])
    scores = [each["score"] for each in told["candidates"]]
    assert all(0 <= score <= 1 for score in scores)


def test_what_it_looks_like(capture: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["discover", capture]) == 0
    out = capsys.readouterr().out
    assert "120 frames examined, 1 likely candidate." in " ".join(out.split())
    assert f"\n1. {SPEC}\n" in out
    assert "beyond doubt" in out
    assert "first values: 0 1 2 3 4 5 6 7" in out
    assert f"seqcheck analyze --layout '{SPEC}' {capture}\n" in out


def test_a_built_in_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    path = str(SAMPLES / "clean.pcap")
    assert main(["discover", "--report", "json", path]) == 0
    first = json.loads(capsys.readouterr().out)["candidates"][0]
    assert first["layout"] == "seqcheck"
    assert resolve(first["spec"]) == resolve("seqcheck")


def test_nothing_counts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    random = np.random.default_rng(2)
    path = written(tmp_path / "noise.pcap", [random.bytes(12) for _ in range(100)])
    assert main(["discover", path]) == 1
    out = capsys.readouterr().out
    assert "no counter found" in " ".join(out.split())
    assert "  UDP port 6005: 100 frames, 1 flow\n" in out


def test_a_file_is_written_and_not_replaced(capture: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "found.json"
    assert main(["discover", f"--report=json={path}", capture]) == 0
    assert json.loads(path.read_text())["candidates"]
    assert main(["discover", f"--report=json={path}", capture]) == 2
    assert main(["discover", f"--report=json={path}", "--force", capture]) == 0
    assert main(["discover", f"--report=json={capture}", "--force", capture]) == 2
    assert main(["discover", "--report", "json", "--report", "terminal", capture]) == 2
    assert main(["discover", "--report", "xml", capture]) == 2
    assert "there is no report 'xml'" in capsys.readouterr().err


def test_trouble(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["discover", str(tmp_path / "none.pcap")]) == 2
    empty = written(tmp_path / "empty.pcap", [])
    assert main(["discover", empty]) == 2
    assert capsys.readouterr().err.count("the capture holds no frames") == 1


def test_values_of_a_layout(capture: str, capsys: pytest.CaptureFixture[str]) -> None:
    spec = "udp:6005 magic=u32le@0==0xfeedface stream=u16le@4 seq=u32le@6"
    assert main(["layouts", spec, "--on", capture]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1] == "bytes of [the number] {a stream field} (a magic)"
    assert lines[3] == "10.0.0.1:5 > 10.0.0.2:6005 stream=5000: 120 records"
    assert lines[5].startswith("  frame 2      1  0: (ce fa ed fe) {88 13} [01 00 00 00] ")


def test_values_of_a_layout_whose_number_never_counts(capture: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What counts instead stands below them."""
    assert main(["layouts", "udp:6005 seq=u32be@6", "--on", capture]) == 0
    out = capsys.readouterr().out
    assert out.splitlines()[-3:-1] == ["seq=u32be@6 never counts.", ""]
    assert out.splitlines()[-1].startswith("udp:6005 seq=u32le@6 would: it counts by one in 99 %")


def test_values_of_a_layout_that_fits_nothing(capture: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["layouts", "udp:6006 seq=u32le@6", "--on", capture]) == 2
    assert "UDP port 6005: 120 frames" in capsys.readouterr().err
    assert main(["layouts", "--on", capture]) == 2
    assert "--on needs a layout" in capsys.readouterr().err
