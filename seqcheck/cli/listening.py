"""Where `seqcheck live` takes its frames from: interfaces, or a pipe; and how interfaces are set up (`--check`)."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from seqcheck.cli.live_flags import LARGEST_SNAP, RING
from seqcheck.cli.stdio import put, say
from seqcheck.errors import UsageError
from seqcheck.escape import visible

if TYPE_CHECKING:
    from seqcheck.interfaces.live import LiveReader
    from seqcheck.interfaces.ongoing import Ongoing
    from seqcheck.linux.interface import Lost

CHECKED_S = 1.0  # how long counters are watched
COPIES = 2  # of the recorder's memory, while one of them is written
# What is about interfaces alone, and what it is where nobody asked for it.
OF_INTERFACES = {
    "check": False, "wait": False, "filter": None, "promiscuous": False, "snap": LARGEST_SNAP, "ring": RING,
    "workers": 1, "clock": "host", "via": None, "direction": "",
}  # fmt: skip


def check(args: argparse.Namespace) -> int:
    """Say how the interfaces are set up; 1 where something could be better. UsageError for `any`, which is not one."""
    from seqcheck.interfaces.opening import absent
    from seqcheck.linux import adapter, interface
    from seqcheck.report.receiver import remarks

    if interface.ANY in args.interfaces:
        there = ", ".join(visible(each) for each in interface.known())
        raise UsageError("--check looks at single interfaces, and `any` is none", hint=f"There are: {there}.")
    no_files(args.interfaces)
    for name in args.interfaces:
        if interface.find(name) is None:
            raise absent(name, None, waits=False)
    before = [interface.losses(name) for name in args.interfaces]
    time.sleep(args.duration or CHECKED_S)  # what the interfaces lose meanwhile is what is looked for
    found = []
    for name, lost in zip(args.interfaces, before, strict=True):
        told = remarks(adapter.look(name), args.ring_sizes)
        told[:0] = losing(name, interface.losses(name).since(lost))
        found += told
        put(*told, *([] if told else [f"{name}: nothing to change"]))
    return 1 if found else 0


def losing(name: str, lost: Lost) -> list[str]:
    """That an interface loses frames, or perhaps does."""
    see, found = f"ip -s link show {name}", []
    if lost.missed:
        found.append(f"{name}: it is losing frames, {lost.missed:,} during this check: {see}")
    if lost.dropped:
        found.append(
            f"{name}: it is dropping frames, {lost.dropped:,} during this check: it loses them, or nothing on this host"
            f" takes their protocol, which `live` would still capture: {see}"
        )
    return found


def listen(args: argparse.Namespace, names: Sequence[str]) -> Ongoing:
    """The interfaces or the pipe, opened; from a pipe nothing is read yet."""
    from seqcheck.interfaces.piped import PipedReader, is_pipe

    if not args.wait:
        no_files(name for name in names if not is_pipe(name))
    fits(args, sum(not is_pipe(name) for name in names))
    if not any(is_pipe(name) for name in names):
        return interfaces(args, names)
    if len(names) > 1:
        raise UsageError("a pipe cannot be combined with interfaces or other pipes")
    for name, default in OF_INTERFACES.items():
        if getattr(args, name) != default:
            raise UsageError(
                f"--{name} works with interfaces only; {visible(names[0])} is a pipe",
                hint="Leave it out; the program that writes to the pipe may have the like.",
            )
    return PipedReader(names[0])


def no_files(names: Iterable[str]) -> None:
    """UsageError for the name of a capture file, which is no interface's."""
    from seqcheck.linux import interface

    for name in names:
        if os.path.isfile(name) and name not in interface.known():
            raise UsageError(f"{visible(name)} is a file, not an interface", hint=f"seqcheck analyze {visible(name)}")


def fits(args: argparse.Namespace, count: int) -> None:
    """UsageError if the rings of so many interfaces, or the recorder, ask for more than their share of memory: the
    kernel takes what it is asked for from everybody."""
    from seqcheck.linux import memory

    free = memory.available()
    if free is None:
        return
    share = int(free * memory.SHARE)
    if args.ring * count > share:
        each = f" for each of {count} interfaces" if count > 1 else ""
        raise UsageError(
            f"--ring: {args.ring >> 20:,} MiB{each} is more than half the free memory ({free >> 20:,} MiB)",
            hint=f"at most: --ring {max(share // count >> 20, 4)}M",
        )
    if args.recorder and args.recorder * COPIES > (left := share - args.ring * count):
        raise UsageError(
            f"--recorder: {args.recorder >> 20:,} MiB, and as much again while a file is written, exceeds what is left"
            f" of half the free memory ({free >> 20:,} MiB)",
            hint=f"at most: --recorder {max(left // COPIES >> 20, 4)}M",
        )


def nothing_came(args: argparse.Namespace, names: Sequence[str]) -> str:
    """What to try if no frame came; nothing for a pipe, where the error says what it held."""
    from seqcheck.interfaces.piped import is_pipe

    if any(is_pipe(name) for name in names):
        return ""
    look = " and ".join("`ip -s link`" if name == "any" else f"`ip -s link show {visible(name)}`" for name in names)
    advice = [f"{look} shows whether frames arrive. Is it the right interface?"]
    if args.filter:
        advice.append("Perhaps --filter lets none of them through.")
    if args.direction:
        advice.append(f"Perhaps none goes in the direction of --direction {args.direction}.")
    if not args.promiscuous and "any" not in names:
        advice.append("Frames to other addresses are seen with --promiscuous.")
    return "\n".join(advice)


def interfaces(args: argparse.Namespace, names: Sequence[str]) -> LiveReader:
    """The interfaces, opened."""
    from seqcheck.interfaces.live import LiveReader, by_ring, by_scapy
    from seqcheck.linux.packet_socket import Listening

    how = Listening(
        ring=args.ring,
        snap=args.snap,
        promiscuous=args.promiscuous,
        workers=args.workers,
        clock=args.clock,
        expression=args.filter or "",
        direction=args.direction,
    )
    if args.direction and sys.platform != "linux":
        raise UsageError("--direction needs Linux")
    via = args.via or ("af_packet" if sys.platform == "linux" else "scapy")
    opener = by_ring if via == "af_packet" else by_scapy
    note = (lambda text: None) if args.quiet else (lambda text: say(f"seqcheck: {text}"))
    return LiveReader(names, how, opener=opener, wait=args.wait, note=note)
