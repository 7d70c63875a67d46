"""`seqcheck analyze`: options, outputs and exit codes. What is found is tested elsewhere."""

import io
import json
import os
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
import specimens
from found import Found

from seqcheck.cli import analyze as verb
from seqcheck.cli.destinations import TERMINAL
from seqcheck.cli.main import main, parse
from seqcheck.errors import InputError, UsageError
from seqcheck.model.results import Results


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> list[verb.Options]:
    """Replaces the analysis by STALE; what it was asked for is in the list."""
    asked: list[verb.Options] = []

    @contextmanager
    def examine(options: verb.Options, ready: object = None) -> Iterator[Results]:
        asked.append(options)
        yield Found(specimens.STALE)

    monkeypatch.setattr(verb, "examine", examine)
    return asked


def options(*argv: str) -> verb.Options:
    return verb.resolve(parse(["analyze", *argv]))


def test_the_defaults() -> None:
    given = options("run.pcap")
    assert given.captures == ("run.pcap",)
    assert given.layouts == ()
    assert given.ring_sizes == ()
    assert given.reports == (TERMINAL,)
    assert given.listed == 1000
    assert not given.force


def test_options_reach_the_analysis(found: list[verb.Options], capsys: pytest.CaptureFixture[str]) -> None:
    argv = ["--layout", "txseq", "--ring-size", "512", "--ring-size", "4096", "--ring-size", "512", "--listed", "0"]
    assert main(["analyze", *argv, "a.pcap", "b.pcap"]) == 1
    assert found[0].layouts == ("txseq",)
    assert found[0].ring_sizes == (512, 4096)
    assert found[0].listed == 0
    assert found[0].captures == ("a.pcap", "b.pcap")


@pytest.mark.parametrize("argv", [
    ["--ring-size", "1"], ["--ring-size", "1000001"], ["--ring-size", "4096.0"], ["--ring-size", "-5"],
    ["--ring-size", "٤٠٩٦"], ["--listed", "-1"], ["--listed", "all"], ["--max-missing", "x"],
    ["--max-duplicates", "200%"], ["--report", "pdf"], ["--report", "json="], ["--report", "=x"],
])  # fmt: skip
def test_what_cannot_be_is_refused(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["analyze", *argv, "run.pcap"]) == 2
    assert capsys.readouterr().err.startswith(f"seqcheck: argument {argv[0]}: ")


@pytest.mark.parametrize(
    "argv", [["--report", "json", "--report", "terminal"], ["--report", "json=x", "--report", "terminal=./x"]]
)
def test_two_reports_never_share_a_place(argv: list[str]) -> None:
    with pytest.raises(UsageError, match="two reports go to"):
        options(*argv, "run.pcap")


def test_standard_input_once_and_never_from_a_keyboard(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="only once"):
        options("-", "-")
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    with pytest.raises(UsageError, match="terminal") as caught:
        options("-")
    assert "tcpdump" in caught.value.hint


def test_the_verdict_is_printed_and_found(found: list[verb.Options], capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["analyze", "run.pcap"]) == 1
    out, err = capfd.readouterr()
    assert out.startswith("Consistent with a stale TX slot in a ring of 4096")
    assert err == ""


