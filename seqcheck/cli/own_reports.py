"""`--report` of a verb that has formats of its own: it makes one value, which each of them draws."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from importlib import import_module
from typing import TypeVar

from seqcheck.cli.destinations import TERMINAL, among, deliver_all, tell_all, tell_written
from seqcheck.cli.output import Output, apart, spare

Formats = Mapping[str, str]  # by name, the module whose `write(value, out, page)` draws it
Value = TypeVar("Value")


def add(parser: argparse.ArgumentParser, formats: Formats, what: str) -> None:
    """The options. `what` is written: "the comparison"."""
    parser.add_argument(
        "--report", metavar="FORMAT[=PATH]", type=among(formats), action="append", dest="reports",
        help=f"write {what} as {', '.join(formats)}, to stdout or to PATH; may be given again (default: terminal)",
    )  # fmt: skip
    parser.add_argument("--force", action="store_true", help="replace files that exist")


def written(
    args: argparse.Namespace, formats: Formats, inputs: Sequence[str | None], make: Callable[[], Value]
) -> tuple[Value, bool]:
    """What `make` makes, and whether all that was asked for was written; what went wrong is told. Nothing is written
    onto `inputs`, and nothing is made where an output cannot be opened."""
    reports = args.reports or [TERMINAL]
    apart([each.path for each in reports])
    spare(inputs, [each.path for each in reports])
    with ExitStack() as stack:
        outputs = [stack.enter_context(Output(each.path, force=args.force)) for each in reports]
        value = make()
        failed = deliver_all(
            lambda name, out, page: import_module(formats[name]).write(value, out, page), reports, outputs
        )
    tell_all(failed, verbose=args.verbose)
    if not args.quiet:
        tell_written(outputs)
    return value, not failed
