"""The report as JSON, `seqcheck.report/1` (docs/json.md): the model's fields, in the model's order.

Integers stay integers, what is not known is null, and all text is ASCII with \\u escapes, so that nothing in it can
steer a terminal. One entry of a list per line: the file can be read by eye, compared line by line, and is not long.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any, BinaryIO

from seqcheck.dataclass import names
from seqcheck.model import SCHEMA, Report
from seqcheck.model.rows import Columns, Rows
from seqcheck.outputs import Page

UNTOLD = ("pair", "looked_again")  # bytes of frames, which are for pages; and what only limits ask
_BARE = (int, str, bool, type(None))
_quoted = json.encoder.encode_basestring_ascii
_WIDE = 110  # what fits here stays on one line
_DEEP = 3  # as does everything this deep
_CHUNK = 1 << 16  # characters that are written at a time


def write(report: Report, out: BinaryIO, page: Page) -> None:
    """One JSON object and a newline."""
    held, size = list[str](), 0
    told = {name: getattr(report, name) for name in names(report) if name not in UNTOLD}
    for piece in pieces({"schema": SCHEMA} | told):
        held.append(piece)
        size += len(piece)
        if size >= _CHUNK:
            out.write("".join(held).encode("ascii"))
            held, size = [], 0
    out.write(("".join(held) + "\n").encode("ascii"))


def document(report: Report) -> dict[str, Any]:
    """The report as what `json.load` gives back."""
    return {"schema": SCHEMA, **{name: plain(getattr(report, name)) for name in names(report) if name not in UNTOLD}}


def plain(value: Any) -> Any:
    """Dataclasses as dicts, sequences as lists; a float that JSON has no word for as None."""
    if type(value) in _BARE:
        return value
    if fields := names(value):
        return {name: plain(getattr(value, name)) for name in fields}
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict | Mapping):
        return {str(key): item if type(item) in _BARE else plain(item) for key, item in value.items()}
    if isinstance(value, Sequence):
        return [plain(item) for item in value]
    return value


def text(value: Any, depth: int = 0) -> str:
    """`value` as JSON, broken into lines down to the entries of its lists."""
    return "".join(pieces(value, depth))


def pieces(value: Any, depth: int = 0) -> Iterator[str]:
    """The same, piece by piece: a report of many streams is never in memory as a whole."""
    several = isinstance(value, Sequence) and not isinstance(value, str)
    if not (several or names(value) or isinstance(value, dict)) or depth >= _DEEP:
        yield _line(value)
        return
    begin, end = "[]" if several else "{}"
    margin = " " * (depth + 1)
    held, width = list[str](), depth + len(begin) + len(end)
    for member in _entries(value, depth + 1) if several else _members(value, depth + 1):
        if width > _WIDE:
            yield f",\n{margin}"
            yield from member
            continue
        held.append("".join(member))
        width += len(held[-1]) + (2 if len(held) > 1 else 0)
        if width > _WIDE:
            yield f"{begin}\n{margin}" + f",\n{margin}".join(held)
    yield f"\n{' ' * depth}{end}" if width > _WIDE else f"{begin}{', '.join(held)}{end}"


def _members(value: Any, depth: int) -> Iterator[Iterable[str]]:
    """Each entry of a dict, or field of a dataclass, piece by piece."""
    fields = value if isinstance(value, dict) else {name: getattr(value, name) for name in names(value)}
    for key, item in fields.items():
        yield chain((_lead(str(key)),), pieces(item, depth))


def _entries(items: Sequence[Any], depth: int) -> Iterator[Iterable[str]]:
    """Each entry of a list, piece by piece. Values of one class, of which there may be very many, are written a column
    at a time, where their fields have a line each at most."""
    if isinstance(items, Rows):
        columns: Iterable[Columns] = items.chunks()
    elif items and depth >= _DEEP - 1 and (fields := names(items[0])):
        columns = ({name: [getattr(item, name) for item in items] for name in fields},)
    else:
        yield from (pieces(item, depth) for item in items)
        return
    for chunk in columns:
        yield from ((row,) for row in _rows(chunk, depth))


def _rows(columns: Columns, depth: int) -> Iterator[str]:
    """Each row of these columns as an object: on one line, or a field a line, as `pieces` has it. What is the same in
    all rows is a part of the pattern; in a healthy capture of many streams, most is."""
    leads, varying = list[str](), list[Iterable[str]]()
    for name, column in columns.items():
        text = _same(column) if varying else None  # the first column says how many rows there are
        leads.append((_lead(name) + (text or "")).replace("%", "%%") + ("" if text else "%s"))
        if not text:
            varying.append(_texts(column))
    margin = " " * (depth + 1)
    line, lines = f"{{{', '.join(leads)}}}", f"{{\n{margin}" + f",\n{margin}".join(leads) + f"\n{' ' * depth}}}"
    never = len(line) - 2 * len(varying) + depth > _WIDE and depth < _DEEP  # on one line
    for row in zip(*varying, strict=True):
        short = "" if never else line % row
        yield lines % row if never or (len(short) + depth > _WIDE and depth < _DEEP) else short


def _same(column: list[Any] | Columns) -> str | None:
    """The one text of a column whose values are all the same; equal values may differ in kind, or in a sign of 0."""
    if isinstance(column, Mapping) or column.count(column[0]) < len(column):
        return None
    kinds = set(map(type, column))
    if len(kinds) > 1 or (kinds == {float} and len(set(map(repr, column))) > 1):
        return None
    return _line(column[0])


def _texts(column: list[Any] | Columns) -> Iterable[str]:
    """Each value of a column, on one line."""
    if isinstance(column, Mapping):
        return _rows(column, _DEEP)
    kinds = set(map(type, column))
    return map(_WORDS.get(kinds.pop(), _line) if len(kinds) == 1 else _line, column)


def _line(value: Any) -> str:
    """On one line."""
    if write := _WORDS.get(type(value)):
        return write(value)
    if isinstance(value, Mapping):
        return f"{{{', '.join([_lead(str(key)) + _line(item) for key, item in value.items()])}}}"
    if fields := names(value):
        return f"{{{', '.join([_lead(name) + _line(getattr(value, name)) for name in fields])}}}"
    if isinstance(value, Sequence):
        return f"[{', '.join(map(_line, value))}]"
    raise TypeError(f"no JSON for {type(value).__name__}")


@lru_cache(maxsize=1024)
def _lead(key: str) -> str:
    """A key and what follows it."""
    return f"{_quoted(key)}: "


def _number(value: float) -> str:
    return repr(value) if math.isfinite(value) else "null"


_WORDS: dict[type, Callable[[Any], str]] = {
    int: repr, float: _number, str: _quoted, bool: {True: "true", False: "false"}.__getitem__,
    type(None): lambda _: "null",
}  # fmt: skip
