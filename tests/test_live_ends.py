"""However a live capture ends, its reports are written, and the files are complete."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import netns
import pytest

import seqcheck

pytestmark = netns.needed()
STALE = ("--ring-size", "64", "--inject", "stale=1%")


def report(path: Path) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(path.read_text("ascii"))
    return made


def seen(live: netns.Program, frames: int) -> None:
    """Until the snapshots say that so many were taken."""
    live.wait_for(lambda: any(one["frames"] >= frames for one in live.snapshots()))


def wait_for_report(path: Path) -> dict[str, Any]:
    deadline = time.monotonic() + netns.TIMEOUT
    while not path.exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return report(path)


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_reader_of_json_lines_that_goes_away_costs_no_other_report(pair: netns.Pair, tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    command = [
        *netns.SEQCHECK,
        "live",
        pair.into,
        "--report",
        "jsonl",
        "--report",
        f"json={path}",
        "--interval",
        "10ms",
    ]
    with subprocess.Popen(
        ["ip", "netns", "exec", pair.rx, *command], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as live:
        assert live.stdout is not None
        assert json.loads(live.stdout.readline())["type"] == "snapshot"
        live.stdout.close()
        truth = pair.send("--count", "2000", *STALE)
        netns.run("ip", "-n", pair.rx, "link", "set", pair.into, "down")
        assert live.wait(netns.TIMEOUT) == 1
    assert report(path)["duplicates"]["total"] == truth["duplicates"] > 0


@contextmanager
def unread(pair: netns.Pair, path: Path, *options: str) -> Iterator[subprocess.Popen[bytes]]:
    """A live capture whose JSON lines nobody reads, with a report at `path`."""
    command = [*netns.SEQCHECK, "live", pair.into, "--report", f"json={path}", "--report", "jsonl", *options]
    with subprocess.Popen(
        ["ip", "netns", "exec", pair.rx, *command], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as live:
        assert live.stderr is not None
        assert b"listening on" in live.stderr.readline()
        try:
            yield live
        finally:
            live.kill()


def test_a_reader_of_json_lines_that_stands_still_costs_no_frame(pair: netns.Pair, tmp_path: Path) -> None:
    path, count = tmp_path / "report.json", "60000"
    with unread(pair, path, "--count", count, "--ring", "4M") as live:  # room for half of the frames
        truth = pair.send("--count", count, "--rate", "15000", "--ring-size", "64", "--inject", "stale=10%")
        made = wait_for_report(path)  # the pipe was full with the first few hundred lines
        lines, _ = live.communicate(timeout=netns.TIMEOUT)
        assert live.returncode == 1
    assert made["duplicates"]["total"] == truth["duplicates"] > 5000
    assert (made["capture"]["frames"], made["capture"]["dropped"]) == (60000, 0)
    kinds = [json.loads(line)["type"] for line in lines.splitlines()]
    assert (kinds.count("found"), kinds.count("report")) == (truth["duplicates"], 1)


def test_control_c_twice_gives_up_a_reader_that_stands_still(pair: netns.Pair, tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    with unread(pair, path) as live:
        truth = pair.send("--count", "20000", "--ring-size", "64", "--inject", "stale=10%")
        live.send_signal(signal.SIGINT)
        assert wait_for_report(path)["duplicates"]["total"] == truth["duplicates"]
        live.send_signal(signal.SIGINT)
        assert live.wait(netns.TIMEOUT) == 2
        assert live.stderr is not None
        said = live.stderr.read().decode()
    assert "seqcheck: cannot write standard output: whoever reads it is too slow" in said


def test_a_report_that_fails_costs_no_other(pair: netns.Pair, tmp_path: Path) -> None:
    paths = [tmp_path / "one.json", tmp_path / "two.md"]
    options = ("--report", "html=/dev/full", "--report", f"json={paths[0]}", "--report", f"markdown={paths[1]}")
    with netns.live(pair.rx, pair.into, *options, "--count", "2000") as live:
        pair.send("--count", "2000")
        assert live.end() == 2
    assert [line for line in live.err if "/dev/full" in line] == [
        "seqcheck: cannot write /dev/full: No space left on device"
    ]
    assert report(paths[0])["capture"]["frames"] == 2000
    assert "clean" in paths[1].read_text()


@pytest.mark.parametrize("closed", ["<&-", "2>&-", "<&- 2>&-"])
def test_a_closed_standard_stream_costs_no_report(pair: netns.Pair, tmp_path: Path, closed: str) -> None:
    path = tmp_path / "report.json"
    options = ("--count", "2000", "--interval", "10ms", "--report", "jsonl", "--report", f"json={path}")
    words = ("sh", "-c", f'exec "$@" {closed}', "sh", *netns.SEQCHECK, "live", pair.into, *options)
    with netns.program(pair.rx, *words) as live:
        live.wait_for(lambda: bool(live.snapshots()))
        pair.send("--count", "2000")
        assert live.end() == 0
    assert report(path)["capture"]["frames"] == 2000


@pytest.mark.parametrize("numbers", [[signal.SIGHUP], [signal.SIGTERM, signal.SIGINT]], ids=["hup", "term-int"])
def test_signals_end_the_capture_and_not_the_report(
    pair: netns.Pair, tmp_path: Path, numbers: list[signal.Signals]
) -> None:
    path = tmp_path / "report.json"
    options = ("--report", "jsonl", "--interval", "10ms", "--report", f"json={path}")
    with netns.live(pair.rx, pair.into, *options) as live:
        truth = pair.send("--count", "2000", *STALE)
        seen(live, 2000)
        live.process.send_signal(signal.SIGSTOP)  # it hears all of them before it has done anything about the first
        for number in numbers:
            live.process.send_signal(number)
        assert live.end(signal.SIGCONT) == 1
    made = report(path)
    assert (made["capture"]["frames"], made["duplicates"]["total"]) == (2000, truth["duplicates"])
    assert [json.loads(line)["type"] for line in live.out].count("report") == 1


def test_nohup_is_heeded(pair: netns.Pair, tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    words = ("nohup", *netns.SEQCHECK, "live", pair.into, "--count", "2000", "--report", f"json={path}")
    with netns.program(pair.rx, *words) as live:
        live.says("listening on")
        live.process.send_signal(signal.SIGHUP)
        pair.send("--count", "2000")
        assert live.end() == 0
    assert report(path)["capture"]["frames"] == 2000


def test_tee_that_went_away_with_control_c_leaves_the_report_on_stderr(pair: netns.Pair) -> None:
    command = [*netns.SEQCHECK, "live", pair.into, "--interval", "10ms"]
    with subprocess.Popen(
        ["ip", "netns", "exec", pair.rx, *command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as live:
        assert live.stdout is not None
        assert live.stderr is not None
        truth = None
        for line in live.stderr:
            if truth is None and "listening on" in line:
                truth = pair.send("--count", "2000", *STALE)
            if "2,000 frames" in line:
                break
        live.stdout.close()  # as tee does, which hears the signal too
        live.send_signal(signal.SIGINT)
        said = live.stderr.read()
        assert live.wait(netns.TIMEOUT) == 1
    assert truth is not None
    assert "Verdict" in said
    assert "ring of 64" in said


def test_a_run_that_had_nothing_to_say_leaves_nothing_and_destroys_nothing(pair: netns.Pair, tmp_path: Path) -> None:
    names = {"json": "report.json", "jsonl": "lines.jsonl", "html": "page.html"}
    reports = [word for name, path in names.items() for word in ("--report", f"{name}={tmp_path / path}")]
    options = (*reports, "--evidence", str(tmp_path / "evidence.pcapng"), "--interval", "10ms")
    with netns.live(pair.rx, pair.into, *options, "--duration", "200ms") as live:
        assert live.end() == 2
    assert left(tmp_path) == []
    old = dict.fromkeys((*names.values(), "evidence.pcapng"), b"old")
    for name, data in old.items():
        (tmp_path / name).write_bytes(data)
    with netns.live(pair.rx, pair.into, *options, "--duration", "200ms", "--force") as live:
        assert live.end() == 2
    assert {name: (tmp_path / name).read_bytes() for name in left(tmp_path)} == old
    with netns.live(pair.rx, pair.into, *options, "--force", "--count", "2000") as live:
        truth = pair.send("--count", "2000", *STALE)
        assert live.end() == 1
    assert left(tmp_path) == sorted(old)
    assert report(tmp_path / "report.json")["duplicates"]["total"] == truth["duplicates"]
    assert seqcheck.analyze(tmp_path / "evidence.pcapng").duplicates.total == truth["duplicates"]
    assert b"old" not in (tmp_path / "page.html").read_bytes()[:3]


def test_without_a_duplicate_the_evidence_of_last_time_stays(pair: netns.Pair, tmp_path: Path) -> None:
    evidence, out = tmp_path / "evidence.pcapng", tmp_path / "report.json"
    options = ("--count", "2000", "--evidence", str(evidence), "--report", f"json={out}", "--force")
    for there in ([out], [evidence, out]):
        with netns.live(pair.rx, pair.into, *options) as live:
            pair.send("--count", "2000")
            assert live.end() == 0
        assert left(tmp_path) == sorted(path.name for path in there)
        assert [line for line in live.err if "wrote" in line] == [f"seqcheck: wrote {out}"]
        evidence.write_bytes(b"old")
    assert evidence.read_bytes() == b"old"


@pytest.mark.parametrize("options", [(), ("--keep-privileges",), ("-q",)], ids=["drop", "keep", "quiet"])
def test_files_that_were_written_are_named(pair: netns.Pair, tmp_path: Path, options: tuple[str, ...]) -> None:
    paths = [tmp_path / name for name in ("report.json", "lines.jsonl", "evidence.pcapng")]
    words = ("--report", f"json={paths[0]}", "--report", f"jsonl={paths[1]}", "--evidence", str(paths[2]), *options)
    with netns.program(pair.rx, *netns.SEQCHECK, "live", pair.into, "--until-duplicate", *words) as live:
        if "-q" in options:
            while netns.run("ip", "netns", "exec", pair.rx, "cat", "/proc/net/packet").count(" 0003 ") < 2:
                assert live.process.poll() is None
        else:
            live.says("listening on")
        pair.send("--count", "3000", *STALE)
        assert live.end() == 1
    told = [line for line in live.err if "wrote" in line]
    assert told == ([] if "-q" in options else [f"seqcheck: wrote {path}" for path in paths])


def test_where_files_need_a_name_it_goes_with_the_run(pair: netns.Pair, tmp_path: Path) -> None:
    """On a file system without unnamed files, also where the capture is killed."""
    code = "from seqcheck.cli import main, output; output.UNNAMED = 0; raise SystemExit(main.main())"
    words = (netns.SEQCHECK[0], "-c", code, "live", pair.into, "--report", f"json={tmp_path}/report.json")
    with netns.program(pair.rx, *words) as live:
        live.says("listening on")
        assert [name.startswith(".report.json.") for name in left(tmp_path)] == [True]
        pair.send("--count", "10")
        assert live.end(signal.SIGINT) == 0
    assert left(tmp_path) == ["report.json"]
    (tmp_path / "report.json").unlink()
    with netns.program(pair.rx, *words) as live:
        live.says("listening on")
        live.process.kill()
        live.end()  # its output ends when the process that names files is gone, too
    assert left(tmp_path) == []


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 KiB."""
    folder = tmp_path / "small"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", folder], check=False).returncode:
        pytest.skip("cannot mount a file system")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_full_disk_leaves_whole_lines_and_packets(pair: netns.Pair, tmp_path: Path, small: Path) -> None:
    other = tmp_path / "report.json"
    options = ("--evidence", str(small / "evidence.pcapng"), "--report", f"json={other}")
    with netns.live(pair.rx, pair.into, *options, "--count", "30000") as live:
        truth = pair.send("--count", "30000", "--ring-size", "64", "--inject", "stale=5%", "--rate", "30000")
        assert live.end() == 2
    assert sum("evidence" in line and "No space left" in line for line in live.err) == 1
    made = report(other)
    assert made["duplicates"]["total"] == truth["duplicates"]
    assert any("No space left" in caveat for caveat in made["verdict"]["caveats"])
    kept = seqcheck.analyze(small / "evidence.pcapng")
    assert kept.capture.damage == ()
    assert kept.capture.frames > 100
    os.remove(small / "evidence.pcapng")
    options = (
        "--report",
        f"jsonl={small / 'lines.jsonl'}",
        "--report",
        f"json={other}",
        "--interval",
        "1ms",
        "--force",
    )
    with netns.live(pair.rx, pair.into, *options, "--count", "30000") as live:
        pair.send("--count", "30000", "--ring-size", "64", "--inject", "stale=5%", "--rate", "30000")
        assert live.end() == 2
    assert sum("lines.jsonl" in line and "No space left" in line for line in live.err) == 1
    lines = (small / "lines.jsonl").read_text().splitlines()
    assert {json.loads(line)["type"] for line in lines} <= {"snapshot", "found"}
    assert report(other)["duplicates"]["total"] == truth["duplicates"]


