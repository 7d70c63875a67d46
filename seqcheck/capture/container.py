"""The walk through a container: the kernel handles the packets, Python what lies between them.

A Walker takes bytes in any portions and gives rows; it says what it skipped, what is wrong, and what is left unfinished
at the end. Positions are indexes into the buffer. It buffers nothing: a block of no interest is skipped however long it
is. No I/O in here.
"""

from __future__ import annotations

from struct import Struct, unpack_from
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from seqcheck.capture.form import Form, Indexer, PcapForm, PcapngForm, leave_out
from seqcheck.kernel.border import BAD, BLOCK, MAX_BLOCK, MORE, Frames, PcapRule
from seqcheck.wire import pcap, pcapng
from seqcheck.wire.pcapng import Section

HEAD = 28  # bytes by which a container is known: a section header without options
MAX_NOTES = 100  # kept until the caller takes them


class Walker(Protocol):
    """`notes`: (position, what) of damage that did not stop it, for the caller to take. `section`: of the rows last
    given, None if there are none."""

    notes: list[tuple[int, str]]
    section: Section | None

    @property
    def dropped(self) -> int | None:
        """Frames that the capturing side says it lost."""

    @property
    def form(self) -> Form | None:
        """How the packets that come next are read; None if it has to be walked on to know."""

    def walk(self, buf: NDArray[np.uint8], start: int, stop: int, frames: Frames) -> tuple[int, int]:
        """As the kernel's index: the position reached and why it stopped. BLOCK: rows of another section come next, or
        the number of lost frames may change there or just has."""

    def fault(self, buf: NDArray[np.uint8], pos: int, stop: int) -> str:
        """What is wrong at `pos`, where `walk` stopped with BAD."""

    def unfinished(self, buf: NDArray[np.uint8], pos: int, stop: int) -> str:
        """What is cut where the input ends with buf[pos:stop] left over; empty if nothing is."""

    def lead(self, before: bytes, cap: int) -> int:
        """How many bytes before a frame of `cap` captured bytes its record begins; `before` are the last 28 of them."""

    def fresh(self, section: Section | None) -> Walker:
        """Another walker, to begin at a record of that section."""


class PcapWalker:
    """Classic pcap: records and nothing else."""

    section: Section | None = None
    dropped: int | None = None

    def __init__(self, indexer: Indexer, rule: PcapRule) -> None:
        self.notes: list[tuple[int, str]] = []
        self.form = PcapForm(rule=rule)
        self._indexer, self._rule = indexer, rule

    def walk(self, buf: NDArray[np.uint8], start: int, stop: int, frames: Frames) -> tuple[int, int]:
        return self.form.walk(self._indexer, buf, start, stop, frames)

    def fault(self, buf: NDArray[np.uint8], pos: int, stop: int) -> str:
        return pcap.fault(buf[pos : pos + 16].tobytes(), self._rule)

    def unfinished(self, buf: NDArray[np.uint8], pos: int, stop: int) -> str:
        return f"the input ends within a record, after {stop - pos} bytes of it" if stop > pos else ""

    def lead(self, before: bytes, cap: int) -> int:
        return self._rule.header

    def fresh(self, section: Section | None) -> PcapWalker:
        return PcapWalker(self._indexer, self._rule)


_ON = -1  # nothing stopped the walk
_TAKEN = (pcapng.IDB, pcapng.ISB)
_ENDS = (pcapng.SHB, pcapng.ISB)  # of the rows before them
_NUMBER, _NUMBERS = ({order: Struct(order + form).unpack_from for order in "<>"} for form in ("I", "II"))


