"""Memory that was needed for a moment, given back immediately.

glibc maps large pieces one by one and gives each back when it is freed. But the first free raises its threshold, and
from then on it keeps such pieces, fragmented, for as long as the process runs. In a capture that runs for weeks, and
makes a report now and then, that is most of the growth. If the threshold is set, it stays fixed. Source: mallopt(3),
M_MMAP_THRESHOLD.
"""

from __future__ import annotations

import ctypes
import re
from pathlib import Path

M_MMAP_THRESHOLD = -3
LARGE = 1 << 18  # bytes


def give_back() -> bool:
    """From now on, pieces of LARGE bytes and more go back to the system when they are freed. False if the C library
    knows no such border."""
    try:
        return bool(ctypes.CDLL(None).mallopt(M_MMAP_THRESHOLD, LARGE))
    except (OSError, AttributeError, TypeError):
        return False


SHARE = 0.5  # of what is free: what the kernel gives for rings it takes from everybody


def available() -> int | None:
    """Bytes that can be had without taking them from others, as far as the system says. Source: proc(5)."""
    try:
        told = re.search(rb"^MemAvailable:\s+(\d+) kB", Path("/proc/meminfo").read_bytes(), re.MULTILINE)
    except OSError:
        return None
    return int(told[1]) << 10 if told else None
