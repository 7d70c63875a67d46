"""Times that look like counters: a clock that is read once a tick counts by one, too.

What gives a clock away is its reading: a word around the counting byte that says, in some usual unit, a time within
some years of the capture's own. Milliseconds in 48 bits do so by chance once in a thousand, milliseconds and
microseconds in 64 bits hardly ever; and even these must not run many times as fast as the arrival times, or as slowly.
The other clocks would be hit by chance too often; they have to run with the arrival times as well.

A number of 32 bits may be what is left of milliseconds or microseconds since 1970 without their high bits.

A number below 1000 (a million, a thousand million) is a fraction of a second, if the word beside it reads as seconds,
and both together go as the arrival times do.
"""

from __future__ import annotations

from itertools import product

import numpy as np
from numpy.typing import NDArray

from seqcheck.dataclass import dataclass
from seqcheck.layout.discovery.columns import Columns
from seqcheck.layout.model import Word

YEAR = 365 * 86_400
AROUND, CLOSE = 5 * YEAR, YEAR / 4  # seconds; for those that chance would hit too often
OFF = 0.1  # of the time that passed
PACE, SOME, TICKS = 4.0, 0.2, 2  # times as fast; the share of the waits that agree; ticks of a wait that tells
STEADILY, APART = 3, 0.25  # of a clock of seconds and ticks: ticks by which it may vary, and seconds that it may be off
VARYING = 0.002  # seconds by which a finer one may
SHORT_WIDTH, SHORT = 4, {"milliseconds": (1e3, 60.0), "microseconds": (1e6, 0.2)}  # rate, seconds that it may be off
FRACTIONS = {1000: "milliseconds", 10**6: "microseconds", 10**9: "nanoseconds"}  # by how many make a second
NTP_EPOCH = 2_208_988_800  # seconds from 1900 to 1970 (RFC 5905)
Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """A way to write the time: bits, ticks a second, seconds from its zero to 1970. `strict`: it has to be closer, and
    to run with the arrival times, too."""

    name: str
    bits: int
    rate: float
    zero: float = 0.0
    strict: bool = False


CLOCKS = (
    Clock(name="milliseconds since 1970", bits=48, rate=1e3),
    Clock(name="milliseconds since 1970", bits=64, rate=1e3),
    Clock(name="microseconds since 1970", bits=64, rate=1e6),
    Clock(name="nanoseconds since 1970", bits=64, rate=1e9, strict=True),
    Clock(name="NTP time", bits=64, rate=2.0**32, zero=NTP_EPOCH, strict=True),
    Clock(name="seconds since 1970", bits=32, rate=1.0, strict=True),
    Clock(name="seconds since 1900", bits=32, rate=1.0, zero=NTP_EPOCH, strict=True),
)


def clock(table: Columns, column: int, seconds: Numbers) -> str:
    """What clock the number that ends in `column` is, empty if it is none; `seconds` float64[n]: arrival times.
    Of clocks of 64 bits, `column` may be any byte: a byte in the middle counts, too, at the right pace."""
    offset = int(table.offsets[column])
    for one in CLOCKS:
        width = one.bits // 8
        for big in (True, False):
            for above in range(width) if one.bits == 64 else (width - 1,):  # bytes of the word above `column`
                first = offset - above if big else offset - (width - 1 - above)
                if (first < 0) != (offset < 0):
                    continue
                value, whole = table.words(first, width, big=big)
                if whole.any() and _reads(value[whole].astype(np.float64), seconds[whole], one):
                    return one.name
    return ""


def short(table: Columns, column: int, seconds: Numbers) -> str:
    """What clock the number is without its high bits, empty if it is none; as for `clock`. It has to be near the
    arrival times, and to go with them."""
    offset = int(table.offsets[column])
    for unit, (rate, near) in SHORT.items():
        for big in (True, False):
            for above in range(SHORT_WIDTH):
                first = offset - above if big else offset - (SHORT_WIDTH - 1 - above)
                if (first < 0) != (offset < 0):
                    continue
                value, whole = table.words(first, SHORT_WIDTH, big=big)
                if not whole.any():
                    continue
                span = 2.0 ** (8 * SHORT_WIDTH) / rate
                ahead = (value[whole] / rate - seconds[whole] + span / 2) % span - span / 2
                if float(np.abs(ahead).max()) <= near and float(np.std(ahead)) <= max(STEADILY / rate, VARYING):
                    return f"{unit} since 1970, without the high bits"
    return ""


def fraction(table: Columns, seq: Word, seconds: Numbers) -> str:
    """What fraction of a second the word counts, or is part of, empty if it does not; `seconds` as for `clock`.
    Together with the seconds it has to run with the arrival times: near them, and always as far away."""
    words = (
        (first, width)
        for width in sorted({seq.width, 4, 8})
        for first in range(seq.offset + seq.width - width, seq.offset + 1)
        if (first < 0) == (seq.offset < 0)
    )
    for (first, width), big in product(words, (True, False)):
        part, there = table.words(first, width, big=big)
        if not there.any() or part[there].max() >= max(FRACTIONS):
            continue
        for size in (4, width):
            for offset in (first - size, first + width):
                if name := _beside(table, part, there, offset, size, seconds):
                    return name
    return ""


def _beside(
    table: Columns, part: NDArray[np.uint64], there: NDArray[np.bool_], offset: int, width: int, seconds: Numbers
) -> str:
    """What fraction `part` is of the seconds at `offset`."""
    for big in (True, False):
        value, whole = table.words(offset, width, big=big)
        whole = whole & there
        if not whole.any():
            continue
        for one in CLOCKS:
            if one.bits != 32 or not _reads(value[whole].astype(np.float64), seconds[whole], one):
                continue
            for ticks, name in FRACTIONS.items():
                ahead = value[whole] + part[whole] / ticks - one.zero - seconds[whole]
                near = part[whole].max() < ticks and abs(float(np.median(ahead))) <= APART
                varying = min(VARYING, OFF * float(np.std(seconds[whole])))  # less than the time itself
                if near and float(np.std(ahead)) <= max(STEADILY / ticks, varying):
                    return f"{name}, beside {one.name}"
    return ""


def _reads(value: Numbers, seconds: Numbers, one: Clock) -> bool:
    """Whether these values are near the arrival times, as that clock says them."""
    told = value / one.rate - one.zero
    away = np.abs(told - seconds)
    if np.count_nonzero(away < (CLOSE if one.strict else AROUND)) < 0.95 * len(away):
        return False
    if not one.strict:
        return _runs(told, seconds, one.rate)
    passed = float(seconds[-1] - seconds[0])
    return abs(float(told[-1] - told[0]) - passed) <= 2 / one.rate + OFF * passed


def _runs(told: Numbers, seconds: Numbers, rate: float) -> bool:
    """Whether it goes about as fast as time in some of the waits that are long enough to tell; there may be several
    clocks, which are apart. A wait lasts as long as half of them all."""
    half = len(told) // 2
    waited, ran = seconds[half:] - seconds[: len(told) - half], told[half:] - told[: len(told) - half]
    long = waited * rate >= TICKS
    if not long.any():
        return True
    return bool(np.mean((ran[long] * PACE >= waited[long]) & (ran[long] <= waited[long] * PACE)) >= SOME)
