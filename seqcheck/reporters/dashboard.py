"""A live capture at a terminal: how things stand, drawn over and over on the terminal's other screen.

Each drawing comes from one Snapshot and nothing else, takes some 0.2 ms and no thread of its own: what follows from the
report alone is laid out once for each report, and only the lines that differ from those on the screen are written. It
fits 80 columns and 24 lines, and uses more where there are some. The first line is the answer so far. At the end the
first screen is back as it was, and what was said meanwhile stands there. Keys turn to other pages (pages.py), pause the
picture or end the capture: see `heed`.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from types import FrameType, TracebackType
from typing import Self

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text

from seqcheck.escape import visible
from seqcheck.model import Report
from seqcheck.reporters import pages
from seqcheck.reporters.histogram import rows
from seqcheck.reporters.history import History
from seqcheck.reporters.keyboard import Keys
from seqcheck.reporters.screen import Screen
from seqcheck.reporters.terminal_style import BAR, CLEAN, DIM, FINDING, HEADING, MARK, UNSURE, WARNING, marks_for
from seqcheck.reporters.wording import count, counted, key
from seqcheck.reporters.wording import named as what_came
from seqcheck.snapshot import Ask, Latest, Snapshot

SECOND = 1_000_000_000
NAME = 11  # columns of the names on the left
STREAMS, BARS, FINDINGS = 3, 6, 5
TALL, MORE_STREAMS, MORE_BARS = 40, 10, 12  # lines from which on there is room for more of them
CHARTS = (("frames", "frames"), ("missing", "missing"), ("duplicates", "twice"))  # figures, and what they are called
CHART_LABEL = 9  # columns
WITH_CHARTS = 18  # lines
INTERFACES = 8
HINTS = "q end   p pause   r report   s streams   e findings   ? help"
PAGE_HINTS = "arrows scroll   Escape back   q end"
SAID = 2  # lines of the verdict's statement
MORE = "\u2026"
BAR_WIDEST = 40
HIGH = 20  # lines from which on the last findings have a place of their own
FULL = 0.5  # share of the kernel's ring from which on it is worth a warning


Line = list[tuple[str, str]]  # pieces of text, each with its style
STYLES = (HEADING, DIM, BAR, MARK, CLEAN, FINDING, UNSURE, WARNING)
NOTES = 2  # lines that others said


PAGES: dict[str, Callable[[Snapshot, int], Iterator[str]]] = {
    "report": pages.report,
    "streams": pages.streams,
    "findings": pages.findings(lambda finding, now: told(finding, now)),
    "help": pages.help_,
}
STEPS = {"up": -1, "down": 1, "page up": -10, "page down": 10, "first": -(10**9), "last": 10**9}  # lines


class Dashboard:
    """Draws on `console` (stderr, if not given) each snapshot that it is called with, between `with` and its end."""

    def __init__(self, title: str, console: Console | None = None) -> None:
        self._title = visible(title)
        self._console = console or Console(file=sys.stderr, highlight=False, markup=False, emoji=False)
        self._screen = Screen(self._console.file)
        self._marks = marks_for(self._console.encoding)
        self._codes = {"": ("", ""), **{style: self._code(style) for style in STYLES}}
        self._size: tuple[int, int] = (0, 0)
        self._asked: os.terminal_size | None = None  # what the terminal itself said
        self._before: Snapshot | None = None
        self._frozen: Snapshot | None = None  # what is shown, also while the picture is paused
        self._written_page = ""
        self._judged: tuple[Report | None, tuple[int, int], list[Line], list[Line]] | None = None
        self._history = History([name for name, _ in CHARTS])
        self._keys = Keys()
        self._page, self._offset, self._paused = "", 0, False
        self._written: tuple[Snapshot | None, int, list[str]] = (None, 0, [])  # a page, of what and how wide
        self._handlers: dict[int, signal.Handlers] = {}

    def __call__(self, now: Snapshot) -> None:
        self._look()
        self._history.add(now.elapsed_ns, {name: getattr(now, name) for name, _ in CHARTS})
        shown = self._frozen if self._paused and self._frozen is not None else now
        self._screen.show([self._coded(line) for line in self.draw(shown, self._size)])
        self._frozen = shown
        self._before = now

    def heed(self, end: Callable[[], None]) -> Ask:
        """What was typed since the last time; `end` is called where the capture is to end."""
        ask = Ask.NOTHING
        for pressed in self._keys.of(self._screen.typed()):
            ask = Ask.PICTURE if ask is Ask.NOTHING else ask
            if pressed == "end":
                end()
            elif pressed == "pause":
                self._paused = not self._paused
            elif pressed == "back":
                self.turn_to("")
            elif pressed in STEPS:
                self._offset = max(self._offset + STEPS[pressed], 0)
            else:
                self.turn_to("" if pressed == self._page else pressed)
                ask = Ask.REPORT if pressed == self._page == "report" else ask
        return ask

    def turn_to(self, page: str) -> None:
        """Show one of PAGES from its first line on; "": the picture."""
        self._page, self._offset = page, 0

    def draw(self, now: Snapshot, size: tuple[int, int]) -> list[Line]:
        """The whole picture, as it fits into so many columns and lines."""
        width, height = size
        room = max(height, 4)
        lines = self._on_page(now, width, room) if self._page else self._picture(now, size, room - 1)
        lines = [*lines[: room - 1], self._hints()]
        return [cut(line, width) for line in lines]

    def _picture(self, now: Snapshot, size: tuple[int, int], room: int) -> list[Line]:
        """At most so many lines."""
        if self._judged is None or self._judged[0] is not now.report or self._judged[1] != size:
            report, tall = now.report, size[1] >= TALL
            below = [
                *self._streams(report, MORE_STREAMS if tall else STREAMS),
                *self._distances(report, MORE_BARS if tall else BARS),
            ]
            self._judged = report, size, list(self._statement(report, size[0])), below
        _, _, statement, below = self._judged
        lines = [self._verdict(now), self._head(now), *statement, *self._figures(now)]
        if room >= WITH_CHARTS:
            lines += self._charts(size[0])
        lines += below
        notes: list[Line] = [[(visible(note), DIM)] for note in list(self._screen.notes)[-NOTES:]]
        least = FINDINGS if room > HIGH else 0
        lines = lines[: max(room - least - len(notes), 0)]
        lines += self._findings(now, max(room - len(lines) - len(notes), 0))
        return [*lines, *notes][:room]

    def _on_page(self, now: Snapshot, width: int, room: int) -> list[Line]:
        """One of PAGES; its lines are made once for each snapshot."""
        if self._written[0] is not now or self._written[1] != width or self._page != self._written_page:
            self._written = now, width, list(PAGES[self._page](now, width))
            self._written_page = self._page
        body, self._offset = pages.shown(iter(self._written[2]), max(room - 3, 1), self._offset)
        head: Line = [(self._page, HEADING), (f"   from line {self._offset + 1}" if self._offset else "", DIM)]
        return [self._verdict(now), head, *([(line, "")] for line in body)]

    def _hints(self) -> Line:
        paused = [("paused: p goes on   ", UNSURE)] if self._paused else []
        return [*paused, (PAGE_HINTS if self._page else HINTS, DIM)]

    def __enter__(self) -> Self:
        self._screen.__enter__()
        for number, heard in ((signal.SIGTSTP, self._rest), (signal.SIGCONT, self._resume)):
            if signal.getsignal(number) == signal.SIG_DFL:
                signal.signal(number, heard)
                self._handlers[number] = signal.SIG_DFL
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        self._screen.__exit__(kind, error, trace)

    def _rest(self, number: int, frame: FrameType | None) -> None:
        """Ctrl-Z: give the terminal back, then stop as everybody does."""
        self._screen.leave()
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    def _resume(self, number: int, frame: FrameType | None) -> None:
        """`fg`: take the terminal again, and draw all of it."""
        signal.signal(signal.SIGTSTP, self._rest)
        self._screen.enter()

    def _look(self) -> None:
        """Whether the terminal has another size now. rich asks for more than that, so only where it has."""
        try:
            asked = os.get_terminal_size(self._console.file.fileno())
        except (OSError, ValueError):  # no terminal
            asked = None
        if asked is not None and asked == self._asked:
            return
        self._asked = asked
        columns, lines = (asked.columns, asked.lines) if asked and asked.columns else self._console.size
        if (columns, lines) != self._size:
            self._screen.forget()
            self._size = columns, lines

    def _code(self, style: str) -> tuple[str, str]:
        """What stands before and behind a text of that style."""
        with self._console.capture() as capture:
            self._console.print(Text("x", style=style), end="")
        before, _, after = capture.get().partition("x")
        return before, after

    def _coded(self, line: Line) -> str:
        """As the terminal wants it."""
        out = []
        for text, style in line:
            before, after = self._codes[style]
            out.append(f"{before}{text}{after}")
        return "".join(out)

    def _head(self, now: Snapshot) -> Line:
        words = f"   {clock(now.elapsed_ns)}   Ctrl-C ends it with the report"
        return [(f"seqcheck live {self._title}", HEADING), (words, DIM)]

    def _verdict(self, now: Snapshot) -> Line:
        """The answer so far; what came since it was given is said beside it."""
        report = now.report
        if report is None:
            return named("verdict", ("no frame with a header yet", ""))
        since = now.duplicates - report.duplicates.total
        lost = now.missing - report.gaps.missing
        if report.exit_code == 0 and (since > 0 or lost > 0):
            found = counted(now.duplicates, "duplicate") if since > 0 else f"{count(now.missing)} missing"
            return named("verdict", (f"{found}, not judged yet", FINDING))
        verdict = report.verdict
        words: list[str] = [verdict.cause]
        if verdict.strength != "none":
            words.append(verdict.strength)
        if verdict.ring_size is not None:
            words.append(f"ring {verdict.ring_size}")
        unsure = verdict.cause in ("unexplained", "no-counter", "not-judged") or verdict.strength in ("weak", "none")
        style = CLEAN if report.exit_code == 0 else UNSURE if unsure else FINDING
        line = named("verdict", (", ".join(words), style))
        if since > 0:
            line.append((f"   judged from the first {count(report.duplicates.total)}; {count(since)} more since", DIM))
        return line

    def _statement(self, report: Report | None, width: int) -> Iterator[Line]:
        if report is None:
            return
        said = Text(visible(report.verdict.statement)).wrap(self._console, max(width - NAME, 20))
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
        if len(now.interfaces) > 1:
            each = [f"{visible(one.name)} {count(one.frames)}" for one in now.interfaces[:INTERFACES]]
            yield named("from", (dot.join(each), ""))
        found: Line = []
        for number, what in ((now.duplicates, "duplicates"), (now.missing, "missing"), (now.late, "late")):
            found.append((f"{dot if found else ''}{count(number)} {what}", FINDING if number else CLEAN))
        yield named("found", *found)
        lost: Line = []
        for number, what in ((now.dropped, "dropped by us"), (now.missed, "lost before us")):
            lost.append((f"{dot if lost else ''}{count(number)} {what}", WARNING if number else ""))
        lost.append((f"{dot}ring {now.behind:.0%} full", WARNING if now.behind >= FULL else ""))
        yield named("our losses", *lost)

    def _charts(self, width: int) -> Iterator[Line]:
        """Rate, loss and duplicates over the whole run."""
        seconds, columns = self._history.length_ns // SECOND, max(width - NAME - CHART_LABEL, 1)
        plain = self._marks.bar == "#"
        for place, (name, label) in enumerate(CHARTS):
            line = self._history.line(name, columns, plain=plain)
            style = BAR if name == "frames" else FINDING
            words = f"   a column is {counted(seconds, 'second')}" if not place and len(line) + 24 < columns else ""
            yield named("" if place else "over time", (label.ljust(CHART_LABEL), DIM), (line, style), (words, DIM))

    def _streams(self, report: Report | None, most: int) -> Iterator[Line]:
        if report is None or len(report.streams) < 2:
            return
        found = sorted(report.streams, key=lambda stream: (-(stream.duplicates + stream.missing), stream.id))
        for place, stream in enumerate(found[:most]):
            figures = (
                f"{count(stream.received)} received, {count(stream.duplicates)} twice, {count(stream.missing)} missing"
            )
            yield named("" if place else "streams", (f"{figures}  {key(stream)}", ""))

    def _distances(self, report: Report | None, bars: int) -> Iterator[Line]:
        if report is None or not report.duplicates.distances:
            return
        shown = rows(report.duplicates.distances, report.verdict.ring_size, bars)
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

    def _findings(self, now: Snapshot, most: int) -> Iterator[Line]:
        for place, finding in enumerate(reversed(now.latest[-most:] if most else ())):
            yield named("" if place else "latest", (told(finding, now.ns), ""))


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
        what = f"{what_came(finding.seq)} once more{apart}"
    return f"{ago}frame {finding.frame}: {what}"


def span(low: int, high: int) -> str:
    """A row's values."""
    return str(low) if low == high else f"{low}-{high}"


def clock(ns: int) -> str:
    """1:02:03, and days in front where there are some."""
    seconds = ns // SECOND
    days = f"{seconds // 86_400} d " if seconds >= 86_400 else ""
    return f"{days}{seconds // 3600 % 24}:{seconds // 60 % 60:02}:{seconds % 60:02}"
