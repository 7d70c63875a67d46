"""`seqcheck live INTERFACE...`: the same as analyze, from the wire, while the traffic runs.

First everything is opened that needs privilege or could fail: the sockets, the reports, the evidence file. Then every
privilege is given up, for good. Only then is the first byte of traffic looked at.
"""

from __future__ import annotations

import argparse
import gc
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from seqcheck.arguments import LISTED
from seqcheck.cli import limits
from seqcheck.cli.destinations import TERMINAL, Destination, among, deliver_all, tell_all, tell_written
from seqcheck.cli.growing import Growing
from seqcheck.cli.live_output import deserted, drawing, opened, say_report
from seqcheck.cli.naming import Namer
from seqcheck.cli.output import STDOUT, Output, apart, spare
from seqcheck.cli.progress import wanted
from seqcheck.cli.quantity import bounded, duration, listed, ring_size, size
from seqcheck.cli.stdio import put, say
from seqcheck.demands import Demands
from seqcheck.errors import TROUBLE, InputError, OutputError, UsageError
from seqcheck.escape import visible
from seqcheck.reporters import FORMATS

if TYPE_CHECKING:
    from seqcheck.model import Report
    from seqcheck.sources.live import LiveReader
    from seqcheck.sources.recorder import Recorder
    from seqcheck.watch import Task

SMALLEST_SNAP, LARGEST_SNAP = 64, 262_144
MOST_FRAMES = 10**18
MOST_AROUND = 1000
EVIDENCE_LIMIT = 100_000_000
CHECKED_S = 1.0  # how long counters are watched
RING_SHARE = 0.5  # of the memory that is free: what the kernel gives for rings it takes from everybody else
ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

DESCRIPTION = """\
Captures on interfaces, follows the sequence numbers while traffic runs, and says at the
end (or at any time, on a terminal) what the duplicates point at."""

