"""`seqcheck analyze --each`: each capture on its own, without effect on the others."""

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from seqcheck.cli import analyze, each
from seqcheck.cli.main import main, parse
from seqcheck.errors import UsageError

SAMPLES = Path(__file__).parent.parent / "samples"
CLEAN, STALE, LOSS = (str(SAMPLES / f"{name}.pcap") for name in ("clean", "stale-slot", "loss"))


def places(*argv: str) -> dict[str, list[str]]:
    options = each.resolve(parse(["analyze", "--each", *argv]))
    return {capture: [report.path for report in reports] for capture, reports in each.places(options)}


def test_a_folder_gets_a_file_for_each() -> None:
    assert places("--report", "json=out/", "--report", "terminal=out/", "a.pcap", "x/b.pcapng.gz", "c") == {
        "a.pcap": ["out/a.json", "out/a.txt"],
        "x/b.pcapng.gz": ["out/b.json", "out/b.txt"],
        "c": ["out/c.json", "out/c.txt"],
    }


def test_a_pattern_says_where() -> None:
    argv = ["--report", "json={n}/{name}-{x}.json", *(f"{letter}/run.pcap" for letter in "abcdefghij")]
    assert list(places(*argv).values())[8:] == [["09/run-{x}.json"], ["10/run-{x}.json"]]


def test_a_folder_that_is_there_needs_no_slash(tmp_path: Path) -> None:
    assert places("--report", f"junit={tmp_path}", "a.cap") == {"a.cap": [f"{tmp_path}/a.xml"]}


@pytest.mark.parametrize("argv", [
    ["--report", "json", "a"], ["--report", "json=-", "a"], ["--report", "json=x.json", "a"], ["-"], ["a", "-"],
    ["--report", "json=out/", "x/a.pcap", "y/a.pcap"], ["--report", "json=out/", "a.pcap", "a.pcap.gz"],
    ["--report", "json={name}", "--report", "terminal={name}", "a"],
])  # fmt: skip
def test_what_cannot_be_is_refused(argv: list[str]) -> None:
    with pytest.raises(UsageError):
        places(*argv)


