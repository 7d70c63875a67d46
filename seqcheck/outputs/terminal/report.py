"""The report to read: the verdict first, then why, then what was found. Drawn with rich, readable without colour.

80 columns are enough; a wider page gets more columns. All text from outside is made visible and goes through
rich.text.Text, so that neither control characters nor markup in it mean anything.
"""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from typing import BinaryIO

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from seqcheck.escape import plain, visible
from seqcheck.model import UNREAD, LayoutInfo, Report
from seqcheck.outputs import Page, wording
from seqcheck.outputs.terminal import findings as findings
from seqcheck.outputs.terminal.style import (
    DIM,
    HEADING,
    INDENT,
    WARNING,
    Drawn,
    View,
    listing,
    marks_for,
    verdict_style,
)
from seqcheck.outputs.wording import count, counted, size, span

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def write(report: Report, out: BinaryIO, page: Page) -> None:
    """Draw the report into `out`."""
    paper = io.StringIO()
    console = Console(
        file=paper,
        width=page.width,
        force_terminal=page.color,
        no_color=not page.color,
        color_system="auto" if page.color else None,
        legacy_windows=False,
        highlight=False,
        markup=False,
        emoji=False,
    )
    view = View(report=report, width=page.width, marks=marks_for(page.encoding))
    for section in SECTIONS:
        drawn = section(view)
        if drawn is None:
            continue
        title, body = drawn
        if title:
            console.print()
            console.print(Text(title, style=HEADING))
        console.print(body if not title else Padding(body, (0, 0, 0, INDENT)))
    lines = [line.rstrip() for line in paper.getvalue().splitlines()]
    out.write(plain("\n".join(lines) + "\n", page.encoding).encode(page.encoding, "replace"))


def headline(view: View) -> Drawn:
    """The first line of all: the verdict in one sentence."""
    return "", Text(visible(view.report.verdict.statement), style=verdict_style(view.report))


def summary(view: View) -> Drawn:
    """The figures that the verdict rests on, and whether the capture can be trusted."""
    report, dot = view.report, view.marks.dot
    verdict = report.verdict
    words = [] if verdict.strength == "none" else [f"evidence: {verdict.strength}"]
    if verdict.ring_size is not None:
        words.append(f"ring {verdict.ring_size}, {'as given' if verdict.ring_given else 'inferred'}")
    if verdict.bracket is not None:
        words.append(lap(*verdict.bracket))
    counts = [
        f"{counted(wording.records(report), 'record')} in {counted(len(report.streams), 'stream')}",
        counted(report.duplicates.total, "duplicate"),
    ]
    if report.numbered:
        late = sum(stream.late for stream in report.streams)
        counts += [f"{count(report.gaps.missing)} missing", f"{count(late)} late"]
    text = Text()
    for line in (words, counts):
        if line:
            text.append(dot.join(line) + "\n")
    for warning in doubts(report):
        text.append(warning + "\n", style=WARNING)
    text.rstrip()
    return "", Padding(text, (0, 0, 0, INDENT))


def lap(low: int, high: int | None) -> str:
    """The bracket in words."""
    if high is None:
        return f"a lap is at least {low} slots"
    return f"a lap is {low} slots" if low == high else f"a lap is {low} to {high} slots"


def doubts(report: Report) -> list[str]:
    """What is wrong with the capture itself, so that it is read before the findings."""
    capture = report.capture
    said = [visible(report.layout.how)] if report.layout.how else []
    damaged = len(capture.damage) - bool(capture.unread)
    if damaged:
        said.append(f"The capture is damaged ({counted(damaged, 'place')}, listed below).")
    if capture.unread:
        said.append(f"The capture was not read to its end: {visible(capture.unread)}.")
    if capture.dropped:
        said.append(
            f"The capture dropped {counted(capture.dropped, 'frame')}: some numbers may be missing because of that."
        )
    return said


def because(view: View) -> Drawn | None:
    """The reasons."""
    return listing("Why", view.report.verdict.because, view.marks)


def rivals(view: View) -> Drawn | None:
    """The other causes, and why not."""
    return pairs("What else it could be", [(rival.cause, rival.why_not) for rival in view.report.verdict.rivals])


