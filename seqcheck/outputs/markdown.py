"""The report as GitHub-flavoured Markdown, for a pull request or $GITHUB_STEP_SUMMARY.

Short: a job's summary holds 1 MiB. All text from outside is escaped: no markup, no HTML, no link, no mention.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import BinaryIO

from seqcheck.escape import visible
from seqcheck.model import UNREAD, Report
from seqcheck.outputs import Page
from seqcheck.outputs.foremost import by_findings
from seqcheck.outputs.wording import beside, count, counted, headline, key, key_text, moment, raw, records, size, span

ROWS = 20
# Marks anywhere, those of lists and headings in front, and what would make an address a link.
_MARKS = re.compile(r"([\\`*_{}\[\]!|~$]|^\s*[#+=-]|(?<=^\d)[.)]|:(?=//)|(?<=www)\.)", re.IGNORECASE)
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "@": "@<!-- -->"}  # the last: no mention


def write(report: Report, out: BinaryIO, page: Page) -> None:
    """A document, from a heading of the second level on."""
    out.write(("\n".join(lines(report)) + "\n").encode("utf-8", "backslashreplace"))


def lines(report: Report) -> Iterator[str]:
    """Line by line."""
    verdict = report.verdict
    yield f"## seqcheck: {headline(report)}"
    yield ""
    yield f"**{plain(verdict.statement)}**"
    yield ""
    yield from table(("", ""), figures(report), numbers=(1,))
    for title, sentences in (("Why", verdict.because), ("Caveats", verdict.caveats)):
        if sentences:
            yield from ("", f"### {title}", "", *(f"- {plain(sentence)}" for sentence in sentences))
    rivals = [(rival.cause, rival.why_not) for rival in verdict.rivals]
    found = [(also.cause, beside(also)) for also in report.also]
    for title, pairs in (("What else it could be", rivals), ("Also found", found)):
        if pairs:
            yield from ("", f"### {title}", "", *(f"- {code(cause)}: {plain(text)}" for cause, text in pairs))
    yield from streams(report)
    yield from duplicates(report)
    yield from gaps(report)
    yield from other_traffic(report)
    capture = report.capture
    named = ", ".join(map(code, capture.inputs[:3]))
    more = f" and {len(capture.inputs) - 3} more" if len(capture.inputs) > 3 else ""
    yield ""
    yield f"{named}{more}: {counted(capture.frames, 'frame')}, {size(capture.bytes)};"
    tool = f"seqcheck {plain(report.seqcheck.version)}, {plain(report.seqcheck.kernel)} kernel"
    yield f"layout {', '.join(code(each.name) for each in report.read_by)}; {tool}"
    for damage in capture.damage[:ROWS]:
        if damage.what.startswith(UNREAD):
            yield f"- {code(damage.input)}: {plain(damage.what)}"
        else:
            yield f"- damaged: {code(damage.input)}, byte {damage.offset}: {plain(damage.what)}"


def figures(report: Report) -> list[tuple[str, str]]:
    """The counts."""
    verdict = report.verdict
    rows = [
        ("records", count(records(report))),
        ("streams", count(len(report.streams))),
        ("duplicates", count(report.duplicates.total)),
    ]
    if report.numbered:
        rows.append(("missing", count(report.gaps.missing)))
        rows.append(("late", count(sum(stream.late for stream in report.streams))))
    if report.capture.dropped is not None:
        rows.append(("dropped while capturing", count(report.capture.dropped)))
    if verdict.strength != "none":
        rows.append(("evidence", verdict.strength))
    if verdict.ring_size is not None:
        rows.append(("ring", f"{verdict.ring_size}, {'as given' if verdict.ring_given else 'inferred'}"))
    return rows


def streams(report: Report) -> Iterator[str]:
    """Those with findings first."""
    found = by_findings(report.streams)
    rows: list[tuple[str, ...]] = [
        (raw(stream.id), key(stream), count(stream.received), count(stream.duplicates), count(stream.missing),
         count(stream.late))
        for stream in found[:ROWS]
    ]  # fmt: skip
    titles: tuple[str, ...] = ("id", "stream", "received", "duplicates", "missing", "late")
    if not report.numbered:
        titles, rows = titles[:4], [row[:4] for row in rows]
    yield from section("Streams", titles, rows, len(found), words=(1,))


def duplicates(report: Report) -> Iterator[str]:
    """The first ones."""
    rows: list[tuple[str, ...]] = [
        (raw(each.frame), raw(each.earlier_frame), raw(each.seq), raw(each.distance), raw(each.frame_distance),
         span(each.time_lag_ns), each.cause)
        for each in report.duplicates.listed[:ROWS]
    ]  # fmt: skip
    titles: tuple[str, ...] = ("frame", "earlier", "number", "distance", "in frames", "time lag", "cause")
    if not report.numbered:
        titles, rows = titles[:2] + titles[3:], [row[:2] + row[3:] for row in rows]
    yield from section("Duplicates", titles, rows, report.duplicates.total, words=(len(titles) - 1,))


def gaps(report: Report) -> Iterator[str]:
    """The first ones."""
    begin = report.capture.first_ns
    rows = [
        (raw(gap.frame), moment(gap.ns, begin), count(gap.count), raw(gap.first_seq))
        for gap in report.gaps.listed[:ROWS]
    ]
    yield from section("Gaps", ("before frame", "at second", "missing", "first number"), rows, report.gaps.total)


def other_traffic(report: Report) -> Iterator[str]:
    """What was found among the foreign frames, and the first copies."""
    found = report.other_traffic
    if found is None:
        return
    yield from ("", "### Other traffic", "", plain(found.statement))
    rows = [
        (raw(each.frame), raw(each.earlier_frame), raw(each.frame_distance), span(each.time_lag_ns),
         key_text(each.flow), each.cause)
        for each in found.listed[:ROWS]
    ]  # fmt: skip
    titles = ("frame", "earlier", "in frames", "time lag", "flow", "cause")
    yield from section("Copies in other traffic", titles, rows, found.copies, words=(4, 5))


def section(
    title: str, titles: Sequence[str], rows: Sequence[Sequence[str]], total: int, *, words: Sequence[int] = ()
) -> Iterator[str]:
    """A folded table and what it leaves out; nothing if there are no rows."""
    if not rows:
        return
    yield from ("", f"<details><summary>{title} ({count(total)})</summary>", "")
    yield from table(titles, rows, numbers=[at for at in range(len(titles)) if at not in words])
    if total > len(rows):
        yield from ("", f"and {count(total - len(rows))} more")
    yield from ("", "</details>")


def table(titles: Sequence[str], rows: Sequence[Sequence[str]], *, numbers: Sequence[int]) -> Iterator[str]:
    """A table, numbers to the right."""
    yield f"| {' | '.join(titles)} |"
    yield f"|{'|'.join(' ---: ' if at in numbers else ' --- ' for at in range(len(titles)))}|"
    for row in rows:
        yield f"| {' | '.join(map(plain, row))} |"


def plain(text: str) -> str:
    """`text` as text and nothing else."""
    marked = _MARKS.sub(r"\\\1", visible(text))
    return "".join(_ENTITIES.get(character, character) for character in marked)


def code(text: str) -> str:
    """`text` as a span of code."""
    shown = visible(text)
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", shown)), default=0))
    pad = " " if shown.startswith("`") or shown.endswith("`") or not shown else ""
    return f"{fence}{pad}{shown}{pad}{fence}"
