"""Captures that are read where they are: by workers of an executor, perhaps on other machines.

    inputs = opened(["/data/run.pcap", "s3://bucket/run.pcap"], tasks)    # for a CaptureReader

A capture is a path or a URL that the workers see. The process that makes the report need not see it: what must be read
in order, and single frames, it gets from the workers as well. If it does see the same file (path, size, time of the
last change), it reads these itself.
"""

from __future__ import annotations

import io
import os
from collections.abc import Sequence

from seqcheck.capture.bytestream import Input, RawBytes, open_file, state_of
from seqcheck.capture.form import Form
from seqcheck.capture.on_workers import Look, Place, expand, look, read_bytes, read_span
from seqcheck.capture.packed import PackedPart, Unpacking
from seqcheck.capture.part import ReadAt, Span
from seqcheck.capture.read_ahead import Read
from seqcheck.capture.tasks import Task, Tasks
from seqcheck.dataclass import replace
from seqcheck.decode.decoded import Adoption
from seqcheck.errors import InputError, UsageError
from seqcheck.kernel.border import Expected, Program
from seqcheck.kernel.protocols import Kernel
from seqcheck.version import VERSION

SIZE = 32 << 20  # bytes of a part: what one task reads
AHEAD = 2  # parts that are asked for, for each worker
STEP = 1 << 20  # bytes that are asked for at once, of what is read in order


def opened(captures: Sequence[Input], tasks: Tasks) -> list[RawBytes]:
    """These captures, for a CaptureReader. UsageError for what is neither a path nor a URL, InputError if one cannot
    be read."""
    return placed([place for each in captures for place in _places(each, tasks)], tasks)


def placed(places: Sequence[Place], tasks: Tasks) -> list[RawBytes]:
    """The same, of captures that were found; InputError, too, if one has not the size that its place says."""
    looks = [tasks.submit(look, place, VERSION, about=place.name) for place in places]
    found: list[RawBytes] = []
    try:
        for place, coming in zip(places, looks, strict=True):
            seen = coming.get()
            known = replace(place, size=seen.size)
            raw = _seen_here(known, seen) or RemoteBytes(known, seen, tasks)
            raw.place = known
            found.append(raw)
    except BaseException:
        for each in found:
            each.close()
        for coming in looks:
            coming.release()
        raise
    return found


def _places(capture: Input, tasks: Tasks) -> list[Place]:
    """The one that it names, or those that its pattern stands for."""
    place = _place(capture)
    if not (place.url and any(sign in place.where for sign in "*?[")):
        return [place]
    found = tasks.submit(expand, place, about=place.name).get()
    return [Place(where=each, name=each) for each in found]


def _place(capture: Input) -> Place:
    if not isinstance(capture, str | os.PathLike) or capture == "-":
        raise UsageError("workers read captures that are files: name a path or a URL")
    name = os.fspath(capture)
    return Place(where=name if "://" in name else os.path.abspath(name), name=name)


def _seen_here(place: Place, seen: Look) -> RawBytes | None:
    """The same file, open here, if it is here."""
    if place.url:
        return None
    try:
        file = open_file(place.where)
    except InputError:
        return None
    if state_of(os.fstat(file.fileno()))[2:] == (seen.size, seen.changed):
        return RawBytes(file, place.name, ours=True)
    file.close()
    return None


class RemoteBytes(RawBytes):
    """The bytes of a capture that only the workers see."""

    def __init__(self, place: Place, seen: Look, tasks: Tasks) -> None:
        super().__init__(_Stream(place, seen, tasks), place.name, ours=True)
        self.plain, self.size = True, seen.size

    @property
    def changed(self) -> bool:
        """Not known: workers look at its size whenever they read of it."""
        return False

    def fileno(self) -> int:
        raise io.UnsupportedOperation("a file that only workers see")

    def at(self, offset: int, count: int) -> bytes:
        """As RawBytes."""
        assert isinstance(self._stream, _Stream)
        return self._stream.at(offset, count)

    def read_at(self, offset: int, view: memoryview) -> int:
        """As RawBytes."""
        data = self.at(offset, len(view))
        view[: len(data)] = data
        return len(data)


class _Stream(io.RawIOBase):
    """A file by what workers read of it. What was read last is kept, since frames that are looked at again lie near
    one another."""

    KEPT = 32  # steps

    def __init__(self, place: Place, seen: Look, tasks: Tasks) -> None:
        self._place, self._tasks, self._size = place, tasks, seen.size
        self._head, self._at = seen.head, 0
        self._kept: dict[int, bytes] = {}  # by number of the step, the one used last at the end

    def at(self, offset: int, count: int) -> bytes:
        """`count` bytes, fewer at the end."""
        end = min(offset + count, self._size)
        if end <= len(self._head):
            return self._head[offset:end]
        steps = range(offset // STEP, -(-end // STEP))
        coming = {step: self._ask(step) for step in steps if step not in self._kept}
        data = b"".join(self._step(step, coming.get(step)) for step in steps)
        while len(self._kept) > self.KEPT:
            del self._kept[next(iter(self._kept))]
        return data[offset - steps.start * STEP : end - steps.start * STEP]

    def _ask(self, step: int) -> Task[bytes]:
        begin = step * STEP
        count = min(STEP, self._size - begin)
        return self._tasks.submit(read_bytes, self._place, begin, count, about=self._place.name)

    def _step(self, step: int, coming: Task[bytes] | None) -> bytes:
        data = coming.get() if coming is not None else self._kept.pop(step)
        self._kept[step] = data
        return data

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        if whence:
            raise io.UnsupportedOperation("from the beginning only")
        self._at = offset
        return offset

    def readinto(self, view: memoryview) -> int:  # type: ignore[override]  # any buffer is asked for, and this is given
        """What comes with the first look, first; then a step or more."""
        end = len(self._head) if self._at < len(self._head) else self._at + len(view)
        data = self.at(self._at, min(len(view), end - self._at))
        view[: len(data)] = data
        self._at += len(data)
        return len(data)


class ByTasks:
    """Readers that are workers of an executor; each part has a decoder of its own."""

    def __init__(self, engine: Kernel, program: Program, place: Place, read: ReadAt, tasks: Tasks) -> None:
        self._program, self._place, self._read, self._tasks = program, place, read, tasks
        self._unpacking = Unpacking(engine)
        self.count = AHEAD * tasks.width

    def submit(self, span: Span, form: Form) -> _Coming:
        """Have it read by a worker."""
        about = f"{self._place.name}, bytes {span.begin:,} to {span.end:,}"
        task = self._tasks.submit(read_span, self._place, span, form, self._program, about=about)
        return _Coming(task, self._unpacking, self._read)


class _Coming:
    """Parts of one task."""

    def __init__(self, task: Task[list[PackedPart]], unpacking: Unpacking, read: ReadAt) -> None:
        self._task, self._unpacking, self._read = task, unpacking, read

    def get(self) -> list[Read]:
        """As read_ahead.Coming."""
        adoption, expected = Adoption(), Expected()
        return [self._read_of(packed, adoption, expected) for packed in self._task.get()]

    def _read_of(self, packed: PackedPart, adoption: Adoption, expected: Expected) -> Read:
        return Read(
            part=packed.part,
            count=packed.count,
            totals=packed.totals,
            adoption=adoption,
            frames=lambda: self._unpacking.frames(packed, adoption, expected, self._read),
        )

    def release(self) -> None:
        """As read_ahead.Coming."""
        self._task.release()
