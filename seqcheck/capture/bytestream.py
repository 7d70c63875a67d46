"""Bytes in order, as they come: from a file, a pipe or a stream that the caller opened.

A ByteSource never waits to fill a block: it gives what is there, at least one byte, and 0 at the end. An input that
cannot be read any further ends there, and `trouble` says why. Regular files are read unbuffered; nothing is
memory-mapped.
"""

from __future__ import annotations

import errno
import io
import os
import select
import stat
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, BinaryIO, Union, cast

from seqcheck.errors import InputError
from seqcheck.model import UNREAD

Input = Union[str, "os.PathLike[str]", BinaryIO, "RawBytes"]  # RawBytes: opened already
STDIN = "-"
State = tuple[int, int, int, int]  # of a file: device, inode, bytes, time of its last change in ns


def _read_at(file: int, count: int, offset: int) -> bytes:
    """As os.pread, which Windows has not."""
    here = os.lseek(file, 0, os.SEEK_CUR)
    try:
        os.lseek(file, offset, os.SEEK_SET)
        return os.read(file, count)
    finally:
        os.lseek(file, here, os.SEEK_SET)


READ_AT: Callable[[int, int, int], bytes] = getattr(os, "pread", _read_at)


class ByteSource(ABC):
    """`name`: for people. `trouble`: why the bytes ended too early, empty if they did not."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.trouble = ""
        self._head = b""

    def read_into(self, view: memoryview) -> int:
        """Put at least one byte into `view`; how many, or 0 at the end."""
        if self._head:
            count = min(len(self._head), len(view))
            view[:count] = self._head[:count]
            self._head = self._head[count:]
            return count
        return self._read(view)

    def peek(self, count: int) -> bytes:
        """The next `count` bytes (fewer where the input ends), which stay to be read."""
        space = memoryview(bytearray(count))
        while len(self._head) < count and (got := self._read(space[: count - len(self._head)])):
            self._head += space[:got]
        return self._head[:count]

    def skip(self, count: int) -> None:
        """Pass over bytes that were peeked at."""
        self._head = self._head[count:]

    @abstractmethod
    def _read(self, view: memoryview) -> int:
        """As read_into, without regard to what was peeked at."""

    @abstractmethod
    def close(self) -> None:
        """Let go of what was opened here; the caller's own streams stay open."""


class RawBytes(ByteSource):
    """The input itself. `size` is its length if that is known, `done` how much of it was read, `plain` whether it
    is a regular file that can be read again at any offset, `base` the offset at which reading began. Other inputs are
    waited for until `until` (monotonic clock). `state`, of a file only, tells whether it is still the same one."""

    def __init__(self, stream: BinaryIO | io.RawIOBase, name: str, *, ours: bool, until: float | None = None) -> None:
        super().__init__(name)
        self._until = until
        self._stream, self._ours = stream, ours
        self._into = _reading(stream)
        self.done, self.base, self.size, self.plain = 0, 0, cast("int | None", None), False
        self.state: State | None = None
        self.place: Any = None  # where workers find it (elsewhere.py), if it was opened for them
        if isinstance(stream, io.FileIO):
            status = os.fstat(stream.fileno())
            if stat.S_ISREG(status.st_mode):
                self.plain, self.base = True, stream.tell()
                self.size = max(status.st_size - self.base, 0)
                self.state = state_of(status)

    @property
    def changed(self) -> bool:
        """Whether the file is another than when it was opened: replaced, grown, cut or written to."""
        return self.state is not None and self.state != state_of(os.fstat(self.fileno()))

    def fileno(self) -> int:
        return self._stream.fileno()

    def at(self, offset: int, count: int) -> bytes:
        """`count` bytes from that offset on, fewer where the file has no more; where it is read is left alone. Plain
        files only. OSError if that cannot be."""
        return READ_AT(self.fileno(), count, self.base + offset)

    def read_at(self, offset: int, view: memoryview) -> int:
        """The same, into `view`: how many. In any thread."""
        filled, place = 0, self.base + offset
        if not hasattr(os, "preadv"):
            data = self.at(offset, len(view))
            view[: len(data)] = data
            return len(data)
        while filled < len(view) and (got := os.preadv(self.fileno(), [view[filled:]], place + filled)):
            filled += got
        return filled

    def rewind(self) -> None:
        """Back to where the reading began; plain files only."""
        self.seek(0)

    def seek(self, offset: int) -> None:
        """Read on from that byte of what was begun with; plain files only."""
        self._stream.seek(self.base + offset)
        self._head, self.done, self.trouble = b"", offset, ""

    def _read(self, view: memoryview) -> int:
        try:
            if self._until is not None and not self.plain and not self._comes():
                self.trouble = f"{UNREAD}: no data came within the time limit"
                return 0
            while (got := self._into(view)) is None:  # a non-blocking pipe that is empty for now
                select.select([self._stream], [], [])
        except OSError as error:
            self.trouble = f"reading failed: {error.strerror or error}"
            return 0
        self.done += got
        return got

    def _comes(self) -> bool:
        """Wait until there is something to read, or the time is over; False for the latter."""
        if sys.platform == "win32":  # where only sockets can be waited for
            return True
        try:
            return bool(select.select([self._stream], [], [], max(0.0, (self._until or 0.0) - time.monotonic()))[0])
        except (io.UnsupportedOperation, TypeError, ValueError):  # a stream that is no file: it does not block
            return True

    def close(self) -> None:
        if self._ours:
            self._stream.close()