@pytest.mark.parametrize("read", ["pcap", "layout", "expect"])
def test_no_report_lands_on_what_is_read(read: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    layout, expected = tmp_path / "a.layout", tmp_path / "a.expect"
    layout.write_text('anchor = "udp"\nseq = "u32be@0"\n')
    expected.write_text("")
    (tmp_path / "a.pcap").write_bytes(b"")
    given = ["--layout", str(layout), "--expect", str(expected), str(tmp_path / "a.pcap")]
    assert run("--force", "--report", f"json={tmp_path}/{{name}}.{read}", *given) == 2
    assert f"{tmp_path / 'a'}.{read} is one of the inputs" in capsys.readouterr().err


@pytest.mark.parametrize("argv", [["--jobs", "0", "a"], ["--each", "--jobs", "0", "a"], ["--each", "--jobs", "x", "a"]])
def test_jobs_are_a_number(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["analyze", *argv]) == 2
    assert "--jobs" in capsys.readouterr().err


def run(*argv: str) -> int:
    return main(["-q", "analyze", "--each", "--jobs", "2", *argv])


def test_each_is_told_and_the_worst_is_the_exit_code(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    assert run(CLEAN, STALE, LOSS) == 1
    out, err = (text.decode() for text in capsysbinary.readouterr())
    lines = [line.split() for line in out.splitlines()]
    assert lines[0] == ["in", str(SAMPLES)]
    assert lines[1][:2] == ["capture", "result"]
    assert [line[:2] for line in lines[2:5]] == [
        ["clean.pcap", "clean"], ["stale-slot.pcap", "findings"], ["loss.pcap", "findings"],
    ]  # fmt: skip
    assert lines[3][-3:] == ["stale-slot", "strong", "128"]
    assert lines[4][-1] == "loss"
    assert out.splitlines()[-1] == "3 captures: 1 clean, 2 with findings, 0 trouble"
    assert err == ""


def test_only_clean_ones_are_clean() -> None:
    assert run(CLEAN, str(SAMPLES / "restart.pcap")) == 0


def test_the_table_says_what_is_damaged(tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    whole, cut = tmp_path / "whole.pcap", tmp_path / "cut.pcap"
    whole.write_bytes(Path(CLEAN).read_bytes())
    cut.write_bytes(whole.read_bytes()[:-7])
    assert main(["analyze", "--each", str(whole), str(cut)]) == 0
    _, head, *rows = capsysbinary.readouterr().out.decode().splitlines()
    at = slice(head.index("damage"), head.index("damage") + len("damage"))
    assert [row[at].strip() for row in rows[:2]] == ["", "1"]
    assert main(["analyze", "--each", str(whole)]) == 0
    assert b"damage" not in capsysbinary.readouterr().out


def test_a_bad_one_stops_nobody(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad = tmp_path / "bad.pcap"
    bad.write_bytes(b"no capture")
    out = tmp_path / "out"
    assert run("--report", f"json={out}/", str(bad), STALE, str(tmp_path / "none.pcap"), CLEAN) == 2
    assert sorted(path.name for path in out.iterdir()) == ["clean.json", "stale-slot.json"]
    errors = [line for line in capsys.readouterr().err.splitlines() if line.startswith("seqcheck: ")]
    assert [line.split(":")[1].split()[0] for line in errors] == [str(bad), str(tmp_path / "none.pcap")]


def test_the_reports_are_those_of_a_run_alone(tmp_path: Path) -> None:
    assert run("--report", f"json={tmp_path}/", "--ring-size", "128", STALE, LOSS) == 1
    alone = tmp_path / "alone.json"
    assert main(["-q", "analyze", "--ring-size", "128", "--report", f"json={alone}", STALE]) == 1
    assert json.loads((tmp_path / "stale-slot.json").read_text()) == json.loads(alone.read_text())


def test_what_exists_is_kept(tmp_path: Path) -> None:
    assert run("--report", f"json={tmp_path}/", CLEAN) == 0
    assert run("--report", f"json={tmp_path}/", CLEAN) == 2
    assert run("--report", f"json={tmp_path}/", "--force", CLEAN) == 0


def test_demands_are_for_each(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--max-duplicates", "8", "--max-missing", "100%", STALE, LOSS) == 0
    assert run("--fail-on", "stale-slot:strong", CLEAN, STALE) == 1
    line = "cause stale-slot: expected none that is strong or more, found 8 duplicates, evidence strong"
    assert capsys.readouterr().err == f"seqcheck: {STALE}: {line}\n"


def test_a_hostile_name_steers_nothing(tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    evil = tmp_path / "\x1b[2J[red]\n::error::.pcap"
    evil.write_bytes(Path(CLEAN).read_bytes())
    assert run(str(evil)) == 0
    out = capsysbinary.readouterr().out
    assert b"\x1b" not in out
    assert b"[red]" in out


def test_the_progress_is_of_all() -> None:
    class Meter:
        label = ""

        def __call__(self, progress: Any) -> None:
            self.seen = progress

    meter = Meter()
    watch = each.Watch([CLEAN, STALE], meter)  # type: ignore[arg-type]
    sizes = [os.path.getsize(path) for path in (CLEAN, STALE)]
    watch.take(each.News(task=1, told=(10, 20, 500)))
    assert (meter.seen.bytes_done, meter.seen.bytes_total, meter.seen.frames) == (sizes[1] // 2, sum(sizes), 500)
    watch.take(each.News(task=0, answer=each.Outcome(code=0)))
    watch.take(each.News(task=1, exit_code=-9))
    assert meter.seen.bytes_done == sum(sizes)
    assert meter.label == "2 of 2 captures"
    assert watch.outcomes[1].code == 2
    assert "by signal 9" in watch.outcomes[1].trouble[0]


def unblock(running: subprocess.Popen[bytes], pipe: Path) -> None:
    """Should it end before it opens the pipe, open it, so that nobody waits forever."""
    running.wait()
    os.close(os.open(pipe, os.O_RDONLY | os.O_NONBLOCK))


def test_interrupted_it_leaves_nothing_behind(tmp_path: Path) -> None:
    pipe, out = tmp_path / "pipe.pcap", tmp_path / "out"
    os.mkfifo(pipe)
    command = [sys.executable, "-m", "seqcheck", "-q", "analyze", "--each", "--report", f"json={out}/", str(pipe)]
    running = subprocess.Popen(command, stderr=subprocess.PIPE, start_new_session=True)
    threading.Thread(target=unblock, args=(running, pipe)).start()
    with open(pipe, "wb") as stream:  # opens when the worker does; then it waits for us
        assert [path.name for path in out.iterdir() if path.suffix != ".part"] == []
        os.killpg(running.pid, signal.SIGINT)
        _, err = running.communicate(timeout=60)
        assert stream.closed is False
    assert (running.returncode, err) == (130, b"")
    assert list(out.iterdir()) == []


def test_one_at_a_time_without_each_is_as_before() -> None:
    options = analyze.resolve(parse(["analyze", CLEAN, STALE]))
    assert options.captures == (CLEAN, STALE)
