"""Where root cannot be given up, captures and sending work with --keep-privileges, and without it the error names it.

Everything runs in a user namespace with a single user and a network of its own. There we are root, and cannot become
anybody else.
"""

import json
import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import netns
import pytest

ALONE = ("unshare", "--map-root-user", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh")
KEPT = "--keep-privileges"
SEQCHECK = [*netns.SEQCHECK]


def why_not() -> str:
    """Why there can be no such namespace here; empty if there can."""
    if sys.platform != "linux":
        return "user namespaces are Linux's"
    try:
        tried = subprocess.run([*ALONE, "true"], capture_output=True, text=True, check=False, timeout=netns.TIMEOUT)
    except FileNotFoundError:
        return "needs unshare, of util-linux"
    return f"cannot make a user namespace: {tried.stderr.strip()}" if tried.returncode else ""


WHY_NOT = why_not()
pytestmark = pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT or "-")

BOTH = """
import json, subprocess, sys
live, send = json.loads(sys.argv[1])
with subprocess.Popen(live, stderr=subprocess.PIPE, text=True) as capture:
    for line in capture.stderr:
        sys.stderr.write(line)
        if "listening on" in line:
            sys.stdout.write(subprocess.run(send, stdout=subprocess.PIPE, text=True, check=True).stdout)
sys.exit(capture.returncode)
"""


def alone(*command: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([*ALONE, *command], capture_output=True, text=True, check=False, timeout=netns.TIMEOUT)


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_capture_that_stays_root(tmp_path: Path, workers: str) -> None:
    paths = {name: tmp_path / f"{name}.out" for name in ("json", "jsonl", "evidence")}
    live = [
        *SEQCHECK, "live", "lo", KEPT, "--count", "3000", "--workers", workers, "--evidence", str(paths["evidence"]),
        "--recorder", "4M", "--recorder-file", str(tmp_path / "traffic.pcapng"),
        *(f"--report={name}={paths[name]}" for name in ("json", "jsonl")),
    ]  # fmt: skip
    send = [*SEQCHECK, "send", "lo", KEPT, "-q", "--count", "3000", "--ring-size", "64", "--inject", "stale=1%"]
    got = alone(sys.executable, "-c", BOTH, json.dumps([live, send]))
    assert got.returncode == 1, got.stderr
    told = json.loads(paths["json"].read_text())
    assert told["duplicates"]["total"] == json.loads(got.stdout)["duplicates"] > 0
    assert paths["jsonl"].stat().st_size
    assert paths["evidence"].stat().st_size
    assert (tmp_path / "traffic.00001.pcapng").stat().st_size


@pytest.mark.parametrize("verb", ["live", "send", "extcap"])
@pytest.mark.parametrize("where", ["file", "stdout"])
def test_the_error_names_the_way_out(tmp_path: Path, verb: str, where: str) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    reading = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    words = {
        "live": ["lo", "--duration", "1", "--report", f"json={tmp_path / 'new'}" if where == "file" else "json"],
        "send": ["lo", "--count", "1"],
        "extcap": ["--capture", "--extcap-interface=seqcheck-lo", f"--fifo={fifo}"],
    }[verb]
    got = alone(*SEQCHECK, verb, *words)
    os.close(reading)
    assert got.returncode == 2
    assert "nobody" in got.stderr.splitlines()[-2]
    assert KEPT in got.stderr.splitlines()[-1]
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("option", ["--evidence", "--recorder-file"])
def test_the_error_names_it_where_a_file_cannot_be_given_away(tmp_path: Path, option: str) -> None:
    words = [option, str(tmp_path / "new.pcapng"), *(["--recorder", "4M"] if option == "--recorder-file" else [])]
    got = alone(*SEQCHECK, "live", "lo", "--duration", "1", "--report", "json", *words)
    assert got.returncode == 2
    assert KEPT in got.stderr.splitlines()[-1]
    assert not list(tmp_path.iterdir())


def test_wireshark_that_runs_as_root(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    command = [*ALONE, *SEQCHECK, "extcap", KEPT, "--capture", "--extcap-interface=seqcheck-lo", f"--fifo={fifo}"]
    with open(os.open(fifo, os.O_RDWR), "rb", buffering=0) as stream, netns.started(command) as capture:
        assert select.select([stream], [], [], netns.TIMEOUT)[0], capture.err
        assert stream.read(4) == b"\x0a\x0d\x0d\x0a"  # the first block of a pcapng file: it listens
        assert capture.end(signal.SIGTERM) == 0
