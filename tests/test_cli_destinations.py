"""Where reports go: FORMAT[=PATH], and that one failure does not affect the others."""

import argparse
import io
import os
from pathlib import Path

import pytest

from seqcheck.cli import destinations
from seqcheck.cli.destinations import TERMINAL, Destination, among, deliver, deliver_all
from seqcheck.cli.main import main
from seqcheck.cli.output import Output
from seqcheck.errors import OutputError

SAMPLES = Path(__file__).parents[1] / "samples"


class Refusing(io.BytesIO):
    """Raises `error` where it is written to."""

    def __init__(self, error: OSError) -> None:
        super().__init__()
        self._error = error

    def write(self, data: object) -> int:
        raise self._error


def refusing(path: Path, error: OSError) -> Output:
    output = Output(str(path))
    output.stream.close()
    output.stream = Refusing(error)
    return output


def draw(name: str, out: object, page: object) -> None:
    out.write(name.encode())  # type: ignore[attr-defined]


@pytest.mark.parametrize(("text", "path"), [("json", "-"), ("json=x", "x"), ("json=a=b", "a=b"), ("json=-", "-")])
def test_a_destination_is_a_format_and_perhaps_a_path(text: str, path: str) -> None:
    assert among(["json"])(text) == Destination(format="json", path=path)


@pytest.mark.parametrize(("text", "why"), [("xml", "no report 'xml'; there are: json"), ("json=", "lacks a path")])
def test_others_are_refused(text: str, why: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match=why):
        among(["json"])(text)


def test_a_reader_that_leaves_is_no_error(tmp_path: Path) -> None:
    with refusing(tmp_path / "x", BrokenPipeError()) as output:
        deliver(draw, "json", output)
    assert os.listdir(tmp_path) == []


def test_what_cannot_be_written_is_an_output_error(tmp_path: Path) -> None:
    full = OSError(28, "No space left on device")
    with refusing(tmp_path / "x", full) as output, pytest.raises(OutputError, match="No space left"):
        deliver(draw, "json", output)


def test_one_that_fails_costs_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    abandoned: list[None] = []
    monkeypatch.setattr(destinations, "abandon_stdout", lambda: abandoned.append(None))
    other = Destination(format="json", path=str(tmp_path / "y"))
    with refusing(tmp_path / "x", OSError(5, "Input/output error")) as bad, Output(other.path) as good:
        failed = deliver_all(draw, [TERMINAL, other], [bad, good])
    assert [str(error) for error in failed] == [f"cannot write {tmp_path / 'x'}: Input/output error"]
    assert (tmp_path / "y").read_bytes() == b"json"
    assert len(abandoned) == 1  # the interpreter must not try again


@pytest.mark.parametrize("verb", ["discover", "diff"])
def test_every_verb_writes_what_can_be_written(verb: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = tmp_path / "before.json"
    assert main(["-q", "analyze", "--report", f"json={before}", str(SAMPLES / "clean.pcap")]) == 0
    inputs = [str(before), str(before)] if verb == "diff" else [str(SAMPLES / "clean.pcap")]
    out = tmp_path / "out"
    assert main([verb, *inputs, "--report", "terminal=/dev/full", "--report", f"json={out}"]) == 2
    told = f"seqcheck: cannot write /dev/full: No space left on device\nseqcheck: wrote {out}\n"
    assert capsys.readouterr().err == told
    assert out.read_bytes().startswith(b"{")
