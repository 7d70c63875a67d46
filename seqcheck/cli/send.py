"""`seqcheck send INTERFACE`: our own header through a real TX ring of the kernel, with slots left stale on request.

For proving a receiver before it is trusted: it prints, as JSON, what the receiver has to find. Sends on the interface
that was named and on no other; injects nothing unless --inject says so.
"""

from __future__ import annotations

import argparse
import json
import re
import signal
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

from seqcheck.cli.quantity import bounded, duration, share
from seqcheck.cli.stdio import put, say
from seqcheck.errors import InputError
from seqcheck.escape import visible

if TYPE_CHECKING:
    from seqcheck.linux.tx_ring import TxRing
    from seqcheck.simulate.outgoing import Orders, Outgoing

MOST_FRAMES, FASTEST = 10**15, 10**9
BATCH = 256  # slots that are filled before the kernel is asked to send them
STEP = 0.001  # seconds' worth of frames that a batch has at least: smaller ones would keep a processor busy with little
SECOND = 1_000_000_000
ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

DESCRIPTION = """\
Sends numbered frames, mixed with other traffic, through a TX ring of the kernel, and
prints what it sent as JSON. With --inject stale=RATE it leaves slots stale: what they
held one lap earlier goes out again, the very fault that seqcheck looks for."""

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
        "help": "give up when no frame could be sent for this long (default: 5s)"}),
    ("--rate", {
        "metavar": "FPS", "type": lambda text: bounded(text, 1, FASTEST),
        "help": "frames per second (default: as fast as possible)"}),
    ("--size", {
        "metavar": "BYTES", "type": lambda text: bounded(text, 76, 1514), "default": 76,
        "help": "length of the numbered frames, without FCS (default: 76)"}),
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
    ("--seed", {
        "metavar": "S", "type": lambda text: bounded(text, 0, 1 << 62), "default": 1,
        "help": "random seed for other traffic and stale slots (default: 1)"}),
)  # fmt: skip


def run(args: argparse.Namespace) -> int:
    """Send, and print the truth."""
    from seqcheck.linux import interface, privilege
    from seqcheck.linux.tx_ring import SendError, TxRing
    from seqcheck.simulate.outgoing import Orders, Outgoing

    found = interface.find(args.interface)
    if found is None or not found.up:
        what = "is down" if found else "is not an interface"
        raise InputError(f"{visible(args.interface)} {what}")
    forever = args.duration is not None and args.count is None
    orders = Orders(
        ring_size=args.ring_size, frames=MOST_FRAMES if forever else args.count or 100_000, size=args.size,
        other=args.other, stale=args.inject, stream=args.stream, seed=args.seed, target=args.to,
    )  # fmt: skip
    ring = TxRing(found, args.ring_size, args.size, patience_s=args.patience)
    outgoing = Outgoing(orders, ring.slots, found.address)
    pace = Pace(args.rate, args.duration)
    json.dumps(report(outgoing, orders, pace))  # so that all modules are loaded while they still can be read
    privilege.drop(privilege.heir())
    failed: SendError | None = None
    with hearing(pace), closing(ring):
        if args.inject and not args.quiet:
            say(f"seqcheck: note: slots are left stale on purpose, {args.inject:.4%} of them")
        pace.begin()
        try:
            send(outgoing, ring, pace)
        except SendError as error:
            failed = error
    put(json.dumps({"interface": found.name, **report(outgoing, orders, pace)}))
    if failed is not None:
        raise failed
    return 0


def report(outgoing: Outgoing, orders: Orders, pace: Pace) -> dict[str, Any]:
    """The truth, and how fast it was."""
    took = pace.elapsed
    return {
        **outgoing.truth.document(orders),
        "elapsed_ns": int(took * SECOND),
        "frames_per_second": round(outgoing.truth.sent / took) if took else None,
    }


class Pace:
    """When to send how much: `rate` frames a second, for `duration` seconds; None is no limit."""

    def __init__(self, rate: int | None, duration: float | None) -> None:
        self._rate, self._duration = rate, duration
        self.ended = False
        self.begin()

    def begin(self) -> None:
        """Now."""
        self._begin = time.monotonic()
        self.elapsed = 0.0

    def next(self, sent: int) -> int:
        """How many frames are due, at least one; waits until that is so. 0 at the end."""
        while not self.over():
            if self._rate is None:
                return BATCH
            least = min(max(int(self._rate * STEP), 1), BATCH)
            due = int(self.elapsed * self._rate) - sent
            if due >= least:
                return min(due, BATCH)
            # Wait for the next batch to fall due; at most 0.1 s, so that a signal and the duration are seen in time.
            time.sleep(min(max((sent + least) / self._rate - self.elapsed, 0.0001), 0.1))
        return 0

    def over(self) -> bool:
        """Whether it is to end: the time is over, or a signal said so."""
        self.elapsed = time.monotonic() - self._begin
        self.ended = self.ended or (self._duration is not None and self.elapsed >= self._duration)
        return self.ended

    def done(self) -> None:
        """All is sent."""
        self.elapsed = time.monotonic() - self._begin

    def stop(self, number: int, frame: object) -> None:
        """A signal: end, with what was sent up to now."""
        self.ended = True


def send(outgoing: Outgoing, ring: TxRing, pace: Pace) -> None:
    """Until all is sent, the time is over, or a signal says so. What was filled and not sent is not in the truth."""
    from seqcheck.linux.tx_ring import SEND_REQUEST, SendError

    try:
        while outgoing.truth.sent < outgoing.orders.frames:
            count = pace.next(outgoing.truth.sent)
            if not count:
                break
            slots = outgoing.fill(count, time.time_ns())
            ring.slots["status"][slots] = SEND_REQUEST
            try:
                sent = ring.send(slots, pace.over)
            except SendError as error:
                outgoing.unsent(slots.stop - slots.start - error.sent)
                raise
            outgoing.unsent(slots.stop - slots.start - sent)
    finally:
        pace.done()


@contextmanager
def hearing(pace: Pace) -> Iterator[None]:
    """Signals end the sending, not the program."""
    before = {number: signal.signal(number, pace.stop) for number in ENDS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
