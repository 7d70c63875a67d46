"""`seqcheck live -` and `live FIFO`: a capture that comes through a pipe while it is made."""

import gzip
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import netns
import pytest

from seqcheck.wire import pcap

SAMPLES = Path(__file__).parent.parent / "samples"
LIVE = (*netns.SEQCHECK, "live")
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs pipes")


def report(path: Path) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(path.read_text("ascii"))
    return made


@pytest.fixture
def fifo(tmp_path: Path) -> Path:
    path = tmp_path / "capture"
    os.mkfifo(path)
    return path


def start(*options: str, name: str) -> Any:
    return netns.started([*LIVE, name, "--report", "jsonl", "--interval", "10ms", *options])


def frames(count: int) -> Callable[[netns.Program], Callable[[], bool]]:
    return lambda live: lambda: any(one["frames"] >= count for one in live.snapshots())


@pytest.mark.parametrize("name", ["stale-slot.pcap", "mixed.pcapng", "loss.pcap"])
def test_what_comes_through_standard_input_is_what_lies_in_the_file(tmp_path: Path, name: str) -> None:
    for verb, path in (("analyze", tmp_path / "file.json"), ("live", tmp_path / "pipe.json")):
        with open(SAMPLES / name, "rb") as stream:
            command = [*netns.SEQCHECK, verb, "-", "--report", f"json={path}"]
            with subprocess.Popen(["cat"], stdin=stream, stdout=subprocess.PIPE) as cat:
                got = subprocess.run(
                    command, stdin=cat.stdout, capture_output=True, text=True, check=False, timeout=netns.TIMEOUT
                )
        assert got.returncode == 1, got.stderr
    assert report(tmp_path / "pipe.json") == report(tmp_path / "file.json")


def test_a_standard_input_that_is_closed_is_at_its_end() -> None:
    command = ["sh", "-c", 'exec "$@" <&-', "sh", *LIVE, "-"]
    got = subprocess.run(command, capture_output=True, text=True, check=False, timeout=netns.TIMEOUT)
    assert (got.returncode, got.stderr.splitlines()[-1]) == (2, "seqcheck: - is empty")


def test_a_fifo_is_waited_for_and_read_as_it_comes(fifo: Path) -> None:
    """Byte by byte, and all that the pipe holds at the end."""
    data = SAMPLES.joinpath("stale-slot.pcap").read_bytes()
    with start(name=str(fifo)) as live:
        live.says("listening on")
        live.wait_for(lambda: len(live.snapshots()) > 2)
        assert live.snapshots()[-1]["frames"] == 0
        with open(fifo, "wb", buffering=0) as pipe:
            pipe.writelines(data[at : at + 1] for at in range(300))
            live.wait_for(frames(1)(live))
            live.process.send_signal(signal.SIGSTOP)
            pipe.write(data[300:30_000])
            live.process.send_signal(signal.SIGINT)
            assert live.end(signal.SIGCONT) == 1
    made = next(one for one in map(json.loads, live.out) if one["type"] == "report")
    assert made["capture"]["inputs"] == [str(fifo)]
    whole = count(data[:30_000])
    assert made["capture"]["frames"] == whole > 100


def count(data: bytes) -> int:
    """Whole records in a classic capture."""
    rule, at, found = pcap.parse_header(data[:28]), pcap.HEADER, 0
    while at + rule.header <= len(data):
        length = int.from_bytes(data[at + 8 : at + 12], "big" if rule.big else "little")
        if at + rule.header + length > len(data):
            break
        at, found = at + rule.header + length, found + 1
    return found


@pytest.mark.parametrize("upto", [0, 10, 24, 30, 45])
def test_it_ends_also_while_nothing_whole_has_come(fifo: Path, upto: int) -> None:
    data = SAMPLES.joinpath("clean.pcap").read_bytes()
    with start(name=str(fifo)) as live:
        live.says("listening on")
        with open(fifo, "wb", buffering=0) as pipe:
            pipe.write(data[:upto])
            before = len(live.snapshots())
            live.wait_for(lambda: len(live.snapshots()) > before + 5)
            assert live.end(signal.SIGTERM) == 2
    assert any("the capture holds no frames" in line for line in live.err)


