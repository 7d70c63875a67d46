"""The report as JSON, `seqcheck.report/1` (docs/json.md): the model's fields, in the model's order.

Integers stay integers, what is not known is null, and all text is ASCII with \\u escapes, so that nothing in it can
steer a terminal. One entry of a list per line: the file can be read by eye, compared line by line, and is not long.
"""

from __future__ import annotations

import json
import math
from typing import Any, BinaryIO

from seqcheck.dataclass import names
from seqcheck.model import SCHEMA, Report
from seqcheck.reporters import Page

_BARE = (int, str, bool, type(None))
_encoded = json.JSONEncoder(allow_nan=False).encode
_WIDE = 110  # what fits here stays on one line
_DEEP = 3  # as does everything this deep


def write(report: Report, out: BinaryIO, page: Page) -> None:
    """One JSON object and a newline."""
    out.write((text(document(report)) + "\n").encode("ascii"))


def document(report: Report) -> dict[str, Any]:
    """The report as what `json.load` gives back."""
    return {"schema": SCHEMA, **plain(report)}


def plain(value: Any) -> Any:
    """Dataclasses as dicts, tuples as lists; a float that JSON has no word for as None."""
    if type(value) in _BARE:
        return value
    if fields := names(value):
        return {name: plain(getattr(value, name)) for name in fields}
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def text(value: Any, depth: int = 0) -> str:
    """`value` as JSON, broken into lines down to the entries of its lists."""
    if not isinstance(value, dict | list) or depth >= _DEEP:
        return _encoded(value)
    if isinstance(value, dict):
        begin, end = "{", "}"
        parts = [f"{_encoded(key)}: {text(item, depth + 1)}" for key, item in value.items()]
    else:
        begin, end = "[", "]"
        parts = [text(item, depth + 1) for item in value]
    short = f"{begin}{', '.join(parts)}{end}"
    if len(short) + depth <= _WIDE:  # no part is broken then: it would be too long itself
        return short
    margin = " " * (depth + 1)
    return f"{begin}\n{margin}" + f",\n{margin}".join(parts) + f"\n{' ' * depth}{end}"
