"""Numbers as a reader says them. Pure; every function takes what was counted and adds nothing to it."""

from __future__ import annotations

import math

FEW_ODDS, MANY_ODDS = 3.0, 1e6


def number(value: int) -> str:
    """A size or a distance: 4096, 65,536. Four digits are plain, as `ethtool -g` and datasheets write them."""
    return f"{value:,}" if value >= 10_000 else str(value)


def span(ends: tuple[int, int]) -> str:
    """'4090–4096', or '4096' where both are equal."""
    low, high = ends
    return number(low) if low == high else f"{number(low)}–{number(high)}"


def plural(count: int, noun: str) -> str:
    """'1 duplicate', '2 duplicates'; 'copy' becomes 'copies'."""
    if count == 1:
        return f"1 {noun}"
    return f"{count:,} {noun[:-1]}ies" if noun.endswith("y") else f"{count:,} {noun}s"


def spans(ends: tuple[int, int], noun: str) -> str:
    """'1 record', '0–3 records'."""
    return f"{span(ends)} {noun}{'' if ends[1] == 1 else 's'}"


def agree(count: int, one: str, many: str) -> str:
    """The word that goes with this count."""
    return one if count == 1 else many


def subject(count: int, of: int, one: str, many: str) -> str:
    """'The duplicate is', '1 of 12 duplicates is', '9 of 12 duplicates are': what a statement begins with."""
    if of == 1:
        return f"The duplicate {one}"
    if count == of == 2:
        return f"Both duplicates {many}"
    if count == of:
        return f"All {of:,} duplicates {many}"
    return f"{count:,} of {of:,} duplicates {one if count == 1 else many}"


def time(ns: int) -> str:
    """'350 ns', '12.5 µs', '8.2 ms', '1.4 s'."""
    for unit, size in (("s", 1e9), ("ms", 1e6), ("µs", 1e3)):
        if ns >= 0.9995 * size:
            return f"{ns / size:.3g} {unit}" if ns < 999.5 * size else f"{ns / size:.0f} {unit}"
    return f"{ns} ns"


def odds(log_odds: float) -> str:
    """How likely a rival is beside the leading explanation: '4,000 times less likely'. `log_odds` are natural."""
    times = math.exp(min(max(log_odds, 0.0), 50.0))
    if times < FEW_ODDS:
        return "about as likely"
    if times > MANY_ODDS:
        return "over a million times less likely"
    digits = max(0, int(math.log10(times)) - 1)
    return f"{round(times, -digits):,.0f} times less likely"


def percent(share: float) -> str:
    """'0.02 %', '12 %', '99.6 %'; 100 % is all of them."""
    if share >= 1:
        return "100 %"
    digits = 2 if share < 0.99 else 3
    return f"{math.floor(100 * share * 10) / 10:.{digits}g} %" if share >= 0.99 else f"{100 * share:.2g} %"


def listed(words: tuple[str, ...], most: int = 4) -> str:
    """'a, b and c'."""
    shown = words[:most]
    if len(words) > most:
        shown = (*shown, f"{len(words) - most} more")
    return " and ".join(filter(None, (", ".join(shown[:-1]), shown[-1]))) if shown else ""
