"""The whole command on real bytes: files, pipes, compressed, damaged, and files that are not captures."""

import gzip
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

RING = 64
SIMULATE = ["--ring-size", str(RING), "--frames", "30000", "--host-share", "0.02", "--stale", "12", "--loss", "0.001"]


def seqcheck(*argv: str | Path, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "seqcheck", "-q", *map(str, argv)]
    return subprocess.run(command, input=stdin, capture_output=True, check=False, timeout=120)


@pytest.fixture(scope="module")
def capture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("capture") / "ring.pcap"
    done = seqcheck("simulate", path, "--truth", path.with_suffix(".json"), *SIMULATE)
    assert (done.returncode, done.stderr) == (0, b"")
    return path


def report(*argv: str | Path, stdin: bytes = b"") -> dict[str, Any]:
    done = seqcheck("analyze", "--report", "json", *argv, stdin=stdin)
    assert done.returncode == 1, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    del found["capture"]["inputs"]
    return found


def test_the_verdict_is_the_first_line(capture: Path) -> None:
    done = seqcheck("analyze", capture, "--ring-size", str(RING))
    assert done.returncode == 1
    assert done.stderr == b""
    first, *_, last = done.stdout.decode().splitlines()
    assert "All 12 duplicates are consistent with a stale TX slot" in first
    assert last.startswith("Verdict: stale-slot, strong, ring 64, 12 duplicates, ")


def test_a_pipe_and_a_compressed_file_say_the_same(capture: Path, tmp_path: Path) -> None:
    data = capture.read_bytes()
    packed = tmp_path / "no-name"
    packed.write_bytes(gzip.compress(data, 1))
    plain = report(capture, "--no-also-content")
    assert plain["duplicates"]["total"] == 12
    assert report("-", "--no-also-content", stdin=data) == plain
    assert report(packed, "--no-also-content") == plain
    assert report("-", "--no-also-content", stdin=packed.read_bytes()) == plain


def test_two_halves_are_one_capture(capture: Path, tmp_path: Path) -> None:
    data = capture.read_bytes()
    head, records = data[:24], data[24:]
    cut = first_record_after(records, len(records) // 2)
    (tmp_path / "2.pcap").write_bytes(head + records[:cut])
    (tmp_path / "1.pcap").write_bytes(head + records[cut:])
    assert report(tmp_path / "1.pcap", tmp_path / "2.pcap")["duplicates"] == report(capture)["duplicates"]


def first_record_after(records: bytes, place: int) -> int:
    """Where the first record at or behind `place` begins."""
    at = 0
    while at < place:
        at += 16 + int.from_bytes(records[at + 8 : at + 12], "little")
    return at


def test_a_cut_file_gives_what_could_be_read_and_says_so(capture: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.pcap"
    cut.write_bytes(capture.read_bytes()[:-7])
    found = report(cut)
    (damage,) = found["capture"]["damage"]
    assert damage["input"] == str(cut)
    assert 0 < damage["offset"] < cut.stat().st_size
    assert "damaged" in seqcheck("analyze", cut).stdout.decode()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xd4\xc3\xb2\xa1",
        b"no capture at all" * 10,
        gzip.compress(b"neither"),
        b"\x1f\x8b\x08\x00broken",
        b"\x00" * 99,
    ],
)
def test_what_cannot_be_read_is_one_clear_line(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "x.pcap"
    path.write_bytes(data)
    for done in (seqcheck("analyze", path), seqcheck("analyze", "-", stdin=data)):
        assert done.returncode == 2
        assert done.stdout == b""
        lines = done.stderr.decode().splitlines()
        assert lines[0].startswith("seqcheck: ")
        assert "unexpected" not in lines[0]
        assert all(line.startswith("  ") for line in lines[1:])


@pytest.mark.parametrize("name", ["missing.pcap", ".", "\x1b[2J.pcap"])
def test_what_is_no_file_is_one_clear_line(name: str, tmp_path: Path) -> None:
    done = seqcheck("analyze", tmp_path / name)
    assert done.returncode == 2
    assert done.stderr.startswith(b"seqcheck: ")
    assert b"\x1b" not in done.stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_one_clear_line(capture: Path, tmp_path: Path) -> None:
    path = tmp_path / "x.pcap"
    shutil.copy(capture, path)
    path.chmod(0)
    done = seqcheck("analyze", path)
    assert done.returncode == 2
    assert done.stderr.startswith(b"seqcheck: ")


def test_a_capture_that_no_layout_fits_says_how_to_write_one(capture: Path) -> None:
    done = seqcheck("analyze", capture, "--layout", "udp:9 seq=u32be@0")
    assert done.returncode == 2
    assert b"udp:9" in done.stderr


def test_a_reader_that_leaves_early_is_quiet(capture: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "seqcheck", "-q", "analyze", str(capture)],
            stdout=writer, stderr=subprocess.PIPE, check=False, timeout=120,
        )  # fmt: skip
    finally:
        os.close(writer)
    assert (done.returncode, done.stderr) == (1, b"")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_full_disk_is_told(capture: Path) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "seqcheck", "-q", "analyze", str(capture)],
            stdout=full, stderr=subprocess.PIPE, check=False, timeout=120,
        )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr == b"seqcheck: cannot write standard output: No space left on device\n"


def test_no_stdout_at_all_is_told(capture: Path) -> None:
    command = f"exec {sys.executable} -m seqcheck -q analyze {capture} >&-"
    done = subprocess.run(["/bin/sh", "-c", command], stderr=subprocess.PIPE, check=False, timeout=120)
    assert (done.returncode, done.stderr) == (2, b"seqcheck: standard output is closed\n")


@pytest.mark.parametrize("verb", ["explain", "layouts", "schema", "--version", "config", "completion bash"])
def test_what_only_prints_cannot_without_stdout(verb: str) -> None:
    command = f"exec {sys.executable} -m seqcheck {verb} >&-"
    done = subprocess.run(["/bin/sh", "-c", command], stderr=subprocess.PIPE, check=False, timeout=120)
    assert (done.returncode, done.stderr) == (2, b"seqcheck: standard output is closed\n")


def test_hostile_arguments_reach_no_terminal() -> None:
    for argv in (
        ["analyze", "\x1b]0;x\x07"],
        ["layouts", "\x1b[2J"],
        ["\x1b[2J"],
        ["analyze", "--report", "\x1b[2J", "x"],
    ):
        done = seqcheck(*argv)
        assert done.returncode == 2
        assert b"\x1b" not in done.stderr


def test_the_kernel_in_use_is_named(capture: Path) -> None:
    command = [sys.executable, "-m", "seqcheck", "analyze", "--report", "json", str(capture)]
    environment = {**os.environ, "SEQCHECK_KERNEL": "reference"}
    done = subprocess.run(command, env=environment, capture_output=True, check=False, timeout=120)
    assert json.loads(done.stdout)["seqcheck"]["kernel"] == "reference"
    assert done.stderr == b""  # asked for, so there is nothing to tell


def test_a_cut_file_fails_a_gate_unless_damage_is_allowed(capture: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.pcap"
    cut.write_bytes(capture.read_bytes()[:-7])
    gate = ["analyze", "--fail-on", "loop", "--report", "json=/dev/null"]
    assert seqcheck(*gate, capture).returncode == 0
    done = seqcheck(*gate, cut)
    assert done.returncode == 1
    assert done.stderr.startswith(b"seqcheck: damage: expected none, found ")
    assert seqcheck(*gate, "--allow-damage", cut).returncode == 0
