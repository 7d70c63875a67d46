"""Live captures from Python: findings as they are made, and a snapshot from time to time.

    with seqcheck.live("eth0", duration=60) as capture:
        for news in capture:
            if isinstance(news, seqcheck.Found): ...
    print(capture.report())

The loop of `seqcheck live`, turned inside out: iterating drives it. Between two items nothing is read, and frames wait
in the kernel's ring; frames that do not fit are lost and counted.
"""

from __future__ import annotations

import math
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any

from numpy.typing import NDArray

from .. import arguments
from ..closing import Closing
from ..errors import UsageError
from ..interfaces.live import LiveReader, by_ring, by_scapy
from ..kernel.border import DUPLICATE
from ..layout import Layout, Layouts
from ..linux.packet_socket import Listening
from ..model import Report
from ..model.snapshot import Found, Snapshot
from ..sink import Block, Sink
from .guard import Budget
from .pipeline import steps
from .watch import Show, Stops, Task, Watch

RING_LEAST, RING_MOST = 4 << 20, 1 << 40  # bytes
MOST_FRAMES = 10**18
LONGEST_S = 1e9


class Live(Closing):
    """A running capture. Iterate over it once, to get Found and Snapshot values as they occur. It ends at the limits
    given to `live`, after `stop()`, or when no interface is left. A context manager: leaving it closes the interfaces.
    Not thread-safe, except for `stop`."""

    def __init__(self, reader: LiveReader, task: Task, stops: Stops, every_s: float) -> None:
        self._reader, self._every_s = reader, every_s
        self._news: deque[Found | Snapshot] = deque()
        self._finder = _Finder(self._news)
        self._watch = Watch(reader, task, stops, [self._finder])
        self._begun = False
        self._final: Report | None = None

    def __iter__(self) -> Iterator[Found | Snapshot]:
        if self._begun:
            raise UsageError("a live capture can be iterated over only once")
        self._begun = True
        return self._follow()

    def stop(self) -> None:
        """End the capture; frames already in the kernel's ring are still read. May be called from another thread or a
        signal handler."""
        self._reader.stop()

    def report(self) -> Report:
        """The report so far; after the iteration has ended, the final one. Raises InputError if no frame has carried
        the header."""
        return self._final or self._watch.report(tuple(self._reader.remarks), Budget())

    def close(self) -> None:
        """Close the interfaces."""
        self._reader.close()

    def _follow(self) -> Iterator[Found | Snapshot]:
        watch, news = self._watch, self._news
        show = Show(call=self._show, every_s=self._every_s)
        for _ in steps(watch.blocks, watch.seen.pipeline):
            watch.attend(show)
            while news:
                yield news.popleft()
        watch.end()
        while news:
            yield news.popleft()
        if watch.blocks.frames:
            self._final = self.report()

    def _show(self, now: Snapshot) -> None:
        self._finder.report = now.report
        self._news.append(now)


class _Finder(Sink):
    """Puts each duplicate among the news; `report` is the last one that was made."""

    def __init__(self, news: deque[Found | Snapshot]) -> None:
        self.report: Report | None = None
        self._news = news
        self._numbered = True

    def begin(self, layouts: Sequence[Layout]) -> None:
        """The layouts are known."""
        self._numbered = not layouts[0].content

    def found(self, rows: NDArray[Any], block: Block) -> None:
        """The duplicates among them."""
        verdict = self.report.on_duplicates if self.report else None
        for row in rows[rows["kind"] == DUPLICATE]:
            known = row["e_record"] >= 0
            self._news.append(
                Found(
                    stream=int(row["stream"]),
                    seq=int(row["seq"]) if self._numbered else None,
                    frame=int(row["frame"]),
                    ns=int(row["ns"]),
                    earlier_frame=int(row["e_frame"]) if known else None,
                    distance=int(row["record"] - row["e_record"]) if known else None,
                    lag=int(row["next"] - row["x"]) if self._numbered else None,
                    time_lag_ns=int(row["ns"] - row["e_ns"]) if known else None,
                    cause=verdict.cause if verdict else None,
                    strength=verdict.strength if verdict else None,
                )
            )


def live(
    interfaces: str | Sequence[str],
    layout: Layouts = None,
    ring_sizes: Sequence[int] | int = (),
    *,
    where: str = "",
    duration: float | None = None,
    frames: int | None = None,
    interval: float = 1.0,
    listed: int = arguments.LISTED,
    also_content: bool = False,
    ring: int = 64 << 20,
    workers: int = 1,
) -> Live:
    """Open interfaces and capture on them.

    Args:
        interfaces: A name, or several, merged by time.
        layout: As for `analyze`.
        ring_sizes: As for `analyze`.
        where: Capture only what matches this tcpdump expression.
        duration: End after this many seconds.
        frames: End after this many frames.
        interval: Seconds between snapshots.
        listed: As for `analyze`.
        also_content: As for `analyze`.
        ring: Bytes of each interface's buffer in the kernel.
        workers: How many sockets share an interface's frames and its buffer, 1 to 16. Linux only. docs/live.md says
            when several help.

    Raises:
        PrivilegeError: On Linux it takes CAP_NET_RAW.
        InputError: There is no such interface, or it is down.
        UsageError: An argument that cannot be.
    """
    names = arguments.texts("interfaces", interfaces)
    if not names:
        raise UsageError("no interface given")
    task = Task(
        layout=layout, ring_sizes=arguments.ring_sizes(ring_sizes), listed=arguments.listed(listed),
        also_content=bool(arguments.perhaps("also_content", also_content)),
    )  # fmt: skip
    stops = Stops(
        duration_s=None if duration is None else _seconds("duration", duration),
        frames=None if frames is None else arguments.whole("frames", frames, 1, MOST_FRAMES),
    )
    every_s = _seconds("interval", interval)
    how = Listening(
        ring=arguments.whole("ring", ring, RING_LEAST, RING_MOST),
        workers=arguments.whole("workers", workers, 1, arguments.WORKERS_MOST),
        expression=arguments.text("where", where),
    )
    reader = LiveReader(names, how, opener=by_ring if sys.platform == "linux" else by_scapy)
    try:
        return Live(reader, task, stops, every_s)
    except BaseException:
        reader.close()
        raise


def _seconds(name: str, given: float) -> float:
    try:
        seconds = float(given)
    except (TypeError, ValueError):
        seconds = math.nan
    if not 0 < seconds <= LONGEST_S:
        raise UsageError(f"{name}: {given!r} is not a number of seconds")
    return seconds
