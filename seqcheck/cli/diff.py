"""`seqcheck diff BEFORE AFTER`: what got better or worse from one JSON report to another."""

from __future__ import annotations

import argparse
import sys
from contextlib import ExitStack
from importlib import import_module
from typing import Any

from seqcheck.cli.destinations import TERMINAL, among, deliver_all, tell_all
from seqcheck.cli.output import STDOUT, Output, apart, spare
from seqcheck.comparison import Summary, compare, load
from seqcheck.errors import TROUBLE, InputError, UsageError

DESCRIPTION = """\
Compares two reports that `seqcheck analyze --report json=FILE` wrote, figure by figure and
stream by stream. Captures may differ in length: shares are compared, not counts."""

EPILOG = """\
example:
  seqcheck diff before.json after.json

exit codes: 0 not worse, 1 worse, 2 trouble"""

FORMATS = {
    "terminal": "seqcheck.reporters.diff_terminal",
    "json": "seqcheck.reporters.diff_json",
    "markdown": "seqcheck.reporters.diff_markdown",
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
    parser.add_argument(
        "--report", metavar="FORMAT[=PATH]", type=among(FORMATS), action="append", dest="reports",
        help=f"write the comparison as {', '.join(FORMATS)}, to stdout or to PATH; may be given again"
        " (default: terminal)",
    )  # fmt: skip
    parser.add_argument("--force", action="store_true", help="replace files that exist")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Compare, write, and say whether it is worse."""
    reports = args.reports or [TERMINAL]
    apart([each.path for each in reports])
    if args.before == args.after == STDOUT:
        raise UsageError("standard input can be read once only")
    spare([args.before, args.after], [each.path for each in reports])
    comparison = compare(read(args.before), read(args.after))
    with ExitStack() as stack:
        outputs = [stack.enter_context(Output(each.path, force=args.force)) for each in reports]
        failed = deliver_all(
            lambda name, out, page: import_module(FORMATS[name]).write(comparison, out, page), reports, outputs
        )
    tell_all(failed, verbose=args.verbose)
    if failed:
        return TROUBLE
    return 1 if comparison.trend == "worse" else 0


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
