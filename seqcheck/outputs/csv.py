"""All findings as CSV (RFC 4180, UTF-8), a line each, without a cap; columns.py has the columns.

A cell of text that a spreadsheet would take for a formula gets an apostrophe in front, control characters are written
out. Numbers are written as they are, time stamps as in ISO 8601, to the nanosecond, in UTC.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Any, BinaryIO

import numpy as np

from seqcheck.escape import visible
from seqcheck.model.results import Results
from seqcheck.outputs import Page
from seqcheck.outputs.columns import COLUMNS, tables

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "'", "\uff1d", "\uff0b", "\uff0d", "\uff20")  # the last are full-width


def write_all(results: Results, out: BinaryIO, page: Page) -> None:
    """A head line, then a line for each finding."""
    # Not a TextIOWrapper around `out`: where the reader has gone it closes what it cannot flush, which is not its own.
    _put(out, [COLUMNS])
    for table in tables(results):
        _put(out, zip(*(_cells(values, name) for name, values in table.items()), strict=True))


def _put(out: BinaryIO, rows: Iterable[Iterable[Any]]) -> None:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    out.write(text.getvalue().encode("utf-8", "backslashreplace"))


def _cells(values: list[Any], name: str) -> list[Any]:
    kind = COLUMNS[name]
    if kind == "text":
        known = {value: safe(value) for value in set(values) if value is not None}
        return [known.get(value) for value in values]
    if kind == "time":
        return list(np.datetime_as_string(np.array(values, "datetime64[ns]"), timezone="UTC")) if values else []
    if kind == "boolean":
        return [None if value is None else str(value).lower() for value in values]
    return values


def safe(text: str) -> str:
    """`text` as a cell that no spreadsheet runs."""
    shown = visible(text)
    return f"'{shown}" if text.lstrip(" ").startswith(_FORMULA) or shown.lstrip(" ").startswith(_FORMULA) else shown
