"""Ended at any moment, by any signal, a run leaves whole files or none; benchmarks.kills does it 200 times."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import killing
import killing_live
import netns
import pytest

from seqcheck import kernel
from seqcheck.capture import CaptureReader
from seqcheck.cli import output

SAMPLE = Path(__file__).parent.parent / "samples" / "stale-slot.pcap"


def test_reports_are_whole_or_absent_whenever_a_run_is_ended(tmp_path: Path) -> None:
    assert killing.rounds(SAMPLE, tmp_path, 12, seed=1) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_where_files_need_a_name_it_goes_with_the_run(tmp_path: Path, number: signal.Signals) -> None:
    """On a file system without unnamed files; the run is ended from within, when its outputs are open."""
    code = (
        "import os, signal, sys\n"
        "from seqcheck.cli import analyze, output\n"
        "output.UNNAMED = 0\n"
        "def examine(*_):\n"
        "    print(*os.listdir(sys.argv[1]), flush=True)\n"
        f"    os.kill(os.getpid(), {int(number)})\n"
        "    raise AssertionError('it went on')\n"
        "analyze.examine = examine\n"
        "from seqcheck.cli.main import main\n"
        "sys.exit(main(['analyze', f'--report=json={sys.argv[1]}/run.json', sys.argv[2]]))\n"
    )
    got = subprocess.run([sys.executable, "-c", code, tmp_path, SAMPLE], capture_output=True, text=True, check=False)
    assert got.stdout.startswith(".run.json."), got
    assert (got.returncode, got.stderr) == (128 + number, "")
    assert os.listdir(tmp_path) == []


def test_the_way_without_a_name_is_taken_here() -> None:
    assert getattr(os, "O_TMPFILE", 0) == output.UNNAMED


@netns.needed()
def test_evidence_can_be_read_whenever_a_capture_is_ended(tmp_path: Path) -> None:
    with netns.pair() as pair:
        for turn, number in enumerate(killing.SIGNALS):
            path = tmp_path / f"{turn}.pcapng"
            send = (
                *netns.SEQCHECK,
                "send",
                pair.out,
                "-q",
                "--count",
                "2000000",
                "--rate",
                "20000",
                "--ring-size",
                "64",
            )
            with (
                netns.live(pair.rx, pair.into, "--evidence", str(path), "--report", f"json={tmp_path}/{turn}") as live,
                netns.program(pair.tx, *send, "--inject", "stale=5%") as sender,
            ):
                while not (path.exists() and path.stat().st_size > 50_000 * (turn + 1)):
                    assert live.process.poll() is None
                live.end(number)
                sender.end(signal.SIGTERM)
            with CaptureReader([path], kernel=kernel.load()) as reader:
                frames = sum(high - low for _, low, high in reader)
            assert frames > 100
            cut = [each for each in reader.damage if not each.what.startswith("the input ends within a block")]
            assert (cut, len(reader.damage) <= (number == signal.SIGKILL)) == ([], True), reader.damage


@netns.needed()
def test_what_a_capture_leaves_is_whole_or_absent_whenever_it_is_ended(tmp_path: Path) -> None:
    assert killing_live.rounds(tmp_path, 4, seed=2) == []
