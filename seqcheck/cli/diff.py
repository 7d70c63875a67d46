"""`seqcheck diff BEFORE AFTER`: what got better or worse from one JSON report to another."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from seqcheck.cli import own_reports
from seqcheck.cli.output import STDOUT
from seqcheck.comparison import Summary, compare, load
from seqcheck.errors import InputError, UsageError

DESCRIPTION = """\
Compares two reports that `seqcheck analyze --report json=FILE` wrote, figure by figure and
stream by stream. Captures may differ in length: shares are compared, not counts."""

EPILOG = """\
example:
  seqcheck diff before.json after.json

exit codes: 0 not worse, 1 worse, 2 trouble"""

FORMATS = {
    "terminal": "seqcheck.outputs.diff.terminal",
    "json": "seqcheck.outputs.diff.json",
    "markdown": "seqcheck.outputs.diff.markdown",
}


def add(subparsers: Any) -> None:
    """The verb's options."""
    parser = subparsers.add_parser(
        "diff",
        description=DESCRIPTION,
        epilog=EPILOG,
        allow_abbrev=False,
    )
    parser.add_argument("before", metavar="BEFORE", help="a JSON report, or - for standard input")
    parser.add_argument("after", metavar="AFTER", help="the report to judge, or - for standard input")
    own_reports.add(parser, FORMATS, "the comparison")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Compare, write, and say whether it is worse."""
    if args.before == args.after == STDOUT:
        raise UsageError("standard input can be read only once")
    inputs = [args.before, args.after]
    work = own_reports.Work(
        make=lambda ready: compare(*map(read, inputs)), code=lambda comparison: 1 if comparison.trend == "worse" else 0
    )
    return own_reports.run(args, FORMATS, inputs, work)


def read(path: str) -> Summary:
    """One report, from a file or from standard input."""
    if path == STDOUT:
        if sys.stdin is None or sys.stdin.isatty():
            raise UsageError("standard input is a terminal, not a report")
        return load(sys.stdin.buffer, "standard input")
    try:
        with open(path, "rb") as file:
            return load(file, path)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise InputError(f"{path}: {getattr(error, 'strerror', None) or error}") from error
