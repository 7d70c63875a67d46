"""The options that say under which findings a run still counts as clean, for analyze and live alike, and what is said
where it does not."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from typing import TypeVar

from seqcheck.cli.annotations import annotate
from seqcheck.cli.stdio import say
from seqcheck.demands import Demands, Expectation, Limit, Suspect, Unmet
from seqcheck.model import Report

T = TypeVar("T")


def add(parser: argparse.ArgumentParser) -> None:
    """The options, in a group of their own."""
    group = parser.add_argument_group("what still counts as clean")
    group.add_argument(
        "--max-duplicates", metavar="LIMIT", type=limit,
        help="so many duplicates: a count, or a share of the records received such as 0.1%% (default: 0)",
    )  # fmt: skip
    group.add_argument(
        "--max-missing", metavar="LIMIT", type=limit,
        help="so many missing numbers: a count, or a share of the numbers that should have come (default: 0)",
    )  # fmt: skip
    group.add_argument(
        "--max-late", metavar="LIMIT", type=limit,
        help="so many late records: a count, or a share of the records received (default: any)",
    )  # fmt: skip
    group.add_argument(
        "--fail-on", metavar="CAUSE[:STRENGTH]", type=suspect, action="append", default=[],
        help="findings are duplicates of this cause (or any) with evidence that strong; may be given again; other"
        " duplicates, and missing numbers, then count only under a --max of their own",
    )  # fmt: skip
    group.add_argument(
        "--expect", metavar="FILE", help="findings are what differs from this TOML file (docs/ci.md); likewise"
    )


def demands(args: argparse.Namespace) -> Demands:
    """What these options demand. UsageError where the file cannot be read."""
    return Demands(
        duplicates=args.max_duplicates,
        missing=args.max_missing,
        late=args.max_late,
        suspects=tuple(dict.fromkeys(args.fail_on)),
        expected=None if args.expect is None else Expectation.load(args.expect),
    )


def settle(report: Report, demanded: Demands) -> int:
    """The exit code, having told what is not as demanded."""
    unmet = demanded.unmet(report)
    tell(unmet, report.verdict.statement, demanded)
    return 1 if unmet else 0


def tell(unmet: Sequence[Unmet], statement: str, demanded: Demands, name: str = "") -> None:
    """Say on stderr what the report itself cannot know of, line by line; under GitHub Actions everything, as
    annotations. `name` says which capture, where there are several."""
    where = f"{name}: " if name else ""
    for each in unmet:
        annotated = annotate("error", f"seqcheck: {where}{each.what}", f"{each}. {statement}")
        if demanded.given and not annotated:
            say(f"seqcheck: {where}{each}")


def limit(text: str) -> Limit:
    """Parse `12` or `0.1%`; for argparse."""
    return parsed(Limit.parse, text)


def suspect(text: str) -> Suspect:
    """Parse `stale-slot:moderate`; for argparse."""
    return parsed(Suspect.parse, text)


def parsed(parse: Callable[[str], T], text: str) -> T:
    """What `parse` makes of it, with its complaint in argparse's words."""
    try:
        return parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
