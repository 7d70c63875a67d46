"""What a kernel offers: `portable/kernel.py` and `binding/kernel.py` are both a Kernel. The columns that go in and come
out are border.py's."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from seqcheck.kernel.border import CONTENT_WINDOW, ROOM, Expected, Frames, Known, PcapRule, Program, RecordColumns, Room


class Kernel(Protocol):
    """What `portable.kernel` and `binding.kernel` offer."""

    NAME: str

    def index_pcap(
        self, buf: NDArray[np.uint8], start: int, stop: int, rule: PcapRule, frames: Frames
    ) -> tuple[int, int]:
        """Append the whole records in buf[start:stop] to `frames`; the position reached and why it stopped there."""

    def index_pcapng(
        self, buf: NDArray[np.uint8], start: int, stop: int, big: bool, interfaces: NDArray[Any], frames: Frames
    ) -> tuple[int, int]:
        """The same for the packet blocks (EPB, SPB, obsolete PB) of a pcapng section."""

    def index_tpacket(
        self, buf: NDArray[np.uint8], start: int, stop: int, link: int, frames: Frames
    ) -> tuple[int, int]:
        """The same for the packets of a TPACKET_V3 block, copied from a packet socket's ring; puts VLAN tags back."""

    def seek_pcap(self, buf: NDArray[np.uint8], start: int, stop: int, end: int, rule: PcapRule) -> int:
        """Where the first record begins in buf[start:stop], of which buf[:end] is known; -1: nowhere. A guess, by a
        chain of records that agree (portable/seek.py has the rules)."""

    def seek_pcapng(self, buf: NDArray[np.uint8], start: int, stop: int, end: int, big: bool) -> int:
        """The same for the packet blocks of a pcapng, at every fourth position."""

    def pack(self, frames: Frames, records: RecordColumns, expected: Expected) -> bytes:
        """What the tracker needs of all rows and their records, a record in a frame at most (portable/packed.py has the
        form). `expected` has room for all streams and sources. ValueError if that is not so."""

    def unpack_times(self, data: bytes, frames: Frames) -> int:
        """The time stamps of the packed rows, and how many there are; the position where the records begin. ValueError
        where nobody packed that, or `frames` has less room."""

    def unpack(self, data: bytes, at: int, frames: int, records: RecordColumns, expected: Expected) -> None:
        """The records of that many rows, from that position on, and the status of each row. `expected` has room for all
        streams and sources. ValueError if nobody packed that, or there is less room."""

    def renumber(
        self, records: RecordColumns, streams: NDArray[np.int32], sources: NDArray[np.int32], shift: NDArray[np.int64]
    ) -> None:
        """Give records the ids streams[stream] and sources[source]; ordinals grow by shift[source]. ValueError if
        there is no such id, or it is negative."""

    Decoder: type[KernelDecoder]
    Content: type[ContentLike]
    Tracker: type[TrackerLike]


class DecoderLike(Protocol):
    """Finds the records. Keeps the tables of streams and sources; both grow between blocks, never inside the loop."""

    def decode(self, frames: Frames, low: int, high: int, records: RecordColumns) -> None:
        """Rows low..high-1 of `frames` into `records` (which starts over; status[low:high] is written too)."""

    def keys(self) -> NDArray[Any]:
        """STREAM_KEY[streams], row = stream id."""

    def admit(self, which: int) -> None:
        """From now on, take in such streams (ANY_STREAM, which is how it begins, SECOND_RECORD or NO_STREAM). A record
        of a stream that is not taken in has the status STREAMS."""

    def sources(self) -> NDArray[Any]:
        """SOURCE[sources], row = source id; row NO_SOURCE is always there."""


class KernelDecoder(DecoderLike, Protocol):
    """One of a kernel, for one layout."""

    def __init__(self, program: Program, saved: Known | None = None) -> None:
        """`saved`: continue from there. ValueError if no decoder saved it."""

    def save(self) -> Known:
        """All that is known; the keys that wait are in no particular order."""

    def known(self) -> tuple[int, int]:
        """How many streams, and how many sources, NO_SOURCE among them."""

    def keys(self, low: int = 0) -> NDArray[Any]:
        """STREAM_KEY[streams - low], of the streams from id `low` on."""

    def adopt_streams(self, keys: NDArray[Any]) -> NDArray[np.int32]:
        """The ids of streams that another decoder of the same program met, STREAM_KEY[n] in order of first appearance;
        new ones are taken in, whatever `admit` says. MemoryError if there is no id left."""

    def adopt_sources(self, rows: NDArray[Any]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """The same of sources, SOURCE[n], whose frames are counted as if they had been read here; and how many frames
        each had sent before."""


class ContentLike(DecoderLike, Protocol):
    """A decoder (DecoderLike) without a layout: frames are told apart by their bytes. A record's number is how many
    contents of its stream came before; a copy has the number of what it repeats. The rules: portable/content.py."""

    def __init__(self, window: int = CONTENT_WINDOW) -> None:
        """`window`, a power of two: frames in which content is known again."""

    def flows(self) -> NDArray[Any]:
        """CONTENT_FLOW[streams], row = stream id."""

    def often(self) -> NDArray[Any]:
        """CONTENT_OFTEN[n], in order of the frame that made it so."""


class TrackerLike(Protocol):
    """Tells what is out of order. docs and theory: `seqcheck/track/tracker.py`."""

    def __init__(self, modulus: int, room: Room = ROOM, saved: NDArray[np.int64] | None = None) -> None:
        """`saved`: continue from there. ValueError if a tracker with this modulus and this room did not save it."""

    def count_by(self, moduli: NDArray[np.uint64]) -> None:
        """The next streams, by id, count by moduli of their own (0 = 2**64). To be said before their first records, and
        of all streams or of none."""

    def feed(self, frames: Frames, records: RecordColumns, low: int, events: NDArray[Any]) -> tuple[int, int]:
        """Records from row `low` on; the row reached and the number of `events` written (from 0). It stops early where
        `events` could not take what one more record may cause."""

    def finish(self, events: NDArray[Any]) -> tuple[bool, int]:
        """The input has ended: decide what was left open. Whether all is done, and the events written; call again
        while it is not."""

    def streams(self) -> NDArray[Any]:
        """STREAM_STATE[streams], a copy."""

    def distances(self) -> NDArray[np.int64]:
        """int64[DISTANCES + 1]: how many duplicates lie that far, in records of the stream, from the copy before. The
        last one: that far or farther; [0]: unknown, beyond the window. They add up to the duplicates of all streams."""

    def missing(self) -> tuple[NDArray[Any], NDArray[Any]]:
        """What has not come (yet), in copies: MISSING_PAGE[n] and HOLE[m], each in order of stream, epoch and position.
        A page decides for all its numbers, a hole for those that lie in no page."""

    def forget(self) -> None:
        """Let go of what is missing, once `finish` is done: nothing may be fed or saved from then on, and `missing` has
        nothing more to give."""

    def save(self) -> NDArray[np.int64]:
        """All that is known, before `finish`: the words that portable/saved.py states, the same for both kernels."""
