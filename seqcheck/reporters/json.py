"""The report as JSON, `seqcheck.report/1` (docs/json.md): the model's fields, in the model's order.

Integers stay integers, what is not known is null, and all text is ASCII with \\u escapes, so that nothing in it can
steer a terminal. One entry of a list per line: the file can be read by eye, compared line by line, and is not long.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import repeat
from typing import Any, BinaryIO

from seqcheck.dataclass import names
from seqcheck.model import SCHEMA, Report
from seqcheck.reporters import Page

_BARE = (int, str, bool, type(None))
_encoded = json.JSONEncoder(allow_nan=False).encode
_WORDS = {None: "null", True: "true", False: "false"}
_WIDE = 110  # what fits here stays on one line
_DEEP = 3  # as does everything this deep
_CHUNK = 1 << 16  # characters that are written at a time


def write(report: Report, out: BinaryIO, page: Page) -> None:
    """One JSON object and a newline."""
    held, size = list[str](), 0
    for piece in pieces({"schema": SCHEMA, **_shallow(report)}):
        held.append(piece)
        size += len(piece)
        if size >= _CHUNK:
            out.write("".join(held).encode("ascii"))
            held, size = [], 0
    out.write(("".join(held) + "\n").encode("ascii"))


def document(report: Report) -> dict[str, Any]:
    """The report as what `json.load` gives back."""
    return {"schema": SCHEMA, **plain(report)}


def plain(value: Any) -> Any:
    """Dataclasses as dicts, tuples as lists; a float that JSON has no word for as None."""
    if type(value) in _BARE:
        return value
    if fields := names(value):
        return {name: plain(getattr(value, name)) for name in fields}
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    if isinstance(value, dict | Mapping):
        return {str(key): item if type(item) in _BARE else plain(item) for key, item in value.items()}
    return value


def text(value: Any, depth: int = 0) -> str:
    """`value` as JSON, broken into lines down to the entries of its lists."""
    return "".join(pieces(value, depth))


def pieces(value: Any, depth: int = 0) -> Iterator[str]:
    """The same, piece by piece: a report of many streams is never in memory as a whole."""
    if type(value) in _BARE:
        yield _bare(value)
        return
    fields = _shallow(value)
    if not (fields or isinstance(value, dict | list | tuple)) or depth >= _DEEP:
        yield _encoded(plain(value))
        return
    if isinstance(value, list | tuple):
        begin, end = "[", "]"
        items: Iterable[tuple[str, Any]] = zip(repeat(""), value)
    else:
        begin, end = "{", "}"
        items = ((_lead(str(key)), item) for key, item in fields.items())
    margin = " " * (depth + 1)
    held, width = list[str](), depth + len(begin) + len(end)
    for lead, item in items:
        bare = type(item) in _BARE
        if width > _WIDE:
            yield f",\n{margin}{lead}{_bare(item)}" if bare else f",\n{margin}{lead}"
            if not bare:
                yield from pieces(item, depth + 1)
            continue
        held.append(lead + (_bare(item) if bare else text(item, depth + 1)))
        width += len(held[-1]) + (2 if len(held) > 1 else 0)
        if width > _WIDE:
            yield f"{begin}\n{margin}" + f",\n{margin}".join(held)
    yield f"\n{' ' * depth}{end}" if width > _WIDE else f"{begin}{', '.join(held)}{end}"


def _bare(value: int | str | bool | None) -> str:
    """One of _BARE as JSON, without the encoder's detours: a report of many streams has a million of them."""
    kind = type(value)
    if kind is int:
        return repr(value)
    return _encoded(value) if kind is str else _WORDS[value]  # type: ignore[index]


@lru_cache(maxsize=1024)
def _lead(key: str) -> str:
    """A key and what follows it."""
    return f"{_encoded(key)}: "


def _shallow(value: Any) -> dict[Any, Any]:
    """The entries of a dict or the fields of a dataclass, as they are; of all else, none."""
    if isinstance(value, dict):
        return value
    return {name: getattr(value, name) for name in names(value)}