def test_a_writer_that_goes_is_no_success_where_more_was_asked_for(fifo: Path) -> None:
    data = SAMPLES.joinpath("clean.pcap").read_bytes()
    with start("--count", "1000000", name=str(fifo)) as live:
        live.says("listening on")
        with open(fifo, "wb", buffering=0) as pipe:
            pipe.write(data)
        assert live.end() == 2
    made = next(one for one in map(json.loads, live.out) if one["type"] == "report")
    assert made["verdict"]["cause"] == "clean"
    assert any("the pipe was closed after" in each["what"] for each in made["capture"]["damage"])


def test_what_is_damaged_on_the_way_ends_it_and_is_told(fifo: Path) -> None:
    data = SAMPLES.joinpath("clean.pcap").read_bytes()[:20_000] + b"\xff" * 1000
    with start(name=str(fifo)) as live:
        live.says("listening on")
        with open(fifo, "wb", buffering=0) as pipe:
            pipe.write(data)
        live.end()
    made = next(one for one in map(json.loads, live.out) if one["type"] == "report")
    assert made["capture"]["frames"] == count(data)
    assert len(made["capture"]["damage"]) == 1


def test_evidence_of_a_pipe(tmp_path: Path) -> None:
    path = tmp_path / "evidence.pcapng"
    data = SAMPLES.joinpath("stale-slot.pcap").read_bytes()
    command = [*LIVE, "-", "-q", "--evidence", str(path), "--report", f"json={tmp_path}/report.json"]
    assert subprocess.run(command, input=data, check=False, timeout=netns.TIMEOUT).returncode == 1
    again = subprocess.run(
        [*netns.SEQCHECK, "analyze", str(path), "--report", "json"], capture_output=True, check=False
    )
    total = report(tmp_path / "report.json")["duplicates"]["total"]
    assert json.loads(again.stdout)["duplicates"]["total"] == total > 0


@pytest.mark.parametrize(("data", "words"), [
    (b"", "is empty"), (b"nothing that is a capture at all", "is not a pcap"),
    (gzip.compress(b"x" * 100), "is compressed"), (b"\x0a\x0d\x0d\x0a", "is cut"),
])  # fmt: skip
def test_what_is_no_capture_is_told(data: bytes, words: str) -> None:
    got = subprocess.run([*LIVE, "-"], input=data, capture_output=True, check=False, timeout=netns.TIMEOUT)
    assert got.returncode == 2
    assert words in got.stderr.decode()
    assert b"Traceback" not in got.stderr


@pytest.mark.parametrize(("words", "told"), [
    (["-", "lo"], "combined"), (["-", "-"], "combined"),
    (["-", "--filter", "udp"], "--filter works with interfaces only"),
    (["-", "--ring", "1M"], "--ring works with interfaces only"),
    (["-", "--wait"], "--wait works with interfaces only"),
    (["./nowhere"], "cannot open"), ([str(SAMPLES / "clean.pcap")], "is not a pipe"), (["/"], "is not a pipe"),
])  # fmt: skip
def test_what_cannot_be_is_refused(words: list[str], told: str) -> None:
    got = subprocess.run(
        [*LIVE, *words], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=netns.TIMEOUT
    )
    assert (got.returncode, told in got.stderr) == (2, True), got.stderr


@pytest.mark.skipif(not hasattr(signal, "SIGUSR1"), reason="needs SIGUSR1")
def test_a_signal_asks_for_the_report_now(fifo: Path) -> None:
    data = SAMPLES.joinpath("stale-slot.pcap").read_bytes()
    with netns.started([*LIVE, str(fifo), "--interval", "20ms"]) as live:
        live.says("listening on")
        live.process.send_signal(signal.SIGUSR1)
        live.says("no frame with a header yet")
        with open(fifo, "wb", buffering=0) as pipe:
            pipe.write(data[:60_000])
            live.says(f"{count(data[:60_000]):,} frames")
            live.process.send_signal(signal.SIGUSR1)
            live.says("What it means, what to check next")
            assert any("stale" in line for line in live.err)
            assert live.out == []
            live.process.send_signal(signal.SIGTERM)
            assert live.end() == 1
    assert any("What it means, what to check next" in line for line in live.out)
