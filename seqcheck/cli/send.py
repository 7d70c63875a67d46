"""`seqcheck send INTERFACE`: our own header through a real TX ring of the kernel, with slots left stale on request.

For testing a receiver before it is trusted: it prints, as JSON, what the receiver has to find. Sends only on the given
interface; injects nothing unless --inject says so.
"""

from __future__ import annotations

import argparse
import json
import re
import time
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from seqcheck.cli import privileges
from seqcheck.cli.pace import Pace, hearing
from seqcheck.cli.quantity import bounded, duration, share
from seqcheck.cli.stdio import put, say
from seqcheck.errors import UsageError

if TYPE_CHECKING:
    from seqcheck.linux.tx_ring import TxRing
    from seqcheck.simulate.outgoing import Outgoing

MOST_FRAMES, FASTEST, MOST_FLOWS = 10**15, 10**9, 4096
SECOND = 1_000_000_000

DESCRIPTION = """\
Sends numbered frames, mixed with other traffic, through a TX ring of the kernel, and prints
what it sent as JSON. With --inject stale=RATE it leaves slots stale: their old content goes
out again, one lap later, which is the fault that seqcheck looks for."""

EPILOG = """\
examples:
  sudo seqcheck send veth0 --ring-size 512 --count 1000000
  sudo seqcheck send veth0 --ring-size 4096 --rate 100000 --other 2% --inject stale=0.01% --duration 1m

docs/live.md says how to test a receiver with it, and what the JSON means.
exit codes: 0 sent, 2 trouble"""


def add(subparsers: Any) -> None:
    """The verb's options."""
    parser = subparsers.add_parser(
        "send",
        description=DESCRIPTION,
        epilog=EPILOG,
        allow_abbrev=False,
    )
    parser.add_argument("interface", metavar="INTERFACE", help="the Ethernet interface to send on")
    for flag, more in FLAGS:
        parser.add_argument(flag, **more)
    privileges.add(parser, "frames are sent")
    parser.set_defaults(run=run)


def fault(text: str) -> float:
    """`stale=RATE`; for argparse."""
    name, equals, rate = text.partition("=")
    if name != "stale" or not equals:
        raise argparse.ArgumentTypeError(f"{text!r} is not a fault that can be injected; there is: stale=RATE")
    return share(rate)


def hardware(text: str) -> bytes:
    """A link-layer address; for argparse."""
    if not re.fullmatch(r"[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a link-layer address (02:00:00:00:00:02)")
    return bytes.fromhex(text.replace(":", ""))


FLAGS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("--ring-size", {
        "metavar": "N", "type": lambda text: bounded(text, 2, 65_536), "default": 512,
        "help": "slots of the ring (default: 512)"}),
    ("--count", {
        "metavar": "N", "type": lambda text: bounded(text, 1, MOST_FRAMES),
        "help": "frames to send, other traffic and stale slots included (default: 100000; no limit with --duration)"}),
    ("--duration", {"metavar": "TIME", "type": duration, "help": "stop after this time: 90, 90s, 15m, 8h, 7d"}),
    ("--patience", {
        "metavar": "TIME", "type": duration, "default": 5.0,
        "help": "give up if no frame can be sent for this long (default: 5s)"}),
    ("--rate", {
        "metavar": "FPS", "type": lambda text: bounded(text, 1, FASTEST),
        "help": "frames per second (default: as fast as possible)"}),
    ("--size", {
        "metavar": "BYTES", "type": lambda text: bounded(text, 76, 16_110), "default": 76,
        "help": "length of the numbered frames, without FCS (default: 76); jumbo frames where the MTU allows them"}),
    ("--other", {
        "metavar": "SHARE", "type": share, "default": 0.0,
        "help": "share of the slots that carry other traffic: ARP, TCP, DNS (default: 0)"}),
    ("--inject", {
        "metavar": "stale=RATE", "type": fault, "default": 0.0,
        "help": "leave this share of the slots stale (default: no fault is injected)"}),
    ("--to", {
        "metavar": "ADDRESS", "type": hardware, "default": bytes.fromhex("020000000002"),
        "help": "link-layer address of the receiver (default: 02:00:00:00:00:02)"}),
    ("--stream", {
        "metavar": "N", "type": lambda text: bounded(text, 0, (1 << 32) - 1), "default": 0,
        "help": "stream number in the header (default: 0)"}),
    ("--streams", {
        "metavar": "N", "type": lambda text: bounded(text, 1, 65_536), "default": 1,
        "help": "number the records of N streams in turn: --stream and the ones after it (default: 1)"}),
    ("--flows", {
        "metavar": "N", "type": lambda text: bounded(text, 1, MOST_FLOWS), "default": 1,
        "help": "send the streams from N UDP ports in turn, so that a receiver's queues can share them (default: 1)"}),
    ("--rings", {
        "metavar": "N", "type": lambda text: bounded(text, 1, 64), "default": 1,
        "help": "send through N TX rings in turn, each with its own streams (default: 1)"}),
    ("--seed", {
        "metavar": "S", "type": lambda text: bounded(text, 0, 1 << 62), "default": 1,
        "help": "random seed for other traffic and stale slots (default: 1)"}),
)  # fmt: skip


