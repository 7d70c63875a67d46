"""Which frames of a capture are selected: by number, by time, by a tcpdump expression.

    Selection(where="udp port 5000", start=datetime(2026, 11, 28, 10, tzinfo=UTC), frames=(1, 50_000))

A frame must meet all conditions. Frames keep the numbers that they have in the whole capture.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from .. import arguments
from ..dataclass import dataclass
from ..errors import UsageError

When = int | datetime | timedelta
SECOND, MICROSECOND = 1_000_000_000, 1000  # ns
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LOWEST, HIGHEST = -(1 << 63), (1 << 63) - 1
MOST_FRAMES = 10**18


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What is asked for; nothing given is all.

    Attributes:
        where: A tcpdump expression (pcap-filter(7)).
        start: The first time that counts: ns since 1970, a datetime with a time zone, or a timedelta after the first
            frame.
        end: The first time that no longer counts, likewise.
        frames: The first and the last frame, counted from 1; None is to the end.

    Raises:
        UsageError: An argument is invalid.
    """

    where: str = ""
    start: When | None = None
    end: When | None = None
    frames: tuple[int, int | None] | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.where, str) or "\0" in self.where:
            raise UsageError(f"where: {self.where!r} is not a tcpdump expression")
        begin, until = nanoseconds("start", self.start, 0), nanoseconds("end", self.end, 0)
        same = isinstance(self.start, timedelta) == isinstance(self.end, timedelta)
        if self.start is not None and self.end is not None and same and until <= begin:
            raise UsageError("the end is not after the start")
        if self.frames is not None:
            _range(self.frames)

    @property
    def words(self) -> str:
        """For people: what is asked for."""
        parts = []
        if self.frames is not None:
            first, last = self.frames
            parts.append(f"frames {first:,} to {last:,}" if last is not None else f"frames from {first:,} on")
        for name, when in (("from", self.start), ("to", self.end)):
            if when is not None:
                parts.append(f"{name} {said(when)}")
        if self.where:
            parts.append(f"where {self.where}")
        return ", ".join(parts)


def nanoseconds(name: str, when: When | None, first: int) -> int:
    """In ns since 1970, where the first frame came at `first`; 0 for None."""
    if when is None:
        return 0
    if isinstance(when, timedelta):
        return first + when // timedelta(microseconds=1) * MICROSECOND
    if isinstance(when, datetime):
        if when.tzinfo is None:
            raise UsageError(f"{name}: {when} has no time zone", hint="datetime(..., tzinfo=timezone.utc)")
        return (when - EPOCH) // timedelta(microseconds=1) * MICROSECOND
    return arguments.whole(name, when, LOWEST, HIGHEST)


def said(when: When) -> str:
    """A time for people."""
    if isinstance(when, timedelta):
        return f"{when.total_seconds():g} s after the first frame"
    ns = nanoseconds("", when, 0)
    seconds, rest = divmod(ns, SECOND)
    try:
        text = (EPOCH + timedelta(seconds=seconds)).strftime("%Y-%m-%d %H:%M:%S")
    except OverflowError:
        return f"{ns} ns"
    return f"{text}{f'.{rest:09}'.rstrip('0') if rest else ''} UTC"


def _range(frames: Any) -> None:
    try:
        first, last = frames
    except (TypeError, ValueError):
        raise UsageError(f"frames: {frames!r} is not a pair of first and last frame number") from None
    first = arguments.whole("frames", first, 1, MOST_FRAMES)
    if last is not None:
        arguments.whole("frames", last, first, MOST_FRAMES)
