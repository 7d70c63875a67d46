"""What the terminal report looks like, at pinned widths, and that nothing in it can be forged.

The pictures are in tests/golden/terminal. SEQCHECK_GOLDEN=write draws them anew; look at them before committing.
"""

import io
import os
import re
from dataclasses import replace
from pathlib import Path

import pytest
import specimens
from rich.cells import cell_len

from seqcheck.model import Report
from seqcheck.outputs import Page
from seqcheck.outputs.terminal.report import write

GOLDEN = Path(__file__).parent / "golden" / "terminal"
ESCAPE = re.compile(r"\x1b\[[0-9;]*m")


def drawn(report: Report, *, width: int = 80, color: bool = False, encoding: str = "utf-8") -> str:
    out = io.BytesIO()
    write(report, out, Page(width=width, color=color, encoding=encoding))
    return out.getvalue().decode(encoding)


@pytest.mark.parametrize("width", [80, 140])
@pytest.mark.parametrize("name", specimens.ALL)
def test_looks_as_it_did(name: str, width: int) -> None:
    picture = GOLDEN / f"{name}-{width}.txt"
    text = drawn(specimens.ALL[name], width=width)
    if os.environ.get("SEQCHECK_GOLDEN") == "write":
        picture.parent.mkdir(parents=True, exist_ok=True)
        picture.write_text(text, encoding="utf-8")
    assert text == picture.read_text(encoding="utf-8")


@pytest.mark.parametrize("width", [40, 60, 80, 100, 140, 200])
@pytest.mark.parametrize("name", specimens.ALL)
def test_keeps_to_the_page(name: str, width: int) -> None:
    lines = drawn(specimens.ALL[name], width=width).splitlines()
    assert max(map(cell_len, lines)) <= width


@pytest.mark.parametrize("name", specimens.ALL)
def test_the_first_line_is_the_verdict(name: str) -> None:
    report = specimens.ALL[name]
    first = drawn(report, width=200).splitlines()[0]
    if name != "hostile":
        assert first == report.verdict.statement


@pytest.mark.parametrize("name", specimens.ALL)
def test_color_adds_nothing_but_color(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    colored = drawn(specimens.ALL[name], color=True)
    assert "\x1b[" in colored
    bare = [line.rstrip() for line in ESCAPE.sub("", colored).splitlines()]
    assert bare == drawn(specimens.ALL[name]).splitlines()


@pytest.mark.parametrize("color", [False, True])
def test_nothing_from_outside_is_obeyed(color: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    text = ESCAPE.sub("", drawn(specimens.HOSTILE, color=color))
    assert not set(text) & set("\x00\x07\x1b\x7f\x9b\r\t\u2028\u202e\u2066")
    assert "[link=http://x]Clean[/link]" in text  # markup is text
    assert ":smile:" in text
    assert "[bold]1[/bold]" in text


@pytest.mark.parametrize("name", specimens.ALL)
def test_plain_ascii_is_enough(name: str) -> None:
    text = drawn(specimens.ALL[name], encoding="ascii")
    assert text.isascii()
    assert text.count("?") == drawn(specimens.ALL[name]).count("?")


def test_sentences_lose_no_sign_in_ascii() -> None:
    said = replace(specimens.STALE.verdict, statement="490–505 records, ±2 µs", because=("1–2 → 3",))
    text = drawn(replace(specimens.STALE, verdict=said), encoding="ascii")
    assert "490-505 records, +-2 us" in text
    assert "1-2 > 3" in text


@pytest.mark.parametrize("name", ["stale", "unexplained", "many"])
def test_a_table_never_cuts_a_number(name: str) -> None:
    report = specimens.ALL[name]
    words = set(drawn(report, width=80).split())
    for duplicate in report.duplicates.listed[:10]:
        assert {str(duplicate.frame), str(duplicate.seq)} <= words


def test_the_widest_numbers_fit_80_columns() -> None:
    top = 2**64 - 1
    widest = replace(specimens.STALE.duplicates.listed[0], seq=top, frame=10**12, earlier_frame=10**12 - 4096)
    report = replace(specimens.STALE, duplicates=replace(specimens.STALE.duplicates, listed=(widest,), total=1))
    assert re.search(rf"^ +{10**12} +{10**12 - 4096} +{top} +4096 ", drawn(report), re.MULTILINE)


def test_a_damaged_capture_says_so_before_the_findings() -> None:
    lines = drawn(specimens.UNEXPLAINED).splitlines()
    assert any("damaged" in line for line in lines[:6])
    assert any("dropped 1,203" in line for line in lines[:6])


def test_an_empty_report_is_drawn_too() -> None:
    empty = replace(
        specimens.CLEAN,
        streams=(),
        capture=replace(specimens.CLEAN.capture, first_ns=None, last_ns=None, frames=0, bytes=0, dropped=None),
        records=replace(specimens.CLEAN.records, sequenced=0),
    )
    text = drawn(empty)
    assert "Streams" not in text
    assert "0 frames" in text


@pytest.mark.parametrize("ns", [-(2**63), 0, 2**63 - 1])
def test_any_time_can_be_shown(ns: int) -> None:
    capture = replace(specimens.CLEAN.capture, first_ns=ns, last_ns=ns)
    assert " UTC" in drawn(replace(specimens.CLEAN, capture=capture), width=140)
