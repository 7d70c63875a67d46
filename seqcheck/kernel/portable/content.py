"""Frames told apart by their bytes, in plain Python: protocols.ContentLike. native/content.c gives the same.

Theory of operation
    A window holds the contents (content_frame.py) of the last frames. Content that is not in it is new: it gets the
    next number of its flow. Content that is there comes again, and then the frame has that number again, of the
    stream that the first one was of. So numbers never are missing, and a tracker finds the copies by them.

    But much repeats by nature, which is no copy, and INDISTINCT:
    - Another IPv4 identification: the sender sent the same content in a new packet. Whatever is the same from then on
      may be one, too: identifications wrap.
    - Content that comes OFTEN times, with nothing else that tells it apart: a heartbeat, an announcement. What counted
      until then is told by `often`.
    - All of a flow that has not shown yet that its contents differ: PROVEN of them, unless the flow's frames are
      *identified*: identifications differ from content to content, IDENTIFIED times and for half of them at least.
    - All of a flow whose contents wrap, as those of a short counter do: more copies in a row than lie between a
      content and its copy, ROUND at least. New content takes ROUND_BACK off the row. Of identified frames only where
      the distance is ROUND_SHORT or more, at which identifications wrap as well.
    A copy with another hop count was made on the path; it counts whatever its flow is like.

Invariants
    A flow's first frame is new, so streams appear in the order of their ids. The window moves by a place with each
    frame that is looked up in it and not of a flow that wraps. What a frame is does not depend on how frames are
    cut into blocks, nor on what comes after it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqcheck.dataclass import dataclass
from seqcheck.kernel.border import (
    ANY_STREAM,
    CONTENT_FLOW,
    CONTENT_OFTEN,
    CONTENT_WINDOW,
    IDENTIFIED,
    INDISTINCT,
    MAX_SOURCES,
    MAX_STREAMS,
    MOST_OFTEN,
    NO_STREAM,
    OFTEN,
    PROVEN,
    REASONS,
    RECORD,
    ROUND,
    ROUND_BACK,
    ROUND_SHORT,
    SOURCE,
    STREAM_KEY,
    STREAMS,
    Frames,
    RecordColumns,
)
from seqcheck.kernel.portable.content_frame import Shape, shape
from seqcheck.kernel.portable.frame import link_addresses

MOST_TIMES = 255  # that are told apart


@dataclass(slots=True, kw_only=True)
class Entry:
    """Content in the window: where, and what its last frame was like. `times` with the same hop count; `counted`
    records beyond the first. What is `mute` means nothing any more."""

    position: int
    place: int
    stream: int
    number: int
    identification: int
    hops: int
    times: int = 1
    counted: int = 0
    mute: bool = False


@dataclass(slots=True, kw_only=True)
class Flow:
    """The columns of CONTENT_FLOW."""

    frames: int = 0
    contents: int = 0
    copies: int = 0
    counted: int = 0
    again: int = 0
    varied: int = 0
    row: int = 0
    last: int = 0
    round: int = 0


class Content:
    """protocols.ContentLike."""

    def __init__(self, window: int = CONTENT_WINDOW) -> None:
        if window < 2 or window & (window - 1):
            raise ValueError("content: a window that is no power of two")
        self._size = window
        self._window: dict[bytes, Entry] = {}
        self._position = 0
        self._streams: dict[bytes, int] = {}
        self._flows: list[Flow] = []
        self._often: list[tuple[int, int, int]] = []
        self._sources: dict[tuple[bytes, int], int] = {}
        self._counts: list[list[int]] = [[0] * len(REASONS)]
        self._admission = ANY_STREAM

    def decode(self, frames: Frames, low: int, high: int, records: RecordColumns) -> None:
        """protocols.DecoderLike.decode."""
        records.count = 0
        for row in range(low, high):
            data, wire, link = frames.one(row)
            source = self._source(link_addresses(data, link)[0])
            seen = shape(data, wire, link)
            status, stream, number = seen.status, 0, 0
            if status == RECORD:
                status, stream, number = self._judge(seen)
            counts = self._counts[source]
            if status == RECORD:
                at = records.count
                records.row[at], records.stream[at], records.seq[at] = row, stream, number
                records.source[at], records.ordinal[at] = source, sum(counts)
                records.count = at + 1
            records.status[row] = status
            counts[status] += 1

    def admit(self, which: int) -> None:
        """protocols.DecoderLike.admit; flows of one frame are taken in until none are."""
        self._admission = which

    def keys(self) -> NDArray[Any]:
        """protocols.DecoderLike.keys."""
        return np.frombuffer(b"".join(self._streams), STREAM_KEY).copy()

    def sources(self) -> NDArray[Any]:
        """protocols.DecoderLike.sources."""
        table = np.zeros(len(self._counts), SOURCE)
        for (address, length), number in self._sources.items():
            table["address"][number] = np.frombuffer(address, np.uint8)
            table["length"][number] = length
        table["counts"] = self._counts
        return table

    def flows(self) -> NDArray[Any]:
        """protocols.ContentLike.flows."""
        names = CONTENT_FLOW.names or ()
        return np.array([tuple(getattr(flow, name) for name in names) for flow in self._flows], CONTENT_FLOW)

    def often(self) -> NDArray[Any]:
        """protocols.ContentLike.often."""
        return np.array(self._often, CONTENT_OFTEN)

    def _source(self, address: bytes) -> int:
        if not address:
            return 0
        key = address.ljust(8, b"\0"), len(address)
        if key not in self._sources:
            if len(self._sources) == MAX_SOURCES:
                return 0
            self._sources[key] = len(self._counts)
            self._counts.append([0] * len(REASONS))
        return self._sources[key]

    def _judge(self, seen: Shape) -> tuple[int, int, int]:
        """Status, stream and number."""
        before = self._window.get(seen.content)
        if before is None or self._position - before.position > self._size:
            return self._new(seen)
        status = self._again(seen, before, self._flows[before.stream])
        return status, before.stream, before.number

    def _new(self, seen: Shape) -> tuple[int, int, int]:
        stream = self._streams.get(seen.flow)
        if stream is None:
            if self._admission == NO_STREAM or len(self._streams) == MAX_STREAMS:
                return STREAMS, 0, 0
            stream = self._streams[seen.flow] = len(self._flows)
            self._flows.append(Flow())
        flow = self._flows[stream]
        if flow.round:
            flow.frames += 1
            return INDISTINCT, 0, 0
        entry = Entry(
            position=0,
            place=flow.frames,
            stream=stream,
            number=flow.contents,
            identification=seen.identification,
            hops=seen.hops,
        )
        self._put(seen.content, entry)
        flow.frames += 1
        flow.contents += 1
        flow.row = max(flow.row - ROUND_BACK, 0)
        flow.varied += seen.identification not in (0, flow.last)
        flow.last = seen.identification
        return RECORD, stream, entry.number

    def _again(self, seen: Shape, entry: Entry, flow: Flow) -> int:
        """Content that is in the window, where its entry was not looked at yet; a status."""
        place = flow.frames
        flow.frames += 1
        if flow.round:
            return INDISTINCT
        distance, entry.place = place - entry.place, place
        self._put(seen.content, entry)
        if seen.identification != entry.identification:
            flow.again += 1
            entry.identification, entry.mute = seen.identification, True
        if entry.mute:
            return INDISTINCT
        flow.copies += 1
        if seen.hops == entry.hops:
            entry.times = min(entry.times + 1, MOST_TIMES)
            if not self._means_something(entry, flow, distance):
                return INDISTINCT
        entry.hops = seen.hops
        entry.counted += 1
        flow.counted += 1
        return RECORD

    def _means_something(self, entry: Entry, flow: Flow, distance: int) -> bool:
        """Whether the same content, of the same hop count, is a copy."""
        identified = entry.identification > 0 and flow.varied >= IDENTIFIED and 2 * flow.varied >= flow.contents
        if not identified and entry.times >= OFTEN:
            entry.mute = True
            if len(self._often) < MOST_OFTEN:
                self._often.append((entry.stream, entry.counted, entry.number))
            else:
                flow.round = 1
            return False
        if not identified and flow.contents < PROVEN:
            return False
        flow.row += 1
        if flow.row >= ROUND and flow.row > distance and not (identified and distance < ROUND_SHORT):
            flow.round = 1
        return not flow.round

    def _put(self, content: bytes, entry: Entry) -> None:
        """At the window's front; what has left it is forgotten now and then."""
        self._window[content] = entry
        entry.position = self._position
        self._position += 1
        if len(self._window) > 2 * self._size:
            least = self._position - self._size
            self._window = {key: each for key, each in self._window.items() if each.position >= least}
