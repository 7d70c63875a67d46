"""A live capture at a terminal: how things stand, drawn over and over in the same place.

Each drawing comes from one Snapshot and nothing else, takes a few milliseconds and no thread of its own. It fits 80
columns and 24 lines, and uses more columns where there are some. At the end it is taken off the screen.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live
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
BAR_WIDEST = 40
FULL = 0.5  # share of the kernel's ring from which on it is worth a warning


class Dashboard:
    """Draws on `console` (stderr, if not given) each snapshot that it is called with."""

    def __init__(self, title: str, console: Console | None = None) -> None:
        self._title = visible(title)
        self._console = console or Console(stderr=True, highlight=False, markup=False, emoji=False)
        self._marks = marks_for(self._console.encoding)
        self._live = Live(console=self._console, auto_refresh=False, transient=True)
        self._before: Snapshot | None = None

    def __call__(self, now: Snapshot) -> None:
        self._live.update(self.draw(now), refresh=True)
        self._before = now

    def draw(self, now: Snapshot) -> Text:
        """The whole picture."""
        width = self._console.width
        lines = [*self._head(now), *self._figures(now), *self._streams(now.report), *self._distances(now.report)]
        lines += self._findings(now)
        picture = Text(no_wrap=True, overflow="ellipsis")
        for line in lines[: max(self._console.height - 1, 4)]:
            line.truncate(width, overflow="ellipsis")
            picture.append_text(line).append("\n")
        picture.rstrip()
        return picture

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def _head(self, now: Snapshot) -> Iterator[Text]:
        yield Text(f"seqcheck live {self._title}", style=HEADING).append(
            f"   {clock(now.elapsed_ns)}   Ctrl-C ends it with the report", style=DIM
        )
        report = now.report
        if report is None:
            yield named("verdict", Text("no frame with a header yet"))
            return
        verdict = report.verdict
        words: list[str] = [verdict.cause]
        if verdict.strength != "none":
            words.append(verdict.strength)
        if verdict.ring_size is not None:
            words.append(f"ring {verdict.ring_size}")
        unsure = verdict.cause == "unexplained" or verdict.strength in ("weak", "none")
        style = CLEAN if report.exit_code == 0 else UNSURE if unsure else FINDING
        yield named("verdict", Text(", ".join(words), style=style))
        said = Text(visible(verdict.statement)).wrap(self._console, max(self._console.width - NAME, 20))
        for line in said[:2]:
            yield named("", line)

    def _figures(self, now: Snapshot) -> Iterator[Text]:
        dot = self._marks.dot
        before = self._before
        elapsed = max(now.elapsed_ns - (before.elapsed_ns if before else 0), 1)
        frames = (now.frames - (before.frames if before else 0)) * SECOND // elapsed
        bits = (now.bytes - (before.bytes if before else 0)) * 8 * SECOND // elapsed
        yield named(
            "frames", Text(dot.join([count(now.frames), f"{count(frames)}/s", f"{count(bits // 1_000_000)} Mbit/s"]))
        )
        yield named(
            "records", Text(dot.join([f"{count(now.sequenced)} in {counted(now.streams, 'stream')}",
                                      f"{count(now.foreign)} foreign"]))
        )  # fmt: skip
        found = Text()
        for number, what in ((now.duplicates, "duplicates"), (now.missing, "missing"), (now.late, "late")):
            found.append(f"{dot if found else ''}{count(number)} {what}", style=FINDING if number else CLEAN)
        yield named("found", found)
        lost = Text()
        for number, what in ((now.dropped, "dropped by us"), (now.missed, "lost before us")):
            lost.append(f"{dot if lost else ''}{count(number)} {what}", style=WARNING if number else "")
        lost.append(f"{dot}ring {now.behind:.0%} full", style=WARNING if now.behind >= FULL else "")
        yield named("our losses", lost)

    def _streams(self, report: Report | None) -> Iterator[Text]:
        if report is None or len(report.streams) < 2:
            return
        found = sorted(report.streams, key=lambda stream: (-(stream.duplicates + stream.missing), stream.id))
        for place, stream in enumerate(found[:STREAMS]):
            figures = (
                f"{count(stream.received)} received, {count(stream.duplicates)} twice, {count(stream.missing)} missing"
            )
            yield named("" if place else "streams", Text(f"{figures}  {key(stream)}"))

    def _distances(self, report: Report | None) -> Iterator[Text]:
        if report is None or not report.duplicates.distances:
            return
        shown = rows(report.duplicates.distances, report.verdict.ring_size, BARS)
        most = max((row.count for row in shown), default=1) or 1
        label = max(len(span(row.low, row.high)) for row in shown)
        for place, row in enumerate(shown):
            filled = -(-row.count * BAR_WIDEST // most)
            line = Text(span(row.low, row.high).rjust(label) + "  ").append(self._marks.bar * filled, style=BAR)
            line.append(f" {count(row.count)}" if row.count else "")
            if row.laps:
                laps = "" if row.laps == 1 else f"{row.laps} laps of the "
                line.append(f" {self._marks.here} {laps}ring of {report.verdict.ring_size}", style=MARK)
            yield named("" if place else "distances", line)

    def _findings(self, now: Snapshot) -> Iterator[Text]:
        for place, finding in enumerate(reversed(now.latest[-FINDINGS:])):
            yield named("" if place else "latest", Text(told(finding, now.ns)))


def named(name: str, line: Text) -> Text:
    """A line with its name in front."""
    return Text(name.ljust(NAME), style=DIM).append_text(Text(line.plain, style=line.style, spans=line.spans))


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
