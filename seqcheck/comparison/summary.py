"""What of a JSON report (`seqcheck.report/1`) is compared, read from bytes that anyone may have written.

Every key is looked up and checked by type and range; keys that are not needed are not looked at, so that reports of
later versions can be read. A report that does not fit is an InputError that names the place.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, BinaryIO

from .. import documents
from ..dataclass import dataclass
from ..errors import InputError
from ..model import SCHEMA

MAKE = "diff compares reports made with: seqcheck analyze --report json=FILE CAPTURE"
LARGEST = 1 << 28  # bytes; a report of 131072 streams has about half of that
MOST = 1 << 64
LONGEST = 200  # characters of a name
FIGURES = ("duplicates", "missing", "late")


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """`count` of `of`."""

    count: int
    of: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamSummary:
    """A stream: its key, how many records came, and its figures by name."""

    key: Mapping[str, str | int]
    received: int
    figures: Mapping[str, Count]


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """A report, as far as it is compared: `facts` are words, `figures` and `causes` counts by
    name, `streams` by key."""

    name: str
    facts: Mapping[str, str]
    figures: Mapping[str, Count]
    causes: Mapping[str, Count]
    streams: Mapping[str, StreamSummary]


def load(stream: BinaryIO, name: str) -> Summary:
    """Read one report. InputError if it is not one."""
    try:
        document = documents.json(documents.read(stream, LARGEST))
    except documents.DocumentError as error:
        if str(error).startswith("more than"):
            raise InputError(f"{name}: {error}", hint="--listed 0 leaves single findings out") from error
        raise InputError(f"{name} is not a JSON report: {error}", hint=MAKE) from error
    report = _Table(document, name)
    schema = report.value("schema")
    if schema != SCHEMA:
        told = f"its schema is {str(schema)[:LONGEST]!r}" if isinstance(schema, str) else "it names no schema"
        raise InputError(f"{name} is not a report: {told}, not {SCHEMA!r}", hint=MAKE)
    streams = [_stream(each) for each in report.tables("streams")]
    by_key = {json.dumps(each.key, sort_keys=True): each for each in streams}
    if len(by_key) < len(streams):
        raise InputError(f"{name}: two streams have the same key")
    received = sum(each.received for each in streams)
    duplicates, verdict = report.table("duplicates"), report.table("verdict")
    ring = verdict.count("ring_size", absent=True)
    return Summary(
        name=name,
        facts={
            "layout": report.table("layout").text("spec", longest=100_000),
            "cause": verdict.text("cause"),
            "strength": verdict.text("strength"),
            "ring": "none" if ring is None else f"{ring}, {'as given' if verdict.flag('ring_given') else 'inferred'}",
        },
        figures={
            "duplicates": Count(count=duplicates.count("total"), of=received),
            "missing": Count(
                count=report.table("gaps").count("missing"), of=sum(each.figures["missing"].of for each in streams)
            ),
            "late": Count(count=sum(each.figures["late"].count for each in streams), of=received),
        },
        causes={
            cause: Count(count=count, of=received) for cause, count in duplicates.table("by_cause").counts().items()
        },
        streams=by_key,
    )


def _stream(table: _Table) -> StreamSummary:
    received, missing = table.count("received"), table.count("missing")
    return StreamSummary(
        key=table.table("key").key(),
        received=received,
        figures={
            "duplicates": Count(count=table.count("duplicates"), of=received),
            "missing": Count(count=missing, of=table.count("unique") + missing),
            "late": Count(count=table.count("late"), of=received),
        },
    )


class _Table:
    """A JSON object that ought to hold something; `where` is its place, for errors."""

    def __init__(self, value: Any, where: str) -> None:
        self.where = where
        if not isinstance(value, dict):
            raise InputError(f"{where}: not a JSON object")
        self._items: dict[str, Any] = value

    def value(self, name: str) -> Any:
        """Whatever it is, None if there is nothing."""
        return self._items.get(name)

    def table(self, name: str) -> _Table:
        """An object."""
        return _Table(self.value(name), self._place(name))

    def tables(self, name: str) -> list[_Table]:
        """A list of objects."""
        value = self.value(name)
        if not isinstance(value, list):
            raise InputError(f"{self._place(name)}: not a list")
        return [_Table(each, f"{self._place(name)}[{at}]") for at, each in enumerate(value)]

    def count(self, name: str, *, absent: bool = False) -> Any:
        """An integer from 0 on; None if that is allowed."""
        return None if absent and self.value(name) is None else _count(self.value(name), self._place(name))

    def flag(self, name: str) -> bool:
        """True or false."""
        value = self.value(name)
        if not isinstance(value, bool):
            raise InputError(f"{self._place(name)}: neither true nor false")
        return value

    def text(self, name: str, longest: int = LONGEST) -> str:
        """A text that is not too long."""
        value = self.value(name)
        if not isinstance(value, str) or len(value) > longest:
            raise InputError(f"{self._place(name)}: not a text of up to {longest} characters")
        return value

    def counts(self) -> dict[str, int]:
        """Counts by name."""
        return {self._named(name): _count(value, self._place(name)) for name, value in self._items.items()}

    def key(self) -> dict[str, str | int]:
        """What makes a stream: texts and integers by name."""
        for name, value in self._items.items():
            self._named(name)
            if isinstance(value, str):
                self.text(name)
            else:
                _count(value, self._place(name))
        return self._items

    def _named(self, name: str) -> str:
        if len(name) > LONGEST:
            raise InputError(f"{self.where}: a name of more than {LONGEST} characters")
        return name

    def _place(self, name: str) -> str:
        return f"{self.where}: {name[:LONGEST]}"


def _count(value: Any, where: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < MOST:
        raise InputError(f"{where}: not a count")
    return value
