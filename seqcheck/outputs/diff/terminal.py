"""A comparison to read: the judgement first, then figures, causes, facts and streams."""

from __future__ import annotations

import io
from typing import BinaryIO

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.text import Text

from seqcheck.comparison import Comparison, Fact, Figure, StreamChange
from seqcheck.escape import plain, visible
from seqcheck.outputs import Page
from seqcheck.outputs.diff.words import change, headline, outcome, ranked, said, share
from seqcheck.outputs.terminal.style import CLEAN, DIM, FINDING, HEADING, INDENT, Column, table
from seqcheck.outputs.wording import counted, key_text

ROWS = 20
STYLES = {"worse": FINDING, "better": CLEAN, "same": ""}


def write(comparison: Comparison, out: BinaryIO, page: Page) -> None:
    """Draw it into `out`."""
    paper = io.StringIO()
    console = Console(
        file=paper, width=page.width, force_terminal=page.color, no_color=not page.color,
        color_system="auto" if page.color else None, legacy_windows=False, highlight=False, markup=False, emoji=False,
    )  # fmt: skip
    console.print(Text(headline(comparison), style=STYLES[comparison.trend]))
    console.print(Text(f"  before: {visible(comparison.before)}\n  after:  {visible(comparison.after)}", style=DIM))
    width = page.width - INDENT
    for title, body in (
        ("Figures", figures([*comparison.figures], width)),
        ("Duplicates by cause", figures([*comparison.causes], width)),
        ("Changed", facts(comparison, width)),
        ("Streams", streams(comparison, width)),
    ):
        if body is not None:
            console.print()
            console.print(Text(title, style=HEADING))
            console.print(Padding(body, (0, 0, 0, INDENT)))
    hidden = len(comparison.streams) - ROWS
    if hidden > 0:
        console.print(Text(f"  and {counted(hidden, 'more', 'more')}; --report json lists them", style=DIM))
    lines = [line.rstrip() for line in paper.getvalue().splitlines()]
    out.write(plain("\n".join(lines) + "\n", page.encoding).encode(page.encoding, "replace"))


def figures(rows: list[Figure], width: int) -> RenderableType | None:
    """Counts before and after."""
    columns: list[Column[Figure]] = [
        Column(title="", value=lambda row: row.name, words=True),
        Column(title="before", value=lambda row: share(row.before)),
        Column(title="after", value=lambda row: share(row.after)),
        Column(title="  ", value=lambda row: said(row.trend), words=True),
    ]
    return table(columns, rows, width) if rows else None


def facts(comparison: Comparison, width: int) -> RenderableType | None:
    """Words that are others now."""
    columns: list[Column[Fact]] = [
        Column(title="", value=lambda row: row.name, words=True),
        Column(title="before", value=lambda row: row.before, words=True, wraps=True),
        Column(title="after", value=lambda row: row.after, words=True, wraps=True),
    ]
    return table(columns, comparison.facts, width) if comparison.facts else None


def streams(comparison: Comparison, width: int) -> RenderableType | None:
    """Streams that changed, worse ones first."""
    rows = ranked(comparison)[:ROWS]
    columns: list[Column[StreamChange]] = [
        Column(title="stream", value=lambda row: key_text(row.key), words=True, wraps=True),
        Column(title="duplicates", value=lambda row: change(row.figures[0])),
        Column(title="missing", value=lambda row: change(row.figures[1])),
        Column(title="late", value=lambda row: change(row.figures[2])),
        Column(title="", value=outcome, words=True),
    ]
    return table(columns, rows, width) if rows else None
