"""Frames that a program already has, fed one by one: from scapy, dpkt or a socket. The same loop, without a file.

Frames are copied into blocks and analyzed a block at a time. As in a live capture, the bytes of the last 32 MiB of
frames are kept to compare copies; older ones are not compared. Nothing else grows with the number of frames.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .. import arguments, kernel
from ..errors import UsageError
from ..interfaces.live_window import LiveStore, Slots, pool
from ..kernel.border import MAX_FRAME
from ..layout import Layouts, resolve_all
from ..model import Capture, Report
from .observation import Observation, Question

WINDOW = 32 << 20  # bytes of frames to look back at
AT_ONCE = 4096  # frames
ETHERNET = 1
LOWEST, HIGHEST = -(1 << 63), (1 << 63) - 1


class Analyzer:
    """Analyzes the frames that it is fed.

        analyzer = seqcheck.Analyzer(layout="udp:5000 seq=u32be@0")
        for ns, data in frames:
            analyzer.feed(data, ns=ns)
        print(analyzer.report())

    Not thread-safe.

    Args:
        layout: A name, a TOML file, a spec, or a Layout; or several. None: a recognized header, or a counter found
            beyond doubt.
        ring_sizes: The sender's TX ring, if known.
        listed: How many duplicates and gaps the report lists individually.
        name: What the report calls the capture.
        also_content: Tell foreign frames apart by their bytes, and report which of them came before.

    Raises:
        UsageError: An argument is invalid.
    """

    def __init__(
        self, layout: Layouts = None, ring_sizes: Sequence[int] | int = (), *,
        listed: int = arguments.LISTED, name: str = "frames", also_content: bool = False,
    ) -> None:  # fmt: skip
        self._sizes, self._listed, self._name = (
            arguments.ring_sizes(ring_sizes),
            arguments.listed(listed),
            arguments.text("name", name),
        )
        self._seen = Observation(
            kernel.load(), resolve_all(layout), also_content=bool(arguments.perhaps("also_content", also_content))
        )
        self._store = LiveStore()
        self._slots = Slots(pool(WINDOW))
        self._block, self._low = self._slots.block, 0  # rows from `_low` on were not taken yet
        self._taken = self._bytes = self._cut = 0
        self._first: int | None = None
        self._last: int | None = None
        self._report: Report | None = None

    def feed(self, data: bytes | bytearray | memoryview, *, ns: int, wire: int | None = None, link: int = 1) -> None:
        """The next frame, in order of arrival.

        Args:
            data: Its bytes, from the link layer on.
            ns: When it was captured, in integer nanoseconds since 1970.
            wire: Its length on the wire, if less was captured.
            link: Its LINKTYPE (1 Ethernet, 101 raw IP, 113 Linux cooked, ...; https://www.tcpdump.org/linktypes.html).

        Raises:
            UsageError: An argument is invalid, or `report` was already called.
        """
        if self._report is not None:
            raise UsageError(
                "report() was called, so no more frames can be fed", hint="Use peek() to look at the report in between."
            )
        view = _bytes(data)
        length = len(view) if wire is None else arguments.whole("wire", wire, len(view), (1 << 32) - 1)
        ns = arguments.whole("ns", ns, LOWEST, HIGHEST)
        link = arguments.whole("link", link, 0, (1 << 16) - 1)
        size = min(len(view), MAX_FRAME)
        block = self._slots.room(size, 1)
        if block is not self._block:
            self._take()
            self._block, self._low = block, 0
        frames, at, row = block.frames, self._slots.stop, block.frames.count
        frames.buf[at : at + size] = np.frombuffer(view[:size], np.uint8)
        frames.off[row], frames.cap[row], frames.wire[row] = at, size, length
        frames.ns[row], frames.link[row] = ns, link
        frames.count = row + 1
        self._slots.used(size)
        self._bytes += length
        self._cut += size < length
        self._first = ns if self._first is None else min(self._first, ns)
        self._last = ns if self._last is None else max(self._last, ns)
        if frames.count - self._low >= AT_ONCE:
            self._take()

    def peek(self) -> Report:
        """The report so far; more frames may follow. Undecided findings (a step back that may become a restart) are not
        in it. Raises InputError if no frame has carried the header yet."""
        if self._report is not None:
            return self._report
        self._take()
        return self._conclude()

    def report(self) -> Report:
        """The final report, the same object each time; no more frames can be fed. Raises InputError if no frame carried
        the header."""
        if self._report is None:
            self._take()
            self._seen.pipeline.finish(self._store)
            self._report = self._conclude()
        return self._report

    def _conclude(self) -> Report:
        question = Question(ring_sizes=self._sizes, listed=self._listed)
        return self._seen.conclude(self._capture(), question).report

    def _take(self) -> None:
        """What was fed since the last time."""
        frames, low, high = self._block.frames, self._low, self._block.frames.count
        if low == high:
            return
        frames.first = self._taken + 1 - low
        self._store.note(self._taken + 1, frames, (low, high), (self._block,))
        self._taken, self._low = self._taken + high - low, high
        self._seen.pipeline.take(frames, low, high, self._store)

    def _capture(self) -> Capture:
        return Capture(
            inputs=(self._name,),
            frames=self._taken,
            bytes=self._bytes,
            first_ns=self._first,
            last_ns=self._last,
            dropped=None,
            cut_frames=self._cut,
            damage=(),
        )


def _bytes(data: bytes | bytearray | memoryview) -> memoryview:
    try:
        return memoryview(data).cast("B")
    except (TypeError, ValueError):
        raise UsageError(f"data: a frame is bytes, not {type(data).__name__}") from None
