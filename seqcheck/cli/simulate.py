"""`seqcheck simulate OUT`: the capture of a sender whose ring fails, and the truth about it.

What to simulate comes from a scenario file, from options, or from both: options win.
"""

from __future__ import annotations

import argparse
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seqcheck.cli.output import STDOUT, Output, failing, same_file
from seqcheck.cli.quantity import share
from seqcheck.cli.stdio import say
from seqcheck.errors import UsageError

if TYPE_CHECKING:
    from seqcheck.simulate import Scenario

SECOND = 1_000_000_000
SENDER = "sender"  # the point directly after the ring

DESCRIPTION = """\
Simulates a sender with a netmap-like TX ring, slot by slot, and writes what its receiver
would have captured. The truth file says which frames went out again, and why."""

EPILOG = """\
examples:
  seqcheck simulate out.pcap --ring-size 4096 --host-share 0.01 --stale 40 --truth truth.json
  seqcheck simulate out.pcapng --format pcapng --streams 2 --loss 0.001 --seed 7
  seqcheck simulate out.pcap --layout mpeg-ts:1234 --records 7 --loss 0.001
  seqcheck simulate out.pcap --scenario scenario.toml --force

docs/simulate.md explains the model, scenario files and the truth file.
exit codes: 0 written, 2 trouble"""


def add(subparsers: Any) -> None:
    """The verb's options."""
    parser = subparsers.add_parser(
        "simulate",
        description=DESCRIPTION,
        epilog=EPILOG,
        allow_abbrev=False,
    )
    parser.add_argument("output", metavar="OUT", help="the capture to write, or - for standard output")
    parser.add_argument("--scenario", metavar="FILE", type=Path, help="a scenario file (TOML); options override it")
    parser.add_argument("--truth", metavar="FILE", help="write the ground truth as JSON")
    parser.add_argument(
        "--point", metavar="NAME=FILE", type=point, action="append", default=[], dest="points",
        help=(
            "also write what was captured at this point: sender (right after the ring), or one from the scenario; may "
            "be repeated"
        ),
    )  # fmt: skip
    parser.add_argument("--force", action="store_true", help="replace files that exist")
    for flag, metavar, kind, text in NUMBERS:
        parser.add_argument(flag, metavar=metavar, type=kind, help=text)
    parser.add_argument("--layout", metavar="LAYOUT", help="the header: a name or a spec (default: seqcheck)")
    parser.add_argument(
        "--records", metavar="N", type=int, help="records in each frame, if the layout reads several (default: 1)"
    )
    parser.add_argument("--format", choices=("pcap", "pcapng"), help="format of the capture (default: pcap)")
    parser.add_argument("--resolution", choices=("us", "ns"), help="resolution of its time stamps (default: ns)")
    parser.add_argument(
        "--without-foreign", action="store_true", help="write only frames with the header, as a capture filter would"
    )
    parser.add_argument("--slot-stamp", action="store_true", help="stamp the slot into each header")
    parser.set_defaults(run=run)


def point(text: str) -> tuple[str, str]:
    """NAME=FILE, for argparse."""
    name, mark, path = text.partition("=")
    if not (mark and name and path):
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=FILE")
    return name, path


def count_or_share(text: str) -> int | float:
    """`12` is a count, `0.1` and `10%` are shares; for argparse."""
    try:
        if text.endswith("%"):
            return float(text[:-1]) / 100
        return int(text) if text.isdigit() else float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is neither a count (12) nor a share (0.1, 10%)") from None


# option, metavar, type, help
NUMBERS: tuple[tuple[str, str, Any, str], ...] = (
    ("--ring-size", "N", int, "slots of the ring (default: 512)"),
    ("--frames", "N", int, "frames that the ring sends, including the host's (default: 100000)"),
    ("--streams", "N", int, "streams that share the ring (default: 1)"),
    ("--host-share", "SHARE", share, "share of slots that carry frames of the host's stack (default: 0)"),
    ("--stale", "N|RATE", count_or_share, "host frames whose buffer swap fails: a count, or a share of them"),
    ("--loss", "SHARE", share, "share of frames lost on the path"),
    ("--rate", "FPS", float, "frames per second (default: 100000)"),
    ("--size", "BYTES", int, "length of the frames, without FCS (default: 60)"),
    ("--snap", "BYTES", int, "snap length of the capture (default: whole frames)"),
    ("--seed", "S", int, "random seed; the same seed gives the same bytes (default: 1)"),
)  # fmt: skip