class PcapngWalker:
    """pcapng: sections, their interfaces, and the blocks that are skipped."""

    def __init__(self, indexer: Indexer, section: Section | None = None) -> None:
        self.notes: list[tuple[int, str]] = []
        self.section = section
        self._borrowed = section is not None  # another walker's, which only that one may add to
        self._indexer, self._index = indexer, indexer.index_pcapng
        self._dropped: int | None = None  # by sections that are over
        self._skip = self._close = 0  # of a block that is skipped: bytes still to pass over, then its length again
        self._wrong = ""

    @property
    def dropped(self) -> int | None:
        before, now = self._dropped, self.section.dropped if self.section else None
        return now if before is None else before if now is None else before + now

    @property
    def form(self) -> PcapngForm | None:
        section = self.section
        if section is None or not section.known or self._close or self._wrong:
            return None
        fcs = tuple(sorted(section.fcs.items()))
        return PcapngForm(big=section.big, interfaces=section.interfaces.tobytes(), fcs=fcs)

    def walk(self, buf: NDArray[np.uint8], start: int, stop: int, frames: Frames) -> tuple[int, int]:
        pos, before = start, frames.count
        while True:
            section = self.section
            if section is not None and section.known and not self._close:
                low = frames.count
                pos, why = self._index(buf, pos, stop, section.big, section.interfaces, frames)
                if section.fcs_of is not None and frames.count > low:
                    leave_out(frames, low, section.fcs_of[frames.link[low : frames.count]])
                if why != BLOCK:
                    return pos, why
            lost = self.dropped
            pos, why = self._pass(buf, pos, stop, frames.count > before)
            if why == _ON and self.dropped != lost:
                why = BLOCK
            if why != _ON:
                return pos, why

    def _pass(self, buf: NDArray[np.uint8], pos: int, stop: int, rows: bool) -> tuple[int, int]:
        """Go past blocks that are no packets; _ON where packets may follow, else why the walk ends. A section header
        and statistics are left alone (BLOCK) where `rows` before them are yet to be given."""
        section, view = self.section, memoryview(buf)
        order = mine = ">" if section and section.big else "<"
        numbers, begin = _NUMBERS[mine], pos
        known = section is not None and section.known
        while True:
            if self._close:
                pos, why = self._closed(buf, pos, stop, mine)
                if why != _ON:
                    return pos, why
            if stop - pos < 12:  # the index looks at less, if it is a packet's
                return pos, _ON if known and pos > begin else MORE
            kind, length = numbers(view, pos)
            if known and kind in pcapng.PACKETS:
                return pos, _ON
            order = mine
            if kind == pcapng.SHB:  # reads the same in both orders, and brings its own
                if not (order := pcapng.block_order(bytes(view[pos : pos + 12]), mine)):
                    return pos, self._bad("the byte order of a section header is invalid")
                kind, length = _NUMBERS[order](view, pos)
            taken = kind == pcapng.SHB or (known and kind in _TAKEN)
            if length < (pcapng.least(kind) if taken else 12) or length & 3 or (taken and length > MAX_BLOCK):
                return pos, self._bad(f"a block of type 0x{kind:08x} claims a length of {length} bytes")
            if not taken:
                pos, self._skip, self._close = pos + 8, length - 12, length
                continue
            if stop - pos < length:
                return pos, MORE
            if kind in _ENDS and rows:
                return pos, BLOCK
            if _NUMBER[order](view, pos + length - 4)[0] != length:
                return pos, self._bad(f"a block of {length} bytes does not close")
            if (trouble := self._take(kind, bytes(view[pos : pos + length]))) and len(self.notes) < MAX_NOTES:
                self.notes.append((pos, trouble))
            pos += length
            if kind == pcapng.SHB:
                section = self.section
                mine = order
                numbers, known = _NUMBERS[mine], section is not None and section.known

    def _closed(self, buf: NDArray[np.uint8], pos: int, stop: int, order: str) -> tuple[int, int]:
        """Go on past a block that is skipped, and see that it closes."""
        count = min(self._skip, stop - pos)
        pos, self._skip = pos + count, self._skip - count
        if self._skip or stop - pos < 4:
            return pos, MORE
        length, self._close = self._close, 0
        if unpack_from(order + "I", buf, pos)[0] != length:
            return pos, self._bad(f"a block of {length} bytes does not close")
        return pos + 4, _ON

    def _take(self, kind: int, block: bytes) -> str:
        """Read a block of the three that matter; what is wrong with it."""
        if kind == pcapng.SHB:
            self._dropped = self.dropped
            self.section, self._borrowed = Section(block), False
            major, minor = self.section.version
            return "" if self.section.known else f"a section of unknown version {major}.{minor} is skipped"
        assert self.section is not None
        if self._borrowed:
            self.section, self._borrowed = self.section.copy(), False
        return self.section.interface(block) if kind == pcapng.IDB else self.section.statistics(block)

    def _bad(self, what: str) -> int:
        self._wrong = what
        return BAD

    def fault(self, buf: NDArray[np.uint8], pos: int, stop: int) -> str:
        section = self.section
        if self._wrong or section is None:
            return self._wrong
        return pcapng.fault(
            buf[pos : min(pos + MAX_BLOCK, stop)].tobytes(), ">" if section.big else "<", len(section.interfaces)
        )

    def unfinished(self, buf: NDArray[np.uint8], pos: int, stop: int) -> str:
        if self._close or stop > pos:
            return "the input ends within a block" + ("" if self._close else f", after {stop - pos} bytes of it")
        return ""

    def lead(self, before: bytes, cap: int) -> int:
        # An EPB or PB has the captured length 8 bytes before the data. An SPB has its own length there, which is more.
        assert self.section is not None
        if len(before) < 28:
            return 12
        captured = unpack_from(">I" if self.section.big else "<I", before, 20)[0]
        return 28 if cap <= captured <= cap + max(self.section.fcs.values(), default=0) else 12

    def fresh(self, section: Section | None) -> PcapngWalker:
        return PcapngWalker(self._indexer, section)


def open_walker(head: bytes, indexer: Indexer) -> tuple[Walker, int]:
    """The walker for an input that starts with `head` (HEAD bytes, fewer where it has no more), and how many bytes of
    it are read by now. ValueError, in words, where it is no capture."""
    if not head:
        raise ValueError("is empty")
    if pcap.is_pcap(head):
        return PcapWalker(indexer, pcap.parse_header(head)), pcap.HEADER
    if head[:4] == pcapng.START:
        if len(head) < HEAD:
            raise ValueError(f"has a section header that is cut: {len(head)} of {HEAD} bytes")
        if not pcapng.block_order(head, ""):
            raise ValueError("has a section header with an invalid byte order")
        return PcapngWalker(indexer), 0
    raise ValueError("is not a pcap or pcapng capture, plain or compressed (gzip, zstd, xz, bzip2, lz4)")
