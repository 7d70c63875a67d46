"""seqcheck demo: it runs commands that anybody can type, and leaves a capture and a page; files written are named."""

import shlex
from pathlib import Path

import pytest

from seqcheck.cli.main import main


def test_it_shows_its_commands_and_leaves_what_they_made(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--no-open", str(tmp_path / "new")]) == 0
    out, err = capsys.readouterr()
    commands = [shlex.split(line[2:]) for line in out.splitlines() if line.startswith("$ ")]
    assert [words[:2] for words in commands] == [["seqcheck", "simulate"], ["seqcheck", "analyze"]]
    assert "consistent with a stale TX slot in a ring of 512" in out
    assert (tmp_path / "new" / "demo.html").read_text().startswith("<!DOCTYPE html>")
    assert f"seqcheck: wrote {tmp_path / 'new' / 'demo.html'}" in err
    before = (tmp_path / "new" / "demo.pcap").read_bytes()
    assert main([*commands[0][1:], "--force"]) == 0
    assert (tmp_path / "new" / "demo.pcap").read_bytes() == before


def test_nothing_is_replaced_without_force(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "demo.pcap").write_text("mine")
    assert main(["demo", "--no-open", str(tmp_path)]) == 2
    assert "already exists" in capsys.readouterr().err
    assert (tmp_path / "demo.pcap").read_text() == "mine"
    assert main(["demo", "--no-open", "--force", str(tmp_path)]) == 0


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    assert main(["demo", "--no-open", str(tmp_path / "file" / "x")]) == 2
    assert "cannot make the folder" in capsys.readouterr().err


def test_files_that_were_written_are_named_and_others_are_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sample = str(Path(__file__).parent.parent / "samples" / "clean.pcap")
    reports = ["--report", "json", "--report", f"html={tmp_path / 'a.html'}", "--report", "csv=/dev/null"]
    assert main(["analyze", *reports, sample]) == 0
    assert capsys.readouterr().err.splitlines() == [f"seqcheck: wrote {tmp_path / 'a.html'}"]
    assert main(["-q", "analyze", *reports, "--force", sample]) == 0
    assert capsys.readouterr().err == ""
