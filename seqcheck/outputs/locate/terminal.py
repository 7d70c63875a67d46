"""The report about several points, to read: where copies arose and numbers were lost, then each segment, then the
points."""

from __future__ import annotations

import io
from typing import BinaryIO

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from seqcheck.escape import plain, visible
from seqcheck.model.located import Located, PointSeen, Segment, Way
from seqcheck.outputs import Page
from seqcheck.outputs.locate import words as words
from seqcheck.outputs.terminal.style import (
    CLEAN,
    DIM,
    FINDING,
    HEADING,
    INDENT,
    UNSURE,
    Column,
    Drawn,
    Marks,
    listing,
    marks_for,
    table,
)
from seqcheck.outputs.wording import count, headed, key_text

ROWS = 20
STYLES = {"clean": CLEAN, "finding": FINDING, "unsure": UNSURE}


def write(way: Way, out: BinaryIO, page: Page) -> None:
    """Draw it into `out`."""
    paper = io.StringIO()
    console = Console(
        file=paper, width=page.width, force_terminal=page.color, no_color=not page.color,
        color_system="auto" if page.color else None, legacy_windows=False, highlight=False, markup=False, emoji=False,
    )  # fmt: skip
    console.print(Text(visible(way.statement), style=STYLES[words.tone(way)]))
    console.print(Text(f"  {visible(words.summary(way))}", style=DIM))
    marks = marks_for(page.encoding)
    for drawn in sections(way, page.width - INDENT, marks):
        if drawn is not None:
            console.print()
            console.print(Text(drawn[0], style=HEADING))
            console.print(Padding(drawn[1], (0, 0, 0, INDENT)))
    lines = [line.rstrip() for line in paper.getvalue().splitlines()]
    out.write(plain("\n".join(lines) + "\n", page.encoding).encode(page.encoding, "replace"))


def sections(way: Way, width: int, marks: Marks) -> list[Drawn | None]:
    """All of them, in order."""
    return [
        ("Along the way", segments(way, width)) if way.segments else None,
        pointed(way),
        ("Points", points(way, width)),
        listing("What the points did not see", words.remarks(way), marks),
        listing("Clocks", words.clocks(way), marks),
        listing("Caveats", way.caveats, marks),
        findings(way, width),
        streams(way, width),
    ]


def segments(way: Way, width: int) -> RenderableType:
    """What came in, what went out, and what happened between."""
    columns: list[Column[Segment]] = [
        Column(title="", value=lambda row: words.place(row, way), words=True, wraps=True),
        Column(title="in", value=lambda row: "" if row.after is None else count(row.frames_in), worth=7),
        Column(title="out", value=lambda row: count(row.frames_out), worth=7),
        Column(title="lost", value=words.losses),
        Column(title="doubled", value=lambda row: count(row.doubled)),
        Column(title="copies lost", value=lambda row: count(row.lost_copies) if row.lost_copies else "", worth=5),
        Column(title="late", value=lambda row: count(row.late)),
        Column(title="median", value=lambda row: words.median(row.delay), worth=6),
        Column(title="99 %", value=lambda row: words.most(row.delay), worth=6),
        Column(title="jitter", value=lambda row: words.jitter(row.delay), worth=4),
    ]
    return table(columns, way.segments, width)


def pointed(way: Way) -> Drawn | None:
    """What the copies point to."""
    found = [*words.pointed(way)]
    if not found:
        return None
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(overflow="fold")
    grid.add_column(overflow="fold")
    for where, statement in found:
        grid.add_row(Text(visible(where)), Text(visible(statement)))
    return "What the copies point to", grid


def points(way: Way, width: int) -> RenderableType:
    """What each saw."""
    columns: list[Column[PointSeen]] = [
        Column(title="point", value=lambda row: row.name, words=True, wraps=True),
        Column(title="frames", value=lambda row: count(row.capture.frames), worth=3),
        Column(title="records", value=lambda row: count(row.received)),
        Column(title="streams", value=lambda row: count(row.streams), worth=5),
        Column(title="duplicates", value=lambda row: count(row.duplicates)),
        Column(title="missing", value=lambda row: count(row.missing)),
        Column(title="late", value=lambda row: count(row.late), worth=6),
        Column(title="missed", value=lambda row: count(row.missed), worth=7),
        Column(title="saw", value=lambda row: "all" if row.sight == "whole" else "part", worth=7, words=True),
        Column(title="verdict", value=lambda row: headed(row.verdict.cause, row.missing), worth=4, words=True),
    ]
    return table(columns, way.points, width)


def findings(way: Way, width: int) -> Drawn | None:
    """The first ones."""
    rows = way.findings.listed[:ROWS]
    if not rows:
        return None
    several = len(way.streams) > 1
    columns: list[Column[Located]] = [
        Column(title="what", value=lambda row: words.KINDS[row.kind], words=True),
        *([Column[Located](title="stream", value=lambda row: str(row.stream))] if several else []),
        Column(title="number", value=lambda row: str(row.seq)),
        Column(title="", value=words.found, words=True, worth=7),
        Column(title="where", value=lambda row: words.place(row, way), words=True, wraps=True),
    ]
    grid = Table.grid()
    grid.add_row(table(columns, rows, width))
    if more := words.hidden(way, rows):
        grid.add_row(Text(more, style=DIM))
    return "Findings", grid


def streams(way: Way, width: int) -> Drawn | None:
    """Those whose addresses changed, or that were not seen everywhere."""
    rows = [
        (each.id, point.name, key_text(key) if key else "not seen", count(received) if received is not None else "")
        for each in way.streams
        if each.matched != "key" or None in each.keys
        for point, key, received in zip(way.points, each.keys, each.received, strict=True)
    ][:ROWS]
    if not rows:
        return None
    columns: list[Column[tuple[int, str, str, str]]] = [
        Column(title="stream", value=lambda row: str(row[0])),
        Column(title="at", value=lambda row: row[1], words=True),
        Column(title="", value=lambda row: row[2], words=True, wraps=True),
        Column(title="records", value=lambda row: row[3]),
    ]
    return "Streams that changed or were not seen", table(columns, rows, width)