# What a scenario file calls what these options set.
KEYS = {
    "[ring] size": "ring_size", "[ring] frames": "frames", "[traffic] streams": "streams", "[traffic] sizes": "size",
    "[traffic] host_share": "host_share", "[layout] records": "records", "StaleSlot": "stale", "Loss": "loss",
}  # fmt: skip


def run(args: argparse.Namespace) -> int:
    """Simulate and write. What is wrong with an option is said of that option."""
    try:
        return _run(args)
    except UsageError as error:
        message, hint = error.message, error.hint
        for key, name in KEYS.items():
            if args.scenario is None or getattr(args, name) is not None:
                option = f"--{name.replace('_', '-')}"
                message, hint = message.replace(key, option), hint.replace(key, option)
        raise UsageError(message, hint=hint) from error


def _run(args: argparse.Namespace) -> int:
    """The same, in a scenario's words."""
    from seqcheck.simulate import (  # here, since it loads NumPy and scapy
        simulate,
        write,
    )
    from seqcheck.simulate.truth_file import dump

    scenario = resolve(args)
    if args.truth == args.output:
        raise UsageError("the capture and the truth cannot be written to the same file")
    points = dict(args.points)
    places = [args.output, *([args.truth] if args.truth else []), *(path for _, path in args.points)]
    if args.points and len({*places}) < len(places):
        raise UsageError("two captures cannot be written to the same file")
    for path in places:
        if args.scenario and path and path != STDOUT and same_file(path, str(args.scenario)):
            raise UsageError(f"{path} is the scenario; write to another file")
    with ExitStack() as stack:
        capture = stack.enter_context(Output(args.output, force=args.force))
        truth = stack.enter_context(Output(args.truth, force=args.force)) if args.truth else None
        there = {name: stack.enter_context(Output(path, force=args.force)) for name, path in points.items()}
        made = simulate(scenario)
        for name in points:
            if name not in made.points:
                known = ", ".join(made.points)
                raise UsageError(f"the scenario has no point {name!r}", hint=f"There are: {known}." if known else "")
        for name, output in there.items():
            with failing(output.name):
                write(made.points[name], output.stream)
        with failing(capture.name):
            size = write(made, capture.stream)
        if truth:
            with failing(truth.name):
                for line in dump(made):
                    truth.stream.write(line.encode())
        for output in (capture, *there.values(), *([truth] if truth else [])):
            output.commit()
    if not args.quiet:
        say(
            f"{capture.name}: {len(made.kept):,} frames, {size:,} bytes"
            + (f"; the truth: {truth.name}" if truth else "")
        )
    return 0


def resolve(args: argparse.Namespace) -> Scenario:
    """The scenario that the options mean, on top of the file's."""
    from seqcheck.simulate import Scenario, load
    from seqcheck.simulate.path_faults import Loss, Point
    from seqcheck.simulate.ring_faults import StaleSlot

    base = load(args.scenario) if args.scenario else Scenario()
    if args.rate is not None and not 0 < args.rate <= SECOND:
        raise UsageError(f"--rate: {args.rate} frames per second", hint=f"it may be up to {SECOND}")
    slot_ns = None if args.rate is None else (max(1, round(SECOND / args.rate)),)
    faults = list(base.faults)
    if args.stale is not None:
        how = {"count": args.stale} if isinstance(args.stale, int) else {"rate": args.stale}
        faults.append(StaleSlot(**how))
    if args.loss is not None:
        faults.append(Loss(rate=args.loss))
    named = {fault.name for fault in faults if isinstance(fault, Point)}
    if SENDER in dict(args.points) and SENDER not in named:
        faults.insert(0, Point(name=SENDER))
    sizes = None if args.size is None else (args.size,)
    return replace(
        base,
        seed=base.seed if args.seed is None else args.seed,
        ring=_changed(base.ring, size=args.ring_size, frames=args.frames, slot_ns=slot_ns),
        traffic=_changed(base.traffic, streams=args.streams, host_share=args.host_share, sizes=sizes),
        layout=_changed(base.layout, name=args.layout, records=args.records, slot_stamp=args.slot_stamp or None),
        capture=_changed(
            base.capture,
            format=args.format,
            resolution=args.resolution,
            snap=args.snap,
            foreign=False if args.without_foreign else None,
        ),
        faults=tuple(faults),
    )


def _changed(part: Any, **options: Any) -> Any:
    return replace(part, **{name: value for name, value in options.items() if value is not None})