class PlacedBytes(ByteSource):
    """A plain file again, from another place on; the file position of its reader is left alone."""

    def __init__(self, raw: RawBytes) -> None:
        super().__init__(raw.name)
        self._raw, self._at = raw, 0

    def place(self, offset: int) -> None:
        """Read on from this offset."""
        self._at = offset

    def at(self, offset: int, count: int) -> bytes:
        """`count` bytes at `offset`, fewer where the file has no more."""
        return self._raw.at(offset, count)

    def _read(self, view: memoryview) -> int:
        data = self.at(self._at, len(view))
        view[: len(data)] = data
        self._at += len(data)
        return len(data)

    def close(self) -> None:
        """Nothing was opened."""


def state_of(status: os.stat_result) -> State:
    """What tells a file from another, and from itself after a change."""
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def open_raw(source: Input, until: float | None = None) -> RawBytes:
    """Open a path, standard input ("-") or a binary stream. Reads from anything but a file wait until `until`
    (monotonic clock), forever by default. InputError if it cannot be opened."""
    if isinstance(source, RawBytes):
        return source
    if not isinstance(source, str | os.PathLike):
        stream = getattr(source, "buffer", source)
        return RawBytes(stream, str(getattr(source, "name", "stream")), ours=False, until=until)
    name = os.fspath(source)
    return RawBytes(open_file(name), name, ours=True, until=until)


def open_file(path: str) -> io.FileIO:
    """The file, or standard input ("-"), unbuffered. InputError if it cannot be opened."""
    try:
        if path == STDIN:
            if os.isatty(0):
                raise InputError("standard input is a terminal", hint="Pipe a capture in: tcpdump -w - | seqcheck …")
            return io.FileIO(0, closefd=False)
        return io.FileIO(path)
    except IsADirectoryError as error:
        raise InputError(f"{path} is a directory", hint="Name the capture files in it instead.") from error
    except FileNotFoundError as error:
        hint = "URLs are read with --cluster, or through a pipe: curl URL | seqcheck analyze -" if "://" in path else ""
        raise InputError(f"{path} does not exist", hint=hint) from error
    except PermissionError as error:
        raise InputError(f"you do not have permission to read {path}", hint="Check its mode and owner.") from error
    except (OSError, ValueError) as error:  # ValueError: a NUL character in the path
        hint = "Raise the limit (ulimit -n), or read fewer files at once." if _too_many(error) else ""
        raise InputError(f"cannot open {path}: {getattr(error, 'strerror', None) or error}", hint=hint) from error


def _too_many(error: Exception) -> bool:
    return isinstance(error, OSError) and error.errno in (errno.EMFILE, errno.ENFILE)


def _reading(stream: BinaryIO | io.RawIOBase) -> Callable[[memoryview], int | None]:
    """The stream's own way to read what is there into a buffer, or `read` if it has none."""
    for way in ("readinto1", "readinto"):
        if hasattr(stream, way):
            return cast("Callable[[memoryview], int | None]", getattr(stream, way))

    def read(view: memoryview) -> int | None:
        data = stream.read(len(view))
        if data is None:
            return None
        view[: len(data)] = data
        return len(data)

    return read
