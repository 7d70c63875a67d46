"""Numbers in words."""

from dataclasses import replace

import pytest
import specimens

from seqcheck.outputs import wording


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
