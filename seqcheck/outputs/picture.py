"""The dashboard's picture: its state, in lines of styled text that fit a terminal.

Made from Snapshots and nothing else. The first line is the answer so far. What follows from the report alone is laid
out once for each report.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import deepcopy

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text

from seqcheck.escape import visible
from seqcheck.model import Report
from seqcheck.model.snapshot import Latest, Snapshot
from seqcheck.outputs.foremost import foremost
from seqcheck.outputs.histogram import rows
from seqcheck.outputs.past import Past
from seqcheck.outputs.terminal.style import BAR, CLEAN, DIM, FINDING, HEADING, MARK, UNSURE, WARNING, marks_for
from seqcheck.outputs.wording import count, counted, key
from seqcheck.outputs.wording import named as what_came

SECOND = 1_000_000_000
NAME = 11  # columns of the names on the left
STREAMS, BARS, FINDINGS = 3, 6, 5
TALL, MORE_STREAMS, MORE_BARS = 40, 10, 12  # lines from which on there is room for more of them
CHARTS = (("frames", "frames"), ("missing", "missing"), ("duplicates", "twice"))  # figures, and what they are called
CHART_LABEL = 9  # columns
WITH_CHARTS = 18  # lines
INTERFACES = 8
SAID = 2  # lines of the verdict's statement
MORE = "\u2026"
BAR_WIDEST = 40
HIGH = 20  # lines from which on the last findings have a place of their own
FULL = 0.5  # share of the kernel's ring from which on it is worth a warning


Line = list[tuple[str, str]]  # pieces of text, each with its style


class Picture:
    """What `console` shows of a capture, whose snapshots are all noted."""

    def __init__(self, title: str, console: Console) -> None:
        self._title, self._console = visible(title), console
        self._marks = marks_for(console.encoding)
        self._judged: tuple[Report | None, tuple[int, int], list[Line], list[Line]] | None = None
        self._past = self._shown = Past([name for name, _ in CHARTS])

    def note(self, now: Snapshot) -> None:
        """Its figures are part of the charts from now on."""
        self._past.note(now)

    def hold(self) -> None:
        """What is shown from now on is of this moment, as is the snapshot."""
        self._shown = deepcopy(self._past)

    def go_on(self) -> None:
        """What is shown is of now again."""
        self._shown = self._past

    def lines(self, now: Snapshot, size: tuple[int, int], room: int, said: Sequence[str]) -> list[Line]:
        """At most `room` lines for a terminal of that size; `said` are messages at the foot."""
        if self._judged is None or self._judged[0] is not now.report or self._judged[1] != size:
            report, tall = now.report, size[1] >= TALL
            below = list(self._distances(report, MORE_BARS if tall else BARS))
            self._judged = report, size, list(self._statement(report, size[0])), below
        _, _, statement, below = self._judged
        lines = [verdict(now), self._head(now), *statement, *self._figures(now)]
        if room >= WITH_CHARTS:
            lines += self._charts(size[0])
        lines += [*self._streams(now, MORE_STREAMS if size[1] >= TALL else STREAMS), *below]
        notes: list[Line] = [[(visible(note), DIM)] for note in said]
        least = FINDINGS if room > HIGH else 0
        lines = lines[: max(room - least - len(notes), 0)]
        lines += self._findings(now, max(room - len(lines) - len(notes), 0))
        return [*lines, *notes][:room]

    def _head(self, now: Snapshot) -> Line:
        words = f"   {clock(now.elapsed_ns)}   Ctrl-C ends it with the report"
        return [(f"seqcheck live {self._title}", HEADING), (words, DIM)]

    def _statement(self, report: Report | None, width: int) -> Iterator[Line]:
        if report is None:
            return
        said = Text(visible(report.verdict.statement)).wrap(self._console, max(width - NAME, 20))
        for place, line in enumerate(said[:SAID]):
            rest = " " + MORE if place == SAID - 1 and len(said) > SAID else ""
            yield named("", (line.plain.rstrip() + rest, ""))

    def _figures(self, now: Snapshot) -> Iterator[Line]:
        dot = self._marks.dot
        frames, bits = self._shown.rates(now)
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
        history = self._shown.history
        seconds, columns = history.length_ns // SECOND, max(width - NAME - CHART_LABEL, 1)
        plain = self._marks.bar == "#"
        for place, (name, label) in enumerate(CHARTS):
            line = history.line(name, columns, plain=plain)
            style = BAR if name == "frames" else FINDING
            words = f"   a column is {counted(seconds, 'second')}" if not place and len(line) + 24 < columns else ""
            yield named("" if place else "over time", (label.ljust(CHART_LABEL), DIM), (line, style), (words, DIM))

    def _streams(self, now: Snapshot, most: int) -> Iterator[Line]:
        if now.streams < 2:
            return
        for place, stream in enumerate(foremost(now, most)):
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
            yield named("" if place else "latest", (described(finding, now.ns), ""))


def verdict(now: Snapshot) -> Line:
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


def named(name: str, *pieces: tuple[str, str]) -> Line:
    """A line with its name in front."""
    return [(name.ljust(NAME), DIM), *pieces]


def cut(line: Line, width: int) -> Line:
    """As much of it as fits into that many columns."""
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


def described(finding: Latest, now: int | None) -> str:
    """A finding in a line."""
    ago = "" if now is None else f"{max(now - finding.ns, 0) / SECOND:.1f} s ago, "
    if finding.kind == "gap":
        what = f"{counted(finding.count, 'number')} missing from {finding.seq} on"
    else:
        apart = "" if finding.distance is None else f", {count(finding.distance)} records after its earlier copy"
        what = f"{what_came(finding.seq)} again{apart}"
    return f"{ago}frame {finding.frame}: {what}"


def span(low: int, high: int) -> str:
    """A row's values."""
    return str(low) if low == high else f"{low}-{high}"


def clock(ns: int) -> str:
    """1:02:03, and days in front where there are some."""
    seconds = ns // SECOND
    days = f"{seconds // 86_400} d " if seconds >= 86_400 else ""
    return f"{days}{seconds // 3600 % 24}:{seconds // 60 % 60:02}:{seconds % 60:02}"
