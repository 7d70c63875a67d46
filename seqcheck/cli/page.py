"""How a stream is displayed: width, colour, encoding. NO_COLOR and FORCE_COLOR override what the stream is."""

from __future__ import annotations

import os
import sys
from typing import BinaryIO

from seqcheck.outputs import Page

WIDTH, NARROWEST, WIDEST = 80, 40, 200


def page_for(stream: BinaryIO) -> Page:
    """The page that `stream` is read on: a terminal's own width, else COLUMNS, else 80."""
    terminal = stream.isatty()
    text = sys.stdout.encoding if sys.stdout is not None and stream is sys.stdout.buffer else "utf-8"
    return Page(width=width(stream, terminal), color=color(terminal), encoding=text or "utf-8")


def width(stream: BinaryIO, terminal: bool) -> int:
    """Columns, kept to what can be read."""
    told = os.environ.get("COLUMNS", "")
    columns = int(told) if told.isascii() and told.isdigit() and len(told) < 6 else 0
    if not columns and terminal:
        try:
            columns = os.get_terminal_size(stream.fileno()).columns
        except OSError:
            columns = 0
    return min(max(columns or WIDTH, NARROWEST), WIDEST)


def color(terminal: bool) -> bool:
    """https://no-color.org and https://force-color.org: set and not empty."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return terminal and os.environ.get("TERM", "") not in ("", "dumb")
