"""The report about several points as GitHub-flavoured Markdown. Text from outside is escaped, as in the report."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from seqcheck.model.located import Way
from seqcheck.outputs import Page
from seqcheck.outputs.locate import words as words
from seqcheck.outputs.markdown import plain, table
from seqcheck.outputs.wording import count, headed

ROWS = 20


def write(way: Way, out: BinaryIO, page: Page) -> None:
    """A document, from a heading of the second level on."""
    out.write(("\n".join(lines(way)) + "\n").encode("utf-8", "backslashreplace"))


def lines(way: Way) -> Iterator[str]:
    """Line by line."""
    yield "## seqcheck locate"
    yield from ("", f"**{plain(way.statement)}**", "", plain(words.summary(way)), "")
    titles = ("where", "in", "out", "lost", "doubled", "copies lost", "late", "median", "99 %", "jitter")
    rows = [
        (
            words.place(each, way), "" if each.after is None else count(each.frames_in), count(each.frames_out),
            words.losses(each), count(each.doubled), count(each.lost_copies), count(each.late),
            words.median(each.delay),
            words.most(each.delay), words.jitter(each.delay),
        )
        for each in way.segments
    ]  # fmt: skip
    if rows:
        yield from (*table(titles, rows, numbers=range(1, len(titles))), "")
    for where, statement in words.pointed(way):
        yield f"- {plain(where)}: {plain(statement)}"
    for remark in (*words.remarks(way), *words.clocks(way), *way.caveats):
        yield f"- {plain(remark)}"
    yield ""
    seen = [
        (
            point.name, count(point.received), count(point.duplicates), count(point.missing), count(point.late),
            count(point.missed), "all" if point.sight == "whole" else "part",
            headed(point.verdict.cause, point.missing),
        )
        for point in way.points
    ]  # fmt: skip
    yield from table(
        ("point", "records", "duplicates", "missing", "late", "missed", "saw", "verdict"), seen, numbers=range(1, 6)
    )
    listed = way.findings.listed[:ROWS]
    if listed:
        yield from ("", f"<details><summary>Findings ({count(len(way.findings.listed))})</summary>", "")
        found = [
            (words.KINDS[each.kind], str(each.stream), str(each.seq), words.found(each), words.place(each, way))
            for each in listed
        ]
        yield from table(("what", "stream", "number", "", "where"), found, numbers=(1, 2))
        if more := words.hidden(way, listed):
            yield from ("", more)
        yield from ("", "</details>")
