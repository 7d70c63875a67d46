"""The options that say what still counts as clean, and what is printed if it does not; as lines and as annotations."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import specimens
from found import Found

from seqcheck.cli import analyze, limits
from seqcheck.cli.annotations import _MESSAGE, _PROPERTY, escaped
from seqcheck.cli.main import main, parse
from seqcheck.model.results import Results


@pytest.fixture(autouse=True)
def found(monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def examine(options: analyze.Options, ready: object = None) -> Iterator[Results]:
        yield Found(replace(specimens.STALE, streams=(specimens.stream(duplicates=12, late=2),)))

    monkeypatch.setattr(analyze, "examine", examine)


def run(*argv: str) -> int:
    return main(["analyze", "--report", "json=/dev/null", *argv, "run.pcap"])


@pytest.mark.parametrize(("argv", "code"), [
    ([], 1), (["--max-duplicates", "12"], 0), (["--max-duplicates", "0.012%"], 0), (["--max-duplicates", "11"], 1),
    (["--max-duplicates", "12", "--max-late", "2"], 0), (["--max-duplicates", "12", "--max-late", "1"], 1),
    (["--fail-on", "loop"], 0), (["--fail-on", "stale-slot:strong"], 1), (["--fail-on", "loop", "--fail-on", "any"], 1),
    (["--fail-on", "loop", "--max-duplicates", "3"], 1),
])  # fmt: skip
def test_the_exit_code_follows_what_is_demanded(argv: list[str], code: int) -> None:
    assert run(*argv) == code


def test_what_the_options_ask_is_told_line_by_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    expect = tmp_path / "expect.toml"
    expect.write_text('cause = "clean"\nring_size = 512\n')
    assert run("--max-late", "1", "--expect", str(expect)) == 1
    assert capsys.readouterr().err.splitlines() == [
        "seqcheck: late: expected at most 1, found 2 of 100000 records",
        "seqcheck: cause: expected clean, found stale-slot",
        "seqcheck: ring size: expected 512, found 4096",
    ]


def test_without_options_the_report_says_it_all(capsys: pytest.CaptureFixture[str]) -> None:
    assert run() == 1
    assert capsys.readouterr().err == ""


def test_an_expectation_is_read_before_the_capture(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--expect", "none.toml") == 2
    assert capsys.readouterr().err.startswith("seqcheck: none.toml: No such file")


@pytest.mark.parametrize("argv", [["--fail-on", "clean"], ["--fail-on", "stale-slot:x"], ["--max-late", "-1"]])
def test_what_cannot_be_demanded_is_refused(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*argv) == 2
    assert capsys.readouterr().err.startswith(f"seqcheck: argument {argv[0]}: ")


def test_github_gets_annotations_instead(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    assert run("--max-late", "1") == 1
    out, err = capfd.readouterr()
    assert out == ""
    first, second = err.splitlines()
    assert first.startswith("::error title=seqcheck%3A duplicates::duplicates: expected at most 0, found 12 of 100000 ")
    assert second.startswith("::error title=seqcheck%3A late::late: expected at most 1, ")


def test_github_is_told_of_trouble(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    assert run("--expect", "a\r\n::error::%b") == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line == "::error title=seqcheck::seqcheck: a%0D%0A::error::%25b: No such file or directory"


def test_nothing_ends_a_command_or_begins_another() -> None:
    assert escaped("100%\r\n::error::x,y:z", _MESSAGE) == "100%25%0D%0A::error::x,y:z"
    assert escaped("100%\r\n::x,y", _PROPERTY) == "100%25%0D%0A%3A%3Ax%2Cy"


def test_live_takes_the_same_options() -> None:
    argv = ["--max-late", "1%", "--max-missing", "3", "--fail-on", "any:weak", "--max-duplicates", "0"]
    given = [limits.demands(parse([verb, *argv, "x"])) for verb in ("analyze", "live")]
    assert given[0] == given[1]
    assert given[0].late is not None
