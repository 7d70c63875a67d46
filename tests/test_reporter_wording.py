"""Numbers in words."""

import io
from dataclasses import replace

import pytest
import specimens

from seqcheck import model
from seqcheck.model import Damage
from seqcheck.outputs import Page, reporter, wording
from seqcheck.outputs.glance import figures


@pytest.mark.parametrize(
    ("ns", "text"),
    [
        (None, "?"), (0, "0 ns"), (820, "820 ns"), (1_000, "1.00 µs"), (12_345, "12.3 µs"), (310_000, "310 µs"),
        (1_250_000, "1.25 ms"), (50_565_120, "50.6 ms"), (1_234_567_890, "1.23 s"), (3_600 * 10**9, "3,600 s"),
        (-5_000_000, "-5.00 ms"),
    ],
)  # fmt: skip
def test_span(ns: int | None, text: str) -> None:
    assert wording.span(ns) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0 B"), (999, "999 B"), (6_240, "6.2 kB"), (600_000_000, "600.0 MB"), (10**15, "1,000.0 TB")],
)
def test_size(number: int, text: str) -> None:
    assert wording.size(number) == text


def test_counts_and_plurals() -> None:
    assert wording.counted(1, "frame") == "1 frame"
    assert wording.counted(1234, "frame") == "1,234 frames"
    assert wording.count(None) == wording.raw(None) == "?"
    assert wording.raw(1234567) == "1234567"


def test_moment_is_exact_to_the_microsecond_on_long_captures() -> None:
    assert wording.moment(10**18 + 86_400 * 10**9 + 1_000, 10**18) == "86400.000001"
    assert wording.moment(5, None) == "?"


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ({"source": "10.0.0.1", "target": "10.0.0.2", "sport": 1, "dport": 2}, "10.0.0.1:1 > 10.0.0.2:2"),
        ({"source": "fe80::1", "target": "ff02::1", "sport": 1, "dport": 2}, "[fe80::1]:1 > [ff02::1]:2"),
        ({"source": "10.0.0.1", "target": "10.0.0.2", "sport": 0, "dport": 0}, "10.0.0.1 > 10.0.0.2"),
        ({"stream": 7, "stream2": 9}, "stream=7 stream2=9"),
        ({}, ""),
        ({"source": "\x1b[2J", "target": "b"}, "\\x1b[2J > b"),
    ],
)
def test_key(key: dict[str, str | int], text: str) -> None:
    assert wording.key(replace(specimens.stream(), key=key)) == text


WENT = f"{model.UNREAD}: sq0 went down after 0.8 of 20 s"
UNREAD = Damage(input="sq0", offset=0, what=WENT)
CUT = Damage(input="a.pcap", offset=24, what="cut short")


@pytest.mark.parametrize(("damage", "flaw", "place"), [
    (UNREAD, f"was not read to its end: {WENT}",
     f"sq0: {WENT}"),
    (replace(UNREAD, offset=99), f"was not read to its end: {WENT}",
     f"sq0, byte 99: {WENT}"),
    (CUT, "is damaged: cut short", "a.pcap, byte 24: cut short"),
])  # fmt: skip
def test_a_capture_that_was_ended_is_not_damaged(damage: Damage, flaw: str, place: str) -> None:
    assert (wording.flaw([damage]), wording.place(damage)) == (flaw, place)


@pytest.mark.parametrize("name", ["terminal", "markdown", "html", "junit", "sarif", "codequality"])
@pytest.mark.parametrize("damage", [(UNREAD,), (CUT,), (UNREAD, CUT)])
def test_no_report_calls_it_damaged(name: str, damage: tuple[Damage, ...]) -> None:
    report = replace(specimens.CLEAN, capture=replace(specimens.CLEAN.capture, damage=damage))
    out = io.BytesIO()
    reporter(name).write(report, out, Page(width=200))
    said = out.getvalue().decode()
    if damage == (UNREAD,):
        assert WENT in said
        for words in ("is damaged:", "is damaged (", "- damaged", "\nDamage", "<th scope=row>damage"):
            assert words not in said
    else:
        assert "cut short" in said
        assert "damage" in said.lower()


def test_records_are_counted_where_a_frame_holds_several() -> None:
    """200 frames with 16 records each are 3,200 records."""
    (stream, *_) = specimens.CLEAN.streams
    report = replace(
        specimens.CLEAN,
        streams=(replace(stream, received=3200),),
        records=replace(specimens.CLEAN.records, sequenced=200),
    )
    out = io.BytesIO()
    reporter("terminal").write(report, out, Page(width=100))
    said = out.getvalue().decode()
    assert "3,200 records in 1 stream" in said
    assert "200 with records, " in said
    assert figures(report).startswith("3,200 records in 1 stream")
