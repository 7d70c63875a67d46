"""A live capture at a terminal: how things stand, drawn over and over in the same place.

Each drawing comes from one Snapshot and nothing else, takes some 0.2 ms and no thread of its own: what follows from the
report alone is laid out once for each report, and only the lines that differ from those on the screen are written. It
fits 80 columns and 24 lines, and uses more columns where there are some. At the end it is taken off the screen.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from types import TracebackType
from typing import Any, Self, TextIO, cast

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text

from seqcheck.escape import visible
from seqcheck.model import Report
from seqcheck.reporters.histogram import rows
from seqcheck.reporters.terminal_style import BAR, CLEAN, DIM, FINDING, HEADING, MARK, UNSURE, WARNING, marks_for
from seqcheck.reporters.wording import count, counted, key
from seqcheck.snapshot import Latest, Snapshot

SECOND = 1_000_000_000
NAME = 11  # columns of the names on the left
STREAMS, BARS, FINDINGS = 3, 6, 5
SAID = 2  # lines of the verdict's statement
MORE = "\u2026"
BAR_WIDEST = 40
FULL = 0.5  # share of the kernel's ring from which on it is worth a warning


Line = list[tuple[str, str]]  # pieces of text, each with its style

# What a terminal is told (ECMA-48; hiding the cursor is DEC's, and everyone's).
HIDE, SHOW = "\x1b[?25l", "\x1b[?25h"
UP, CLEAR_LINE, CLEAR_BELOW = "\x1b[{}A", "\x1b[2K", "\x1b[J"


class Dashboard:
    """Draws on `console` (stderr, if not given) each snapshot that it is called with. Between `with` and its end, what
    others write to stderr goes above the picture."""

    def __init__(self, title: str, console: Console | None = None) -> None:
        self._title = visible(title)
        self._console = console or Console(stderr=True, highlight=False, markup=False, emoji=False)
        self._out = self._console.file
        self._marks = marks_for(self._console.encoding)
        self._codes: dict[str, tuple[str, str]] = {"": ("", "")}
        self._size: tuple[int, int] = (0, 0)
        self._asked: os.terminal_size | None = None  # what the terminal itself said
        self._look_ns = 0  # when the terminal is asked for its size again
        self._shown: list[Line] = []  # what is on the screen; the cursor stands in the last one
        self._before: Snapshot | None = None
        self._judged: tuple[Report | None, int, list[Line], list[Line]] | None = None
        self._stderr = sys.stderr

    def __call__(self, now: Snapshot) -> None:
        if now.elapsed_ns >= self._look_ns:
            self._look_ns = now.elapsed_ns + SECOND
            self._look()
        self._put(self.draw(now, self._size))
        self._before = now

    def draw(self, now: Snapshot, size: tuple[int, int]) -> list[Line]:
        """The whole picture, as it fits into so many columns and lines."""
        width, height = size
        if self._judged is None or self._judged[0] is not now.report or self._judged[1] != width:
            report = now.report
            below = [*self._streams(report), *self._distances(report)]
            self._judged = report, width, list(self._verdict(report, width)), below
        _, _, verdict, below = self._judged
        lines = [self._head(now), *verdict, *self._figures(now), *below, *self._findings(now)]
        return [cut(line, width) for line in lines[: max(height - 1, 4)]]

    def erase(self) -> None:
        """Take it off the screen; the next one is drawn where the cursor is then."""
        if self._shown:
            self._out.write(self._top() + CLEAR_BELOW)
            self._out.flush()
            self._shown = []

    def __enter__(self) -> Self:
        self._stderr = sys.stderr
        sys.stderr = cast("TextIO", Above(self, self._stderr))
        self._out.write(HIDE)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        sys.stderr = self._stderr
        self.erase()
        self._out.write(SHOW)
        self._out.flush()

    def _look(self) -> None:
        """Whether the terminal has another size now. rich asks for more than that, so only where it has."""
        try:
            asked = os.get_terminal_size(self._out.fileno())
        except (OSError, ValueError):  # no terminal
            asked = None
        if asked is not None and asked == self._asked:
            return
        self._asked = asked
        if (size := self._console.size) != self._size:
            self.erase()
            self._size = size

    def _put(self, picture: list[Line]) -> None:
        """Make the screen show these lines."""
        out, shown = [self._top()], self._shown
        for place, line in enumerate(picture):
            if place:
                out.append("\r\n")
            if place >= len(shown) or line != shown[place]:
                out.append(CLEAR_LINE + self._coded(line))
        if len(shown) > len(picture):
            out.append("\r\n" + CLEAR_BELOW + UP.format(1))
        self._out.write("".join(out))
        self._out.flush()
        self._shown = picture

    def _top(self) -> str:
        """From the last line shown to the beginning of the first."""
        return (UP.format(len(self._shown) - 1) if len(self._shown) > 1 else "") + "\r"

    def _coded(self, line: Line) -> str:
        """As the terminal wants it."""
        out = []
        for text, style in line:
            if style not in self._codes:
                with self._console.capture() as capture:
                    self._console.print(Text("x", style=style), end="")
                before, _, after = capture.get().partition("x")
                self._codes[style] = before, after
            before, after = self._codes[style]
            out.append(f"{before}{text}{after}")
        return "".join(out)

    def _head(self, now: Snapshot) -> Line:
        words = f"   {clock(now.elapsed_ns)}   Ctrl-C ends it with the report"
        return [(f"seqcheck live {self._title}", HEADING), (words, DIM)]

    def _verdict(self, report: Report | None, width: int) -> Iterator[Line]:
        if report is None:
            yield named("verdict", ("no frame with a header yet", ""))
            return
        verdict = report.verdict
        words: list[str] = [verdict.cause]
        if verdict.strength != "none":
            words.append(verdict.strength)
        if verdict.ring_size is not None:
            words.append(f"ring {verdict.ring_size}")
        unsure = verdict.cause in ("unexplained", "no-counter", "not-judged") or verdict.strength in ("weak", "none")
        style = CLEAN if report.exit_code == 0 else UNSURE if unsure else FINDING
        yield named("verdict", (", ".join(words), style))
        said = Text(visible(verdict.statement)).wrap(self._console, max(width - NAME, 20))
        for place, line in enumerate(said[:SAID]):
            rest = " " + MORE if place == SAID - 1 and len(said) > SAID else ""
            yield named("", (line.plain.rstrip() + rest, ""))

    def _figures(self, now: Snapshot) -> Iterator[Line]:
        dot = self._marks.dot
        before = self._before
        elapsed = max(now.elapsed_ns - (before.elapsed_ns if before else 0), 1)
        frames = (now.frames - (before.frames if before else 0)) * SECOND // elapsed
        bits = (now.bytes - (before.bytes if before else 0)) * 8 * SECOND // elapsed
        rates = dot.join([count(now.frames), f"{count(frames)}/s", f"{count(bits // 1_000_000)} Mbit/s"])
        yield named("frames", (rates, ""))
        records = f"{count(now.sequenced)} in {counted(now.streams, 'stream')}"
        yield named("records", (f"{records}{dot}{count(now.foreign)} foreign", ""))
        found: Line = []
        for number, what in ((now.duplicates, "duplicates"), (now.missing, "missing"), (now.late, "late")):
            found.append((f"{dot if found else ''}{count(number)} {what}", FINDING if number else CLEAN))
        yield named("found", *found)
        lost: Line = []
        for number, what in ((now.dropped, "dropped by us"), (now.missed, "lost before us")):
            lost.append((f"{dot if lost else ''}{count(number)} {what}", WARNING if number else ""))
        lost.append((f"{dot}ring {now.behind:.0%} full", WARNING if now.behind >= FULL else ""))
        yield named("our losses", *lost)

    def _streams(self, report: Report | None) -> Iterator[Line]:
        if report is None or len(report.streams) < 2:
            return
        found = sorted(report.streams, key=lambda stream: (-(stream.duplicates + stream.missing), stream.id))
        for place, stream in enumerate(found[:STREAMS]):
            figures = (
                f"{count(stream.received)} received, {count(stream.duplicates)} twice, {count(stream.missing)} missing"
            )
            yield named("" if place else "streams", (f"{figures}  {key(stream)}", ""))

    def _distances(self, report: Report | None) -> Iterator[Line]:
        if report is None or not report.duplicates.distances:
            return
        shown = rows(report.duplicates.distances, report.verdict.ring_size, BARS)
        most = max((row.count for row in shown), default=1) or 1
        label = max(len(span(row.low, row.high)) for row in shown)
        for place, row in enumerate(shown):
            filled = -(-row.count * BAR_WIDEST // most)
            line = [(span(row.low, row.high).rjust(label) + "  ", ""), (self._marks.bar * filled, BAR)]
            line.append((f" {count(row.count)}" if row.count else "", ""))
            if row.laps:
                laps = "" if row.laps == 1 else f"{row.laps} laps of the "
                line.append((f" {self._marks.here} {laps}ring of {report.verdict.ring_size}", MARK))
            yield named("" if place else "distances", *line)

    def _findings(self, now: Snapshot) -> Iterator[Line]:
        for place, finding in enumerate(reversed(now.latest[-FINDINGS:])):
            yield named("" if place else "latest", (told(finding, now.ns), ""))


class Above:
    """Stands for stderr while a picture is at the foot of the screen, which makes room for what is said."""

    def __init__(self, picture: Dashboard, stream: TextIO) -> None:
        self._picture, self._stream = picture, stream

    def write(self, text: str) -> int:
        self._picture.erase()
        return self._stream.write(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def named(name: str, *pieces: tuple[str, str]) -> Line:
    """A line with its name in front."""
    return [(name.ljust(NAME), DIM), *pieces]


def cut(line: Line, width: int) -> Line:
    """As much of it as finds room in so many columns."""
    if sum(len(text) if text.isascii() else cell_len(text) for text, _ in line) <= width:
        return line
    out, room = Line(), width - 1
    for text, style in line:
        columns = cell_len(text)
        if columns > room:
            out.append((set_cell_size(text, room) + MORE, style))
            break
        out.append((text, style))
        room -= columns
    return out


def told(finding: Latest, now: int | None) -> str:
    """A finding in a line."""
    ago = "" if now is None else f"{max(now - finding.ns, 0) / SECOND:.1f} s ago, "
    if finding.kind == "gap":
        what = f"{counted(finding.count, 'number')} missing from {finding.seq} on"
    else:
        apart = "" if finding.distance is None else f", {count(finding.distance)} records after its earlier copy"
        what = f"number {finding.seq} once more{apart}"
    return f"{ago}frame {finding.frame}: {what}"


def span(low: int, high: int) -> str:
    """A row's values."""
    return str(low) if low == high else f"{low}-{high}"


def clock(ns: int) -> str:
    """1:02:03, and days in front where there are some."""
    seconds = ns // SECOND
    days = f"{seconds // 86_400} d " if seconds >= 86_400 else ""
    return f"{days}{seconds // 3600 % 24}:{seconds // 60 % 60:02}:{seconds % 60:02}"
