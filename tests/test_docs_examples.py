"""The tutorial's commands work in the order in which they are listed, the notebook runs, and the cookbook's and the
senders' pages name what there is."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import seqcheck
from seqcheck.cli.main import VERBS, parse
from seqcheck.layout import resolve

DOCS = Path(__file__).parent.parent / "docs"
BASH = shutil.which("bash")


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """One in which `seqcheck` is the one that is tested."""
    (tmp_path / "bin").mkdir()
    command = tmp_path / "bin" / "seqcheck"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -P -m seqcheck "$@"\n')
    command.chmod(0o755)
    package = os.pathsep.join([str(Path(seqcheck.__file__).parent.parent), os.environ.get("PYTHONPATH", "")])
    path = os.pathsep.join([str(tmp_path / "bin"), os.environ["PATH"]])
    return {**os.environ, "PATH": path, "PYTHONPATH": package, "HOME": str(tmp_path)}


def test_the_tutorial_can_be_followed(tmp_path: Path, environment: dict[str, str]) -> None:
    if BASH is None:
        pytest.skip("no bash here to run the commands with")
    page = (DOCS / "tutorial.md").read_text(encoding="utf-8")
    commands = re.findall(r"^    (seqcheck .*)$", page, re.MULTILINE)
    assert len(commands) == 12
    (tmp_path / "work").mkdir()
    codes: dict[str, int] = {}
    said: dict[str, str] = {}
    for command in commands:
        done = subprocess.run(
            [BASH, "-c", command], cwd=tmp_path / "work", env=environment, capture_output=True, text=True, check=False,
            timeout=300,
        )  # fmt: skip
        assert done.returncode in (0, 1), (command, done.stderr)
        codes[command], said[command] = done.returncode, done.stdout
    assert "a ring of 512" in said["seqcheck run.pcap"]
    assert codes["seqcheck run.pcap"] == 1
    assert codes["seqcheck diff before.json after.json"] == 0
    assert codes[commands[-1]] == 0
    made = {path.name for path in (tmp_path / "work").iterdir()}
    assert made == {
        "run.pcap", "run.html", "run.pcapng", "before.json", "shown.pcapng", "fixed.pcap", "after.json",
    }  # fmt: skip
    before = seqcheck.analyze(tmp_path / "work" / "run.pcap", ring_sizes=[512]).verdict
    redacted = seqcheck.analyze(tmp_path / "work" / "shown.pcapng", ring_sizes=[512]).verdict
    assert (redacted.cause, redacted.strength, redacted.ring_size) == (before.cause, "strong", 512)


def test_the_notebook_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]) -> None:
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    book = json.loads((DOCS / "examples" / "distances.ipynb").read_text(encoding="utf-8"))
    assert (book["nbformat"], len({cell["id"] for cell in book["cells"]})) == (4, len(book["cells"]))
    assert all(not cell.get("outputs") for cell in book["cells"])  # each reader runs it
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", environment["PYTHONPATH"])
    names: dict[str, Any] = {}
    for cell in book["cells"]:
        if cell["cell_type"] == "code":
            exec(compile("".join(cell["source"]), "distances.ipynb", "exec", dont_inherit=True), names)
    assert (names["report"].verdict.cause, names["ring"]) == ("stale-slot", 512)
    (points,) = names["axes"].collections
    assert len(points.get_offsets()) == len(names["frame"]) == names["report"].duplicates.total == 30
    assert [line.get_ydata()[0] for line in names["axes"].lines] == [512]
    assert names["axes"].get_title() == names["report"].verdict.statement


def test_the_notebook_leaves_a_capture_of_the_reader_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who does as it says and puts a path into the first cell loses nothing."""
    book = json.loads((DOCS / "examples" / "distances.ipynb").read_text(encoding="utf-8"))
    monkeypatch.chdir(tmp_path)
    mine = (DOCS.parent / "samples" / "stale-slot.pcap").read_bytes()
    Path("mine.pcap").write_bytes(mine)
    first, second, *_ = ("".join(cell["source"]) for cell in book["cells"] if cell["cell_type"] == "code")
    names: dict[str, Any] = {}
    exec(first.replace("CAPTURE = None", 'CAPTURE = "mine.pcap"'), names)
    exec(second, names)
    assert Path("mine.pcap").read_bytes() == mine
    assert (names["report"].verdict.ring_size, sorted(path.name for path in tmp_path.iterdir())) == (128, ["mine.pcap"])


def commands(name: str) -> list[str]:
    """The commands of a page, each on one line, without remarks."""
    page = (DOCS / name).read_text(encoding="utf-8")
    blocks = re.findall(r"```sh\n(.*?)```", page, re.DOTALL)
    lines = "".join(blocks).replace("\\\n", " ").splitlines()
    return [line for line in lines if re.match(r"(sudo )?seqcheck ", line)]


@pytest.mark.parametrize("command", [*commands("cookbook.md"), *commands("senders.md")])
def test_every_command_is_one(command: str, tmp_path: Path) -> None:
    import shlex

    words = shlex.split(command, comments=True)
    words = words[1 + words.index("seqcheck") :]
    words = words[: words.index(">")] if ">" in words else words
    assert words[0] in VERBS
    assert parse(words).run


def test_every_layout_that_the_senders_page_names_is_one() -> None:
    page = (DOCS / "senders.md").read_text(encoding="utf-8")
    named = re.findall(r'--layout ("[^"]+"|[\w:%-]+)', page)
    assert len(named) >= 10
    for name in named:
        if "PORT" not in name:
            assert resolve(name.strip('"'))