EPILOG = """\
examples:
  sudo seqcheck live eth0
  sudo seqcheck live eth0 --layout "udp:5000 seq=u32be@0" --filter "udp port 5000" --duration 10m
  sudo seqcheck live eth0 --until-duplicate --evidence dup.pcapng --report terminal --report json=run.json

Ctrl-C or SIGTERM ends it with the report. docs/live.md says how to set up a receiver.
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
    parser.add_argument("interfaces", nargs="+", metavar="INTERFACE", help="interfaces to capture on, merged by time")
    parser.add_argument("--layout", metavar="LAYOUT", help="where the sequence number lies, as for analyze")
    parser.add_argument(
        "--ring-size", metavar="N", type=ring_size, action="append", default=[], dest="ring_sizes",
        help="slots of the sender's TX ring (ethtool -g), if known; may be given again",
    )  # fmt: skip
    for flag, more in FLAGS:
        parser.add_argument(flag, **more)
    limits.add(parser)
    parser.set_defaults(run=run)


FLAGS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("--duration", {"metavar": "TIME", "type": duration, "help": "stop after this time: 90, 90s, 15m, 8h, 7d"}),
    ("--count", {
        "metavar": "N", "type": lambda text: bounded(text, 1, MOST_FRAMES), "help": "stop after N frames"}),
    ("--until-duplicate", {"action": "store_true", "help": "stop at the first duplicate"}),
    ("--check", {
        "action": "store_true",
        "help": "capture nothing: say how the interfaces are set up and what to change (for --duration, default: 1s)"}),
    ("--wait", {
        "action": "store_true",
        "help": "wait for interfaces that are missing, down or go away (default: stop)"}),
    ("--max-memory", {
        "metavar": "SIZE", "type": size,
        "help": "stop once the process has used this much memory (64M, 2G); the report says so, and the exit code is"
        " 2"}),
    ("--filter", {
        "metavar": "EXPRESSION",
        "help": "capture only what matches this tcpdump expression (applied by the kernel)"}),
    ("--promiscuous", {"action": "store_true", "help": "capture frames for other addresses, too"}),
    ("--snap", {
        "metavar": "BYTES", "type": lambda text: bounded(text, SMALLEST_SNAP, LARGEST_SNAP), "default": LARGEST_SNAP,
        "help": "capture at most BYTES of each frame; fewer cost less (default: all)"}),
    ("--ring", {
        "metavar": "SIZE", "type": size, "default": 64 << 20,
        "help": "the kernel's buffer for frames not yet read, for each interface (default: 64M)"}),
    ("--clock", {
        "choices": ("host", "adapter"), "default": "host",
        "help": "source of time stamps: the host, or the adapter's hardware if it can (default: host)"}),
    ("--via", {
        "choices": ("af_packet", "scapy"),
        "help": "how to capture: the kernel's ring (the default on Linux), or scapy (anywhere, far slower)"}),
    ("--evidence", {
        "metavar": "FILE", "help": "write both copies of each duplicate and the frames around them, as pcapng"}),
    ("--evidence-limit", {
        "metavar": "SIZE", "type": size, "default": EVIDENCE_LIMIT,
        "help": "stop writing evidence at this size (default: 100 MB)"}),
    ("--evidence-around", {
        "metavar": "N", "type": lambda text: bounded(text, 0, MOST_AROUND), "default": 5,
        "help": "frames to keep before and after each copy (default: 5)"}),
    ("--interval", {
        "metavar": "TIME", "type": duration,
        "help": "print status at this interval (default: 0.25s on a terminal, else 10s)"}),
    ("--report", {
        "metavar": "FORMAT[=PATH]", "type": among(FORMATS), "action": "append", "dest": "reports",
        "help": "write this report at the end, to stdout or to PATH; jsonl also writes a line at each interval; may be"
        " given again (default: terminal)"}),
    ("--force", {"action": "store_true", "help": "replace files that exist"}),
    ("--listed", {
        "metavar": "N", "type": listed, "default": LISTED,
        "help": f"list at most N duplicates and N gaps; all are counted (default: {LISTED})"}),
)  # fmt: skip


def check(args: argparse.Namespace) -> int:
    """Say how the interfaces are set up; 1 where something could be better."""
    from seqcheck.linux import adapter, interface
    from seqcheck.receiver import remarks

    for name in args.interfaces:
        if interface.find(name) is None:
            raise InputError(f"there is no interface {visible(name)}")
    before = [interface.losses(name) for name in args.interfaces]
    time.sleep(args.duration or CHECKED_S)
    found = []
    for name, lost in zip(args.interfaces, before, strict=True):
        told = remarks(adapter.look(name), args.ring_sizes)
        if (more := interface.losses(name) - lost) > 0:
            told.insert(
                0, f"{name}: it loses frames right now, {more:,} while this was looked at: ip -s link show {name}"
            )
        found += told
        put(*told, *([] if told else [f"{name}: nothing to remark"]))
    return 1 if found else 0


def run(args: argparse.Namespace) -> int:
    """Capture until it is over, write every report, and say whether it was clean."""
    if args.check:
        return check(args)
    options = resolve(args)
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # NumPy's threads would keep privileges of their own
    from seqcheck.cli.rehearsal import rehearse
    from seqcheck.kernel import choice
    from seqcheck.layout import resolve as resolve_layout
    from seqcheck.linux import memory, privilege
    from seqcheck.watch import Task

    fallback = choice().fallback
    if fallback and not args.quiet:
        say(f"seqcheck: note: {fallback}")
    with ExitStack() as stack:
        heir = privilege.heir()
        reports = [stack.enter_context(opened(each.path, force=args.force, heir=heir)) for each in options.reports]
        evidence = stack.enter_context(opened(args.evidence, force=args.force, heir=heir)) if args.evidence else None
        if heir is not None:  # here, before there is any socket that it could hold
            stack.enter_context(closing(Namer([*reports, *([evidence] if evidence else [])])))
        reader = stack.enter_context(listen(args, options.interfaces))
        rehearse(options.reports, drawn=wanted(args.quiet))
        memory.give_back()
        gc.freeze()  # what is loaded by now stays: looking through it for garbage, also at the end, is of no use
        task = Task(
            layout=resolve_layout(args.layout) if args.layout is not None else None,
            ring_sizes=tuple(dict.fromkeys(args.ring_sizes)),
            listed=args.listed,
        )
        privilege.drop(heir)
        with stopping(reader) as ending:
            outputs = Outputs(reports=tuple(zip(options.reports, reports, strict=True)), evidence=evidence)
            return follow(options, task, reader, outputs, ending)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outputs:
    """Where everything goes."""

    reports: tuple[tuple[Destination, Output], ...]
    evidence: Output | None


def follow(options: Options, task: Task, reader: LiveReader, outputs: Outputs, ending: Ending) -> int:
    """From here on nothing is privileged."""
    from seqcheck.cli.showing import showing
    from seqcheck.guard import Allowance
    from seqcheck.watch import Stops, watch

    args = options.args
    stops = Stops(
        duration_s=args.duration,
        frames=args.count,
        until_duplicate=args.until_duplicate,
        allowance=Allowance(memory=args.max_memory),
    )
    recorder = record(args, reader, outputs.evidence) if outputs.evidence else None
    growing = {output.stream: Growing(output) for where, output in outputs.reports if where.format == "jsonl"}
    with showing(args, list(growing.values())) as (show, shown):
        if not args.quiet:
            ring = f", with a ring of {reader.ring_bytes >> 20} MiB" if reader.ring_bytes else ""
            each = " each" if ring and len(reader.inputs) > 1 else ""
            say(f"seqcheck: listening on {', '.join(reader.inputs)}{ring}{each}")
        report: Report = watch(reader, task, stops, show, recorder)
    failed = shown.failed
    if recorder is not None and recorder.failure:
        failed.append(OutputError(f"cannot write {args.evidence} to its end: {recorder.failure}"))
    unread = any(output.path == STDOUT and deserted(output) for _, output in outputs.reports)
    failed += deliver_all(drawing(report, options.demands, growing), *zip(*outputs.reports, strict=True))
    if outputs.evidence:
        try:
            outputs.evidence.commit()
        except OutputError as error:
            failed.append(error)
    if unread and ending.interrupted and not args.quiet:
        say_report(report)
    tell_all(failed, verbose=args.verbose)
    if not args.quiet:
        tell_written([output for _, output in outputs.reports])
    code = limits.settle(report, options.demands)
    return TROUBLE if failed or report.capture.unread else code


def listen(args: argparse.Namespace, names: tuple[str, ...]) -> LiveReader:
    """The interfaces, opened."""
    from seqcheck.linux import memory
    from seqcheck.linux.packet_socket import Listening
    from seqcheck.sources.live import LiveReader, by_ring, by_scapy

    how = Listening(
        ring=args.ring,
        snap=args.snap,
        promiscuous=args.promiscuous,
        clock=args.clock,
        expression=args.filter or "",
    )
    free = memory.available()  # looked at first: the kernel takes what it is asked for from everybody
    if free is not None and args.ring * len(names) > free * RING_SHARE:
        each = f" for each of {len(names)} interfaces" if len(names) > 1 else ""
        raise UsageError(
            f"--ring: {args.ring >> 20:,} MiB{each} is more than half of the memory that is free ({free >> 20:,} MiB)",
            hint=f"at most: --ring {max(int(free * RING_SHARE) // len(names) >> 20, 4)}M",
        )
    via = args.via or ("af_packet" if sys.platform == "linux" else "scapy")
    opener = by_ring if via == "af_packet" else by_scapy
    note = (lambda text: None) if args.quiet else (lambda text: say(f"seqcheck: {text}"))
    return LiveReader(names, how, opener=opener, wait=args.wait, note=note)


def record(args: argparse.Namespace, reader: LiveReader, evidence: Output) -> Recorder:
    """The flight recorder."""
    from seqcheck.sources.recorder import Around, Recorder
    from seqcheck.version import VERSION

    around = Around(before=args.evidence_around, after=args.evidence_around)
    program, name = f"seqcheck {VERSION}", ",".join(reader.inputs)
    out = Growing(evidence, silent=1)  # the file's header
    return Recorder(out, program=program, name=name, around=around, limit=args.evidence_limit)


@dataclass(slots=True)
class Ending:
    """How the capture is told to end. `interrupted`: by Ctrl-C."""

    reader: LiveReader
    asked: int = 0
    interrupted: bool = False

    def heard(self, number: int, frame: object) -> None:
        """A signal. The first one ends the capture, the second what takes time after that; a third Ctrl-C
        everything."""
        self.asked += 1
        self.interrupted = self.interrupted or number == signal.SIGINT
        self.reader.stop(f"it was ended by {signal.Signals(number).name}")
        if self.asked > 1:
            self.reader.hurried = True
            signal.signal(signal.SIGINT, signal.default_int_handler)


@contextmanager
def stopping(reader: LiveReader) -> Iterator[Ending]:
    """Ctrl-C, SIGTERM and SIGHUP end the capture, not the program, until the reports are written. Under nohup SIGHUP
    does nothing."""
    ending = Ending(reader)
    wanted = [number for number in ENDS if signal.getsignal(number) != signal.SIG_IGN or number != signal.SIGHUP]
    before = {number: signal.signal(number, ending.heard) for number in wanted}
    try:
        yield ending
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def resolve(args: argparse.Namespace) -> Options:
    """The namespace, checked. UsageError where the arguments exclude one another."""
    reports = tuple(args.reports or [TERMINAL])
    paths = [*(report.path for report in reports), *([args.evidence] if args.evidence else [])]
    apart(paths, "outputs")
    spare([args.layout, args.expect], paths)
    for report in reports:
        if report.format != "jsonl" and getattr(FORMATS[report.format], "keep", "report") != "report":
            raise UsageError(
                f"the report {report.format} needs a capture that can be read again, live there is none",
                hint="--report jsonl, --evidence FILE, or tcpdump -w FILE and then seqcheck analyze FILE",
            )
    if sys.platform != "linux" and args.via == "af_packet":
        raise UsageError("--via af_packet is Linux's", hint="leave it out: scapy captures here")
    return Options(
        args=args,
        interfaces=tuple(args.interfaces),
        reports=reports,
        demands=limits.demands(args),
    )
