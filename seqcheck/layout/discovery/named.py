"""The built-in layouts, tried on the sample: a name says more than an offset, and knows which frames are not records.

A built-in is tried unchanged; one of weak magic on every port as well. What has hardly any magic is only believed
where its own port is used, or where its time stamps are times.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from seqcheck.dataclass import replace
from seqcheck.kernel.border import RECORD, Frames
from seqcheck.kernel.portable.examine import examine
from seqcheck.kernel.portable.frame import position
from seqcheck.layout.discovery.clocks import AROUND, NTP_EPOCH, OFF
from seqcheck.layout.discovery.places import Place
from seqcheck.layout.discovery.trial import Trial
from seqcheck.layout.model import NTP, UNITS, Layout, Stamp
from seqcheck.layout.program import compile
from seqcheck.layout.resolve import builtins

LAST = ("ip-id",)  # known to `places.headers`, and never more than a last resort
TELLING = 14  # bits of magic, from which on a port is not needed
LOOK = 16  # records whose times are read
SLACK = 1.0  # seconds by which the sender's clock may differ from the arrivals, beside its share of the time passed
MOST = 4  # ports that are tried


def known(where: Sequence[Place]) -> Iterator[tuple[Layout, bool]]:
    """Built-ins with a place that they may fit, and whether that is their own port (or they need none)."""
    for layout in builtins().values():
        if layout.name in LAST:
            continue
        ports = [place.selector for place in where if place.anchor == layout.anchor and place.selector is not None]
        if layout.anchor not in ("udp", "tcp"):
            yield layout, True
            continue
        if layout.selector is not None or layout.magic_bits >= 32:
            yield layout, True
        if layout.selector is not None and layout.magic_bits >= 32:
            yield replace(layout, selector=None), False
        if layout.magic_bits < 32:
            for port in ports[:MOST]:
                if port != layout.selector:
                    yield replace(layout, selector=port), False


def believed(layout: Layout, own: bool, tried: Trial, frames: Frames) -> bool:
    """Whether the name may be given to what counts there. Where a count of its own says how far the number moves, or
    records of one size follow one another, that is telling enough."""
    if layout.times and not _timely(layout, tried, frames):
        return False
    return (
        own
        or layout.magic_bits >= TELLING
        or bool(layout.times)
        or bool(layout.stride)
        or (bool(layout.covers) and tried.varied)
    )


def _timely(layout: Layout, tried: Trial, frames: Frames) -> bool:
    """Whether the time stamps of the records are times near their arrival."""
    program = compile(layout)
    rows = tried.row[np.linspace(0, len(tried.row) - 1, min(LOOK, len(tried.row))).astype(np.int64)]
    told, came = [], []
    for row in rows.tolist():
        data, wire, link = frames.one(row)
        seen = examine(data, wire, link, program)
        if seen.status != RECORD:
            continue
        if any(stamp.when is not None for stamp in layout.times):
            return True  # an optional stamp says nothing either way
        if any(_seconds(data, position(seen.place, each.word.offset), each) >= 1 for each in _fractions(layout)):
            return False
        told.append(sum(_seconds(data, position(seen.place, stamp.word.offset), stamp) for stamp in layout.times))
        came.append(int(frames.ns[row]) / 1e9)
    if not told or any(abs(one - other) > AROUND for one, other in zip(told, came, strict=True)):
        return False
    passed = came[-1] - came[0]
    return abs(told[-1] - told[0] - passed) <= SLACK + OFF * passed


def _fractions(layout: Layout) -> list[Stamp]:
    """The stamps that add a fraction of a second to one of seconds."""
    seconds = any(stamp.unit == "s" for stamp in layout.times)
    return [stamp for stamp in layout.times if seconds and stamp.unit != "s"]


def _seconds(data: bytes, at: int, stamp: Stamp) -> float:
    """Seconds since 1970 that a stamp says, 0 if it is beyond the frame."""
    word = stamp.word
    value = (int.from_bytes(data[at : at + word.width], "big" if word.big else "little") & word.mask) >> word.shift
    return value / 2**32 - NTP_EPOCH if stamp.unit == NTP else value * UNITS[stamp.unit] / 1e9
