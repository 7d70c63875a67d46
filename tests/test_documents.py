"""Untrusted TOML and JSON: whatever it is, a one-line message, in bounded memory and without a traceback."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from seqcheck import documents
from seqcheck.cli.main import main
from seqcheck.demands import Expectation
from seqcheck.documents import DocumentError
from seqcheck.errors import SeqcheckError
from seqcheck.layout import resolve
from seqcheck.simulate import load

SAMPLE = str(Path(__file__).parent.parent / "samples" / "stale-slot.pcap")

TOML = {
    "lists in lists": "a = " + "[" * 60_000,
    "a closed tower": "a = " + "[" * 900 + "]" * 900,
    "just too deep": "a = " + "[" * 40 + "]" * 40,
    "tables in tables": "a = " + "{a=" * 20_000,
    "a key of many parts": ".".join(["a"] * 30_000) + " = 1",
    "a quoted one": " . ".join(['"a"'] * 10_000) + " = 1",
    "a table of many parts": "[" + ".".join(["a"] * 30_000) + "]",
    "5,000 digits": "a = " + "9" * 5_000,
    "1,000 digits": "a = " + "9" * 1_000,
    "a list of them": f"a = [1, [2, {'9' * 100}]]",
    "no text": b"\xff\xfe",
    "a NUL": "a = \0",
    "nothing": "",
    "infinity": "frames = inf",
    "a date": "frames = 1979-05-27T07:32:00Z",
    "too much": "# " + "x" * (2 << 20),
    "a quarrel": "a = 1\na = 2",
    # Each of these would take minutes if a long key were looked for from each letter.
    "a long word": "x" * 250_000,
    "a long comment": f"# {'x' * 250_000}\na = 1",
    "a long number": f"a = {'1_1' * 80_000}",
    "a long name": f'layout = "{"x" * 250_000}"',
    "a long table": f"[{'ring-' * 50_000}]",
}
JSON = {
    "lists in lists": "[" * 1_000_000,
    "a closed tower": "[" * 900 + "]" * 900,
    "objects in objects": '{"a":' * 100_000,
    "5,000 digits": '{"schema": ' + "9" * 5_000 + "}",
    "1,000 digits in a place": '{"schema": "seqcheck.report/1", "streams": [' + "9" * 1_000 + "]}",
    "no number": '{"schema": NaN}',
    "no text": b"\xff",
    "another width": json.dumps({"schema": 1}).encode("utf-16"),
    "half a pair": '{"schema": "\\ud800"}',
    "nothing": "",
    "no object": "[]",
    "a number": "1e999",
}
VERBS: dict[str, Callable[[str], list[str]]] = {
    "a layout": lambda path: ["analyze", "--layout", path, SAMPLE],
    "an expectation": lambda path: ["analyze", "--expect", path, SAMPLE],
    "a scenario": lambda path: ["simulate", "/dev/null", "--scenario", path],
}


def refused(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(argv) == 2
    told = capsys.readouterr()
    assert told.err.startswith("seqcheck: ")
    assert "Traceback" not in told.err
    assert "fault in seqcheck" not in told.err
    assert len(told.err) < 5000


def test_a_long_integer_comes_without_advice_for_programmers() -> None:
    with pytest.raises(DocumentError, match="thousands of digits") as caught:
        documents.toml(TOML["5,000 digits"])
    assert "sys." not in str(caught.value)


@pytest.mark.parametrize("name", TOML)
@pytest.mark.parametrize("verb", VERBS)
def test_toml_that_nobody_would_write(verb: str, name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = TOML[name]
    path = tmp_path / "hostile.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    if name == "nothing" and verb != "a layout":  # which says nothing, and is right
        assert main(VERBS[verb](str(path))) in (0, 1)
        return
    refused(VERBS[verb](str(path)), capsys)


@pytest.mark.parametrize("name", JSON)
def test_json_that_nobody_would_write(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = JSON[name]
    path = tmp_path / "hostile.json"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    refused(["diff", str(path), str(path)], capsys)


@pytest.mark.parametrize("unit", [b"[],", b"{},", b'{"a":1},', b"1,"])
def test_json_of_many_values_is_refused_before_it_is_parsed(unit: bytes) -> None:
    bomb = b"[" + unit * (documents.VALUES + 1) + b"0]"
    with pytest.raises(DocumentError, match="more than 8000000 values"):
        documents.json(bomb)


def test_wide_characters_cost_four_times_as_much() -> None:
    with pytest.raises(DocumentError, match="not all ASCII"):
        documents.json(b'"' + b"x" * documents.WIDE + "\U0001f600".encode() + b'"')
    assert documents.json('"é\U0001f600"'.encode()) == "é\U0001f600"


def test_keys_as_people_write_them() -> None:
    assert documents.toml('a.b."c d".e = 1')["a"]["b"]["c d"]["e"] == 1
    assert documents.toml('a = "one.two.three.four"')["a"].count(".") == 3
    assert documents.toml("a = [[1], [[2]]]") == {"a": [[1], [[2]]]}


@pytest.mark.parametrize("reader", [resolve, Expectation.load, lambda path: load(Path(path))])
def test_a_path_with_a_nul_leads_nowhere(reader: Callable[[str], object]) -> None:
    with pytest.raises(SeqcheckError, match="null byte"):
        reader("a\0b.toml")
