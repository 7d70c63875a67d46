"""`seqcheck live INTERFACE...`: the same as analyze, from an interface, during the capture.

First everything that needs privilege or could fail is opened: the sockets, the reports, the evidence file. Then every
privilege is given up irrevocably (unless root is to stay). Only then is the first byte of traffic read.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
from contextlib import ExitStack, closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from seqcheck.cli import limits, privileges
from seqcheck.cli.destinations import TERMINAL, Destination, deliver_all, tell_all
from seqcheck.cli.ending import Ending, stopping
from seqcheck.cli.growing import Growing
from seqcheck.cli.keeping import Keeping, checked
from seqcheck.cli.listening import check, listen, nothing_came
from seqcheck.cli.live_flags import FLAGS
from seqcheck.cli.live_output import deserted, drawing, opened, say_report
from seqcheck.cli.naming import Namer
from seqcheck.cli.output import STDOUT, Output, apart, spare
from seqcheck.cli.progress import wanted
from seqcheck.cli.quantity import ring_size
from seqcheck.cli.stdio import say
from seqcheck.demands import Demands
from seqcheck.errors import TROUBLE, InputError, UsageError
from seqcheck.outputs import FORMATS

if TYPE_CHECKING:
    from seqcheck.cli.metrics import Metrics
    from seqcheck.engine.watch import Task
    from seqcheck.interfaces.ongoing import Ongoing
    from seqcheck.model import Report

DESCRIPTION = """\
Captures on interfaces, follows the sequence numbers, and says at the end (or at any time, on
a terminal) what the duplicates point to."""

EPILOG = """\
examples:
  sudo seqcheck live eth0
  sudo seqcheck live eth0 --layout "udp:5000 seq=u32be@0" --filter "udp port 5000" --duration 10m
  ssh host sudo tcpdump -i eth0 -U -w - | seqcheck live -
  sudo seqcheck live eth0 --until-duplicate --evidence dup.pcapng --report terminal --report json=run.json

Ctrl-C or SIGTERM ends the capture and prints the report. docs/live.md says how to set up a receiver.
exit codes: 0 clean (or within the limits), 1 findings, 2 trouble"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What was asked for, checked."""

    args: argparse.Namespace
    interfaces: tuple[str, ...]
    reports: tuple[Destination, ...]
    demands: Demands | None


