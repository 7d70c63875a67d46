"""The options that say under which findings a run still counts as clean, for analyze and live, and what is printed if
it does not.

The code that judges (seqcheck.demands) is loaded on demand: not if there are no requirements and nothing to report.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from seqcheck.cli.annotations import annotate, wanted
from seqcheck.cli.stdio import say
from seqcheck.errors import TROUBLE

if TYPE_CHECKING:
    from seqcheck.demands import Demands, Limit, Suspect, Unmet
    from seqcheck.model import Report

T = TypeVar("T")


LIMITS = (  # the option, what it allows, what a share is of, and what is allowed without it
    ("duplicates", "duplicates", "the records received", "0"),
    ("missing", "missing numbers", "the numbers expected", "0"),
    ("late", "late records", "the records received", "any"),
)


def allow(group: argparse._ArgumentGroup, name: str, what: str, *, of: str, least: str) -> None:
    """The option --max-NAME."""
    group.add_argument(
        f"--max-{name}", metavar="LIMIT", type=limit,
        help=f"allow up to LIMIT {what}: a count, or a share of {of} such as 0.1%% (default: {least})",
    )  # fmt: skip


def add(parser: argparse.ArgumentParser) -> None:
    """The options, in a group of their own."""
    group = parser.add_argument_group("what still counts as clean")
    for name, what, of, least in LIMITS:
        allow(group, name, what, of=of, least=least)
    group.add_argument(
        "--fail-on", metavar="CAUSE[:STRENGTH]", type=suspect, action="append", default=[],
        help="fail only on duplicates of this cause (or any), with evidence at least this strong; may be repeated;"
        " other duplicates and missing numbers then count only if their own --max-... is given",
    )  # fmt: skip
    group.add_argument(
        "--expect", metavar="FILE",
        help="fail only on what differs from this TOML file (docs/ci.md); --max-... as with --fail-on",
    )  # fmt: skip
    group.add_argument(
        "--allow-damage", action="store_true",
        help="let a damaged or truncated capture pass; otherwise it fails if any of these options is given",
    )  # fmt: skip


def demands(args: argparse.Namespace) -> Demands | None:
    """What these options demand, None for nothing. UsageError if the file cannot be read."""
    given = (args.max_duplicates, args.max_missing, args.max_late, args.expect)
    if not args.fail_on and not args.allow_damage and all(each is None for each in given):
        return None
    from seqcheck.demands import Demands, Expectation

    return Demands(
        duplicates=args.max_duplicates,
        missing=args.max_missing,
        late=args.max_late,
        suspects=tuple(dict.fromkeys(args.fail_on)),
        expected=None if args.expect is None else Expectation.load(args.expect),
        damage=args.allow_damage,
    )


def settle(report: Report, demanded: Demands | None) -> int:
    """The exit code, having printed each unmet requirement."""
    if demanded is None and not wanted():  # the report itself says all
        return report.exit_code
    found = unmet(report, demanded)
    tell(found, report.verdict.statement, demanded)
    return code(report, demanded, bool(found))


def code(report: Report, demanded: Demands | None, found: bool) -> int:
    """The exit code; `found` says whether a requirement was not met."""
    if report.exit_code < TROUBLE or not found:
        return 1 if found else 0
    from seqcheck.demands import Demands

    return (demanded or Demands()).exit_code(report)


def unmet(report: Report, demanded: Demands | None) -> list[Unmet]:
    """The requirements that are not met; without demands, all findings."""
    if demanded is None and not report.exit_code:
        return []
    from seqcheck.demands import Demands

    return (demanded or Demands()).unmet(report)


def tell(unmet: Sequence[Unmet], statement: str, demanded: Demands | None, name: str = "") -> None:
    """Say on stderr what the report itself cannot know of, line by line; under GitHub Actions everything, as
    annotations. `name` says which capture, if there are several."""
    where = f"{name}: " if name else ""
    for each in unmet:
        annotated = annotate("error", f"seqcheck: {where}{each.what}", f"{each}. {statement}")
        if demanded is not None and not annotated:
            say(f"seqcheck: {where}{each}")


def limit(text: str) -> Limit:
    """Parse `12` or `0.1%`; for argparse."""
    from seqcheck.demands.limits import Limit

    return parsed(Limit.parse, text)


def suspect(text: str) -> Suspect:
    """Parse `stale-slot:moderate`; for argparse."""
    from seqcheck.demands.suspects import Suspect

    return parsed(Suspect.parse, text)


def parsed(parse: Callable[[str], T], text: str) -> T:
    """What `parse` makes of it, with its complaint in argparse's words."""
    try:
        return parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
