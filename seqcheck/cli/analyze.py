"""`seqcheck analyze CAPTURE...`: captures in, verdict out.

Several files are one capture, in time order; `-` is a pipe, read as it comes. All outputs are opened before the
work begins, so that a path that cannot be written costs nothing.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from seqcheck.arguments import LISTED
from seqcheck.cli import cluster, limits, privileges, state
from seqcheck.cli.analysis import Options, confinement, drawing, query, resolve
from seqcheck.cli.destinations import among, deliver_all, tell_all, tell_written
from seqcheck.cli.live_flags import ALSO_CONTENT
from seqcheck.cli.many_files import allow_files
from seqcheck.cli.output import Ended, Output, apart, spare
from seqcheck.cli.progress import Meter
from seqcheck.cli.quantity import duration, frames, jobs, listed, moment, ring_size, size
from seqcheck.cli.stdio import say
from seqcheck.dataclass import replace
from seqcheck.errors import TROUBLE
from seqcheck.outputs import FORMATS

if TYPE_CHECKING:
    from seqcheck.model import Report
    from seqcheck.model.results import Results

DESCRIPTION = """\
Reads captures (pcap or pcapng, compressed or not), finds every duplicated and missing
sequence number, and says what the distances between the copies point to."""

EPILOG = """\
examples:
  seqcheck analyze run.pcap
  seqcheck analyze --ring-size 4096 --layout "udp:5000 seq=u32be@0" run.pcapng.zst
  tcpdump -i eth0 -w - udp | seqcheck analyze -
  seqcheck analyze --report terminal --report json=run.json --max-missing 0.1% run.pcap
  seqcheck analyze --state run.state --report json=run.json --force run-0007.pcap
  seqcheck analyze --cluster tcp://head:8786 --layout seqcheck s3://captures/run.pcap
  seqcheck analyze --each --report html=reports/ captures/*.pcap

exit codes: 0 clean (or within the limits), 1 findings, 2 trouble"""


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
        "--layout", metavar="LAYOUT", action="append", default=[], dest="layouts",
        help="where the sequence number is: a name (see `seqcheck layouts`), a TOML file, or a spec such as"
        ' "udp:5000 seq=u32be@0"; "content" if there is no number; may be repeated: each frame uses the first that fits'
        " (default: a header that is recognized, or a counter found beyond doubt)",
    )  # fmt: skip
    parser.add_argument(
        "--ring-size", metavar="N", type=ring_size, action="append", default=[], dest="ring_sizes",
        help="slots of the sender's TX ring (ethtool -g), if known; may be repeated",
    )  # fmt: skip
    parser.add_argument(
        "--report", metavar="FORMAT[=PATH]", type=among(FORMATS), action="append", dest="reports",
        help="write this report, to stdout or to PATH; may be repeated (default: terminal)",
    )  # fmt: skip
    parser.add_argument(
        "--also-content", action="store_const", const=True,
        help=f"{ALSO_CONTENT} (default: only if files show a ring, which are then read a second time)",
    )  # fmt: skip
    parser.add_argument(
        "--no-also-content", action="store_const", const=False, dest="also_content",
        help="do not compare them, even if files show a ring",
    )  # fmt: skip
    parser.add_argument("--force", action="store_true", help="replace files that exist")
    parser.add_argument(
        "--each", action="store_true",
        help="analyze each capture on its own, several at a time, and print a table; the PATH of a report is a folder"
        " (DIR/) or contains {name} or {n}",
    )  # fmt: skip
    parser.add_argument(
        "--jobs", metavar="N", type=jobs,
        help="read a plain capture with N threads (default: 1), with the same report; with --each, N captures at a time"
        " (default: one per processor)",
    )  # fmt: skip
    parser.add_argument(
        "--cluster", metavar="ADDRESS",
        help="let a Dask cluster read the captures (paths or URLs that its workers can open): tcp://HOST:8786 is its"
        " scheduler, local:4 starts four processes here; the report is the same",
    )  # fmt: skip
    parser.add_argument(
        "--listed", metavar="N", type=listed, default=LISTED,
        help=f"list at most N duplicates and N gaps individually; all are counted (default: {LISTED})",
    )  # fmt: skip
    parser.add_argument(
        "--max-time", metavar="TIME", type=duration,
        help="stop reading after this time (90, 90s, 15m); the report says what was not read, and the exit code is 2",
    )  # fmt: skip
    parser.add_argument(
        "--max-memory", metavar="SIZE", type=size,
        help="stop reading once the process has used this much memory (64M, 2G), as with --max-time; with --each, for"
        " each capture",
    )  # fmt: skip
    parser.add_argument(
        "--state", metavar="FILE",
        help=(
            "for rotated captures: continue from FILE if it exists, and save the new state there; the report covers "
            "all captures so far, as if they were one"
        ),
    )  # fmt: skip
    privileges.add(parser)
    part = parser.add_argument_group("which frames to read (default: all)")
    part.add_argument(
        "--where", metavar="EXPRESSION", default="",
        help='read only the frames that match this tcpdump expression, such as "udp port 5000"',
    )  # fmt: skip
    part.add_argument(
        "--from", metavar="WHEN", type=moment, dest="start",
        help=(
            "read frames from this time on: 2026-11-28T10:00:00Z (UTC unless it has a zone), seconds since 1970, or "
            "+90s after the first frame (also +10ms)"
        ),
    )  # fmt: skip
    part.add_argument(
        "--to", metavar="WHEN", type=moment, dest="end", help="read frames before this time, in the same format"
    )
    part.add_argument(
        "--frames", metavar="A-B", type=frames,
        help="read frames A to B, counted from 1 as in Wireshark; A- reads to the end",
    )  # fmt: skip
    limits.add(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Analyze, write every report, and say whether it was clean."""
    if args.each:
        from seqcheck.cli import each

        return each.run(args)
    options = resolve(args)
    places = [report.path for report in options.reports]
    places += [options.state] if options.state else []
    apart(places, "outputs")
    spare([*options.captures, *options.layouts, args.expect], places)
    allow_files(len(options.captures))
    with ExitStack() as stack:
        outputs = [stack.enter_context(Output(where.path, force=options.force)) for where in options.reports]
        reports = outputs.copy()
        kept = None
        if options.state:
            rotation, kept = state.begin(options.state, stack)
            options = replace(options, rotation=rotation)
            outputs.append(kept.output)
        options = cluster.begin(options, stack)
        begin = time.monotonic()
        confined = confinement(options, outputs)
        try:
            results = stack.enter_context(examine(options, confined.enter if confined else None))
        except Ended as ended:
            code = privileges.settle(ended, outputs, verbose=options.verbose)
            if options.notes:
                tell_written(outputs)
            return code
        report = results.report
        if options.verbose:
            say(f"seqcheck: note: {pace(report, time.monotonic() - begin)}")
            show_fault(results)
        failed = deliver_all(drawing(results, options.demands), options.reports, reports)
        if kept:
            failed += state.keep(kept, report, failed)
    tell_all(failed, verbose=options.verbose)
    if options.notes:
        tell_written(outputs)
    code = limits.settle(report, options.demands)
    return TROUBLE if failed or report.capture.unread else code


def show_fault(results: Results) -> None:
    """The traceback of what judging failed with, for those who want to see it."""
    if results.fault is not None:
        import traceback

        say("".join(traceback.format_exception(results.fault)).rstrip())


@contextmanager
def examine(options: Options, ready: Callable[[], None] | None = None) -> Iterator[Results]:
    """What the captures say, with a progress bar where someone would see it; `ready` as in session.examine."""
    from seqcheck.engine import session  # here, since it loads NumPy
    from seqcheck.kernel import choice

    if options.notes and (fallback := choice().fallback):
        say(f"seqcheck: note: {fallback}")
    label = options.captures[0] if len(options.captures) == 1 else f"{len(options.captures)} captures"
    with ExitStack() as stack:
        with Meter(os.path.basename(label)) if options.progress else nullcontext() as meter:
            results = stack.enter_context(session.examine(options.captures, query(options), meter, ready))
        yield results


def pace(report: Report, seconds: float) -> str:
    """How fast it was."""
    frames = report.capture.frames
    rate = f" ({frames / seconds:,.0f} frames/s)" if seconds > 0 else ""
    return f"{frames:,} frames in {seconds:.2f} s{rate}, {report.seqcheck.kernel} kernel"
