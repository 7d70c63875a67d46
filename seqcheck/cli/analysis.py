"""What was asked of `analyze`, with and without --each: checked, and converted for the code that does it."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from seqcheck.cli import cluster, limits, privileges, state
from seqcheck.cli.destinations import TERMINAL, Destination, Draw
from seqcheck.cli.output import STDOUT, Output, apart, identity
from seqcheck.cli.progress import wanted
from seqcheck.dataclass import dataclass, replace
from seqcheck.errors import UsageError
from seqcheck.outputs import FORMATS, check, needed, publish

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from seqcheck.capture.selection import Selection
    from seqcheck.cli.confined import Confined
    from seqcheck.demands import Demands
    from seqcheck.engine.rotation import Rotation
    from seqcheck.engine.session import Query
    from seqcheck.model.results import Results

_FIELD = re.compile(r"(seq|stream|magic|key|time|slot|buf)=(?!.*\.)", re.IGNORECASE)  # a layout without its quotes


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What was asked for, checked."""

    captures: tuple[str, ...]
    layouts: tuple[str, ...]
    ring_sizes: tuple[int, ...]
    reports: tuple[Destination, ...]
    demands: Demands | None
    listed: int
    jobs: int
    also_content: bool | None  # None: where it may tell more of a ring
    allowance: tuple[float | None, int | None]  # of time and memory
    selection: Selection | None
    force: bool
    confined: bool  # to give up root before the first byte is read
    progress: bool
    notes: bool
    verbose: bool
    state: str | None = None
    rotation: Rotation | None = None  # with that state
    cluster: str | None = None
    executor: Executor | None = None  # with its workers


def resolve(args: argparse.Namespace) -> Options:
    """The namespace as Options, and never seen again. UsageError if the arguments exclude one another."""
    if args.layouts and (words := [each for each in args.captures if _FIELD.match(each)]):
        whole = " ".join([args.layouts[-1], *words])
        raise UsageError(
            f"{words[0]!r} is not a capture", hint=f"Quote the layout, so that it is one argument: --layout '{whole}'"
        )
    reports = tuple(args.reports or [TERMINAL])
    check(report.format for report in reports)
    apart([report.path for report in reports])
    for report in reports:
        if report.path == STDOUT and FORMATS[report.format].binary and sys.stdout is not None and sys.stdout.isatty():
            raise UsageError(
                f"the report {report.format} is binary and cannot go to a terminal",
                hint=f"write it to a file: --report {report.format}=PATH",
            )
    if args.captures.count("-") > 1:
        raise UsageError("standard input can be read only once")
    if "-" in args.captures and (sys.stdin is None or sys.stdin.isatty()):
        raise UsageError("standard input is a terminal, not a capture", hint="try: tcpdump -w - | seqcheck analyze -")
    if not args.each:
        once(args.captures)
    state.check(args, reports)
    cluster.check(args, reports)
    return Options(
        captures=tuple(args.captures),
        layouts=tuple(args.layouts),
        ring_sizes=tuple(dict.fromkeys(args.ring_sizes)),
        reports=reports,
        demands=limits.demands(args),
        listed=args.listed,
        jobs=1 if args.each else args.jobs or 1,
        also_content=args.also_content,
        allowance=(args.max_time, args.max_memory),
        selection=selection(args),
        force=args.force,
        confined=privileges.given_up(args),
        progress=wanted(args.quiet),
        notes=not args.quiet,
        verbose=args.verbose,
        state=args.state,
        cluster=args.cluster,
    )


def once(captures: Sequence[str]) -> None:
    """UsageError if two of them are one file: each of its frames would come twice, and nobody means that."""
    named: dict[tuple[int, int], str] = {}
    for path in captures:
        file = identity(path)
        if file is None:
            continue
        if file in named:
            what = "is named twice" if named[file] == path else f"is the same file as {named[file]}"
            raise UsageError(f"{path} {what}", hint="Name it only once. To analyze captures separately, use --each.")
        named[file] = path


def selection(args: argparse.Namespace) -> Selection | None:
    """Which frames are asked for; None for all. UsageError if that cannot be."""
    given = {name: getattr(args, name) for name in ("where", "start", "end", "frames") if getattr(args, name)}
    if not given:
        return None
    from seqcheck.capture.selection import Selection

    return Selection(**given)


def query(options: Options) -> Query:
    """What is asked of the captures."""
    from seqcheck.engine.guard import Allowance
    from seqcheck.engine.session import Query

    seconds, memory = options.allowance
    return Query(
        layout=options.layouts,
        ring_sizes=options.ring_sizes,
        listed=options.listed,
        allowance=Allowance(seconds=seconds, memory=memory),
        selection=options.selection,
        rotation=options.rotation,
        jobs=options.jobs,
        also_content=options.also_content,
        executor=options.executor,
        keep=needed(where.format for where in options.reports),
    )


def confinement(options: Options, outputs: Sequence[Output], unwanted: Sequence[int] = ()) -> Confined | None:
    """Where root started this: what it is given up by, with all that is needed later loaded."""
    if not options.confined:
        return None
    from seqcheck.cli.confined import Confined, prepare

    prepare([where.format for where in options.reports], drawn=options.progress)
    return Confined(outputs, unwanted)


def drawing(results: Results, demands: Demands | None) -> Draw:
    """What writes these results, in any format, for a reader who demands that."""
    return lambda name, out, page: publish(name, results, out, replace(page, demands=demands))
