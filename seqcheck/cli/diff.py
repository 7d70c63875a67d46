"""`seqcheck diff BEFORE AFTER`: what got better or worse from one JSON report to another."""

from __future__ import annotations

import argparse
import sys
from contextlib import ExitStack
from importlib import import_module
from typing import Any, Protocol, cast

from seqcheck.cli.output import STDOUT, Output, apart, failing, spare
from seqcheck.cli.page import page_for
from seqcheck.cli.stdio import abandon_stdout
from seqcheck.comparison import Comparison, Summary, compare, load
from seqcheck.dataclass import dataclass
from seqcheck.errors import InputError, UsageError

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """One `--report FORMAT[=PATH]`."""

    format: str
    path: str


class Writer(Protocol):
    """What a module in FORMATS offers."""

    def write(self, comparison: Comparison, out: Any, page: Any) -> None: ...


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
        "--report", metavar="FORMAT[=PATH]", type=destination, action="append", dest="reports",
        help=f"write the comparison as {', '.join(FORMATS)}, to stdout or to PATH; may be given again"
        " (default: terminal)",
    )  # fmt: skip
    parser.add_argument("--force", action="store_true", help="replace files that exist")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Compare, write, and say whether it is worse."""
    reports = args.reports or [Destination(format="terminal", path=STDOUT)]
    apart([each.path for each in reports])
    if args.before == args.after == STDOUT:
        raise UsageError("standard input can be read once only")
    spare([args.before, args.after], [each.path for each in reports])
    comparison = compare(read(args.before), read(args.after))
    with ExitStack() as stack:
        outputs = [stack.enter_context(Output(each.path, force=args.force)) for each in reports]
        for each, output in zip(reports, outputs, strict=True):
            write(comparison, each.format, output)
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


def write(comparison: Comparison, name: str, output: Output) -> None:
    """Write one output. A reader that has seen enough changes nothing in what was found."""
    writer = cast(Writer, import_module(FORMATS[name]))
    try:
        with failing(output.name):
            writer.write(comparison, output.stream, page_for(output.stream))
        output.commit()
    except BrokenPipeError:
        if output.path == STDOUT:
            abandon_stdout()


def destination(text: str) -> Destination:
    """Parse FORMAT[=PATH]; for argparse."""
    name, _, path = text.partition("=")
    if name not in FORMATS:
        raise argparse.ArgumentTypeError(f"there is no report {name!r}; there are: {', '.join(FORMATS)}")
    if "=" in text and not path:
        raise argparse.ArgumentTypeError(f"{text!r} lacks a path behind the =")
    return Destination(format=name, path=path or STDOUT)
