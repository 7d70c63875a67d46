"""What a run knows, as a file, and back: columns, numbers and texts by name. Nothing of it is code.

    magic       16 bytes
    head        format, length of the names, length of the columns: u32, u32, u64, little endian
    checksum    BLAKE2b of head, names and columns, 32 bytes
    names       JSON: who wrote it; of each column its name, how many rows, and the bytes of each; texts and numbers
    columns     one after the other, as they lie in memory (little endian)

A file may be anybody's: every length is compared with the file's before anything is set aside, every number against
what its owner allows. It is refused, with the reason, where another version or another build of seqcheck wrote it,
since what trackers and samples hold depends on their limits.
"""

from __future__ import annotations

import json
import os
import stat
import sys
from hashlib import blake2b
from struct import Struct
from typing import Any, BinaryIO, Protocol

import numpy as np
from numpy.typing import NDArray

from ..documents import DocumentError
from ..documents import json as parsed
from ..errors import InputError
from ..kernel import border
from ..saved import Saved
from ..version import VERSION

MAGIC = b"seqcheck state\r\n"
FORMAT = 1
HEAD = Struct("<IIQ")
SUM = 32  # bytes of the checksum
MOST_NAMES = 64 << 20  # bytes
MOST_COLUMNS = 1 << 34
SMALL = 64 << 20  # bytes that are there on any machine
ANEW = "To start over, remove it, and read all captures again."


class Writable(Protocol):
    """A binary file, or what stands for one."""

    def write(self, data: bytes | memoryview, /) -> int:
        """All of it; OSError where that fails."""


def write(saved: Saved, out: Writable) -> None:
    """All of it."""
    columns = [[name, len(rows), rows.dtype.itemsize] for name, rows in saved.columns.items()]
    names = json.dumps(
        {"version": VERSION, "build": build(), "columns": columns, "values": saved.values}, separators=(",", ":")
    ).encode()
    head = HEAD.pack(FORMAT, len(names), sum(rows.nbytes for rows in saved.columns.values()))
    raw = [_bytes(rows) for rows in saved.columns.values()]
    checksum = blake2b(head + names, digest_size=SUM)
    for part in raw:
        checksum.update(part)
    out.write(MAGIC + head + checksum.digest() + names)
    for part in raw:
        out.write(part)


def read(stream: BinaryIO, name: str) -> Saved:
    """What was written. InputError, with the reason, where this seqcheck did not write it."""
    try:
        return _read(stream, name)
    except OSError as error:
        raise InputError(f"cannot read {name}: {error.strerror or error}") from error


def refusal(name: str, why: str) -> InputError:
    """Why that is no state to continue from."""
    return InputError(f"{name} {why}", hint=ANEW)


def _read(stream: BinaryIO, name: str) -> Saved:
    status = os.fstat(stream.fileno())
    begin = stream.read(len(MAGIC) + HEAD.size + SUM)
    if not stat.S_ISREG(status.st_mode) or not begin.startswith(MAGIC):
        raise InputError(f"{name} is not a state file of seqcheck")
    if len(begin) < len(MAGIC) + HEAD.size + SUM:
        raise refusal(name, "is damaged: it ends too early")
    head = begin[len(MAGIC) : -SUM]
    version, names_size, columns_size = HEAD.unpack(head)
    if version != FORMAT:
        raise refusal(name, f"is a state of format {version}, and this seqcheck reads format {FORMAT}")
    whole = len(begin) + names_size + columns_size
    if names_size > MOST_NAMES or columns_size > MOST_COLUMNS or status.st_size != whole:
        raise refusal(name, "is damaged: its length is not what it says")
    _fit(columns_size, name)
    names = stream.read(names_size)
    columns = stream.read(columns_size)
    checksum = blake2b(head + names, digest_size=SUM)
    checksum.update(columns)
    if checksum.digest() != begin[-SUM:]:
        raise refusal(name, "is damaged: its checksum is wrong")
    return _taken_apart(names, columns, name)


def _fit(size: int, name: str) -> None:
    """InputError if so much would take more than its share of memory. A file of holes takes no room on the disk."""
    if size <= SMALL:
        return
    from ..linux import memory  # hardly any state needs it

    free = memory.available()
    if free is not None and size > free * memory.SHARE:
        raise InputError(
            f"{name} holds {size >> 20:,} MiB, more than half of the free memory ({free >> 20:,} MiB)", hint=ANEW
        )


def _taken_apart(names: bytes, columns: bytes, name: str) -> Saved:
    try:
        document = parsed(names)
        version, made = document["version"], document["build"]
        listed, values = document["columns"], document["values"]
    except (DocumentError, KeyError, TypeError) as error:
        raise refusal(name, "is damaged: its names cannot be read") from error
    if version != VERSION:
        raise refusal(name, f"was written by seqcheck {str(version)[:40]}, and this is {VERSION}")
    if made != build():
        raise refusal(name, f"was written by another build of seqcheck {VERSION}")
    saved = Saved()
    try:
        at = 0
        for column, count, size in listed:
            end = at + count * size
            if type(column) is not str or count < 0 or size < 1 or end > len(columns):
                raise ValueError(column)
            saved.columns[column] = np.ndarray((count,), np.dtype((np.void, size)), columns, at)
            at = end
        saved.values.update(values)
    except (TypeError, ValueError) as error:
        raise refusal(name, "is damaged: its columns are not what it says") from error
    return saved


def build() -> str:
    """What states depend on beside the version: the columns and limits that this was built with."""
    numbers = {name: value for name, value in vars(border).items() if name.isupper() and isinstance(value, int)}
    kinds = {name: value.descr for name, value in vars(border).items() if isinstance(value, np.dtype)}
    text = repr((sorted(numbers.items()), sorted(kinds.items()), border.ROOM, sys.byteorder))
    return blake2b(text.encode(), digest_size=8).hexdigest()


def _bytes(rows: NDArray[Any]) -> memoryview:
    return memoryview(rows.reshape(-1).view(np.uint8)) if rows.size else memoryview(b"")
