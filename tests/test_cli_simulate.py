"""`seqcheck simulate`: options, files, errors. What is simulated is tested elsewhere."""

from __future__ import annotations

import json
from pathlib import Path

import dpkt
import pytest

from seqcheck.cli.main import main, parse
from seqcheck.cli.simulate import resolve
from seqcheck.simulate.path_faults import Loss
from seqcheck.simulate.ring_faults import StaleSlot

SMALL = ["--frames", "600", "--ring-size", "64"]
SCENARIO = """
seed = 5
[ring]
size = 32
frames = 400
[[fault]]
kind = "stale-slot"
count = 3
"""


def run(*argv: str) -> int:
    return main(["simulate", *argv])


def test_a_capture_and_its_truth(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, truth = tmp_path / "out.pcap", tmp_path / "truth.json"
    assert run(str(out), *SMALL, "--host-share", "0.1", "--stale", "4", "--truth", str(truth)) == 0
    told = json.loads(truth.read_text())
    with out.open("rb") as stream:
        assert sum(1 for _ in dpkt.pcap.Reader(stream)) == told["frames"] == 600
    assert told["by_cause"] == {"stale-slot": 4}
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == f"{out}: 600 frames, {out.stat().st_size:,} bytes; the truth: {truth}\n"


def test_quiet_says_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("-q", str(tmp_path / "out.pcap"), *SMALL) == 0
    assert capsys.readouterr().err == ""


def test_the_seed_decides_every_byte(tmp_path: Path) -> None:
    options = [*SMALL, "--host-share", "0.2", "--stale", "0.5", "--loss", "0.05", "--streams", "2"]
    for name, seed in (("a", "3"), ("b", "3"), ("c", "4")):
        assert run(str(tmp_path / name), *options, "--seed", seed, "--truth", str(tmp_path / f"{name}.json")) == 0
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()
    assert (tmp_path / "a").read_bytes() != (tmp_path / "c").read_bytes()


def test_nothing_is_overwritten_without_force(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, truth = tmp_path / "out.pcap", tmp_path / "truth.json"
    truth.write_text("mine")
    assert run(str(out), *SMALL, "--truth", str(truth)) == 2
    assert "already exists" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["truth.json"]
    assert truth.read_text() == "mine"
    out.write_text("mine too")
    assert run(str(out), *SMALL) == 2
    assert out.read_text() == "mine too"
    assert run(str(out), *SMALL, "--truth", str(truth), "--force") == 0
    assert json.loads(truth.read_text())["frames"] == 600


def test_a_scenario_that_fails_leaves_no_file(tmp_path: Path) -> None:
    assert run(str(tmp_path / "out.pcap"), "--frames", "100", "--stale", "5") == 2
    assert list(tmp_path.iterdir()) == []


def test_options_change_what_the_file_says(tmp_path: Path) -> None:
    path = tmp_path / "s.toml"
    path.write_text(SCENARIO)
    made = resolve(parse(["simulate", "x", "--scenario", str(path), "--seed", "6", "--loss", "0.25", "--rate", "1e6"]))
    assert (made.seed, made.ring.size, made.ring.frames, made.ring.slot_ns) == (6, 32, 400, (1000,))
    assert made.faults == (StaleSlot(count=3), Loss(rate=0.25))
    made = resolve(parse(["simulate", "x", "--scenario", str(path)]))
    assert (made.seed, made.ring.slot_ns) == (5, (10_000,))


def test_every_option_reaches_the_scenario() -> None:
    argv = ["--ring-size", "48", "--frames", "9", "--streams", "3", "--host-share", "0.5", "--stale", "10%"]
    argv += ["--size", "90", "--snap", "70", "--layout", "txseq", "--format", "pcapng", "--without-foreign"]
    made = resolve(parse(["simulate", "x", *argv, "--slot-stamp", "--resolution", "ns"]))
    assert (made.ring.size, made.ring.frames) == (48, 9)
    assert (made.traffic.streams, made.traffic.host_share, made.traffic.sizes) == (3, 0.5, (90,))
    assert (made.layout.name, made.layout.slot_stamp) == ("txseq", True)
    assert (made.capture.format, made.capture.snap, made.capture.foreign) == ("pcapng", 70, False)
    assert made.faults == (StaleSlot(rate=0.1),)


def test_several_records_a_frame(tmp_path: Path) -> None:
    out, told = tmp_path / "out.pcap", tmp_path / "truth.json"
    argv = ["--layout", "mpeg-ts:1234", "--records", "7", "--truth", str(told)]
    assert run(str(out), *SMALL, *argv) == 0
    (stream,) = json.loads(told.read_text())["streams"]
    assert stream["received"] == 7 * json.loads(told.read_text())["records"]
    assert main(["-q", "analyze", "--layout", "mpeg-ts:1234", str(out)]) == 0


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["--stale", "some"], "neither a count"),
        (["--stale", "-1"], "not a share"),
        (["--stale", "nan"], "not a share"),
        (["--loss", "1.5"], "not a share"),
        (["--host-share", "inf"], "not a share"),
        (["--ring-size", "1"], "--ring-size: 1 is out of range"),
        (["--rate", "0"], "--rate"),
        (["--rate", "nan"], "--rate"),
        (["--size", "59"], "--size: 59 is out of range"),
        (["--frames", "10", "--stale", "4"], "--stale: 4 asked for"),
        (["--frames", "10", "--stale", "4"], "make --frames larger"),
        (["--size", "60", "--layout", "republic"], "too short"),
        (["--snap", "40"], "cuts it off"),
        (["--records", "2"], "one number from a frame"),
        (["--records", "0", "--layout", "dtls"], "out of range"),
        (["--seed", "-1"], "seed"),
        (["--format", "erf"], "invalid choice"),
        (["--scenario", "/nonexistent.toml"], "cannot read"),
        (["--truth", "OUT"], "same file"),
    ],
)
def test_what_cannot_be_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], argv: list[str], message: str
) -> None:
    out = str(tmp_path / "out.pcap")
    assert run(out, *SMALL, *[out if word == "OUT" else word for word in argv]) == 2
    assert message in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_the_scenario_is_not_written_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "s.toml"
    path.write_text(SCENARIO)
    assert run(str(path), "--scenario", str(path), "--force") == 2
    assert path.read_text() == SCENARIO


def test_standard_output(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert run("-", "--frames", "5", "--format", "pcapng") == 0
    assert capfdbinary.readouterr().out[:4] == b"\x0a\x0d\x0d\x0a"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("/dev/full", "--frames", "5000") == 2
    assert "cannot write /dev/full" in capsys.readouterr().err
