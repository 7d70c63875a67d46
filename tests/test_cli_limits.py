"""Limits under which findings still count as clean."""

import argparse
from dataclasses import replace
from fractions import Fraction

import pytest
import specimens

from seqcheck.cli.limits import Limit, Limits, limit


@pytest.mark.parametrize(
    ("text", "amount", "percent"),
    [
        ("0", 0, False),
        ("12", 12, False),
        ("0.1%", Fraction(1, 1000), True),
        ("100%", 1, True),
        ("5%", Fraction(1, 20), True),
    ],
)
def test_parses_counts_and_shares(text: str, amount: Fraction, percent: bool) -> None:
    assert limit(text) == Limit(amount=Fraction(amount) * (100 if percent else 1), percent=percent)


@pytest.mark.parametrize("text", ["", "-1", "1.5", "%", "101%", "1e3", "٣", "1 %", "0x10", "9" * 30])
def test_refuses_what_is_neither(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError):
        limit(text)


@pytest.mark.parametrize(
    ("text", "count", "of", "exceeded"),
    [
        ("0", 0, 0, False),
        ("0", 1, 10, True),
        ("3", 3, 10, False),
        ("3", 4, 10, True),
        ("0.1%", 1, 1000, False),
        ("0.1%", 2, 1000, True),
        ("0.1%", 1, 999, True),
        ("0%", 1, 10**18, True),
        ("0.000000001%", 10**7, 10**18, False),
        ("0.000000001%", 10**7 + 1, 10**18, True),
    ],
)
def test_decides_exactly(text: str, count: int, of: int, exceeded: bool) -> None:
    assert limit(text).exceeded(count, of) is exceeded


def test_by_default_any_finding_counts() -> None:
    for report in specimens.ALL.values():
        assert Limits().exit_code(report) == report.exit_code


@pytest.mark.parametrize(
    ("duplicates", "missing", "code"),
    [("240", "11", 0), ("239", "11", 1), ("240", "10", 1), ("1%", "1%", 0), ("0.1%", "1%", 1)],
)
def test_both_limits_must_hold(duplicates: str, missing: str, code: int) -> None:
    limits = Limits(duplicates=limit(duplicates), missing=limit(missing))
    assert limits.exit_code(specimens.UNEXPLAINED) == code


def test_a_share_of_missing_counts_what_should_have_come() -> None:
    half = replace(specimens.stream(received=100, missing=100))
    report = replace(specimens.CLEAN, streams=(half,), gaps=replace(specimens.CLEAN.gaps, total=1, missing=100))
    assert Limits(missing=limit("50%")).exit_code(report) == 0
    assert Limits(missing=limit("49.9%")).exit_code(report) == 1
