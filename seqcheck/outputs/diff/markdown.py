"""A comparison as GitHub-flavoured Markdown. All text from outside is escaped, as in the report's Markdown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from seqcheck.comparison import Comparison
from seqcheck.outputs import Page
from seqcheck.outputs.diff.words import change, headline, outcome, ranked, said, share
from seqcheck.outputs.markdown import code, plain, table
from seqcheck.outputs.wording import count, key_text

ROWS = 20


def write(comparison: Comparison, out: BinaryIO, page: Page) -> None:
    """A document, from a heading of the second level on."""
    out.write(("\n".join(lines(comparison)) + "\n").encode("utf-8", "backslashreplace"))


def lines(comparison: Comparison) -> Iterator[str]:
    """Line by line."""
    yield f"## seqcheck diff: {comparison.trend}"
    yield from ("", f"**{plain(headline(comparison))}**", "")
    rows = [
        (name, share(figure.before), share(figure.after), said(figure.trend))
        for prefix, part in (("", comparison.figures), ("by cause: ", comparison.causes))
        for figure in part
        for name in (prefix + figure.name,)
    ]
    yield from table(("", "before", "after", ""), rows, numbers=(1, 2))
    if comparison.facts:
        yield ""
        facts = [(fact.name, fact.before, fact.after) for fact in comparison.facts]
        yield from table(("changed", "before", "after"), facts, numbers=())
    if comparison.streams:
        yield from ("", f"<details><summary>Streams ({count(len(comparison.streams))})</summary>", "")
        streams = [
            (key_text(each.key), *(change(figure) for figure in each.figures), outcome(each))
            for each in ranked(comparison)[:ROWS]
        ]
        yield from table(("stream", "duplicates", "missing", "late", ""), streams, numbers=(1, 2, 3))
        if len(comparison.streams) > ROWS:
            yield from ("", f"and {count(len(comparison.streams) - ROWS)} more")
        yield from ("", "</details>")
    yield from ("", f"before: {code(comparison.before)}, after: {code(comparison.after)}")
