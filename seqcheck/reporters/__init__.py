"""The outputs: one per file, all made from the same Report. They arrange, they never compute.

A reporter is a module with `write(report, out, page)`. It writes bytes, text or not, to `out` and leaves it open;
`page` is how the reader sees it, for the reporters that draw. FORMATS is all there is; a new one is a new file and a
new row.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import BinaryIO, Protocol, cast

from seqcheck.model import Report


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """`width` in columns; `color` whether escape sequences may be written; `encoding` of text for people (machine
    formats have their own)."""

    width: int = 80
    color: bool = False
    encoding: str = "utf-8"


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """What `--report NAME` leads to."""

    module: str
    about: str


FORMATS = {
    "terminal": Format(
        module="seqcheck.reporters.terminal", about="the verdict, the reasons and the findings, to read"
    ),
    "json": Format(module="seqcheck.reporters.json", about="everything, for programs; seqcheck.report/1, docs/json.md"),
}


class Reporter(Protocol):
    """What each module in FORMATS offers."""

    def write(self, report: Report, out: BinaryIO, page: Page) -> None: ...


def reporter(name: str) -> Reporter:
    """The reporter of that name; KeyError where there is none."""
    return cast(Reporter, import_module(FORMATS[name].module))
