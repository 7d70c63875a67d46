"""A limit on a count: a number (`12`) or a share of all (`0.1%`). Exact: no rounding decides."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Self

from seqcheck.dataclass import dataclass

if TYPE_CHECKING:
    from fractions import Fraction

_LIMIT = re.compile(r"(\d{1,19}(?:\.\d{1,9})?)(%?)", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """At most `amount`, or where `percent` is set at most that many of a hundred. `text` is how it was written."""

    amount: int | Fraction
    percent: bool
    text: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """`12` or `0.1%`; ValueError if it is neither."""
        match = _LIMIT.fullmatch(text)
        if match is None or (not match[2] and "." in match[1]):
            raise ValueError(f"{text!r} is neither a count (12) nor a share (0.1%)")
        found = cls(amount=_number(match[1]), percent=bool(match[2]), text=text)
        if found.percent and found.amount > 100:
            raise ValueError(f"{text!r} is more than all")
        return found

    def exceeded(self, count: int, of: int) -> bool:
        """Whether `count` of `of` is more than allowed."""
        return count * 100 > self.amount * of if self.percent else count > self.amount

    def __str__(self) -> str:
        return self.text


def _number(text: str) -> int | Fraction:
    """Exactly what is there."""
    if "." not in text:
        return int(text)
    from fractions import Fraction

    return Fraction(text)


NONE = Limit.parse("0")
