"""One file of evidence: frames as pcapng, some with comments, written so that a killed process leaves what can be read.

Each write ends with a whole block and goes to the operating system at once (at worst, the last block is cut). The file
is never longer than `limit`. A frame that was written without a comment has room for one that comes later.
"""

from __future__ import annotations

from collections import deque
from typing import Protocol

from seqcheck.errors import OutputError
from seqcheck.sink import StoredFrame
from seqcheck.wire import pcapng

PIECE = 1 << 16  # bytes of a write, about
REMEMBERED = 1 << 16  # frame numbers known to be written
TAIL = 4  # bytes of a block behind its options
ROOM = 108  # bytes for a comment that comes later


class RawFile(Protocol):
    """An unbuffered file: `write` writes all of `data` or, with an OSError, none; `patch` writes over what is there."""

    def write(self, data: bytes, /) -> int: ...

    def patch(self, at: int, data: bytes, /) -> None: ...


class EvidenceFile:
    """Writes to `out`, at most `limit` bytes. `program` names who wrote it, `name` where the frames came from. It holds
    `frames`; `failure` is what kept it from being written to the end, empty if nothing did."""

    def __init__(self, out: RawFile, *, program: str, name: str, limit: int) -> None:
        self.frames = 0
        self.first_ns: int | None = None  # of the frame that was written first
        self.failure = ""
        self.limit = limit
        self._out, self._name = out, name
        self._size = 0
        self._links: dict[int, int] = {}
        self._written: deque[int] = deque()
        self._known: dict[int, int] = {}  # where the room for its comment ends; 0 if it has one
        self._buffer: list[bytes] = []
        self._buffered = self._flushed = 0  # bytes
        self._put(pcapng.section_block(program=program))
        self.flush()

    def __contains__(self, number: int) -> bool:
        """Whether that frame is known to be in it."""
        return number in self._known

    @property
    def full(self) -> bool:
        """Whether nothing more fits."""
        return self._size >= self.limit

    def add(self, number: int, frame: StoredFrame, comment: str) -> bool:
        """Write a frame, if the limit allows."""
        if frame.link not in self._links:
            self._links[frame.link] = len(self._links)
            self._put(pcapng.interface_block(link=frame.link, name=self._name))
        interface = self._links[frame.link]
        block = pcapng.packet_block(
            frame.ns, frame.data, wire=frame.wire, interface=interface, comment=comment, room=ROOM
        )
        if not self._put(block):
            return False
        self.frames += 1
        self.first_ns = frame.ns if self.first_ns is None else self.first_ns
        self._known[number] = 0 if comment else self._size - TAIL
        self._written.append(number)
        if len(self._written) > REMEMBERED:
            self._known.pop(self._written.popleft(), None)
        return True

    def remark(self, number: int, comment: str) -> None:
        """Give a frame that was written without one its comment."""
        end = self._known[number]
        if not comment or not end:
            return
        self._known[number] = 0
        self.flush()
        if end <= self._flushed:
            self._out.patch(end - ROOM, pcapng.comment_in(ROOM, comment))

    def flush(self) -> None:
        """Write what waits; what does not fit is cut off between two packets."""
        waiting, self._buffer, self._buffered = self._buffer, [], 0
        if not waiting or self.failure:
            return
        try:
            try:
                self._flushed += self._out.write(b"".join(waiting))
            except OSError:
                for block in waiting:
                    self._flushed += self._out.write(block)
        except OSError as error:
            self._size, self.failure = self.limit, error.strerror or str(error)
        except OutputError as error:  # somebody else took its name
            self._size, self.failure = self.limit, error.message

    def _put(self, block: bytes) -> bool:
        """Add a block, if the limit allows."""
        if self._size + len(block) > self.limit:
            self._size = self.limit
            return False
        self._size += len(block)
        self._buffer.append(block)
        self._buffered += len(block)
        if self._buffered >= PIECE:
            self.flush()
        return True
