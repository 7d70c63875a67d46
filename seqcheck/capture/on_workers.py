"""What workers of an executor do with a capture: pure functions, whose arguments and results can be pickled.

Each raises an InputError that names the worker and the file, if that cannot be read. A capture is a path or a URL;
what a URL may be is up to fsspec.
"""

from __future__ import annotations

import io
import os
import socket
import sys
from functools import cache
from typing import Any

from seqcheck.capture.bytestream import RawBytes
from seqcheck.capture.form import Form
from seqcheck.capture.packed import PackedPart, read_packed
from seqcheck.capture.part import Span
from seqcheck.dataclass import dataclass
from seqcheck.errors import InputError, SeqcheckError, UsageError
from seqcheck.kernel import load
from seqcheck.kernel.border import Program
from seqcheck.version import VERSION

HEAD = 1 << 16  # bytes that come with the first look


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a capture is: an absolute path or a URL, and the `name` that it was given by. `size` in bytes, once that is
    known; then nothing else is read."""

    where: str
    name: str
    size: int | None = None

    @property
    def url(self) -> bool:
        """Whether it is a URL."""
        return "://" in self.where


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What a worker sees: `size` in bytes, when it was last `changed` (ns; 0: unknown), and the first bytes."""

    size: int
    changed: int
    head: bytes


def look(place: Place, version: str) -> Look:
    """Its size, and how it begins."""
    if version != VERSION:
        raise UsageError(
            f"worker {worker()} has seqcheck {VERSION}, and this is {version}", hint="Install the same on all of them."
        )
    with _Reading(place) as reading:
        size, changed = reading.state()
        space = bytearray(min(HEAD, size))
        got = reading.at(0, memoryview(space))
        return Look(size=size, changed=changed, head=bytes(space[:got]))


def state(place: Place) -> tuple[int, int]:
    """Its size, and when it was last changed, as in a Look."""
    with _Reading(place) as reading:
        return reading.state()


def expand(place: Place) -> list[str]:
    """The URLs that a pattern stands for, sorted."""
    with _Reading(place, opens=False):
        system, path = _file_system(place.where)
        found = sorted(system.unstrip_protocol(each) for each in system.glob(path))
        if not found:
            raise OSError(None, "nothing matches it")
        return found


def read_bytes(place: Place, offset: int, count: int) -> bytes:
    """`count` bytes from that offset on, fewer at the end."""
    with _Reading(place) as reading:
        space = bytearray(count)
        return bytes(space[: reading.at(offset, memoryview(space))])


def read_span(place: Place, span: Span, form: Form, program: Program) -> list[PackedPart]:
    """The records that begin there."""
    with _Reading(place) as reading:
        reading.state()
        return read_packed(load(), program, reading.at, span, form)


def worker() -> str:
    """What this process is called: by Dask where that runs it, else by machine and process."""
    distributed = sys.modules.get("distributed")
    try:
        return str(distributed.get_worker().address) if distributed else _process()
    except ValueError:  # not on a worker
        return _process()


def _process() -> str:
    return f"{socket.gethostname()} (process {os.getpid()})"


class _Reading:
    """A capture that is open, and an InputError for what goes wrong with it."""

    def __init__(self, place: Place, *, opens: bool = True) -> None:
        self._place, self._opens = place, opens
        self._file: _Local | _Remote | None = None

    def __enter__(self) -> _Reading:
        if not self._opens:
            return self
        try:
            self._file = _Remote(self._place.where) if self._place.url else _Local(self._place.where)
        except Exception as error:  # noqa: BLE001 - each file system has its own
            raise self._unreadable(error) from None
        return self

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if self._file is not None:
            self._file.close()
        if isinstance(error, Exception) and not isinstance(error, SeqcheckError | ValueError | MemoryError):
            raise self._unreadable(error) from None

    def state(self) -> tuple[int, int]:
        """Size and time of the last change. OSError if its size is known to be another."""
        assert self._file is not None
        size, changed = self._file.state()
        if self._place.size not in (None, size):
            raise OSError(None, f"it has {size:,} bytes, not {self._place.size:,} as elsewhere")
        return size, changed

    def at(self, offset: int, view: memoryview) -> int:
        """As ReadAt."""
        assert self._file is not None
        return self._file.at(offset, view)

    def _unreadable(self, error: Exception) -> InputError:
        what = getattr(error, "strerror", None) or f"{error or type(error).__name__}"
        return InputError(
            f"{self._place.name} cannot be read by worker {worker()}: {what}",
            hint="Every worker must see the capture under the same name.",
        )


class _Local:
    """A regular file."""

    def __init__(self, path: str) -> None:
        self._raw = RawBytes(io.FileIO(path), path, ours=True)
        if not self._raw.plain:
            raise OSError(None, "it is not a regular file")

    def state(self) -> tuple[int, int]:
        assert self._raw.state is not None
        return self._raw.state[2:]

    def at(self, offset: int, view: memoryview) -> int:
        return self._raw.read_at(offset, view)

    def close(self) -> None:
        self._raw.close()


class _Remote:
    """What fsspec reads."""

    def __init__(self, url: str) -> None:
        self._system, self._path = _file_system(url)
        self._size = int(self._system.info(self._path)["size"])

    def state(self) -> tuple[int, int]:
        return self._size, 0

    def at(self, offset: int, view: memoryview) -> int:
        end = min(offset + len(view), self._size)
        if end <= offset:
            return 0
        data = self._system.cat_file(self._path, start=offset, end=end)
        view[: len(data)] = data
        return len(data)

    def close(self) -> None:
        """Connections are fsspec's to keep."""


@cache
def _file_system(url: str) -> tuple[Any, str]:
    """Kept, since to connect takes longer than to read."""
    try:
        from fsspec.core import url_to_fs
    except ImportError as error:
        raise OSError(None, "URLs need fsspec: pip install 'seqcheck[cluster]'") from error
    return url_to_fs(url)  # type: ignore[no-any-return]