def test_several_reports_in_one_pass(
    found: list[verb.Options], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "run.json"
    assert main(["analyze", "run.pcap", "--report", "terminal", "--report", f"json={target}"]) == 1
    assert len(found) == 1
    assert json.loads(target.read_text())["verdict"]["ring_size"] == 4096
    assert capfd.readouterr().out.startswith("Consistent")
    assert os.listdir(tmp_path) == ["run.json"]


def test_each_report_can_go_to_stdout(found: list[verb.Options], capfd: pytest.CaptureFixture[str]) -> None:
    for name in verb.FORMATS:
        assert main(["analyze", "run.pcap", "--report", name]) == 1
        assert capfd.readouterr().out


def test_limits_decide_the_exit_code(found: list[verb.Options], capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["analyze", "run.pcap", "--max-duplicates", "12"]) == 0
    assert main(["analyze", "run.pcap", "--max-duplicates", "11"]) == 1
    assert main(["analyze", "run.pcap", "--max-duplicates", "0.012%"]) == 0
    assert main(["analyze", "run.pcap", "--max-missing", "9"]) == 1


def test_nothing_is_replaced_and_nothing_analysed_in_vain(
    found: list[verb.Options], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "run.json"
    target.write_text("precious")
    assert main(["analyze", "run.pcap", "--report", f"json={target}"]) == 2
    assert "already exists" in capsys.readouterr().err
    assert found == []
    assert target.read_text() == "precious"
    assert main(["analyze", "run.pcap", "--report", f"json={target}", "--force"]) == 1
    assert json.loads(target.read_text())["schema"] == "seqcheck.report/1"


def test_force_does_not_replace_the_capture(found: list[verb.Options], tmp_path: Path) -> None:
    capture = tmp_path / "run.pcap"
    capture.write_bytes(b"frames")
    assert main(["analyze", str(capture), "--report", f"json={capture}", "--force"]) == 2
    assert capture.read_bytes() == b"frames"


def test_a_failed_analysis_leaves_no_report(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(options: verb.Options, ready: object = None) -> Results:
        raise InputError("run.pcap: not a capture")

    monkeypatch.setattr(verb, "examine", fail)
    assert main(["analyze", "run.pcap", "--report", f"json={tmp_path / 'run.json'}"]) == 2
    assert capsys.readouterr().err == "seqcheck: run.pcap: not a capture\n"
    assert os.listdir(tmp_path) == []


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
@pytest.mark.parametrize("name", ["terminal", "json"])
def test_a_full_disk_is_told(found: list[verb.Options], name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["analyze", "run.pcap", "--report", f"{name}=/dev/full"]) == 2
    assert capsys.readouterr().err == "seqcheck: cannot write /dev/full: No space left on device\n"


def test_verbose_tells_the_pace_on_stderr(found: list[verb.Options], capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["-v", "analyze", "run.pcap"]) == 1
    out, err = capfd.readouterr()
    assert out.startswith("Consistent")
    assert err.startswith("seqcheck: note: 100,040 frames in 0.0")
    assert err.endswith("native kernel\n")


def test_a_pipe_whose_reader_leaves_takes_no_other_report_with_it(
    found: list[verb.Options], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    fifo = tmp_path / "pipe"
    os.mkfifo(fifo)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    examine = verb.examine

    def leave(options: verb.Options, ready: object = None) -> AbstractContextManager[Results]:
        os.close(reader)
        return examine(options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(verb, "examine", leave)
        assert main(["analyze", "run.pcap", "--report", f"json={fifo}", "--report", "terminal"]) == 1
    out, err = capfd.readouterr()
    assert out.startswith("Consistent")
    assert err == ""


def test_a_format_that_lacks_its_package_is_refused_before_the_work(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert main(["analyze", "run.pcap", "--report", f"parquet={tmp_path / 'x'}"]) == 2
    told = "seqcheck: the report parquet needs pyarrow, which is not installed\n  pip install 'seqcheck[parquet]'\n"
    assert capsys.readouterr().err == told
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("name", [name for name, format in verb.FORMATS.items() if format.binary])
def test_a_terminal_gets_no_bytes(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    with pytest.raises(UsageError, match="cannot go to a terminal"):
        options("run.pcap", "--report", name)


@pytest.mark.parametrize("again", ["{path}", "{folder}/./run.pcap", "{folder}/link.pcap"])
def test_the_same_file_twice_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str], again: str) -> None:
    path = tmp_path / "run.pcap"
    path.write_bytes((Path(__file__).parent.parent / "samples" / "clean.pcap").read_bytes())
    (tmp_path / "link.pcap").symlink_to(path)
    second = again.format(path=path, folder=tmp_path)
    assert main(["analyze", str(path), second]) == 2
    err = capsys.readouterr().err
    assert "is named twice" in err or f"{second} is the same file as {path}" in err


def test_a_capture_that_lacks_numbers_has_a_headline_that_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    sample = str(Path(__file__).parent.parent / "samples" / "loss.pcap")
    for report, line in (("terminal", "Verdict: loss, 0 duplicates, "), ("markdown", "## seqcheck: loss")):
        assert main(["analyze", "--report", report, sample]) == 1
        assert line in capsys.readouterr().out
    assert main(["analyze", "--report", "json", sample]) == 1
    assert '"cause": "clean"' in capsys.readouterr().out