COUNT, DURATION = (("--count", "100000"), "2,000 of 100,000 frames"), (("--duration", "1h"), " of 3600 s")


@pytest.mark.parametrize(
    ("asked", "words", "how"),
    [(*COUNT, "down"), (*DURATION, "down"), (*COUNT, "gone"), (*COUNT, "TERM"), (*DURATION, "INT")],
)
def test_less_than_was_asked_for_is_no_success(
    pair: netns.Pair, tmp_path: Path, asked: tuple[str, ...], words: str, how: str
) -> None:
    path = tmp_path / "report.json"
    options = (*asked, "--report", f"json={path}", "--report", "jsonl", "--interval", "10ms")
    with netns.live(pair.rx, pair.into, *options) as live:
        pair.send("--count", "2000")
        seen(live, 2000)
        if how == "down":
            netns.run("ip", "-n", pair.rx, "link", "set", pair.into, "down")
        elif how == "gone":
            netns.run("ip", "-n", pair.tx, "link", "del", pair.out)
        else:
            live.process.send_signal(getattr(signal, f"SIG{how}"))
        assert live.end() == 2
    made = report(path)
    assert made["verdict"]["cause"] == "clean"
    why = f"it was ended by SIG{how}" if how.isupper() else pair.into
    (told,) = (caveat for caveat in made["verdict"]["caveats"] if words in caveat)
    assert why in told
    assert any(why in each["what"] for each in made["capture"]["damage"])


def test_what_was_asked_for_came_before_the_interface_went(pair: netns.Pair, tmp_path: Path) -> None:
    """An interface that goes takes what the kernel had still to hand over, a thousand frames at most."""
    path = tmp_path / "report.json"
    with netns.live(pair.rx, pair.into, "--count", "500", "--report", f"json={path}") as live:
        pair.send("--count", "2000")
        netns.run("ip", "-n", pair.rx, "link", "set", pair.into, "down")
        assert live.end() == 0
    assert report(path)["capture"]["damage"] == []


def test_a_link_that_went_down_and_up_is_told(pair: netns.Pair, tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    with netns.live(pair.rx, pair.into, "--count", "4000", "--report", f"json={path}") as live:
        pair.send("--count", "2000", "--stream", "1")
        netns.run("ip", "-n", pair.tx, "link", "set", pair.out, "down")
        netns.run("ip", "-n", pair.tx, "link", "set", pair.out, "up")
        pair.send("--count", "2000", "--stream", "2")
        assert live.end() == 0
    caveats = report(path)["verdict"]["caveats"]
    assert any(f"the link of {pair.into} went down; what was sent meanwhile is lost" in each for each in caveats)
    assert any(f"the link of {pair.into} went down" in line for line in live.err)
