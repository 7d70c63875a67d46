"""What the sentences about all causes share."""

from __future__ import annotations

from ...diagnose.result import Account
from ..words import number, plural, subject


def share(count: int, of: int, noun: str) -> str:
    """'all 12 copies', 'both copies', 'the only copy', '3 of 12 copies'."""
    if count == of:
        whole = {1: f"the only {noun}", 2: f"both {plural(2, noun).removeprefix('2 ')}"}
        return whole.get(of, f"all {plural(of, noun)}")
    return f"{number(count)} of {plural(of, noun)}"


def are(one: Account, of: int) -> str:
    return subject(one.explained, of, "is", "are")


def were(one: Account, of: int) -> str:
    return subject(one.explained, of, "was", "were")