def add(subparsers: Any) -> None:
    """The verb's options."""
    parser = subparsers.add_parser(
        "live",
        description=DESCRIPTION,
        epilog=EPILOG,
        allow_abbrev=False,
    )
    parser.add_argument(
        "interfaces", nargs="+", metavar="INTERFACE",
        help="interfaces to capture on, merged by time; or a pipe through which a capture comes: - or a FIFO",
    )  # fmt: skip
    parser.add_argument(
        "--layout", metavar="LAYOUT", action="append", default=[], dest="layouts",
        help="where the sequence number is, as for analyze; may be repeated",
    )  # fmt: skip
    parser.add_argument(
        "--ring-size", metavar="N", type=ring_size, action="append", default=[], dest="ring_sizes",
        help="slots of the sender's TX ring (ethtool -g), if known; may be repeated",
    )  # fmt: skip
    for flag, more in FLAGS:
        parser.add_argument(flag, **more)
    privileges.add(parser)
    limits.add(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Capture until it is over, write every report, and say whether it was clean."""
    if args.check:
        return check(args)
    options = resolve(args)
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # NumPy's threads would keep privileges of their own
    from seqcheck.cli.rehearsal import rehearse
    from seqcheck.engine.watch import Task
    from seqcheck.kernel import choice
    from seqcheck.layout import resolve_all
    from seqcheck.linux import memory

    fallback = choice().fallback
    if fallback and not args.quiet:
        say(f"seqcheck: note: {fallback}")
    with ExitStack() as stack:
        heir = privileges.heir(args)
        reports = [stack.enter_context(opened(each.path, force=args.force, heir=heir)) for each in options.reports]
        keeping = stack.enter_context(closing(Keeping(args, heir)))
        if heir is not None:  # here, before there is any socket that it could hold
            stack.enter_context(closing(Namer([*reports, *keeping.outputs], keeping.series)))
        reader = stack.enter_context(closing(listen(args, options.interfaces)))
        metrics = stack.enter_context(metrics_at(args.metrics)) if args.metrics else None
        rehearse(options.reports, drawn=wanted(args.quiet))
        memory.give_back()
        gc.freeze()  # what is loaded by now stays: looking through it for garbage, also at the end, is of no use
        task = Task(
            layout=resolve_all(args.layouts),
            ring_sizes=tuple(dict.fromkeys(args.ring_sizes)),
            listed=args.listed,
            also_content=args.also_content,
        )
        privileges.drop(args, heir)
        with stopping(reader) as ending:
            outputs = Outputs(
                reports=tuple(zip(options.reports, reports, strict=True)), keeping=keeping, metrics=metrics
            )
            if metrics is not None:
                metrics.begin(quiet=args.quiet)
            return follow(options, task, reader, outputs, ending)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outputs:
    """Where everything goes."""

    reports: tuple[tuple[Destination, Output], ...]
    keeping: Keeping
    metrics: Metrics | None = None


def follow(options: Options, task: Task, reader: Ongoing, outputs: Outputs, ending: Ending) -> int:
    """From here on nothing is privileged."""
    from seqcheck.cli.showing import showing
    from seqcheck.engine.guard import Allowance
    from seqcheck.engine.watch import Stops, watch

    args = options.args
    stops = Stops(
        duration_s=args.duration,
        frames=args.count,
        until_duplicate=args.until_duplicate,
        allowance=Allowance(memory=args.max_memory),
    )
    keepers = outputs.keeping.keepers(reader)
    growing = {
        output.stream: Growing(output, hurried=lambda: reader.hurried)
        for where, output in outputs.reports
        if where.format == "jsonl"
    }
    beside = [outputs.metrics] if outputs.metrics is not None else []
    with showing(args, list(growing.values()), lambda: reader.stop("it was ended by a key"), beside) as (show, shown):
        if not args.quiet:
            ring = f", with a ring of {reader.ring_bytes >> 20} MiB" if reader.ring_bytes else ""
            each = " each" if ring and len(reader.inputs) > 1 else ""
            shared = f", shared by {args.workers} workers" if args.workers > 1 else ""
            say(f"seqcheck: listening on {', '.join(reader.inputs)}{ring}{each}{shared}")
        try:
            report: Report = watch(reader, task, stops, show, keepers)
        except InputError as error:
            if reader.frames or error.hint:
                raise
            raise InputError(error.message, hint=nothing_came(args, reader.inputs)) from None
    failed = shown.failed
    unread = any(output.path == STDOUT and deserted(output) for _, output in outputs.reports)
    failed += deliver_all(drawing(report, options.demands, growing), *zip(*outputs.reports, strict=True))
    failed += outputs.keeping.settle()
    if unread and ending.interrupted and not args.quiet:
        say_report(report)
    tell_all(failed, verbose=args.verbose)
    if not args.quiet:
        for output in (*(output for _, output in outputs.reports), *outputs.keeping.outputs):
            if output.written:  # also where another process named it: it is silent
                say(f"seqcheck: wrote {output.path}")
    code = limits.settle(report, options.demands)
    return TROUBLE if failed or report.capture.unread else code


def metrics_at(place: str) -> Metrics:
    """Where figures go."""
    from seqcheck.cli.metrics import Metrics  # few runs need it, and it takes a package of its own

    return Metrics(place)


def resolve(args: argparse.Namespace) -> Options:
    """The namespace, checked. UsageError if the arguments exclude one another."""
    checked(args)
    reports = tuple(args.reports or [TERMINAL])
    paths = [*(report.path for report in reports), *([args.evidence] if args.evidence else [])]
    apart(paths, "outputs")
    spare([*args.layouts, args.expect], paths)
    for report in reports:
        if report.format != "jsonl" and getattr(FORMATS[report.format], "keep", "report") != "report":
            raise UsageError(
                f"the report {report.format} has to read the capture again, which a live capture cannot do",
                hint="--report jsonl, --evidence FILE, or tcpdump -w FILE and then seqcheck analyze FILE",
            )
    if sys.platform != "linux" and args.via == "af_packet":
        raise UsageError("--via af_packet needs Linux", hint="leave it out: scapy captures here")
    return Options(
        args=args,
        interfaces=tuple(args.interfaces),
        reports=reports,
        demands=limits.demands(args),
    )