def also(view: View) -> Drawn | None:
    """Causes beside the verdict's."""
    return pairs("Also found", [(item.cause, wording.beside(item)) for item in view.report.also])


def caveats(view: View) -> Drawn | None:
    """What the reader must know before relying on it."""
    return listing("Caveats", view.report.verdict.caveats, view.marks)


def further(view: View) -> Drawn | None:
    """Where to read what was found, and what to check on the sender and in the network."""
    report = view.report
    causes = [report.verdict.cause, *(item.cause for item in report.also)]
    if report.missing:
        causes.append("missing")
    if report.capture.dropped:
        causes.append("capture-drops")
    topics = [cause for cause in dict.fromkeys(causes) if cause != "clean"]
    return listing("What it means, what to check next", [f"seqcheck explain {topic}" for topic in topics], view.marks)


def damage(view: View) -> Drawn | None:
    """Where the input is not what it promises, and where reading ended before its end."""
    found = view.report.capture.damage
    title = "Not read" if all(each.what.startswith(UNREAD) for each in found) else "Damage"
    return listing(title, [wording.place(each) for each in found], view.marks)


def read(view: View) -> Drawn:
    """What the report rests on."""
    report = view.report
    capture, records = report.capture, report.records
    names = ["standard input" if name == "-" else visible(name) for name in capture.inputs]
    named = ", ".join(names[:3]) + (f" and {counted(len(names) - 3, 'more', 'more')}" if len(names) > 3 else "")
    figures = [counted(capture.frames, "frame"), size(capture.bytes)]
    if capture.first_ns is not None and capture.last_ns is not None:
        begin = (_EPOCH + timedelta(microseconds=capture.first_ns // 1000)).strftime("%Y-%m-%d %H:%M:%S")
        figures.append(f"{span(capture.last_ns - capture.first_ns)} from {begin} UTC")
    skipped = ", ".join(f"{count(number)} {reason}" for reason, number in records.skipped.items() if number)
    several = wording.records(report) > records.sequenced
    read = f"{count(records.sequenced)} with records" if several else counted(records.sequenced, "record")
    parts = [read, f"{count(records.foreign)} foreign"]
    parts.append(f"{count(sum(records.skipped.values()))} skipped" + (f" ({skipped})" if skipped else ""))
    if capture.cut_frames:
        parts.append(f"{counted(capture.cut_frames, 'frame')} cut by the snap length")
    table = pairs(
        "Input",
        [
            ("capture", f"{named}: {', '.join(figures)}"),
            *([("selected", visible(capture.selected))] if capture.selected else []),
            ("frames", ", ".join(parts)),
            *(("layout", _layout(each)) for each in report.read_by),
            ("seqcheck", f"{report.seqcheck.version}, {report.seqcheck.kernel} kernel"),
        ],
        style=DIM,
    )
    assert table is not None
    return table


def verdict(view: View) -> Drawn:
    """The verdict again, as short as can be: a long report has scrolled its first line away."""
    judged = view.report.verdict
    cause = wording.headline(view.report)
    words = [cause if judged.strength == "none" else f"{cause}, {judged.strength}"]
    if judged.ring_size is not None:
        words.append(f"ring {judged.ring_size}")
    words.append(counted(view.report.duplicates.total, "duplicate"))
    if view.report.numbered:
        words.append(f"{count(view.report.missing)} missing")
    return "", Text("\nVerdict: " + ", ".join(words), style=verdict_style(view.report))


def pairs(title: str, rows: list[tuple[str, str]], style: str = "bold") -> Drawn | None:
    """Names on the left, text on the right; nothing if there are no rows."""
    if not rows:
        return None
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for name, text in rows:
        grid.add_row(Text(visible(name), style=style), Text(visible(text)))
    body: RenderableType = grid
    return title, body


SECTIONS = (
    headline, summary, because, rivals, also, findings.streams, findings.distances, findings.duplicates, findings.gaps,
    findings.other_traffic, caveats, further, damage, read, verdict,
)  # fmt: skip


def _layout(one: LayoutInfo) -> str:
    """Its name, and the spec where that says more."""
    return one.name if one.spec == one.name else f"{one.name}: {one.spec}"