def run(args: argparse.Namespace) -> int:
    """Send, and print the truth."""
    from seqcheck.interfaces.opening import absent
    from seqcheck.linux import interface, memory
    from seqcheck.linux.tx_ring import SendError, TxRing, slot_size
    from seqcheck.simulate.outgoing import Orders, Outgoing
    from seqcheck.simulate.several import dealt

    found = interface.find(args.interface)
    if found is None or not found.up:
        raise absent(args.interface, found, waits=False)
    forever = args.duration is not None and args.count is None
    orders = Orders(
        ring_size=args.ring_size, frames=MOST_FRAMES if forever else args.count or 100_000, size=args.size,
        other=args.other, stale=args.inject, stream=args.stream, streams=args.streams, flows=args.flows, seed=args.seed,
        target=args.to,
    )  # fmt: skip
    if args.stream + args.streams * args.rings > 1 << 32:
        raise UsageError("--stream, --streams and --rings: a stream's number has 32 bits")
    asked, free = args.rings * args.ring_size * slot_size(args.ring_size, args.size), memory.available()
    if free is not None and asked > free * memory.SHARE:
        raise UsageError(
            f"rings of {asked >> 20:,} MiB are more than half the free memory ({free >> 20:,} MiB)",
            hint="reduce --rings, --ring-size or --size",
        )
    pace = Pace(args.rate, args.duration)
    failed: SendError | None = None
    with ExitStack() as stack:
        lanes = []
        for each in dealt(orders, args.rings):
            ring = stack.enter_context(closing(TxRing(found, args.ring_size, args.size, patience_s=args.patience)))
            lanes.append(Lane(outgoing=Outgoing(each, ring.slots, found.address), ring=ring))
        json.dumps(report(lanes, pace))  # so that all modules are loaded while they still can be read
        privileges.drop(args, privileges.heir(args))
        stack.enter_context(hearing(pace))
        if args.inject and not args.quiet:
            say(f"seqcheck: note: slots are left stale on purpose, {args.inject:.4%} of them")
        pace.begin()
        try:
            send(lanes, pace)
        except SendError as error:
            failed = error
    put(json.dumps({"interface": found.name, **report(lanes, pace)}))
    if failed is not None:
        raise failed
    return 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """A ring, and what goes into it."""

    outgoing: Outgoing
    ring: TxRing

    @property
    def done(self) -> bool:
        """Whether all of it is sent."""
        return self.outgoing.truth.sent >= self.outgoing.orders.frames


def report(lanes: Sequence[Lane], pace: Pace) -> dict[str, Any]:
    """The truth, and how fast it was."""
    from seqcheck.simulate.several import document

    took, truth = pace.elapsed, document([lane.outgoing for lane in lanes])
    return {
        **truth,
        "elapsed_ns": int(took * SECOND),
        "frames_per_second": round(truth["sent"] / took) if took else None,
    }


def send(lanes: Sequence[Lane], pace: Pace) -> None:
    """Until all is sent, the time is over, or a signal says so: a batch through each ring in turn. What was filled and
    not sent is not in the truth."""
    sent, open_ = 0, [lane for lane in lanes if not lane.done]
    try:
        while open_:
            for lane in open_:
                count = pace.next(sent)
                if not count:
                    return
                sent += batch(lane, count, pace)
            open_ = [lane for lane in open_ if not lane.done]
    finally:
        pace.done()


def batch(lane: Lane, count: int, pace: Pace) -> int:
    """Fill and send as many as `count` slots; how many were sent. SendError if no more can be."""
    from seqcheck.linux.tx_ring import SEND_REQUEST, SendError

    outgoing, ring = lane.outgoing, lane.ring
    slots = outgoing.fill(count, time.time_ns())
    ring.slots["status"][slots] = SEND_REQUEST
    try:
        sent = ring.send(slots, pace.over)
    except SendError as error:
        outgoing.unsent(slots.stop - slots.start - error.sent)
        raise
    outgoing.unsent(slots.stop - slots.start - sent)
    return sent
