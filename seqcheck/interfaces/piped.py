"""A capture that comes through a pipe while it is made: `ssh host tcpdump -U -w - | seqcheck live -`, or a FIFO.

Like sources.live, with the properties of a pipe: nothing is dropped before us (the writer waits), there is no adapter,
and it ends when the writer has gone. Nothing is read on construction, and no read waits longer than POLL_MS, so that
the caller can look at the clock; at the end, what the pipe still holds is read. A FIFO is waited for until a program
opens it. Bytes are untrusted: they are walked like those of a file, bounded and checked.
"""

from __future__ import annotations

import fcntl
import os
import select
import stat
import struct
import termios
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from seqcheck.capture.bytestream import STDIN, ByteSource
from seqcheck.capture.container import HEAD, Walker, open_walker
from seqcheck.capture.cursor import Cursor
from seqcheck.capture.evidence import Window
from seqcheck.capture.feed import MAX_DAMAGE
from seqcheck.capture.magic import codec_of
from seqcheck.capture.slots import SLOT, Block, Pool
from seqcheck.errors import InputError
from seqcheck.escape import visible
from seqcheck.interfaces.stopping import Stopping
from seqcheck.interfaces.summed import Summed
from seqcheck.kernel import load
from seqcheck.kernel.border import Frames, new_totals
from seqcheck.linux.adapter import Adapter
from seqcheck.model import Damage

WINDOW = 32 << 20  # bytes to look back at
POLL_MS = 50


class PipeBytes(ByteSource):
    """The bytes of a pipe that is open as `number`. Read only where `ready`: then no read waits."""

    def __init__(self, number: int, name: str) -> None:
        super().__init__(name)
        self._number = number
        self._poll = select.poll()
        self._poll.register(number, select.POLLIN)

    def ready(self, most_ms: int) -> bool:
        """Whether there is something to read, or the end; waits so long for it."""
        return bool(self._head) or self.comes(most_ms)

    def comes(self, most_ms: int) -> bool:
        """Whether there is more than was peeked at, or the end."""
        return bool(self._poll.poll(most_ms))

    @property
    def waiting(self) -> int:
        """How many bytes there are."""
        try:
            held: int = struct.unpack("i", fcntl.ioctl(self._number, termios.FIONREAD, bytes(4)))[0]
        except OSError:  # it does not say
            held = 0
        return held + len(self._head)

    def begin(self) -> bool:
        """Read once towards HEAD bytes to peek at; whether they, or all that there are, have come."""
        space = memoryview(bytearray(HEAD - len(self._head)))
        count = self._read(space)
        self._head += space[:count]
        return not count or len(self._head) == HEAD

    def _read(self, view: memoryview) -> int:
        while True:
            try:
                return os.readv(self._number, [view])
            except BlockingIOError:  # somebody else who reads from it was quicker
                self._poll.poll()
            except OSError as error:
                self.trouble = f"reading failed: {error.strerror or error}"
                return 0

    def close(self) -> None:
        os.close(self._number)


def is_pipe(name: str) -> bool:
    """Whether it names a pipe, and no interface: "-", anything with a slash, or a FIFO in this folder."""
    if name == STDIN or "/" in name:
        return True
    try:
        return stat.S_ISFIFO(os.stat(name).st_mode)
    except (OSError, ValueError):
        return False


def opened(name: str) -> PipeBytes:
    """The pipe, without waiting for a writer. InputError if it is not a pipe."""
    if name == STDIN:
        if os.isatty(0):
            raise InputError(
                "standard input is a terminal", hint="Pipe a capture in: tcpdump -U -w - | seqcheck live -"
            )
        return PipeBytes(os.dup(0), name)
    try:
        number = os.open(name, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise InputError(f"cannot open {visible(name)}: {why}") from error
    if not stat.S_ISFIFO(os.fstat(number).st_mode):
        os.close(number)
        raise InputError(f"{visible(name)} is not a pipe", hint=f"To read a file: seqcheck analyze {visible(name)}")
    return PipeBytes(number, name)


class PipedReader(Summed, Stopping):
    """Iterate once; see sources.ongoing."""

    hurried = False
    ring_bytes = missed = lost = 0
    behind = 0.0
    places = False
    adapters: tuple[Adapter, ...] = ()
    taken: tuple[tuple[str, int, int], ...] = ()

    def __init__(self, name: str) -> None:
        self.inputs: tuple[str, ...] = (name,)
        self.frames = 0
        self.failure = ""
        self.remarks: list[str] = []
        self.store = Window()
        self._bytes = opened(name)
        self._pool = Pool(max(WINDOW // SLOT, 4))
        self._counted = new_totals()
        self._damage: list[Damage] = []
        self._walker: Walker | None = None
        self._headed = 0  # bytes of the capture's header

    def __iter__(self) -> Iterator[tuple[Frames, int, int]]:
        idle = Frames(0)
        while not self._begun():
            yield idle, 0, 0
            if self._stopping:
                return
        assert self._walker is not None
        cursor = Cursor(self._bytes, self._walker, self._fresh(), self._note, self._turn)
        cursor.place(self._headed, self._walker, first=1)
        end: int | None = None  # the byte up to which all is still taken in, once it was told to end
        while True:
            read = cursor.origin + cursor.stop
            if self._stopping and end is None:
                end = read + self._bytes.waiting
            if cursor.hungry:
                if end is not None and (read >= end or not self._bytes.ready(0)):
                    return
                if not self._bytes.ready(POLL_MS):
                    yield idle, 0, 0
                    continue
            if (rows := cursor.step()) is None:
                self.stop(self._damage[-1].what if cursor.broken else "the pipe was closed")
                return
            low, high = rows
            self.frames += high - low
            self.store.note(cursor, low, high)
            frames = cursor.block.frames
            frames.first = cursor.block.first
            yield frames, low, high

    def _begun(self) -> bool:
        """Whether the capture's header was read. InputError if there is none."""
        if not self._bytes.comes(POLL_MS) or not self._bytes.begin():
            return False
        head = self._bytes.peek(HEAD)
        name = visible(self.inputs[0])
        if codec_of(head[:6]):
            raise InputError(f"{name} is compressed", hint="Decompress it on the way: … | zcat | seqcheck live -")
        try:
            self._walker, self._headed = open_walker(head, load())
        except ValueError as error:
            raise InputError(f"{name} {error}") from error
        self._bytes.skip(self._headed)
        return True

    @property
    def _totals(self) -> list[NDArray[np.int64]]:
        return [self._counted]

    @property
    def dropped(self) -> int:
        """What the capturing program says it lost (pcapng's statistics)."""
        return (self._walker.dropped if self._walker else None) or 0

    @property
    def tells_drops(self) -> bool:
        """Classic pcap does not."""
        return self._walker is not None and self._walker.dropped is not None

    @property
    def damage(self) -> tuple[Damage, ...]:
        return tuple(self._damage)

    def close(self) -> None:
        self._bytes.close()

    def _fresh(self) -> Block:
        block = self._pool.take()
        block.frames.totals = self._counted
        return block

    def _turn(self, old: Block) -> Block:
        self._pool.give(old, keep=True)
        return self._fresh()

    def _note(self, offset: int, what: str) -> None:
        if len(self._damage) < MAX_DAMAGE:
            self._damage.append(Damage(input=self.inputs[0], offset=offset, what=what))
