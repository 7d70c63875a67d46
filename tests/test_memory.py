"""Memory is released immediately, without the garbage collector; and a run's memory can be bounded."""

import gc
import io
import json
import os
import resource
import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import seqcheck
from seqcheck.cli.main import main
from seqcheck.engine.guard import Allowance
from seqcheck.engine.session import Query, examine
from seqcheck.wire import pcap

ROOT = Path(__file__).parent.parent
SAMPLES = ROOT / "samples"
STALE = SAMPLES / "stale-slot.pcap"
SPEC = "eth seq=u8@0"


def zipped(tmp_path: Path) -> Path:
    import gzip

    path = tmp_path / "run.pcap.gz"
    path.write_bytes(gzip.compress(STALE.read_bytes()))
    return path


def everything(captures: Any) -> None:
    with examine(captures, Query(keep="frames")) as results:
        for batch in results.findings():
            assert batch.columns
        assert results.report.exit_code == 1


def no_header(captures: Any) -> None:
    with pytest.raises(seqcheck.InputError):
        seqcheck.analyze(captures, layout="udp:1 seq=u32be@0")


RUNS: dict[str, Callable[[Path], None]] = {
    "a file": lambda folder: everything([STALE]),
    "a compressed file": lambda folder: everything([zipped(folder)]),
    "a stream": lambda folder: everything([io.BytesIO(STALE.read_bytes())]),
    "several": lambda folder: everything([STALE, SAMPLES / "loss.pcap", SAMPLES / "mixed.pcapng"]),
    "an error": lambda folder: no_header([STALE]),
}


@pytest.fixture
def uncollected() -> Iterator[None]:
    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    yield
    gc.set_debug(0)
    gc.garbage.clear()
    gc.enable()


@pytest.mark.parametrize("name", RUNS)
def test_nothing_is_left_to_the_garbage_collector(name: str, tmp_path: Path, uncollected: None) -> None:
    RUNS[name](tmp_path)  # what the first run loads stays
    gc.collect()
    gc.garbage.clear()
    RUNS[name](tmp_path)
    gc.collect()
    kinds = {type(each).__module__ for each in gc.garbage}
    assert {kind for kind in kinds if kind.startswith(("seqcheck", "numpy"))} == set()


def test_each_in_little_memory(tmp_path: Path) -> None:
    count = 200
    for number in range(count):
        os.link(STALE, tmp_path / f"{number}.pcap")

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))

    code = "import sys; from seqcheck.cli.main import main; sys.exit(main(sys.argv[1:]))"
    got = subprocess.run(
        [sys.executable, "-c", code, "analyze", "--each", "--jobs", "2", *map(str, sorted(tmp_path.iterdir()))],
        capture_output=True, text=True, check=False, preexec_fn=limited,
    )  # fmt: skip
    assert got.returncode == 1, got.stderr[-2000:]
    assert got.stdout.count("stale-slot") >= count


def test_reading_ends_when_the_time_is_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target, second = tmp_path / "run.json", tmp_path / "second.pcap"
    second.write_bytes(STALE.read_bytes())
    assert main(["analyze", "--max-time", "0.000001s", "--report", f"json={target}", str(STALE), str(second)]) == 2
    report = json.loads(target.read_text())
    assert report["capture"]["damage"][0]["what"] == "reading stopped: the time limit of 1e-06 s was reached"
    assert any("only part of the capture" in caveat for caveat in report["verdict"]["caveats"])
    records = report["records"]
    assert report["capture"]["frames"] == records["sequenced"] + records["foreign"] + sum(records["skipped"].values())
    assert report["capture"]["frames"] > 0


def test_reading_ends_when_the_memory_is_in_use(capsys: pytest.CaptureFixture[str]) -> None:
    with examine([STALE], Query(allowance=Allowance(memory=1 << 20))) as results:
        assert "the memory limit of 1 MiB was reached" in results.report.capture.unread


def test_a_silent_pipe_is_not_waited_for(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    threading.Thread(target=os.write, args=(writing, STALE.read_bytes()[:60_000])).start()
    with (
        open(reading, "rb", buffering=0) as stream,
        examine([stream], Query(allowance=Allowance(seconds=0.5))) as results,
    ):
        assert results.report.capture.unread == "reading stopped: no data came within the time limit"
        assert results.report.capture.frames > 100
    os.close(writing)


@pytest.mark.parametrize("name", ["clean.pcap", "stale-slot.pcap"])
def test_a_small_capture_takes_less_than_200_mb_of_address_space(name: str) -> None:
    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (200 << 20, 200 << 20))

    got = subprocess.run(
        [sys.executable, "-m", "seqcheck", "analyze", str(SAMPLES / name)],
        capture_output=True, text=True, check=False, preexec_fn=limited,
    )  # fmt: skip
    assert (got.returncode in (0, 1), got.stderr) == (True, "")


def test_findings_by_the_million_take_no_more_memory_than_a_few(tmp_path: Path) -> None:
    """Two frames that cover 2048 numbers, again and again: the count begins anew each time, each number is a row."""
    path = tmp_path / "again.pcap"
    frames = [bytes(12) + b"\x12\x34" + struct.pack(">QH", first, 1024) + bytes(40) for first in (0, 1024)]
    parts = [pcap.file_header(link=1), *(pcap.record(at, frames[at % 2]) for at in range(4_000))]
    path.write_bytes(b"".join(parts))

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (400 << 20, 400 << 20))

    got = subprocess.run(
        [sys.executable, "-m", "seqcheck", "analyze", "--layout", "eth:0x1234 seq=u64be@0 step=u16be@8", str(path)],
        capture_output=True, text=True, check=False, preexec_fn=limited,
    )  # fmt: skip
    assert (got.returncode, got.stderr) == (0, "")
    assert "4,096,000 records" in got.stdout
