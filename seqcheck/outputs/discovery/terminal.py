"""Candidates to read: each with its evidence, its first values, and the command that takes it."""

from __future__ import annotations

import shlex
import textwrap
from collections.abc import Iterator, Sequence
from typing import BinaryIO

from seqcheck.escape import plain, visible
from seqcheck.layout import Layout, builtins
from seqcheck.layout import write as spec_of
from seqcheck.layout.discovery import DOUBTLESS, LIKELY, Candidate
from seqcheck.outputs import Page
from seqcheck.outputs.discovery import Discovery
from seqcheck.outputs.wording import counted

SHOWN, UNLIKELY = 5, 2  # candidates; those below LIKELY, where others are above
WORDS = ((DOUBTLESS, "beyond doubt"), (LIKELY, "likely"), (0.0, "unlikely"))


def write(discovery: Discovery, out: BinaryIO, page: Page) -> None:
    """Plain lines, in the page's width."""
    text = "\n".join(lines(discovery, page.width)) + "\n"
    out.write(plain(text, page.encoding).encode(page.encoding, "replace"))


def lines(discovery: Discovery, width: int) -> Iterator[str]:
    """The whole of it."""
    names = ", ".join(map(visible, discovery.captures))
    found = discovery.candidates
    likely = [each for each in found if each.score > LIKELY]
    yield from _wrapped("", f"{names}: {counted(discovery.frames, 'frame')} examined, {_headline(len(likely))}", width)
    for number, each in enumerate([*likely, *found[len(likely) :][: UNLIKELY if likely else SHOWN]][:SHOWN], 1):
        yield ""
        yield from _candidate(number, each, discovery.captures, width)
    if not likely:
        yield ""
        yield "What is there:"
        for place in discovery.there:
            yield f"  {place}"
    yield ""
    yield from _wrapped("", "`seqcheck layouts SPEC --on CAPTURE` shows what a layout reads, byte by byte.", width)


def _headline(count: int) -> str:
    if not count:
        return "no counter found."
    return "1 likely candidate." if count == 1 else f"{count:,} likely candidates."


def _candidate(number: int, each: Candidate, captures: Sequence[str], width: int) -> Iterator[str]:
    word = next(word for least, word in WORDS if each.score >= least)
    name = f"{each.layout.name}: " if each.layout.name else ""
    yield f"{number}. {name}{spec_of(each.layout)}"
    yield f"   score {each.score:.2f}, {word}"
    for reason in each.because:
        yield from _wrapped("   - ", reason, width)
    for stream in each.values[:1]:
        yield from _wrapped("   first values: ", " ".join(map(str, stream)), width)
    yield f"   {command(each.layout, captures)}"


def command(layout: Layout, captures: Sequence[str]) -> str:
    """What takes this layout, ready to be copied into a shell."""
    named = layout.name if builtins().get(layout.name) == layout else ""
    words = ["seqcheck", "analyze", "--layout", named or spec_of(layout), *captures]
    return " ".join(shlex.quote(visible(word)) for word in words)


def _wrapped(head: str, text: str, width: int) -> list[str]:
    return textwrap.wrap(
        visible(text), width, initial_indent=head, subsequent_indent=" " * len(head), break_on_hyphens=False,
        break_long_words=False,
    )  # fmt: skip
