"""Arguments, checked in one place for the command line and for Python. Every function returns the value in the form
that the rest of the program uses, or raises UsageError."""

from __future__ import annotations

import operator
import os
from collections.abc import Iterable, Sequence
from typing import Any

from .errors import UsageError

RING_SMALLEST, RING_LARGEST = 2, 1_000_000
LISTED, LISTED_MOST = 1000, 10_000_000
WORKERS_MOST = 16
JOBS_MOST = 1024


def ring_sizes(given: Sequence[int] | int) -> tuple[int, ...]:
    """Numbers of slots, each once; a lone number stands for a list of one."""
    if isinstance(given, str | bytes):
        raise UsageError(f"ring_sizes: {given!r} is text", hint="Give numbers, as in ring_sizes=[4096].")
    each = given if isinstance(given, Iterable) else (given,)
    return tuple(dict.fromkeys(whole("ring_sizes", size, RING_SMALLEST, RING_LARGEST) for size in each))


def listed(given: int) -> int:
    """How many findings a report lists."""
    return whole("listed", given, 0, LISTED_MOST)


def whole(name: str, given: Any, low: int, high: int) -> int:
    """An integer (of NumPy, too) from low to high."""
    try:
        number = -1 if isinstance(given, bool) else operator.index(given)
    except TypeError:
        number = low - 1
    if not low <= number <= high or isinstance(given, bool):
        raise UsageError(f"{name}: {given!r} is not an integer from {low} to {high}")
    return int(number)


def perhaps(name: str, given: Any) -> bool | None:
    """Yes, no, or None."""
    if not isinstance(given, bool | None):
        raise UsageError(f"{name}: {given!r} is not True, False or None")
    return given


def text(name: str, given: Any) -> str:
    """Text."""
    if not isinstance(given, str):
        raise UsageError(f"{name}: {given!r} is not text")
    return given


def texts(name: str, given: Any) -> tuple[str, ...]:
    """Text, or several of it."""
    each = given if isinstance(given, Iterable) and not isinstance(given, str | bytes) else (given,)
    return tuple(text(name, one) for one in each)


def path(name: str, given: Any) -> str:
    """Where a file is. A number is no path, although `open` takes it for a file that is open already."""
    try:
        return os.fsdecode(given)
    except TypeError:
        raise UsageError(f"{name}: {given!r} is not a path") from None
