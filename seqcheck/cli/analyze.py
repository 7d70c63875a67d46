"""`seqcheck analyze CAPTURE...`: captures in, verdict out.

Several files are one capture, in order of time; `-` is a pipe, read as it comes. All outputs are opened before the
work begins, so that a path that cannot be written costs nothing.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from seqcheck.arguments import LISTED, LISTED_MOST, RING_LARGEST, RING_SMALLEST
from seqcheck.cli import limits
from seqcheck.cli.destinations import TERMINAL, Destination, Draw, among, deliver_all, tell_all, tell_written
from seqcheck.cli.output import STDOUT, Ended, Output, apart, identity, spare
from seqcheck.cli.progress import Meter, wanted
from seqcheck.cli.quantity import duration, size
from seqcheck.cli.stdio import say
from seqcheck.dataclass import dataclass, replace
from seqcheck.errors import TROUBLE, UsageError
from seqcheck.reporters import FORMATS, check, needed, publish

if TYPE_CHECKING:
    from seqcheck.cli.confined import Confined
    from seqcheck.demands import Demands
    from seqcheck.model import Report
    from seqcheck.results import Results
    from seqcheck.session import Query

JOBS_MOST = 1024
_FIELD = re.compile(r"(seq|stream|magic|key|time|slot|buf)=(?!.*\.)", re.IGNORECASE)  # a layout without its quotes
FEW_FILES = 100

DESCRIPTION = """\
Reads captures (pcap or pcapng, compressed or not), finds every duplicated and missing
sequence number, and says what the distances between the copies point at."""

EPILOG = """\
examples:
  seqcheck analyze run.pcap
  seqcheck analyze --ring-size 4096 --layout "udp:5000 seq=u32be@0" run.pcapng.zst
  tcpdump -i eth0 -w - udp | seqcheck analyze -
  seqcheck analyze --report terminal --report json=run.json --max-missing 0.1% run.pcap
  seqcheck analyze --each --report html=reports/ captures/*.pcap

exit codes: 0 clean (or within the limits), 1 findings, 2 trouble"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What was asked for, checked."""

    captures: tuple[str, ...]
    layout: str | None
    ring_sizes: tuple[int, ...]
    reports: tuple[Destination, ...]
    demands: Demands | None
    listed: int
    allowance: tuple[float | None, int | None]  # of time and memory
    force: bool
    confined: bool  # to give up root before the first byte is read
    progress: bool
    notes: bool
    verbose: bool


def add(subparsers: Any) -> None:
    """The verb's options."""
    parser = subparsers.add_parser(
        "analyze",
        description=DESCRIPTION,
        epilog=EPILOG,
        allow_abbrev=False,
    )
    parser.add_argument("captures", nargs="+", metavar="CAPTURE", help="a capture file, or - for standard input")
    parser.add_argument(
        "--layout", metavar="LAYOUT",
        help="where the sequence number lies: a name (see `seqcheck layouts`), a TOML file, or a spec such as"
        ' "udp:5000 seq=u32be@0" (default: a header that is recognised, or a counter found beyond doubt)',
    )  # fmt: skip
    parser.add_argument(
        "--ring-size", metavar="N", type=ring_size, action="append", default=[], dest="ring_sizes",
        help="slots of the sender's TX ring (ethtool -g), if known; may be given again",
    )  # fmt: skip
    parser.add_argument(
        "--report", metavar="FORMAT[=PATH]", type=among(FORMATS), action="append", dest="reports",
        help="write this report, to stdout or to PATH; may be given again (default: terminal)",
    )  # fmt: skip
    parser.add_argument("--force", action="store_true", help="replace files that exist")
    parser.add_argument(
        "--each", action="store_true",
        help="analyze each capture on its own, several at a time, and print a table; the PATH of a report is a folder"
        " (DIR/) or contains {name} or {n}",
    )  # fmt: skip
    parser.add_argument(
        "--jobs", metavar="N", type=jobs, help="with --each: captures to read in parallel (default: one per processor)"
    )
    parser.add_argument(
        "--listed", metavar="N", type=listed, default=LISTED,
        help=f"list at most N duplicates and N gaps; all are counted (default: {LISTED})",
    )  # fmt: skip
    parser.add_argument(
        "--max-time", metavar="TIME", type=duration,
        help="stop reading after this time (90, 90s, 15m); the report says what was left unread, and the exit code is"
        " 2",
    )  # fmt: skip
    parser.add_argument(
        "--max-memory", metavar="SIZE", type=size,
        help="stop reading once the process has used this much memory (64M, 2G), as with --max-time; with --each, for"
        " each capture",
    )  # fmt: skip
    parser.add_argument(
        "--keep-privileges", action="store_true",
        help="stay root if started as root (default: captures are read as the user who ran sudo, or as nobody)",
    )  # fmt: skip
    limits.add(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Analyse, write every report, and say whether it was clean."""
    if args.each:
        from seqcheck.cli import each

        return each.run(args)
    options = resolve(args)
    spare([*options.captures, options.layout, args.expect], [report.path for report in options.reports])
    allow_files(len(options.captures))
    with ExitStack() as stack:
        outputs = [stack.enter_context(Output(where.path, force=options.force)) for where in options.reports]
        begin = time.monotonic()
        confined = confinement(options, outputs)
        try:
            results = stack.enter_context(examine(options, confined.enter if confined else None))
        except Ended as ended:
            failed: Sequence[Exception] = ended.settle(outputs)
            tell_all(failed, verbose=options.verbose)
            if options.notes:
                tell_written(outputs)
            return TROUBLE if failed else ended.code
        report = results.report
        if options.verbose:
            say(f"seqcheck: note: {pace(report, time.monotonic() - begin)}")
            show_fault(results)
        failed = deliver_all(drawing(results, options.demands), options.reports, outputs)
    tell_all(failed, verbose=options.verbose)
    if options.notes:
        tell_written(outputs)
    code = limits.settle(report, options.demands)
    return TROUBLE if failed or report.capture.unread else code


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


def show_fault(results: Results) -> None:
    """The traceback of what judging failed with, for those who want to see it."""
    if results.fault is not None:
        import traceback

        say("".join(traceback.format_exception(results.fault)).rstrip())


def allow_files(count: int) -> None:
    """Have the system let us open that many files, beside others, as far as it will."""
    if count < FEW_FILES:
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = count + FEW_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, most), hard))


@contextmanager
def examine(options: Options, ready: Callable[[], None] | None = None) -> Iterator[Results]:
    """What the captures say, with a progress bar where someone would see it; `ready` as in session.examine."""
    from seqcheck import session  # here, since it loads NumPy
    from seqcheck.kernel import choice

    if options.notes and (fallback := choice().fallback):
        say(f"seqcheck: note: {fallback}")
    label = options.captures[0] if len(options.captures) == 1 else f"{len(options.captures)} captures"
    with ExitStack() as stack:
        with Meter(os.path.basename(label)) if options.progress else nullcontext() as meter:
            results = stack.enter_context(session.examine(options.captures, query(options), meter, ready))
        yield results


def query(options: Options) -> Query:
    """What is asked of the captures."""
    from seqcheck.guard import Allowance
    from seqcheck.session import Query

    seconds, memory = options.allowance
    return Query(
        layout=options.layout,
        ring_sizes=options.ring_sizes,
        listed=options.listed,
        allowance=Allowance(seconds=seconds, memory=memory),
        keep=needed(where.format for where in options.reports),
    )


def pace(report: Report, seconds: float) -> str:
    """How fast it was."""
    frames = report.capture.frames
    rate = f" ({frames / seconds:,.0f} frames/s)" if seconds > 0 else ""
    return f"{frames:,} frames in {seconds:.2f} s{rate}, {report.seqcheck.kernel} kernel"


def resolve(args: argparse.Namespace) -> Options:
    """The namespace as Options, and never seen again. UsageError where the arguments exclude one another."""
    if args.jobs is not None and not args.each:
        raise UsageError("--jobs is for --each")
    if args.layout is not None and (words := [each for each in args.captures if _FIELD.match(each)]):
        whole = " ".join([args.layout, *words])
        raise UsageError(f"{words[0]!r} is no capture", hint=f"A layout is one argument, in quotes: --layout '{whole}'")
    reports = tuple(args.reports or [TERMINAL])
    check(report.format for report in reports)
    apart([report.path for report in reports])
    for report in reports:
        if report.path == STDOUT and FORMATS[report.format].binary and sys.stdout is not None and sys.stdout.isatty():
            raise UsageError(
                f"the report {report.format} is not for a terminal", hint=f"--report {report.format}=PATH writes a file"
            )
    if args.captures.count("-") > 1:
        raise UsageError("standard input can be read once only")
    if "-" in args.captures and (sys.stdin is None or sys.stdin.isatty()):
        raise UsageError("standard input is a terminal, not a capture", hint="try: tcpdump -w - | seqcheck analyze -")
    if not args.each:
        once(args.captures)
    return Options(
        captures=tuple(args.captures),
        layout=args.layout,
        ring_sizes=tuple(dict.fromkeys(args.ring_sizes)),
        reports=reports,
        demands=limits.demands(args),
        listed=args.listed,
        allowance=(args.max_time, args.max_memory),
        force=args.force,
        confined=args.ours and not args.keep_privileges and hasattr(os, "geteuid") and not os.geteuid(),
        progress=wanted(args.quiet),
        notes=not args.quiet,
        verbose=args.verbose,
    )


def once(captures: Sequence[str]) -> None:
    """UsageError where two of them are one file: each of its frames would come twice, and nobody means that."""
    named: dict[tuple[int, int], str] = {}
    for path in captures:
        file = identity(path)
        if file is None:
            continue
        if file in named:
            what = "is named twice" if named[file] == path else f"is the same file as {named[file]}"
            raise UsageError(f"{path} {what}", hint="Name it once. --each takes each capture on its own.")
        named[file] = path


def ring_size(text: str) -> int:
    """Parse a number of slots; for argparse."""
    return bounded(text, RING_SMALLEST, RING_LARGEST)


def jobs(text: str) -> int:
    """Parse how many captures are read at a time; for argparse."""
    return bounded(text, 1, JOBS_MOST)


def listed(text: str) -> int:
    """Parse how many findings to list; for argparse."""
    return bounded(text, 0, LISTED_MOST)


def bounded(text: str, low: int, high: int) -> int:
    """A decimal number from low to high."""
    if not (text.isascii() and text.isdigit() and len(text) < 20 and low <= int(text) <= high):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from {low} to {high}")
    return int(text)
