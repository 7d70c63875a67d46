"""Statements that read well for one and for many, and sizes as others write them."""

import re
from pathlib import Path

import pytest

from seqcheck import analyze
from seqcheck.report.words import agree, listed, number, odds, percent, plural, span, spans, subject, time

SAMPLES = sorted(Path(__file__).parent.parent.joinpath("samples").glob("*.pcap*"))
SLIPS = re.compile(
    r"(?<![\d,])1 (of 1 )?(duplicates|records|frames|pairs|numbers|copies|slots|streams|runs|windows|restarts)\b"
    r"|(?<![\d,])1 of \d+ (\w+ )*(are|were)\b|\bof 1 (are|were)\b"
    r"|(?<![\d,])1 (\w+ )?(are|were|come|follow|stand|have|lie)\b"
    r"|(?<![\d,])\d,\d{3} (slots|records (apart|after|too))\b"
)


def test_four_digits_are_plain() -> None:
    assert [number(value) for value in (32, 4096, 9999, 10_000, 65_536)] == ["32", "4096", "9999", "10,000", "65,536"]
    assert span((4090, 4096)) == "4090–4096"
    assert span((12_000, 12_000)) == "12,000"
    assert (spans((1, 1), "record"), spans((0, 3), "slot")) == ("1 record", "0–3 slots")


@pytest.mark.parametrize(("count", "of", "expected"), [
    (1, 1, "The duplicate is"), (1, 12, "1 of 12 duplicates is"), (9, 12, "9 of 12 duplicates are"),
    (1200, 1200, "All 1,200 duplicates are"), (2, 2, "Both duplicates are"),
])  # fmt: skip
def test_what_a_statement_begins_with(count: int, of: int, expected: str) -> None:
    assert subject(count, of, "is", "are") == expected


def test_words_agree() -> None:
    assert (agree(1, "its", "their"), agree(2, "its", "their"), agree(0, "its", "their")) == ("its", "their", "their")
    assert (plural(1, "copy"), plural(2, "copy")) == ("1 copy", "2 copies")


@pytest.mark.parametrize(("ns", "text"), [
    (0, "0 ns"), (350, "350 ns"), (12_500, "12.5 µs"), (999_600, "1 ms"), (8_200_000, "8.2 ms"),
    (1_400_000_000, "1.4 s"),
    (1_234_000_000_000, "1234 s"),
])  # fmt: skip
def test_times(ns: int, text: str) -> None:
    assert time(ns) == text


@pytest.mark.parametrize(("log_odds", "text"), [
    (-3.0, "about as likely"), (0.5, "about as likely"), (2.303, "10 times less likely"),
    (8.294, "4,000 times less likely"),
    (13.8, "980,000 times less likely"), (20.0, "over a million times less likely"),
    (float("inf"), "over a million times less likely"),
])  # fmt: skip
def test_odds(log_odds: float, text: str) -> None:
    assert odds(log_odds) == text


@pytest.mark.parametrize(("share", "text"), [
    (0.0002, "0.02 %"), (0.12, "12 %"), (0.9949, "99.4 %"), (0.996, "99.6 %"), (1.0, "100 %"),
])  # fmt: skip
def test_percent_is_never_more_or_less_than_there_is(share: float, text: str) -> None:
    assert percent(share) == text


def test_lists() -> None:
    assert (listed(()), listed(("a",)), listed(("a", "b")), listed(("a", "b", "c"))) == (
        "",
        "a",
        "a and b",
        "a, b and c",
    )
    assert listed(tuple("abcdef")) == "a, b, c, d and 2 more"


@pytest.mark.parametrize("sentence", [
    "1 duplicate of 1 were made on the path", "1 of 1 pair compared are identical", "1 follow their copy",
    "1 records repeat it", "they lie 4,096 records apart", "1 records apart",
])  # fmt: skip
def test_slips_are_seen(sentence: str) -> None:
    assert SLIPS.search(sentence)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
def test_no_sample_makes_a_slip(sample: Path) -> None:
    toml = sample.with_suffix(".toml").read_text(encoding="utf-8")
    given = re.search(r'^name = "(.*)"$', toml, re.MULTILINE)
    report = analyze(sample, layout=given[1] if given else None)
    verdict = report.verdict
    sentences = [verdict.statement, *verdict.because, *verdict.caveats, *(rival.why_not for rival in verdict.rivals)]
    sentences += [also.statement for also in report.also]
    assert [sentence for sentence in sentences if SLIPS.search(sentence)] == []
