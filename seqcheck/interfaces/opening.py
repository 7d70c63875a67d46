"""How an interface is opened for a live capture: by the kernel's ring, or by scapy's sockets."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace

from seqcheck.capture.slots import Pool
from seqcheck.errors import InputError, UsageError
from seqcheck.escape import visible
from seqcheck.interfaces.af_packet import Port
from seqcheck.interfaces.listened import Listened
from seqcheck.interfaces.sniffer import Sniffed, SniffedPort
from seqcheck.kernel import load
from seqcheck.linux import bpf, fanout, interface
from seqcheck.linux.packet_socket import Listening, PacketSocket

Opener = Callable[[str, Listening, interface.Interface | None, Pool], Listened]


def by_ring(name: str, how: Listening, found: interface.Interface | None, pool: Pool) -> Listened:
    """An interface by the kernel's ring, or by one for each worker; also one that is still to come."""
    how = _filtering(name, how, found)
    sockets = fanout.opened(name, how) if how.workers > 1 else [PacketSocket(name, how)]
    return Listened(name, [Port(each, load(), pool) for each in sockets])


def by_scapy(name: str, how: Listening, found: interface.Interface | None, pool: Pool) -> Listened:
    """An interface by scapy's sockets."""
    if how.workers > 1:
        raise UsageError("--via scapy cannot have --workers", hint="Leave one of them out.")
    if found is None or not found.up:
        raise UsageError(
            f"{visible(name)} does not exist, and --via scapy cannot wait for it", hint="Without --via scapy, it can."
        )
    if found.name == interface.ANY:
        raise UsageError("--via scapy cannot capture on `any`", hint="Without --via scapy it is.")
    if sys.platform == "linux":
        how = _filtering(name, how, found)
    return Listened(name, [SniffedPort(Sniffed(name, how, found, how.expression), pool)])


def _filtering(name: str, how: Listening, found: interface.Interface | None) -> Listening:
    """With the filter compiled for the interface's own link layer."""
    if not how.expression:
        return how
    return replace(how, filters=bpf.compile(how.expression, name, found.link if found and found.up else None))


def absent(name: str, found: interface.Interface | None, *, waits: bool = True) -> InputError:
    """What is said if it does not exist, or is down; `waits`: --wait would wait for it."""
    if found is None:
        there = ", ".join(visible(each) for each in interface.known())
        return InputError(
            f"there is no interface {visible(name)}",
            hint=f"There are: {there}." + (" --wait waits for it." if waits else ""),
        )
    return InputError(
        f"{visible(name)} is down",
        hint=f"sudo ip link set {visible(name)} up" + (", or --wait for it" if waits else ""),
    )
