"""How many data records an IPFIX message holds: its sets, by the templates that came before them (RFC 7011 section 3).

A template holds for the stream that it came in (one exporter, one observation domain). A data set whose template has
not come yet makes the count unknown: its records cannot be told apart. Bytes at the end of a set that are too few for a
record are padding (section 3.3.1). Messages are data: what is malformed ends the count, and nothing is raised.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from seqcheck.kernel.border import Frames
from seqcheck.kernel.portable.examine import examine
from seqcheck.layout.model import MOST_COVERED, Layout, Sets
from seqcheck.layout.program import compile

TEMPLATES, OPTIONS, FIRST_DATA = 2, 3, 256  # set ids
VARIABLE = 0xFFFF  # a field's length
ENTERPRISE = 0x8000
UNKNOWN = MOST_COVERED + 1
MOST_TEMPLATES, MOST_FIELDS = 1 << 16, 512


class Exporters:
    """What exporters have said of their templates. Bounded: beyond MOST_TEMPLATES new ones are not taken in."""

    def __init__(self, layout: Layout) -> None:
        assert isinstance(layout.covers, Sets)
        self._sets, self._program = layout.covers, compile(layout)
        self._templates: dict[tuple[int, int], tuple[array[int], bool]] = {}  # `_steps`; whether it is one of options

    def counts(self, frames: Frames, rows: NDArray[np.int64], streams: NDArray[np.int32]) -> NDArray[np.uint64]:
        """uint64[n]: the records in each of these frames, which are messages, in order; UNKNOWN where that is not
        known."""
        return np.array(
            [self._count(frames, row, stream) for row, stream in zip(rows.tolist(), streams.tolist(), strict=True)],
            np.uint64,
        )

    def _count(self, frames: Frames, row: int, stream: int) -> int:
        data, wire, link = frames.one(row)
        place = examine(data, wire, link, self._program).place
        payload = data[place.start : min(place.end, len(data))]
        if len(data) < place.end:
            return UNKNOWN  # sets that were not captured
        total = 0
        for kind, content in _sets(payload, self._sets.offset):
            if kind in (TEMPLATES, OPTIONS):
                self._learn(content, stream, options=kind == OPTIONS)
                continue
            template = self._templates.get((stream, kind))
            if template is None:
                return UNKNOWN
            steps, options = template
            if not (options and self._sets.last):
                total += _records(content, steps)
        return min(total, UNKNOWN)

    def _learn(self, content: bytes, stream: int, *, options: bool) -> None:
        at, head = 0, 6 if options else 4
        while at + head <= len(content):
            number, count = _u16(content, at), _u16(content, at + 2)
            at += head
            if count > MOST_FIELDS or number < FIRST_DATA:
                return
            fields = []
            for _ in range(count):
                if at + 4 > len(content):
                    return
                fields.append(_u16(content, at + 2))
                at += 8 if _u16(content, at) & ENTERPRISE else 4
            if not fields:  # withdrawn
                self._templates.pop((stream, number), None)
                at -= head - 4
            elif len(self._templates) < MOST_TEMPLATES or (stream, number) in self._templates:
                self._templates[stream, number] = _steps(fields), options


def _sets(payload: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    """Id and content of each whole set."""
    while at + 4 <= len(payload):
        kind, length = _u16(payload, at), _u16(payload, at + 2)
        if length < 4 or at + length > len(payload) or kind < TEMPLATES:
            return
        yield kind, payload[at + 4 : at + length]
        at += length


def _steps(fields: list[int]) -> array[int]:
    """A template of fields of these lengths: the bytes of fixed ones before each of variable length, and behind the
    last. So a template takes no more memory than on the wire, and a record no more steps than it has bytes."""
    steps = array("I", [0])
    for length in fields:
        if length == VARIABLE:
            steps.append(0)
        else:
            steps[-1] += length
    return steps


def _records(content: bytes, steps: array[int]) -> int:
    """How many records of such a template the content of a set holds."""
    before, behind = steps[:-1], steps[-1]
    if not before:
        return len(content) // behind if behind else 0
    count = at = 0
    while count <= MOST_COVERED:
        for fixed in before:
            at += fixed
            if at >= len(content):
                return count
            said, at = content[at], at + 1
            if said == 0xFF:
                if at + 2 > len(content):
                    return count
                said, at = _u16(content, at), at + 2
            at += said
        at += behind
        if at > len(content):
            return count
        count += 1
    return count


def _u16(data: bytes, at: int) -> int:
    return data[at] << 8 | data[at + 1]
