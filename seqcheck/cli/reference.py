"""The tables of docs/cli.md, made from the parsers: python -m seqcheck.cli.reference docs/cli.md rewrites them.

A table is between `<!-- verbs -->` or `<!-- options: VERB -->` and `<!-- end -->`; everything else on the page is
by hand, and stays.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from seqcheck.cli.main import VERBS
from seqcheck.cli.shape import Option, Verb, program

_PLACE = re.compile(r"(<!-- (verbs|options: ?([a-z]*)) -->\n).*?(<!-- end -->)", re.DOTALL)


def renewed(page: str) -> str:
    """The page with every table as it has to be. KeyError if it asks for a verb that is not there."""
    top, verbs = program()
    known = {verb.name: verb for verb in (top, *verbs)}

    def fill(found: re.Match[str]) -> str:
        rows = verb_rows() if found[2] == "verbs" else option_rows(known[found[3]], top)
        return "\n".join([found[1], *rows, "", found[4]])

    return _PLACE.sub(fill, page)


def verb_rows() -> Iterator[str]:
    """What each verb does."""
    yield "| verb | |"
    yield "| --- | --- |"
    for name, summary in VERBS.items():
        yield f"| [`{name}`](#seqcheck-{name}) | {plain(summary)} |"


def option_rows(verb: Verb, top: Verb) -> Iterator[str]:
    """A verb's arguments and options, without those that all have."""
    common = {flag for option in top.flagged for flag in option.flags} if verb is not top else {"-h", "--help"}
    group = ""
    yield "| option | |"
    yield "| --- | --- |"
    for option in verb.options:
        if common & {*option.flags}:
            continue
        if option.group != group:
            group = option.group
            yield f"| **{plain(group)}** | |"
        yield f"| {names(option)} | {plain(option.help)} |"


def names(option: Option) -> str:
    """Its flags, each with its value."""
    value = option.name.replace("|", "\\|")
    return ", ".join(f"`{f'{flag} {value}'.strip()}`" for flag in option.flags) or f"`{value}`"


def plain(text: str) -> str:
    """As Markdown reads it in a table; `code` stays code."""
    return re.sub(r"([|<*_])", r"\\\1", text)


if __name__ == "__main__":
    for name in sys.argv[1:]:
        path = Path(name)
        path.write_text(renewed(path.read_text(encoding="utf-8")), encoding="utf-8")
