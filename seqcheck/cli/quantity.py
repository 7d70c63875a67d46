"""Numbers, times, sizes and shares as people write them: 12, 90s, 15m, 64M, 1%; for argparse."""

from __future__ import annotations

import argparse
import re
from datetime import UTC, datetime, timedelta

from seqcheck.arguments import JOBS_MOST, LISTED_MOST, RING_LARGEST, RING_SMALLEST

UNITS = {"": 1.0, "ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
SIZES = {"": 0, "K": 10, "M": 20, "G": 30}
_TIME = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)([a-z]*)", re.ASCII)
_SIZE = re.compile(r"(\d{1,12})([KMG]?)(?:i?B)?", re.ASCII | re.IGNORECASE)
_SHARE = re.compile(r"(\d{1,9}(?:\.\d{1,12})?(?:e-\d{1,2})?)(%?)", re.ASCII | re.IGNORECASE)
_EPOCH = re.compile(r"(\d{9,11})(?:\.(\d{1,9}))?", re.ASCII)
_DATE = re.compile(r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?)(?:\.(\d{1,9}))?(Z|[+-]\d\d:?\d\d)?)?", re.ASCII)
_FRAMES = re.compile(r"(\d{1,18})(?:(-)(\d{1,18})?)?", re.ASCII)
LARGEST = 1 << 40


def duration(text: str) -> float:
    """Seconds, more than none."""
    match = _TIME.fullmatch(text)
    if match is None or match[2] not in UNITS or not float(match[1]):
        raise argparse.ArgumentTypeError(f"{text!r} is not a time (90, 90s, 15m, 8h, 7d, 500ms)")
    return float(match[1]) * UNITS[match[2]]


def moment(text: str) -> int | timedelta:
    """A time: ns since 1970, or how long after the first frame. `2026-11-28T10:00:00.5Z` (UTC unless it says
    otherwise), seconds since 1970, `+90s`."""
    if text[:1] == "+":
        return timedelta(seconds=duration(text[1:]))
    if match := _EPOCH.fullmatch(text):
        return int(match[1]) * 1_000_000_000 + int((match[2] or "").ljust(9, "0"))
    if match := _DATE.fullmatch(text):
        day, clock, fraction, zone = match.groups()
        try:
            at = datetime.fromisoformat(f"{day}T{clock or '00:00'}{zone or 'Z'}")
        except ValueError:
            pass
        else:
            seconds = (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(seconds=1)
            return seconds * 1_000_000_000 + int((fraction or "").ljust(9, "0"))
    raise argparse.ArgumentTypeError(
        f"{text!r} is not a time: write 2026-11-28T10:00:00Z, 1795860000.5 (seconds since 1970), or +90s (after the "
        "first frame)"
    )


def frames(text: str) -> tuple[int, int | None]:
    """`A-B`, `A-` (to the end) or `A`: the first and the last frame."""
    match = _FRAMES.fullmatch(text)
    first = int(match[1]) if match else 0
    last = None if match and match[2] and not match[3] else int(match[3] or first) if match else 0
    if not first or (last is not None and last < first):
        raise argparse.ArgumentTypeError(f"{text!r} is not a range of frames (100-200, 5000-)")
    return first, last


def share(text: str) -> float:
    """`0.01`, `1e-3` or `1%`: from 0 to 1."""
    match = _SHARE.fullmatch(text)
    value = float(match[1]) / (100 if match[2] else 1) if match else 2.0
    if value > 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a share (0.01, 1%)")
    return value


def size(text: str) -> int:
    """Bytes, more than none; K, M and G are of 1024."""
    match = _SIZE.fullmatch(text)
    number = int(match[1]) << SIZES[match[2].upper()] if match else 0
    if not 0 < number <= LARGEST:
        raise argparse.ArgumentTypeError(f"{text!r} is not a size (65536, 64K, 64M, 2G)")
    return number


def ring_size(text: str) -> int:
    """A number of slots of a ring."""
    return bounded(text, RING_SMALLEST, RING_LARGEST)


def jobs(text: str) -> int:
    """How many threads or captures."""
    return bounded(text, 1, JOBS_MOST)


def listed(text: str) -> int:
    """How many findings to list."""
    return bounded(text, 0, LISTED_MOST)


def bounded(text: str, low: int, high: int) -> int:
    """A decimal number from low to high."""
    if not (text.isascii() and text.isdigit() and len(text) < 20 and low <= int(text) <= high):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from {low} to {high}")
    return int(text)
