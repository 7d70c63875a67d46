"""What is shown can neither control a terminal nor deceive its reader."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqcheck.escape import plain, visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain, µs and 漢字", "plain, µs and 漢字"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("a\r\nb\tc", "a\\x0d\\x0ab\\x09c"),
        ("\x7f\x9b", "\\x7f\\x9b"),
        ("\u202egpj.exe", "\\u202egpj.exe"),
        ("zero\u200bwidth", "zero\\u200bwidth"),
        ("\u2028", "\\u2028"),
        ("caf\udce9", "caf\\udce9"),
        ("\U000e0041", "\\U000e0041"),
    ],
)
def test_writes_out_what_cannot_be_seen(text: str, shown: str) -> None:
    assert visible(text) == shown


@given(st.text())
def test_leaves_no_control_character(text: str) -> None:
    kinds = {unicodedata.category(character) for character in visible(text)}
    assert not kinds & {"Cc", "Cs", "Zl", "Zp"}
    assert not {unicodedata.bidirectional(c) for c in visible(text)} & {
        "LRE",
        "RLE",
        "LRO",
        "RLO",
        "PDF",
        "LRI",
        "RLI",
        "FSI",
        "PDI",
    }


@given(st.text())
def test_is_stable_and_encodable(text: str) -> None:
    assert visible(visible(text)) == visible(text)
    visible(text).encode("utf-8")


@pytest.mark.parametrize(
    ("encoding", "shown"),
    [
        ("utf-8", "1–2 ±3 µs • 漢"), ("ascii", "1-2 +-3 us * 漢"), ("latin-1", "1-2 ±3 µs * 漢"),
        ("cp1252", "1–2 ±3 µs • 漢"), ("none", "1-2 +-3 us * 漢"),
    ],
)  # fmt: skip
def test_signs_that_an_encoding_lacks_are_written_in_ascii(encoding: str, shown: str) -> None:
    assert plain("1–2 ±3 µs • 漢", encoding) == shown
