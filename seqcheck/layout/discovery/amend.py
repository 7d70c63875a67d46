"""A given layout whose number counts, but not always, or goes up by a constant: what small change makes it count.

    amended(subject, layout, tried)  -> sentences, each with the spec that would count

Assumes that `tried` is the layout's trial on the subject.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from seqcheck.dataclass import replace
from seqcheck.errors import UsageError
from seqcheck.layout.discovery.because import percent
from seqcheck.layout.discovery.cycle import cycle
from seqcheck.layout.discovery.measure import NEAR, distance
from seqcheck.layout.discovery.subject import Subject
from seqcheck.layout.discovery.trial import Trial, trial
from seqcheck.layout.model import Digits, Layout, Word, natural_modulus
from seqcheck.layout.written import write
from seqcheck.serial import span

STEPS = 0.75  # of the steps, that are the constant
MORE = 1.05  # times as many records without the modulus
AGAIN, TIMES = 0.3, 2  # of the steps that lead elsewhere, that lead back as far (others are of late frames); so many
LEAST = 16  # values
BETTER = 0.05  # share of steps by one, that decimal digits have to gain


def amended(subject: Subject, layout: Layout, tried: Trial) -> Iterator[str]:
    """What would make it count."""
    with contextlib.suppress(UsageError):  # a change that the language has no words for
        yield from _in_decimal(subject, layout, tried)
        yield from _larger(subject, layout, tried)
        yield from _starting_over(subject, layout, tried)


def by_steps(tried: Trial, layout: Layout) -> Iterator[str]:
    """That the number goes up by a constant; not where that is due to a wrong byte order or place."""
    new, old = _pairs(tried)
    moved = distance(new, old, layout.counted)
    steps, counts = np.unique(moved[moved > 0], return_counts=True)
    if not len(steps) or layout.least:
        return
    step, share = int(steps[int(np.argmax(counts))]), counts.max() / len(new)
    if share < STEPS or step == 1 or (step * layout.step) % 256 == 0:
        return
    with contextlib.suppress(UsageError):  # a step that does not come round
        whole = step * layout.step
        spec = write(replace(layout, step=whole))
        down = span(layout.modulus) - whole
        way = f"up by {whole}" if whole <= down else f"down by {down}"
        yield f"It goes {way} in {percent(share)} of the steps: {spec} would count them."


def _in_decimal(subject: Subject, layout: Layout, tried: Trial) -> Iterator[str]:
    seq = layout.seq
    if isinstance(seq, Digits) and seq.kind == "hex":
        digits = replace(seq, kind="text")
    elif isinstance(seq, Word) and seq.bits > 8 and seq.big and seq.mask == seq.full and _two_a_byte(tried):
        digits = Digits(kind="bcd", offset=seq.offset, size=seq.width)
    else:
        return
    decimal = replace(layout, seq=digits, modulus=-1)
    share = trial(subject, decimal).steps.share
    if share >= tried.steps.share + BETTER:
        yield f"The digits are decimal: {write(decimal)} would count by one in {percent(share)} of the steps."


def _two_a_byte(tried: Trial) -> bool:
    """Whether the numbers read as decimal digits, four bits each, up to 9 and back to 0."""
    low = tried.seq & np.uint64(0x0F)
    return len(low) >= LEAST and int(low.max()) == 9 and bool((low == 0).any())


def _larger(subject: Subject, layout: Layout, tried: Trial) -> Iterator[str]:
    """Numbers that the modulus does not allow, so that their frames are no records."""
    if layout.modulus == natural_modulus(layout.seq, layout.least) or layout.step != 1:
        return
    wide = replace(layout, modulus=-1)
    all_of_them = trial(subject, wide)
    more = len(all_of_them.row) - len(tried.row)
    if len(all_of_them.row) < MORE * len(tried.row) or all_of_them.steps.share < STEPS:
        return
    values, first = cycle(*_other(all_of_them, wide, 1))
    better = replace(wide, modulus=values, least=first) if values else wide
    yield f"{more:,} frames hold numbers of {layout.modulus + layout.least} or more: {write(better)} would count them."


def _starting_over(subject: Subject, layout: Layout, tried: Trial) -> Iterator[str]:
    """A number that starts over before its word, or its modulus, is full."""
    if layout.step != 1 or layout.least or not isinstance(layout.seq, Word):
        return
    values, first = cycle(*_other(tried, layout, 1))
    new, old = _other(tried, layout, NEAR)
    if values and values != layout.modulus:
        better = replace(layout, modulus=values, least=first)
    elif len(new) < TIMES:
        return
    else:
        back, counts = np.unique(old + np.uint64(1) - new, return_counts=True)
        span, most = int(back[int(np.argmax(counts))]), int(counts.max())
        there = new[old + np.uint64(1) - new == np.uint64(span)]
        if most < max(TIMES, AGAIN * len(new)) or span < LEAST or span & (span - 1) or (there % np.uint64(span)).any():
            return
        mask = layout.seq.mask & ((span - 1) << layout.seq.shift)
        better, values = replace(layout, seq=replace(layout.seq, mask=mask), modulus=-1), span
    if trial(subject, better).steps.share > tried.steps.share:
        yield f"It starts over after {values:,} numbers: {write(better)} would count them."


def _pairs(tried: Trial) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """The numbers of records, and those of the records before them in their streams."""
    later = np.flatnonzero(tried.before >= 0)
    return tried.seq[later], tried.seq[tried.before[later]]


def _other(tried: Trial, layout: Layout, most: int) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """The same where the number neither stays nor goes up by `most` or less."""
    new, old = _pairs(tried)
    other = distance(new, old, layout.counted) > most
    return new[other], old[other]
