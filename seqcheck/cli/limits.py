"""Limits under which findings still count as clean: a number (`12`) or a share (`0.1%`)."""

from __future__ import annotations

import argparse
import re
from dataclasses import dataclass
from fractions import Fraction

from seqcheck.model import Report

_LIMIT = re.compile(r"(\d{1,19}(?:\.\d{1,9})?)(%?)", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """At most `amount`, or where `percent` is set at most that many of a hundred."""

    amount: Fraction
    percent: bool

    def exceeded(self, count: int, of: int) -> bool:
        """Whether `count` is more than allowed. A share is exact: no rounding decides."""
        return count > (self.amount * of / 100 if self.percent else self.amount)


NONE = Limit(amount=Fraction(0), percent=False)


def limit(text: str) -> Limit:
    """Parse `12` or `0.1%`; for argparse."""
    match = _LIMIT.fullmatch(text)
    if match is None or (not match[2] and "." in match[1]):
        raise argparse.ArgumentTypeError(f"{text!r} is neither a count (12) nor a share (0.1%)")
    found = Limit(amount=Fraction(match[1]), percent=bool(match[2]))
    if found.percent and found.amount > 100:
        raise argparse.ArgumentTypeError(f"{text!r} is more than all")
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What may be found without being a finding. A share of duplicates is one of the records received, a share of
    missing numbers one of the numbers that should have come."""

    duplicates: Limit = NONE
    missing: Limit = NONE

    def exit_code(self, report: Report) -> int:
        """0 where the report keeps within all limits, else 1."""
        received = sum(stream.received for stream in report.streams)
        expected = sum(stream.unique + stream.missing for stream in report.streams)
        over = self.duplicates.exceeded(report.duplicates.total, received) or self.missing.exceeded(
            report.gaps.missing, expected
        )
        return 1 if over else 0
