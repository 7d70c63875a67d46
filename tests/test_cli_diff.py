"""`seqcheck diff`: inputs, outputs, exit codes, and that nothing in a report can control the terminal."""

import io
import json
import re
import sys
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
import specimens

from seqcheck.cli.main import main
from seqcheck.comparison import Comparison, Count, Fact, Figure, StreamChange
from seqcheck.escape import plain
from seqcheck.model import Report
from seqcheck.outputs.diff.words import ARROW
from seqcheck.outputs.json import document


def saved(folder: Path, name: str, report: Report) -> str:
    path = folder / name
    path.write_text(json.dumps(document(report)))
    return str(path)


@pytest.fixture
def clean(tmp_path: Path) -> str:
    return saved(tmp_path, "clean.json", specimens.CLEAN)


@pytest.fixture
def stale(tmp_path: Path) -> str:
    return saved(tmp_path, "stale.json", specimens.STALE)


def test_the_exit_code_says_whether_it_is_worse(clean: str, stale: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", clean, stale]) == 1
    assert main(["diff", stale, clean]) == 0
    assert main(["diff", stale, stale]) == 0
    assert main(["diff", stale, f"{stale}x"]) == 2
    assert capsys.readouterr().err == f"seqcheck: {stale}x: No such file or directory\n"


def test_what_it_looks_like(clean: str, stale: str, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    main(["diff", clean, stale])
    assert capsysbinary.readouterr().out.decode().splitlines() == [
        "Worse: duplicates 0 before, 12 after; stale-slot 0 before, 12 after.",
        f"  before: {clean}",
        f"  after:  {stale}",
        "",
        "Figures",
        "              before        after",
        "  duplicates       0  12 (0.012%)  worse",
        "  missing          0            0",
        "  late             0            0",
        "",
        "Duplicates by cause",
        "              before        after",
        "  stale-slot       0  12 (0.012%)  worse",
        "",
        "Changed",
        "            before  after",
        "  cause     clean   stale-slot",
        "  strength  none    strong",
        "  ring      none    4096, as given",
        "",
        "Streams",
        "  stream                                  duplicates  missing  late",
        "  10.0.0.1:5000 > 10.0.0.2:5001 stream=7      0 → 12        0     0  worse",
    ]


def test_json_and_markdown_in_one_go(clean: str, stale: str, tmp_path: Path) -> None:
    here = [tmp_path / name for name in ("diff.json", "diff.md")]
    argv = [f"--report=json={here[0]}", f"--report=markdown={here[1]}"]
    assert main(["diff", clean, stale, *argv]) == 1
    found = json.loads(here[0].read_text())
    assert (found["schema"], found["trend"]) == ("seqcheck.diff/1", "worse")
    assert found["figures"][0] == {
        "name": "duplicates", "before": {"count": 0, "of": 100_000}, "after": {"count": 12, "of": 100_000},
        "trend": "worse",
    }  # fmt: skip
    assert here[1].read_text().startswith("## seqcheck diff: worse\n\n**Worse: duplicates 0 before")
    assert main(["diff", clean, stale, *argv]) == 2
    assert main(["diff", clean, stale, *argv, "--force"]) == 1


def test_one_report_may_come_by_a_pipe(clean: str, stale: str, monkeypatch: pytest.MonkeyPatch) -> None:
    class Pipe:
        buffer = io.BytesIO(Path(stale).read_bytes())

        def isatty(self) -> bool:
            return False

    monkeypatch.setattr(sys, "stdin", Pipe())
    assert main(["diff", clean, "-"]) == 1


@pytest.mark.parametrize("argv", [
    ["-", "-"], ["a.json"], ["a", "b", "c"], ["a", "b", "--report", "html"], ["a", "b", "--report", "json="],
    ["a", "b", "--report", "json", "--report", "terminal"],
])  # fmt: skip
def test_what_cannot_be_is_refused(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", *argv]) == 2
    assert capsys.readouterr().err.startswith("seqcheck: ")


def test_a_report_is_never_written_over(clean: str, stale: str) -> None:
    before = Path(stale).read_bytes()
    assert main(["diff", clean, stale, "--report", f"json={stale}", "--force"]) == 2
    assert Path(stale).read_bytes() == before


@pytest.mark.parametrize("form", ["terminal", "json", "markdown"])
def test_hostile_words_stay_words(form: str, tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    evil = "\x1b[2J\u202e<img src=x>|[x](http://x)\n# y @all"
    stream = replace(specimens.stream(missing=1), key={"source": evil, "target": evil, evil: 1})
    before: dict[str, Any] = document(replace(specimens.CLEAN, streams=(replace(stream, missing=0),)))
    after: dict[str, Any] = document(replace(specimens.CLEAN, streams=(stream,)))
    after["duplicates"]["by_cause"] = {evil: 3}
    after["verdict"]["cause"] = evil
    paths = [tmp_path / "a.json", tmp_path / "b.json"]
    for path, one in zip(paths, (before, after), strict=True):
        path.write_text(json.dumps(one))
    assert main(["diff", *map(str, paths), "--report", form]) == 1
    out = capsysbinary.readouterr().out.decode()
    assert not set(out) & {"\x1b", "\u202e"}
    if form == "markdown":
        assert "<img" not in out
        assert re.search(r"(?<!\\)\]\(", out) is None
        assert "@all" not in out
        assert "\n# y" not in out


def test_every_key_of_the_json_is_documented() -> None:
    page = Path(__file__).parent.parent.joinpath("docs", "cli.md").read_text(encoding="utf-8")
    text = page.split("## seqcheck diff")[1].split("\n## ")[0]
    for cls in (Comparison, Figure, Fact, StreamChange, Count):
        for field in fields(cls):
            assert f"`{field.name}`" in text, f"{cls.__name__}.{field.name}"


@pytest.mark.parametrize(("encoding", "arrow"), [("utf-8", "→"), ("ascii", ">"), ("latin-1", ">"), ("none", ">")])
def test_an_arrow_that_cannot_be_written_is_a_plain_one(encoding: str, arrow: str) -> None:
    assert plain(ARROW, encoding) == arrow
