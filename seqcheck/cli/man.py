"""`seqcheck man`: the manual page, as man(7) roff, made from the parsers.

To read it: seqcheck man | man -l -; to install it: seqcheck man > ~/.local/share/man/man1/seqcheck.1
"""

from __future__ import annotations

import argparse
import re
import textwrap
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

from seqcheck.cli.stdio import put
from seqcheck.version import VERSION

if TYPE_CHECKING:
    from seqcheck.cli.shape import Option, Verb

WIDTH = 72  # of flowing text in the source
NAME = "find duplicated and missing sequence numbers in packet captures"
EXIT = (
    ("0", "clean, within the limits and as expected; of other verbs: done, not worse"),
    ("1", "findings; of diff: worse"),
    ("2", "trouble: wrong usage, unreadable input, output that cannot be written, no privilege"),
    ("130", "interrupted"),
)
ENVIRONMENT = (
    ("NO_COLOR", "if not empty: no colour, even with FORCE_COLOR"),
    ("FORCE_COLOR", "if not empty: colour even if standard output is not a terminal"),
    ("COLUMNS", "width of terminal output"),
    ("SEQCHECK_KERNEL", "native or reference: use this kernel"),
    ("SEQCHECK_DEBUG", "1: show the traceback of an error"),
    ("GITHUB_ACTIONS", "true: findings and errors as annotations of GitHub Actions, on standard error"),
)


def add(subparsers: Any) -> None:
    """The verb's options."""
    parser = subparsers.add_parser(
        "man",
        description="Prints the manual page.",
        epilog="examples:\n  seqcheck man | man -l -\n  seqcheck man > ~/.local/share/man/man1/seqcheck.1",
        allow_abbrev=False,
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print it."""
    from seqcheck.cli.shape import program

    put(*page(*program()))
    return 0


def page(top: Verb, verbs: Sequence[Verb]) -> Iterator[str]:
    """The page, line by line."""
    yield f'.TH SEQCHECK 1 "" "seqcheck {VERSION}" "User Commands"'
    yield ".SH NAME"
    yield f"seqcheck \\- {text(NAME)}"
    yield ".SH SYNOPSIS"
    for at, verb in enumerate(verbs):
        if at:
            yield ".br"
        yield f".B seqcheck {verb.name}"
        yield f"[\\fIoptions\\fR] {' '.join(value(each.name) for each in verb.arguments)}".rstrip()
    yield ".SH DESCRIPTION"
    yield from paragraph(top.description)
    yield ".SH OPTIONS"
    yield from paragraph("All but --version may also come after the verb.")
    yield from listed(top.flagged)
    for verb in verbs:
        yield f".SH SEQCHECK {verb.name.upper()}"
        yield from paragraph(verb.description)
        yield from listed(verb.arguments)
        group = ""
        for option in verb.flagged:
            if set(option.flags) & {flag for each in top.flagged for flag in each.flags}:
                continue
            if option.group != group:
                group = option.group
                yield f".SS {text(group[:1].upper() + group[1:])}"
            yield from entry(option)
        yield from epilog(verb.epilog)
    for title, rows in (("EXIT STATUS", EXIT), ("ENVIRONMENT", ENVIRONMENT)):
        yield f".SH {title}"
        for name, meaning in rows:
            yield from (".TP", f".B {text(name)}", *paragraph(meaning))
    yield ".SH SEE ALSO"
    yield ".BR tcpdump (8),"
    yield ".BR ethtool (8),"
    yield ".BR wireshark (1)"


def listed(options: Sequence[Option]) -> Iterator[str]:
    """Options one below the other."""
    for option in options:
        yield from entry(option)


def entry(option: Option) -> Iterator[str]:
    """An option or an argument with its meaning."""
    name = value(option.name) if option.name else ""
    if option.flags:
        flags = ", ".join(f"\\fB{text(flag)}\\fR" for flag in option.flags)
        yield from (".TP", f"{flags} {name}".rstrip())
    else:
        yield from (".TP", name)
    yield from paragraph(option.help)


def paragraph(words: str) -> Iterator[str]:
    """Flowing text."""
    yield from map(text, textwrap.wrap(words, WIDTH, break_on_hyphens=False, break_long_words=False))


def epilog(words: str) -> Iterator[str]:
    """What follows an option list: indented lines are examples, and stay as they are."""
    told = [line for line in words.splitlines() if line.strip() and not line.startswith("exit codes:")]
    for literal, lines in groupby(told, key=lambda line: line.startswith("  ")):
        if literal:
            yield from (".PP", ".nf", ".RS", *(text(line[2:]) for line in lines), ".RE", ".fi")
        else:
            yield from (".PP", *paragraph(" ".join(lines)))


def value(name: str) -> str:
    """A metavariable: its words in italics, the marks between them as they are."""
    return re.sub(r"[A-Za-z][A-Za-z0-9_-]*", lambda match: f"\\fI{text(match[0])}\\fR", name)


def text(words: str) -> str:
    """As roff reads it: no request, no escape, every hyphen one that can be copied."""
    escaped = words.replace("\\", "\\e").replace("-", "\\-").replace("`", "\\(ga").replace("^", "\\(ha")
    escaped = escaped.replace("~", "\\(ti").replace('"', "\\(dq")
    return f"\\&{escaped}" if escaped.startswith((".", "'")) else escaped
